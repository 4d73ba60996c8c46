"""What is said around the words of a request: its card in a desk, the preview of an answer, and
what stands over and under words that are sent on.

The officers' own words stand between head and foot; whoever posts them puts them there with their
marking. What is told besides is `rilon.texts.request_notices`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rilon.texts.parties import listed
from rilon.texts.rendering import Line, Text, Typed, Value, text
from rilon.texts.request_questions import GROUNDS, REFUSALS, THEMES
from rilon.texts.times import local_date_and_time
from rilon.texts.translator import Translator, translatable

NAME_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Card:
    """What the card of a request says besides its words.

    `party` and `officer` are the requester's shown names, empty where hidden. `ground` and `theme`
    are codes. `purpose` and `selectors` are the requester's own words. `answer_by` and
    `seen_by` are aware; None before they are known. `zone` is the desk's (IANA).
    """

    number: str
    party: str
    officer: str
    urgent: bool
    ground: str
    theme: str
    purpose: str
    selectors: tuple[str, ...]
    seen_by: datetime | None
    answer_by: datetime | None
    zone: str
    agencies: tuple[str, ...] = ()
    """Of the agencies of the desk's party, whom it is for; shown names."""


def card_head(t: Translator, card: Card) -> Line:
    """The first line of a card: who asks, and how soon."""
    asks = _asks(t, card)
    if not card.urgent:
        return asks.strong()
    why = GROUNDS.get(card.ground)
    urgent = t.say("urgent: {why}", why=t.say(why)) if why else t.say("urgent")
    return joined([asks, urgent]).strong()


def _asks(t: Translator, card: Card) -> Line:
    number = Typed(card.number)
    if card.party and card.officer:
        return t.say(
            "Request {number}: {party} asks ({officer})",
            number=number,
            party=card.party,
            officer=card.officer,
        )
    if card.party:
        return t.say("Request {number}: {party} asks", number=number, party=card.party)
    return t.say("Request {number}: a party that is not named asks", number=number)


def card_about(t: Translator, card: Card) -> tuple[Line, ...]:
    """What is said of a request beside its question: the requester's words, under its marking."""
    lines: list[Line] = []
    if card.purpose:
        lines.append(t.say("Purpose: {words}", words=card.purpose))
    parts: list[Line] = []
    if card.theme in THEMES:
        parts.append(t.say("about {theme}", theme=t.say(THEMES[card.theme])))
    if card.agencies:
        parts.append(t.say("for {agencies}", agencies=listed(t, card.agencies, NAME_LIMIT)))
    if card.selectors:
        parts.append(listed(t, card.selectors, NAME_LIMIT))
    return (*lines, joined(parts)) if parts else tuple(lines)


def card_foot(t: Translator, card: Card) -> tuple[Line, ...]:
    """The last lines of a card: until when, and what one tap or one reply does."""
    how = t.say("👍 seen · reply to this message to answer · {command} for more", command=HELP)
    if card.answer_by is None:
        return (how,)
    by = local_date_and_time(card.answer_by, card.zone)
    if card.seen_by is None:
        return (t.say("Please answer by {time}", time=by).strong(), how)
    return (
        t.say(
            "Please tap 👍 by {seen}, and answer by {time}",
            time=by,
            seen=local_date_and_time(card.seen_by, card.zone),
        ).strong(),
        how,
    )


HELP = Typed("!help")


def how_to_handle(t: Translator) -> Text:
    """The answer to `!help` in the thread of a request that reached the own desk."""
    return text(
        (
            t.say("What you can do with this request").strong(),
            t.say("👍 on the card: you have seen it"),
            t.say("a reply to the card: your answer; I show it to you before it goes"),
            t.say("a reply with a picture or a PDF: the file goes with it; one file each time"),
            t.say("{command}: you work on it", command=Typed("!assign me")),
            t.say("{command}: ask back; the time stops meanwhile", command=Typed("!clarify …")),
            t.say("{command}: more time, and why", command=Typed("!delay 2 days …")),
            t.say("{command}: no, for one of the reasons a to h", command=Typed("!refuse f")),
            t.say("{command}: a part of the answer", command=Typed("!partial …")),
            t.say("{command}: what was sent in parts is all", command=Typed("!done")),
            t.say(
                "{command} in your answer, or 🕶️ under my preview: they are not told who answers",
                command=Typed("hide me"),
            ),
            t.say("Anything else you write here stays in your desk."),
        )
    )


def how_to_follow(t: Translator) -> Text:
    """The answer to `!help` in the thread of a request of the own party."""
    return text(
        (
            t.say("What you can do with your request").strong(),
            t.say("a reply to a question: your answer to it, with a file if you like"),
            t.say("{command}: take it back", command=Typed("!withdraw")),
            t.say(
                "{command}: it has ended, and the answer was useful; or {partly}, {not_useful}",
                command=Typed("!close useful"),
                partly=Typed("partly"),
                not_useful=Typed("not"),
            ),
            t.say("{command}: all that waits", command=Typed("!requests")),
        )
    )


def refusal_reasons(t: Translator) -> Text:
    """The eight reasons for a refusal."""
    reasons = (t.say(said).after(f"{code}:") for code, said in REFUSALS.items())
    return text((t.say("Say which, so: {form}", form=Typed("!refuse f")).strong(), *reasons))


@dataclass(frozen=True, slots=True)
class SentTo:
    """One addressee of a request: its shown name, who is on duty there (empty where nobody is, None
    where it isn't told), and until when an answer is due."""

    party: str
    officers: tuple[str, ...] | None
    answer_by: datetime | None


def sent(
    t: Translator, number: str, to: Sequence[SentTo], zone: str, *, asker_hidden: bool = False
) -> Text:
    """The number, who has it, and by when: told where it was asked."""
    lines = [t.say("Your request is {number}", number=Typed(number)).strong()]
    for one in to:
        parts: list[Line] = []
        if one.officers:
            parts.append(t.say("{officer} on duty", officer=", ".join(one.officers)))
        elif one.officers is not None:
            parts.append(t.say("nobody on duty now, the desk is asked"))
        if one.answer_by is not None:
            due = local_date_and_time(one.answer_by, zone)
            parts.append(t.say("answer due by {time}", time=due))
        about = Line(*("; ".join(form) for form in zip(*map(_forms, parts), strict=True)))
        lines.append(t.say("{party}: {about}", party=one.party, about=about).after("•"))
    if asker_hidden:
        lines.append(t.say("They are not told who asks.").after("🕶️"))
    take_back = t.say("What happens is told here. To take it back: {command}", command=WITHDRAW)
    return text((*lines, take_back))


WITHDRAW = Typed("!withdraw")


# --- an answer on its way ------------------------------------------------------------------------

PREVIEWS: Mapping[str, str] = {
    "answer": translatable("Send this to {party} as your answer to {number}?"),
    "part": translatable("Send this to {party} as a part of your answer to {number}?"),
    "clarification": translatable("Ask {party} this about {number}?"),
    "clarified": translatable("Send this to {party} about {number}?"),
    "delay": translatable("Tell {party} this about {number}?"),
}
"""What words that are proposed are, by their kind."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Words that are proposed. `party` is who would get them, empty where that is hidden.
    `marking` is what they would carry there, `sends` and `cancels` the signs. `file` is the name
    under which a file would go, empty where there is none; `file_kind` its type, `file_size` in
    bytes."""

    number: str
    kind: str
    party: str
    marking: str
    by: str
    hidden: str = ""
    """Who isn't named: `officer` who speaks; `may` if that could still be said; `always` the
    officer, since the request asks for it; `asker` the requester's party and officer; empty where
    nothing is said."""
    names_hidden: str = ""
    """Words of it that name who is to stay hidden."""
    sends: str = "✅"
    cancels: str = "❌"
    file: str = ""
    file_kind: str = ""
    file_size: int = 0


def preview(t: Translator, shown: Preview) -> Text:
    """What stands under the words before they are sent. It holds none of them: they stand in the
    message that it answers."""
    beside = list(_hidden(t, shown))
    if shown.names_hidden:
        found = t.say("{found} in your words tells who asks.", found=shown.names_hidden)
        beside.append(found.after("⚠️"))
    return text(
        (
            t.say(
                PREVIEWS[shown.kind],
                party=shown.party or t.say("the requester"),
                number=Typed(shown.number),
            ).strong(),
            t.say(
                "It is the message of {officer} above, marked {marking}",
                officer=shown.by,
                marking=Typed(shown.marking),
            ),
            *beside,
            *_file_lines(t, shown),
            t.say(
                "{sends} send · {cancels} do not. Until then it stays in your desk.",
                sends=shown.sends,
                cancels=shown.cancels,
            ),
        )
    )


def _hidden(t: Translator, shown: Preview) -> Iterator[Line]:
    """Who isn't named to the other side, and how to change that."""
    match shown.hidden:
        case "officer":
            yield t.say("They are not told which of you it comes from. Name it: 🕶️")
        case "may":
            named = t.say("They are told that it comes from {officer}.", officer=shown.by)
            yield t.say("{first} Hide it: 🕶️", first=named)
        case "always":
            yield t.say("They are not told which of you it comes from.")
        case "asker":
            yield t.say("They are not told who asks.").after("🕶️")


def _file_lines(t: Translator, shown: Preview) -> tuple[Line, ...]:
    """The file as it would go, and how to send more than one."""
    if not shown.file:
        return ()
    goes = t.say(
        "Its file goes as {file} ({kind}, {size} kB). The name that it has here stays here.",
        file=Typed(shown.file),
        kind=shown.file_kind,
        size=str(max(1, round(shown.file_size / 1000))),
    )
    if shown.kind != "answer":
        return (goes,)
    more = t.say(
        "This ends your answer. More files: send each, with {command} under it, before the last.",
        command=Typed("!partial"),
    )
    return (goes, more)


HEADS: Mapping[str, str] = {
    "answer": translatable("{number}: {party} answers ({officer})"),
    "part": translatable("{number}: {party} answers in part ({officer}); more will come"),
    "clarification": translatable("{number}: {party} asks back ({officer})"),
    "clarified": translatable("{number}: {party} answers your question ({officer})"),
    "delay": translatable("{number}: {party} says why ({officer})"),
}
_HEADS_UNNAMED: Mapping[str, str] = {
    "answer": translatable("{number}: {party} answers"),
    "part": translatable("{number}: {party} answers in part; more will come"),
    "clarification": translatable("{number}: {party} asks back"),
    "clarified": translatable("{number}: {party} answers your question"),
    "delay": translatable("{number}: {party} says why"),
}


def words_head(t: Translator, kind: str, number: str, party: str, officer: str = "") -> Line:
    """The line over words that are sent on: whose they are. `party` empty: the requester's, who
    isn't named; `officer` empty: not named."""
    values: dict[str, Value] = {
        "number": Typed(number),
        "party": party or t.say("the requester"),
        "officer": officer,
    }
    table = HEADS if officer and party else _HEADS_UNNAMED
    return t.say(table[kind], **values).strong()


FEET: Mapping[str, str] = {
    "clarification": translatable("Reply to this message to answer. Until then the time stops."),
    "clarified": translatable("The time runs again. Reply to the card to answer."),
}


def words_foot(t: Translator, kind: str) -> tuple[Line, ...]:
    """What to do next, where words that are sent on ask for something."""
    return (t.say(FEET[kind]),) if kind in FEET else ()


def _forms(line: Line) -> tuple[str, str]:
    return line.plain, line.html


def joined(parts: Sequence[Line]) -> Line:
    """Several short things on one line."""
    return Line(" · ".join(one.plain for one in parts), " · ".join(one.html for one in parts))
