"""The steps of a release: what an answer in a desk says, and which effects each step has.

Nothing here holds a word of the text: an answer names a part by where it begins and ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rilon.application.choices import ChoiceKind
from rilon.application.direct_words import told_directly
from rilon.application.held import Consent, Held, HeldText
from rilon.application.ports import NewEffect
from rilon.domain import marking_text
from rilon.domain.markings import Vocabulary, WrittenMarking
from rilon.domain.parties import Party
from rilon.policy.network import Network

GRANT_SIGN, UNNAMED_SIGN, DECLINE_SIGN = "✅", "🎭", "❌"
SHORTEST_PART = 10
"""Characters of the shortest part that a reply releases. ATTACK, and mishap: `ok` and `the boat`
stand in many texts."""
_GRANTS = frozenset({"release", "lepaskan"})
_UNNAMED = frozenset({"anonymous", "anonim"})
_DECLINES = frozenset({"decline", "tolak"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What an officer answers to a request for release. Without `marking` the proposed one is
    meant, without `part` the whole text."""

    grants: bool
    unnamed: bool = False
    marking: str | None = None
    part: tuple[int, int] | None = None


_BY_SIGN = {
    GRANT_SIGN: Answer(True),
    UNNAMED_SIGN: Answer(True, unnamed=True),
    DECLINE_SIGN: Answer(False),
}


def answer_tapped(key: str) -> Answer | None:
    """What a reaction answers."""
    return _BY_SIGN.get(key.replace("\ufe0f", ""))


def answer_said(body: str, held: HeldText, vocabulary: Vocabulary, today: date) -> Answer | None:
    """What a reply answers: a word, a sign, a marking, a part of the text word for word, or a
    marking and a part; before them perhaps the word that leaves the party unnamed. `None` for
    any other talk."""
    said = body.strip()
    tapped = answer_tapped(said)
    if tapped is not None:
        return tapped
    first, _, rest = said.partition(" ")
    word = _word(first)
    unnamed = word in _UNNAMED
    if unnamed:
        said = rest.strip()
    elif _word(said) in _DECLINES:
        return Answer(False)
    if not said or _word(said) in _GRANTS:
        return Answer(True, unnamed) if said or unnamed else None
    marking = marking_text.read(said, vocabulary, today)
    if marking is not None and not isinstance(marking, WrittenMarking):
        return None
    written = None
    if marking is not None:
        written = marking_text.write(marking)
        left = marking_text.without_marking(f"{said} {_MARK}", vocabulary, today)
        if left is None:
            return None
        said = left.removesuffix(_MARK).strip()
        if not said:
            return Answer(True, unnamed, written)
    part = part_of(said, held.text)
    return None if part is None else Answer(True, unnamed, written, part)


_MARK = "."
"""Stands behind a marking that nothing follows, so that there is a text without it."""


def _word(text: str) -> str:
    return text.strip().casefold().rstrip(".,:;!)")


def part_of(said: str, text: str) -> tuple[int, int] | None:
    """Where the words stand in the text, word for word and as whole words; `None` if they don't,
    if they are too few, or if they stand there twice."""
    words = said.split()
    if len(said) < SHORTEST_PART or len(words) < 2:
        return None
    pattern = r"\s+".join(map(re.escape, words))
    found = [
        one.span()
        for one in re.finditer(pattern, text)
        if not _runs_on(text, one.start()) and not _runs_on(text, one.end())
    ]
    return found[0] if len(found) == 1 else None


def _runs_on(text: str, at: int) -> bool:
    """Whether a word goes on across this place."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def is_open(held: Held, consent: Consent) -> bool:
    """Whether the party can still answer."""
    waits = held.choice is not None and held.choice.kind is ChoiceKind.ASK_RELEASE
    return waits and held.outcome is None and held.text is not None and consent.state == "asked"


# --- effects -----------------------------------------------------------------------------------


def show_name(held: Held, party: Party) -> str:
    """The name of the effect that shows the text in the party's desk."""
    return f"show-{held.identity.hex()}-{party}"


def card_name(held: Held, party: Party) -> str:
    """The name of the effect that puts the card into the party's desk."""
    return f"release-card-{held.identity.hex()}-{party}"


def asking(held: Held, consents: Iterable[Consent], fits: bool) -> tuple[NewEffect, ...]:
    """The text, and behind it the card, into each desk. `fits`: a tap can grant it as it is."""
    effects = []
    for one in consents:
        if one.desk is not None:
            payload = {"held": held.identity.hex(), "party": str(one.party), "fits": fits}
            subject = f"release {held.identity.hex()} {one.party}"
            effects += [
                NewEffect("show", subject, payload, once=show_name(held, one.party)),
                NewEffect("release_card", subject, payload, once=card_name(held, one.party)),
            ]
    return tuple(effects)


def sign_effects(held: Held, consent: Consent, fits: bool) -> tuple[NewEffect, ...]:
    """The signs on the card in the desk. A marking that doesn't fit can't be granted by a tap."""
    signs = (GRANT_SIGN, UNNAMED_SIGN, DECLINE_SIGN) if fits else (DECLINE_SIGN,)
    name = card_name(held, consent.party)
    return tuple(
        NewEffect(
            "react",
            f"release {held.identity.hex()} {consent.party}",
            {"on": name, "to": consent.desk, "key": sign},
            once=f"{name}-sign-{place}",
        )
        for place, sign in enumerate(signs)
    )


def card_settled(held: Held, consents: Iterable[Consent], stage: str) -> tuple[NewEffect, ...]:
    """The cards in the desks say what became of the request."""
    return tuple(
        NewEffect(
            "release_card_settled",
            f"release {held.identity.hex()} {one.party}",
            {"held": held.identity.hex(), "party": str(one.party)},
            once=f"{card_name(held, one.party)}-{stage}",
        )
        for one in consents
        if one.desk is not None
    )


def answered(
    card_event_id: str, desk: str, by: str, event_id: str, answer: Answer, replied: bool
) -> NewEffect:
    """An answer, worked off in the order in which the answers in one desk came."""
    begin, end = answer.part or (None, None)
    payload = {
        "card_event_id": card_event_id,
        "desk": desk,
        "by": by,
        "grants": answer.grants,
        "unnamed": answer.unnamed,
        "marking": answer.marking,
        "begin": begin,
        "end": end,
        "replied": replied,
    }
    return NewEffect("consent", f"consent {desk}", payload, once=f"consent-{event_id}")


def not_understood(card_event_id: str, by: str, event_id: str) -> NewEffect:
    """A reply to a card that is no answer to it."""
    return told(by, "release_not_understood", {}, event_id)


def told(by: str, name: str, parameters: dict[str, str], event_id: str) -> NewEffect:
    """A sentence to an officer, in the direct room."""
    return told_directly(by, name, parameters, f"release-told-{event_id}")


def too_many(held: Held, most: int) -> NewEffect:
    """The sender waits for so many releases already. It is told once for a text."""
    once = f"most-{held.identity.hex()}"
    return told(held.sender, "release_too_many", {"most": str(most)}, once)


def ended(held: Held, room: str) -> NewEffect:
    """What became of a request, to who asked. An edited card makes no telephone ring, and the
    answer may take days. `room` is the name of the wanted room."""
    choice = held.choice
    parameters = {
        "outcome": held.outcome.value if held.outcome else "",
        "room": room,
        "marking": choice.marking if choice else "",
        "code": held.code or "",
    }
    once = f"release-ended-{held.identity.hex()}"
    return told_directly(held.sender, "release_ended", parameters, once, quiet=False)


def lapses_at(marking: WrittenMarking, network: Network, now: datetime) -> datetime:
    """When a request lapses: after the time that policy gives, or with the content itself."""
    until = now + network.releases.stands
    if marking.expires is None:
        return until
    midnight = datetime.combine(marking.expires + timedelta(days=1), time(), UTC)
    return min(until, midnight)
