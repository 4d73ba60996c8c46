"""What the steward tells in the thread of a request: what happened, what is due, what to do.

One table, by the name of the text. A notice holds no word of a request or of an answer. Who is
mentioned, and where it is said, is decided by the caller: what needs a person mentions them, all
else is silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from rilon.texts.parties import codes, listed
from rilon.texts.rendering import Line, Text, Typed, Value, text
from rilon.texts.request_questions import REFUSALS
from rilon.texts.times import local_date_and_time
from rilon.texts.translator import Translator, translatable

Wordings = tuple[str, ...]
"""The wordings of one line, the most telling first: the first whose values are all there is used.
A line none of whose wordings fits is left out."""

# --- to the requester ----------------------------------------------------------------------------

_REQUESTER: Mapping[str, tuple[Wordings, ...]] = {
    "request_sent": (
        (translatable("Your request is {number}. I bring it to {parties}."),),
        (translatable("I tell you here what happens. To take it back: {withdraw}"),),
    ),
    "request_delivered": (
        (
            translatable("{number} is with {party}: {officer} is on duty. Answer due by {time}."),
            translatable("{number} is with {party}: nobody is on duty. Answer due by {time}."),
        ),
    ),
    "request_not_delivered": (
        (translatable("{number} could not be brought to {party}: {why}"),),
        (translatable("It is over with {party}: nobody there has seen it."),),
        (
            translatable("Ask again with the marking {fits}"),
            translatable("Ask again with another marking, or call your coordinator."),
        ),
    ),
    "request_not_brought": (
        (translatable("{number} could not be brought to {party}: {why}"),),
        (translatable("It is over with {party}: nobody there has seen it."),),
        (translatable("Once that is mended, ask again: {rfi}. Or call your coordinator."),),
    ),
    "request_words_held_back": (
        (translatable("{number}: your words could not be brought to {party}: {why}"),),
        (
            translatable("Write them again with the marking {fits}"),
            translatable("Write them again with another marking, or call your coordinator."),
        ),
    ),
    "request_words_not_mended": (
        (translatable("{number}: your words did not go to {party}: {why}"),),
        (translatable("No marking changes that. Reply to the question again, in other words."),),
    ),
    "request_words_later": (
        (translatable("{number}: your words did not go to {party}: {why}"),),
        (translatable("Once that is mended, reply to the question again."),),
    ),
    "request_file_held_back": (
        (translatable("Not sent for {number}: {why}"),),
        (translatable("Reply to the question again, with another file, or in words."),),
    ),
    "request_acknowledged": (
        (
            translatable("{number}: {officer} of {party} has seen it."),
            translatable("{number}: {party} has seen it."),
        ),
    ),
    "request_assigned": (
        (
            translatable("{number}: {officer} of {party} works on it."),
            translatable("{number}: {party} works on it."),
        ),
    ),
    "request_delayed": (
        (translatable("{number}: {party} needs more time, until {time}."),),
        (translatable("Too late for you? You can take it back: {withdraw}"),),
    ),
    "request_refused": (
        (
            translatable("{number}: {party} does not answer. The reason is {code}: {reason}."),
            translatable("{number}: {party} does not answer."),
        ),
        (translatable("To ask someone else: {rfi} · to close this one: {end}"),),
    ),
    "request_answered": (
        (translatable("{number}: {party} has answered."),),
        (translatable("Was it useful? 👍 yes · 🤏 partly · 👎 no"),),
    ),
    "request_finished": (
        (translatable("{number}: {party} says that its answer is complete."),),
    ),
    "request_to_rate": (
        (translatable("{number}: how useful was the answer of {party}?"),),
        (translatable("Tap 👍 useful · 🤏 partly · 👎 not, or write {close}"),),
    ),
    "request_being_sent": ((translatable("{number}: your party has answered already."),),),
    "request_dropped": ((translatable("Not sent."),),),
    "request_clarified": (
        (translatable("{number}: your answer is with {party}. Their time runs again."),),
    ),
    "request_sent_on": ((
        translatable("{number}: sent to {party}."),
    ),),
    "request_withdrawn": (
        (translatable("{number} is taken back. {parties} are told."),
         translatable("{number} is taken back.")),
    ),
    "request_discarded": ((translatable("Thrown away. Nobody has seen it."),),),
    "request_closed": (
        (
            translatable("{number} is closed with {party}: {useful}. Thank you."),
            translatable("{number} is closed with {party}."),
        ),
    ),
    "request_closed_by_time": (
        (translatable("{number} is closed: nobody has said how useful the answer was."),),
        (translatable("You can still say it: {close}"),),
    ),
    "request_waits_for_you": (
        (translatable("{number}: {party} still waits for your answer to its question."),),
        (translatable("Reply to the question. Until then the time stops for them."),),
    ),
    "request_answer_held_back": (
        (translatable("{number}: {party} has an answer that may not come to you."),),
        (
            translatable("It could come marked {fits}. {party} is told, and decides."),
            translatable("{party} is told why, and decides."),
        ),
    ),
    "request_overlap": (
        (translatable("{number}: {officer} of {party} asks about the same. You may speak."),),
        (translatable("You both agreed to be told. To write to them: {dm}"),),
    ),
}  # fmt: skip

# --- to the desk that is asked -------------------------------------------------------------------

_DESK: Mapping[str, tuple[Wordings, ...]] = {
    "desk_acknowledged": (
        (
            translatable("{officer} has seen {number}. Answer due by {time}."),
            translatable("{officer} has seen {number}."),
        ),
    ),
    "desk_assigned": (
        (
            translatable("{officer} works on {number}. Answer due by {time}."),
            translatable("{officer} works on {number}."),
        ),
    ),
    "desk_sent": (
        (
            translatable("Sent for {number}, at {time}."),
            translatable("Sent for {number}."),
        ),
    ),
    "desk_asked_back": (
        (translatable("Your question about {number} is sent. The time stops until they answer."),),
    ),
    "desk_clarified": (
        (translatable("{number}: they answered your question. Now due by {time}."),),
    ),
    "desk_delayed": (
        (translatable("{number}: you have time until {time}. The requester is told."),),
    ),
    "desk_refused": (
        (
            translatable("{number} is refused: {code}, {reason}. The requester is told."),
            translatable("{number} is refused. The requester is told."),
        ),
    ),
    "desk_answered": ((translatable("{number} is answered, by {officer}. Thank you."),),),
    "desk_partly_answered": (
        (translatable("A part of the answer to {number} is sent."),),
        (translatable("When all is sent, write {done}"),),
    ),
    "desk_withdrawn": (
        (translatable("{number} was taken back. Nothing more is to be done."),),
    ),
    "desk_closed": (
        (
            translatable("{number} is closed. They say of the answer: {useful}."),
            translatable("{number} is closed."),
        ),
    ),
    "desk_being_sent": (
        (
            translatable("{officer} was first with {number}. Your words stay here."),
            translatable("Somebody was first with {number}. Your words stay here."),
        ),
    ),
    "desk_not_received": (
        (translatable("{number}: they wrote something that may not come to you."),),
        (translatable("They are told why, and decide."),),
    ),
    "desk_not_sent": (
        (translatable("Not sent. To propose something else, reply to the card."),),
    ),
    "desk_held_back": (
        (translatable("Not sent for {number}: {why}"),),
        (
            translatable("It could go marked {fits}. Reply to the card again, with that marking."),
            translatable("Reply to the card again; without REL, it may go to the requester."),
        ),
    ),
    "desk_words_not_mended": (
        (translatable("Not sent for {number}: {why}"),),
        (translatable("No marking changes that. Reply to the card again, in other words."),),
    ),
    "desk_words_later": (
        (translatable("Not sent for {number}: {why}"),),
        (translatable("Once that is mended, reply to the card again."),),
    ),
    "desk_file_held_back": (
        (translatable("Not sent for {number}: {why}"),),
        (translatable("Reply to the card again, with another file, or in words."),),
    ),
}  # fmt: skip

# --- reminders and escalation --------------------------------------------------------------------

_REPLY = (translatable("Reply to the card to answer. More time: {delay}"),)
_SEEN = (translatable("Tap 👍 on the card: the requester is told, and this stops."),)

_REMINDERS: Mapping[str, tuple[Wordings, ...]] = {
    "reminder_share": (
        (
            translatable("{number}: {percent} percent of the time is over. Due by {time}."),
            translatable("{number}: a part of the time is over. Due by {time}."),
            translatable("{number}: a part of the time is over."),
        ),
    ),
    "reminder_half": ((translatable("{number}: half of the time is over. Due by {time}."),),),
    "reminder_nine_tenths": (
        (translatable("{number}: little time is left. Due by {time}."),),
        _REPLY,
    ),
    "reminder_deadline": ((translatable("{number} is due now."),), _REPLY),
    "reminder_overdue": ((translatable("{number} is late. It was due by {time}."),), _REPLY),
    "escalation_deputy": (
        (
            translatable("{number} waits: nobody has seen it yet. {officer}, you stand in."),
            translatable("{number} waits: nobody has seen it yet. You stand in."),
        ),
        _SEEN,
    ),
    "escalation_unattended": (
        (translatable("{number}: nobody is on duty here now. You stand in."),),
        _SEEN,
    ),
    "escalation_desk": (
        (translatable("{number} waits, and nobody has seen it yet. Who takes it?"),),
        _SEEN,
    ),
    "escalation_coordinator": (
        (
            translatable(
                "{number}: nobody at {party} has seen it. It was due to be seen by {time}."
            ),
        ),
        (translatable("Please call them. The whole desk was asked."),),
    ),
    "overdue_coordinator": (
        (translatable("{number} is late at {party}. It was due by {time}."),),
    ),
    "overlap_coordinator": (
        (translatable("{number} and {other} have something in common."),),
        (translatable("Not all of them agreed to be told: you alone know."),),
    ),
}  # fmt: skip

NOTICES: Mapping[str, tuple[Wordings, ...]] = MappingProxyType(
    {**_REQUESTER, **_DESK, **_REMINDERS}
)
"""All notices. Parameters (text; what is missing is left out): `number`, `other` numbers · `party`
a shown name · `parties` codes or names with commas · `officer` a shown name · `time` ISO 8601
with its zone · `code` of a refusal · `useful` a code · `why` a sentence · `fits` a marking ·
`dm` a user's name · `percent` a number."""

USEFULNESS: Mapping[str, str] = MappingProxyType(
    {
        "useful": translatable("useful"),
        "partly": translatable("partly useful"),
        "not_useful": translatable("not useful"),
    }
)

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "withdraw": "!withdraw",
        "rfi": "!rfi",
        "close": "!close useful",
        "end": "!close",
        "done": "!done",
        "delay": "!delay 2 days …",
    }
)

SUMMARY = translatable("While nobody looked, more than one reminder fell due. This is the last:")


def notice(
    t: Translator, name: str, parameters: Mapping[str, str], zone: str, *, summary: bool = False
) -> Text:
    """The text of that name; times are said in that zone (IANA) first.

    Raises KeyError for a name that doesn't exist. `summary`: several reminders fell due at once.
    """
    values = _values(t, parameters, zone)
    lines = [_line(t, wordings, values) for wordings in NOTICES[name]]
    first, *rest = [line for line in lines if line is not None] or [t.say("…")]
    lead = (t.say(SUMMARY),) if summary else ()
    return text((*lead, first.strong(), *rest))


def _line(t: Translator, wordings: Wordings, values: Mapping[str, Value]) -> Line | None:
    try:
        return t.first_that_fits(wordings, values)
    except LookupError:
        return None


def _values(t: Translator, parameters: Mapping[str, str], zone: str) -> dict[str, Value]:
    given = {name: value for name, value in parameters.items() if value and not value.isspace()}
    values: dict[str, Value] = {name: Typed(typed) for name, typed in _COMMANDS.items()}
    values |= given
    for name in ("number", "other", "fits"):
        if name in given:
            values[name] = Typed(given[name])
    if "dm" in given:
        values["dm"] = Typed(f"!dm {given['dm']}")
    if "time" in given:
        values["time"] = local_date_and_time(datetime.fromisoformat(given["time"]), zone)
    if "parties" in given:
        values["parties"] = listed(t, _names(given["parties"]), 60)
    reason, useful = REFUSALS.get(given.get("code", "")), USEFULNESS.get(given.get("useful", ""))
    if reason is not None:
        values["reason"] = t.say(reason)
    values.pop("useful", None)
    if useful is not None:
        values["useful"] = t.say(useful)
    values.setdefault("party", t.say("the requester"))
    return values


def _names(value: str) -> tuple[str, ...]:
    """Names with commas between them."""
    if "," not in value:
        return codes(value) if len(value) <= 3 else (value,)
    return tuple(part.strip() for part in value[:800].split(",") if part.strip())
