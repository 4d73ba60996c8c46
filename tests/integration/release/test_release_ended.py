"""How a release ends: declined, lapsed, withdrawn, undone; and that it serves for nothing else."""

from __future__ import annotations

from datetime import timedelta

from rilon.application.choices import DISCARD_SIGN, SEND_SIGNS
from rilon.application.release_steps import DECLINE_SIGN, GRANT_SIGN
from rilon.domain.acts import Post
from rilon.domain.officers import Role
from rilon.domain.parties import Party, parties
from rilon.domain.verdicts import Accept, Code
from rilon.policy.build import build
from rilon.policy.question import Source
from rilon.policy.source_rules import may_be_in
from rilon.storage.passages import find_delivered_sources
from tests.integration.release.release_desk import (
    DESKS,
    EVERYONE,
    FLOOR,
    OTHER,
    PASSAGE,
    Stage,
)
from tests.integration.screening_desk import ROOM, is_refused

# --- the end -------------------------------------------------------------------------------------


async def test_a_declined_text_is_gone_and_both_are_told(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(DECLINE_SIGN)
    await stage.perform()
    assert await stage.outcome() == "declined"
    assert ("release_declined", "declined", parties("AUS", "IDN")) in await stage.kinds()
    assert "who wrote it first declined" in stage.on("!direct")[-1]
    assert stage.on(DESKS["IDN"])[-1].startswith("Ditolak oleh Focal point 1 · IDN")
    assert stage.on(ROOM) == []


async def test_a_request_that_nobody_answers_lapses_and_both_are_told(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    stage.at += timedelta(hours=72, seconds=1)
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.choosing.sweep() == 1
    await stage.perform()
    assert await stage.outcome() == "lapsed"
    assert "nobody answered in time" in stage.on("!direct")[-1]
    assert "Waktunya habis sebelum semua menjawab." in stage.on(DESKS["IDN"])[-1]
    assert stage.on(ROOM) == []
    assert ("release_declined", "lapsed", parties("AUS", "IDN")) in await stage.kinds()


async def test_who_asked_takes_it_back_with_one_tap(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    card = await stage.asked()
    await stage.tap(card, DISCARD_SIGN)
    await stage.perform()
    assert await stage.outcome() == "withdrawn"
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert stage.on(ROOM) == []
    assert "Peminta menariknya kembali." in stage.on(DESKS["IDN"])[-1]


async def test_what_was_granted_is_not_taken_back(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    card = await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.tap(card, DISCARD_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"


async def test_a_source_that_is_made_tighter_meanwhile_is_not_released(stage: Stage) -> None:
    """ATTACK: a consent to what was AMBER then, used for what is RED now."""
    source = await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.run(
        "UPDATE passage_source SET marking = jsonb_set(marking, '{tlp}', '\"RED\"') "
        "WHERE identity = :identity",
        identity=source.identity,
    )
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert stage.on(ROOM) == []


async def test_a_source_that_comes_meanwhile_isnt_covered(stage: Stage) -> None:
    """ATTACK: a consent for A, used for B."""
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    await stage.delivered(PASSAGE, rel="AUS THA", by="THA", room=FLOOR, received="AUS THA")
    await stage.perform()
    assert await stage.outcome() == "refused"


async def test_a_policy_that_entitles_others_now_undoes_the_grant(stage: Stage) -> None:
    await stage.delivered(PASSAGE)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform(only="consent")
    documents = stage.network.documents
    entry = documents.network.releases
    assert entry is not None
    changed = documents.model_copy(
        update={
            "network": documents.network.model_copy(
                update={
                    "version": 2,
                    "releases": entry.model_copy(update={"granted_by": (Role.CHAIR,)}),
                }
            )
        }
    )
    await stage.put_in_force(build(changed))
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert stage.on(ROOM) == []


# --- A never serves for B ------------------------------------------------------------------------


async def test_a_release_opens_no_other_room_and_no_other_text(stage: Stage) -> None:
    await stage.delivered(PASSAGE, caveats=frozenset({"ORCON"}))
    await stage.delivered(OTHER)
    await stage.asked()
    await stage.answer_by_tap(GRANT_SIGN)
    await stage.perform()
    assert await stage.outcome() == "posted"
    (verdict,) = await stage.floor_posts()
    await stage.keep(verdict, FLOOR)
    # The same words in the same room: what everybody there has may be said there. Among other
    # words they may be refused (decision 29).
    again = await stage.ask(stage.said(f"TLP:AMBER {EVERYONE} ORCON // as we heard, {PASSAGE}"))
    assert isinstance(again, Accept), again
    # Another content.
    assert is_refused(await stage.ask(stage.said(OTHER)), Code.SOURCE_RESTRICTED)
    # Another room: the direct room of the Thai officer, to whom the floor belongs as well.
    room = stage.network.rooms["mps-desk-tha"]
    copy = await sources_of(stage, PASSAGE, "THA")
    assert not any(may_be_in(one, room, Party("THA")) for one in copy)


async def sources_of(stage: Stage, words: str, party: str) -> list[Source]:
    left = stage.quotation.left_by(Post(words, None), stage.network)
    async with stage.engine.begin() as connection:
        return list(await find_delivered_sources(connection, left, Party(party)))


async def test_what_was_shown_binds_who_copies_it_and_not_who_wrote_it(stage: Stage) -> None:
    """ATTACK: Indonesia's officer passes on what Australia wrote into its request."""
    own = "our own patrol will be at the western approach from four in the morning"
    await stage.delivered(PASSAGE)
    await stage.asked(f"{PASSAGE}. {own}")
    assert isinstance(await stage.ask(stage.said(f"TLP:GREEN // {own}")), Accept)
    (copy,) = await sources_of(stage, own, "IDN")
    assert not may_be_in(copy, stage.network.rooms[FLOOR], Party("IDN"))


# --- release here --------------------------------------------------------------------------------


async def test_what_ones_own_party_wrote_is_released_with_one_tap(stage: Stage) -> None:
    await stage.delivered(PASSAGE, by="AUS", rel="AUS IDN")
    await stage.refused()
    assert "1️⃣ Release it here as" in stage.on("!direct")[-1]
    (row,) = await stage.rows()
    await stage.tap(row.card_event_id, SEND_SIGNS[0])
    await stage.perform()
    assert await stage.outcome() == "posted"
    (said,) = stage.on(ROOM)
    assert said.startswith("Secondee 1 · AUS (Australia) writes, sent by the steward:")
    assert await stage.kinds() == [("release_granted", "here", parties("AUS"))]
    (verdict,) = await stage.floor_posts()
    assert verdict.marking["originators"] == ["AUS"]


async def test_release_here_releases_nothing_that_another_party_wrote(stage: Stage) -> None:
    """ATTACK: a source of another party comes between the card and the tap."""
    await stage.delivered(PASSAGE, by="AUS", rel="AUS IDN")
    card = await stage.refused()
    await stage.delivered(PASSAGE, by="IDN", rel="AUS IDN")
    await stage.tap(card, SEND_SIGNS[0])
    await stage.perform()
    assert await stage.outcome() == "refused"
    assert stage.on(ROOM) == []
