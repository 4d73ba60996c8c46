"""When what is marked PD has stood for as long as policy keeps it, and what is written then.

Taking it back is `rilon.application.recall`'s, by the one way of every recall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from rilon.application.ports import NewEffect
from rilon.policy.network import Network


def ends_of_personal_data(
    network: Network, rooms: Mapping[str, str], now: datetime
) -> dict[str, datetime]:
    """By room id, the moment before which the term of what stands there began if it is over now.

    `rooms` are the governed rooms: ids by key. A room that isn't in policy any more keeps it as
    long as the one that keeps it longest; one for which policy has no shorter term is left out.
    """
    terms = network.personal_data_kept
    longest = max(terms.values(), default=None)
    found = {
        room_id: terms.get(key) if key in network.rooms else longest
        for key, room_id in rooms.items()
    }
    return {room_id: now - term for room_id, term in found.items() if term is not None}


def ending_effects(
    due: Mapping[str, Iterable[bytes]], ends: Mapping[str, datetime]
) -> list[NewEffect]:
    """For each room one effect, named after all that is due in it, so that another sweep before
    it is performed writes nothing."""
    effects = []
    for room_id, identities in sorted(due.items()):
        name = hashlib.sha256(b"".join(sorted(identities))).hexdigest()
        payload = {"room_id": room_id, "before": ends[room_id].isoformat()}
        once = f"personal-data-{name}"
        effects.append(NewEffect("end_personal_data", f"expire {room_id}", payload, once))
    return effects
