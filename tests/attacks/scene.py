"""Where hostile events are tried in memory: two rooms in which things were said, an attacker with
a device in order, and what must hold for whatever is accepted.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from emoji import EMOJI_DATA

from rilon.domain.markings import Marking
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict
from rilon.wire.envelope import NotAnEvent
from tests.attacks.hostile_events import HTML, Attempt, Place
from tests.attacks.naive_reader import ORDER, leaves, links, rendered, seen_in
from tests.attacks.simulated_gate import Device, SimulatedGate, room_id
from tests.policy_scene import NETWORK, TODAY, user_id

FLOOR, BOTH, DIRECT = "mps-floor", "mps-aus-idn", "direct-aus.secondee1"
ATTACKER = "aus.secondee1"
SAID = (
    (ATTACKER, FLOOR, "TLP:GREEN // one"),
    (ATTACKER, FLOOR, "TLP:AMBER ORCON EXP 2026-12-31 // two"),
    (ATTACKER, BOTH, "REL AUS,IDN // three"),
    ("idn.focal1", FLOOR, "TLP:CLEAR NOPD // four"),
    ("idn.focal1", FLOOR, "TLP:AMBER+STRICT H1 PD // five"),
    ("idn.focal1", FLOOR, "six"),
    ("idn.focal1", BOTH, "TLP:RED REL AUS,IDN PROTECT MYS // seven"),
    (ATTACKER, DIRECT, "eight"),
)
PEOPLE = tuple(user_id(name) for name in (ATTACKER, "idn.focal1", "tha.focal1", "bgd.focal1"))
_TEXT = {("msgtype",), ("body",), ("format",), ("formatted_body",)}
_MENTIONS = {("m.mentions", "{}"), ("m.mentions", "user_ids", "[]"), ("m.mentions", "room")}
_EVENTS = {
    ("event_id",),
    ("m.in_reply_to", "event_id"),
}


@dataclass(frozen=True)
class Tried:
    """One attempt, the event it became, and what the gate said."""

    attempt: Attempt
    event: dict[str, Any]
    verdict: Verdict


class Scene:
    """The rooms, what was said in them, and the attacker."""

    def __init__(self, room: str = FLOOR) -> None:
        self.gate = SimulatedGate(rooms={room_id(key): key for key in (FLOOR, BOTH, DIRECT)})
        self.room = NETWORK.rooms[room]
        self.edits: dict[str, list[Marking]] = {}
        """What accepted edits of an event carry: readers see these in its place."""
        self.device = self.gate.device(ATTACKER)
        devices = {ATTACKER: self.device, "idn.focal1": self.gate.device("idn.focal1")}
        here: list[str] = []
        own: list[str] = []
        elsewhere: list[str] = []
        for name, where, text in SAID:
            content = {"msgtype": "m.text", "body": text}
            event_id, verdict = self.gate.say(devices[name], room_id(where), content)
            assert isinstance(verdict, Accept), verdict
            known = elsewhere if where != room else own if name == ATTACKER else here
            known.append(event_id)
        self.place = Place(
            room_id(room),
            room_id(BOTH if room == FLOOR else FLOOR),
            user_id(ATTACKER),
            tuple(here),
            tuple(own),
            tuple(elsewhere),
            PEOPLE,
        )

    def attempt(self, attempt: Attempt, device: Device | None = None) -> Tried:
        """Sends it as the attacker, and delivers it if it is accepted."""
        device = device or self.device
        content = attempt.content
        if attempt.plaintext is not None:
            plaintext = attempt.plaintext.encode("utf-8", "surrogatepass")
            wire = self.gate.sealed(device, self.place.room_id, plaintext)
            content = {key: wire[key] for key in wire if key not in attempt.drop} | content
        event = self.gate.event(device, self.place.room_id, attempt.type, content)
        for name in ("state_key", "redacts"):
            if getattr(attempt, name) is not None:
                event[name] = getattr(attempt, name)
        try:
            verdict = self.gate.ask(event, device)
        except NotAnEvent:
            # The endpoint's own answer: without these nothing can be recorded.
            verdict = Refuse(Code.SHAPE_NOT_ALLOWED, "endpoint")
        if isinstance(verdict, Accept):
            self.gate.deliver(event)
        return Tried(attempt, event, verdict)

    def remember(self, event_id: str) -> None:
        """What was accepted of the attacker's may be related to from now on."""
        self.place = replace(self.place, own_events=(*self.place.own_events, event_id))

    # --- what must hold --------------------------------------------------------------------------

    def check(self, tried: Tried) -> None:
        """INVARIANT: nothing accepted leaves a party of the ceiling out, holds words that nobody
        judged, or is wider than what it relates to; and no rule ever errs."""
        verdict = tried.verdict
        if isinstance(verdict, Refuse):
            assert verdict.code is not Code.RULE_FAILED
            assert "left at noon" not in repr(verdict)
            return
        if tried.attempt.plaintext is None:
            assert verdict.effective is None
            self._check_clear(tried)
            return
        payload = json.loads(tried.attempt.plaintext, object_pairs_hook=_no_name_twice)
        if payload["content"]["msgtype"] != "m.text":
            assert self.room.key == DIRECT
            return
        assert set(tried.attempt.content) <= {
            "m.relates_to",
            "device_id",
            "sender_key",
            "algorithm",
        }
        assert tried.attempt.content.get("device_id", self.device.name) == self.device.name
        assert tried.attempt.content.get("sender_key", self.device.curve) == self.device.curve
        assert set(payload) == {"type", "room_id", "content"}
        assert payload["type"] == "m.room.message"
        assert payload["room_id"] == self.place.room_id
        relation = tried.attempt.content.get("m.relates_to")
        self._check_shape(payload["content"], relation)
        assert verdict.effective is not None
        self._check_marking(verdict.effective, payload["content"], relation)

    def _check_marking(
        self, effective: Marking, content: dict[str, Any], relation: dict[str, Any] | None
    ) -> None:
        assert self.room.ceiling <= effective.rel
        assert not self.room.ceiling & effective.protect
        assert ORDER[effective.tlp] != "RED" or self.room.opens_to_red
        assert effective.expires is None or effective.expires >= TODAY
        seen = seen_in(content)
        assert effective.tlp >= seen.tlp
        assert effective.protect >= seen.protect
        assert effective.caveats >= seen.caveats - {"PD"}
        assert "PD" not in seen.caveats or effective.personal_data == 2
        for named in seen.rel:
            assert effective.rel <= named | {"AUS"}
        for day in seen.expires:
            assert effective.expires is not None
            assert effective.expires <= day
        for event_id in _targets(relation):
            related = self.gate.marking_of(event_id)
            assert related is not None
            for one in (related, *self.edits.get(event_id, ())):
                _check_no_looser(effective, one)
        if relation is not None and relation.get("rel_type") == "m.replace":
            self.edits.setdefault(relation["event_id"], []).append(effective)

    def _check_shape(self, content: dict[str, Any], relation: dict[str, Any] | None) -> None:
        """Every leaf is one that is judged, or one of a list."""
        edits = (relation or {}).get("rel_type") == "m.replace"
        for where, leaf in leaves(content):
            at = where
            if where[0] == "m.new_content":
                assert edits
                at = where[1:]
            if at[0] == "m.relates_to":
                assert relation == content["m.relates_to"]
                continue
            assert at in _TEXT | _MENTIONS, where
            _check_leaf(at, leaf)
        if relation is not None:
            self._check_relation(relation)
        for form in (content, content.get("m.new_content", {})):
            if "formatted_body" in form:
                _check_forms(form["body"], form["formatted_body"])
        if edits:
            new = content["m.new_content"]
            assert _letters(content["body"]).endswith(_letters(new["body"]))

    def _check_relation(self, relation: dict[str, Any]) -> None:
        known = (*self.place.events, *self.place.own_events)
        for where, leaf in leaves(relation):
            if where in _EVENTS:
                assert leaf not in self.place.elsewhere
                assert leaf in known or self.gate.marking_of(leaf) is not None
            elif where == ("rel_type",):
                assert leaf in ("m.replace", "m.thread")
            else:
                assert where == ("is_falling_back",)
                assert isinstance(leaf, bool)
        if relation.get("rel_type") == "m.replace":
            target = relation["event_id"]
            assert self.gate.delivered[target].judged.sender == self.place.sender

    def _check_clear(self, tried: Tried) -> None:
        event, content = tried.event, tried.event["content"]
        assert event["type"] in ("m.reaction", "m.room.redaction", "m.room.member")
        if event["type"] == "m.reaction":
            relation = content["m.relates_to"]
            assert set(content) == {"m.relates_to"}
            assert set(relation) == {"rel_type", "event_id", "key"}
            assert relation["event_id"] not in self.place.elsewhere
            _check_emoji(relation["key"])
        elif event["type"] == "m.room.redaction":
            assert set(content) <= {"redacts", "reason"}
            assert not content.get("reason")
        else:
            assert event["state_key"] == self.place.sender
            assert content["membership"] in ("join", "leave")
            name = NETWORK.officers[ATTACKER].display_name
            for where, leaf in leaves(content):
                assert where[0] in (
                    "membership",
                    "displayname",
                    "avatar_url",
                    "reason",
                    "is_direct",
                )
                assert leaf in (None, "", True, False, name, "join", "leave")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _check_leaf(at: tuple[Any, ...], leaf: Any) -> None:
    if at == ("msgtype",):
        assert leaf == "m.text"
    elif at == ("format",):
        assert leaf == HTML
    elif at == ("m.mentions", "room"):
        assert isinstance(leaf, bool)
    elif at[0] == "m.mentions":
        assert leaf is None or leaf in PEOPLE
    else:
        assert isinstance(leaf, str)
        assert "\0" not in leaf


def _check_no_looser(effective: Marking, related: Marking) -> None:
    assert effective.tlp >= related.tlp
    assert effective.rel <= related.rel
    assert effective.caveats >= related.caveats
    assert effective.protect >= related.protect
    assert effective.originators >= related.originators
    assert effective.personal_data >= related.personal_data
    if related.expires:
        assert effective.expires is not None
        assert effective.expires <= related.expires


def _check_emoji(key: str) -> None:
    assert key in EMOJI_DATA or key.removesuffix("\ufe0f") in EMOJI_DATA
    assert len(key) < 16
    assert not any(unicodedata.category(sign).startswith("L") for sign in key)


def _check_forms(body: str, source: str) -> None:
    """Words that one form shows, the other shows too; and what isn't shown is in the body."""
    shown = _letters(rendered(source))
    assert _is_within(shown, _letters(body))
    for beside in links(source):
        if beside not in ("_blank", "noopener") and "matrix.to" not in beside:
            assert (
                _letters(beside) in _letters(body) or beside.isdigit() or beside[:9] == "language-"
            )


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def _is_within(part: str, whole: str) -> bool:
    """Whether the signs of the part stand in the whole, in the same order."""
    rest = iter(whole)
    return all(sign in rest for sign in part)


def _targets(relation: dict[str, Any] | None) -> list[str]:
    return [leaf for where, leaf in leaves(relation or {}) if where in _EVENTS]
