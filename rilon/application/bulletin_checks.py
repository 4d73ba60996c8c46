"""What keeps a bulletin from being posted, beside its file and its sources: who writes it, for
whom, and with which pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

from rilon.application.bulletin_values import Pictures, Version
from rilon.bulletins.blocks import Picture
from rilon.bulletins.reading import Bulletin, bulletins_room
from rilon.domain.officers import Officer, Role
from rilon.domain.rooms import Room
from rilon.policy.mistakes import Mistake, Mistakes
from rilon.policy.network import Network


def rooms_of(groups: Sequence[str], network: Network) -> tuple[Room, ...]:
    """The bulletins rooms of these groups, each once."""
    rooms = (bulletins_room(group, network) for group in dict.fromkeys(groups))
    return tuple(one for one in rooms if one is not None)


def is_analyst(officer: Officer) -> bool:
    """Whether they write bulletins at all."""
    return Role.ANALYST in officer.roles


def is_theirs(version: Version, officer: Officer, network: Network) -> bool:
    """Whether an analyst has a part in every group of a bulletin. For all others it isn't there."""
    rooms = rooms_of(version.groups, network)
    return is_analyst(officer) and all(officer.name in network.members(one.key) for one in rooms)


def other_groups(before: Version, read: Bulletin) -> Mistakes | None:
    """What stands in a room can't be left there while the rest is corrected."""
    if not before.published or set(before.groups) == set(read.head.groups):
        return None
    problem = "a correction goes to the same groups"
    mend = f"write `groups: [{', '.join(before.groups)}]`, or withdraw it and write another"
    return Mistakes((Mistake("bulletin", 1, 1, problem, mend),))


def not_theirs(read: Bulletin, author: Officer, network: Network) -> list[Mistake]:
    """Groups whose bulletins the author has no part in."""
    wrong = []
    for room in rooms_of(read.head.groups, network):
        if author.name not in network.members(room.key):
            problem = f"{author.name} isn't in {room.name}"
            wrong.append(Mistake("bulletin", 1, 1, problem, "leave the group out of `groups`"))
    return wrong


def missing_pictures(read: Bulletin, pictures: Pictures) -> list[Mistake]:
    wrong = []
    for block in read.blocks:
        if isinstance(block, Picture) and block.file not in pictures:
            problem = f"the picture `{block.file}` isn't there"
            mend = "send it too: a picture with this name as its caption"
            wrong.append(Mistake("bulletin", block.line, 1, problem, mend))
    return wrong
