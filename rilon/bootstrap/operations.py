"""What the coordinator's commands do: observe, plan, apply, and the officers' lives.

They write effects and officers' states; the running steward performs. Only accounts and
passwords are dealt with here, at once, since a password never goes through the database.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from rilon.adapters.homeserver import (
    Homeserver,
    HomeserverAway,
    HomeserverError,
    TokenRevoked,
    TooManyRequests,
)
from rilon.adapters.sealing import Sealed
from rilon.application.membership import direct_room_key
from rilon.application.ports import NewEffect
from rilon.application.reconcile import accounts_of, effects_of, removal
from rilon.application.record import COMPONENT, membership_entry, policy_entry
from rilon.bootstrap.parts import engine, outbox_of, signer_of
from rilon.config import StewardSettings, secret
from rilon.domain.officers import name_of
from rilon.policy.network import Network
from rilon.policy.plan import Observed, ObservedRoom, plan
from rilon.policy.steps import RegisterOfficer, SetDisplayName, Step
from rilon.storage.decisions import Decisions
from rilon.storage.effects import Effects
from rilon.storage.officers import ADDED, ADMITTED, REMOVED, STOPPED, OfficerRow, OfficerStore
from rilon.storage.rooms import PolicyStore, RoomStore

PRESENT = (ADDED, ADMITTED, STOPPED)
"""The states of an officer who was not removed."""
Password = Callable[[str], str]
"""Gives the first password of an officer's new account, and keeps it for handing over."""


class CantOperate(Exception):
    """A command can't be carried out; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Operations:
    """The network from the operator's side. Made by `operating`."""

    homeserver: Homeserver
    server: str
    effects: Effects
    rooms: RoomStore
    officers: OfficerStore
    policies: PolicyStore
    decisions: Decisions
    outbox: Callable[[Any], Mapping[str, Any]]
    database: AsyncEngine

    # --- policy ------------------------------------------------------------------------------

    async def observe(self, network: Network) -> Observed:
        """The homeserver as it is."""
        known = await self.rooms.all()
        keys = sorted({*network.rooms, *known})
        rooms = await asyncio.gather(*(self._observed_room(key, known.get(key)) for key in keys))
        return Observed(
            server_name=self.server,
            rooms={key: room for key, room in zip(keys, rooms, strict=True) if room is not None},
            accounts=await self._accounts(),
            admitted=frozenset(
                row.name for row in await self.officers.all() if row.state == ADMITTED
            ),
        )

    async def steps(self, network: Network) -> tuple[Step, ...]:
        """What applying this policy would do now."""
        network = await self.policies.joined(network)
        return plan(network, await self.observe(network), _now().date())

    async def put_in_force(self, network: Network, steps: Sequence[Step]) -> list[int]:
        """The policy takes effect; what it leads to is written for the steward. The ids of
        the effects."""
        entry = policy_entry(network, _now(), _salt(), COMPONENT)
        return await self.policies.put_in_force(
            network, entry, effects_of(steps, self.server), self.outbox
        )

    async def make_accounts(
        self, network: Network, steps: Iterable[Step], password: Password
    ) -> list[str]:
        """Makes and names the accounts of the steps; the officers whose accounts are new."""
        wanted = accounts_of(steps)
        new = [step.officer for step in wanted if isinstance(step, RegisterOfficer)]
        # Noted first: cut short in between, the next plan makes the account. An account that
        # is only named anew is not noted: that would bring back who was removed.
        for name in new:
            await self._note_added(network, name)
        await asyncio.gather(*(self._account(step, password) for step in wanted))
        return new

    # --- officers ----------------------------------------------------------------------------

    async def add(self, network: Network, name: str, password: Password) -> str | None:
        """Gives an officer of the roster an account, and lets them in once they have a signed
        device. The first password, or None if the account is there already."""
        officer = network.officers.get(name)
        if officer is None:
            raise CantOperate(
                f"{name} isn't in the roster in force: add them to roster.yaml, then `rilon apply`"
            )
        if not officer.within_term(_now().date()):
            raise CantOperate(
                f"the term of {name} doesn't include today: change it in roster.yaml, "
                "then `rilon apply`"
            )
        account = await self.homeserver.account(self._user(name))
        row = await self._find(name)
        made = None
        if account is None or row is None or row.state == REMOVED:
            made = password(name)
            await self._sign_out(self._user(name), made, displayname=officer.display_name)
        await self._note_added(network, name)
        return made

    async def reset(self, network: Network, name: str, password: Password) -> str:
        """A new password; every device is signed out. The identity stays pinned."""
        row = await self._row(name)
        made = password(name)
        await self._sign_out(row.user_id, made)
        told = _tell(row.user_id, name, "password_reset")
        await self._change(network, row, "reset", row.state, [told])
        return made

    async def lost(self, network: Network, name: str, password: Password) -> str:
        """Every device is lost: they are shut out first, and a new identity will be pinned.

        INVARIANT: nobody is let in again before the lost devices are signed out. Whoever is
        `added` is looked at every other second, and a lost device is still signed.
        """
        row = await self._row(name)
        await self._change(network, row, "lost", STOPPED, forget=True)
        await self.decisions.wait_for_open_verdicts(list((await self.rooms.all()).values()))
        made = password(name)
        await self._sign_out(row.user_id, made)
        await self._change(network, row, "added", ADDED, forget=True)
        return made

    async def remove(self, network: Network, name: str) -> int:
        """Removes an officer everywhere. How many rooms they were in. An attempt that was cut
        short is finished by the next.

        INVARIANT: revoked first; then the open verdicts end; then they are taken out.
        """
        row = await self._row(name, also_removed=True)
        if row.state != REMOVED:
            await self._change(network, row, "removed", REMOVED, forget=True)
        rooms = await self.rooms.all()
        await self.decisions.wait_for_open_verdicts(list(rooms.values()))
        lists = await asyncio.gather(
            *(self.homeserver.joined_members(room_id) for room_id in rooms.values())
        )
        inside = [key for key, people in zip(rooms, lists, strict=True) if row.user_id in people]
        await self.effects.write([removal(key, row.user_id) for key in inside])
        await self._sign_out(row.user_id, secrets.token_urlsafe(32))
        return len(inside)

    async def present(self) -> frozenset[str]:
        """The officers who have an account and were not removed."""
        return frozenset(row.name for row in await self.officers.all() if row.state in PRESENT)

    async def wait_until_done(
        self, ids: Sequence[int], seconds: float, progress: Callable[[int], None]
    ) -> int:
        """Waits while the steward performs these effects; how many are still open at the end."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            left = await self.effects.still_open(ids)
            progress(left)
            if not left or asyncio.get_running_loop().time() > end:
                return left
            await asyncio.sleep(0.2)

    # --- parts -------------------------------------------------------------------------------

    async def _change(
        self,
        network: Network,
        row: OfficerRow,
        step: str,
        after: str,
        told: Sequence[NewEffect] = (),
        forget: bool = False,
    ) -> None:
        """The officer's state becomes `after`, with its entry. `forget` takes the pin away."""
        officer = network.officers.get(row.name)
        parties = frozenset({officer.party}) if officer else frozenset()
        entry = membership_entry(step, row.user_id, parties, f"{step}-{row.name}", _now(), _salt())
        # ATTACK: an identity that changed just now. Who was stopped stays stopped.
        before = (row.state,) if after == row.state else PRESENT
        if not await self.officers.change(
            row.user_id, before, after, [entry], told, forget_identity=forget
        ):
            raise CantOperate(f"something else happened to {row.name} just now: try again")

    async def _find(self, name: str) -> OfficerRow | None:
        return next((row for row in await self.officers.all() if row.name == name), None)

    async def _row(self, name: str, also_removed: bool = False) -> OfficerRow:
        row = await self._find(name)
        if row is None:
            raise CantOperate(f"{name} has no account: `rilon officer add {name}` makes one")
        if row.state == REMOVED and not also_removed:
            raise CantOperate(f"{name} is removed: `rilon officer add {name}` lets them in again")
        return row

    async def _sign_out(self, user_id: str, password: str, **also: str) -> None:
        """Sets a password and ends every session: the account is made where there is none."""
        body = {"password": password, "logout_devices": True, **also}
        await self.homeserver.set_account(user_id, body)

    async def _note_added(self, network: Network, name: str) -> None:
        parties = frozenset({network.officers[name].party})
        entry = membership_entry(
            "added", self._user(name), parties, f"added-{name}", _now(), _salt()
        )
        await self.officers.add(self._user(name), name, entry)

    async def _account(self, step: RegisterOfficer | SetDisplayName, password: Password) -> None:
        body = {"displayname": step.display_name}
        if isinstance(step, RegisterOfficer):
            body["password"] = password(step.officer)
        await self.homeserver.set_account(self._user(step.officer), body)

    async def _accounts(self) -> dict[str, str | None]:
        accounts = await self.homeserver.accounts()
        return {name_of(user): shown for user, shown in accounts.items()}

    async def _observed_room(self, key: str, room_id: str | None) -> ObservedRoom | None:
        room_id = room_id or await self.homeserver.room_of_alias(f"#{key}:{self.server}")
        if room_id is None:
            return None
        state: dict[tuple[str, str], dict[str, Any]] = {}
        members: dict[str, str] = {}
        creator, version = "", ""
        for event in await self.homeserver.state(room_id):
            if event["type"] == "m.room.member":
                members[event["state_key"]] = str(event["content"].get("membership"))
                continue
            if event["type"] == "m.room.create":
                creator = event["sender"]
                version = str(event["content"].get("room_version", "1"))
            state[(event["type"], event["state_key"])] = event["content"]
        return ObservedRoom(room_id, version, creator, state, members)

    def _user(self, name: str) -> str:
        return f"@{name}:{self.server}"


@asynccontextmanager
async def operating(settings: StewardSettings) -> AsyncIterator[Operations]:
    """Operations on the network of these settings, with the running steward's session.

    Raises CantOperate while the steward has none, and while homeserver or database don't answer.
    """
    place = settings.homeserver
    kept = Sealed(settings.store, secret(settings.sealing_key_file)).read("session")
    if kept is None:
        raise CantOperate("the steward hasn't signed in yet: start the network and try again")
    session = json.loads(kept)
    database = engine(settings.database, 8)
    outbox = outbox_of(signer_of(settings.store, COMPONENT))
    homeserver = Homeserver(place.url, place.steward, session["token"], session["device_id"])
    try:
        async with homeserver:
            yield Operations(
                homeserver,
                place.server_name,
                Effects(database),
                RoomStore(database),
                OfficerStore(database, outbox),
                PolicyStore(database),
                Decisions(database, outbox),
                outbox,
                database,
            )
    except HomeserverError as error:
        raise CantOperate(f"the homeserver refused what was asked: {error}") from error
    except (HomeserverAway, TooManyRequests, ConnectionError, SQLAlchemyError) as error:
        raise CantOperate(
            f"homeserver or database don't answer ({type(error).__name__}): see that the network "
            "is up (`rilon status`) and try again"
        ) from error
    except TokenRevoked:
        raise CantOperate("the steward's session has ended: restart the network") from None
    finally:
        await database.dispose()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Whether the condition came true within that time."""
    end = asyncio.get_running_loop().time() + seconds
    while not await condition():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.1)
    return True


def _tell(user_id: str, name: str, text: str) -> NewEffect:
    payload = {"to": direct_room_key(name), "text": text, "mention": user_id}
    return NewEffect("say", user_id, payload)


def _now() -> datetime:
    return datetime.now(UTC)


def _salt() -> bytes:
    return secrets.token_bytes(16)
