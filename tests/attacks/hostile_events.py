"""Hostile events: whole attempts to get something past the gate, from nearly honest to absurd.

An attempt says what to send and how; sending it is the test's. See `tests.attacks.hostile_text`
for where its choices come from.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.attacks.hostile_text import INVISIBLE, WORDS, body, formatted, line

HTML = "org.matrix.custom.html"
HIDDEN = "left at noon"

EMOJI = ("👍", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🇮🇩", "👩🏽‍✈️", "👍 left", "a", "👍󠁬󠁥󠁦󠁴", "", "👍️️", "🏴󠁬󠁥󠁦󠁴󠁿", "♠︎", "\u200d")
TYPES = (
    "m.room.message", "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start", "m.location",
    "m.beacon", "m.call.invite", "m.room.name", "m.room.encrypted", "m.reaction",
    "m.room.redaction", "m.key.verification.start", "m.key.verification.cancel",
    "m.room.message ", "M.ROOM.MESSAGE", "m.room.message\u200b", "org.example", "", "m.\u0000",
)  # fmt: skip
MSGTYPES = (
    "m.image", "m.file", "m.audio", "m.video", "m.location", "m.emote", "m.notice", "m.text ",
    "M.TEXT", "m.key.verification.request", "m.bad.encrypted", ["m.text"], None, {"m": "text"}, 0,
)  # fmt: skip
MARKINGS = (
    "", "TLP:CLEAR // ", "TLP:GREEN NOPD // ", "TLP:AMBER // ", "TLP:RED // ",
    "TLP:AMBER+STRICT ORCON H1 PD EXP 2026-12-31 // ",
)  # fmt: skip
MEMBERSHIPS = ("join", "leave", "leave", "invite", "ban", "knock", HIDDEN)
MEMBER_KEYS = ("displayname", "reason", "avatar_url", "is_direct", "third_party_invite")
KEYS = (
    "filename", "info", "url", "file", "external_url", "org.matrix.msc1767.text", "m.text",
    "m.new_content", "m.relates_to", "m.mentions", "formatted_body", "format", "thumbnail_file",
    "data-mx-x", "body ", "Body", "bоdy", "body\u200b", "", "\u0000", "__proto__",
    "m.relates\u200b_to", "rel_type", "event_id", "key", "user_ids", "displayname", "reason",
    HIDDEN,
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """What an attacker knows: the room, another room, events and people of both."""

    room_id: str
    other_room: str
    sender: str
    events: tuple[str, ...]
    own_events: tuple[str, ...]
    elsewhere: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class Attempt:
    """One event to be sent. With a `plaintext` it is sealed, `content` then being what stands
    beside the ciphertext; without one it goes out in clear as it is."""

    type: str
    content: Any
    plaintext: str | None = None
    state_key: str | None = None
    redacts: str | None = None
    drop: tuple[str, ...] = field(default=())
    """Keys of the clear part that are left out."""


def attempt(rng: Random, place: Place) -> Attempt:
    """Any attempt. Most are sealed messages, since those are what people read."""
    kind = rng.randrange(20)
    if kind == 0:
        return _clear_garbage(rng, place)
    if kind < 4:
        return _in_clear(rng, place)
    return _sealed(rng, place) if kind < 15 else _with_one_thing_wrong(rng, place)


def attempts_in_turn(rng: Random, place: Place) -> tuple[Attempt, ...]:
    """The sender's own event edited under one marking, then answered or edited under another."""
    target = rng.choice(place.own_events)
    edit = {"rel_type": "m.replace", "event_id": target}
    then = rng.choice(
        (
            edit,
            {"m.in_reply_to": {"event_id": target}},
            {"rel_type": "m.thread", "event_id": target},
        )
    )
    return tuple(_marked(rng, place, relation) for relation in (edit, then))


def _with_one_thing_wrong(rng: Random, place: Place) -> Attempt:
    """An honest message but for one thing, somewhere: nothing else is there to refuse it for."""
    target = rng.choice(place.own_events)
    relation = rng.choice(
        ({"m.in_reply_to": {"event_id": target}}, {"rel_type": "m.replace", "event_id": target})
    )
    made = _marked(rng, place, relation, "")
    payload, beside = json.loads(made.plaintext or ""), json.loads(json.dumps(made.content))
    content = payload["content"]
    parts = [payload, content, content.get("m.new_content", content), content, beside]
    match rng.randrange(7):
        case 6:
            name, said = rng.choice(KEYS), rng.choice((HIDDEN, [HIDDEN]))
            for part in (content, beside):
                part["m.relates_to"][name] = said
        case 0:
            content["body"] += rng.choice((HIDDEN, " TLP:RED //", "\nREL AUS,IDN // x"))
        case 1:
            form = content.get("m.new_content", content)
            form |= {"format": HTML, "formatted_body": formatted(rng, form["body"])}
        case 2:
            payload["room_id"] = place.other_room
        case 3:
            other = rng.choice((*place.events, *place.own_events))
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": other}}
        case _:
            part = rng.choice(parts)
            part[rng.choice(KEYS)] = rng.choice((HIDDEN, HIDDEN, [HIDDEN], {"body": HIDDEN}))
    return Attempt("m.room.encrypted", beside, json.dumps(payload))


def _marked(
    rng: Random, place: Place, relation: dict[str, Any], marking: str | None = None
) -> Attempt:
    text = (rng.choice(MARKINGS) if marking is None else marking) + rng.choice(WORDS)
    content: dict[str, Any] = {"msgtype": "m.text", "body": text, "m.relates_to": relation}
    if relation.get("rel_type") == "m.replace":
        new = {"msgtype": "m.text", "body": text}
        content |= {"body": f"* {text}", "m.new_content": new}
    payload = {"type": "m.room.message", "room_id": place.room_id, "content": content}
    return Attempt("m.room.encrypted", {"m.relates_to": relation}, json.dumps(payload))


# --- sealed ------------------------------------------------------------------------------------


def _sealed(rng: Random, place: Place) -> Attempt:
    content = message(rng, place)
    relation = content.get("m.relates_to")
    beside: dict[str, Any] = {} if relation is None else {"m.relates_to": relation}
    payload: Any = {"type": "m.room.message", "room_id": place.room_id, "content": content}
    drop: tuple[str, ...] = ()
    match rng.randrange(40):
        case 0:
            payload["type"] = rng.choice(TYPES)
        case 1:
            payload["room_id"] = rng.choice((place.other_room, None, [place.room_id], ""))
        case 2:
            payload[rng.choice(KEYS)] = hostile_value(rng)
        case 3:
            beside[rng.choice(KEYS)] = hostile_value(rng)
        case 4:
            beside["m.relates_to"] = relation_to(rng, place)
        case 5:
            content.pop("m.relates_to", None)
        case 6:
            beside.pop("m.relates_to", None)
        case 7:
            beside[rng.choice(("device_id", "sender_key", "algorithm"))] = rng.choice(
                ("vessel.left.at.noon", "A" * 43, "m.olm.v1.curve25519-aes-sha2", None, 7)
            )
        case 8:
            drop = (rng.choice(("sender_key", "device_id", "algorithm", "session_id")),)
        case 9 | 10 | 11 | 12:
            payload = mutated(rng, payload)
        case _:
            pass
    return Attempt("m.room.encrypted", beside, written(rng, payload), drop=drop)


def message(rng: Random, place: Place) -> dict[str, Any]:
    """The content of a message: new, a reply, in a thread, or an edit."""
    text = body(rng)
    content = words(rng, place, text)
    kind = rng.randrange(6)
    if kind < 3:
        return content
    content["m.relates_to"] = relation_to(rng, place)
    if kind == 3 or _is_edit(content):
        target = rng.choice((*place.own_events, *place.own_events, *place.events))
        new = content | {}
        new.pop("m.relates_to")
        content = new | {
            "body": rng.choice(("* ", "* ", "* ", "", "*", "** ")) + text,
            "m.new_content": new if rng.random() < 0.8 else words(rng, place, body(rng)),
            "m.relates_to": {"rel_type": "m.replace", "event_id": target},
        }
        if "formatted_body" in new and rng.random() < 0.7:
            content["formatted_body"] = "* " + new["formatted_body"]
    elif kind == 4:
        content = _with_fallback(rng, place, content)
    return content


def _is_edit(content: dict[str, Any]) -> bool:
    relation = content["m.relates_to"]
    return isinstance(relation, dict) and relation.get("rel_type") == "m.replace"


def words(rng: Random, place: Place, text: str) -> dict[str, Any]:
    """A text, perhaps formatted, perhaps with mentions."""
    content: dict[str, Any] = {"msgtype": "m.text", "body": text}
    if rng.randrange(30) == 0:
        content["msgtype"] = rng.choice(MSGTYPES)
    if rng.random() < 0.35:
        content |= {"format": HTML, "formatted_body": formatted(rng, text)}
    match rng.randrange(12):
        case 0:
            content["m.mentions"] = {}
        case 1:
            content["m.mentions"] = {"user_ids": rng.sample(place.people, 1)}
        case 2:
            content["m.mentions"] = rng.choice(
                ({"room": True}, {"room": HIDDEN}, {"user_ids": ["@left.at.noon:rilon.example"]},
                 {"user_ids": HIDDEN}, {"user_ids": [None]}, {"text": HIDDEN}, [], None,
                 {"user_ids": [place.people[0]] * 100})
            )  # fmt: skip
        case _:
            pass
    return content


def _with_fallback(rng: Random, place: Place, content: dict[str, Any]) -> dict[str, Any]:
    """With the quotation that older clients put before a reply, which others don't show."""
    said, person = line(rng), rng.choice(place.people)
    quoted = "\n".join(f"> {one}" for one in f"<{person}> {said}".split("\n"))
    content = {**content, "body": f"{quoted}\n\n{content['body']}"}
    if "formatted_body" in content:
        shown = rng.choice((said, said, said, HIDDEN))
        content["formatted_body"] = (
            f'<mx-reply><blockquote><a href="https://matrix.to/#/{place.room_id}/$a">In reply to'
            f'</a> <a href="https://matrix.to/#/{person}">{person}</a><br>{html.escape(shown)}'
            f"</blockquote></mx-reply>{content['formatted_body']}"
        )
    return content


def relation_to(rng: Random, place: Place) -> Any:
    """A relation to something: known, unknown, of another room, in shape or not quite."""
    known = (*place.events, *place.own_events)
    target: Any = rng.choice((*known, *known, *place.elsewhere, "$" + "u" * 43))
    if rng.randrange(15) == 0:
        target = rng.choice(("", HIDDEN, "$left at noon", None, [target], "$" + "l" * 300, 1))
    answered = {"event_id": rng.choice((*known, target))}
    if rng.randrange(12) == 0:
        return rng.choice(
            (
                {"rel_type": "m.reference", "event_id": target},
                {"rel_type": "m.annotation", "event_id": target, "key": HIDDEN},
                {"rel_type": HIDDEN, "event_id": target},
                {"rel_type": "m.replace", "event_id": target, "m.in_reply_to": answered},
                {"m.in_reply_to": {"event_id": target, "body": HIDDEN}},
                [{"m.in_reply_to": {"event_id": target}}],
            )
        )
    thread = {"rel_type": "m.thread", "event_id": target}
    relation: dict[str, Any] = rng.choice(
        (
            {"m.in_reply_to": {"event_id": target}},
            {"rel_type": "m.replace", "event_id": target},
            thread,
            thread | {"is_falling_back": rng.random() < 0.5, "m.in_reply_to": answered},
        )
    )
    if rng.randrange(15) == 0:
        relation[rng.choice(KEYS)] = hostile_value(rng)
    return relation


# --- in clear ----------------------------------------------------------------------------------


def _in_clear(rng: Random, place: Place) -> Attempt:
    target = rng.choice((*place.events, *place.own_events, *place.elsewhere, HIDDEN))
    content: dict[str, Any]
    match rng.randrange(7):
        case 0 | 1:
            relation = {"rel_type": "m.annotation", "event_id": target, "key": rng.choice(EMOJI)}
            content = {"m.relates_to": relation}
            if rng.randrange(4) == 0:
                content = mutated(rng, content)
            return Attempt("m.reaction", content)
        case 2:
            content = {"redacts": target, "reason": rng.choice(("", "", HIDDEN, None, [HIDDEN]))}
            if rng.randrange(4) == 0:
                content = mutated(rng, content)
            return Attempt("m.room.redaction", content, redacts=rng.choice((None, target, "$x")))
        case 3:
            return Attempt("m.room.message", message(rng, place))
        case 4:
            content = {
                "membership": rng.choice(MEMBERSHIPS),
                rng.choice(MEMBER_KEYS): rng.choice((HIDDEN, None, "", True, [HIDDEN])),
            }
            person = rng.choice((place.sender, place.sender, *place.people))
            return Attempt("m.room.member", content, state_key=person)
        case 5:
            kind = rng.choice(("m.room.name", "m.room.topic", "m.room.power_levels", HIDDEN))
            return Attempt(kind, {"name": HIDDEN}, state_key=rng.choice(("", HIDDEN)))
        case _:
            return Attempt(rng.choice(TYPES), {"msgtype": "m.text", "body": line(rng)})


def _clear_garbage(rng: Random, place: Place) -> Attempt:
    content: Any = rng.choice((None, [], HIDDEN, 1, {}, mutated(rng, message(rng, place))))
    state_key = rng.choice((None, None, "", place.sender))
    return Attempt(rng.choice(TYPES), content, state_key=state_key)


# --- out of shape ------------------------------------------------------------------------------


def hostile_value(rng: Random) -> Any:
    """A value of any kind where another was expected."""
    match rng.randrange(14):
        case 0:
            return rng.choice((None, True, False, [], {}, "", 0, -1))
        case 1:
            return rng.choice((2**53, -(2**53), 10**400, 2**53 - 1))
        case 2:
            return rng.choice((1.5, float("nan"), float("inf"), 1e300))
        case 3:
            return rng.choice(("\ud800", "a\udfffb", "\udc00\ud800"))
        case 4:
            return rng.choice(("\u0000", "a\u0000b"))
        case 5:
            return nested(rng.choice((10, 63, 64, 65, 500)))
        case 6:
            return [line(rng) for _ in range(3)]
        case 7:
            return {"body": line(rng), "msgtype": "m.text"}
        case 8:
            return "z" * rng.choice((255, 4096, 70_000))
        case 9:
            return HIDDEN + rng.choice(INVISIBLE)
        case _:
            return rng.choice((HIDDEN, *WORDS))


def nested(depth: int) -> Any:
    """Lists and objects within one another."""
    value: Any = HIDDEN
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def mutated(rng: Random, value: Any) -> Any:
    """The same value with one thing changed, somewhere within."""
    if not isinstance(value, (dict, list)) or not value or rng.randrange(4) == 0:
        if isinstance(value, dict):
            return value | {rng.choice(KEYS): hostile_value(rng)}
        return hostile_value(rng)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        return [*value[:at], mutated(rng, value[at]), *value[at + 1 :]]
    key = rng.choice(sorted(value))
    match rng.randrange(5):
        case 0:
            return {name: inner for name, inner in value.items() if name != key}
        case 1:
            new = rng.choice((key + " ", key.upper(), key + rng.choice(INVISIBLE), key[:-1]))
            return {new if name == key else name: inner for name, inner in value.items()}
        case _:
            return value | {key: mutated(rng, value[key])}


def written(rng: Random, payload: Any) -> str:
    """The payload as JSON, mostly as clients write it; else with what splits readers."""
    text = json.dumps(payload, ensure_ascii=rng.random() < 0.8)
    match rng.randrange(90):
        case 0:
            said = json.dumps(line(rng))
            return text.replace('"body":', f'"body": {said}, "body":', 1)
        case 1:
            return text.replace('"msgtype":', '"msgtype": "m.image", "msgtype":', 1)
        case 2:
            return text[:-1] + f', "content": {{"msgtype": "m.text", "body": "{HIDDEN}"}}}}'
        case 3:
            return rng.choice(("\ufeff", " ", "//\n", "[", HIDDEN)) + text
        case 4:
            return text + rng.choice((" ", HIDDEN, "}", "\u0000", text))
        case 5:
            return text.replace('"body"', '"b\\u006fdy"', 1)
        case 6:
            return "[" * 150_000 + "]" * 150_000
        case 7:
            return text.replace("{", '{"a":' * 200, 1)
        case 8:
            return text.replace(": {", f': {{"n": {"9" * 5000}, ', 1)
        case 9:
            return text[: rng.randrange(len(text))]
        case _:
            return text
