"""What stands around a message: all that was said, a thread by itself, and without small talk."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from rilon.application.quotation import Quotation
from rilon.domain.acts import Post, Relation, RelationKind
from rilon.policy.recent_words import (
    MOST_IN_ALL,
    NO_WORDS,
    REMEMBERED_FOR,
    Around,
    Forms,
    RecentWords,
    Said,
    around,
    from_bytes,
    milliseconds,
    remember,
    to_bytes,
)
from tests.policy_scene import NETWORK

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "the skipper bought fuel on credit at the northern jetty before the crossing to the cape"
PIECES = [SECRET[at : at + 25] for at in range(0, 75, 25)]
LONG = "the weather is fine and the harbour quiet, nothing at all to report from our side today"


class Open:
    def seal(self, value: bytes) -> bytes:
        return value

    def open(self, sealed: bytes) -> bytes:
        return sealed


class Officer:
    """Writes one thing after the other, and knows when each was sent."""

    def __init__(self) -> None:
        self.quotation = Quotation(b"k" * 32, Open(), ())
        self.recent: bytes | None = None
        self.now = NOW

    def say(self, text: str, root: datetime | None = None, edits: datetime | None = None) -> bool:
        """Whether it is recognised as the secret."""
        self.now += timedelta(milliseconds=7)
        kind = RelationKind.THREAD if root else RelationKind.EDIT
        relation = Relation(kind, "$e") if root or edits else None
        looked = self.quotation.look(
            Post(text, None, relation),
            milliseconds(self.now).to_bytes(32, "little"), self.now, root or edits,
            self.recent, NETWORK, self.now,
        )  # fmt: skip
        self.recent = looked.remembered or self.recent
        return not looked.passages.isdisjoint(self.quotation.left_by(Post(SECRET, None), NETWORK))


def test_pieces_in_a_thread_are_recognised_with_other_messages_between() -> None:
    """ATTACK: what is said on the main timeline doesn't stand between messages of a thread."""
    officer = Officer()
    root = NOW - timedelta(hours=1)
    assert not officer.say(PIECES[0], root)
    assert not officer.say(LONG)
    assert officer.say(PIECES[1], root)


def test_pieces_on_the_main_timeline_are_recognised_with_a_thread_between() -> None:
    officer = Officer()
    assert not officer.say(PIECES[0])
    assert not officer.say(LONG, NOW - timedelta(hours=1))
    assert officer.say(PIECES[1])


def test_the_root_of_a_thread_is_its_first_piece() -> None:
    officer = Officer()
    assert not officer.say(PIECES[0])
    root = officer.now
    assert not officer.say(LONG)
    assert officer.say(PIECES[1], root)


def test_the_root_of_a_thread_edited_to_be_its_first_piece_is_recognised() -> None:
    officer = Officer()
    assert not officer.say("good morning")
    root = officer.now
    assert not officer.say(LONG)
    assert not officer.say(PIECES[1], root)
    assert officer.say(PIECES[0], edits=root)


def test_pieces_of_two_threads_are_not_put_together_across_another_message() -> None:
    officer = Officer()
    assert not officer.say(PIECES[0], NOW - timedelta(hours=1))
    assert not officer.say(LONG)
    assert not officer.say(PIECES[1], NOW - timedelta(hours=2))


def test_a_short_message_between_pieces_hides_nothing() -> None:
    """ATTACK: `k` after each piece, and many of them."""
    for between in (["k"], ["ok, thanks"], ["k"] * 45, ["①②③④⑤⑥⑦⑧⑨⑩①②③"]):
        officer = Officer()
        assert not officer.say(PIECES[0])
        assert not any(officer.say(f"{one} {'.' * n}") for n, one in enumerate(between))
        assert officer.say(PIECES[1]), between


def test_a_long_message_between_pieces_keeps_them_apart() -> None:
    """What the threat model calls open."""
    officer = Officer()
    assert not officer.say(PIECES[0])
    assert not officer.say(LONG)
    assert not officer.say(PIECES[1])


def test_pieces_with_numbers_before_them_are_recognised() -> None:
    for number in ("{}) ", "{}. ", "({}/3) ", "{}/3 ", "[{}] "):
        officer = Officer()
        said = [officer.say(number.format(n) + one) for n, one in enumerate(PIECES, 1)]
        assert said[0] is False, number
        assert said[1] is True, number


def test_dressed_pieces_are_recognised() -> None:
    officer = Officer()
    assert not officer.say(PIECES[0].replace(" ", " ™ "))
    assert officer.say(PIECES[1].replace("t", "ŧ").replace("o", "ø"))


def test_a_dressed_piece_meets_what_a_long_message_ends_with() -> None:
    officer = Officer()
    assert not officer.say(LONG * 3 + PIECES[0].replace(" ", " ™ "))
    assert not officer.say("k")
    assert officer.say(PIECES[1].replace(" ", " ① ") + LONG * 3)


def test_small_talk_after_a_piece_is_not_refused() -> None:
    officer = Officer()
    assert not officer.say(PIECES[0])
    assert not officer.say("k", NOW - timedelta(hours=1))
    assert not officer.say("thanks, see you at the meeting then")


# --- what is kept -----------------------------------------------------------------------------


def said(number: int, forms: Forms, thread: int | None = None) -> Said:
    return Said(f"{number:016x}", NOW + timedelta(milliseconds=number), forms, thread)


def four(text: str) -> Forms:
    return (text, text, text, text)


def test_recent_words_are_read_as_they_were_written() -> None:
    kept: RecentWords = (
        said(1, four("one")),
        said(2, ("body", "shown", "bare", "bareshown"), milliseconds(NOW)),
        said(3, ("ตี่", "", "", "x")),
    )
    assert from_bytes(to_bytes(kept), NOW) == kept


def test_words_that_an_earlier_version_kept_are_read() -> None:
    row = ["00", milliseconds(NOW), "boatleft", "boatieft"]
    (one,) = from_bytes(json.dumps([row]).encode(), NOW)
    assert one == Said("00", NOW, ("boatleft", "boatieft", "boatleft", "boatieft"), None)


def test_what_is_kept_has_an_end() -> None:
    recent: RecentWords = ()
    for number in range(3 * MOST_IN_ALL):
        recent = remember(recent, said(number, four("a" * 100), number % 7), None, NOW)
    assert len(recent) <= MOST_IN_ALL + 1
    assert len(to_bytes(recent)) < 40_000
    assert recent[-1].identity == f"{3 * MOST_IN_ALL - 1:016x}"
    later = NOW + REMEMBERED_FOR + timedelta(seconds=9)
    assert remember(recent, said(10**6, four("b")), None, later)[:-1] == ()


def test_without_recent_words_nothing_stands_around() -> None:
    assert around((), None) == (Around(NO_WORDS, NO_WORDS),)
    assert around((said(1, four("a")),), NOW - timedelta(hours=1)) == (Around(),)
