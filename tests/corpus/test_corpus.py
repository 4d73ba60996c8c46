"""Everyday work is undisturbed: ordinary messages in six languages pass, with few, right refusals.

Each message goes the way of a real one: as the content of a client, decoded and decided on the
shipped network. A message is `text`, with the `html` that a client makes of it where it is
formatted, and what it `answers` by its marking. `refused` says with which code, and why rightly.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from rilon.domain import marking_text
from rilon.domain.acts import Post
from rilon.domain.markings import WrittenMarking, take_effect
from rilon.domain.officers import Officer
from rilon.domain.parties import Party
from rilon.domain.rooms import Room
from rilon.domain.verdicts import Accept, Refuse, Verdict
from rilon.policy.evaluate import evaluate
from rilon.policy.passage_forms import bare
from rilon.policy.passages import fingerprints_asked, normalise, passage_key, without_markings
from rilon.policy.question import Related, RelatedKind
from rilon.wire.decode import decode_plaintext
from rilon.wire.envelope import read_envelope
from tests.policy_scene import NETWORK, NOW, TODAY, question, user_id

FOLDER = Path(__file__).parent
LANGUAGES = {"en", "id", "ms", "th", "bn", "pt"}
ROOM_ID, ANSWERED = "!room:rilon.example", "$" + "a" * 43


@dataclass(frozen=True)
class Message:
    """One message of the corpus. `code` and `why` stand where it must be refused."""

    language: str
    room: Room
    officer: Officer
    text: str
    html: str | None = None
    answers: str | None = None
    code: str | None = None
    why: str | None = None


def _messages() -> Iterator[Message]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for block in YAML(typ="safe", pure=True).load(file.read_text("utf-8")):
            room, officer = _place(block["room"], Party(block["party"]))
            for entry in block["messages"]:
                fields: dict[str, Any] = {"text": entry} if isinstance(entry, str) else dict(entry)
                refused = fields.pop("refused", {})
                yield Message(file.stem, room, officer, **fields, **refused)


def _place(key: str, party: Party) -> tuple[Room, Officer]:
    """The room, and an officer of that party who may write there."""
    for name, officer in sorted(NETWORK.officers.items()):
        room = NETWORK.rooms[f"direct-{name}" if key == "direct" else key]
        posts = not room.posters or officer.roles & room.posters
        if officer.party == party and posts and name in NETWORK.members(room.key):
            return room, officer
    raise LookupError(f"nobody of {party} may write in {key}")


MESSAGES = tuple(_messages())
ORDINARY = tuple(message for message in MESSAGES if message.code is None)


def _sent(message: Message, formatted: str | None, answers: str | None) -> Verdict:
    content: dict[str, Any] = {"msgtype": "m.text", "body": message.text, "m.mentions": {}}
    if formatted is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": formatted}
    relation = None if answers is None else {"m.in_reply_to": {"event_id": ANSWERED}}
    act = decode_plaintext(
        read_envelope(_event(message.officer, relation)),
        json.dumps(
            {"type": "m.room.message", "room_id": ROOM_ID, "content": content},
            ensure_ascii=False,
        ).encode(),
        NETWORK.vocabulary,
        TODAY,
    )
    assert isinstance(act, Post), act
    related = () if answers is None else (_answered(answers, message.room),)
    asked = question(act, message.room.key, message.officer.name, related=related)
    return evaluate(asked, NETWORK)


def _event(officer: Officer, relation: Mapping[str, Any] | None) -> dict[str, Any]:
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "AwgA",
        "session_id": "A" * 43,
        **({} if relation is None else {"m.relates_to": relation}),
    }
    return {
        "event_id": "$e",
        "room_id": ROOM_ID,
        "type": "m.room.encrypted",
        "sender": user_id(officer.name),
        "origin_server_ts": 1,
        "content": content,
    }


def _answered(marking: str, room: Room) -> Related:
    """What is answered: content of another party of the room, or of the same where there is none"""
    written = _written(marking)
    sender = min(NETWORK.members(room.key))
    effective = take_effect(written, room.default, room.ceiling, NETWORK.officers[sender].party)
    return Related(ANSWERED, user_id(sender), effective, RelatedKind.CONTENT, NOW)


@cache
def _written(marking: str) -> WrittenMarking:
    found = marking_text.read(f"{marking} //", NETWORK.vocabulary, TODAY)
    assert isinstance(found, WrittenMarking), found
    return found


def _is_unmarked(message: Message) -> bool:
    read = marking_text.read(message.text, NETWORK.vocabulary, TODAY)
    return message.answers is None and read is None


def _is_running(message: Message) -> bool:
    """Whether it is neither a list nor a quotation: those have a form of their own."""
    lines = message.text.splitlines()
    return message.html is None and not any(line.startswith(("-", ">", "1")) for line in lines)


def _shown(message: Message) -> str:
    return f"{message.language} {message.room.key}: {message.text[:40]}"


def test_the_corpus_is_large_and_has_every_language() -> None:
    assert len(MESSAGES) >= 400
    counts = {one: sum(m.language == one for m in MESSAGES) for one in LANGUAGES}
    assert {message.language for message in MESSAGES} == LANGUAGES
    assert min(counts.values()) >= 60
    assert len({(message.room, message.text) for message in MESSAGES}) == len(MESSAGES)


def test_fewer_than_one_in_a_hundred_is_refused() -> None:
    refused = [m for m in MESSAGES if isinstance(_sent(m, m.html, m.answers), Refuse)]
    assert {m.text for m in refused} == {m.text for m in MESSAGES if m.code is not None}
    assert len(refused) * 100 < len(MESSAGES)
    assert all(message.why for message in refused)


@pytest.mark.parametrize("message", ORDINARY, ids=_shown)
def test_an_ordinary_message_is_delivered(message: Message) -> None:
    verdict = _sent(message, message.html, message.answers)
    assert isinstance(verdict, Accept), verdict


@pytest.mark.parametrize("message", [m for m in MESSAGES if m.code is not None], ids=_shown)
def test_what_must_be_refused_is_refused_for_its_reason(message: Message) -> None:
    verdict = _sent(message, message.html, message.answers)
    assert isinstance(verdict, Refuse)
    assert verdict.code == message.code


@pytest.mark.parametrize("message", [m for m in ORDINARY if _is_running(m)], ids=_shown)
def test_it_is_delivered_as_clients_that_always_format_send_it(message: Message) -> None:
    """Element X formats whatever was typed: a line break is `<br />`."""
    formatted = html.escape(message.text, quote=False).replace("\n", "<br />")
    assert isinstance(_sent(message, formatted, message.answers), Accept)


@pytest.mark.parametrize("message", [m for m in ORDINARY if _is_unmarked(m)], ids=_shown)
def test_it_is_delivered_as_an_answer_to_something_unmarked(message: Message) -> None:
    verdict = _sent(message, message.html, marking_text.write(message.room.default)[:-3])
    assert isinstance(verdict, Accept)


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title, str.strip])
def test_the_case_in_which_it_is_typed_changes_nothing(change: Any) -> None:
    """Telephones begin with a capital; some people write in nothing else."""
    refused = []
    for message in ORDINARY:
        if message.html is None and "://" not in message.text:
            typed = Message(message.language, message.room, message.officer, change(message.text))
            if isinstance(_sent(typed, None, message.answers), Refuse):
                refused.append(typed.text)
    assert refused == []


def test_bare_forms_bring_no_two_different_messages_together() -> None:
    """What two messages have in common in bare form, they have in common in normal form."""
    key = passage_key(b"k" * 32)

    def pairs(form: Callable[[str], str]) -> set[tuple[int, int]]:
        holders: dict[int, set[int]] = {}
        for at, message in enumerate(MESSAGES):
            text = form(without_markings(message.text, NETWORK.vocabulary))
            for one in fingerprints_asked(text, key):
                holders.setdefault(one, set()).add(at)
        return {pair for several in holders.values() for pair in combinations(sorted(several), 2)}

    assert pairs(bare) == pairs(normalise)
    bares, normals = ({form(one.text) for one in MESSAGES} for form in (bare, normalise))
    assert len(bares) == len(normals)
