"""What an addressee may not find out by trying: who is behind a request whose requester is hidden.

Pure. Words that may reach one party and not another would tell, by going or by being refused,
which of them asks. So they go only if they might go to each party that could be asking.
"""

from __future__ import annotations

from rilon.application.request_sources import SpokenIn, is_own, meant
from rilon.domain.markings import WrittenMarking
from rilon.domain.parties import Parties, Party
from rilon.domain.requests import Request
from rilon.policy.network import Network


def tries_who_asks(
    written: WrittenMarking | None,
    event: str,
    heard: SpokenIn,
    request: Request,
    addressee: Party,
    network: Network,
) -> bool:
    """Whether words say who may read them: in the marking that was written, or in that of the
    message that they are, of what it repeats and of what it answers.

    ATTACK: one REL after the other, until one is let through: the requester is in that one.
    """
    if written is not None and (written.rel is not None or written.protect):
        return True
    theirs = _of_the_requester(request, addressee, heard, network)
    others = {name: one for name, one in heard.items() if name not in theirs}
    kept_from = _kept_from(request, theirs)
    return any(
        one.explicit_rel or one.protect - kept_from
        for one in meant([event], others, addressee, None, network)
    )


def could_ask(request: Request, addressee: Party, heard: SpokenIn, network: Network) -> Parties:
    """Who could be asking, as far as the addressee can know: the parties of the group, without the
    addressee itself and those from which the requester protects what it says."""
    theirs = _of_the_requester(request, addressee, heard, network)
    everybody = frozenset(network.groups[request.group].parties) | {request.party}
    return everybody - {addressee} - _kept_from(request, theirs)


def _of_the_requester(
    request: Request, addressee: Party, heard: SpokenIn, network: Network
) -> SpokenIn:
    """What the requester said among these. An answer to it has its marking, and isn't."""
    return {
        name: one
        for name, one in heard.items()
        if request.party in one.marking.unnamed and not is_own(one, addressee, network)
    }


def _kept_from(request: Request, theirs: SpokenIn) -> Parties:
    """From whom the requester's own words are protected."""
    return request.marking.protect.union(*(one.marking.protect for one in theirs.values()))
