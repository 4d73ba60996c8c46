"""Reports reach the RSO's analysts: posted in their officer's name, through the gate.

So they carry their marking there, and whoever quotes them is bound by it. A correction is an edit
of what stands, a withdrawal takes it away.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from bots.steward.means import Means
from bots.steward.performer import NotYet, Perform
from rilon.application.bulletin_values import Posting, PostingState, Purpose
from rilon.application.ports import DueEffect, NewEffect
from rilon.domain import marking_text
from rilon.domain.markings import Marking, Tlp, WrittenMarking
from rilon.domain.parties import RSO
from rilon.domain.reports import Report, ReportNumber
from rilon.policy.network import Network
from rilon.reports.shown import written
from rilon.storage.postings import PostingStore
from rilon.storage.recalls import redaction
from rilon.storage.reports import ReportStore
from rilon.texts.rendering import Text

Json = dict[str, Any]


class ReportPosting:
    """Their kind of effect."""

    def __init__(self, means: Means, reports: ReportStore, postings: PostingStore) -> None:
        self._means = means
        self._reports = reports
        self._postings = postings

    def by_kind(self) -> dict[str, Perform]:
        """Their kinds of effect."""
        return {"report_posted": self.post}

    async def post(self, due: DueEffect) -> Json:
        """Posts a report as it stands now; takes away one that was withdrawn."""
        number, room = ReportNumber(due.payload["number"]), str(due.payload["room"])
        network = await self._means.network()
        stands = await self._postings.report_at(number, room)
        kept = await self._reports.kept(number)
        gone = kept is None or kept.report is None or not kept.stands
        if kept is None or kept.report is None or gone or kept.report.marking.tlp is Tlp.RED:
            if stands is not None:
                room_id = await self._means.room_id(room)
                told = _withdrawn(number, str(due.payload["party"]), room)
                await self._means.effects.write([redaction(room_id, stands), told])
            return {}
        if room not in network.rooms:
            raise NotYet
        one = posting_of(kept.report, room, self._means.server, network, stands)
        one = replace(one, said_in=await self._reports.said_in(number))
        effect = NewEffect(
            "publish", f"report {number}", {"posting": one.id}, once=f"posting-{one.id}"
        )
        await self._postings.add(one, effect)
        return {}


def _withdrawn(number: ReportNumber, party: str, room: str) -> NewEffect:
    """What the analysts are told: they may have drawn on it."""
    payload = {"told": "withdrawn", "number": number, "party": party, "sender": None, "to": room}
    return NewEffect("report_told", room, payload, once=f"report-{number}-withdrawn")


def posting_of(
    report: Report, room: str, server: str, network: Network, stands: str | None
) -> Posting:
    """A report as a message of its officer. `stands` is the message that it corrects."""
    marking = marking_text.write(_stated(report.marking))
    body = written(report, network.gazetteer, network.parties[RSO].languages[0])
    html = body.html if body.html is not None else escape(body.plain, quote=False)
    shown = escape(marking, quote=False)
    return Posting(
        id=f"{report.number}.{report.revision}.{room}",
        purpose=Purpose.REPORT,
        number=report.number,
        revision=report.revision,
        room=room,
        part=0,
        sender=f"@{report.officer}:{server}",
        marking=marking,
        state=PostingState.WAITING,
        text=Text(f"{marking}\n{body.plain}", f"{shown}<br>{html}"),
        replaces=stands,
    )


def _stated(marking: Marking) -> WrittenMarking:
    """The marking with those who may have it named: in this room nobody else would be meant."""
    return WrittenMarking(
        tlp=marking.tlp,
        rel=marking.rel,
        caveats=marking.caveats,
        protect=marking.protect,
        personal_data=marking.personal_data,
        expires=marking.expires,
    )
