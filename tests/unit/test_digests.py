"""A digest as a bulletin: it reads as it is, counts what it may, and hides what is small."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rilon.application import digests
from rilon.bulletins.blocks import Heading, Picture, Table, plain_of
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.bulletins.written import messages
from rilon.digests import drafting
from rilon.digests.counting import UNSAID, route_of
from rilon.digests.drafting import Asked, Digest, TooMany, digest_of, periods_of
from rilon.digests.due import DueDigest, key_of
from rilon.digests.labels import figure
from rilon.digests.pictures import RouteMap
from rilon.digests.request_counts import RequestCounts
from rilon.digests.suppression import HIDDEN, Shown, shown_exactly
from rilon.domain.gazetteer import Gazetteer, SeaArea
from rilon.domain.markings import Tlp
from rilon.domain.periods import Every, period_of
from rilon.domain.reports import Age, Ending, Method, People, Report, Sex, Sighting, Vessel
from rilon.policy.bulletin_rules import DigestRule
from rilon.policy.countable import countable
from rilon.texts.digests import decimal
from rilon.texts.translator import translator
from tests.digest_scene import (
    AMBER,
    GROUP,
    NOW,
    OPEN,
    ROOM,
    RULE,
    SEA,
    WEEK,
    ZONE,
    blank,
    drafted,
    report,
    reports,
)
from tests.policy_scene import NETWORK

AUTHOR = NETWORK.officers["rso.analyst1"]
FAMILY = (People(Age.ADULT, Sex.FEMALE, 31), People(Age.CHILD, Sex.UNKNOWN, 4))
BUSY = RequestCounts(asked=21, urgent=6, answered=12, in_time=9, refused=4, open=5)


def read(digest: Digest) -> Bulletin:
    found = read_bulletin("digest.md", digest.content, AUTHOR, NETWORK, NOW)
    assert isinstance(found, Bulletin), found
    return found


def tables(digest: Digest) -> dict[str, dict[str, tuple[str, ...]]]:
    """The tables by their heading, and their rows by name."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    heading = ""
    for block in read(digest).blocks:
        if isinstance(block, Heading):
            heading = plain_of(block.runs)
        if isinstance(block, Table):
            found[heading] = {row[0]: row[1:] for row in block.rows[1:]}
    return found


def pictures_of(digest: Digest) -> list[str]:
    return [one.file for one in read(digest).blocks if isinstance(one, Picture)]


def test_a_digest_reads_as_a_bulletin_without_a_change() -> None:
    """With the shipped policies; each of its pictures is there, as PNG and as SVG."""
    made = drafted(
        reports([8, 9, 20], route="north", people=FAMILY, vessel=Vessel.FISHING), requests=BUSY
    )
    bulletin = read(made)
    assert bulletin.head.kind.value == "trends"
    assert bulletin.head.title == "Maritime people smuggling: reports of week 46, 2026"
    assert (bulletin.head.period.begins, bulletin.head.period.ends) == (WEEK.begins, WEEK.ends)
    assert len(bulletin.head.sources) == 37
    assert pictures_of(made) == ["course-en.png", "routes-en.png", "map-en.png"]
    files = {name for one in pictures_of(made) for name in (one, one.replace("png", "svg"))}
    assert made.pictures.keys() == files
    assert all(len(message.plain) < 20_000 for message in messages(bulletin))


@pytest.mark.parametrize("many", [0, 1, 3, 120, 900])
def test_no_number_of_reports_makes_figures_that_look_like_telephone_numbers(many: int) -> None:
    """The rules for personal data see nothing in any table."""
    found = reports([many // 2, many, many], area="andaman", people=FAMILY, methods=(Method.PORT,))
    counts = RequestCounts(many, many, many, many - many // 3, 0, 0)
    read(drafted(found[: drafting.MOST_REPORTS], requests=counts))


def test_a_digest_is_written_in_each_of_its_languages() -> None:
    """Names of places and seas too; the pictures have their language in their name."""
    rule = replace(RULE, languages=("en", "id"))
    made = drafted(reports([9, 9, 9], route="north", area="andaman"), rule=rule)
    assert {"routes-en.png", "routes-id.png"} <= set(pictures_of(made))
    assert {"Andaman Sea", "Laut Andaman", "Rute utara"} <= {
        name for rows in _all_tables(made) for name in rows
    }
    assert read(made).head.languages == ("en", "id")


def _all_tables(digest: Digest) -> list[list[str]]:
    return [
        [row[0] for row in block.rows] for block in read(digest).blocks if isinstance(block, Table)
    ]


def test_the_same_reports_in_another_order_make_the_same_bytes() -> None:
    found = reports([5, 5, 9], begins="cox", ends="aceh")
    assert drafted(found) == drafted(found[::-1])


# --- what is counted -----------------------------------------------------------------------------


def test_what_is_left_out_leaves_no_trace() -> None:
    """ATTACK: a marking that keeps a state out, told by a count. File and pictures are the same
    bytes as if the report weren't there; the analyst alone has how many."""
    kept = reports([6, 6, 8], route="north", area="andaman", people=FAMILY)
    closed = replace(OPEN, tlp=Tlp.RED)
    some = [report(900 + at, marking=closed, area="timor", begins="kupang") for at in range(5)]
    earlier = [report(950, WEEK.before, closed, area="timor")]
    made = drafted([*kept, *some, *earlier])
    assert (made.content, made.pictures) == (drafted(kept).content, drafted(kept).pictures)
    assert made.left_out == 5


def test_a_report_is_counted_in_the_period_in_which_it_was_filed() -> None:
    """By the RSO's clock: Sunday evening in UTC is Monday in Bangkok. Its own day may be older."""
    found = reports([5], area="andaman")
    late = replace(report(500, area="andaman"), filed_at=datetime(2026, 11, 15, 17, 1, tzinfo=UTC))
    old = replace(
        report(501, area="andaman", day=date(2025, 1, 1)),
        filed_at=datetime(2026, 11, 8, 17, 0, tzinfo=UTC),
    )
    shown = tables(drafted([*found, late, old]))
    assert shown["In short"]["all reports"][0] == "6"


def test_a_corrected_report_counts_once_as_it_was_corrected() -> None:
    found = reports([6], vessel=Vessel.RAFT)
    corrected = [
        replace(one, said=replace(one.said, vessel=Vessel.FERRY), revision=2) for one in found
    ]
    shown = tables(drafted([*corrected, *found]))
    assert shown["In short"]["all reports"][0] == "6"
    assert shown["Reports by vessel"]["ferry"][0] == "6"


def test_another_groups_reports_and_other_weeks_arent_counted() -> None:
    other = [replace(one, group="prevention") for one in reports([9])]
    before = [report(700 + at, period_of(date(2026, 1, 5), Every.WEEK)) for at in range(4)]
    after = [report(800 + at, period_of(WEEK.after, Every.WEEK)) for at in range(4)]
    made = drafted([*other, *before, *after])
    assert read(made).head.sources == ()
    assert tables(made)["In short"]["all reports"][0] == "0"


def test_a_young_group_has_no_mean_of_weeks_before_it_began() -> None:
    """Weeks in which nobody could report aren't weeks with no reports."""
    assert len(periods_of(WEEK, GROUP)) == 9
    young = replace(GROUP, begins=WEEK.before.begins)
    assert periods_of(WEEK, young) == (WEEK.before, WEEK)
    assert periods_of(WEEK, replace(GROUP, begins=WEEK.ends)) == (WEEK,)
    assert len(periods_of(WEEK, replace(GROUP, begins=None))) == 9
    for begins in (WEEK.before.begins, WEEK.begins):
        asked = Asked(replace(GROUP, begins=begins), WEEK, RULE, ZONE)
        made = digest_of(asked, reports([7]), (BUSY, RequestCounts()), SEA, lambda _: True, blank)
        assert isinstance(made, Digest)
        assert all("Mean" not in cell for rows in _all_tables(made) for cell in rows)


def test_more_reports_than_a_bulletin_can_name_make_no_digest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A source that isn't named couldn't be looked at before the digest is published."""
    monkeypatch.setattr(drafting, "MOST_REPORTS", 5)
    asked = Asked(GROUP, WEEK, RULE, ZONE)
    found = digest_of(asked, reports([3, 3]), (BUSY, BUSY), SEA, lambda _: True, blank)
    assert found == TooMany(6)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"route": "north"}, "north"),
        ({"begins": "cox", "ends": "aceh"}, "north"),
        ({"begins": "kupang", "ends": "ashmore"}, "kupang>ashmore"),
        ({"begins": "kupang"}, "kupang>"),
        ({"ends": "ashmore"}, ">ashmore"),
        ({"route": "gone", "begins": "gone"}, UNSAID),
        ({}, UNSAID),
    ],
)
def test_a_route_is_the_gazetteers_or_from_where_to_where(said: dict[str, Any], key: str) -> None:
    sighting = report(1, **said).said
    assert isinstance(sighting, Sighting)
    assert route_of(sighting, SEA) == key


# --- what is shown -------------------------------------------------------------------------------


def test_every_subject_has_its_table() -> None:
    found = [
        *reports([6], begins="kupang", ends="ashmore", area="timor", vessel=Vessel.RAFT),
        *reports([4], 100, begins="kupang", methods=(Method.LANDING, Method.HIDDEN)),
        *reports([3], 200, ends="ashmore", ending=Ending.RESCUED),
        *reports([5], 300),
    ]
    shown = tables(drafted(found))
    assert shown["Reports by route"] == {
        "Kupang to Ashmore Reef": ("6", "0", "0.0"),
        "from Kupang": ("4", "0", "0.0"),
        "to Ashmore Reef": ("3", "0", "0.0"),
        "not said": ("5", "0", "0.0"),
    }
    assert shown["Reports by sea area"]["not said"] == ("12", "0", "0.0")
    assert shown["Reports by method"] == {
        "hidden on board": ("4", "0", "0.0"),
        "straight to a beach": ("4", "0", "0.0"),
    }
    assert shown["Reports by vessel"]["raft"][0] == "6"
    assert shown["Reports by outcome"]["rescued"][0] == "3"


def test_a_route_with_few_reports_is_in_no_table_and_in_no_picture() -> None:
    """Its name, its count, its line on the map: none of them."""
    found = [
        *reports([0, 6, 9], route="north"),
        *reports([2], 300, begins="kupang", ends="ashmore"),
    ]
    made = drafted(found)
    shown = tables(made)["Reports by route"]
    assert shown.keys() == {"Northern route"}
    everything = made.content + b"".join(made.pictures.values())
    assert b"Kupang to Ashmore" not in everything
    (drawn,) = [data for name, data in made.pictures.items() if name == "map-en.png"]
    assert drawn.count(b"Way(") == 1


def test_a_route_that_became_rare_is_shown_as_small_and_isnt_drawn() -> None:
    found = [
        *reports([4, 1], route="north"),
        *reports([0, 6], 300, begins="kupang", ends="ashmore"),
    ]
    made = drafted(found)
    assert tables(made)["Reports by route"]["Northern route"][:2] == ("<3", "4")
    assert b"Northern" not in made.pictures["map-en.png"]
    assert b"Kupang" in made.pictures["map-en.png"]


def test_a_week_with_few_reports_shows_that_and_no_more() -> None:
    made = drafted(reports([2], route="north", people=FAMILY, area="andaman"))
    shown = tables(made)
    assert shown["In short"]["all reports"][0] == "<3"
    assert shown["People"] == {"people in reports": ("–", "0"), "of them children": ("–", "0")}
    assert "Reports by route" not in shown
    assert pictures_of(made) == ["course-en.png"]
    assert "Too few reports, so not shown" in made.content.decode()


def test_children_are_told_only_where_they_and_the_others_are_in_enough_reports() -> None:
    alone = (People(Age.CHILD, Sex.FEMALE, 2),)
    adults = (People(Age.ADULT, Sex.MALE, 12),)
    few = [*reports([5], people=adults), *reports([2], 300, people=alone)]
    assert tables(drafted(few))["People"]["people in reports"][0] == "64"
    assert tables(drafted(few))["People"]["of them children"][0] == "–"
    enough = [*reports([5], people=adults), *reports([3], 300, people=alone)]
    assert tables(drafted(enough))["People"]["of them children"][0] == "6"


def test_requests_are_counted_without_a_party_and_without_a_small_count() -> None:
    shown = tables(drafted(reports([5]), requests=BUSY))["Requests"]
    assert shown == {
        "asked": ("21", "0"),
        "of them urgent": ("6", "0"),
        "answered in time": ("9", ""),
        "answered late": ("3", ""),
        "refused": ("4", ""),
        "still open": ("5", ""),
        "withdrawn or not delivered": ("0", ""),
    }
    few = replace(BUSY, urgent=1)
    assert tables(drafted(reports([5]), requests=few))["Requests"]["of them urgent"][0] == "–"


def test_changes_are_told_in_words_and_never_in_percent() -> None:
    made = drafted(
        [*reports([6, 6, 24], route="north"), *reports([5, 5, 5], 500, vessel=Vessel.RAFT)]
    ).content.decode()
    assert "More than in the week before: Northern route (24, before 6)" in made
    assert "No clear change: raft" in made
    assert "%" not in made


def test_a_name_with_signs_of_markdown_is_shown_as_it_is() -> None:
    """ATTACK: a name of the gazetteer that makes a table, a link or HTML of itself."""
    name = "Sea | of <b>~ [two](https://x.example) `winds`"
    odd = Gazetteer(areas={"odd": SeaArea("odd", {"en": name}, (), (1.0, 1.0))})
    made = digest_of(
        Asked(GROUP, WEEK, RULE, ZONE),
        reports([5], area="odd"),
        (BUSY, BUSY),
        odd,
        lambda _: True,
        blank,
    )
    assert isinstance(made, Digest)
    assert tables(made)["Reports by sea area"].keys() == {name}


def test_figures_are_written_so() -> None:
    assert [figure(one) for one in (shown_exactly(0), shown_exactly(7), Shown(0, 2), HIDDEN)] == [
        "0", "7", "<3", "–"
    ]  # fmt: skip


def test_a_language_that_nobody_knows_has_english_numbers() -> None:
    t = translator("zz-unknown")
    assert decimal(t, 2.25) == "2.2"
    assert decimal(translator("id"), 2.5) == "2,5"


def test_many_routes_are_cut_and_said_to_be() -> None:
    """The table has the forty with most reports; sentences and pictures have fewer."""
    places = {
        f"p{at}": replace(SEA.places["cox"], key=f"p{at}", names={"en": f"Harbour number {at}"})
        for at in range(60)
    }
    found = [
        one
        for at in range(60)
        for one in reports([3], 1 + at * 3, begins=f"p{at}", ends="p0" if at else "p1")
    ]
    sea = replace(SEA, places=places)
    made = digest_of(
        Asked(GROUP, WEEK, RULE, ZONE), found, (BUSY, BUSY), sea, lambda _: True, blank
    )
    assert isinstance(made, Digest)
    assert len(tables(made)["Reports by route"]) == 40
    assert "…" in made.content.decode()
    assert made.pictures["map-en.png"].count(b"Way(") == 8


def test_a_months_digest_speaks_of_months() -> None:
    month = period_of(date(2026, 10, 1), Every.MONTH)
    rule = replace(RULE, every=Every.MONTH)
    found = [report(1 + at, month) for at in range(30)]
    found += [report(100 + at, month.before) for at in range(4)]
    made = digest_of(
        Asked(GROUP, month, rule, ZONE), found, (BUSY, BUSY), SEA, lambda _: True, blank
    )
    assert isinstance(made, Digest)
    assert read(made).head.title == "Maritime people smuggling: reports of October 2026"
    said = made.content.decode()
    assert "This month" in said
    assert "More than in the month before: all reports (30, before 4)" in said
    assert "Mean of 6 months before" in said


def test_a_route_without_both_ends_isnt_on_the_map() -> None:
    """Neither is one whose places the gazetteer lacks, or that ends where it begins."""
    found = [*reports([5], begins="kupang"), *reports([5], 100, begins="cox", ends="cox")]
    assert pictures_of(drafted(found)) == ["course-en.png", "routes-en.png"]
    bare = replace(SEA, routes={"north": replace(SEA.routes["north"], ends=())})
    made = digest_of(
        Asked(GROUP, WEEK, RULE, ZONE),
        reports([5], route="north"),
        (BUSY, BUSY),
        bare,
        lambda _: True,
        blank,
    )
    assert isinstance(made, Digest)
    assert "map-en.png" not in made.pictures
    assert RouteMap.__name__ not in repr(made.pictures)


def test_the_last_day_counts_and_the_next_doesnt() -> None:
    last = datetime(2026, 11, 15, 16, 59, tzinfo=UTC)
    found = [replace(report(at), filed_at=last + timedelta(minutes=at - 4)) for at in range(8)]
    assert tables(drafted(found))["In short"]["all reports"][0] == "5"


async def test_a_draft_is_made_of_what_was_filed_though_it_happened_long_before() -> None:
    """Reports are read by their own day, and counted by the day on which they were filed. Requests
    are those of the period and of the one before, by the RSO's clock."""
    old = replace(report(1, area="andaman"), said=replace(report(1).said, day=date(2025, 1, 1)))
    known = [old, *reports([7], 2)]
    asked: list[tuple[datetime, datetime]] = []

    async def reports_of(group: str, since: date, until: date) -> tuple[Report, ...]:
        assert group == "mps"
        return tuple(one for one in known if since <= one.said.day <= until)

    async def counts_of(group: str, since: datetime, until: datetime) -> RequestCounts:
        asked.append((since, until))
        return BUSY

    due = DueDigest(key_of("mps", WEEK), "mps", WEEK, RULE)
    made = await digests.drafted(due, NETWORK, SEA, reports_of, counts_of, blank, NOW)
    assert isinstance(made, Digest)
    assert tables(made)["In short"]["all reports"][0] == "8"
    monday = datetime(2026, 11, 8, 17, tzinfo=UTC)
    week = timedelta(days=7)
    assert asked == [(monday, monday + week), (monday - week, monday)]


# --- a period that isn't over --------------------------------------------------------------------


def so_far(found: list[Report], rule: DigestRule = RULE) -> Digest:
    """The digest of the week up to its second day, on which the reports were filed."""
    fits = countable(ROOM, rule.marking, NOW.date())
    period = period_of(WEEK.begins, rule.every)
    asked = Asked(GROUP, period, rule, ZONE, WEEK.begins + timedelta(days=1))
    made = digest_of(asked, found, (RequestCounts(), RequestCounts()), SEA, fits, blank)
    assert isinstance(made, Digest)
    return made


def test_a_week_that_goes_on_says_so_and_is_compared_with_none() -> None:
    """ATTACK: half a week beside whole ones would look like fewer boats."""
    found = reports([40, 40, 40, 9], route="north")
    made, whole = read(so_far(found)), drafted(found).content.decode()
    assert made.head.title == "Maritime people smuggling: reports of week 46, 2026, so far"
    assert (made.head.period.begins, made.head.period.ends) == (
        date(2026, 11, 9),
        date(2026, 11, 10),
    )
    said = so_far(found).content.decode()
    assert said.split("---\n\n")[1].startswith("This week isn't over.")
    assert "Fewer than in" in whole
    for words in (
        "Fewer than in",
        "More than in",
        "No clear change",
        "Too few to compare",
        "twenty",
    ):
        assert words not in said
    # ATTACK: counts of requests from one day to the next tell of each that others asked.
    shown = tables(drafted(found))
    assert shown.pop("Requests")
    assert tables(so_far(found)) == shown


def test_a_month_that_goes_on_says_so() -> None:
    """Where a group has digests of months alone."""
    said = so_far(reports([9], route="north"), DigestRule(Every.MONTH, AMBER)).content.decode()
    assert "reports of November 2026 so far" in said
    assert "This month isn't over." in said
