"""How what is said of requests reads: codes and the request as it stands become sentences.

It looks up what the reader may know; the sentences are `rilon.texts`. No word of an officer is in
what it gives: those stand in the messages around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from rilon.application.request_policy import terms_for
from rilon.application.request_routing import agencies_of
from rilon.application.request_tellings import Side, Telling
from rilon.application.request_values import Standing, Words, WordsKind
from rilon.domain.officers import Officer, name_of
from rilon.domain.parties import Party
from rilon.domain.request_course import Mark, Progress
from rilon.domain.request_deadlines import acknowledge_by, answer_by
from rilon.domain.requests import STEWARD
from rilon.policy.network import Network
from rilon.texts import request_noes, request_notices, requests
from rilon.texts.rendering import Text, text
from rilon.texts.request_reasons import not_delivered, not_sent_from_desk, reason
from rilon.texts.translator import Translator, translator

Payload = Mapping[str, Any]

_SENT_ON = {
    WordsKind.ANSWER: "desk_answered",
    WordsKind.PART: "desk_partly_answered",
    WordsKind.CLARIFICATION: "desk_asked_back",
    WordsKind.DELAY: "desk_delayed",
    WordsKind.CLARIFIED: "request_clarified",
}
_REQUESTER = {
    Telling.ACKNOWLEDGED: "request_acknowledged",
    Telling.ASSIGNED: "request_assigned",
    Telling.DROPPED: "request_dropped",
    Telling.NOT_RECEIVED: "request_answer_held_back",
    Telling.FINISHED: "request_finished",
    Telling.REFUSED: "request_refused",
    Telling.WITHDRAWN: "request_withdrawn",
    Telling.CLOSED: "request_closed",
    Telling.TO_RATE: "request_to_rate",
    Telling.BEING_SENT: "request_being_sent",
    Telling.REMINDER: "request_waits_for_you",
    Telling.OVERLAP: "request_overlap",
}
_DESK = {
    Telling.ACKNOWLEDGED: "desk_acknowledged",
    Telling.ASSIGNED: "desk_assigned",
    Telling.DROPPED: "desk_not_sent",
    Telling.NOT_SENT: "desk_held_back",
    Telling.NOT_RECEIVED: "desk_not_received",
    Telling.FINISHED: "desk_answered",
    Telling.REFUSED: "desk_refused",
    Telling.WITHDRAWN: "desk_withdrawn",
    Telling.CLOSED: "desk_closed",
    Telling.BEING_SENT: "desk_being_sent",
}
_COORDINATOR = {
    Telling.ESCALATED: "escalation_coordinator",
    Telling.OVERLAP: "overlap_coordinator",
}


class RequestSentences:
    """Composes texts. A reader whom nobody knows reads English, by UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    # --- above carried words -----------------------------------------------------------------

    def heading(
        self, words: Words, standing: Standing, reader: Officer | None, network: Network
    ) -> Text:
        """What stands above an officer's words in the other side's room."""
        t, zone = _voice(reader)
        if words.kind is WordsKind.QUESTION:
            card = self._card(words.addressee, standing, zone, network)
            about = requests.card_about(t, card)
            return text((requests.card_head(t, card), *about, *requests.card_foot(t, card)))
        request = standing.course.request
        party, officer = self._speaker(words, standing, network)
        if words.kind is WordsKind.DELAY and words.until is not None:
            values = {"number": str(request.number), "party": party}
            values["time"] = words.until.isoformat()
            return request_notices.notice(t, "request_delayed", values, zone)
        head = requests.words_head(t, words.kind.value, str(request.number), party, officer)
        return text((head, *requests.words_foot(t, words.kind.value)))

    def _card(
        self, addressee: Party, standing: Standing, zone: str, network: Network
    ) -> requests.Card:
        request = standing.course.request
        hidden = request.requester_hidden
        times = self._times(addressee, standing, network)
        urgency = request.urgency
        return requests.Card(
            number=str(request.number),
            party="" if hidden else _party(request.party, network),
            officer="" if hidden else _officer(request.officer, network),
            urgent=urgency is not None,
            ground=urgency.ground.value if urgency is not None else "",
            theme=request.theme.value if request.theme is not None else "",
            purpose="",
            selectors=(),
            seen_by=times[0],
            answer_by=times[1],
            zone=zone,
            agencies=agencies_of(request, addressee),
        )

    def _times(
        self, addressee: Party, standing: Standing, network: Network
    ) -> tuple[datetime | None, datetime | None]:
        """Until when it is to be seen, and answered. Before it is delivered: as if it were now."""
        progress = standing.course.of(addressee)
        if progress is None or progress.delivered is None:
            mark = Mark(STEWARD, self._now())
            progress = Progress(addressee, mark, delivered=mark)
        terms = terms_for(standing.course.request, addressee, network)
        return acknowledge_by(progress, terms), answer_by(progress, terms)

    def _speaker(self, words: Words, standing: Standing, network: Network) -> tuple[str, str]:
        """Whose words they are, as far as the reader may know: a party, an officer."""
        request, name = standing.course.request, name_of(words.sender)
        if words.kind.to_desk:
            if request.requester_hidden:
                return "", ""
            return _party(request.party, network), _officer(name, network)
        officer = "" if words.hidden or request.answerers_hidden else _officer(name, network)
        return _party(words.addressee, network), officer

    # --- what is told ------------------------------------------------------------------------

    def said(
        self,
        payload: Payload,
        standing: Standing | None,
        reader: Officer | None,
        network: Network,
        now: datetime,
    ) -> Text:
        """The text of a `request_say` effect. Raises KeyError for one that doesn't exist."""
        t, zone = _voice(reader)
        side, telling = Side(payload["side"]), Telling(payload["text"])
        given = dict(payload["parameters"])
        match telling:
            case Telling.NO:
                return request_noes.no(t, given["code"], _named(given, network))
            case Telling.ALREADY:
                by = _officer(given.get("officer", ""), network)
                return request_noes.already(t, datetime.fromisoformat(given["at"]), zone, by)
            case Telling.SENT:
                return self._sent(t, given, zone, network)
            case Telling.PREVIEW:
                return _preview(t, payload, standing, network)
        values = self._values(t, payload, side, standing, network)
        name = _name_of(side, telling, given)
        if name == "request_closed_by_time" and not _answered(standing, payload):
            name = "request_closed"
        summary = given.get("summary") == "yes"
        return request_notices.notice(t, name, values, zone, summary=summary)

    def _sent(self, t: Translator, given: Mapping[str, str], zone: str, network: Network) -> Text:
        parties = [name.partition(":")[2] for name in given if name.startswith("answer_by:")]
        to = []
        for party in parties:
            duty = given.get(f"duty:{party}")
            officers = None
            if duty is not None:
                officers = tuple(_officer(one, network) for one in duty.split(",") if one)
            due = datetime.fromisoformat(given[f"answer_by:{party}"])
            to.append(requests.SentTo(_party(party, network), officers, due))
        return requests.sent(
            t, given["number"], to, zone, asker_hidden=given.get("asker_hidden") == "yes"
        )

    def _values(
        self,
        t: Translator,
        payload: Payload,
        side: Side,
        standing: Standing | None,
        network: Network,
    ) -> dict[str, str]:
        given, addressee = dict(payload["parameters"]), payload.get("addressee")
        values = {"number": _number(given, standing)}
        if "," in values["number"]:
            values["number"], values["other"] = values["number"].split(",", 1)
        if side is not Side.DESK:
            party = addressee or given.get("addressee") or ""
            values["party"] = _party(party, network) if party else ""
        values["officer"] = _officer(given.get("officer", ""), network)
        if payload["text"] == Telling.OVERLAP.value and "other" in given:
            other = network.officers.get(given["other"])
            if other is not None:
                values |= {
                    "officer": other.display_name,
                    "party": _party(other.party, network),
                    "dm": other.name,
                }
        values["code"] = given.get("refusal", "")
        values["useful"] = given.get("usefulness", "")
        if "code" in given:
            values["why"] = reason(t, given["code"]).plain
        values["fits"] = given.get("needed", "")
        values["percent"] = given.get("percent", "")
        at = given.get("answer_by")
        if payload["text"] == Telling.ESCALATED.value:
            at = given.get("acknowledge_by")
        if at is None and addressee and standing is not None:
            due = self._times(Party(addressee), standing, network)[1]
            at = due.isoformat() if due is not None else None
        values["time"] = at or ""
        return values


def _answered(standing: Standing | None, payload: Payload) -> bool:
    """Whether there is an answer that could be rated."""
    if standing is None or payload.get("addressee") is None:
        return True
    progress = standing.course.of(Party(payload["addressee"]))
    return progress is None or bool(progress.answers)


def _name_of(side: Side, telling: Telling, given: Mapping[str, str]) -> str:
    if telling is Telling.SENT_ON:
        return _SENT_ON[WordsKind(given["kind"])]
    if side is Side.OFFICER and telling in _COORDINATOR:
        return _COORDINATOR[telling]
    if telling is Telling.NOT_SENT and given.get("code", "").startswith("file_"):
        return "request_file_held_back" if side is Side.REQUESTER else "desk_file_held_back"
    if side is Side.REQUESTER:
        if telling is Telling.NOT_SENT:
            return not_delivered(given)
        by_time = telling is Telling.CLOSED and "by_steward" in given
        return "request_closed_by_time" if by_time else _REQUESTER[telling]
    if telling is Telling.NOT_SENT:
        return not_sent_from_desk(given)
    if telling is not Telling.REMINDER:
        return _DESK[telling]
    if "escalation" in given:
        called = "unattended" if "unattended" in given else given["escalation"]
        return "escalation_desk" if called == "coordinator" else f"escalation_{called}"
    return f"reminder_{given['reminder']}"


def _preview(t: Translator, payload: Payload, standing: Standing | None, network: Network) -> Text:
    given = payload["parameters"]
    to = given.get("to", "")
    return requests.preview(
        t,
        requests.Preview(
            number=_number(given, standing),
            kind=given["kind"],
            party=_party(to, network) if to else "",
            marking=given["marking"],
            by=_officer(given["officer"], network),
            hidden=given.get("hidden", ""),
            names_hidden=_party(given["names_hidden"], network) if "names_hidden" in given else "",
            file=given.get("file", ""),
            file_kind=given.get("file_kind", ""),
            file_size=int(given.get("file_size", "0")),
        ),
    )


def _number(given: Mapping[str, str], standing: Standing | None) -> str:
    if "number" in given:
        return given["number"]
    return str(standing.course.request.number) if standing is not None else ""


def _named(given: Mapping[str, str], network: Network) -> dict[str, str]:
    """The values of a no, with shown names."""
    values = dict(given)
    if "to" in values:
        values["instead"] = values["to"]
    for name in ("by", "to"):
        if name in values:
            values[name] = _officer(values[name], network)
    if "party" in values:
        values["party"] = _party(values["party"], network)
    return values


def _officer(name: str, network: Network) -> str:
    officer = network.officers.get(name)
    return officer.display_name if officer is not None else name


def _party(code: str, network: Network) -> str:
    info = network.parties.get(Party(code))
    return info.name if info is not None else code


def _voice(reader: Officer | None) -> tuple[Translator, str]:
    if reader is None:
        return translator("en"), "UTC"
    return translator(reader.language), reader.zone
