"""Effective markings as JSON values for the database, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rilon.domain.markings import Marking, PersonalData, Tlp
from rilon.domain.parties import parties


def to_json(marking: Marking) -> dict[str, Any]:
    """The JSON value of an effective marking."""
    return {
        "tlp": marking.tlp.name,
        "rel": sorted(marking.rel),
        "originators": sorted(marking.originators),
        "caveats": sorted(marking.caveats),
        "protect": sorted(marking.protect),
        "personal_data": marking.personal_data.name,
        "expires": marking.expires.isoformat() if marking.expires else None,
        "explicit_rel": marking.explicit_rel,
        **({"unnamed": sorted(marking.unnamed)} if marking.unnamed else {}),
    }


def from_json(value: Mapping[str, Any]) -> Marking:
    """The effective marking of `to_json`'s value."""
    return Marking(
        tlp=Tlp[value["tlp"]],
        rel=parties(*value["rel"]),
        originators=parties(*value["originators"]),
        caveats=frozenset(value["caveats"]),
        protect=parties(*value["protect"]),
        personal_data=PersonalData[value["personal_data"]],
        expires=date.fromisoformat(value["expires"]) if value["expires"] else None,
        explicit_rel=value["explicit_rel"],
        unnamed=parties(*value.get("unnamed", ())),
    )
