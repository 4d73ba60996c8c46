"""Policy files -> the network and its cases, or every mistake with file, line and mend.

Reading the folder is `rilon.adapters.policy_files`. This never raises, whatever the bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pydantic import ValidationError

from rilon.policy import checks, duty_checks
from rilon.policy.build import build
from rilon.policy.cases import Case, case_problem
from rilon.policy.document_words import Document
from rilon.policy.documents import (
    CasesFile,
    ClientsFile,
    Documents,
    GroupFile,
    MarkingsFile,
    NetworkFile,
    PartiesFile,
    RosterFile,
    TemplateFile,
)
from rilon.policy.duty_documents import DutyFile
from rilon.policy.explain import explain
from rilon.policy.findings import group_file
from rilon.policy.gazetteer_documents import GazetteerFile
from rilon.policy.mistakes import Mistake, Mistakes, nearest, quoted
from rilon.policy.network import Network
from rilon.policy.templates import template_findings
from rilon.policy.yaml_tree import Path, Tree, read_tree

SINGLE_FILES: Mapping[str, type[Document]] = {
    "network.yaml": NetworkFile,
    "markings.yaml": MarkingsFile,
    "parties.yaml": PartiesFile,
    "roster.yaml": RosterFile,
    "clients.yaml": ClientsFile,
    "duty.yaml": DutyFile,
    "gazetteer.yaml": GazetteerFile,
}
OPTIONAL_FILES = frozenset({"gazetteer.yaml"})
"""Without one, what it says is empty."""
FOLDERS: Mapping[str, type[Document]] = {
    "groups": GroupFile,
    "cases": CasesFile,
    "templates": TemplateFile,
}
SCHEMAS: Mapping[str, type[Document]] = {
    **{name.removesuffix(".yaml"): model for name, model in SINGLE_FILES.items()},
    "group": GroupFile,
    "cases": CasesFile,
    "template": TemplateFile,
}
MOST_MISTAKES = 200


@dataclass(frozen=True, slots=True)
class Policy:
    """What a policy folder holds: the network, and cases that it must decide as expected.

    `sources` are the files' trees, by file name: where each thing stands. `remarks` are worth a
    look, and no mistakes.
    """

    network: Network
    cases: tuple[Case, ...]
    sources: Mapping[str, Tree] = field(repr=False, default_factory=dict)
    remarks: tuple[Mistake, ...] = ()


def load(files: Mapping[str, bytes]) -> Policy | Mistakes:
    """The policy in these files, by path relative to the policy folder (`groups/mps.yaml`)."""
    loading = _Loading(files, {}, {}, [])
    for file, content in sorted(files.items()):
        loading.add(file, content)
    for file in SINGLE_FILES:
        if file not in files and file not in OPTIONAL_FILES:
            loading.mistakes.append(Mistake(file, 1, 1, "the file is missing", "add it"))
    if not any(file.startswith("groups/") for file in files):
        missing = Mistake("groups", 1, 1, "there is no group", "add a file `groups/<key>.yaml`")
        loading.mistakes.append(missing)
    documents = loading.documents()
    if documents is not None:
        loading.mistakes.extend(
            loading.trees[found.file].mistake(found.path, found.problem, found.mend)
            for found in checks.find(documents)
        )
        loading.mistakes.extend(_template_mistakes(loading, documents))
    if loading.mistakes or documents is None:
        return Mistakes(tuple(sorted(set(loading.mistakes))[:MOST_MISTAKES]))
    return _with_cases(build(documents), loading)


def json_schemas() -> dict[str, str]:
    """The JSON Schemas for editors, as file texts, by file name (`roster.json`)."""
    return {
        f"{name}.json": json.dumps(_schema(model), indent=2, ensure_ascii=False) + "\n"
        for name, model in SCHEMAS.items()
    }


def _schema(model: type[Document]) -> dict[str, Any]:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**schema, **model.model_json_schema(by_alias=True)}


def _template_mistakes(loading: _Loading, documents: Documents) -> Iterator[Mistake]:
    """A template must make a group without mistakes; without the network's own, first."""
    if loading.mistakes:
        return
    for file, model in loading.models.items():
        if isinstance(model, TemplateFile):
            for found in template_findings(model, documents):
                yield loading.trees[file].mistake(found.path, found.problem, found.mend)


T = TypeVar("T", bound=Document)


@lru_cache(maxsize=32)
def _read(
    file: str, content: bytes, model: type[Document]
) -> tuple[Tree | None, Document | None, tuple[Mistake, ...]]:
    """The file's tree and document, as far as they read. Of a policy that changes, most files
    stay as they are, and YAML is slow to read: what was read last is remembered."""
    tree = read_tree(file, content)
    if not isinstance(tree, Tree):
        return None, None, tree
    if not isinstance(tree.value, dict):
        problem = "the file isn't a mapping of keys"
        return tree, None, (tree.mistake((), problem, "begin with `key: value`"),)
    try:
        # Strict JSON mode: no number is taken for a date, no word for a number.
        return tree, model.model_validate_json(json.dumps(tree.value)), ()
    except ValidationError as error:
        return tree, None, tuple(explain(tree, model, one) for one in error.errors())


@dataclass(frozen=True, slots=True)
class _Loading:
    """What has been read so far: trees and documents by file, and all mistakes."""

    files: Mapping[str, bytes]
    trees: dict[str, Tree]
    models: dict[str, Document]
    mistakes: list[Mistake]

    def add(self, file: str, content: bytes) -> None:
        model = _model_for(file)
        if model is None:
            mend = nearest(
                file,
                [*SINGLE_FILES, "groups/<key>.yaml", "cases/<name>.yaml", "templates/<name>.yaml"],
            )
            self.mistakes.append(Mistake(file, 1, 1, "no such policy file is known", mend))
            return
        tree, read, mistakes = _read(file, content, model)
        self.mistakes.extend(mistakes)
        if tree is None:
            return
        self.trees[file] = tree
        if read is not None:
            self.models[file] = read
            self._stem_is_key(file, tree)

    def _stem_is_key(self, file: str, tree: Tree) -> None:
        model = self.models.get(file)
        stem = PurePosixPath(file).stem
        if isinstance(model, GroupFile) and model.key != stem:
            problem = f"the key {quoted(model.key)} isn't the file's name"
            self.mistakes.append(tree.mistake(("key",), problem, f"write `{stem}`"))

    def one(self, file: str, model: type[T]) -> T | None:
        found = self.models.get(file)
        return found if isinstance(found, model) else None

    def documents(self) -> Documents | None:
        """All documents together, if each of them reads."""
        network = self.one("network.yaml", NetworkFile)
        markings = self.one("markings.yaml", MarkingsFile)
        parties = self.one("parties.yaml", PartiesFile)
        roster = self.one("roster.yaml", RosterFile)
        clients = self.one("clients.yaml", ClientsFile)
        duty = self.one("duty.yaml", DutyFile)
        groups = tuple(
            model for _, model in sorted(self.models.items()) if isinstance(model, GroupFile)
        )
        # Without one of its groups every officer's group would seem unknown; under another name
        # its findings would point to a file that isn't there.
        read = {file for file in self.models if file.startswith("groups/")}
        tried = {file for file in self.files if file.startswith("groups/")}
        named = {group_file(group) for group in groups} == read == tried
        gazetteer = self.one("gazetteer.yaml", GazetteerFile)
        named = named and (gazetteer is not None or "gazetteer.yaml" not in self.files)
        if not (network and markings and parties and roster and clients and duty and named):
            return None
        return Documents(
            network=network,
            markings=markings,
            parties=parties,
            groups=groups,
            roster=roster,
            clients=clients,
            duty=duty,
            gazetteer=gazetteer,
        )


def _model_for(file: str) -> type[Document] | None:
    path = PurePosixPath(file)
    if len(path.parts) == 2 and path.suffix == ".yaml":
        return FOLDERS.get(path.parts[0])
    return SINGLE_FILES.get(file)


# --- cases -----------------------------------------------------------------------------------


def _with_cases(network: Network, loading: _Loading) -> Policy | Mistakes:
    cases = tuple(_cases(loading))
    mistakes = []
    for case in cases:
        if found := case_problem(case, network):
            path, problem, mend = found
            at = (*case.path, *path)
            mistakes.append(loading.trees[case.file].mistake(at, problem, mend))
    if mistakes:
        return Mistakes(tuple(sorted(mistakes)))
    remarks = (
        loading.trees[found.file].mistake(found.path, found.problem, found.mend)
        for found in duty_checks.remarks(network.documents)
    )
    return Policy(network, cases, loading.trees, tuple(sorted(remarks)))


def _cases(loading: _Loading) -> Iterator[Case]:
    for file, model in sorted(loading.models.items()):
        if isinstance(model, CasesFile):
            for index, entry in enumerate(model.cases):
                path: Path = ("cases", index)
                line = loading.trees[file].spot(path)[0]
                yield Case(file, line, path, model.day, entry)
