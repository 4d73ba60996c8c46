"""The shape of every policy document, as frozen pydantic models. An unknown key is an error.

Decides what a single document may say by itself; what holds between documents is decided in
`rilon.policy.checks`. The JSON Schemas for editors come from these models.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from rilon.domain.files import FileType
from rilon.domain.officers import Role
from rilon.policy.bulletin_documents import BulletinsEntry
from rilon.policy.document_words import (
    Colour,
    Document,
    Language,
    Line,
    MarkingText,
    OfficerName,
    PartyCode,
    Term,
    Word,
    Zone,
)
from rilon.policy.duty_documents import CalendarEntry, DutyFile
from rilon.policy.gazetteer_documents import GazetteerFile
from rilon.policy.release import MOST_ASKED
from rilon.policy.request_documents import RequestsEntry, ThemeEntry

PersonalDataDays = Annotated[
    int | None,
    Field(
        ge=1,
        le=3650,
        description="days until what is marked PD is removed; without it, like everything else",
    ),
]

# --- network.yaml ----------------------------------------------------------------------------


class DirectRooms(Document):
    """The room of one officer and the steward."""

    purpose: Line
    default: MarkingText
    opens_to_red: bool = False
    retention_days: Annotated[int, Field(ge=1, le=3650)]
    personal_data_days: PersonalDataDays = None


class FilesEntry(Document):
    """Which files may be sent."""

    largest_mb: Annotated[int, Field(ge=1, le=100, description="millions of bytes")]
    types: tuple[FileType, ...]


class ReleasesEntry(Document):
    """Who may release what their party wrote, and how long a request waits for it."""

    granted_by: Annotated[tuple[Role, ...], Field(min_length=1)]
    stands_hours: Annotated[int, Field(ge=1, le=24 * 30)]
    most_asked: Annotated[
        int, Field(ge=1, le=1000, description="releases that one officer may wait for at once")
    ] = MOST_ASKED


class NetworkFile(Document):
    """`network.yaml`: the network as a whole."""

    name: Line
    version: Annotated[int, Field(ge=1, description="raise it with every change")]
    steward: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9._-]{0,31}$", description="the steward's account")
    ]
    redact_within_hours: Annotated[int, Field(ge=1, le=24 * 30)]
    rotate_keys_after_messages: Annotated[int, Field(ge=1, le=1000)] = 100
    rotate_keys_after_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24
    topic: Annotated[
        str,
        Field(
            max_length=300,
            description="every room's topic; may use {readers}, {marking} and {purpose}",
        ),
    ]
    direct_rooms: DirectRooms
    files: FilesEntry | None = Field(None, description="without it, no files")
    releases: ReleasesEntry | None = Field(
        None, description="without it, focal points, analysts and coordinators, within 72 hours"
    )


# --- markings.yaml ---------------------------------------------------------------------------


class Effect(StrEnum):
    """What a caveat does. The gate knows these and no others."""

    CONSENT = "consent"
    HANDLING = "handling"
    PERSONAL_DATA = "personal_data"
    PROTECT = "protect"
    EXPIRY = "expiry"
    GRADE = "grade"


class Join(StrEnum):
    """How a caveat joins."""

    UNION = "union"
    CHAIN = "chain"
    EARLIER = "earlier"
    NOT_JOINED = "not_joined"


class CaveatEntry(Document):
    """One caveat. `rank` is its place when a marking is written; no two are equal."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,15}$")]
    rank: Annotated[int, Field(ge=1, le=999)]
    meaning: Line
    effect: Effect
    join: Join
    aliases: tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,15}$")], ...] = ()


TlpName = Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]


class TlpEntry(Document):
    """How a TLP label is shown: its colour on black (FIRST TLP 2.0)."""

    label: TlpName
    colour: Colour
    sign: Annotated[str, Field(min_length=1, max_length=8, description="the steward's reaction")]


class MarkingsFile(Document):
    """`markings.yaml`: labels and caveats of the whole network."""

    labels: Annotated[tuple[TlpEntry, ...], Field(min_length=5, max_length=5)]
    caveats: tuple[CaveatEntry, ...]


# --- parties.yaml ----------------------------------------------------------------------------


class PartyEntry(Document):
    """A member state, or the RSO."""

    code: PartyCode
    name: Line
    zone: Zone
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    calendar: CalendarEntry = CalendarEntry()


class PartiesFile(Document):
    """`parties.yaml`."""

    parties: Annotated[tuple[PartyEntry, ...], Field(min_length=1)]


# --- groups/*.yaml ---------------------------------------------------------------------------


class RoomEntry(Document):
    """One room of a group. What is absent comes from the group."""

    purpose: Line
    ceiling: tuple[PartyCode, ...] | None = None
    members: Annotated[tuple[Role, ...], Field(min_length=1)]
    posters: tuple[Role, ...] | None = None
    default: MarkingText | None = None
    opens_to_red: bool = False
    needs_declaration: bool = False
    retention_days: Annotated[int | None, Field(ge=1, le=3650)] = None
    personal_data_days: PersonalDataDays = None


class DesksEntry(Document):
    """The desk of every state; one entry speaks for all of them."""

    purpose: Line
    members: Annotated[tuple[Role, ...], Field(min_length=1)]
    default: MarkingText | None = None
    opens_to_red: bool = False
    needs_declaration: bool = False
    retention_days: Annotated[int | None, Field(ge=1, le=3650)] = None
    personal_data_days: PersonalDataDays = None


class CompartmentEntry(RoomEntry):
    """A room for some of the parties."""

    key: Word
    ceiling: Annotated[tuple[PartyCode, ...], Field(min_length=2)]


class RoomsEntry(Document):
    """The rooms that every group has."""

    floor: RoomEntry
    bulletins: RoomEntry
    coordination: RoomEntry
    analysis: RoomEntry
    desks: DesksEntry


class OnDemandRoomsEntry(DesksEntry):
    """Rooms of one sort that are made when officers need them; one entry speaks for all.

    `members` are the roles that may be in one, and ask for one.
    """

    idle_days: Annotated[
        int, Field(ge=1, le=365, description="days without a message until the room is retired")
    ]


class OnDemandEntry(Document):
    """What may be made on demand in a group. What is absent isn't made."""

    compartments: OnDemandRoomsEntry | None = None
    direct_rooms: OnDemandRoomsEntry | None = None


class GroupFile(Document):
    """`groups/<key>.yaml`: one response group."""

    key: Word
    short: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{0,11}$")]
    theme: Line
    states: Annotated[tuple[PartyCode, ...], Field(min_length=2)]
    chair: PartyCode
    term: Term
    default: MarkingText
    retention_days: Annotated[int, Field(ge=1, le=3650)]
    personal_data_days: PersonalDataDays = None
    caveats: tuple[CaveatEntry, ...] = ()
    rooms: RoomsEntry
    compartments: tuple[CompartmentEntry, ...] = ()
    on_demand: OnDemandEntry = OnDemandEntry()
    themes: tuple[ThemeEntry, ...] = ()
    requests: RequestsEntry = RequestsEntry()
    bulletins: BulletinsEntry | None = Field(
        None, description="without it, reminders after three days, and no digest"
    )


# --- templates/*.yaml ------------------------------------------------------------------------


class TemplateFile(Document):
    """`templates/<name>.yaml`: a group without its key, states, chair and term."""

    short: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{0,11}$")]
    theme: Line
    default: MarkingText
    retention_days: Annotated[int, Field(ge=1, le=3650)]
    personal_data_days: PersonalDataDays = None
    rooms: RoomsEntry
    on_demand: OnDemandEntry = OnDemandEntry()
    themes: tuple[ThemeEntry, ...] = ()
    requests: RequestsEntry = RequestsEntry()
    bulletins: BulletinsEntry | None = Field(
        None, description="without it, reminders after three days, and no digest"
    )


# --- roster.yaml -----------------------------------------------------------------------------


class OfficerEntry(Document):
    """One officer. Language and zone come from the party where they are absent.

    The steward writes in `language`; `languages` are those that one may be asked in.
    """

    name: OfficerName
    party: PartyCode
    agency: Line
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    groups: tuple[Word, ...]
    display_name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S[^\r\n]*$")]
    language: Language | None = None
    languages: tuple[Language, ...] = ()
    themes: Annotated[
        tuple[Word, ...],
        Field(description="letters of Article 10(1), or themes of a group; without any, all"),
    ] = ()
    lead: Annotated[
        bool, Field(description="the party's focal point lead, who changes its duty rota")
    ] = False
    zone: Zone | None = None
    term: Term = Term()


class RosterFile(Document):
    """`roster.yaml`."""

    officers: tuple[OfficerEntry, ...]


# --- clients.yaml ----------------------------------------------------------------------------


class AdmittedKey(Document):
    """A key that some client sends beside the known shapes, and what it may hold."""

    event_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._]{2,80}$")]
    path: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=80)], ...],
        Field(min_length=1, description="keys below `content`, outermost first"),
    ]
    holds: Literal["boolean", "integer", "one_of"]
    values: tuple[Annotated[str, Field(max_length=64)], ...] = ()
    why: Line


class ClientsFile(Document):
    """`clients.yaml`: shapes admitted by the operator."""

    admitted: tuple[AdmittedKey, ...] = ()


# --- cases/*.yaml ----------------------------------------------------------------------------


class Answered(Document):
    """The content that a case's message answers or edits. In a room of bulletins a thread is that
    of a bulletin, for which this officer answers."""

    officer: OfficerName
    marking: MarkingText | None = None
    kind: Literal["reply", "thread", "edit"] = "reply"


class CaseEntry(Document):
    """One message and the decision that is expected."""

    name: Line
    officer: str
    room: str
    text: Annotated[str, Field(max_length=4000)]
    answers: Answered | None = None
    expect: Literal["accept", "refuse"]
    code: str | None = None
    marking: MarkingText | None = None


class CasesFile(Document):
    """`cases/*.yaml`: expected decisions on a given day."""

    day: date
    cases: Annotated[tuple[CaseEntry, ...], Field(min_length=1)]


class Documents(Document):
    """All documents that make up the network. Cases are tests and no part of it."""

    network: NetworkFile
    markings: MarkingsFile
    parties: PartiesFile
    groups: tuple[GroupFile, ...]
    roster: RosterFile
    clients: ClientsFile
    duty: DutyFile = DutyFile()
    gazetteer: GazetteerFile | None = None
