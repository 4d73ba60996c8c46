"""Relations between events: reply, thread, edit, reference, each in its closed shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rilon.domain.acts import Relation, RelationKind
from rilon.wire.shapes import NotInShape, closed, event_id, path

KEY = "m.relates_to"

_REPLY = frozenset({"m.in_reply_to"})
_EDIT = frozenset({"rel_type", "event_id"})
_THREAD = frozenset({"rel_type", "event_id", "is_falling_back", "m.in_reply_to"})


@dataclass(frozen=True, slots=True)
class WireRelation:
    """A relation as the event states it. `reference` is that of a verification's steps."""

    relation: Relation | None = None
    reference: str | None = None
    falls_back: bool = False

    @property
    def events(self) -> frozenset[str]:
        """Every event it names."""
        if self.relation is not None:
            return self.relation.events
        return frozenset({self.reference} if self.reference else ())


def read_relation(content: Mapping[str, Any], where: str) -> WireRelation | None:
    """The content's relation, `None` without one. Raises NotInShape."""
    if KEY not in content:
        return None
    value, where = content[KEY], path(where, KEY)
    kind = value.get("rel_type") if type(value) is dict else None
    if kind is None:
        answered = _in_reply_to(closed(value, _REPLY, where), where)
        return WireRelation(Relation(RelationKind.REPLY, answered))
    if kind == "m.replace":
        target = event_id(closed(value, _EDIT, where), "event_id", where)
        return WireRelation(Relation(RelationKind.EDIT, target))
    if kind == "m.reference":
        return WireRelation(reference=event_id(closed(value, _EDIT, where), "event_id", where))
    if kind == "m.thread":
        return _thread(closed(value, _THREAD, where), where)
    raise NotInShape(path(where, "rel_type"))


def _thread(value: Mapping[str, Any], where: str) -> WireRelation:
    falls_back = value.get("is_falling_back", False)
    if type(falls_back) is not bool:
        raise NotInShape(path(where, "is_falling_back"))
    answered = _in_reply_to(value, where) if "m.in_reply_to" in value else None
    root = event_id(value, "event_id", where)
    return WireRelation(Relation(RelationKind.THREAD, root, answered), falls_back=falls_back)


def _in_reply_to(value: Mapping[str, Any], where: str) -> str:
    where = path(where, "m.in_reply_to")
    answered = closed(value.get("m.in_reply_to"), {"event_id"}, where)
    return event_id(answered, "event_id", where)
