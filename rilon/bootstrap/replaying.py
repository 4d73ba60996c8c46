"""A policy tried against the decisions that a network recorded. Needs its database alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from rilon.bootstrap.operations import CantOperate
from rilon.bootstrap.parts import engine
from rilon.config import Database
from rilon.policy.network import BrokenPolicyDocument, Network
from rilon.policy.replay import Recorded, Replayed, replay, vocabulary_differs
from rilon.storage.history import History
from rilon.storage.rooms import PolicyStore


class Trial:
    """One run: each past decision with what becomes of it. `words_changed` says afterwards
    whether some of them were made under policies that read text otherwise."""

    def __init__(self, new: Network) -> None:
        self._new = new
        self._policies: dict[int, Network | None] = {}
        self.words_changed = False

    async def since(
        self, database: Database, moment: datetime
    ) -> AsyncIterator[tuple[Recorded, Replayed]]:
        """The decisions from that moment on. Raises CantOperate while the database is away."""
        pool = engine(database, 2)
        try:
            policies = PolicyStore(pool)
            self._new = await policies.with_all_rooms(self._new)
            async for policy_id, recorded in History(pool).since(moment):
                then = await self._policy(policies, policy_id)
                yield recorded, replay(recorded, then, self._new)
        except (OSError, SQLAlchemyError) as error:
            raise CantOperate(
                f"the database doesn't answer ({type(error).__name__}): see that the network is "
                "up (`rilon status`) and try again"
            ) from error
        finally:
            await pool.dispose()

    async def _policy(self, policies: PolicyStore, policy_id: int) -> Network | None:
        if policy_id not in self._policies:
            try:
                found: Network | None = await policies.past(policy_id)
            except BrokenPolicyDocument:
                found = None
            self._policies[policy_id] = found
            self.words_changed |= vocabulary_differs(found, self._new)
        return self._policies[policy_id]
