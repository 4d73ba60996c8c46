"""Quotation: which fingerprints a post is looked up by, and which it leaves once delivered.

It joins the pure parts (`rilon.policy.passages`, `recent_words`) with the steward's secret and
seal. What follows from a match is decided in `rilon.policy.source_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rilon.application.ports import Unsure
from rilon.bulletins.head_words import without_head_words
from rilon.domain.acts import Post, RelationKind
from rilon.domain.files import FileFacts
from rilon.policy.network import Network
from rilon.policy.passage_forms import bare, bare_of
from rilon.policy.passages import (
    boilerplate,
    file_fingerprint,
    fingerprints,
    fingerprints_across,
    fingerprints_asked,
    normalise,
    passage_key,
    without_markings,
)
from rilon.policy.recent_words import (
    Around,
    Forms,
    RecentWords,
    Said,
    around,
    from_bytes,
    milliseconds,
    remember,
)
from rilon.policy.recent_words import to_bytes as recent_to_bytes


class Seal(Protocol):
    """Encrypts and authenticates small values for the database."""

    def seal(self, value: bytes) -> bytes:
        """The sealed value; never the same twice."""

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises ValueError if it was altered, or sealed under another key."""


@dataclass(frozen=True, slots=True, repr=False)
class Looked:
    """What to look a post up by, and what its sender's recent words are if it is accepted."""

    passages: frozenset[int]
    remembered: bytes | None


NOTHING_LOOKED_UP = Looked(frozenset(), None)


class Quotation:
    """Fingerprints of posts, under the steward's secret. `own` are the network's own texts."""

    def __init__(self, secret: bytes, seal: Seal, own: Iterable[str]) -> None:
        self._key = passage_key(secret)
        self._seal = seal
        self._own = self._boilerplate(own)
        self._topics: tuple[str, frozenset[int]] = ("", frozenset())

    def look(
        self,
        post: Post,
        identity: bytes,
        sent_at: datetime,
        target_at: datetime | None,
        sealed: bytes | None,
        network: Network,
        now: datetime,
        files: Sequence[FileFacts] = (),
    ) -> Looked:
        """What a post is looked up by. `target_at` is when the message was sent that it edits,
        or the root of its thread; `sealed` are the sender's recent words; `files` what is known
        of its files, if they were opened already. Raises Unsure if the words can't be opened."""
        recent = self._recent(sealed, now)
        forms = _forms(post, network)
        thread = _thread(post, target_at)
        asked = self._asked(forms, _beside(post, recent, target_at, thread))
        if post.fallback:
            for form in {*_both(post.fallback, network)}:
                asked |= fingerprints_asked(form, self._key)
        asked |= self.of_files(files)
        said = Said(identity.hex()[:16], sent_at, forms, thread)
        after = remember(recent, said, target_at if _is_edit(post) else None, now)
        sealed_after = None if after == recent else self._seal.seal(recent_to_bytes(after))
        return Looked(self._others(asked, network), sealed_after)

    def left_by(
        self, post: Post, network: Network, files: Sequence[FileFacts] = ()
    ) -> frozenset[int]:
        """The fingerprints that a delivered post leaves: of its words, and of its files."""
        left = self.of_files(files)
        for form in {*_forms(post, network)}:
            left |= fingerprints(form, self._key)
        return self._others(left, network)

    def _asked(self, forms: Forms, beside: Sequence[Around]) -> frozenset[int]:
        """Each form whole, with what stands around it; in other surroundings its ends alone."""
        asked: frozenset[int] = frozenset()
        whole: set[str] = set()
        for one in beside:
            for place in {*zip(forms, one.before, one.after, strict=True)}:
                look = fingerprints_across if place[0] in whole else fingerprints_asked
                asked |= look(place[0], self._key, place[1], place[2])
                whole.add(place[0])
        return asked

    def of_files(self, files: Sequence[FileFacts]) -> frozenset[int]:
        """The fingerprints of files that were opened."""
        return frozenset(file_fingerprint(one.digest, self._key) for one in files if one.digest)

    def _recent(self, sealed: bytes | None, now: datetime) -> RecentWords:
        if sealed is None:
            return ()
        try:
            return from_bytes(self._seal.open(sealed), now)
        except ValueError as error:
            raise Unsure("recent words can't be opened") from error

    def _boilerplate(self, texts: Iterable[str]) -> frozenset[int]:
        both = [form for text in texts for form in (text, bare(text))]
        return boilerplate(both, self._key)

    def _others(self, passages: frozenset[int], network: Network) -> frozenset[int]:
        """Without the network's own words: quoting them is quoting nobody."""
        digest, topics = self._topics
        if digest != network.digest:
            topics = self._boilerplate(room.topic for room in network.rooms.values())
            self._topics = (network.digest, topics)
        return passages - self._own - topics


def _forms(post: Post, network: Network) -> Forms:
    """Body and formatted text, without markings. A file's name is read beside its caption."""
    body, bare_body = _both("\n".join([post.body, *post.names]), network)
    if post.shown is None:
        return body, body, bare_body, bare_body
    shown, bare_shown = _both("\n".join([post.shown, *post.names]), network)
    return body, shown, bare_body, bare_shown


def _both(text: str, network: Network) -> tuple[str, str]:
    """The normal and the bare form of a text without its markings, and a head's fixed words."""
    unmarked = without_markings(text, network.vocabulary)
    normal = normalise(unmarked)
    normal, plain = (
        without_head_words(form, network.groups) for form in (normal, bare_of(unmarked, normal))
    )
    return normal, plain


def _thread(post: Post, root_at: datetime | None) -> int | None:
    in_thread = post.relation is not None and post.relation.kind is RelationKind.THREAD
    return milliseconds(root_at) if in_thread and root_at is not None else None


def _is_edit(post: Post) -> bool:
    return post.relation is not None and post.relation.kind is RelationKind.EDIT


def _beside(
    post: Post, recent: RecentWords, edited: datetime | None, thread: int | None
) -> tuple[Around, ...]:
    if not _is_edit(post):
        return around(recent, None, thread)
    return around(recent, edited) if edited is not None else (Around(),)
