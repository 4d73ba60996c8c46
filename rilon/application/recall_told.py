"""Who is told of content that is taken back or tightened, and what of it they may know.

Notices in rooms, words to desks, the answer to who asked: never content, and no party that
isn't to be named there. What has to go is `rilon.application.recall`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from rilon.application.content import Cause, Content
from rilon.application.copies import Copy
from rilon.application.direct_words import told_directly
from rilon.application.ports import NewEffect
from rilon.application.recall_asked import Asked
from rilon.domain.entries import Entry, Subject
from rilon.domain.parties import Parties, Party, in_order
from rilon.policy.network import Network
from rilon.policy.source_alarms import desk_of


def received_in(entries: Iterable[Entry]) -> str:
    """The recipients that the entries name; of several parts, those of the last.

    Who reads an edit reads the content.
    """
    named = [dict(one.subject).get(Subject.RECEIVED_BY) for one in entries]
    return next((one for one in reversed(named) if one is not None), "")


def ended(contents: Sequence[Content], originators: Parties, cause: Cause) -> NewEffect:
    """The one notice in the room of what the clock took."""
    unnamed = frozenset[Party]().union(*(one.original.marking.unnamed for one in contents))
    name = "notice_expired" if cause is Cause.EXPIRED else "notice_personal_data"
    parties = ", ".join(in_order(originators - unnamed))
    return notice(contents, name, {"parties": parties, "count": str(len(contents))})


def told_in_its_room(content: Content, party: Party, goes: bool, marking: str) -> NewEffect:
    """The notice in the room. It holds no content; of a marking only what all there may know."""
    marked = content.original.marking
    shown = frozenset({party}) - marked.unnamed
    if content.original.written_by is None:
        shown = shown or marked.originators - marked.unnamed
    parties = ", ".join(in_order(shown))
    named = {"parties": parties, "at": content.original.sent_at.isoformat()}
    if goes:
        return notice((content,), "notice_recalled", named)
    return notice((content,), "notice_tightened", {**named, "marking": marking}, marking)


def notice(
    contents: Sequence[Content], name: str, parameters: Mapping[str, str], about: str = ""
) -> NewEffect:
    """A notice in the room of these contents, once. `about` tells apart what is said twice."""
    """A notice in the room of these contents, once. `about` tells apart what is said twice."""
    told = b"".join(sorted(one.original.identity for one in contents)) + about.encode()
    key = contents[0].room_key
    return NewEffect(
        "say",
        f"notices {key}",
        {"to": key, "text": name, "parameters": dict(parameters)},
        f"{name}-{hashlib.sha256(told).hexdigest()}",
    )


def answer_to(asked: Asked, parameters: Mapping[str, str]) -> list[NewEffect]:
    """The answer to the officer who asked. A removal of one's own gets none."""
    """The answer to the officer who asked. A removal of one's own gets none."""
    if asked.cause is Cause.REDACTED:
        return []
    return [told_directly(asked.by, "withdrawal", parameters, f"answer-{asked.event_id}")]


def told_in_room_of_copy(copy: Copy, cause: Cause, goes: bool, marking: str) -> NewEffect:
    """The notice in the room of a copy that isn't its own party's content. It doesn't name the
    party whose words they are: not everybody there may know it."""
    content = copy.content
    parameters = {"parties": copy.by, "at": content.original.sent_at.isoformat()}
    if not goes:
        parameters["marking"] = marking
    name = "notice_copy_recalled" if goes else "notice_copy_tightened"
    once = f"{name}-{_digest(content, marking if not goes else cause.value)}"
    payload = {"to": content.room_key, "text": name, "parameters": parameters}
    return NewEffect("say", f"notices {content.room_key}", payload, once)


def told_at_desk(
    copy: Copy, outcome: str, cause: Cause, party: Party, network: Network, about: str
) -> list[NewEffect]:
    """The word to the desk of the party whose message holds the content of another, or of its
    own. It received that content, so it may know whose it is."""
    content = copy.content
    desk = desk_of(copy.by, content.room_key, network)
    if desk is None or party in content.original.marking.unnamed:
        # Who released it without being named isn't named by taking it back.
        return []
    room = network.rooms.get(content.room_key)
    parameters = {
        "outcome": outcome,
        "party": party,
        "cause": cause.value,
        "room": room.name if room else content.room_key,
        "at": content.original.sent_at.isoformat(),
    }
    once = f"copy-desk-{outcome}-{_digest(content, about)}"
    payload = {"to": desk.key, "text": "copy_at_desk", "parameters": parameters}
    return [NewEffect("say", desk.key, payload, once)]


def _digest(content: Content, about: str) -> str:
    return hashlib.sha256(content.original.identity + about.encode()).hexdigest()
