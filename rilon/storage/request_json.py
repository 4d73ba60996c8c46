"""Courses of requests as JSON values, to be sealed, and back: every field, losslessly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rilon.domain.parties import Party, parties
from rilon.domain.party_names import Addressee
from rilon.domain.request_course import (
    Ask,
    Assignment,
    Clarification,
    Closing,
    Course,
    End,
    Mark,
    Progress,
    Promise,
    Refusal,
    SentAnswer,
    State,
    Usefulness,
)
from rilon.domain.request_numbers import RequestNumber
from rilon.domain.requests import (
    Actor,
    Ground,
    Request,
    Theme,
    Urgency,
)
from rilon.domain.selectors import Selector, SelectorKind
from rilon.storage import marking_json

Json = dict[str, Any]


def to_json(course: Course) -> Json:
    """The JSON value of a course."""
    return {
        "request": _request(course.request),
        "revision": course.revision,
        "progress": [_progress(one) for one in course.progress],
        "discarded": _mark(course.discarded),
    }


def from_json(value: Mapping[str, Any]) -> Course:
    """The course of `to_json`'s value."""
    return Course(
        _read_request(value["request"]),
        value["revision"],
        tuple(_read_progress(one) for one in value["progress"]),
        _read_mark(value["discarded"]),
    )


# --- the request -----------------------------------------------------------------------------


def _request(one: Request) -> Json:
    urgency = one.urgency
    return {
        "id": one.id,
        "number": one.number,
        "group": one.group,
        "officer": one.officer,
        "party": one.party,
        "marking": marking_json.to_json(one.marking),
        "addressees": sorted(one.addressees),
        "agencies": [[each.party, each.agency] for each in one.agencies],
        "urgency": None if urgency is None else [urgency.ground.value, urgency.at_hand],
        "theme": one.theme.value if one.theme else None,
        "purpose": one.purpose,
        "legal_basis": one.legal_basis,
        "subject": one.subject,
        "questions": list(one.questions),
        "selectors": [[each.kind.value, each.value, each.written] for each in one.selectors],
        "overlaps_known": one.overlaps_known,
        "requester_hidden": one.requester_hidden,
        "answerers_hidden": one.answerers_hidden,
    }


def _read_request(value: Mapping[str, Any]) -> Request:
    urgency = value["urgency"]
    return Request(
        id=value["id"],
        number=RequestNumber(value["number"]),
        group=value["group"],
        officer=value["officer"],
        party=Party(value["party"]),
        marking=marking_json.from_json(value["marking"]),
        addressees=parties(*value["addressees"]),
        # A request of an earlier release names no agency.
        agencies=tuple(Addressee(Party(p), agency) for p, agency in value.get("agencies", ())),
        urgency=None if urgency is None else Urgency(Ground(urgency[0]), urgency[1]),
        theme=Theme(value["theme"]) if value["theme"] else None,
        purpose=value["purpose"],
        legal_basis=value["legal_basis"],
        subject=value["subject"],
        questions=tuple(value["questions"]),
        selectors=tuple(Selector(SelectorKind(k), v, w) for k, v, w in value["selectors"]),
        overlaps_known=value["overlaps_known"],
        requester_hidden=value["requester_hidden"],
        answerers_hidden=value["answerers_hidden"],
    )


# --- where it stands -------------------------------------------------------------------------


def _progress(one: Progress) -> Json:
    return {
        "addressee": one.addressee,
        "sent": _mark(one.sent),
        "stage": one.stage.value,
        "delivered": _mark(one.delivered),
        "acknowledged": _mark(one.acknowledged),
        "assignment": [one.assignment.to, _mark(one.assignment.mark)] if one.assignment else None,
        "clarifications": [
            [[[ask.question, _mark(ask.mark)] for ask in each.asks], each.answer, _mark(each.given)]
            for each in one.clarifications
        ],
        "promises": [[p.until.isoformat(), p.reason, _mark(p.mark)] for p in one.promises],
        "answers": [[each.answer, _mark(each.mark)] for each in one.answers],
        "end": _end(one.end),
        "closing": None
        if one.closing is None
        else [
            one.closing.usefulness.value if one.closing.usefulness else None,
            _mark(one.closing.mark),
        ],
    }


def _end(end: End | None) -> Any:
    if end is None:
        return None
    return [end.outcome.value, _mark(end.mark), end.refusal.value if end.refusal else None]


def _read_progress(value: Mapping[str, Any]) -> Progress:
    assignment, end, closing = value["assignment"], value["end"], value["closing"]
    return Progress(
        addressee=Party(value["addressee"]),
        sent=_must_mark(value["sent"]),
        stage=State(value["stage"]),
        delivered=_read_mark(value["delivered"]),
        acknowledged=_read_mark(value["acknowledged"]),
        assignment=Assignment(assignment[0], _must_mark(assignment[1])) if assignment else None,
        clarifications=tuple(
            Clarification(
                tuple(Ask(question, _must_mark(mark)) for question, mark in asks),
                answer,
                _read_mark(given),
            )
            for asks, answer, given in value["clarifications"]
        ),
        promises=tuple(
            Promise(datetime.fromisoformat(until), reason, _must_mark(mark))
            for until, reason, mark in value["promises"]
        ),
        answers=tuple(SentAnswer(answer, _must_mark(mark)) for answer, mark in value["answers"]),
        end=End(State(end[0]), _must_mark(end[1]), Refusal(end[2]) if end[2] else None)
        if end
        else None,
        closing=Closing(Usefulness(closing[0]) if closing[0] else None, _must_mark(closing[1]))
        if closing
        else None,
    )


def _mark(mark: Mark | None) -> list[str | None] | None:
    return None if mark is None else [mark.by.officer, mark.by.party, mark.at.isoformat()]


def _read_mark(value: Any) -> Mark | None:
    return None if value is None else _must_mark(value)


def _must_mark(value: Any) -> Mark:
    officer, party, at = value
    return Mark(Actor(officer, Party(party) if party else None), datetime.fromisoformat(at))
