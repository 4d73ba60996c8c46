"""ATTACKS: words of a request that are carried without the marking of the message that they were
said in. Through the real gate, on a real PostgreSQL."""

from __future__ import annotations

import secrets

import pytest

from rilon.domain.verdicts import Accept, Refuse
from tests.integration.desk import curve, encrypted, event, user
from tests.integration.taking_back import asked, recalling
from tests.integration.talk.talk_desk import TalkScene

AUS_DESK, MYS_DESK = "mps-desk-aus", "mps-desk-mys"
PAIR = "mps-aus-idn"
SENDER, COLLEAGUE = "mys.focal1", "mys.focal2"


async def asked_malaysia(scene: TalkScene) -> str:
    """A request of Australia to Malaysia: the event of its card."""
    number, _ = await scene.ask(name="aus.focal1", to="MYS")
    return await scene.card_event(number, "MYS")


def previews(scene: TalkScene, room: str) -> list[str]:
    """The events of all previews in a room that still offer ✅."""
    return [
        shown
        for shown, (at, content) in scene.posts.items()
        if at == f"!{room}" and "Send this to" in content["body"]
    ]


async def sent(scene: TalkScene, name: str, room: str) -> None:
    """✅ on the last preview of a room."""
    await scene.taps(name, room, previews(scene, room)[-1], "✅")


async def taps_all(scene: TalkScene, name: str) -> None:
    """✅ on whatever the steward said in an officer's direct room."""
    room = f"direct-{name}"
    for shown in [one for one, (at, _) in scene.posts.items() if at == f"!{room}"]:
        await scene.taps(name, room, shown, "✅")


def reached(scene: TalkScene, words: str, room: str = AUS_DESK) -> bool:
    return any(words in said for said in scene.heard(room))


async def edits(scene: TalkScene, name: str, room: str, target: str, body: str) -> None:
    relation = {"rel_type": "m.replace", "event_id": target}
    new = {"msgtype": "m.text", "body": body}
    clear = {"sender_key": curve(name), "device_id": "DEVICE", "m.relates_to": relation}
    inside = {**new, "body": f"* {body}", "m.new_content": new, "m.relates_to": relation}
    room_id, event_id = f"!{room}", f"${secrets.token_hex(12)}"
    session = await scene._session(room_id, name)
    content = encrypted(session, room_id, inside, clear)
    raw = event(room_id, "m.room.encrypted", user(name), scene.at, content, event_id)
    verdict = await scene.judge(raw, "DEVICE")
    assert isinstance(verdict, Accept), verdict
    await scene._delivered(event_id)


async def removes(scene: TalkScene, name: str, room: str, target: str) -> None:
    event_id = f"${secrets.token_hex(12)}"
    raw = scene._raw(name, room, event_id, "m.room.redaction", {"redacts": target})
    verdict = await scene.judge({**raw, "redacts": target}, "DEVICE")
    assert isinstance(verdict, Accept), verdict


async def withdraws(scene: TalkScene, name: str, target: str, stated: str = "") -> None:
    """`!recall`, or `!mark` with what is stated."""
    change = {"stated": stated} if stated else {}
    payload = asked(target, name, scene.at, **change) | {"asked": f"${secrets.token_hex(12)}"}
    await recalling(scene).ask(payload)
    # Nobody in this scene carries them out: what counts here is on record already.
    await scene.run("DELETE FROM effect WHERE kind IN ('redact', 'recall', 'say')")


# --- the question ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["", ", hide me"])
@pytest.mark.parametrize("words", ["Who?", "Who mended the engine of the long ferry in the south?"])
async def test_a_question_is_protected_where_it_is_asked(
    scene: TalkScene, how: str, words: str
) -> None:
    """ATTACK: sent on by whom it was asked of, to the party that it is to be kept from. Short, or
    long enough that its passages are recognised."""
    said = f"TLP:AMBER PROTECT IDN // !rfi MYS{how}: {words}"
    await scene.says("aus.focal1", AUS_DESK, said)
    await scene.taps("aus.focal1", AUS_DESK, scene.event(AUS_DESK, "✅"), "✅")
    card = scene.event(MYS_DESK, words)
    assert "PROTECT IDN" in scene.content(card)["body"]
    (row,) = await scene.run("SELECT marking FROM verdict WHERE delivered_event_id = :e", e=card)
    assert row.marking["protect"] == ["IDN"]
    answer = {"m.in_reply_to": {"event_id": card}}
    wide = await scene.asks(SENDER, MYS_DESK, "TLP:GREEN // we know", answer)
    assert isinstance(wide, Refuse)


# --- the message changed after the preview -------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    ["recall", "remove", "edit", "TLP:AMBER PROTECT AUS //", "TLP:CLEAR REL MYS //", "TLP:RED //"],
)
async def test_a_tap_on_a_preview_whose_message_changed_since_sends_nothing(
    scene: TalkScene, change: str
) -> None:
    card = await asked_malaysia(scene)
    said = await scene.says(SENDER, MYS_DESK, "the teak sloop is ours", reply=card)
    if change == "recall":
        await withdraws(scene, COLLEAGUE, said)
    elif change == "remove":
        await removes(scene, SENDER, MYS_DESK, said)
    elif change == "edit":
        await edits(scene, SENDER, MYS_DESK, said, "another sloop")
    else:
        await withdraws(scene, COLLEAGUE, said, change)
    await sent(scene, COLLEAGUE, MYS_DESK)
    assert not reached(scene, "teak sloop")
    assert "Not sent" in scene.last(MYS_DESK)
    assert "changed or taken back" in scene.last(MYS_DESK)


async def test_a_message_recalled_between_the_tap_and_the_gate_is_not_carried(
    scene: TalkScene,
) -> None:
    card = await asked_malaysia(scene)
    said = await scene.says(SENDER, MYS_DESK, "the oak sloop is theirs", reply=card)
    may_go = scene.carried.may_go

    async def recalled_just_then(words_id: str) -> object:
        found = await may_go(words_id)
        await withdraws(scene, COLLEAGUE, said)
        return found

    scene.carried.may_go = recalled_just_then  # type: ignore[method-assign, assignment]
    await sent(scene, SENDER, MYS_DESK)
    assert not reached(scene, "oak sloop")


@pytest.mark.parametrize("change", ["recall", "edit", "TLP:AMBER REL MYS //"])
async def test_a_question_whose_message_changed_since_is_not_asked(
    scene: TalkScene, change: str
) -> None:
    said = await scene.says(SENDER, MYS_DESK, "!rfi AUS: who moors the elm sloop?")
    preview = scene.event(MYS_DESK, "To AUS")
    if change == "recall":
        await withdraws(scene, COLLEAGUE, said)
    elif change == "edit":
        await edits(scene, SENDER, MYS_DESK, said, "never mind")
    else:
        await withdraws(scene, COLLEAGUE, said, change)
    await scene.taps(SENDER, MYS_DESK, preview, "✅")
    assert not reached(scene, "elm sloop")


async def test_a_guided_question_whose_later_words_were_recalled_is_not_asked(
    scene: TalkScene,
) -> None:
    root = await scene.says(SENDER, MYS_DESK, "!rfi AUS")
    said = await scene.says(SENDER, MYS_DESK, "Who moors the yew sloop?", thread=root)
    preview = scene.event(MYS_DESK, "To AUS")
    await withdraws(scene, COLLEAGUE, said)
    await scene.taps(SENDER, MYS_DESK, preview, "✅")
    assert not reached(scene, "yew sloop")


# --- the reply to "asks back" --------------------------------------------------------------------


async def asks_back(scene: TalkScene) -> tuple[str, str]:
    """Malaysia asks Australia back: the thread there, and the message."""
    number, asked = await scene.ask(name="aus.focal1", to="MYS")
    card = await scene.card_event(number, "MYS")
    await scene.says(SENDER, MYS_DESK, "!clarify Which mole is meant?", thread=card)
    return asked, scene.event(AUS_DESK, "Which mole is meant?")


@pytest.mark.parametrize(
    "marking",
    ["REL AUS //", "TLP:RED REL AUS //", "TLP:AMBER REL AUS ORCON //", "TLP:AMBER PROTECT MYS //"],
)
async def test_a_reply_to_asks_back_that_leaves_the_reader_out_never_goes(
    scene: TalkScene, marking: str
) -> None:
    thread, back = await asks_back(scene)
    await scene.says("aus.focal1", AUS_DESK, f"{marking} the stone mole", thread=thread, reply=back)
    assert not previews(scene, AUS_DESK)
    assert not reached(scene, "stone mole", MYS_DESK)
    assert "marking" in scene.last(AUS_DESK)


async def test_a_secondees_reply_to_asks_back_waits_for_an_entitled_tap(scene: TalkScene) -> None:
    thread, back = await asks_back(scene)
    await scene.says("aus.secondee1", AUS_DESK, "!note tell nobody", thread=thread, reply=back)
    assert not reached(scene, "tell nobody", MYS_DESK)
    await sent(scene, "aus.secondee1", AUS_DESK)
    assert not reached(scene, "tell nobody", MYS_DESK)
    await sent(scene, "aus.focal1", AUS_DESK)
    assert reached(scene, "tell nobody", MYS_DESK)


# --- quoted markings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("yes", "> TLP:RED REL MYS // the larch sloop"),
        ("yes", "> REL AUS,MYS PROTECT AUS // the larch sloop"),
        ("!partial yes", "> TLP:RED REL IDN,MYS // the larch sloop"),
        ("!clarify yes", "> TLP:AMBER REL MYS // the larch sloop"),
    ],
)
async def test_a_quoted_marking_that_leaves_the_reader_out_keeps_the_answer_back(
    scene: TalkScene, said: str, quoted: str
) -> None:
    card = await asked_malaysia(scene)
    await scene.says(SENDER, MYS_DESK, f"{said}\n{quoted}", reply=card)
    assert not previews(scene, MYS_DESK)
    assert not reached(scene, "larch sloop")


async def test_a_quoted_label_is_stated_above_what_is_carried(scene: TalkScene) -> None:
    card = await asked_malaysia(scene)
    await scene.says(SENDER, MYS_DESK, "yes\n> TLP:AMBER+STRICT // the fir sloop", reply=card)
    await sent(scene, SENDER, MYS_DESK)
    (carried,) = [said for said in scene.heard(AUS_DESK) if "fir sloop" in said]
    assert "TLP:AMBER+STRICT REL AUS,MYS //" in carried


@pytest.mark.parametrize("room", ["direct-idn.focal1", PAIR])
async def test_a_question_with_a_quoted_marking_that_leaves_the_addressee_out_is_not_asked(
    scene: TalkScene, room: str
) -> None:
    said = "!rfi AUS,MYS: is it so?\n> TLP:RED REL AUS,IDN // the ash sloop"
    await scene.says("idn.focal1", room, said)
    await taps_all(scene, "idn.focal1")
    assert not reached(scene, "ash sloop", MYS_DESK)
    assert not reached(scene, "is it so?", MYS_DESK)


# --- what a message answers ----------------------------------------------------------------------


@pytest.mark.parametrize("command", ["!partial yes exactly", "!clarify yes exactly"])
async def test_words_that_answer_an_own_restricted_message_have_its_marking(
    scene: TalkScene, command: str
) -> None:
    card = await asked_malaysia(scene)
    kept = await scene.says(COLLEAGUE, MYS_DESK, "TLP:RED REL MYS PROTECT AUS // hers", thread=card)
    await scene.says(SENDER, MYS_DESK, command, thread=card, reply=kept)
    assert not previews(scene, MYS_DESK)
    assert not reached(scene, "yes exactly")


async def test_words_that_answer_an_own_message_without_marking_go(scene: TalkScene) -> None:
    card = await asked_malaysia(scene)
    talk = await scene.says(COLLEAGUE, MYS_DESK, "so it seems", thread=card)
    await scene.says(SENDER, MYS_DESK, "!partial that is so", thread=card, reply=talk)
    await sent(scene, SENDER, MYS_DESK)
    assert reached(scene, "that is so")


@pytest.mark.parametrize("relation", ["reply", "thread"])
async def test_a_question_about_anothers_restricted_message_is_not_asked_of_a_third(
    scene: TalkScene, relation: str
) -> None:
    theirs = await scene.says("aus.focal1", PAIR, "TLP:AMBER REL AUS,IDN // the birch sloop")
    question = "!rfi AUS,MYS: can you confirm it?"
    if relation == "reply":
        await scene.says("idn.focal1", PAIR, question, reply=theirs)
    else:
        await scene.says("idn.focal1", PAIR, question, thread=theirs)
    await taps_all(scene, "idn.focal1")
    assert not reached(scene, "can you confirm it?", MYS_DESK)


# --- the own party's restricted words, pasted ----------------------------------------------------

PASTED = "the cooper under the old bridge stores paddles for a captain from the east"


@pytest.mark.parametrize("marking", ["TLP:RED REL MYS PROTECT AUS", "TLP:AMBER REL MYS"])
@pytest.mark.parametrize("under_the_card", [True, False])
async def test_own_restricted_words_pasted_without_their_marking_are_not_released_by_a_tap(
    scene: TalkScene, marking: str, under_the_card: bool
) -> None:
    card = await asked_malaysia(scene)
    thread = card if under_the_card else None
    await scene.says(COLLEAGUE, MYS_DESK, f"{marking} // {PASTED}", thread=thread)
    await scene.says(SENDER, MYS_DESK, f"We know: {PASTED}", reply=card)
    if shown := previews(scene, MYS_DESK):
        await scene.taps(SENDER, MYS_DESK, shown[-1], "✅")
    assert not reached(scene, PASTED)
    assert "Not sent" in scene.last(MYS_DESK)


async def test_own_restricted_words_never_go_with_a_command_alone(scene: TalkScene) -> None:
    card = await asked_malaysia(scene)
    await scene.says(COLLEAGUE, MYS_DESK, f"TLP:AMBER REL MYS // {PASTED}")
    await scene.says(SENDER, MYS_DESK, f"!clarify {PASTED}, or not?", thread=card)
    assert not reached(scene, PASTED)


async def test_own_restricted_words_in_a_reply_to_asks_back_stay(scene: TalkScene) -> None:
    thread, back = await asks_back(scene)
    await scene.says("aus.focal2", AUS_DESK, f"TLP:AMBER REL AUS // {PASTED}")
    await scene.says("aus.focal1", AUS_DESK, f"this: {PASTED}", thread=thread, reply=back)
    await sent(scene, "aus.focal1", AUS_DESK)
    assert not reached(scene, PASTED, MYS_DESK)


async def test_own_words_in_which_nobody_wrote_who_may_have_them_are_released_by_the_tap(
    scene: TalkScene,
) -> None:
    card = await asked_malaysia(scene)
    await scene.says(COLLEAGUE, MYS_DESK, PASTED, thread=card)
    await scene.says(SENDER, MYS_DESK, f"We know: {PASTED}", reply=card)
    await sent(scene, SENDER, MYS_DESK)
    assert reached(scene, PASTED)


# --- what the requester learns of a refusal ------------------------------------------------------


@pytest.mark.parametrize("command", ["", "!clarify ", "!delay 2 days "])
async def test_a_requester_is_told_nothing_of_a_third_partys_words(
    scene: TalkScene, command: str
) -> None:
    """ATTACK: the refusal tells that somebody else has a text on it."""
    theirs = f"TLP:AMBER REL AUS,IDN // {PASTED}"
    await scene.says("aus.focal1", PAIR, theirs)
    number, _ = await scene.ask(name="mys.focal1", to="IDN", room=MYS_DESK)
    card = await scene.card_event(number, "IDN")
    before = len(scene.heard(MYS_DESK))
    desk = "mps-desk-idn"
    await scene.says("idn.focal1", desk, f"{command}{PASTED}", thread=card, reply=card)
    if not command:
        await scene.taps("idn.focal1", desk, scene.event(desk, "sebagai jawaban Anda"), "✅")
    assert len(scene.heard(MYS_DESK)) == before
    assert "Tidak dikirim" in scene.last(desk)
