"""The decision: whether an act may enter a room (enforcement, The decision, rules 1 to 4).

It puts the rules in order. Each is a small function with a stable id; the first that speaks
refuses, and only when none does is the act accepted. What they say is in `act_rules`,
`sender_rules`, `marking_rules`, `file_rules` and `requests_in_rooms` beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rilon.domain.acts import (
    Membership,
    Post,
    Reaction,
    Redaction,
    State,
    Undecodable,
    Verification,
)
from rilon.domain.verdicts import Accept, Code, Refuse, Verdict, refuse
from rilon.policy.act_rules import (
    decodable,
    edits_own,
    governed,
    leaves_silently,
    mentions_known,
    no_reason,
    only,
    only_own_join,
    plain_profile,
    reacts_to_known,
    redacts_own,
    relations_known,
    type_allowed,
)
from rilon.policy.file_rules import judge_files
from rilon.policy.marking_rules import judge_marking, short_name
from rilon.policy.network import Network
from rilon.policy.question import Question
from rilon.policy.requests_in_rooms import RULE as REQUEST_RULE
from rilon.policy.requests_in_rooms import asks_all_here
from rilon.policy.sender_rules import (
    admitted,
    belongs,
    device_signed,
    in_room,
    may_post,
    sender_of,
    within_term,
)

Rule = Callable[[Question, Network], Refuse | None]
"""A rule speaks by a refusal, and is silent by `None`."""


def evaluate(question: Question, network: Network) -> Verdict:
    """Accept with the effective marking, or refuse with the rule that spoke. Never raises.

    INVARIANT: nothing is accepted because a rule couldn't tell.
    """
    speaking = "rule1.type"
    try:
        act = question.act
        if leaves_silently(question):
            return Accept(rule="leave")
        rules = _STEWARD_RULES if question.standing.is_steward else _RULES.get(type(act))
        if not rules:
            return refuse(Code.TYPE_NOT_ALLOWED, speaking, room=short_name(question.room))
        for speaking, rule in rules:  # noqa: B007 - an error is charged to the rule that erred
            if spoken := rule(question, network):
                return spoken
        if question.standing.is_steward:
            return Accept(rule="steward")
        speaking = "rule3.reads"
        if isinstance(act, Post):
            marked = judge_marking(act, sender_of(question), question, network, question.today)
            if isinstance(marked, Refuse):
                return marked
            speaking = "rule1.file"
            # Last, so that only a file which may enter otherwise is fetched and opened.
            return judge_files(act, question.files, network.files, question.room) or marked
    except Exception:  # noqa: BLE001 - a rule that errs is a refusal, whatever the error
        return refuse(Code.RULE_FAILED, speaking)
    return Accept()


def judge_sending(question: Question, network: Network) -> Refuse | None:
    """What the rules on the room and its sender alone say, before content and relations.

    Silence (`None`) is no acceptance. An error refuses.
    """
    speaking = "rule1.type"
    posts = isinstance(question.act, Post)
    try:
        for speaking, rule in (*_ROOM, *_SENDER, *(_POSTER if posts else ())):  # noqa: B007
            if spoken := rule(question, network):
                return spoken
    except Exception:  # noqa: BLE001 - a rule that errs is a refusal, whatever the error
        return refuse(Code.RULE_FAILED, speaking)
    return None


def judge_shown(question: Question, network: Network) -> Verdict:
    """The verdict on a text that its sender has shown, or carried, to a room of another party.

    All rules on a post hold but one: its sender needn't be in that room.
    """
    speaking = "rule1.type"
    try:
        for speaking, rule in (*_ROOM, *_SHOWING):  # noqa: B007
            if spoken := rule(question, network):
                return spoken
        speaking = "rule3.reads"
        act = only(Post, question)
        marked = judge_marking(act, sender_of(question), question, network, question.today)
        if isinstance(marked, Refuse):
            return marked
        speaking = "rule1.file"
        return judge_files(act, question.files, network.files, question.room) or marked
    except Exception:  # noqa: BLE001 - a rule that errs is a refusal, whatever the error
        return refuse(Code.RULE_FAILED, speaking)


# --- the order in which rules speak ----------------------------------------------------------

_ROOM: tuple[tuple[str, Rule], ...] = (("rule1.room", governed), ("rule1.type", type_allowed))
_OFFICER: tuple[tuple[str, Rule], ...] = (
    ("rule2.admitted", admitted),
    ("rule2.term", within_term),
    ("rule2.in_room", belongs),
)
_SHOWING: tuple[tuple[str, Rule], ...] = (
    ("rule2.admitted", admitted),
    ("rule2.term", within_term),
    ("rule2.device", device_signed),
    ("rule1.relation", relations_known),
)
_SENDER: tuple[tuple[str, Rule], ...] = (
    *_OFFICER,
    ("rule2.in_room", in_room),
    ("rule2.device", device_signed),
)
_POSTER: tuple[tuple[str, Rule], ...] = (("rule2.posters", may_post),)
_RULES: Mapping[type, tuple[tuple[str, Rule], ...]] = {
    Post: (
        *_ROOM,
        *_SENDER,
        *_POSTER,
        ("rule1.relation", relations_known),
        ("rule1.own", edits_own),
        ("rule1.mentions", mentions_known),
        (REQUEST_RULE, asks_all_here),
    ),
    Reaction: (*_ROOM, *_SENDER, ("rule1.relation", reacts_to_known)),
    Redaction: (*_ROOM, *_SENDER, ("rule1.redaction", redacts_own)),
    Verification: (*_ROOM, *_SENDER),
    # A join is the steward's act in the officer's name, before any device has a room key.
    Membership: (
        *_ROOM,
        ("rule1.reason", no_reason),
        ("rule1.steward", only_own_join),
        *_OFFICER,
        ("rule1.profile", plain_profile),
    ),
    State: (*_ROOM, ("rule1.steward", only_own_join)),
    Undecodable: (("rule1.shape", decodable),),
}
_STEWARD_RULES: tuple[tuple[str, Rule], ...] = (
    ("rule1.shape", decodable),
    *_ROOM,
    ("rule1.reason", no_reason),
)
"""The steward's content was judged when its outbox row was written."""
