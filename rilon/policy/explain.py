"""What pydantic found in a document, in plain words and at its place in the file."""

from __future__ import annotations

from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from rilon.policy.document_words import Document
from rilon.policy.mistakes import Mistake, nearest, quoted
from rilon.policy.yaml_tree import Path, Plain, Tree

_EXPECTED = {
    "string_type": ("this must be text", "put it in quotes"),
    "int_type": ("this must be a whole number", "write digits without quotes"),
    "bool_type": ("this must be yes or no", "write `true` or `false`"),
    "tuple_type": ("this must be a list", "write `[one, two]`"),
    "date_type": ("this must be a day", "write it as `2026-12-31`"),
    "date_from_datetime_parsing": ("this is no day", "write it as `2026-12-31`"),
    "date_parsing": ("this is no day", "write it as `2026-12-31`"),
    "model_type": ("keys are expected here", "write `key: value` lines, indented"),
    "model_attributes_type": ("keys are expected here", "write `key: value` lines, indented"),
    "string_too_long": ("this is too long", "shorten it"),
    "string_too_short": ("this is empty", "fill it in"),
}


def explain(tree: Tree, root: type[Document], error: ErrorDetails) -> Mistake:
    """One of pydantic's errors in plain words, at its place."""
    path: Path = tuple(error["loc"])
    key, kind, context = path[-1] if path else "", error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        keys = _keys_at(root, path[:-1])
        return tree.mistake(path, f"the key {quoted(key)} isn't known", nearest(key, keys))
    if kind == "missing":
        place = f" in {quoted(path[-2])}" if len(path) > 1 and isinstance(path[-2], str) else ""
        return tree.mistake(path[:-1], f"the key {quoted(key)} is missing{place}", f"add `{key}:`")
    found = quoted(_found(tree.value, path))
    if kind in ("enum", "literal_error"):
        valid = _words(str(context.get("expected", "")))
        return tree.mistake(
            path, f"{found} isn't known here", nearest(_found(tree.value, path), valid)
        )
    if kind == "string_pattern_mismatch":
        mend = f"it must match `{context.get('pattern')}`"
        return tree.mistake(path, f"{found} isn't written as `{_key_of(path)}` must be", mend)
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        least = "at least" if kind == "greater_than_equal" else "at most"
        return tree.mistake(path, f"{found} is out of bounds", f"write {least} {bound}")
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        least = "at least" if kind == "too_short" else "at most"
        return tree.mistake(path, f"`{_key_of(path)}` is too {kind[4:]}", f"list {least} {bound}")
    if kind == "value_error":
        said, _, mend = str(context.get("error", "")).partition("; ")
        return tree.mistake(path, f"{found} {said}", mend or "correct it")
    problem, mend = _EXPECTED.get(kind, (f"{found} can't stand here", "see docs/policy.md"))
    return tree.mistake(path, f"{problem}, not {found}" if "must" in problem else problem, mend)


def _key_of(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _words(expected: str) -> list[str]:
    return [*expected.split("'")[1::2]]


def _found(value: Plain, path: Path) -> Plain:
    for part in path:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _keys_at(root: type[BaseModel], path: Path) -> list[str]:
    """The keys that the document knows at that path, as they are written in a file."""
    model = root
    for part in path:
        if isinstance(part, str):
            inner = _field(model, part)
            if inner is None:
                return []
            model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _field(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return _model_in(field.annotation)
    return None


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
