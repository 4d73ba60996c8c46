"""Rules on the marking of a post: what it carries in effect, and whether that fits the room.

Enforcement, The decision, rules 3 to 6. What text holds is told by
`rilon.policy.personal_data`; what a post's sources come to, by `rilon.policy.source_rules`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rilon.domain import marking_text
from rilon.domain.acts import Post, Unclear
from rilon.domain.letters import has_override
from rilon.domain.markings import (
    Marking,
    PersonalData,
    Tlp,
    WrittenMarking,
    join_all,
    take_effect,
)
from rilon.domain.officers import Officer
from rilon.domain.parties import Parties, in_order
from rilon.domain.rooms import Room, RoomKind
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict, refuse
from rilon.policy.network import Network
from rilon.policy.personal_data import identifiers
from rilon.policy.question import Question, Source
from rilon.policy.source_rules import Obstacle, may_be_in, weigh


def short_name(room: Room) -> str:
    """The part of a room's name that differs: `Floor` of `Floor · MPS`."""
    return room.name.partition(" · ")[0]


def judge_marking(
    post: Post, officer: Officer, question: Question, network: Network, today: date
) -> Verdict:
    """Accept a post with its effective marking, or refuse it. The sender was judged before."""
    room, written = question.room, post.marking
    if isinstance(written, Unclear):
        return _unclear(written, room)
    if isinstance(post.quoted, Unclear):
        return _unclear(post.quoted, room)
    # ATTACK: a passage written backwards and turned round for the reader, in a quoted line.
    if any(has_override(text) for text in (post.body, post.shown or "", post.fallback)):
        return _unclear(Unclear(marking_text.Problem.INVISIBLE), room)
    if not all(_in_vocabulary(one, network) for one in (written, post.quoted) if one is not None):
        return refuse(Code.MARKING_UNCLEAR, "rule3.reads", room=short_name(room))
    own = take_effect(written, room.default, room.ceiling, officer.party)
    carried = _carried(question, post) + _quoted(post.quoted, own)
    effective = join_all(own, *carried) if carried else own
    refused = (
        _expired(effective, room, today)
        or _left_out(effective, room, officer, network)
        or _protected(effective, room, officer, network)
        or (_too_wide(own, effective, room) if written is not None and carried else None)
    )
    if refused:
        return refused
    weighed = weigh(question, officer, today)
    if weighed.obstacle and weighed.source:
        joined = own.join(weighed.source.marking)
        lasting = joined.expires is None or joined.expires >= today
        fits = room_that_fits(joined, officer, network, weighed.source) if lasting else None
        return _from_a_source(weighed.obstacle, weighed.source, room, officer, fits)
    if weighed.carried:
        effective = join_all(effective, *weighed.carried)
    return (
        _left_out(effective, room, officer, network)
        or _protected(effective, room, officer, network)
        or (_too_wide(own, effective, room) if written is not None and weighed.carried else None)
        or _red(effective, room, officer, network)
        or _identifying("\n".join([post.body, *post.names, post.fallback]), own, effective, room)
        or _personal_data(effective, room)
        or Accept(effective)
    )


def judge_effective(
    effective: Marking, officer: Officer, room: Room, network: Network, today: date
) -> Refuse | None:
    """What the rules on an effective marking alone say. Silence is no acceptance: the text, and
    the marking of what it relates to, are looked at besides."""
    if not _in_vocabulary(as_written(effective), network):
        return refuse(Code.MARKING_UNCLEAR, "rule3.reads", room=short_name(room))
    return (
        _expired(effective, room, today)
        or _left_out(effective, room, officer, network)
        or _protected(effective, room, officer, network)
        or _red(effective, room, officer, network)
        or _personal_data(effective, room)
    )


def _carried(question: Question, post: Post) -> list[Marking]:
    """The markings of what the post answers or edits."""
    if post.relation is None:
        return []
    related = (question.related[event_id] for event_id in post.relation.events)
    return [one.marking for one in related if one.marking is not None]


def _quoted(quoted: WrittenMarking | None, own: Marking) -> list[Marking]:
    """What the post's own quotations say of the words in them.

    INVARIANT: it tightens alone. What a quotation leaves open is as in the post itself.
    ATTACK: a message that is nothing but a quotation, or whose first sign only makes it one.
    """
    if quoted is None:
        return []
    declared = quoted.personal_data is not PersonalData.UNDECLARED
    return [
        Marking(
            tlp=own.tlp if quoted.tlp is None else quoted.tlp,
            rel=own.rel if quoted.rel is None else quoted.rel | own.originators,
            originators=own.originators,
            caveats=quoted.caveats,
            protect=quoted.protect,
            personal_data=quoted.personal_data if declared else own.personal_data,
            expires=quoted.expires,
            explicit_rel=quoted.rel is not None,
        )
    ]


def _unclear(found: Unclear, room: Room) -> Refuse:
    nearest = {"nearest": found.nearest} if found.nearest else {}
    past = found.problem == marking_text.Problem.PAST_DATE
    # `found.found` is the sender's own text and stays out: parameters are recorded.
    return refuse(
        Code.EXPIRED if past else Code.MARKING_UNCLEAR,
        "rule3.expiry" if past else "rule3.reads",
        room=short_name(room),
        problem=str(found.problem),
        **nearest,
    )


def _in_vocabulary(written: WrittenMarking, network: Network) -> bool:
    """Whether policy knows every caveat and party; what it doesn't know can't be enforced."""
    parties = network.vocabulary.parties
    return (
        written.caveats <= network.caveat_codes
        and written.protect <= parties
        and (written.rel is None or written.rel <= parties)
    )


# --- rule 3: the marking against the ceiling -------------------------------------------------


def _expired(effective: Marking, room: Room, today: date) -> Refuse | None:
    if effective.expires is None or effective.expires >= today:
        return None
    expires = effective.expires.isoformat()
    return refuse(Code.EXPIRED, "rule3.expiry", room=short_name(room), expires=expires)


def _left_out(effective: Marking, room: Room, officer: Officer, network: Network) -> Refuse | None:
    """INVARIANT: every party of the ceiling, not only of today's members, is in REL."""
    if room.ceiling and room.ceiling <= effective.rel:
        return None
    code = Code.REL_EXCLUDES_ROOM if effective.rel else Code.NO_PARTY_LEFT
    excluded = room.ceiling - effective.rel
    return _does_not_fit(code, "rule3.rel", effective, room, officer, network, excluded=excluded)


def _protected(effective: Marking, room: Room, officer: Officer, network: Network) -> Refuse | None:
    excluded = effective.protect & room.ceiling
    if not excluded:
        return None
    return _does_not_fit(
        Code.PROTECTED_FROM_PARTY,
        "rule3.protect",
        effective,
        room,
        officer,
        network,
        excluded=excluded,
        protect=effective.protect,
    )


def _too_wide(own: Marking, effective: Marking, room: Room) -> Refuse | None:
    """A written marking below what it joins with would mislead readers (enforcement, Joining)."""
    shown = replace(
        effective,
        originators=own.originators,
        explicit_rel=own.explicit_rel,
        unnamed=own.unnamed,
    )
    if shown == own:
        return None
    return refuse(
        Code.MARKING_TOO_WIDE,
        "rule3.width",
        room=short_name(room),
        marking=_shown(own),
        needed=f"{_shown(effective)}{marking_text.END}",
    )


# --- rule 4: TLP; rule 6: personal data ------------------------------------------------------


def _red(effective: Marking, room: Room, officer: Officer, network: Network) -> Refuse | None:
    if effective.tlp < Tlp.RED or room.opens_to_red:
        return None
    return _does_not_fit(Code.RED_NOT_OPEN, "rule4.red", effective, room, officer, network)


def _identifying(text: str, own: Marking, effective: Marking, room: Room) -> Refuse | None:
    """Text that holds likely identifiers says PD. NOPD beside one contradicts it."""
    if effective.has_personal_data:
        return None
    found = identifiers(text)
    if not found:
        return None
    # What is found is named by kind alone: parameters are recorded.
    named = {"room": short_name(room), "identifiers": ",".join(sorted(found))}
    if room.kind is not RoomKind.BULLETINS:
        declared = replace(effective, personal_data=PersonalData.PRESENT)
        named["needed"] = f"{_shown(declared)}{marking_text.END}"
    if own.personal_data is PersonalData.NONE:
        contradicted = {**named, "declared": "NOPD"}
        return refuse(Code.PERSONAL_DATA_FOUND, "rule6.contradiction", **contradicted)
    return refuse(Code.PERSONAL_DATA_FOUND, "rule6.undeclared", **named)


def _personal_data(effective: Marking, room: Room) -> Refuse | None:
    if room.needs_declaration and effective.personal_data is PersonalData.UNDECLARED:
        return refuse(Code.DECLARATION_NEEDED, "rule6.declaration", room=short_name(room))
    if room.kind is RoomKind.BULLETINS and effective.has_personal_data:
        return refuse(Code.PERSONAL_DATA_BARRED, "rule6.bulletins", room=short_name(room))
    return None


# --- rules 4 and 5: where passages come from -------------------------------------------------


def _from_a_source(
    obstacle: Obstacle, source: Source, room: Room, officer: Officer, fits: Room | None
) -> Refuse:
    """INVARIANT: the source was delivered to the sender's party, which knows what is said here;
    but for a marking that was tightened afterwards, and leaves that party out."""
    code = Code.ONWARD_NOT_ALLOWED if obstacle is Obstacle.ONWARD else Code.SOURCE_RESTRICTED
    marking = source.marking
    named = {
        "room": short_name(room),
        "marking": marking_text.write_effective(marking).removesuffix(marking_text.END)
        if officer.party in marking.rel and officer.party not in marking.protect
        else "",
        "originators": ", ".join(in_order(marking.originators - marking.unnamed - {officer.party})),
    }
    if fits is not None:
        named["fits"] = short_name(fits)
    return refuse(code, obstacle.value, **{name: value for name, value in named.items() if value})


# --- what a refusal says ---------------------------------------------------------------------


def _does_not_fit(
    code: Code,
    rule: str,
    effective: Marking,
    room: Room,
    officer: Officer,
    network: Network,
    **parties: Parties,
) -> Refuse:
    named = {name: ", ".join(in_order(some)) for name, some in parties.items()}
    fits = room_that_fits(effective, officer, network)
    if fits is not None:
        named["fits"] = short_name(fits)
    parameters = {"room": short_name(room), "marking": _shown(effective), **named}
    return Refuse(code, rule, tuple(sorted(parameters.items())), effective)


def room_that_fits(
    effective: Marking, officer: Officer, network: Network, source: Source | None = None
) -> Room | None:
    """Of the officer's rooms the one with the most parties that this marking fits, and where
    the source may be sent on, if there is one."""
    fitting = (
        room
        for room in network.exchange_rooms.get(officer.name, ())
        if room.ceiling <= effective.rel
        and not room.ceiling & effective.protect
        and (effective.tlp < Tlp.RED or room.opens_to_red)
        and _personal_data(effective, room) is None
        and (source is None or may_be_in(source, room, officer.party))
    )
    return next(fitting, None)


def as_written(marking: Marking) -> WrittenMarking:
    """An effective marking as it would be written: REL only where somebody wrote one."""
    return WrittenMarking(
        tlp=marking.tlp,
        rel=marking.rel if marking.explicit_rel else None,
        caveats=marking.caveats,
        protect=marking.protect,
        personal_data=marking.personal_data,
        expires=marking.expires,
    )


def _shown(marking: Marking) -> str:
    return marking_text.write(as_written(marking)).removesuffix(marking_text.END)
