"""Why a command changes nothing, in a sentence and what to do next.

The codes are those of `rilon.domain.request_steps.RequestCode`; a test holds the two lists
together. `request_unknown` is said for what doesn't exist and for what isn't this officer's:
nobody learns which.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from rilon.texts.parties import codes, listed
from rilon.texts.rendering import Text, Typed, Value, text
from rilon.texts.request_questions import GROUNDS
from rilon.texts.times import local_date_and_time
from rilon.texts.translator import Translator, translatable

NOES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "request_unknown": (
            translatable("I know no such request for you. To see yours: {requests}"),
        ),
        "request_not_entitled": (
            translatable("You may not do that for your party. A focal point may."),
        ),
        "request_not_addressed": (translatable("{party} was not asked in {number}."),
                                  translatable("That party was not asked.")),
        "request_draft": (translatable("It is not sent yet. Send it first."),),
        "request_sent": (
            translatable(
                "It is sent, and cannot be changed. Take it back and ask anew: {withdraw}"
            ),
        ),
        "request_incomplete": (translatable("Something is still missing. I ask you for it."),),
        "request_asks_itself": (
            translatable("You cannot ask your own party. Name another one: {rfi}"),
        ),
        "request_out_of_reach": (
            translatable(
                "Its marking, or that of what it answers or repeats, keeps it from {parties}. "
                "Write another marking before it, or ask without those words."
            ),
        ),
        "request_not_urgent": (
            translatable("Urgent needs one of these reasons here: {grounds}."),
            translatable("It is not urgent for a reason that this group takes."),
        ),
        "request_names_readers": (
            translatable(
                "You do not know who asks: no marking can say who may read. Leave {rel} out, "
                "also of what you repeat or answer."
            ),
        ),
        "request_named_already": (
            translatable("They know already who asks. To stay unnamed, ask anew: {unnamed}"),
        ),
        "request_assigned": (
            translatable("{to} has it already, given by {by}. To change that: {assign}"),
            translatable("{to} has it already. To change that: {assign}"),
        ),
        "request_nothing_to_clarify": (translatable("They have no question for you now."),),
        "request_delay_not_later": (translatable("That time is over. Write it so: {delay}"),),
        "request_delay_too_long": (
            translatable("That is too long: at most {days} days. Write it so: {delay}"),
        ),
        "request_reason_missing": (translatable("Say why, in a few words: {delay}"),),
        "request_sent_in_part": (
            translatable("{by} has sent this as a part. Is it all? Then write {done}"),
            translatable("This is sent as a part. Is it all? Then write {done}"),
        ),
        "request_nothing_answered": (
            translatable("Nothing is sent yet. Reply to the card with your answer first."),
        ),
        "request_most_of_officer": (
            translatable(
                "You have {most} open requests, and may not have more. Close one or take one back "
                "({requests} lists them); then write {send} here."
            ),
            translatable(
                "You have too many open requests. Close one or take one back ({requests} lists "
                "them)."
            ),
        ),
        "request_most_of_party": (
            translatable(
                "Your party has {most} open requests, and may not have more. Close one or take one "
                "back ({requests} lists them); then write {send} here."
            ),
            translatable(
                "Your party has too many open requests. Close one or take one back ({requests} "
                "lists them)."
            ),
        ),
        "request_still_open": (
            translatable("Not ended yet with {parties}. Take it back ({withdraw}), or wait."),
        ),
        "request_answered": (
            translatable("It is answered already, by {by}. Your words stay here."),
            translatable("It is answered already. Your words stay here."),
        ),
        "request_refused": (
            translatable("It is refused already, by {by}. Your words stay here."),
            translatable("It is refused already. Your words stay here."),
        ),
        "request_withdrawn": (
            translatable("It is taken back already, by {by}."),
            translatable("It is taken back already. Nothing more is to be done."),
        ),
        "request_not_delivered": (
            translatable("It could not be brought there, and is over. Ask anew: {rfi}"),
        ),
        "request_closed": (
            translatable("It is closed already. Ask anew if you need more: {rfi}"),
        ),
    }
)  # fmt: skip

ALREADY = (
    translatable("Done already: by {by}, at {time}."),
    translatable("Done already, at {time}."),
)

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "requests": "!requests",
        "rel": "REL, PROTECT",
        "unnamed": "!rfi IDN, hide me: …",
        "withdraw": "!withdraw",
        "rfi": "!rfi",
        "assign": "!assign … instead of idn.focal1",
        "delay": "!delay 2 days …",
        "done": "!done",
        "send": "send",
    }
)


def no(t: Translator, code: str, parameters: Mapping[str, str]) -> Text:
    """Why it changes nothing. Officers in `by` and `to` are shown names,
    `instead` is the name that is typed of who has it. Raises KeyError for a
    code that doesn't exist."""
    given = {name: value for name, value in parameters.items() if value and not value.isspace()}
    values: dict[str, Value] = {name: Typed(typed) for name, typed in _COMMANDS.items()}
    values |= given
    if "instead" in given:
        values["assign"] = Typed(f"!assign … instead of {given['instead']}")
    if given.get("by") == given.get("to"):
        values.pop("by", None)
    if "number" in given:
        values["number"] = Typed(given["number"])
    if "parties" in given:
        values["parties"] = listed(t, codes(given["parties"]))
    if "grounds" in given:
        named = [t.say(GROUNDS[one]) for one in given["grounds"].split(",") if one in GROUNDS]
        values["grounds"] = listed(t, named, 200)
    return text((t.first_that_fits(NOES[code], values),))


def already(t: Translator, at: datetime, zone: str, by: str = "") -> Text:
    """The same was done before; `by` is the shown name of an officer of the own party."""
    values: dict[str, Value] = {"time": local_date_and_time(at, zone)}
    if by:
        values["by"] = by
    return text((t.first_that_fits(ALREADY, values),))
