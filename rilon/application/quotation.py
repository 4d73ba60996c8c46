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
from rilon.domain.acts import Post, RelationKind
from rilon.domain.files import FileFacts
from rilon.policy.network import Network
from rilon.policy.passages import (
    boilerplate,
    file_fingerprint,
    fingerprints,
    fingerprints_asked,
    normalise,
    passage_key,
    without_markings,
)
from rilon.policy.recent_words import Around, RecentWords, Said, around, from_bytes, remember
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
        self._own = boilerplate(own, self._key)
        self._topics: tuple[str, frozenset[int]] = ("", frozenset())

    def look(
        self,
        post: Post,
        identity: bytes,
        sent_at: datetime,
        edited: datetime | None,
        sealed: bytes | None,
        network: Network,
        now: datetime,
        files: Sequence[FileFacts] = (),
    ) -> Looked:
        """What a post is looked up by. `edited` is when the message was sent that it edits;
        `sealed` are the sender's recent words; `files` what is known of its files, if they were
        opened already. Raises Unsure if the words can't be opened."""
        recent = self._recent(sealed, now)
        body, shown, fallback = _normal(post, network)
        beside = _beside(post, recent, edited)
        asked = fingerprints_asked(body, self._key, *beside.body)
        if (shown, beside.shown) != (body, beside.body):
            asked |= fingerprints_asked(shown, self._key, *beside.shown)
        if fallback:
            asked |= fingerprints_asked(fallback, self._key)
        asked |= self.of_files(files)
        said = Said(identity.hex()[:16], sent_at, body, shown)
        after = remember(recent, said, edited if _is_edit(post) else None, now)
        sealed_after = None if after == recent else self._seal.seal(recent_to_bytes(after))
        return Looked(self._others(asked, network), sealed_after)

    def left_by(
        self, post: Post, network: Network, files: Sequence[FileFacts] = ()
    ) -> frozenset[int]:
        """The fingerprints that a delivered post leaves: of its words, and of its files."""
        body, shown, _ = _normal(post, network)
        left = fingerprints(body, self._key)
        if shown != body:
            left |= fingerprints(shown, self._key)
        left |= self.of_files(files)
        return self._others(left, network)

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

    def _others(self, passages: frozenset[int], network: Network) -> frozenset[int]:
        """Without the network's own words: quoting them is quoting nobody."""
        digest, topics = self._topics
        if digest != network.digest:
            topics = boilerplate([room.topic for room in network.rooms.values()], self._key)
            self._topics = (network.digest, topics)
        return passages - self._own - topics


def _normal(post: Post, network: Network) -> tuple[str, str, str]:
    """Body, formatted text and fallback in normal form, without markings."""

    def one(text: str) -> str:
        return normalise(without_markings(text, network.vocabulary))

    # A file's name is read beside its caption.
    body = one("\n".join([post.body, *post.names]))
    shown = body if post.shown is None else one("\n".join([post.shown, *post.names]))
    return body, shown, one(post.fallback) if post.fallback else ""


def _is_edit(post: Post) -> bool:
    return post.relation is not None and post.relation.kind is RelationKind.EDIT


def _beside(post: Post, recent: RecentWords, edited: datetime | None) -> Around:
    if not _is_edit(post):
        return around(recent, None)
    return around(recent, edited) if edited is not None else Around()
