"""What analysts are told beside a bulletin's card, such as what they can write and why a step isn't
taken; and what desks are told of bulletins.
"""

from __future__ import annotations

from collections.abc import Sequence

from rilon.texts.bulletin_talk import STATES
from rilon.texts.bulletins import REASONS
from rilon.texts.rendering import Text, Typed, text
from rilon.texts.translator import Translator, translatable

# --- what is said beside -------------------------------------------------------------------------

_NOTES = {
    "submitted": translatable("{number} waits for your approval. Read it above, then tap ✅ on its "
                              "card."),
    "approved": translatable("{number} is approved. Tap 📣 on its card to publish it."),
    "refused": translatable("{number} was not let into every room. Its card says why."),
    "not_withdrawn": translatable("{number} could not be withdrawn in every room. Ask your "
                                  "coordinator."),
}  # fmt: skip


def note(t: Translator, which: str, number: str) -> Text:
    return text((t.say(_NOTES[which], number=Typed(number)),))


def drafted_by_steward(t: Translator, number: str) -> Text:
    return text(
        (
            t.say("{number}: a draft for you", number=Typed(number)).strong(),
            t.say("Read it in this thread. Submit it as it is, or change it: {form}",
                  form=Typed(f"!bulletin correct {number}")),
        )
    )  # fmt: skip


# --- no ------------------------------------------------------------------------------------------

_NOES = {
    "own": translatable("You wrote it; another analyst has to approve it."),
    "author": translatable("Only who wrote it can submit it."),
    "not_waiting": translatable("Nothing waits there."),
    "not_approved": translatable("Another analyst has to approve it first."),
    "not_published": translatable("It isn't posted anywhere."),
    "under_way": translatable("It is being posted just now. Try again in a minute."),
    "withdrawn": translatable("It was withdrawn. Write another one."),
    "changed": translatable("Another text has taken its place. Read that one."),
}


def no(t: Translator, why: str) -> Text:
    """Why a step isn't taken; what isn't known is answered like what isn't there."""
    if why in _NOES:
        return text((t.say(_NOES[why]),))
    if why == "no_reason":
        return text((t.say("Say why: wrong, source, old or replaced. For example: {form}",
                           form=Typed("!bulletin withdraw BUL-7K3F-4 wrong")),))  # fmt: skip
    if why == "which":
        return text((t.say("Which bulletin? Write its number: {form}",
                           form=Typed("!bulletin BUL-7K3F-4")),))  # fmt: skip
    return text((t.say("There is no bulletin with this number here."),))


def help_with(t: Translator) -> Text:
    """What an analyst can write of bulletins."""
    some = "BUL-7K3F-4"
    lines = [
        t.say("What you can write of bulletins").strong(),
        t.say("{form}: a form to fill in", form=Typed("!bulletin")).after("•"),
        t.say("{form}: a draft of the week so far", form=Typed("!bulletin digest")).after("•"),
        t.say("{form}: where it stands, and who acknowledged it",
              form=Typed(f"!bulletin {some}")).after("•"),
        t.say("{form}: its text, to be changed",
              form=Typed(f"!bulletin correct {some}")).after("•"),
        t.say("{form}: take it back, and say why",
              form=Typed(f"!bulletin withdraw {some} wrong")).after("•"),
        t.say("{form}: throw a draft away",
              form=Typed(f"!bulletin discard {some}")).after("•"),
        t.say("{form}: find what was published", form=Typed("!bulletins")).after("•"),
        t.say("To submit, approve and publish one, tap on its card."),
    ]  # fmt: skip
    return text(lines)


def nearly_typed(t: Translator) -> Text:
    """A head that nobody can take for a bulletin's."""
    return text(
        (
            t.say("This is like a bulletin, and isn't taken for one.").strong(),
            t.say("Send it as a new message. Its first line is the marking, with // behind it: "
                  "{form}", form=Typed("TLP:GREEN //")),
            t.say("Its second line is the title: {form}",
                  form=Typed("title: What the week brought")),
        )
    )  # fmt: skip


def withdraw(t: Translator, number: str, why: str) -> Text:
    """Asks once."""
    return text(
        (
            t.say("Withdraw {number}?", number=Typed(number)).strong(),
            t.say("Readers will see in its place that it was withdrawn today, and why: {why}",
                  why=t.say(REASONS[why])),
            t.say("withdraw it").after("✅"),
        )
    )  # fmt: skip


def digest_asked(t: Translator) -> Text:
    return text((t.say("The week so far is being drafted from its reports. If there are none yet, "
                       "nothing comes."),))  # fmt: skip


def no_digest(t: Translator) -> Text:
    return text((t.say("This group has no digests. Its policy can have them: ask your "
                       "coordinator."),))  # fmt: skip


def discarded(t: Translator, number: str) -> Text:
    return text((t.say(STATES["over"], number=Typed(number)),))


def write_there(t: Translator, rooms: Sequence[str]) -> Text:
    """An analyst asked somewhere else."""
    return text((
        t.say("Bulletins are written in {rooms}. Send {form} there.", rooms=", ".join(rooms),
              form=Typed("!bulletin new")),
    ))  # fmt: skip


def read_there(t: Translator, rooms: Sequence[str]) -> Text:
    """Somebody asked who writes none."""
    if not rooms:
        return text((t.say("You are in no room of bulletins."),))
    return text((t.say("You find the bulletins in {rooms}.", rooms=", ".join(rooms)),))


# --- reminders -----------------------------------------------------------------------------------


def tell_desk(t: Translator, why: str, number: str, room: str, link: str) -> Text:
    """What a desk has to know of a bulletin; no word of it."""
    if why == "corrected":
        return text(
            (
                t.say("{number} in {room} was corrected.", number=Typed(number), room=room),
                t.say("Read it again: {link}", link=link),
            )
        )
    if why == "withdrawn":
        return text(
            (
                t.say("{number} in {room} was withdrawn.", number=Typed(number), room=room),
                t.say("Don't use it any more, and don't pass it on."),
                t.say("Why: {link}", link=link),
            )
        )
    return text(
        (
            t.say("A bulletin in {room} is not acknowledged yet by your party.", room=room),
            t.say("Read it here: {link}", link=link),
            t.say("One tap on ✅ under it is enough, by any of you."),
        )
    )
