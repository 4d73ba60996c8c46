"""What the steward asks while a request is being written: one question at a time, three lines at
most.

The steps are those of `rilon.domain.guided`; a test holds the two lists together. Mistakes are
`rilon.texts.request_mistakes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rilon.texts.parties import listed
from rilon.texts.rendering import Line, Text, Typed, Value, as_line, bounded, text
from rilon.texts.translator import Translator, translatable

QUESTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "addressees": (
            translatable("Whom do you ask?"),
            translatable("Tap the flags, or answer in this thread: {form}"),
            translatable("If they must not learn who asks, write {hide} with it."),
        ),
        "priority": (
            translatable("How soon do you need it?"),
            translatable("1 routine · 2 urgent"),
        ),
        "ground": (
            translatable("Why is it urgent?"),
            translatable("1 a serious threat to the public · 2 danger to life"),
            translatable("3 a decision about detention · 4 soon it would be too late"),
        ),
        "question": (
            translatable("What do you want to know?"),
            translatable("Write it in your own words; I find the ships and numbers in it."),
            translatable(
                "Only those whom you ask will have it. To be stricter, begin with {marking}"
            ),
        ),
        "purpose": (
            translatable("What is it for, and on what legal basis?"),
            translatable("One line is enough."),
        ),
        "theme": (
            translatable("What is it about?"),
            translatable("1 routes, transport · 2 groups, their methods · 3 travel documents"),
            translatable("4 hiding, forgery · 5 law, practice · 6 technology"),
        ),
        "selectors": (
            translatable("Which ships and numbers?"),
            translatable("One on each line: {form}"),
        ),
        "handling": (
            translatable("Which marking does it carry?"),
            translatable("Who may have it follows from whom you ask; write the rest: {marking}"),
            translatable("For another REL, begin again: {anew}"),
        ),
        "overlaps": (
            translatable("If someone else asks about the same, may both of you be told?"),
            translatable("You would learn with whom to speak, and nothing of the content."),
            translatable("1 yes · 2 no"),
        ),
        "hiding": (
            translatable("Who is not to be named?"),
            translatable("1 nobody · 2 who asks: neither your party nor your name"),
            translatable("3 which of their officers answer · 4 both"),
        ),
        "group": (
            translatable("In which group do you ask?"),
            translatable("Tap a number, or write the name."),
        ),
        "change": (
            translatable("What do you want to change?"),
            translatable("1 to whom · 2 question · 3 priority · 4 marking"),
            translatable("5 theme · 6 purpose · 7 ships and numbers · 8 overlaps · 9 names"),
        ),
        "cancelled": (translatable("Stopped. Nothing was sent, and nothing of it is kept."),),
        "send": (translatable("I am sending it now."),),
    }
)
"""The lines of each step; the first is the question. The preview is `preview`."""

THEMES: Mapping[str, str] = MappingProxyType(
    {
        "a": translatable("routes and transport"),
        "b": translatable("groups and their methods"),
        "c": translatable("travel documents"),
        "d": translatable("hiding and forgery"),
        "e": translatable("law and practice"),
        "f": translatable("technology"),
    }
)

GROUNDS: Mapping[str, str] = MappingProxyType(
    {
        "threat": translatable("a serious threat to the public"),
        "life": translatable("danger to life"),
        "detention": translatable("a decision about detention"),
        "relevance": translatable("soon it would be too late"),
    }
)

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "a": translatable("the information is not available"),
        "b": translatable("the request is not in order"),
        "c": translatable("a court or judge refused"),
        "d": translatable("personal data that may not be given"),
        "e": translatable("the information is inaccurate or out of date"),
        "f": translatable("security, an ongoing case, or a person's safety"),
        "g": translatable("the offence is too minor"),
        "h": translatable("a third party has not agreed"),
    }
)
"""What each refusal code means, for cards and mends."""

QUESTION_SHOWN = 160
"""Characters of the question that a preview repeats."""


def question(
    t: Translator,
    step: str,
    parties: Sequence[str] = (),
    choices: Sequence[tuple[int, str]] = (),
) -> Text:
    """The question of a step. `parties` stand in its example: those who could be asked, or read.
    `choices` are what is offered by number, where that isn't the same for everybody."""
    form = "IMO 9074729" if step == "selectors" else ", ".join(parties[:2]) or "IDN, MYS"
    rel = ",".join(parties) or "AUS,IDN"
    values: dict[str, Value] = {
        "form": Typed(form),
        # In a thread of the own desk a REL with others is refused: it would loosen the thread's.
        "marking": Typed("TLP:RED //"),
        "anew": Typed(f"TLP:AMBER REL {rel} // !rfi …"),
        "hide": Typed("hide me"),
    }
    first, *rest = QUESTIONS[step]
    if choices:
        offered = [
            t.say("{number} {choice}", number=str(number), choice=_choice(t, choice))
            for number, choice in choices
        ]
        return text([t.say(first, **values).strong(), Line(*_side_by_side(offered))])
    return text([t.say(first, **values).strong(), *(t.say(line, **values) for line in rest)])


def _choice(t: Translator, choice: str) -> Value:
    return t.say(GROUNDS[choice]) if choice in GROUNDS else choice


def _side_by_side(parts: Sequence[Line]) -> tuple[str, str]:
    return " · ".join(one.plain for one in parts), " · ".join(one.html for one in parts)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown of a request before it is sent. `marking` is empty for the room's default;
    `doubt` is a mistake's sentence about the question, that doesn't keep it from being sent."""

    addressees: tuple[str, ...]
    priority: str
    ground: str
    question: str
    marking: str = ""
    theme: str = ""
    purpose: bool = False
    selectors: int = 0
    overlaps: bool = False
    asker_hidden: bool = False
    answerers_hidden: bool = False
    file_kind: str = ""
    file_size: int = 0
    """In bytes."""
    doubt: Line | None = None


def preview(t: Translator, shown: Preview) -> Text:
    """Three lines: to whom and how soon; the question; what a tap does."""
    words = t.say("“{words}”", words=bounded(shown.question, QUESTION_SHOWN))
    if shown.doubt is not None:
        words = t.say("{first} ⚠️ {last}", first=words, last=shown.doubt)
    return text([_headline(t, shown).strong(), words, _legend(t, shown)])


def _headline(t: Translator, shown: Preview) -> Line:
    to = t.say("To {parties}", parties=listed(t, shown.addressees, limit=60))
    parts = [to]
    if shown.priority == "urgent":
        why = GROUNDS.get(shown.ground)
        urgent = t.say("urgent")
        parts.append(t.say("urgent: {why}", why=t.say(why)) if why else urgent)
    else:
        parts.append(t.say("routine"))
    marked = (
        as_line(Typed(shown.marking))
        if shown.marking
        else t.say("the room's marking, for them alone")
    )
    parts.append(marked)
    if shown.theme in THEMES:
        parts.append(t.say(THEMES[shown.theme]))
    if shown.purpose:
        parts.append(t.say("with its purpose"))
    if shown.selectors:
        parts.append(
            t.say_many("{count} ship or number", "{count} ships and numbers", shown.selectors)
        )
    if shown.file_kind:
        size = str(max(1, round(shown.file_size / 1000)))
        parts.append(t.say("with your file ({kind}, {size} kB)", kind=shown.file_kind, size=size))
    if shown.overlaps:
        parts.append(t.say("overlaps may be told"))
    if shown.asker_hidden:
        parts.append(t.say("they do not learn who asks: no party, no name").after("🕶️"))
    if shown.answerers_hidden:
        parts.append(t.say("you do not learn which officers answer"))
    return Line(" · ".join(part.plain for part in parts), " · ".join(part.html for part in parts))


def _legend(t: Translator, shown: Preview) -> Line:
    parts = [t.say("Send").after("✅")]
    if shown.priority != "urgent":
        parts.append(t.say("urgent").after("⚡"))
    if not (shown.theme and shown.purpose):
        parts.append(t.say("add theme and purpose").after("➕"))
    parts.append(t.say("overlaps yes or no").after("🔗"))
    parts.append(
        (t.say("name who asks") if shown.asker_hidden else t.say("hide who asks")).after("🕶️")
    )
    parts.append(t.say("change").after("✏️"))
    parts.append(t.say("cancel").after("❌"))
    return Line(" · ".join(part.plain for part in parts), " · ".join(part.html for part in parts))
