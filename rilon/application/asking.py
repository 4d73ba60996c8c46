"""What the steward says in a guided exchange: the question that stands, the preview, a mend.

Decides what of a draft a preview shows. The sentences are `rilon.texts.request_questions` and
`rilon.texts.request_mistakes`; sending them is the steward's.
"""

from __future__ import annotations

from rilon.domain import marking_text
from rilon.domain.guided import Exchange, Step
from rilon.domain.parties import in_order
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_text import Asker, selectors_of
from rilon.texts.rendering import Text
from rilon.texts.request_mistakes import mistake, mistake_text
from rilon.texts.request_questions import Preview, preview, question
from rilon.texts.requests import refusal_reasons
from rilon.texts.translator import Translator


def asked(t: Translator, exchange: Exchange, asker: Asker) -> Text:
    """What is said at this step of the exchange. Its signs are `rilon.domain.guided.signs`."""
    if exchange.step is not Step.PREVIEW:
        # The example of a marking names who asks and who is asked, so that it may be copied.
        readers = in_order(exchange.draft.parties | {asker.party})
        named = readers if exchange.draft.addressees else _others(asker)
        return question(t, exchange.step.value, named)
    draft = exchange.draft
    doubts = selectors_of(draft.question, asker).doubts
    wrong = draft.contradiction(asker.party) or (doubts[0] if doubts else None)
    return preview(
        t,
        Preview(
            addressees=tuple(f"{one.party} {one.agency}".strip() for one in draft.addressees),
            priority=draft.priority.value,
            ground=draft.ground.value if draft.ground else "",
            question=draft.question,
            marking=marking_text.write(draft.marking) if draft.marking else "",
            theme=draft.theme.value if draft.theme else "",
            purpose=bool(draft.purpose),
            selectors=len(draft.selectors),
            overlaps=draft.overlaps,
            doubt=mistake(t, wrong.code.value, wrong.parameters) if wrong else None,
        ),
    )


def mended(t: Translator, wrong: Misread, asker: Asker) -> Text:
    """What is said when something can't be taken: how it should read."""
    return mistake_text(t, wrong.code.value, wrong.parameters, _others(asker))


def mended_order(t: Translator, wrong: Misread, asker: Asker) -> Text:
    """The same of a command: a refusal without its letter is told all the letters."""
    if wrong.code is Wrong.REFUSAL_UNCLEAR:
        return refusal_reasons(t)
    return mended(t, wrong, asker)


def _others(asker: Asker) -> tuple[str, ...]:
    return in_order(asker.names.parties - {asker.party})
