"""The gazetteer: what is shipped, and mistakes in it with line and mend."""

from __future__ import annotations

import pytest

from rilon.domain.gazetteer import Gazetteer, SeaArea
from rilon.policy.build import from_document
from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistake, Mistakes
from rilon.policy.network import digest_of
from tests.policy_scene import NETWORK, shipped_files

SHIPPED = {
    name: content
    for name, content in shipped_files().items()
    if not name.startswith(("cases/", "templates/"))
}
FILE = "gazetteer.yaml"


def small(areas: str = "", places: str = "", routes: str = "") -> dict[str, bytes]:
    parts = [f"{key}:\n{text}" for key, text in zip(LISTS, (areas, places, routes), strict=True)]
    return {**SHIPPED, FILE: "".join(part for part in parts if "-" in part).encode()}


LISTS = ("areas", "places", "routes")
JAVA = "  - {key: java-sea, names: {en: Java Sea}, at: '-5.0, 111.0'}\n"
DILI = "  - {key: dili, names: {en: Dili}, country: TLS, at: '-8.55, 125.57'}\n"
ROUTE = "  - {key: one, names: {en: One route}, begins: [dili], ends: [dili], areas: [java-sea]}\n"


def mistakes(files: dict[str, bytes]) -> tuple[Mistake, ...]:
    found = load(files)
    assert isinstance(found, Mistakes), "nothing was found"
    return found.items


def test_the_shipped_gazetteer_is_on_the_map_where_its_sea_is() -> None:
    """It will be drawn: every position is within the region, and routes lead somewhere."""
    gazetteer = NETWORK.gazetteer
    assert gazetteer.areas["andaman-sea"].at == (10.0, 96.0)
    assert len(gazetteer.areas) >= 18
    assert len(gazetteer.places) >= 35
    assert len(gazetteer.routes) >= 10
    points = [area.at for area in gazetteer.areas.values()]
    points += [place.at for place in gazetteer.places.values()]
    assert all(-25 < latitude < 25 and 75 < longitude < 150 for latitude, longitude in points)


def test_a_name_is_said_in_the_readers_language_or_in_english() -> None:
    """A regional tag is its language, where it has no name of its own."""
    sea = SeaArea("x", {"en": "Timor Sea", "pt": "Mar de Timor"})
    assert [sea.name(tag) for tag in ("pt", "pt-TL", "th", "en")] == [
        "Mar de Timor",
        "Mar de Timor",
        "Timor Sea",
        "Timor Sea",
    ]


def test_without_the_file_the_gazetteer_is_empty() -> None:
    """And the policy keeps the digest that it had before there were gazetteers."""
    found = load({name: content for name, content in SHIPPED.items() if name != FILE})
    assert isinstance(found, Policy)
    assert found.network.gazetteer == Gazetteer()
    document = found.network.to_document()
    assert "gazetteer" not in document["documents"]
    assert digest_of(found.network.documents) != NETWORK.digest


def test_a_stored_policy_has_its_gazetteer() -> None:
    """The running steward takes the policy from its database."""
    assert from_document(NETWORK.to_document()).gazetteer == NETWORK.gazetteer


@pytest.mark.parametrize(
    ("files", "line", "problem", "mend"),
    [
        (small(JAVA + JAVA), 3, "the key `java-sea` is there twice", "another key"),
        (small(JAVA.replace("'-5.0, 111.0'", "'-95.0, 111.0'")), 2, "is no position", "latitude"),
        (small(JAVA.replace("'-5.0, 111.0'", "'5 111'")), 2, "isn't written as `at`", "match"),
        (small(JAVA.replace("en: Java Sea", "id: Laut Jawa")), 2, "`en` is missing", "add `en:`"),
        (small(JAVA.replace("en: Java Sea", "en: Java Sea, jp: x")), 2, "`jp` isn't", "pt"),
        (small(JAVA.replace("Java Sea", "'Java, Sea'")), 2, "isn't written as `en`", "match"),
        (small(JAVA.replace("Java Sea", "'--'")), 2, "`--` says nothing", "letters"),
        (small(JAVA.replace("Java Sea", '"Java\\u200b Sea"')), 2, "nobody sees", "anew"),
        (
            small(JAVA, DILI.replace("en: Dili", "en: JAVA  SEA")),
            4, "`JAVA SEA` is already that of `java-sea`", "one of them",
        ),
        (
            small(JAVA, DILI.replace("country", "aliases: [java-sea], country")),
            4, "`java-sea` is already that of `java-sea`", "one of them",
        ),
        (small(JAVA, DILI.replace("TLS", "Timor")), 4, "isn't written as `country`", "[A-Z]"),
        (small(JAVA, DILI, ROUTE.replace("[dili], e", "[dilli], e")), 6, "place `dilli`", "dili"),
        (small(JAVA, DILI, ROUTE.replace("ends: [dili]", "ends: [oe]")), 6, "place `oe`", "dili"),
        (small(JAVA, DILI, ROUTE.replace("[java-sea]", "[dili]")), 6, "no sea area `dili`", "java"),
        (small(JAVA, DILI, ROUTE.replace("[java-sea]", "[]")), 6, "`areas` is too short", "1"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_gazetteer_is_named_with_its_line(
    files: dict[str, bytes], line: int, problem: str, mend: str
) -> None:
    """What officers type must mean one thing."""
    found = [one for one in mistakes(files) if problem in one.problem]
    assert found, [str(one) for one in mistakes(files)]
    assert (found[0].file, found[0].line) == (FILE, line)
    assert mend in found[0].mend


def test_a_gazetteer_that_cant_be_read_stops_the_policy() -> None:
    """It isn't taken for one that is missing."""
    assert mistakes({**SHIPPED, FILE: b"areas: 3\n"})


@pytest.mark.parametrize("key", ["rep", "bul"])
def test_a_group_may_not_be_named_like_reports_or_bulletins(key: str) -> None:
    """`REP-7K3F-4` must never be the number of a request."""
    text = SHIPPED["groups/mps.yaml"].decode().replace("key: mps", f"key: {key}")
    files = {name: one for name, one in SHIPPED.items() if name != "groups/mps.yaml"}
    files[f"groups/{key}.yaml"] = text.encode()
    roster = files["roster.yaml"].decode().replace("[mps]", f"[{key}]")
    files["roster.yaml"] = roster.encode()
    (found,) = (one for one in mistakes(files) if "begins the numbers" in one.problem)
    assert found.file == f"groups/{key}.yaml"
    assert "another key" in found.mend
