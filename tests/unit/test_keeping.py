"""How long rooms keep what is marked PD: as policy says it, as it is checked, when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rilon.application.keeping import ending_effects, ends_of_personal_data
from rilon.domain.rooms import RoomKind
from rilon.policy import checks
from rilon.policy.build import build, from_document
from rilon.policy.documents import Documents
from rilon.policy.network import Network, digest_of
from rilon.policy.on_demand import OnDemand, with_rooms
from rilon.texts import recalls
from rilon.texts.translator import translator
from tests.policy_scene import NETWORK

DOCUMENTS = NETWORK.documents
NOW = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)


def with_group(**changed: Any) -> Documents:
    (group,) = DOCUMENTS.groups
    return DOCUMENTS.model_copy(update={"groups": (group.model_copy(update=changed),)})


def terms(documents: Documents) -> dict[str, int]:
    return {key: term.days for key, term in build(documents).personal_data_kept.items()}


def desks_of(**changed: Any) -> Documents:
    (group,) = DOCUMENTS.groups
    desks = group.rooms.desks.model_copy(update=changed)
    return with_group(rooms=group.rooms.model_copy(update={"desks": desks}))


def test_every_shipped_room_has_a_shorter_term_for_personal_data() -> None:
    assert set(NETWORK.personal_data_kept) == set(NETWORK.rooms)
    for key, term in NETWORK.personal_data_kept.items():
        assert term < NETWORK.retention[key]


def test_a_room_says_its_own_term_and_else_takes_the_groups() -> None:
    found = terms(desks_of(personal_data_days=10))
    assert found["mps-desk-idn"] == 10
    assert found["mps-floor"] == 30


def test_the_rooms_ordinary_term_wins_where_it_is_shorter() -> None:
    found = terms(desks_of(retention_days=20))
    assert "mps-desk-idn" not in found
    assert build(desks_of(retention_days=20)).retention["mps-desk-idn"] == timedelta(days=20)
    assert "mps-desk-idn" not in terms(desks_of(retention_days=30))


def test_without_a_term_personal_data_is_kept_like_everything_else() -> None:
    found = terms(with_group(personal_data_days=None))
    assert set(found) == {key for key in NETWORK.rooms if key.startswith("direct-")}


def test_rooms_on_demand_have_a_term_too() -> None:
    parties = frozenset({"AUS", "IDN", "MYS"})
    one = OnDemand("mps+aus+idn+mys", RoomKind.COMPARTMENT, "mps", parties)  # type: ignore[arg-type]
    network = with_rooms(NETWORK, [one])
    assert network.personal_data_kept["mps+aus+idn+mys"] == timedelta(days=30)
    assert network.personal_data_kept["mps-floor"] == timedelta(days=30)


@pytest.mark.parametrize(
    ("documents", "file", "path"),
    [
        (with_group(personal_data_days=181), "groups/mps.yaml", ("personal_data_days",)),
        (
            desks_of(retention_days=20, personal_data_days=21),
            "groups/mps.yaml",
            ("rooms", "desks", "personal_data_days"),
        ),
        (
            DOCUMENTS.model_copy(
                update={
                    "network": DOCUMENTS.network.model_copy(
                        update={
                            "direct_rooms": DOCUMENTS.network.direct_rooms.model_copy(
                                update={"personal_data_days": 91}
                            )
                        }
                    )
                }
            ),
            "network.yaml",
            ("direct_rooms", "personal_data_days"),
        ),
    ],
)
def test_a_term_longer_than_the_rooms_is_a_mistake(
    documents: Documents, file: str, path: tuple[str, ...]
) -> None:
    (found,) = checks.find(documents)
    assert (found.file, found.path) == (file, path)
    assert "longer" in found.problem
    assert found.mend.startswith("write ")


def test_a_term_as_long_as_the_rooms_is_none() -> None:
    assert not checks.find(with_group(personal_data_days=180))


def test_a_policy_that_says_nothing_of_it_keeps_its_digest() -> None:
    """A policy that was stored before there was the key isn't another one for it."""
    direct = DOCUMENTS.network.direct_rooms.model_copy(update={"personal_data_days": None})
    network = DOCUMENTS.network.model_copy(update={"direct_rooms": direct})
    silent = with_group(personal_data_days=None).model_copy(update={"network": network})
    stored = build(silent).to_document()
    assert "personal_data_days" not in str(stored)
    assert from_document(stored).digest == digest_of(silent)
    assert digest_of(silent) != NETWORK.digest


def test_the_terms_of_a_stored_policy_are_read_again() -> None:
    read = from_document(NETWORK.to_document())
    assert read.personal_data_kept == NETWORK.personal_data_kept
    assert read.digest == NETWORK.digest


# --- when it is over -----------------------------------------------------------------------------


def test_the_moment_is_counted_back_by_each_rooms_term() -> None:
    network = build(desks_of(personal_data_days=10))
    rooms = {"mps-floor": "!floor", "mps-desk-idn": "!desk"}
    assert ends_of_personal_data(network, rooms, NOW) == {
        "!floor": datetime(2027, 1, 30, 6, 0, tzinfo=UTC),
        "!desk": datetime(2027, 2, 19, 6, 0, tzinfo=UTC),
    }


def test_a_room_that_policy_has_no_more_is_counted_by_the_longest() -> None:
    network = build(desks_of(personal_data_days=10))
    ends = ends_of_personal_data(network, {"gone": "!gone"}, NOW)
    assert ends == {"!gone": NOW - timedelta(days=30)}


def test_nothing_is_over_where_policy_has_no_term() -> None:
    network = build(desks_of(retention_days=20))
    assert ends_of_personal_data(network, {"mps-desk-idn": "!desk"}, NOW) == {}
    assert ends_of_personal_data(none_at_all(), {"gone": "!gone", "mps-floor": "!f"}, NOW) == {}


def none_at_all() -> Network:
    direct = DOCUMENTS.network.direct_rooms.model_copy(update={"personal_data_days": None})
    network = DOCUMENTS.network.model_copy(update={"direct_rooms": direct})
    return build(with_group(personal_data_days=None).model_copy(update={"network": network}))


def test_what_is_due_is_written_once_for_each_room_whatever_its_order() -> None:
    ends = {"!floor": NOW, "!desk": NOW}
    first = ending_effects({"!floor": [b"a", b"b"], "!desk": [b"c"]}, ends)
    again = ending_effects({"!desk": [b"c"], "!floor": [b"b", b"a"]}, ends)
    assert first == again
    assert [one.payload["room_id"] for one in first] == ["!desk", "!floor"]
    assert len({one.once for one in first}) == 2
    (more,) = ending_effects({"!floor": [b"a"]}, ends)
    assert more.once not in {one.once for one in first}


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_notice_says_whose_and_how_many_and_asks_to_delete(language: str, count: int) -> None:
    said = recalls.personal_data_ended(translator(language), ("AUS", "IDN"), count).plain
    assert str(count) in said
    assert "AUS" in said
    assert "IDN" in said
    assert len(said.splitlines()) == 2


def test_the_notice_is_in_the_officers_language() -> None:
    assert "data pribadi" in recalls.personal_data_ended(translator("id"), ("AUS",), 2).plain
