"""In which group an officer of several asks: the one that is named, the only one that fits, or one
that is still to be chosen.

Pure. Whom a request may be addressed to is a matter of the group; so its words are read anew in
each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rilon.domain.officers import Officer
from rilon.domain.request_draft import Draft
from rilon.domain.request_mistakes import Misread
from rilon.domain.request_text import COMMAND, Asker, read_request
from rilon.policy.askers import asker_of, group_named
from rilon.policy.network import Group, Network

_LOOKED_AT = 600
_WORD = re.compile(r"\s*([^\s:/,;]{2,40})[\s:/,;]*")


@dataclass(frozen=True, slots=True)
class InGroup:
    """What was read: in which group, by whom, and the request or why it can't be read. `body` is
    without the word that named the group. `options`: the groups to choose from, if there are
    several, each with what was read of the request there."""

    group: Group
    asker: Asker
    found: Draft | Misread
    body: str
    options: tuple[tuple[str, Draft], ...] = ()


def read_in_groups(
    body: str, officer: Officer, groups: Sequence[Group], network: Network, today: date
) -> InGroup:
    """Reads a request in the groups in which the officer may ask, at least one. Where none fits,
    the mistake is the first one's."""
    named, body = _named(body, officer, tuple(groups), network, today)
    read = [_in(group, body, officer, network, today) for group in ([named] if named else groups)]
    readable = [one for one in read if isinstance(one.found, Draft)]
    # A name that only one group knows is a part of the question in the others.
    left = [len(one.found.question) for one in readable if isinstance(one.found, Draft)]
    fitting = [one for one, length in zip(readable, left, strict=True) if length == min(left)]
    if len(fitting) < 2:
        return (fitting or read)[0]
    first = fitting[0]
    options = tuple((one.group.key, one.found) for one in fitting if isinstance(one.found, Draft))
    return InGroup(first.group, first.asker, first.found, body, options)


def _in(group: Group, body: str, officer: Officer, network: Network, today: date) -> InGroup:
    asker = asker_of(officer, group, network, today)
    return InGroup(group, asker, read_request(body, asker), body)


def _named(
    body: str, officer: Officer, groups: tuple[Group, ...], network: Network, today: date
) -> tuple[Group | None, str]:
    """The group that the first word behind the command names, and the text without it."""
    command = COMMAND.search(body[:_LOOKED_AT])
    word = None if command is None else _WORD.match(body, command.end())
    if command is None or word is None:
        return None, body
    named = group_named(word[1], groups)
    if named is None or asker_of(officer, named, network, today).names.called(word[1]):
        return None, body
    return named, body[: command.end()] + body[word.end() :]
