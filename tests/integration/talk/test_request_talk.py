"""What officers say of requests and duties, from the message to the answer, on a real PostgreSQL
through the real gate."""

from __future__ import annotations

import json
from datetime import timedelta

from rilon.domain.request_numbers import numbered
from rilon.domain.requests import Ground, Urgency
from rilon.domain.verdicts import Code, Refuse
from tests.integration.talk.talk_desk import TalkScene

DIRECT = "direct-idn.focal1"
DESK, MALAYSIA, THAILAND = "mps-desk-idn", "mps-desk-mys", "mps-desk-tha"


# --- people --------------------------------------------------------------------------------------


async def test_who_finds_people_and_answers_in_the_direct_room(scene: TalkScene) -> None:
    await scene.says("aus.focal1", "mps-floor", "!who IDN coast guard")
    said = scene.last("direct-aus.focal1")
    assert "idn.focal" in said
    assert "WIB" in said
    assert scene.heard("mps-floor") == []


async def test_who_finds_nobody_and_says_what_to_write(scene: TalkScene) -> None:
    await scene.says("aus.focal1", "direct-aus.focal1", "!who Malaisia")
    assert "Did you mean" in scene.last("direct-aus.focal1")


# --- the whole story -----------------------------------------------------------------------------


async def test_a_request_by_one_line_reaches_the_desks_and_comes_back_answered(
    scene: TalkScene,
) -> None:
    asked = await scene.says(
        "idn.focal1", DESK, "!rfi MYS,THA urgent, danger to life: Where is the NOVA STAR now?"
    )
    assert scene.last(DESK).startswith("Kepada MYS dan THA · mendesak: bahaya bagi nyawa")
    preview = scene.event(DESK, "Kepada MYS dan THA")
    await scene.taps("idn.focal1", DESK, preview, "✅")
    card = scene.event(MALAYSIA, "Request MPS-")
    assert "Where is the NOVA STAR now?" in scene.content(card)["body"]
    await scene.taps("mys.focal1", MALAYSIA, card, "👍")
    answer = await scene.says("mys.focal1", MALAYSIA, "TLP:AMBER // It is in Johor.", reply=card)
    shown = scene.event(MALAYSIA, "Send this to Indonesia as your answer")
    await scene.taps("mys.focal1", MALAYSIA, shown, "✅")
    assert any("It is in Johor." in said for said in scene.heard(DESK))
    other = scene.event(THAILAND, "Request MPS-")
    await scene.says("tha.focal1", THAILAND, "!refuse c", thread=other)
    rated = scene.event(DESK, "seberapa bergunakah")
    await scene.taps("idn.focal1", DESK, rated, "👍")
    await scene.says("idn.focal1", DESK, "!close useful", thread=asked)
    assert answer


# --- the rota ------------------------------------------------------------------------------------


async def test_the_lead_changes_the_rota_and_the_last_word_wins(scene: TalkScene) -> None:
    await scene.says("idn.focal1", DIRECT, "!duty idn.focal2 today 18:00-22:00")
    assert scene.last(DIRECT).startswith("Dicatat: Focal point 2 · IDN piket dari 2026-11-23 18:00")
    (change,) = await scene.told.changes()
    assert (change.made_by, change.officers) == ("idn.focal1", ("idn.focal2",))
    await scene.says("idn.focal1", DIRECT, "!away me 24 Dec - 3 Jan, deputy idn.focal2")
    assert "Focal point 2 · IDN menggantikan" in scene.last(DIRECT)
    assert len(await scene.told.changes()) == 2


async def test_a_change_is_kept_once_however_often_it_is_worked_off(scene: TalkScene) -> None:
    event = await scene.says("idn.focal1", DIRECT, "!duty idn.focal2 today 18:00-22:00")
    said = len(scene.heard(DIRECT))
    await scene.hears(event, DIRECT)
    await scene.perform()
    assert len(await scene.told.changes()) == 1
    assert len(scene.heard(DIRECT)) == said


async def test_who_is_no_lead_changes_nothing_and_is_told_who_may(scene: TalkScene) -> None:
    await scene.says("aus.secondee1", "mps-desk-aus", "!duty aus.focal2 today 18:00-22:00")
    assert scene.last("direct-aus.secondee1") == (
        "Focal point 1 · AUS changes the rota of your party. Please tell them."
    )
    assert await scene.told.changes() == ()
    assert scene.heard("mps-desk-aus") == []


async def test_another_partys_officer_is_an_officer_that_the_party_has_not(
    scene: TalkScene,
) -> None:
    for name in ("mys.focal1", "idn.nobody"):
        await scene.says("idn.focal1", DIRECT, f"!duty {name} today 18:00-22:00")
    first, second = scene.heard(DIRECT)[-2:]
    assert first.replace("mys.focal1", "?") == second.replace("idn.nobody", "?")
    assert await scene.told.changes() == ()


async def test_duty_alone_says_who_is_on_duty_until_when(scene: TalkScene) -> None:
    await scene.says("aus.focal1", "direct-aus.focal1", "!duty")
    lines = scene.last("direct-aus.focal1").splitlines()
    assert lines[0].startswith("On duty for Australia: Focal point ")
    assert lines[1] == "Somebody is on duty at all times in the next 7 days."
    assert lines[-1] == (
        "To change it: !duty aus.focal2 today 18:00-22:00, or !away aus.focal2 tomorrow"
    )


# --- the guided exchange -------------------------------------------------------------------------


async def test_a_request_is_asked_step_by_step_with_taps_and_words(scene: TalkScene) -> None:
    """The officer never learns a command but `!rfi`."""
    direct = "direct-aus.focal1"
    root = await scene.says("aus.focal1", direct, "!rfi")
    first = scene.event(direct, "Whom do you ask?")
    assert scene.content(first)["m.relates_to"]["event_id"] == root
    assert await scene.signs(first) >= {"🇮🇩", "🇲🇾", "👥", "❌"}
    await scene.taps("aus.focal1", direct, first, "🇮🇩")
    assert scene.last(direct).startswith("What do you want to know?")
    await scene.taps("aus.focal1", direct, first, "🇲🇾")
    await scene.says("aus.focal1", direct, "Where is the NOVA STAR?", thread=root)
    preview = scene.event(direct, "To IDN and MYS")
    await scene.taps("aus.focal1", direct, preview, "⚡")
    why = scene.event(direct, "Why is it urgent?")
    await scene.taps("aus.focal1", direct, why, "2️⃣")
    assert "urgent: danger to life" in scene.last(direct)
    await scene.says("aus.focal1", direct, "send", thread=root)
    assert "Where is the NOVA STAR?" in scene.content(scene.event(DESK, "MPS-"))["body"]
    assert scene.last(direct).startswith("Your request is MPS-")
    assert scene.content(scene.event(direct, "Your request is"))["m.relates_to"]["event_id"] == root
    assert (await scene.run("SELECT count(*) FROM exchange WHERE sealed IS NOT NULL"))[0][0] == 0


async def test_a_client_without_threads_answers_all_the_same(scene: TalkScene) -> None:
    direct = "direct-aus.focal1"
    await scene.says("aus.focal1", direct, "!rfi")
    await scene.says("aus.focal1", direct, "Indonesia and Malaysia")
    await scene.says("aus.focal1", direct, "Where is the NOVA STAR?")
    assert scene.last(direct).startswith("To IDN and MYS")
    await scene.says("aus.focal1", direct, "cancel")
    assert scene.last(direct) == "Stopped. Nothing was sent, and nothing of it is kept."
    await scene.says("aus.focal1", direct, "anything else")
    assert scene.last(direct).startswith("I am a program")


async def test_a_mistake_says_how_it_should_read_and_loses_nothing(scene: TalkScene) -> None:
    direct = "direct-aus.focal1"
    root = await scene.says("aus.focal1", direct, "!rfi Malaixia: where is the NOVA STAR?")
    assert "Did you mean MYS?" in scene.last(direct)
    await scene.says("aus.focal1", direct, "MYS", thread=root)
    assert "where is the NOVA STAR?" in scene.last(direct)
    assert scene.last(direct).startswith("To MYS")


async def test_nobody_elses_words_or_taps_move_an_exchange(scene: TalkScene) -> None:
    root = await scene.says("aus.focal1", "mps-desk-aus", "!rfi IDN: where is the NOVA STAR?")
    preview = scene.event("mps-desk-aus", "To IDN")
    said = len(scene.posts)
    await scene.taps("aus.focal2", "mps-desk-aus", preview, "✅")
    await scene.says("aus.focal2", "mps-desk-aus", "send", thread=root)
    await scene.says("aus.focal2", "mps-desk-aus", "send", reply=preview)
    assert len(scene.posts) == said
    await scene.taps("aus.focal1", "mps-desk-aus", preview, "✅")
    assert scene.heard(DESK)


async def test_a_message_that_is_worked_off_twice_moves_an_exchange_once(scene: TalkScene) -> None:
    direct = "direct-aus.focal1"
    root = await scene.says("aus.focal1", direct, "!rfi")
    event = await scene.says("aus.focal1", direct, "IDN", thread=root, perform=False)
    (row,) = await scene.run("SELECT * FROM effect WHERE kind = 'heard' AND state = 'due'")
    await scene.perform()
    said = scene.heard(direct)
    await scene.run(
        "UPDATE effect SET state = 'due', payload = CAST(:payload AS jsonb) WHERE id = :id",
        id=row.id,
        payload=json.dumps(row.payload),
    )
    await scene.perform()
    assert scene.heard(direct) == said
    assert event


async def test_an_exchange_goes_on_after_the_process_died_anywhere(scene: TalkScene) -> None:
    """The connection breaks before or after each thing that is sent; each is said once."""
    direct = "direct-aus.focal1"
    for number in range(6):
        before, after = number % 2, (number + 1) % 2
        scene.server.dies_before, scene.server.dies_after = before * 2, after * 2
        root = await scene.says("aus.focal1", direct, "!rfi")
        await scene.says("aus.focal1", direct, "IDN", thread=root)
        await scene.says("aus.focal1", direct, f"Where is number {number}?", thread=root)
        await scene.says("aus.focal1", direct, "send", thread=root)
    asked = [said for said in scene.heard(DESK) if "Where is number" in said]
    assert len(asked) == 6
    assert sum(said.startswith("Your request is") for said in scene.heard(direct)) == 6
    assert sum(said.startswith("Whom do you ask?") for said in scene.heard(direct)) == 6


async def test_the_database_holds_no_word_of_an_officer_in_clear(scene: TalkScene) -> None:
    direct = "direct-aus.focal1"
    root = await scene.says("aus.focal1", direct, "!rfi IDN: where is the ZEBRACORN?")
    assert "ZEBRACORN" in scene.last(direct)
    await scene.says("aus.focal1", direct, "purpose: QUAGGAWORD", thread=root)
    await scene.says("aus.focal1", direct, "!who ZEBRACORN", perform=False)
    for table in ("effect", "exchange", "exchange_question", "held", "ledger_outbox", "request"):
        for (row,) in await scene.run(f"SELECT t::text FROM {table} t"):
            assert "ZEBRACORN" not in row
            assert "QUAGGAWORD" not in row
    await scene.perform()
    assert await scene.run("SELECT 1 FROM effect WHERE payload ? 'sealed'") == []


# --- on the floor --------------------------------------------------------------------------------


async def test_a_request_on_the_floor_goes_on_in_the_direct_room(scene: TalkScene) -> None:
    verdict = await scene.asks("aus.focal1", "mps-floor", "!rfi IDN: where is the NOVA STAR?")
    assert isinstance(verdict, Refuse)
    assert verdict.code is Code.REQUEST_NOT_FOR_ALL
    await scene.perform()
    direct = "direct-aus.focal1"
    assert scene.heard("mps-floor") == []
    card, preview = scene.heard(direct)
    assert card.startswith("Not delivered in Floor")
    assert preview.startswith("To IDN")
    assert "where is the NOVA STAR?" in preview
    ((sealed, outcome),) = await scene.run("SELECT sealed, outcome FROM held")
    assert (sealed, outcome) == (None, "taken")
    await scene.taps("aus.focal1", direct, scene.event(direct, "To IDN"), "✅")
    assert any("where is the NOVA STAR?" in said for said in scene.heard(DESK))


async def test_a_request_to_everyone_may_be_typed_on_the_floor(scene: TalkScene) -> None:
    await scene.says("aus.focal1", "mps-floor", "!rfi all: who has seen the NOVA STAR?")
    direct = "direct-aus.focal1"
    assert scene.heard("mps-floor") == []
    preview = scene.event(direct, "who has seen the NOVA STAR?")
    await scene.taps("aus.focal1", direct, preview, "✅")
    assert any("who has seen the NOVA STAR?" in said for said in scene.heard(THAILAND))


# --- no oracle -----------------------------------------------------------------------------------


async def test_a_foreign_request_and_none_are_answered_by_the_same_words(scene: TalkScene) -> None:
    number, _ = await scene.ask(to="IDN")
    direct = "direct-tha.focal1"
    wrong = numbered("mps", "0000" if number[4:8] != "0000" else "0001")
    for command in ("!done", "!refuse c", "!withdraw", "!close useful", "!assign me"):
        for named in (number, wrong):
            await scene.says("tha.focal1", direct, f"{command.split()[0]} {named} "
                             + command.partition(" ")[2])  # fmt: skip
    answers = set(scene.heard(direct))
    assert len(scene.heard(direct)) == 10
    assert answers == {"I know no such request for you. To see yours: !requests"}
    assert len(scene.heard(THAILAND)) == 0


async def test_talk_in_the_thread_of_a_desk_never_leaves_it(scene: TalkScene) -> None:
    number, _ = await scene.ask(to="IDN")
    card = (await scene.card_event(number)) or ""
    said = len(scene.posts)
    await scene.says("idn.focal1", DESK, "I have heard of it, ask the port", thread=card)
    notice = scene.event(DESK, str(number))
    await scene.says("idn.focal2", DESK, "so have I", reply=notice, thread=card)
    await scene.taps("idn.focal2", DESK, notice, "🎉")
    assert len(scene.posts) - said in (0, 1)
    assert not any("port" in one for one in scene.heard("mps-desk-aus"))


async def test_requests_lists_what_waits_on_both_sides(scene: TalkScene) -> None:
    number, _ = await scene.ask(to="IDN")
    await scene.says("idn.focal1", DESK, "!requests")
    assert f"• {number} Australia · belum dilihat" in scene.last(DIRECT)
    await scene.says("aus.focal1", "direct-aus.focal1", "!requests")
    assert f"• {number} Indonesia · not seen yet" in scene.last("direct-aus.focal1")
    await scene.says("tha.focal1", "direct-tha.focal1", "!requests")
    assert str(number) not in scene.last("direct-tha.focal1")


async def test_the_coordinator_sees_what_is_late_and_who_is_missing(scene: TalkScene) -> None:
    number, _ = await scene.ask(to="IDN", urgency=Urgency(Ground.LIFE))
    scene.at += timedelta(days=4)
    await scene.says("rso.coordinator1", "direct-rso.coordinator1", "!requests")
    said = scene.last("direct-rso.coordinator1")
    assert "1 request is late" in said
    assert f"🔴 {number} Indonesia · not seen yet · late since" in said
    assert "• Timor-Leste: " in said


async def test_a_clarification_goes_there_and_back(scene: TalkScene) -> None:
    number, asked = await scene.ask(name="aus.focal1", to="IDN")
    card = await scene.card_event(number)
    await scene.says("idn.focal1", DESK, "!clarify Which flag does it fly?", thread=card)
    question = scene.event("mps-desk-aus", "Which flag does it fly?")
    assert "Reply to this message to answer" in scene.content(question)["body"]
    await scene.says("aus.focal1", "mps-desk-aus", "None at all.", thread=asked, reply=question)
    assert not any("None at all." in said for said in scene.heard(DESK))
    shown = scene.event("mps-desk-aus", "Send this to Indonesia about")
    await scene.taps("aus.focal1", "mps-desk-aus", shown, "✅")
    assert any("None at all." in said for said in scene.heard(DESK))
    await scene.says("idn.focal1", DESK, "!delay 2 days the port is closed", thread=card)
    told = scene.content(scene.event("mps-desk-aus", "the port is closed"))["body"]
    assert f"{number}: Indonesia needs more time, until 2026-11-25 14:00 AEDT" in told
    await scene.says("idn.focal2", DESK, "!assign idn.focal1", thread=card)
    await scene.says("idn.focal2", DESK, "!assign idn.focal2", thread=card)
    assert "sudah menanganinya" in scene.last(DESK)
    await scene.says("idn.focal2", DESK, "!assign idn.focal2 instead of idn.focal1", thread=card)
    assert scene.last(DESK).startswith("Focal point 2 · IDN menangani")


async def test_a_command_without_a_request_says_how_to_name_one(scene: TalkScene) -> None:
    await scene.says("idn.focal1", DIRECT, "!done")
    assert "!done MPS-7K3F-4" in scene.last(DIRECT)
    await scene.says("idn.focal1", DIRECT, "!done MPS-7K3F-5")
    assert "MPS-7K3F-4" in scene.last(DIRECT)


async def test_help_in_a_thread_says_what_can_be_done_there(scene: TalkScene) -> None:
    number, _ = await scene.ask(name="aus.focal1", to="IDN")
    await scene.says("idn.focal1", DESK, "!help", thread=await scene.card_event(number))
    assert "!refuse f" in scene.last(DESK)
    assert "!rooms" not in scene.last(DESK)


async def test_a_tap_on_another_card_holds_nothing_up(scene: TalkScene) -> None:
    """It waits for what it is on; what else is due to its officer doesn't."""
    direct = "direct-aus.focal1"
    event = f"${'e' * 32}"
    relation = {"rel_type": "m.annotation", "event_id": f"${'c' * 43}", "key": "1️⃣"}
    scene._raw("aus.focal1", direct, event, "m.reaction", {"m.relates_to": relation})
    await scene.hears(event, direct)
    ((subject,),) = await scene.run("SELECT subject FROM effect WHERE kind = 'heard'")
    assert subject == f"heard {event}"
