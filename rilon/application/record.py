"""What the ledger keeps of the steward's acts: which entry each of them makes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from rilon.application.held import Consent, Held
from rilon.application.ports import Judged
from rilon.domain.entries import Entry, EntryKind, Subject, subject
from rilon.domain.marking_text import END, write_effective
from rilon.domain.markings import Marking
from rilon.domain.officers import name_of
from rilon.domain.parties import Parties, Party
from rilon.domain.rooms import Room
from rilon.policy.network import Network
from rilon.policy.on_demand import OnDemand
from rilon.wire.envelope import Envelope

COMPONENT = "steward"
"""The name under which the steward's entries are signed."""

KNOWN_TYPES = frozenset(
    {
        "m.reaction",
        "m.sticker",
        "org.rilon.room",
        *(
            f"m.room.{name}"
            for name in (
                "avatar",
                "canonical_alias",
                "create",
                "encrypted",
                "encryption",
                "guest_access",
                "history_visibility",
                "join_rules",
                "member",
                "message",
                "name",
                "pinned_events",
                "power_levels",
                "redaction",
                "retention",
                "server_acl",
                "third_party_invite",
                "tombstone",
                "topic",
            )
        ),
        "m.space.child",
        "m.space.parent",
    }
)
"""Types that an entry names. Any other is recorded by the digest of its event alone."""


def verdict_entry(
    judged: Judged,
    envelope: Envelope,
    room_key: str | None,
    room: Room | None,
    network: Network,
    now: datetime,
    salt: bytes,
) -> Entry:
    """The entry of one verdict: accepted (provisionally) or refused."""
    kind = EntryKind.MESSAGE_ACCEPTED if judged.accepted else EntryKind.MESSAGE_REFUSED
    said = {
        Subject.EVENT_ID: judged.event_id,
        Subject.USER_ID: judged.sender,
        Subject.DEVICE_SHA256: _sha256(judged.device_id),
        Subject.EVENT_SHA256: envelope.digest.hex(),
        Subject.EVENT_TYPE: _known_type(envelope.type),
        Subject.STEP: judged.kind,
    }
    return replace(
        _in_room(kind, judged.identity.hex(), room, now, salt, said),
        room=room_key,
        parties=_parties(judged, room, network),
        marking=_written(judged.marking),
        rule=judged.rule,
        code=judged.code,
    )


def delivered_entry(
    identity: bytes, event_id: str, room: Room | None, now: datetime, salt: bytes
) -> Entry:
    """The entry of a message that stands in its room."""
    said = {Subject.EVENT_ID: event_id}
    return _in_room(EntryKind.MESSAGE_DELIVERED, identity.hex(), room, now, salt, said)


def held_entry(held: Held, step: str, network: Network, now: datetime, salt: bytes) -> Entry:
    """The entry of what became of a held text. It concerns its sender's party alone."""
    officer = network.officers.get(name_of(held.sender))
    room = network.rooms.get(held.room_key)
    said = {Subject.USER_ID: held.sender, Subject.STEP: step}
    return replace(
        _in_room(EntryKind.HELD_CHOICE, held.identity.hex(), room, now, salt, said),
        room=held.room_key,
        parties=frozenset({officer.party}) if officer else frozenset(),
    )


def release_entry(
    kind: EntryKind,
    held: Held,
    consent: Consent,
    step: str,
    by: str | None,
    marking: Marking | None,
    network: Network,
    now: datetime,
    salt: bytes,
) -> Entry:
    """The entry of a release asked for, granted or declined: for the originator, and for the
    sender's party unless it mustn't learn who the originator is."""
    officer = network.officers.get(name_of(held.sender))
    sender = frozenset({officer.party}) if officer and not consent.hidden else frozenset()
    room = network.rooms.get(held.room_key)
    until = marking.expires.isoformat() if marking and marking.expires else None
    said = {Subject.USER_ID: by, Subject.STEP: step, Subject.UNTIL: until}
    return replace(
        _in_room(kind, held.identity.hex(), room, now, salt, said),
        room=held.room_key,
        parties=sender | {consent.party},
        marking=_written(marking),
    )


def second_lock_entry(event_id: str, room: Room | None, now: datetime, salt: bytes) -> Entry:
    """The entry of an event that stood in a governed room and was never accepted."""
    said = {Subject.EVENT_ID: event_id}
    return _in_room(EntryKind.SECOND_LOCK_REDACTED, event_id, room, now, salt, said)


def tightened_entry(
    identity: bytes,
    event_id: str | None,
    room: Room | None,
    marking: Marking,
    originator: Party,
    by: str | None,
    step: str,
    now: datetime,
    salt: bytes,
) -> Entry:
    """The entry of a marking made tighter. Who is shut out by it isn't told the marking."""
    concerned = (room.ceiling & marking.rel if room else frozenset()) | {originator}
    said = {Subject.EVENT_ID: event_id, Subject.USER_ID: by, Subject.STEP: step}
    return replace(
        _in_room(EntryKind.MARKING_TIGHTENED, identity.hex(), room, now, salt, said),
        parties=concerned,
        marking=_written(marking),
    )


def recalled_entry(
    identity: bytes,
    event_id: str | None,
    room: Room | None,
    cause: str,
    by: str | None,
    received: str | None,
    last_day: date | None,
    now: datetime,
    salt: bytes,
) -> Entry:
    """The entry of content that was taken back: why, by whom, and who could have received it."""
    said = {
        Subject.EVENT_ID: event_id,
        Subject.USER_ID: by,
        Subject.STEP: cause,
        Subject.RECEIVED_BY: received,
        Subject.UNTIL: last_day.isoformat() if last_day else None,
    }
    return _in_room(EntryKind.MESSAGE_RECALLED, identity.hex(), room, now, salt, said)


def membership_entry(
    step: str,
    user_id: str,
    parties: Parties,
    correlation: str,
    now: datetime,
    salt: bytes,
    room: Room | None = None,
    membership: str | None = None,
    event_id: str | None = None,
) -> Entry:
    """The entry of an act on an officer: added, admitted, joined, reset, removed."""
    said = {
        Subject.USER_ID: user_id,
        Subject.STEP: step,
        Subject.MEMBERSHIP: membership,
        Subject.EVENT_ID: event_id,
    }
    made = _in_room(EntryKind.MEMBERSHIP, correlation, room, now, salt, said)
    return replace(made, parties=parties)


def room_entry(
    step: str, room: OnDemand, now: datetime, salt: bytes, asked_by: str | None = None
) -> Entry:
    """The entry of a room on demand: opened, and by whose wish, or retired."""
    return Entry(
        kind=EntryKind.ROOM,
        time=now,
        component=COMPONENT,
        correlation=room.key,
        salt=salt,
        group=room.group,
        room=room.key,
        parties=room.parties,
        subject=subject({Subject.STEP: step, Subject.USER_ID: asked_by}),
    )


def key_change_entry(
    step: str,
    user_id: str,
    key: str | None,
    parties: Parties,
    now: datetime,
    salt: bytes,
    by: str | None = None,
) -> Entry:
    """The entry of a change of somebody's keys: pinned, changed, confirmed by a coordinator."""
    return Entry(
        kind=EntryKind.KEY_CHANGE,
        time=now,
        component=COMPONENT,
        correlation=_sha256(f"{user_id} {key or ''}") or "none",
        salt=salt,
        parties=parties,
        subject=subject(
            {
                Subject.USER_ID: user_id,
                Subject.STEP: step,
                Subject.KEY_SHA256: _sha256(key),
                Subject.OFFICER: name_of(by) if by else None,
            }
        ),
    )


def policy_entry(network: Network, now: datetime, salt: bytes, component: str) -> Entry:
    """The entry of a policy that takes effect."""
    return Entry(
        kind=EntryKind.POLICY_VERSION,
        time=now,
        component=component,
        correlation=network.digest,
        salt=salt,
        parties=frozenset(network.parties),
        subject=subject(
            {
                Subject.POLICY_VERSION: str(network.version),
                Subject.POLICY_SHA256: network.digest,
            }
        ),
    )


def _in_room(
    kind: EntryKind,
    correlation: str,
    room: Room | None,
    now: datetime,
    salt: bytes,
    said: Mapping[Subject, str | None],
) -> Entry:
    """An entry about something in a room, for the room's parties."""
    return Entry(
        kind=kind,
        time=now,
        component=COMPONENT,
        correlation=correlation,
        salt=salt,
        group=(room.group or None) if room else None,
        room=room.key if room else None,
        parties=room.ceiling if room else frozenset(),
        subject=subject(said),
    )


def _written(marking: Marking | None) -> str | None:
    return None if marking is None else write_effective(marking).removesuffix(END)


def _parties(judged: Judged, room: Room | None, network: Network) -> Parties:
    """Whom the entry concerns. A refused message concerns its sender's party alone: the
    room's parties never learn that there was one."""
    officer = network.officers.get(name_of(judged.sender))
    own = frozenset({officer.party}) if officer else frozenset()
    return own | (room.ceiling if room is not None and judged.accepted else frozenset())


def _known_type(kind: str) -> str | None:
    """ATTACK: a type can be any words. Only names that Matrix gives are recorded."""
    return kind if kind in KNOWN_TYPES else None


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
