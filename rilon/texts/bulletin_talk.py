"""What analysts are shown of bulletins that they write: the form, mistakes, the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rilon.texts.rendering import GAP, Line, Text, Typed, text
from rilon.texts.request_reasons import reason
from rilon.texts.translator import Translator, translatable

MOST_MISTAKES = 20
MOST_FORM = 14_000
"""Bytes of a text to copy: it is said twice in its event, in base64."""


@dataclass(frozen=True, slots=True)
class BulletinFacts:
    """Where a bulletin stands. `rooms` are names; `places` the rooms where it stands, each with a
    link; `refused` those that didn't let it in, each with the code."""

    number: str
    state: str
    rooms: tuple[str, ...] = ()
    marking: str | None = None
    sources: int = 0
    author: str | None = None
    approved_by: str | None = None
    places: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    withdrawn: bool = False
    correction: bool = False
    left_out: int = 0


# --- writing -------------------------------------------------------------------------------------


def sample(t: Translator) -> tuple[str, ...]:
    """The lines below the head of a form."""
    heading = t.say("What we saw").plain
    return (
        t.say("What changed, in two sentences.").plain,
        "",
        f"## {heading}",
        "",
        "- " + t.say("One thing in a line.").plain,
    )


def form(t: Translator, shown: str) -> Text:
    """A form to copy, and how it is used."""
    lines = [
        t.say("Copy this, fill it in, and send it in this room as a new message.").strong(),
        t.say("kind: trends, insight, analysis or alert. sources: what it rests on, such as {form}",
              form=Typed('["MPS-7K3F-4"]')),
        t.say("A picture: write where it stands, {form}, and send it in your message's thread.",
              form=Typed("picture weeks.png: what it shows")),
        t.say("If it is too long for one message: send the rest in that thread, behind {form}",
              form=Typed("!bulletin more")),
    ]  # fmt: skip
    return _with_block(lines, shown)


def to_correct(t: Translator, number: str, too_long: bool) -> Text:
    """Before the text of a bulletin that is to be changed."""
    lines = [t.say("{number}: change it here", number=Typed(number)).strong()]
    if too_long:
        lines.append(
            t.say(
                "It is too long to copy from here. Send the whole text as a new message, and write "
                "below its title: {form}",
                form=Typed(f"number: {number}"),
            )
        )
    else:
        lines.append(
            t.say(
                "Copy the text that follows in the room, change it, and send it as a new message."
            )
        )
    lines.append(t.say("Another analyst has to approve it again. Until then nothing changes."))
    return text(lines)


def _with_block(lines: Sequence[Line], shown: str) -> Text:
    said = text(lines)
    html = said.html or escape(said.plain, quote=False)
    block = f"<pre><code>{escape(shown, quote=False)}</code></pre>"
    return Text(f"{said.plain}\n\n{shown}", html + block)


def block(shown: str) -> Text:
    """A text to copy as it stands; it begins with its marking."""
    return Text(shown, f"<pre><code>{escape(shown, quote=False)}</code></pre>")


def mistakes(t: Translator, found: Sequence[tuple[int, str, str]], leave_out: bool) -> Text:
    """What keeps a text from being a bulletin; `leave_out`: one tap leaves it out."""
    head = t.say_many("{count} thing to mend first", "{count} things to mend first", len(found))
    lines = [head.strong()]
    for line, problem, mend in found[:MOST_MISTAKES]:
        lines.append(t.say("Line {line}: {problem}; {mend}",
                           line=str(line), problem=problem, mend=mend).after("•"))  # fmt: skip
    if len(found) > MOST_MISTAKES:
        left = len(found) - MOST_MISTAKES
        lines.append(t.say_many("… and {count} more", "… and {count} more", left))
    lines.append(t.say("Edit your message, or send the whole text again in this thread."))
    if leave_out:
        lines.append(t.say("leave these parts out").after("✂️"))
    return text(lines)


def more_first(t: Translator) -> Text:
    return text((t.say("Send the beginning first: a message with the marking, the title and the "
                       "rest of the head. Only who sent it can add to it."),))  # fmt: skip


def marked_apart(t: Translator) -> Text:
    """A part, or a picture, under a marking of its own."""
    return text((t.say("Not taken: it has another marking than the bulletin. Send it without "
                       "one, or mark the whole bulletin so."),))  # fmt: skip


def taken_back(t: Translator) -> Text:
    return text((t.say("The message was taken back, so its draft is thrown away too."),))


# --- pictures ------------------------------------------------------------------------------------


def picture_kept(t: Translator, name: str) -> Text:
    return text((
        t.say("Kept as {name}. Write where it stands: {form}", name=Typed(name),
              form=Typed(f"picture {name}: what it shows")),
    ))  # fmt: skip


PICTURE_NOES = {
    "name": translatable("Not kept: give it a short name with plain letters, such as weeks.png, "
                         "as its caption."),
    "kind": translatable("Not kept: a bulletin takes PNG and JPEG pictures."),
    "plain": translatable("Not kept: this file says more than it shows, such as who made it, when "
                          "or where. Take a screenshot of it and send that."),
    "away": translatable("I could not open the picture. Please send it again."),
    "many": translatable("Not kept: a bulletin has 20 pictures at the most."),
}  # fmt: skip


def picture_not_kept(t: Translator, why: str) -> Text:
    return text((t.say(PICTURE_NOES[why]),))


# --- the card ------------------------------------------------------------------------------------

STATES = {
    "draft": translatable("{number} is a draft"),
    "submitted": translatable("{number} waits for approval by another analyst"),
    "approved": translatable("{number} is approved"),
    "publishing": translatable("{number} is being posted"),
    "published": translatable("{number} is posted"),
    "refused": translatable("{number} was not let in"),
    "over": translatable("{number} is thrown away"),
}


def card(t: Translator, facts: BulletinFacts) -> Text:
    """Where it stands, and what the taps do."""
    lines = [*_about(t, facts)]
    match facts.state:
        case "draft":
            lines += [
                GAP,
                t.say("submit it for approval by another analyst").after("✅"),
                t.say("throw it away").after("🗑️"),
                t.say("To change it, edit your message, or send the whole text again."),
            ]
        case "submitted":
            lines += [
                GAP,
                t.say("approve it (not who wrote it)").after("✅"),
                t.say("throw it away").after("🗑️"),
            ]
        case "approved":
            lines += [
                GAP,
                t.say("publish it now").after("📣"),
                t.say("throw it away").after("🗑️"),
                t.say("Any change makes the approval void."),
            ]
        case "refused":
            lines += [
                GAP,
                t.say("Mend the text and send it again in this thread. It needs a new approval."),
            ]
        case "published":
            lines += [
                GAP,
                t.say("Who acknowledged it: {form}", form=Typed(f"!bulletin {facts.number}")),
            ]
    return text(lines)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadIn:
    """Which parties have acknowledged a bulletin in a room, which of them before it was corrected,
    and which haven't."""

    room: str
    parties: Sequence[str]
    earlier: Sequence[str]
    others: Sequence[str]


def status(t: Translator, facts: BulletinFacts, read: Sequence[ReadIn]) -> Text:
    """Where it stands, and for each room which parties have acknowledged it and which haven't."""
    lines = [*_about(t, facts)]
    for each in read:
        lines.append(t.say("Acknowledged in {room}: {parties}", room=each.room,
                           parties=", ".join(each.parties) or "–"))  # fmt: skip
        if each.earlier:
            lines.append(t.say("Before it was corrected: {parties}",
                               parties=", ".join(each.earlier)))  # fmt: skip
        lines.append(t.say("Not yet: {parties}", parties=", ".join(each.others) or "–"))
    return text(lines)


def _about(t: Translator, facts: BulletinFacts) -> list[Line]:
    number = Typed(facts.number)
    if facts.withdrawn:
        return [t.say("{number} is withdrawn", number=number).strong()]
    lines = [t.say(STATES[facts.state], number=number).strong()]
    if facts.rooms and facts.state not in ("published", "over"):
        lines.append(t.say("Will appear in: {rooms}", rooms=", ".join(facts.rooms)))
    if facts.marking:
        lines.append(t.say("Marking: {marking}", marking=facts.marking))
    if facts.sources:
        lines.append(
            t.say_many("{count} source. It may be told there under this marking.",
                       "{count} sources. All may be told there under this marking.", facts.sources)
        )  # fmt: skip
    else:
        lines.append(t.say("No sources are cited."))
    if facts.left_out:
        lines.append(t.say_many("{count} part is left out.", "{count} parts are left out.",
                                facts.left_out))  # fmt: skip
    if facts.correction and facts.state != "published":
        lines.append(t.say("It will replace what stands there now."))
    wrote = t.say("Written by {name}", name=facts.author) if facts.author else None
    lines.append(wrote or t.say("Drafted by the steward. Who submits it answers for it."))
    if facts.approved_by:
        lines.append(t.say("Approved by {name}", name=facts.approved_by))
    for room, link in facts.places:
        lines.append(t.say("In {room}: {link}", room=room, link=link))
    for room, code in facts.refused:
        lines.append(t.say("Not in {room}: {why}", room=room, why=reason(t, code)))
    return lines


def replaced(t: Translator, number: str, stands: bool) -> Text:
    """The card of an earlier version."""
    lines = [t.say("{number}: another text has taken the place of this one", number=Typed(number))]
    if stands:
        lines.append(t.say("This one stands in its rooms until the other is published."))
    else:
        lines.append(t.say("Taps here do nothing any more, and an approval of this text is void."))
    return text([lines[0].strong(), *lines[1:]])


def not_shown(t: Translator, number: str, code: str | None) -> Text:
    """The gate refused the preview."""
    return text(
        (
            t.say("{number} can't be shown here", number=Typed(number)).strong(),
            t.say("Not in this room: {why}", why=reason(t, code or "")),
            t.say("Edit your message, or send the whole text again in this thread."),
        )
    )
