"""What the steward says in a guided exchange: the question that stands, the preview, a mend.

Decides what of a draft a preview shows. The sentences are `rilon.texts.request_questions` and
`rilon.texts.request_mistakes`; sending them is the steward's.
"""

from __future__ import annotations

from rilon.domain import marking_text
from rilon.domain.acts import Attachment
from rilon.domain.files import FileType
from rilon.domain.guided import Exchange, Step
from rilon.domain.parties import in_order
from rilon.domain.request_draft import Draft
from rilon.domain.request_hiding import Unnamed, gives_away, seems_to_hide
from rilon.domain.request_mistakes import Misread, Wrong
from rilon.domain.request_text import Asker, selectors_of
from rilon.domain.requests import Ground
from rilon.texts.rendering import Text
from rilon.texts.request_mistakes import mistake, mistake_text
from rilon.texts.request_questions import Preview, preview, question
from rilon.texts.requests import refusal_reasons
from rilon.texts.translator import Translator


def asked(t: Translator, exchange: Exchange, asker: Asker, file: Attachment | None = None) -> Text:
    """What is said at this step of the exchange. Its signs are `rilon.domain.guided.signs`."""
    if exchange.step is not Step.PREVIEW:
        # The example of a marking names who asks and who is asked, so that it may be copied.
        readers = in_order(exchange.draft.parties | {asker.party})
        named = readers if exchange.draft.addressees else _others(asker)
        choices = _choices(exchange, asker)
        return question(t, exchange.step.value, named, choices)
    draft = exchange.draft
    doubts = selectors_of(draft.question, asker).doubts
    wrong = draft.contradiction(asker.party) or _given_away(draft, asker)
    wrong = wrong or (doubts[0] if doubts else None)
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
            asker_hidden=Unnamed.REQUESTER in draft.unnamed,
            answerers_hidden=Unnamed.ANSWERERS in draft.unnamed,
            file_kind=FileType(file.mimetype).name if file else "",
            file_size=(file.size or 0) if file else 0,
            doubt=mistake(t, wrong.code.value, wrong.parameters) if wrong else None,
        ),
    )


def _choices(exchange: Exchange, asker: Asker) -> tuple[tuple[int, str], ...]:
    """What is offered by number where that isn't the same for everybody: groups, grounds."""
    if exchange.step is Step.GROUP:
        names = dict(asker.groups)
        keys = [key for key, _ in exchange.options]
        return tuple((n, f"{key.upper()}: {names.get(key, key)}") for n, key in enumerate(keys, 1))
    if exchange.step is Step.GROUND and asker.grounds != frozenset(Ground):
        return tuple((n, one.value) for n, one in enumerate(Ground, 1) if one in asker.grounds)
    return ()


def _given_away(draft: Draft, asker: Asker) -> Misread | None:
    """The doubt about a request that is to come from nobody, and says from whom it comes; or that
    comes from somebody, and seems meant not to."""
    if not draft.unnamed:
        return Misread(Wrong.SEEMS_TO_HIDE) if seems_to_hide(draft.question) else None
    if Unnamed.REQUESTER not in draft.unnamed:
        return None
    found = gives_away((draft.question, draft.purpose), asker.names, asker.party)
    return Misread(Wrong.NAMES_THE_HIDDEN, found=found) if found else None


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
