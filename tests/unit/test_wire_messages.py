"""Decrypted messages: those of real clients pass, and what an edit may not change."""

from __future__ import annotations

from typing import Any

import pytest

from rilon.domain.acts import (
    Relation,
    RelationKind,
)
from rilon.domain.markings import Tlp, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.verdicts import Code
from tests.wire_messages import (
    ANSWERED,
    EDIT,
    FALLBACK,
    HTML,
    IDN,
    REPLY,
    TARGET,
    TYPE,
    decode,
    post,
    refused,
    text,
)

# --- what real clients send --------------------------------------------------------------------


def test_a_plain_message_of_element_web() -> None:
    act = post(text("TLP:AMBER REL AUS,IDN // vessel left", **{"m.mentions": {}}))
    assert act.marking == WrittenMarking(Tlp.AMBER, parties("AUS", "IDN"))
    assert act.body == "TLP:AMBER REL AUS,IDN // vessel left"
    assert (act.relation, act.mentions) == (None, frozenset())


def test_a_plain_message_of_nio() -> None:
    assert post({"msgtype": "m.text", "body": "hello"}).marking is None


@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        ("TLP:AMBER // the *fast* boat", "TLP:AMBER // the <em>fast</em> boat"),
        ("**bold** and __strong__", "<strong>bold</strong> and <strong>strong</strong>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>\n"),
        ("one\ntwo *x*", "one<br />two <em>x</em>"),
        ("one\ntwo *x*", "<p>one<br>\ntwo <em>x</em></p>\n"),
        ("# Head\n\ntext", "<h1>Head</h1>\n<p>text</p>\n"),
        ("Head\n====\ntext", "<h1>Head</h1>\n<p>text</p>\n"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("1. 1.5 tonnes\n2. two", "<ol>\n<li>1.5 tonnes</li>\n<li>two</li>\n</ol>\n"),
        ("3) three", '<ol start="3">\n<li>three</li>\n</ol>\n'),
        ("- a\n  - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n"),
        ("- para\n\n- two", "<ul>\n<li>\n<p>para</p>\n</li>\n<li>\n<p>two</p>\n</li>\n</ul>\n"),
        ("> quoted\n\nmine", "<blockquote>\n<p>quoted</p>\n</blockquote>\n<p>mine</p>\n"),
        ("> a\n> b\n\nmine", "<blockquote>\n<p>a<br />b</p>\n</blockquote>\n<p>mine</p>\n"),
        ("> - a\n> - b", "<blockquote>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n</blockquote>\n"),
        ("`a < b`", "<code>a &lt; b</code>"),
        ("```python\nx = 1\n```", '<pre><code class="language-python">x = 1\n</code></pre>\n'),
        ("```\na_b * c\n```", "<pre><code>a_b * c\n</code></pre>"),
        ("a \\* b *c*", "a * b <em>c</em>"),
        ("one\n\n---\n\ntwo", "<p>one</p>\n<hr />\n<p>two</p>\n"),
        ("~~no~~ yes", "<del>no</del> yes"),
        ("<u>under</u> *x*", "<u>under</u> <em>x</em>"),
        ("5 > 3 & 2 < 4 *x*", "5 &gt; 3 &amp; 2 &lt; 4 <em>x</em>"),
        ("เรือ **ออก** แล้ว", "เรือ <strong>ออก</strong> แล้ว"),
        ("নৌকা *ছেড়েছে* 🚤", "নৌকা <em>ছেড়েছে</em> 🚤"),
        ("see [here](https://a.example/x)", 'see <a href="https://a.example/x">here</a>'),
        ("see <https://a.example/x>", 'see <a href="https://a.example/x">https://a.example/x</a>'),
        ("see a.example *x*", 'see <a href="https://a.example">a.example</a> <em>x</em>'),
        ("**[b](http://a.example/?q=1&r=2)**",
         '<strong><a href="http://a.example/?q=1&amp;r=2">b</a></strong>'),
    ],
)  # fmt: skip
def test_markdown_of_real_clients_passes(body: str, formatted: str) -> None:
    assert post(text(body, formatted)).body == body


@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        ("IDN focal point: TLP:AMBER // x",
         f'<a href="https://matrix.to/#/{IDN}">IDN focal point</a>: TLP:AMBER // x'),
        ("IDN focal point TLP:AMBER // x",
         f'<a href="https://matrix.to/#/{IDN}">IDN focal point</a> TLP:AMBER // x'),
        (f"[{IDN}](https://matrix.to/#/{IDN}) TLP:AMBER // x",
         f'<a href="https://matrix.to/#/{IDN}">{IDN}</a> TLP:AMBER // x'),
        (f"[IDN focal](<https://matrix.to/#/{IDN}>) TLP:AMBER // x",
         (f'<a data-mention-type="user" href="https://matrix.to/#/{IDN}" '
         'contenteditable="false">IDN focal</a> TLP:AMBER // x')),
        ("_x: TLP:AMBER // x",
         '<a href="https://matrix.to/#/%40idn.focal1%3Arilon.example">_x</a>: TLP:AMBER // x'),
    ],
)  # fmt: skip
def test_a_message_that_begins_with_a_mention(body: str, formatted: str) -> None:
    act = post(text(body, formatted, **{"m.mentions": {"user_ids": [IDN]}}))
    assert act.marking == WrittenMarking(Tlp.AMBER)
    assert act.mentions == {IDN}


def test_a_reply_of_element_web() -> None:
    act = post(text("agreed", **{"m.mentions": {"user_ids": [IDN]}, "m.relates_to": REPLY}), REPLY)
    assert act.relation == Relation(RelationKind.REPLY, TARGET)
    assert act.mentions == {IDN}


def test_a_reply_whose_relation_stands_in_clear_alone() -> None:
    assert post(text("agreed"), REPLY).relation == Relation(RelationKind.REPLY, TARGET)


def test_a_reply_with_the_fallback_of_older_clients() -> None:
    body = f"> <{IDN}> TLP:RED // seen\n> two\n\nTLP:RED // agreed"
    act = post(text(body, FALLBACK.format("TLP:RED // seen<br>two") + "TLP:RED // agreed"), REPLY)
    assert act.body == "TLP:RED // agreed"
    assert act.marking == WrittenMarking(Tlp.RED)


def test_a_quotation_of_the_sender_in_a_reply_is_no_fallback() -> None:
    body = "> as you said\n\nagreed"
    html = "<blockquote>\n<p>as you said</p>\n</blockquote>\n<p>agreed</p>\n"
    assert post(text(body, html), REPLY).body == body


def test_a_message_in_a_thread_of_element_web() -> None:
    relation = {
        "rel_type": "m.thread",
        "event_id": TARGET,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": ANSWERED},
    }
    act = post(text("in the thread", **{"m.relates_to": relation, "m.mentions": {}}), relation)
    assert act.relation == Relation(RelationKind.THREAD, TARGET, ANSWERED)


def edit(new: dict[str, Any], **outer: Any) -> dict[str, Any]:
    body = {"msgtype": "m.text", "body": f"* {new['body']}"}
    return {**body, "m.new_content": new, "m.relates_to": EDIT, **outer}


def test_an_edit_of_element_web() -> None:
    new = text("TLP:RED // *now*", "TLP:RED // <em>now</em>", **{"m.mentions": {}})
    outer = {
        "format": HTML,
        "formatted_body": "* TLP:RED // <em>now</em>",
        "m.mentions": {"user_ids": [IDN]},
    }
    act = post(edit(new, **outer), EDIT)
    assert act.body == "TLP:RED // *now*"
    assert act.marking == WrittenMarking(Tlp.RED)
    assert act.relation == Relation(RelationKind.EDIT, TARGET)
    assert act.mentions == {IDN}


def test_an_edit_of_nio_and_of_cinny() -> None:
    assert post(edit(text("corrected")), EDIT).body == "corrected"
    assert post(edit(text("corrected"), body=" * corrected"), EDIT).body == "corrected"
    new = text("a *b*", "<p>a <em>b</em></p>")
    outer = edit(new, format=HTML, formatted_body="<p>* a <em>b</em></p>")
    assert post(outer, EDIT).body == "a *b*"


def test_an_edit_to_signs_that_markdown_swallows() -> None:
    outer = {"format": HTML, "formatted_body": "<p></p>"}
    assert post(edit(text("_", "<p></p>"), **outer), EDIT).body == "_"


# --- way round: edit --------------------------------------------------------------------------


def test_new_content_outside_an_edit() -> None:
    content = text("x", **{"m.new_content": text("y")})
    refused(decode(content), "content.m.new_content")
    refused(decode(content, REPLY), "content.m.new_content")


@pytest.mark.parametrize("new", [None, [], [text("x")], "text", 1])
def test_an_edit_whose_new_content_is_no_object(new: Any) -> None:
    content = text("* x", **{"m.new_content": new, "m.relates_to": EDIT})
    refused(decode(content, EDIT), "content.m.new_content")


def test_an_edit_without_new_content() -> None:
    refused(decode(text("* x"), EDIT), "content.m.new_content")


def test_an_edit_whose_outer_text_differs() -> None:
    refused(decode(edit(text("x"), body="* the vessel left"), EDIT), "content.body")


def test_an_edit_whose_outer_formatted_text_differs() -> None:
    new = text("x *y*", "x <em>y</em>")
    outer = {"format": HTML, "formatted_body": "* x <em>other</em>"}
    refused(decode(edit(new, **outer), EDIT), "content.formatted_body")
    plain = {"format": HTML, "formatted_body": "* x"}
    refused(decode(edit(text("x"), **plain), EDIT), "content.formatted_body")


def test_an_edit_whose_outer_formatted_text_shows_nothing() -> None:
    outer = {"format": HTML, "formatted_body": "<p></p>"}
    refused(decode(edit(text("x"), **outer), EDIT), "content.formatted_body")


def test_an_edit_to_a_file_or_another_type() -> None:
    file = {"msgtype": "m.file", "body": "x", "url": "mxc://a/b"}
    refused(decode(edit(file), EDIT), "content.m.new_content.msgtype", Code.FILE_NOT_ALLOWED)
    emote = {"msgtype": "m.emote", "body": "x"}
    refused(decode(edit(emote), EDIT), "content.m.new_content.msgtype", TYPE)


def test_unknown_keys_within_the_new_content() -> None:
    for key in ("external_url", "m.relates_to", "m.new_content", "filename"):
        act = decode(edit({**text("x"), key: {}}), EDIT)
        refused(act, f"content.m.new_content.{key}")


def test_an_object_as_formatted_text_of_an_edit() -> None:
    new = {**text("x"), "format": HTML, "formatted_body": {"text": "secret"}}
    refused(decode(edit(new), EDIT), "content.m.new_content.formatted_body")
