"""Short answers to what was said of a request and can't be worked off as it stands."""

from __future__ import annotations

from rilon.texts.rendering import Text, Typed, text
from rilon.texts.translator import Translator


def which(t: Translator, command: str) -> Text:
    """A command that names no request, outside of a request's thread."""
    return text(
        (
            t.say("Which request? Write it in its thread, or with its number: {form}",
                  form=Typed(f"{command} MPS-7K3F-4")),
        )
    )  # fmt: skip


def file_away(t: Translator) -> Text:
    """An answer with a file that the homeserver doesn't give."""
    return text(
        (
            t.say("I could not open the file, and nothing was sent.").strong(),
            t.say("Please send it again, as a reply to the same message."),
        )
    )
