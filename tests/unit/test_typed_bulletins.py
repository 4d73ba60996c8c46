"""A bulletin as it is typed in a room: its file, its lines, and what usual clients make of it."""

from __future__ import annotations

from datetime import date

import pytest
from markdown_it import MarkdownIt

from rilon.bulletins.commands import BulletinDeed, BulletinOrder, read_bulletin_order
from rilon.bulletins.reading import Bulletin, read_bulletin
from rilon.bulletins.typed import as_typed, form, is_typed, read_typed
from rilon.domain.request_numbers import numbered
from rilon.domain.verdicts import Accept
from rilon.policy.evaluate import evaluate
from rilon.wire.messages import read_message
from rilon.wire.shapes import NotInShape
from tests.policy_scene import NETWORK, NOW, question

AUTHOR = NETWORK.officers["rso.analyst1"]
TYPED = """TLP:GREEN //
title: Straits: what changed # now
kind: trends
period: {from: 2026-05-25, until: 2026-05-31}
groups: [mps]
sources: ["https://example.org/snake_case"]

Fewer boats; see [the note](https://example.org/a_b).

## Routes

> quoted *words*

- one
- two_three

1. first
2. second

---

picture weeks.png: Boats [by] day
"""


def read(body: str) -> Bulletin:
    made = read_bulletin("bulletin", read_typed(body).content, AUTHOR, NETWORK, NOW)
    assert isinstance(made, Bulletin), made
    return made


def test_what_is_typed_is_read_as_a_file() -> None:
    """The marking before it is the whole's; the title is taken as it stands."""
    found = read(TYPED)
    assert found.head.title == "Straits: what changed # now"
    assert found.head.marking == "TLP:GREEN"
    assert found.blocks[-1].line > found.blocks[0].line


@pytest.mark.parametrize("xhtml", [True, False])
def test_what_usual_clients_send_for_it_gets_past_the_gate(xhtml: bool) -> None:
    """Clients turn Markdown into formatted text, line breaks kept, and keep the source beside."""
    options = {"breaks": True, "html": False, "xhtmlOut": xhtml}
    html = MarkdownIt("commonmark", options).render(TYPED)
    content = {
        "msgtype": "m.text",
        "body": TYPED,
        "format": "org.matrix.custom.html",
        "formatted_body": html,
    }
    act = read_message(content, None, NETWORK.vocabulary, NOW.date())
    assert act.body == TYPED
    asked = question(act, "mps-analysis", "rso.analyst1")
    assert isinstance(evaluate(asked, NETWORK), Accept)


def test_each_line_of_the_file_is_named_as_it_was_typed() -> None:
    """Those of the head and of the text, with the marking on a line of its own or before."""
    for body in (TYPED, TYPED.replace("//\n", "// "), TYPED.replace("//\n", "//\n\n---\n")):
        if "---\ntitle" in body:
            body = body.replace('case"]\n\n', 'case"]\n---\n')
        typed = read_typed(body)
        rows, lines = typed.content.decode().split("\n"), body.split("\n")
        for word in ("kind: trends", "sources:", "Fewer boats", "- two_three"):
            at = next(n for n, row in enumerate(rows, 1) if row.startswith(word))
            assert word in lines[typed.line(at) - 1]
        assert 1 <= typed.line(1) <= typed.line(10_000)


def test_a_text_to_correct_is_the_same_file_again() -> None:
    """What is shown to be copied is what was published, with the number below its title."""
    content = read_typed(TYPED).content
    shown = as_typed(content, "TLP:GREEN //", "BUL-7K3F-4")
    assert shown.split("\n")[:3] == [
        "TLP:GREEN //",
        'title: "Straits: what changed # now"',
        "number: BUL-7K3F-4",
    ]
    again = read_typed(shown)
    assert again.number == "BUL-7K3F-4"
    assert read(shown).head == read(TYPED).head
    texts = [type(block) for block in read(shown).blocks]
    assert texts == [type(block) for block in read(TYPED).blocks]
    assert as_typed(again.content, "TLP:GREEN //", "BUL-7K3F-4") == shown


def test_a_file_without_a_head_or_a_title_is_shown_all_the_same() -> None:
    """Whatever lies there, nothing is lost and nothing raises."""
    assert as_typed(b"just words", "TLP:GREEN //", "BUL-7K3F-4") == "TLP:GREEN //\njust words"
    shown = as_typed(b"---\nkind: trends\n---\nwords", "TLP:GREEN //", "BUL-7K3F-4")
    assert shown == "TLP:GREEN //\nnumber: BUL-7K3F-4\nkind: trends\n\nwords"


def test_the_form_is_a_head_that_lacks_its_title_alone() -> None:
    """Sent back as it is, it has one mistake; with a title it has none."""
    days = date(2026, 5, 25), date(2026, 5, 31)
    empty = form("TLP:GREEN //", "mps", *days, "en", ("What changed.",))
    assert is_typed(empty)
    made = read_bulletin("bulletin", read_typed(empty).content, AUTHOR, NETWORK, NOW)
    assert not isinstance(made, Bulletin)
    assert [one.line for one in made.items] == [2]
    assert read(empty.replace("title:", "title: The week")).head.title == "The week"


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("title: x", True),
        ("TLP:AMBER REL AUS IDN // Title : x", True),
        ("TLP:AMBER //\n\n---\ntitle: x", True),
        ("I say, the title: x", False),
        ("--- \ntitle: x", True),
        ("---", False),
        ("A // b // title: x", False),
        ("", False),
    ],
)
def test_only_a_marking_may_stand_before_the_title(said: str, begins: bool) -> None:
    """Talk that has the word in it is talk."""
    assert is_typed(said) is begins


def test_whatever_is_typed_a_file_is_made_of_it() -> None:
    """Nothing raises, and a message without a head has a head's mistakes."""
    for body in ("", "\n\n", "---", "title:", "TLP:RED //", "\ud800 title: x", 'title: "quoted"'):
        made = read_bulletin("bulletin", read_typed(body).content, AUTHOR, NETWORK, NOW)
        assert not isinstance(made, Bulletin)


def test_a_marking_in_the_head_is_not_doubled() -> None:
    """A file that somebody pastes has its own line for it."""
    pasted = TYPED.replace("kind: trends", "kind: trends\nmarking: TLP:GREEN")
    assert read(pasted).head.marking == "TLP:GREEN"


NUMBER = numbered("bul", "7K3F")
SHOW, NEW, MORE = BulletinDeed.SHOW, BulletinDeed.NEW, BulletinDeed.MORE
WITHDRAW, CORRECT = BulletinDeed.WITHDRAW, BulletinDeed.CORRECT


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("!bulletin", BulletinOrder(NEW)),
        ("@steward:x !Buletin baru", BulletinOrder(NEW)),
        ("!boletim novo", BulletinOrder(NEW)),
        ("!bulletin more\n## A\n\nb", BulletinOrder(MORE, None, "## A\n\nb")),
        (f"!bulletin {NUMBER.lower()}", BulletinOrder(SHOW, NUMBER)),
        (f"!bulletin {NUMBER} withdraw it lies", BulletinOrder(WITHDRAW, NUMBER, "it lies")),
        (
            f"!bulletin withdraw {NUMBER}\nit lies",
            BulletinOrder(WITHDRAW, NUMBER, "it lies"),
        ),
        ("!bulletin correct", BulletinOrder(CORRECT)),
        ("!bulletin BUL-0000-1 what", BulletinOrder(SHOW, "BUL-0000-1 what")),
        ("!bulletin digest", BulletinOrder(BulletinDeed.DIGEST)),
        ("!buletin ringkasan", BulletinOrder(BulletinDeed.DIGEST)),
        (f"!bulletin {NUMBER} what", BulletinOrder(SHOW, NUMBER, "what")),
        ("!bulletins Andaman", None),
        ("bulletin new", None),
        ("! new bulletin", None),
    ],
)
def test_commands_of_bulletins_are_read(said: str, order: BulletinOrder | None) -> None:
    """In the languages of officers; the archive has a word of its own."""
    assert read_bulletin_order(said) == order


@pytest.mark.parametrize("body", ["a *b*\n\n- c", "**Head**\n- c", "`x`\n\n1. c", "*a*\n* b"])
def test_a_list_behind_words_that_are_set_off_says_the_same_in_both_forms(body: str) -> None:
    """The sign that ends the words stands before that of the item, in the source alone."""
    html = MarkdownIt("commonmark", {"breaks": True}).render(body)
    content = {
        "msgtype": "m.text",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": html,
    }
    assert read_message(content, None, NETWORK.vocabulary, NOW.date()).body == body
    for other in (body.replace("c", "d").replace("* b", "* x"), body + " more"):
        changed = {**content, "body": other}
        with pytest.raises(NotInShape):
            read_message(changed, None, NETWORK.vocabulary, NOW.date())
