"""What the steward says: effects' codes and parameters become a text in the reader's language.

It decides the reader's language, zone and names; the sentences are `rilon.texts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rilon.application.choices import DISCARD_SIGN, Choice, ChoiceKind, signs_of
from rilon.application.held import Held, Outcome
from rilon.application.membership import rooms_of
from rilon.application.opening import opens_first
from rilon.domain.marking_text import write
from rilon.domain.officers import Officer, Role, name_of
from rilon.domain.parties import in_order
from rilon.domain.rooms import Room, RoomKind
from rilon.policy.network import Network
from rilon.policy.on_demand import compartment_if_made
from rilon.policy.sender_rules import only_reads
from rilon.storage.officers import OfficerStore
from rilon.texts import alarms, answers, cards, choices, lifecycle, recalls, releases
from rilon.texts.parties import codes
from rilon.texts.rendering import Line, Text
from rilon.texts.rooms import ROOM_TEXTS, room_text
from rilon.texts.times import local_date_and_time, local_time
from rilon.texts.translator import Translator, translator
from rilon.texts.welcome import welcome

Payload = Mapping[str, Any]


class Speech:
    """Composes texts. `server` is the homeserver's name, for aliases and user ids."""

    def __init__(self, officers: OfficerStore, server: str) -> None:
        self._officers = officers
        self._server = server

    async def compose(self, payload: Payload, network: Network, now: datetime) -> Text:
        """The text of a `say` effect. Raises KeyError for a text that doesn't exist: our bug."""
        reader = self._reader(payload, network)
        t = translator(reader.language if reader else "en")
        parameters = dict(payload.get("parameters", {}))
        name = str(payload["text"])
        coordinator = coordinator_of(network, self._server)
        match name:
            case "welcome" if reader:
                return _welcome(t, reader, network, coordinator)
            case "help":
                return answers.help_answer(t, coordinator)
            case "not_understood":
                return answers.not_understood(t, parameters.get("nearest"))
            case "verification":
                return answers.verification_answer(t)
            case "me" if reader:
                return answers.profile_answer(t, await self._profile(reader, network, now))
            case "rooms" if reader:
                return answers.rooms_answer(t, self._rooms(reader, network))
            case "password_reset":
                return lifecycle.password_reset(t, coordinator)
            case "device_lost":
                return lifecycle.device_lost(t, parameters["device"], coordinator)
            case "identity_confirmed":
                return lifecycle.identity_confirmed(t, coordinator)
            case "removed":
                return lifecycle.removed(t, parameters["group"], coordinator)
        if name in ROOM_TEXTS:
            return room_text(t, name, parameters | _about_room(parameters, network))
        said = releases.told(t, name, parameters) or _about_delivered(t, name, parameters)
        return said or self._alarm(t, name, parameters, reader)

    def card(
        self,
        payload: Payload,
        network: Network,
        attempts: int,
        last: datetime,
        held: Held | None = None,
    ) -> Text:
        """The card that explains a refusal, brought up to date with the attempts, and with what
        its sender chose. Without `attempts` it doesn't say when they tried."""
        reader = self._reader(payload, network)
        t = translator(reader.language if reader else "en")
        zone = reader.zone if reader else "UTC"
        time = local_time(last, zone) if attempts else ""
        parameters = {k: str(v) for k, v in payload["parameters"].items()}
        if payload.get("removed"):
            return cards.removal_card(t, payload["code"], parameters, time)
        if held is None:
            return cards.card(t, payload["code"], parameters, (), attempts, time)
        became = _became(t, held, network, codes(str(payload.get("absent", ""))))
        if became is not None:
            return became
        labels = _labels(t, held, network) if held.is_open else ()
        after = _after_choices(t, held, zone)
        return cards.card(t, payload["code"], parameters, labels, attempts, time, after)

    def _alarm(
        self, t: Translator, name: str, parameters: Mapping[str, str], reader: Officer | None
    ) -> Text:
        zone = reader.zone if reader else "UTC"
        at = datetime.fromisoformat(parameters["at"]) if "at" in parameters else datetime.now(UTC)
        time = local_date_and_time(at, zone)
        match name:
            case "alarm_second_lock":
                return alarms.second_lock(t, parameters["room"], parameters["officer"], time)
            case "alarm_claimed_session":
                return alarms.claimed_session(
                    t, parameters["officer"], parameters["device"], parameters["owner"], time
                )
            case "alarm_identity_changed":
                tap = parameters.get("tap", "")
                return alarms.identity_changed(t, parameters["officer"], time, tap)
            case "identity_confirmed_note":
                officer, by = parameters["officer"], parameters["by"]
                return alarms.identity_confirmed(t, officer, by, time)
            case "identity_confirmed_by_you":
                return alarms.identity_confirmed_by_you(t, parameters["officer"], time)
            case "alarm_passage":
                first = datetime.fromisoformat(parameters["since"])
                since, source = local_date_and_time(first, zone), parameters.get("source", "")
                if "room" not in parameters:
                    return alarms.passage_somewhere(t, since, source)
                named = {one: parameters[one] for one in ("party", "officer", "room")}
                return alarms.passage_posted(t, time, since, source, **named)
        raise KeyError(name)

    def _reader(self, payload: Payload, network: Network) -> Officer | None:
        mention = str(payload.get("mention") or "")
        return network.officers.get(name_of(mention))

    async def _profile(self, officer: Officer, network: Network, now: datetime) -> answers.Profile:
        devices = await self._officers.devices(f"@{officer.name}:{self._server}")
        return answers.Profile(
            name=officer.display_name,
            party=network.parties[officer.party].name,
            agency=officer.agency,
            roles=tuple(sorted(officer.roles)),
            devices=tuple(one.device_id for one in devices if one.signed),
            language=officer.language,
            now=now,
            zone=officer.zone,
            term_from=officer.term_from,
            term_until=officer.term_until,
        )

    def _rooms(self, officer: Officer, network: Network) -> list[answers.RoomEntry]:
        return [
            answers.RoomEntry(
                name=room.name,
                alias=f"#{room.key}:{self._server}",
                readers=tuple(in_order(room.ceiling)),
                default_marking=write(room.default).removesuffix(" //"),
                can_write=not only_reads(room, officer.roles),
                in_threads=room.kind is RoomKind.BULLETINS,
            )
            for room in rooms_of(network, officer.name)
            if room.kind is not RoomKind.SPACE
        ]


def _about_room(parameters: Mapping[str, str], network: Network) -> dict[str, str]:
    """Of a room on demand who reads it and what its default is; of a person, the shown name."""
    found: dict[str, str] = {}
    if (person := network.officers.get(parameters.get("person", ""))) is not None:
        found["person"] = person.display_name
    if (room := network.rooms.get(parameters.get("key", ""))) is not None:
        people = (network.officers[name].display_name for name in network.members(room.key))
        pair = room.kind is RoomKind.PAIR
        found["readers"] = ", ".join(sorted(people) if pair else in_order(room.ceiling))
        found["marking"] = write(room.default).removesuffix(" //")
    return found


def _became(t: Translator, held: Held, network: Network, absent: Sequence[str] = ()) -> Text | None:
    """The card of a text with which something was done; else the refusal is still the news."""
    choice = held.choice
    match held.outcome:
        case Outcome.DISCARDED:
            return choices.discarded(t, _room_name(held.room_key, network))
        case Outcome.POSTED if choice is not None and choice.kind is ChoiceKind.RELEASED:
            return releases.released(t, _room_name(choice.room, network), choice.marking)
        case Outcome.POSTED if choice is not None:
            return choices.posted(t, _room_name(choice.room, network), choice.marking, absent)
        case Outcome.UNSENT | Outcome.EXPIRED if choice is not None and opens_first(choice):
            return choices.not_opened(t, _room_name(choice.room, network), held.code or "")
        case Outcome.REFUSED if choice is not None:
            return choices.refused(t, _room_name(choice.room, network), held.code or "")
        case Outcome.DECLINED:
            return releases.declined(t, _room_name(held.room_key, network))
        case Outcome.LAPSED:
            return releases.lapsed(t, _room_name(held.room_key, network))
        case Outcome.WITHDRAWN:
            return releases.withdrawn(t, _room_name(held.room_key, network))
    return None


def _labels(t: Translator, held: Held, network: Network) -> list[tuple[str, Line]]:
    return [
        (sign, _label(t, choice, network))
        for sign, choice in zip(signs_of(held.choices), held.choices, strict=True)
    ]


def _label(t: Translator, choice: Choice, network: Network) -> Line:
    match choice.kind:
        case ChoiceKind.SEND_TO if choice.room not in network.rooms and opens_first(choice):
            room = compartment_if_made(network, choice.room)
            readers = in_order(room.ceiling) if room else (choice.room,)
            return choices.send_to_new(t, readers, choice.marking)
        case ChoiceKind.SEND_TO:
            return choices.send_to(t, _room_name(choice.room, network), choice.marking)
        case ChoiceKind.SEND_AS:
            return choices.send_as(t, choice.marking)
        case ChoiceKind.RELEASE_HERE:
            return releases.release_here(t, choice.marking)
        case ChoiceKind.ASK_RELEASE | ChoiceKind.RELEASED:
            hours = int(network.releases.stands.total_seconds()) // 3600
            return releases.ask_release(t, choice.asks.split(","), hours)
        case ChoiceKind.DISCARD:
            return choices.discard(t)


def _after_choices(t: Translator, held: Held, zone: str) -> list[Line]:
    if held.is_open:
        numbered = any(one.kind is not ChoiceKind.DISCARD for one in held.choices)
        return [choices.kept_until(t, local_time(held.expires_at, zone), numbered)]
    if held.text is not None and held.choice is not None and opens_first(held.choice):
        return [choices.room_being_opened(t, local_time(held.expires_at, zone))]
    if held.text is not None and held.choice and held.choice.kind is ChoiceKind.ASK_RELEASE:
        until = local_date_and_time(held.expires_at, zone)
        return releases.asked(t, held.choice.asks.split(","), until, DISCARD_SIGN)
    if held.text is not None:
        return [choices.being_sent(t)]
    return [choices.gone(t)]


def _room_name(key: str, network: Network) -> str:
    room = network.rooms.get(key) or compartment_if_made(network, key)
    return room.name if room else key


def coordinator_of(network: Network, server: str) -> str:
    """How to reach the coordinator: a display name, and the user id to write to."""
    for officer in sorted(network.officers.values(), key=lambda one: one.name):
        if Role.COORDINATOR in officer.roles:
            return f"{officer.display_name} (@{officer.name}:{server})"
    return "your RSO coordinator"


def floor_of(network: Network, officer: Officer) -> Room | None:
    """The first room where all parties of one of the officer's groups write."""
    return next((r for r in rooms_of(network, officer.name) if r.kind is RoomKind.FLOOR), None)


def _about_delivered(t: Translator, name: str, parameters: Mapping[str, str]) -> Text | None:
    """What is said about content that was delivered; None for all else."""
    match name:
        case "recall" | "mark":
            return recalls.how_to(t, name)
        case "withdrawal":
            return recalls.answer(t, parameters["outcome"], parameters)
        case "notice_recalled" | "notice_tightened" | "notice_expired" | "notice_personal_data":
            return _notice(t, name, parameters)
        case "notice_copy_recalled" | "notice_copy_tightened" | "copy_at_desk":
            return _about_copy(t, name, parameters)
    return None


def _notice(t: Translator, name: str, parameters: Mapping[str, str]) -> Text:
    """A notice to a room, whose people are in many zones: its times are UTC."""
    parties = codes(parameters["parties"])
    if name == "notice_expired":
        return recalls.expired(t, parties, int(parameters["count"]))
    if name == "notice_personal_data":
        return recalls.personal_data_ended(t, parties, int(parameters["count"]))
    time = local_date_and_time(datetime.fromisoformat(parameters["at"]), "UTC")
    if name == "notice_tightened":
        return recalls.tightened(t, parties, time, parameters["marking"])
    return recalls.recalled(t, parties, time)


def _about_copy(t: Translator, name: str, parameters: Mapping[str, str]) -> Text:
    """What a room, or a desk, reads of a message that holds others' words."""
    time = local_date_and_time(datetime.fromisoformat(parameters["at"]), "UTC")
    if name == "copy_at_desk":
        party = codes(parameters["party"])
        return recalls.copy_at_desk(t, parameters["outcome"], party, parameters["room"], time)
    parties = codes(parameters["parties"])
    if name == "notice_copy_tightened":
        return recalls.copy_tightened(t, parties, time, parameters["marking"])
    return recalls.copy_recalled(t, parties, time)


def _welcome(t: Translator, reader: Officer, network: Network, coordinator: str) -> Text:
    floor = floor_of(network, reader)
    return welcome(
        t,
        name=reader.display_name,
        party=reader.party,
        floor=floor.name if floor else "",
        coordinator=coordinator,
    )
