"""The steward drafts the digests that policy asks for, and brings them to the analysts.

It decides nothing of what they say; a draft is a bulletin like any, which one analyst submits and
another approves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bots.steward.bulletin_cards import announce
from bots.steward.means import Means
from bots.steward.performer import Perform
from rilon.adapters.drawing_apart import drawing_apart
from rilon.application.bulletin_ports import Drafted
from rilon.application.bulletin_values import Picture
from rilon.application.bulletins import Bulletins
from rilon.application.digests import drafted as drafted_digest
from rilon.application.ports import DueEffect
from rilon.application.publishing import Postings
from rilon.digests.drafting import Digest
from rilon.digests.due import DueDigest, key_of
from rilon.domain.files import FileType
from rilon.domain.periods import Every, read_period
from rilon.policy.network import Network
from rilon.storage.reports import ReportStore
from rilon.storage.request_counts import request_counts

Json = dict[str, Any]


class DigestDrafting:
    """Its kind of effect."""

    def __init__(
        self,
        means: Means,
        engine: AsyncEngine,
        bulletins: Bulletins,
        reports: ReportStore,
        wake: Callable[[], None],
    ) -> None:
        self._means = means
        self._engine = engine
        self._bulletins = bulletins
        self._reports = reports
        self._wake = wake

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"draft_digest": self.draft}

    async def draft(self, due: DueEffect) -> Json:
        """Drafts one digest, once: its period names it. One that would say that nothing happened
        isn't drafted."""
        network = await self._means.network()
        wanted = due_of(due.payload, network)
        if wanted is None:
            return {}
        with drawing_apart() as draw:
            made = await drafted_digest(
                wanted,
                network,
                network.gazetteer,
                self._reports.reports_of,
                partial(request_counts, self._engine),
                draw,
                self._means.now(),
            )
        if not isinstance(made, Digest) or made.is_empty:
            return {}
        pictures = {name: Picture(FileType.PNG, data) for name, data in _shown(made).items()}
        await self._bulletins.draft(
            made.content, pictures, None, period=wanted.key, follows=_announced
        )
        self._wake()
        return {}


def due_of(payload: Any, network: Network) -> DueDigest | None:
    """The digest that an effect asks for, if policy still has it."""
    group = network.groups.get(str(payload["group"]))
    every = Every(payload["every"])
    period = read_period(str(payload["period"]), every)
    rule = None if group is None else group.bulletins.digest(every)
    if group is None or period is None or rule is None:
        return None
    if "so_far" in payload:
        today = date.fromisoformat(str(payload["so_far"]))
        return DueDigest(str(payload["key"]), group.key, period, rule, today)
    return DueDigest(key_of(group.key, period), group.key, period, rule)


def _announced(drafted: Drafted) -> Postings:
    """INVARIANT: a draft is never stored without the word that brings it to its analysts."""
    return (), tuple(announce(drafted.version.number))


def _shown(made: Digest) -> dict[str, bytes]:
    """What stands in rooms: the drawings for pages are made anew where a page is."""
    return {name: data for name, data in made.pictures.items() if name.endswith(".png")}
