"""Examines a running network against the hardening list and names each shortfall with its mend.

What behaviour shows is tried on the live server (`doctor_behaviour`, `doctor_proxy`), or seen in
what stands there (`doctor_rooms`); what neither can show is read from the configuration
(`doctor_settings`). What can't be told is a shortfall.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from rilon.adapters.doctor_rooms import Standing


PROBE = "org.rilon.probe"
"""Where the doctor needs words: what it sets, or tries to set, is called so."""


class Kind(StrEnum):
    """What a finding asks for."""

    SHORTFALL = "shortfall"
    """Must be mended: the network is not as hardened as it claims."""
    PROXY = "proxy"
    """Stock Synapse can't close it: the reverse proxy's allow-list does (`deploy/nginx`)."""
    ADVICE = "advice"
    """Worth doing on a real network; not needed on an embedded one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that isn't as it should be. `code` is stable; the rest is for people."""

    code: str
    problem: str
    mend: str
    kind: Kind = Kind.SHORTFALL


@dataclass(frozen=True, slots=True)
class Person:
    """An account without rights, as whom the doctor tries what people must not be able to do."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """The network to examine.

    `settings` are Synapse's configuration files, merged; `gate_secret` is what the module and
    the gate share. `fallback_keys` counts the steward's fallback keys in the homeserver's
    store; `None` if it can't be asked.
    """

    homeserver: str
    server_name: str
    steward: str
    person: Person
    gate: str
    gate_secret: str = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    fallback_keys: int | None = None
    steward_rate: Mapping[str, int] | None = None
    """The steward's own message rate in the homeserver's store; zeros mean unlimited."""
    steward_token: str | None = field(default=None, repr=False)
    standing: Standing | None = None
    """What stands in the homeserver's store; `None` if it can't be asked."""


class Visit:
    """A signed-in look at the homeserver. Answers are a status and a JSON object."""

    def __init__(
        self, http: aiohttp.ClientSession, target: Target, signed_in: Mapping[str, Any]
    ) -> None:
        self.target = target
        self.user_id = str(signed_in["user_id"])
        self.device = str(signed_in["device_id"])
        self.ends = "expires_in_ms" in signed_in
        """Whether the session ends by itself."""
        self._http = http
        self._token = str(signed_in["access_token"])

    async def ask(
        self, method: str, path: str, body: object = None, *, as_person: bool = True
    ) -> tuple[int, Mapping[str, Any]]:
        """One request to the homeserver, signed in or as nobody."""
        headers = {"Authorization": f"Bearer {self._token}"} if as_person else {}
        return await self.ask_at(method, self.target.homeserver + path, headers, body)

    async def ask_at(
        self, method: str, url: str, headers: Mapping[str, str], body: object = None
    ) -> tuple[int, Mapping[str, Any]]:
        """One request to any address."""
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            try:
                document = await answer.json(content_type=None)
            except ValueError:
                document = None
            return answer.status, document if isinstance(document, dict) else {}


Check = Callable[[Visit], Awaitable[Finding | None]]
"""Tries one thing; a finding if it isn't as it should be. Leaves nothing behind."""


async def examine(target: Target, checks: Sequence[Check]) -> list[Finding]:
    """Every finding, in the order of the checks. A check that fails by itself is a finding.

    Raises `aiohttp.ClientError` only where the homeserver can't be reached or signed in to.
    """
    limit = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=limit) as http:
        visit = await _sign_in(http, target)
        findings = []
        try:
            for check in checks:
                finding = await _try(check, visit)
                if finding is not None:
                    findings.append(finding)
        finally:
            await visit.ask("POST", "/_matrix/client/v3/logout", {})
        return findings


async def _try(check: Check, visit: Visit) -> Finding | None:
    try:
        return await check(visit)
    except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as error:
        name = getattr(check, "__name__", "a check")
        return Finding(
            "not_examined",
            f"{name.replace('_', ' ')}: couldn't be examined ({type(error).__name__})",
            "see that the homeserver answers, and run the doctor again",
        )


async def _sign_in(http: aiohttp.ClientSession, target: Target) -> Visit:
    request = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": target.person.name},
        "password": target.person.password,
        "initial_device_display_name": f"{PROBE} doctor",
    }
    url = f"{target.homeserver}/_matrix/client/v3/login"
    async with http.post(url, json=request, raise_for_status=True) as answer:
        return Visit(http, target, await answer.json())
