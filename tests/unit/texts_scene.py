"""Every message of the steward, with hostile values, and how a reader sees it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

from rilon.application.opening import Unsent
from rilon.domain.verdicts import Code
from rilon.policy.copies import Extent
from rilon.texts import alarms, answers, lifecycle, recalls
from rilon.texts import choices as choice_texts
from rilon.texts.answers import Profile, RoomEntry
from rilon.texts.cards import card, removal_card
from rilon.texts.rendering import Text
from rilon.texts.rooms import ROOM_TEXTS, room_text
from rilon.texts.translator import Translator, translator
from rilon.texts.welcome import welcome

CODES = [code.value for code in Code]
LANGUAGES = ["en", "id"]
ENGLISH = translator("en")
DOCUMENT = Path(__file__).parents[2] / "docs" / "codes.md"

PARAMETERS = {
    "room": "Floor",
    "marking": "REL AUS,IDN //",
    "needed": "TLP:AMBER REL AUS,BGD,IDN,MYS,THA,TLS,RSO //",
    "excluded": "BGD,MYS,THA,TLS,RSO",
    "protect": "MYS",
    "expires": "2026-11-20",
    "found": "TLP:ORANGE",
    "nearest": "TLP:AMBER //",
    "problem": "unknown_label",
    "where": "content.m.new_content.format",
    "device": "PHONE",
    "person": "Indonesia, focal point 1",
    "fits": "AUS+IDN",
    "until": "2026-11-20",
    "since": "2026-11-22",
    "identifiers": "email,telephone",
    "declared": "NOPD",
}
HOSTILE = [
    "<img src=x onerror=alert(1)><b>",
    "</code></strong><script>",
    "&lt;b&gt; &#60;",
    "line\nbreak\r\n\u2028and\x00more",
    "{room} {0} {__class__} %s %(x)s",
    "\u202eREL \ud800\U000e0041",
    "<&>" * 100_000,
    ",".join(["XYZ"] * 75_000),
    "\U0001f600" * 75_000,
    " ",
    "",
]


def read_as_plain(said: Text) -> str:
    """What a reader of the HTML sees; fails on a tag or attribute that the steward doesn't use."""
    if said.html is None:
        return said.plain
    without = re.sub(r"</?(?:strong|code)>", "", said.html.replace("<br>", "\n"))
    assert "<" not in without
    return unescape(without)


def every_text(t: Translator, value: str, parameters: dict[str, str]) -> dict[str, Text]:
    """Every message of the steward, with the value wherever one is taken."""
    day, now = date(2026, 11, 21), datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
    choices = [("✅", value), ("✏️", value)]
    profile = Profile(value, value, value, (value,) * 60, (value,) * 60, value, now, value)
    rooms = [RoomEntry(value, value, (value,) * 60, value)] * 60
    kept = [choice_texts.kept_until(t, value), choice_texts.gone(t), choice_texts.being_sent(t)]
    said = {f"card {code}": card(t, code, parameters, choices, 3, value, kept) for code in CODES}
    said |= {f"removal {code}": removal_card(t, code, parameters, value) for code in CODES}
    return said | {
        "welcome": welcome(t, name=value, party=value, floor=value, coordinator=value),
        "help": answers.help_answer(t, value),
        "not understood": answers.not_understood(t, value),
        "friendly": answers.not_understood(t),
        "verification": answers.verification_answer(t),
        "me": answers.profile_answer(t, profile),
        "me, bare": answers.profile_answer(
            t, Profile(value, value, value, (), (), "en", now, "Asia/Jakarta", day, day)
        ),
        "rooms": answers.rooms_answer(t, rooms),
        "no rooms": answers.rooms_answer(t, []),
        "rooms changed": lifecycle.rooms_changed(t, [value] * 60, [value] * 60),
        "reset": lifecycle.password_reset(t, value),
        "lost": lifecycle.device_lost(t, value, value),
        "removed": lifecycle.removed(t, value, value),
        "term soon": lifecycle.term_ends_soon(t, day, 3, value),
        "term ended": lifecycle.term_ended(t, day, value),
        "waiting": lifecycle.waiting_for_confirmed_device(t, value),
        "unconfirmed": lifecycle.device_not_confirmed(t, value, value),
        "identity": lifecycle.identity_changed(t, value),
        "second lock": alarms.second_lock(t, value, value, value),
        "claimed": alarms.claimed_session(t, value, value, value, value),
        "undecided": alarms.gate_undecided(t, value, 2),
        "decides": alarms.gate_decides_again(t, value, value),
        "identity alarm": alarms.identity_changed(t, value, value),
        "identity alarm with a tap": alarms.identity_changed(t, value, value, "✅"),
        "identity confirmed": alarms.identity_confirmed(t, value, value, value),
        "identity confirmed by you": alarms.identity_confirmed_by_you(t, value, value),
        "identity is yours": lifecycle.identity_confirmed(t, value),
        "recalled": recalls.recalled(t, (value,) * 60, value),
        "tightened": recalls.tightened(t, (value,) * 60, value, value),
        "expired": recalls.expired(t, (value,) * 60, 2),
        "how to recall": recalls.how_to(t, "recall"),
        "how to mark": recalls.how_to(t, "mark"),
        **{
            f"recall {outcome}": recalls.answer(t, outcome, parameters | {"answers": "2"})
            for outcome in ("removed", "tightened", "as_strict", "gone", "not_yours")
        },
        "copy recalled": recalls.copy_recalled(t, (value,), value),
        "copy tightened": recalls.copy_tightened(t, (value,), value, value),
        **{
            f"copy at desk {outcome}": recalls.copy_at_desk(t, outcome, (value,), value, value)
            for outcome in ("removed", "tightened", *Extent)
        },
        "unknown part": alarms.unknown_part(t, value, value, value),
        "waiting officer": alarms.waiting_for_officer(t, value, value),
        **{f"room {name}": room_text(t, name, _about_a_room(value)) for name in ROOM_TEXTS},
        "posted": choice_texts.posted(t, value, value),
        "discarded": choice_texts.discarded(t, value),
        "posted, some absent": choice_texts.posted(t, value, value, (value, value)),
        **{
            f"not opened {why}": choice_texts.not_opened(t, value, why)
            for why in (*Unsent, "unknown", "")
        },
        **{f"refused {code}": choice_texts.refused(t, value, code) for code in CODES},
    }


def _about_a_room(value: str) -> dict[str, str]:
    names = ("person", "room", "alias", "readers", "marking", "reaction")
    return dict.fromkeys(names, value)
