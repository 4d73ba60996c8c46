"""Whether delivered content may go on standing in its room under the marking that it has now.

The same conditions under which it would be delivered there (`rilon.policy.marking_rules`), but
for those on how a marking is written.
"""

from __future__ import annotations

from datetime import date

from rilon.domain.markings import Marking, Tlp
from rilon.domain.rooms import Room, RoomKind


def may_stand(marking: Marking, room: Room, today: date) -> bool:
    """Whether content with this effective marking may stand in the room on that day (UTC)."""
    return (
        bool(room.ceiling)
        and room.ceiling <= marking.rel
        and room.ceiling.isdisjoint(marking.protect)
        and (marking.tlp < Tlp.RED or room.opens_to_red)
        and not has_expired(marking.expires, today)
        and not (room.kind is RoomKind.BULLETINS and marking.has_personal_data)
    )


def has_expired(last_day: date | None, today: date) -> bool:
    """Whether the last day of use is over. Both are UTC days; the last day itself is included."""
    return last_day is not None and last_day < today
