"""What the doctor reads in Synapse's configuration, since no behaviour shows it in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from rilon.adapters.doctor import Check, Finding, Kind, Visit

MODULE = "rilon.gate.module.GateModule"
NAMING = {"m.room.name", "m.room.topic", "m.room.avatar", "m.room.canonical_alias"}
"""State that would tell somebody invited what a room is about."""

OLDER_MODULES = (
    "third_party_event_rules",
    "spam_checker",
    "password_providers",
    "presence_router",
)

MISSING = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """One setting, by its path, and what it must be."""

    code: str
    path: tuple[str, ...]
    holds: Callable[[Any], bool]
    problem: str
    mend: str

    def __call__(self, settings: Mapping[str, Any]) -> Finding | None:
        value: Any = settings
        for key in self.path:
            value = value.get(key, MISSING) if isinstance(value, Mapping) else MISSING
        return None if self.holds(value) else Finding(self.code, self.problem, self.mend)


def _is_set(value: object) -> bool:
    return value is not MISSING and value is not None


def _is_absent(value: object) -> bool:
    return value is MISSING or not value


def _names_nothing(value: object) -> bool:
    if not isinstance(value, Mapping) or not value.get("disable_default_event_types"):
        return False
    types = value.get("additional_event_types", [])
    named = {one if isinstance(one, str) else one[0] for one in types}
    return not named & NAMING


def _only_ours(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 1
        and isinstance(value[0], Mapping)
        and value[0].get("module") == MODULE
    )


RULES = (
    Rule(
        "encryption_default",
        ("encryption_enabled_by_default_for_room_type",),
        lambda value: value == "all",
        "rooms aren't encrypted by default",
        "encryption_enabled_by_default_for_room_type: all",
    ),
    Rule(
        "push_content",
        ("push", "include_content"),
        lambda value: value is False,
        "push notifications carry content to the push providers",
        "push: {include_content: false}",
    ),
    Rule(
        "prejoin_state",
        ("room_prejoin_state",),
        _names_nothing,
        "people who are invited see a room's name before they join",
        "room_prejoin_state: {disable_default_event_types: true}, with no name, topic or avatar",
    ),
    Rule(
        "retention",
        ("retention", "enabled"),
        lambda value: value is True,
        "messages are kept for ever",
        "retention: {enabled: true} with a default policy",
    ),
    Rule(
        "redaction_retention",
        ("redaction_retention_period",),
        _is_set,
        "redacted messages are kept for ever, or for a time that nobody chose",
        "set redaction_retention_period",
    ),
    Rule(
        "message_rate",
        ("rc_message", "per_second"),
        lambda value: isinstance(value, int | float) and 0 < value <= 50,
        "people's message rate isn't limited, or nobody chose the limit",
        "set rc_message",
    ),
    Rule(
        "other_modules",
        ("modules",),
        _only_ours,
        "the gate's module isn't the only module: another one can change what was judged",
        f"list {MODULE} alone under modules",
    ),
    Rule(
        "application_services",
        ("app_service_config_files",),
        _is_absent,
        "an application service is registered: it acts as many people, and reads along",
        "remove app_service_config_files",
    ),
    Rule(
        "server_notices",
        ("server_notices",),
        _is_absent,
        "the server can write to people in rooms of its own",
        "remove server_notices",
    ),
    Rule(
        "experimental_features",
        ("experimental_features",),
        _is_absent,
        "unfinished parts of Synapse are on, of which nobody has judged what they let through",
        "remove experimental_features",
    ),
)


def read_settings(paths: tuple[Path, ...]) -> dict[str, Any]:
    """Synapse's configuration files merged as Synapse does: the later one's keys win."""
    merged: dict[str, Any] = {}
    for path in paths:
        document = YAML(typ="safe").load(path)
        merged |= document if isinstance(document, dict) else {}
    return merged


def checks_of_settings() -> tuple[Check, ...]:
    """One check for each rule, and one for how people sign in."""
    return (*(_check(rule) for rule in RULES), _older_modules, _second_factor)


def _check(rule: Rule) -> Check:
    async def check(visit: Visit) -> Finding | None:
        return rule(visit.target.settings)

    check.__name__ = rule.code
    return check


async def _older_modules(visit: Visit) -> Finding | None:
    """Synapse loads modules by these older keys too."""
    named = [key for key in OLDER_MODULES if visit.target.settings.get(key)]
    if not named:
        return None
    return Finding(
        "older_modules",
        f"a module is loaded by {' and '.join(named)}: it can change or keep what was judged",
        f"remove {' and '.join(named)}",
    )


async def _second_factor(visit: Visit) -> Finding | None:
    _, answer = await visit.ask("GET", "/_matrix/client/v3/login", as_person=False)
    if any(flow.get("type") == "m.login.sso" for flow in answer["flows"]):
        return None
    return Finding(
        "second_factor",
        "people sign in with a password alone",
        "on a real network, sign people in through an identity provider with a second factor "
        "(deploy/synapse/oidc.yaml)",
        Kind.ADVICE,
    )
