"""`rilon group new`: a group's files from a template, written only if policy stays right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rilon.adapters.policy_files import load_folder, read_folder
from rilon.domain.officers import Role
from rilon.domain.parties import RSO
from rilon.policy.cases import run_case
from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistakes, nearest
from rilon.policy.templates import (
    AGENCY,
    CantMake,
    NewGroup,
    check_short,
    check_wanted,
    group_text,
    new_officers,
    roster_text,
)

ROSTER = "roster.yaml"


def new(
    policies: Path,
    name: str,
    template: str,
    parties: str,
    chair: str,
    begins: date,
    ends: date,
    short: str | None,
    theme: str | None,
    roster: str | None,
    chair_officer: str | None,
) -> int:
    """Writes the group's file and its part of the roster, and says what is left to do."""
    policy = load_folder(policies)
    if isinstance(policy, Mistakes):
        raise CantMake(f"{policies}/{policy.items[0]}: mend that first (`rilon policy check`)")
    documents = policy.network.documents
    wanted = NewGroup(
        key=name,
        states=tuple(code for code in _words(parties.upper()) if code != RSO),
        chair=chair.upper(),
        begins=begins,
        ends=ends,
        short=short,
        theme=theme,
        roster=tuple(map(_role, _words(roster or ""))),
        chair_officer=chair_officer,
    )
    check_wanted(wanted, documents)
    file = f"groups/{name}.yaml"
    if (policies / file).exists():
        raise CantMake(f"{policies / file} is there already: choose another name")
    officers = documents.roster.officers
    written = {
        file: group_text(_template(policies, template), wanted),
        ROSTER: roster_text((policies / ROSTER).read_text("utf-8"), wanted, officers),
    }
    checked = _checked(policies, written)
    check_short(next(g.short for g in checked.network.groups.values() if g.key == name), documents)
    for path, text in written.items():
        _write(policies / path, text)
    print(f"{policies / file}: {len(checked.network.groups[name].states)} states and the RSO.")
    for officer, _, _, _ in new_officers(wanted, officers):
        print(f"{policies / ROSTER}: {officer}, agency `{AGENCY}`: write the agency.")
    version = policy.network.version
    print(f"Next: raise `version` in network.yaml above {version}, `rilon plan`, `rilon apply`.")
    return 0


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise CantMake(f"there is no role {word}: {nearest(word, list(Role))}") from None


def _template(policies: Path, name: str) -> str:
    there = {path.stem: path for path in (policies / "templates").glob("*.yaml")}
    if name not in there:
        raise CantMake(f"there is no template {name}: {nearest(name, there)}")
    return there[name].read_text("utf-8")


def _checked(policies: Path, written: dict[str, str]) -> Policy:
    """The policy as it would be. Raises `CantMake` before anything is written."""
    files = read_folder(policies) | {path: text.encode() for path, text in written.items()}
    policy = load(files)
    if isinstance(policy, Mistakes):
        raise CantMake(
            f"nothing was written, since the policy would have a mistake: {policy.items[0]}"
        )
    for case in policy.cases:
        if failed := run_case(case, policy.network):
            raise CantMake(
                f"nothing was written, since a case would be decided otherwise: {failed}"
            )
    return policy


def _write(path: Path, text: str) -> None:
    """The whole file or none of it."""
    fresh = path.with_suffix(".yaml.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
