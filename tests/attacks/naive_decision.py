"""The decision once more, as plainly as it can be said: rules 1 to 4 of the design's page on
enforcement, with sets and loops and nothing of the real one.

It answers with every reason to refuse, in no order; where there is none, with what the message
then carries. Markings are dictionaries, labels numbers from 0 (CLEAR) to 4 (RED), personal data
one of "NOPD", "?" and "PD".
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

Plain = dict[str, Any]
CHAIN = ("NOPD", "?", "PD")


def reasons_of_marking(
    written: Plain | None,
    room: Plain,
    party: str,
    related: list[Plain],
    today: date,
    quoted: Plain | None = None,
) -> tuple[set[str], Plain]:
    """Rules 3 and 4, and what rule 6 says of declarations."""
    own = newly(written, room, party)
    related = related + [of_a_quotation(one, own, party) for one in (quoted,) if one is not None]
    carried = joined([own, *related])
    reasons = set()
    if carried["exp"] is not None and carried["exp"] < today:
        reasons.add("expired")
    for member in room["ceiling"]:
        if member not in carried["rel"]:
            reasons.add("rel_excludes_room" if carried["rel"] else "no_party_left")
        if member in carried["protect"]:
            reasons.add("protected_from_party")
    if not room["ceiling"]:
        reasons |= {"rel_excludes_room", "no_party_left"}
    if written is not None and related:
        for what in ("tlp", "rel", "caveats", "protect", "pd", "exp"):
            if own[what] != carried[what]:
                reasons.add("marking_too_wide")
    if carried["tlp"] == 4 and not room["red"]:
        reasons.add("red_not_open")
    if room["declare"] and carried["pd"] == "?":
        reasons.add("declaration_needed")
    if room["kind"] == "bulletins" and carried["pd"] == "PD":
        reasons.add("personal_data_barred")
    return reasons, carried


def newly(written: Plain | None, room: Plain, party: str) -> Plain:
    """What new content carries: what its sender wrote, and the room's default for the rest. A
    label makes the statement whole: its caveats, PROTECT and REL are then all there are."""
    default = room["default"]
    wrote: Plain = written or {"tlp": None, "rel": None, "pd": "?", "exp": None}
    rel = wrote["rel"]
    caveats, protect = set(wrote.get("caveats", ())), set(wrote.get("protect", ()))
    if wrote["tlp"] is None:
        rel = default["rel"] if rel is None else rel
        caveats |= set(default["caveats"])
        protect |= set(default["protect"])
    label = default["tlp"] if wrote["tlp"] is None else wrote["tlp"]
    named = set(room["ceiling"]) if rel is None else set(rel)
    named.add(party)
    return {
        "tlp": 4 if label is None else label,
        "rel": named,
        "from": {party},
        "caveats": caveats,
        "protect": protect,
        "pd": default["pd"] if wrote["pd"] == "?" else wrote["pd"],
        "exp": default["exp"] if wrote["exp"] is None else wrote["exp"],
        "explicit": rel is not None,
    }


def of_a_quotation(quoted: Plain, own: Plain, party: str) -> Plain:
    """A marking within a quotation: each field that it has holds, the others are as outside."""
    says = dict(own)
    says["caveats"], says["protect"] = set(quoted["caveats"]), set(quoted["protect"])
    says["explicit"] = False
    if quoted["tlp"] is not None:
        says["tlp"] = quoted["tlp"]
    if quoted["rel"] is not None:
        says["rel"], says["explicit"] = {*quoted["rel"], party}, True
    if quoted["pd"] != "?":
        says["pd"] = quoted["pd"]
    if quoted["exp"] is not None:
        says["exp"] = quoted["exp"]
    return says


def joined(some: list[Plain]) -> Plain:
    """The table of joining, field by field."""
    result = dict(some[0])
    for other in some[1:]:
        if other["tlp"] > result["tlp"]:
            result["tlp"] = other["tlp"]
        result["rel"] = {party for party in result["rel"] if party in other["rel"]}
        for what in ("from", "caveats", "protect"):
            result[what] = {*result[what], *other[what]}
        if CHAIN.index(other["pd"]) > CHAIN.index(result["pd"]):
            result["pd"] = other["pd"]
        for day in (other["exp"],):
            if day is not None and (result["exp"] is None or day < result["exp"]):
                result["exp"] = day
        if other["explicit"]:
            result["explicit"] = True
    return result


# --- rules 1 and 2 -----------------------------------------------------------------------------

TALK = ("post", "reaction", "redaction")
MONTH = timedelta(days=30)


def reasons_of_act(act: Plain, sender: Plain, room: Plain) -> set[str]:
    """Rules 1 and 2: whether such an act of such a sender may be in such a room at all."""
    kind = act["is"]
    if _leaves_in_silence(act):
        return set()
    reasons = set()
    if kind == "undecodable":
        reasons.add(act["code"])
    if not room["governed"]:
        reasons.add("room_not_governed")
    if kind in TALK and room["kind"] == "space":
        reasons.add("type_not_allowed")
    if kind == "verification" and room["kind"] != "direct":
        reasons.add("type_not_allowed")
    if kind == "membership" and act["reason"]:
        reasons.add("reason_not_allowed")
    if sender["steward"]:
        return reasons
    if kind == "state" or (kind == "membership" and not _is_own_step(act)):
        reasons.add("steward_only")
    if kind == "membership" and act["odd"]:
        reasons.add("shape_not_allowed")
    if kind not in ("undecodable", "state"):
        reasons |= _sender(kind, sender, room)
    if kind == "post" and room["kind"] == "bulletins" and not _under_a_bulletin(act, sender):
        reasons.add("read_only")
    return reasons | _named(act)


def _under_a_bulletin(act: Plain, sender: Plain) -> bool:
    """Nothing of an officer's stands where bulletins stand, but in the thread of one. What is in
    a thread may be changed there by whose it is. An auditor says nothing."""
    if sender["role"] == "auditor" or act["how"] not in ("thread", "edit"):
        return False
    root = act["to"][0]
    whose = "own" if act["how"] == "edit" else "steward"
    return bool(root["what"] == "content" and root["whose"] == whose)


def _named(act: Plain) -> set[str]:
    """What the act says of other events and people."""
    reasons = set()
    kind = act["is"]
    if kind == "post":
        reasons |= _post(act)
    if kind == "reaction" and act["on"]["what"] not in ("content", "steward"):
        reasons.add("relation_unknown")
    if kind == "redaction":
        reasons |= _redaction(act["on"])
    return reasons


def _is_own_step(act: Plain) -> bool:
    return act["person"] == "own" and act["membership"] in ("join", "leave")


def _leaves_in_silence(act: Plain) -> bool:
    leaves = act["is"] == "membership" and _is_own_step(act) and act["membership"] == "leave"
    return bool(leaves and not (act["reason"] or act["odd"]))


def _sender(kind: str, sender: Plain, room: Plain) -> set[str]:
    reasons = set()
    if not sender["officer"] or not sender["admitted"]:
        reasons.add("not_admitted")
    if not sender["term"] or not room["term"]:
        reasons.add("outside_term")
    if not sender["belongs"]:
        reasons.add("not_in_room")
    if kind == "membership":
        return reasons
    if not sender["joined"]:
        reasons.add("not_in_room")
    if not sender["signed"]:
        reasons.add("device_not_signed")
    if kind == "post" and room["closed"] and room["kind"] != "bulletins":
        reasons.add("read_only")
    return reasons


def _post(act: Plain) -> set[str]:
    reasons = set()
    for related in act["to"]:
        if related["what"] == "content" and related["marked"]:
            continue
        if related["what"] != "steward":
            reasons.add("relation_unknown")
    if act["edit"]:
        (edited,) = act["to"]
        if edited["whose"] != "own" or edited["what"] != "content":
            reasons.add("not_your_event")
    for person in act["mentions"]:
        if person == "nobody":
            reasons.add("shape_not_allowed")
        if person == "answered" and not any(map(_is_anothers, act["to"])):
            reasons.add("shape_not_allowed")
    return reasons


def _is_anothers(related: Plain) -> bool:
    return bool(related["what"] != "nothing" and related["whose"] == "other")


def _redaction(removed: Plain) -> set[str]:
    if removed["what"] == "nothing":
        return {"relation_unknown"}
    reasons = set()
    if removed["whose"] != "own":
        reasons.add("not_your_event")
    if removed["what"] not in ("content", "reaction"):
        reasons.add("steward_only")
    if removed["age"] > 1:
        reasons.add("too_late")
    return reasons
