"""Why the gate doesn't let words of a request through, in half a sentence, and what to do.

No room, and no party that the reader may not know of, is named. The codes are those of the
decision; one that isn't listed has the last reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rilon.texts.rendering import Line, Text, Typed, text
from rilon.texts.translator import Translator, translatable

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "rel_excludes_room": translatable("its marking leaves out who would get it."),
        "protected_from_party": translatable(
            "its marking protects a person from who would get it."
        ),
        "red_not_open": translatable("TLP:RED does not go there."),
        "declaration_needed": translatable("it must say PD or NOPD in its marking."),
        "personal_data_found": translatable(
            "it seems to hold personal data. Write PD in its marking."
        ),
        "personal_data_barred": translatable("personal data does not go there."),
        "marking_unclear": translatable("its marking is not clear."),
        "marking_too_wide": translatable("its marking is wider than that of what it answers."),
        "no_party_left": translatable("the markings together leave no party."),
        "expired": translatable("the day in its marking is over."),
        "source_restricted": translatable("part of it comes from a message that may not go there."),
        "onward_not_allowed": translatable(
            "part of it comes from a message that may not go further."
        ),
        "file_unreadable": translatable("its file cannot be had any more. Send the file again."),
        "file_not_as_said": translatable("its file is not what it is said to be."),
        "file_not_allowed": translatable("its file is of a kind that does not go there."),
        "file_too_large": translatable("its file is too large."),
        "file_has_position": translatable("its picture says where it was taken."),
        "file_tells_who": translatable(
            "its file can tell who made it, and that is hidden here. Send a picture without "
            "such data, or words."
        ),
        "taken_back": translatable("its message was taken back."),
        "too_late": translatable("its message was changed or taken back since."),
        "overtaken": translatable("somebody else was first."),
        "request_over": translatable("the request is over."),
        "device_not_signed": translatable("the device of its writer is not verified."),
        "not_admitted": translatable("its writer is not admitted now."),
        "outside_term": translatable("its writer's term is over."),
    }
)
_OTHER = translatable("a rule of this network does not allow it.")


def reason(t: Translator, code: str) -> Line:
    """Half a sentence that ends a sentence."""
    return t.say(REASONS.get(code, _OTHER))


_OF_THE_WRITER = frozenset(
    {"device_not_signed", "not_admitted", "outside_term", "identity_changed", "rule_failed"}
)
"""Reasons that no other marking mends."""


_OF_THE_WORDS = frozenset({"source_restricted", "onward_not_allowed", "too_late", "taken_back"})
"""Reasons that lie in what the words repeat, or in what became of their message."""


def not_sent_from_desk(given: Mapping[str, str]) -> str:
    """The notice to a desk whose words didn't go: what to do depends on the reason."""
    if given.get("code") in _OF_THE_WORDS:
        return "desk_words_not_mended"
    return "desk_words_later" if given.get("code") in _OF_THE_WRITER else "desk_held_back"


def not_delivered(given: Mapping[str, str]) -> str:
    """The notice to a requester whose words didn't get into a desk: what happened to a question,
    and what to do, depends on the reason."""
    if given.get("kind") != "question":
        if given.get("code") in _OF_THE_WORDS:
            return "request_words_not_mended"
        later = given.get("code") in _OF_THE_WRITER
        return "request_words_later" if later else "request_words_held_back"
    writers = given.get("code") in _OF_THE_WRITER
    return "request_not_brought" if writers else "request_not_delivered"


def not_sent(t: Translator, code: str, parameters: Mapping[str, str]) -> Text:
    """A request that can't be sent as it is marked, with the marking that would fit."""
    lines = [t.say("Not sent: {why}", why=reason(t, code)).strong()]
    if needed := parameters.get("needed"):
        lines.append(t.say("It would have to be marked {marking}", marking=Typed(needed)))
    lines.append(t.say("Tap ✏️ to change it, or ❌ to stop."))
    return text(lines)
