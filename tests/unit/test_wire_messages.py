"""Decrypted messages: those of real clients pass, and each way round is refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from rilon.domain.acts import (
    Act,
    Post,
    Relation,
    RelationKind,
    Unclear,
    Undecodable,
    Verification,
)
from rilon.domain.markings import Caveat, Tlp, Vocabulary, WrittenMarking
from rilon.domain.parties import parties
from rilon.domain.verdicts import Code
from rilon.wire.decode import decode_plaintext
from rilon.wire.envelope import read_envelope

VOCABULARY = Vocabulary(
    parties("AUS", "IDN", "MYS", "RSO"), (Caveat("ORCON", "", frozenset({"H2"})),)
)
TODAY = date(2026, 3, 1)
ROOM = "!room:rilon.example"
TARGET, ANSWERED = "$" + "t" * 43, "$" + "a" * 43
IDN, AUS = "@idn.focal1:rilon.example", "@aus.secondee1:rilon.example"
HTML = "org.matrix.custom.html"
REPLY = {"m.in_reply_to": {"event_id": TARGET}}
EDIT = {"rel_type": "m.replace", "event_id": TARGET}
SHAPE, TYPE = Code.SHAPE_NOT_ALLOWED, Code.TYPE_NOT_ALLOWED


def opened(plaintext: bytes, relation: Any = None) -> Act:
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "AwgA",
        "session_id": "A" * 43,
        **({"m.relates_to": relation} if relation is not None else {}),
    }
    envelope = read_envelope(
        {
            "event_id": "$e",
            "room_id": ROOM,
            "type": "m.room.encrypted",
            "sender": AUS,
            "origin_server_ts": 1,
            "content": content,
        }
    )
    return decode_plaintext(envelope, plaintext, VOCABULARY, TODAY)


def decode(content: Any, relation: Any = None, **payload: Any) -> Act:
    whole = {"type": "m.room.message", "room_id": ROOM, "content": content, **payload}
    return opened(json.dumps(whole).encode(), relation)


def post(content: Any, relation: Any = None) -> Post:
    act = decode(content, relation)
    assert isinstance(act, Post), act
    return act


def text(body: str, formatted: str | None = None, /, **more: Any) -> dict[str, Any]:
    html = {} if formatted is None else {"format": HTML, "formatted_body": formatted}
    return {"msgtype": "m.text", "body": body, **html, **more}


def refused(act: Act, where: str, code: Code = SHAPE) -> None:
    assert act == Undecodable(code, where)


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


FALLBACK = (
    '<mx-reply><blockquote><a href="https://matrix.to/#/!r:x/$e?via=x">In reply to</a> '
    f'<a href="https://matrix.to/#/{IDN}">{IDN}</a><br>{{}}</blockquote></mx-reply>'
)


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


# --- way round: fields beside the text ---------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    ["filename", "info", "url", "file", "external_url", "org.matrix.msc1767.text", "m.text",
     "org.matrix.msc1767.message", "com.beeper.linkpreviews", "data", "xyz.amorgan.blurhash",
     "geo_uri", "waveform", "m.page_theme"],
)  # fmt: skip
def test_a_field_beside_the_text(key: str) -> None:
    refused(decode(text("x", **{key: "secret"})), f"content.{key}")


def test_a_key_that_is_itself_text_is_not_repeated() -> None:
    refused(decode(text("x", **{"the vessel left": 1})), "content.?")


def test_a_key_beside_the_content() -> None:
    for key in ("unsigned", "keys", "sender", "state_key", "m.relates_to"):
        refused(decode(text("x"), **{key: {}}), f"payload.{key}")


@pytest.mark.parametrize("body", ["", "   ", "\n", None, 1, ["x"], {"x": 1}, "a\0b"])
def test_a_body_that_is_no_text(body: Any) -> None:
    refused(decode({"msgtype": "m.text", "body": body}), "content.body")


def test_text_with_a_lone_surrogate() -> None:
    refused(decode(text("\ud800")), "content")


@pytest.mark.parametrize("format_", ["text/html", "", None, 1, "org.matrix.custom.html "])
def test_another_format(format_: Any) -> None:
    refused(decode({**text("x"), "format": format_, "formatted_body": "x"}), "content.format")


def test_formatted_text_without_format_and_format_without_formatted_text() -> None:
    refused(decode({**text("x"), "formatted_body": "secret"}), "content.format")
    refused(decode({**text("x"), "format": HTML}), "content.formatted_body")


@pytest.mark.parametrize(
    ("mentions", "where"),
    [
        ({"user_ids": [IDN], "note": "secret"}, "content.m.mentions.note"),
        ({"user_ids": ["the vessel left"]}, "content.m.mentions.user_ids"),
        ({"user_ids": ["@the vessel left:x"]}, "content.m.mentions.user_ids"),
        ({"user_ids": IDN}, "content.m.mentions.user_ids"),
        ({"user_ids": [IDN] * 100}, "content.m.mentions.user_ids"),
        ({"room": "secret"}, "content.m.mentions.room"),
        ([IDN], "content.m.mentions"),
        (None, "content.m.mentions"),
    ],
)
def test_mentions_carry_no_text(mentions: Any, where: str) -> None:
    refused(decode(text("x", **{"m.mentions": mentions})), where)


def test_mentioning_the_room_is_allowed() -> None:
    assert post(text("@room hello", **{"m.mentions": {"room": True}})).mentions == frozenset()


@pytest.mark.parametrize(
    "link",
    [
        "mxc://rilon.example/abc",
        "MXC://rilon.example/abc",
        "https://matrix.to/#/!room:x",
        "https://matrix.to/#/!room:x/$event?via=x",
        "https://matrix.to/#/#alias:x",
        "https://matrix.to/#/@the vessel",
        "https://matrix.to/#/@a:x/more",
        "https://matrix.to/#/@a:x?secret=1",
        "https://matrix.to",
        "matrix:roomid/x/e/y",
        "matrix:u/a:x",
    ],
)
def test_links_to_media_rooms_and_events(link: str) -> None:
    refused(decode(text(f"see {link}")), "content.body")
    assert isinstance(decode(text("see", f'<a href="{link}">see</a>')), Undecodable)


def test_a_link_to_a_person_is_a_mention() -> None:
    assert post(text(f"ask https://matrix.to/#/{IDN}, please")).mentions == {IDN}


# --- way round: formatted text -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "body", "formatted"),
    [
        ("other words", "hello", "the vessel left"),
        ("more words", "hello", "hello the vessel left"),
        ("words before", "hello", "the vessel left hello"),
        ("fewer words", "hello world", "hello"),
        ("one letter", "vessel", "vessels"),
        ("joined words", "AUS IDN", "AUSIDN"),
        ("parted words", "notable", "no table"),
        ("parted by a block", "notable", "<p>no</p><p>table</p>"),
        ("order", "one two", "two one"),
        ("case", "amber", "AMBER"),
        ("digits", "at 0400", "at 0500"),
        ("punctuation", "left?", "left!"),
        ("emoji", "left 👍", "left 👎"),
        ("look-alike", "AUS", "\u0410US"),
        ("invisible", "AUS", "A\u200bUS"),
        ("number of a list as text", "vessel", "<ol><li>1. vessel</li></ol>"),
        ("two numbers dropped", "1. 2. vessel", "<ol><li>vessel</li></ol>"),
        ("number dropped without a list", "4. vessel", "vessel"),
        ("url dropped", "see https://a.example/x", "see"),
        ("link to somewhere else", "see [x](https://a.example/x)",
         'see <a href="https://b.example/secret">x</a>'),
        ("link the body hides", "see x", 'see <a href="https://a.example/secret">x</a>'),
        ("link beside", "https://a.example", ('<a href="https://a.example.evil">'
         "https://a.example</a>")),
        ("title of a link", "see [x](https://a.example)",
         '<a href="https://a.example" title="secret">x</a>'),
        ("script link", "x", '<a href="javascript:alert(1)">x</a>'),
        ("data link", "x", '<a href="data:text/plain,secret">x</a>'),
        ("link without target", "x", "<a>x</a>"),
        ("link in a link", "x", '<a href="https://x"><a href="https://x">x</a></a>'),
        ("name in a mention", IDN, f'<a href="https://matrix.to/#/{IDN}">the vessel left</a>'),
        ("image", "x", '<img src="mxc://a/b" alt="secret">x'),
        ("image alone", "x", 'x<img src="mxc://a/b"/>'),
        ("spoiler", "x", '<span data-mx-spoiler="secret">x</span>'),
        ("formula", "x", '<span data-mx-maths="secret">x</span>'),
        ("colour", "x", '<span data-mx-color="#000000">x</span>'),
        ("font", "x", '<font color="#ffffff">x</font>'),
        ("style", "x", '<p style="display:none">x</p>'),
        ("comment", "x", "x<!-- secret -->"),
        ("declaration", "x", "<!DOCTYPE html>x"),
        ("character data", "x", "<![CDATA[secret]]>x"),
        ("instruction", "x", "<?secret?>x"),
        ("script", "x", "<script>secret</script>x"),
        ("hidden details", "x", "<details><summary>x</summary>x</details>"),
        ("fallback outside a reply", "x", FALLBACK.format("secret") + "x"),
        ("table", "x", "<table><tr><td>x</td></tr></table>"),
        ("unknown tag", "x", "<secret>x</secret>"),
        ("attribute of a plain tag", "x", '<p class="secret">x</p>'),
        ("class of code", "x", '<code class="secret">x</code>'),
        ("start with text", "x", '<ol start="secret"><li>x</li></ol>'),
        ("attribute twice", "x", '<ol start="1" start="2"><li>x</li></ol>'),
        ("unquoted attribute", "x", "<ol start=1><li>x</li></ol>"),
        ("capital tag", "x", "<STRONG>x</STRONG>"),
        ("tag left open", "x", "<strong>x"),
        ("tag never opened", "x", "x</strong>"),
        ("tags crossed", "x y", "<strong>x <em>y</strong></em>"),
        ("half a tag", "x", "x<strong"),
        ("bare angle", "a < b", "a < b"),
        ("void tag with text", "x", '<br title="secret">x'),
        ("closed break", "x", "x</br>"),
        ("tag closed in itself", "x", "<strong/>x"),
        ("closing tag with text", "x", '<strong>x</strong title="secret">'),
        ("a thousand tags", "x", "<em>" * 1000 + "x" + "</em>" * 1000),
        ("quotation sign far behind spaces", "y" + " " * 300 + "> x", "y x"),
        ("empty", "x", ""),
        ("markup alone", "x", "<p></p>"),
    ],
)  # fmt: skip
def test_formatted_text_that_differs_from_the_body(attack: str, body: str, formatted: str) -> None:
    act = decode(text(body, formatted))
    assert isinstance(act, Undecodable), act
    assert act.where == "content.formatted_body"
    assert act.code is SHAPE


@pytest.mark.parametrize(
    ("attack", "body", "formatted"),
    [
        ("marking joined to a line", "TLP:RED // x\ny", "TLP:RED // x y"),
        ("marking quoted away", "TLP:RED // x", "<blockquote>TLP:RED // x</blockquote>"),
        ("marking only shown", "> TLP:GREEN // x", "TLP:GREEN // x"),
        ("marking made by a sign", "T*LP:RED* // x", "T<em>LP:RED</em> // x"),
        ("marking moved behind words", "x\nTLP:RED // y", "x TLP:RED // y"),
    ],
)
def test_formatted_text_never_shows_another_marking(attack: str, body: str, formatted: str) -> None:
    act = decode(text(body, formatted))
    if isinstance(act, Post):
        same = decode(text(body))
        assert isinstance(same, Post)
        assert isinstance(act.marking, Unclear) or act.marking == same.marking
        assert act.marking is not None
    else:
        refused(act, "content.formatted_body")


@pytest.mark.parametrize(
    ("attack", "body", "formatted"),
    [
        ("words in the fallback", f"> <{IDN}> one\n\nx", FALLBACK.format("secret") + "x"),
        ("fallback in the html alone", "x", FALLBACK.format("secret") + "x"),
        ("fallback without end", f"> <{IDN}> one\n\nx", "<mx-reply>one"),
        ("free fallback", f"> <{IDN}> one\n\nx", "<mx-reply>one</mx-reply>x"),
        ("second fallback", f"> <{IDN}> one\n\nx",
         FALLBACK.format("one") + FALLBACK.format("secret") + "x"),
        ("image in the fallback", f"> <{IDN}> one\n\nx",
         FALLBACK.format("one").replace("https://matrix.to/#/!r", "https://evil/!r") + "x"),
    ],
)  # fmt: skip
def test_a_reply_fallback_that_hides_words(attack: str, body: str, formatted: str) -> None:
    refused(decode(text(body, formatted), REPLY), "content.formatted_body")


# --- way round: relations, rooms and types -------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "body", "formatted"),
    [
        ("a label in two lines", "FYI TLP\n:RED // x", "FYI TLP\n:RED // x"),
        ("a quotation", "seen\n> TLP:RED REL AUS // x", "seen\n&gt; TLP:RED REL AUS // x"),
        ("REL in two lines", "seen REL\nAUS,IDN // x", "seen REL&#10;AUS,IDN // x"),
    ],
)
def test_a_line_break_within_formatted_text_hides_no_marking(
    attack: str, body: str, formatted: str
) -> None:
    """Where no tag breaks it, readers see one line."""
    assert isinstance(post(text(body, formatted)).marking, Unclear)


@pytest.mark.parametrize("reference", ["&#1;", "&#xFDD0;", "&#x1ffff", "&#127;"])
def test_references_to_no_character(reference: str) -> None:
    refused(decode(text("hello", f"he{reference}llo")), "content.formatted_body")


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (REPLY, None),
        (EDIT, REPLY),
        ({"m.in_reply_to": {"event_id": ANSWERED}}, REPLY),
        ({"rel_type": "m.thread", "event_id": TARGET}, REPLY),
        ({}, REPLY),
        (None, REPLY),
        ({**REPLY, "note": "secret"}, REPLY),
        ({"rel_type": "m.thread", "event_id": TARGET},
         {"rel_type": "m.thread", "event_id": TARGET, "is_falling_back": True}),
    ],
)  # fmt: skip
def test_two_relations(inner: Any, outer: Any) -> None:
    act = decode(text("x", **{"m.relates_to": inner}), outer)
    assert isinstance(act, Undecodable)
    assert act.where.startswith("content.m.relates_to")


def test_a_message_that_refers_as_a_verification_does() -> None:
    reference = {"rel_type": "m.reference", "event_id": TARGET}
    refused(decode(text("x"), reference), "content.m.relates_to")


def test_a_payload_of_another_room() -> None:
    refused(decode(text("x"), room_id="!other:rilon.example"), "payload.room_id")
    refused(decode(text("x"), room_id=None), "payload.room_id")


@pytest.mark.parametrize(
    "msgtype", ["m.emote", "m.notice", "m.location", "m.server_notice", "org.x", "", None, 1, []]
)
def test_other_msgtypes(msgtype: Any) -> None:
    refused(decode({"msgtype": msgtype, "body": "x"}), "content.msgtype", TYPE)


@pytest.mark.parametrize("msgtype", ["m.image", "m.file", "m.audio", "m.video"])
def test_files(msgtype: str) -> None:
    """Their shape has tests of its own; here, that none of it is taken for text."""
    content = {"msgtype": msgtype, "body": "x.jpg", "file": {}, "info": {"thumbnail_file": {}}}
    where = "thumbnail_file" if msgtype == "m.audio" else "mimetype"
    refused(decode(content), f"content.info.{where}")


@pytest.mark.parametrize(
    "type_",
    ["m.sticker", "m.poll.start", "m.call.invite", "m.reaction", "m.room.redaction",
     "m.room.encrypted", "m.room.name", "org.example", "m.beacon"],
)  # fmt: skip
def test_encrypted_events_of_another_type(type_: str) -> None:
    refused(decode(text("x"), type=type_), "payload.type", TYPE)


def test_a_type_that_is_no_text() -> None:
    refused(decode(text("x"), type=["m.room.message"]), "payload.type")


# --- way round: the JSON itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "plaintext"),
    [
        ("nothing", b""),
        ("no json", b"hello"),
        ("not utf-8", b'{"type":"\xff"}'),
        ("a list", b"[]"),
        ("a number", b"1"),
        ("null", b"null"),
        ("deep nesting", b"[" * 30_000 + b"]" * 30_000),
        ("deep objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        ("too long", b'{"a":"' + b"x" * 300_000 + b'"}'),
        ("huge number", b'{"a":' + b"9" * 60_000 + b"}"),
        ("nan", b'{"a":NaN}'),
        ("infinity", b'{"a":-Infinity}'),
        ("float", b'{"a":1.5}'),
        ("exponent", b'{"a":1e400}'),
        ("trailing text", b"{} secret"),
        ("byte order mark", b"\xef\xbb\xbf{}"),
    ],
)
def test_json_that_readers_take_in_different_ways(attack: str, plaintext: bytes) -> None:
    act = opened(plaintext)
    assert isinstance(act, Undecodable)
    assert act.code is SHAPE


def test_a_key_that_stands_twice() -> None:
    plaintext = (
        f'{{"type":"m.room.message","room_id":"{ROOM}","content":'
        '{"msgtype":"m.text","body":"judged","body":"shown"}}'
    )
    refused(opened(plaintext.encode()), "content")


# --- verification --------------------------------------------------------------------------------

REQUEST = {
    "msgtype": "m.key.verification.request",
    "body": f"{AUS} is requesting to verify your key, but your client does not support in-chat "
    "key verification.  You will need to use legacy key verification to verify keys.",
    "from_device": "ABCDEFGHIJ",
    "methods": ["m.sas.v1", "m.qr_code.show.v1", "m.reciprocate.v1"],
    "to": IDN,
}
REFERENCE = {"rel_type": "m.reference", "event_id": TARGET}
STEPS: dict[str, dict[str, Any]] = {
    "ready": {"from_device": "ABC", "methods": ["m.sas.v1"]},
    "start": {
        "from_device": "ABC",
        "method": "m.sas.v1",
        "key_agreement_protocols": ["curve25519-hkdf-sha256"],
        "hashes": ["sha256"],
        "message_authentication_codes": ["hkdf-hmac-sha256.v2"],
        "short_authentication_string": ["decimal", "emoji"],
    },
    "accept": {
        "method": "m.sas.v1",
        "commitment": "A" * 43,
        "hash": "sha256",
        "key_agreement_protocol": "curve25519-hkdf-sha256",
        "message_authentication_code": "hkdf-hmac-sha256.v2",
        "short_authentication_string": ["emoji"],
    },
    "key": {"key": "A" * 43},
    "mac": {"keys": "A" * 43, "mac": {"ed25519:ABC": "A" * 43}},
    "done": {},
    "cancel": {"code": "m.user", "reason": "The user cancelled the verification."},
}


def step(name: str, content: dict[str, Any], relation: Any = REFERENCE) -> Act:
    return decode(content, relation, type=f"m.key.verification.{name}")


def test_a_verification_between_people() -> None:
    assert decode(REQUEST) == Verification("m.key.verification.request")
    for name, content in STEPS.items():
        assert step(name, content) == Verification(f"m.key.verification.{name}")
        whole = {**content, "m.relates_to": REFERENCE}
        assert step(name, whole) == Verification(f"m.key.verification.{name}")


WORDS: tuple[Any, ...] = ("the vessel left", ["the vessel left"], {"the vessel": "left"})


def test_a_verification_carries_no_text() -> None:
    changes: dict[str, Any] = {
        "body": "the vessel left",
        "from_device": "the vessel left",
        "methods": ["the vessel left"],
        "to": "the vessel left",
        "note": "x",
        "format": HTML,
    }
    for key, value in changes.items():
        assert isinstance(decode({**REQUEST, key: value}), Undecodable), key
    for name, content in STEPS.items():
        for key in (*content, "note"):
            for value in WORDS:
                assert isinstance(step(name, {**content, key: value}), Undecodable), (name, key)


def test_a_step_without_its_request_or_of_an_unknown_name() -> None:
    assert isinstance(step("ready", STEPS["ready"], None), Undecodable)
    assert isinstance(step("ready", STEPS["ready"], REPLY), Undecodable)
    assert isinstance(step("secret", {}), Undecodable)


def test_an_event_that_was_not_encrypted_has_no_plaintext() -> None:
    envelope = read_envelope(
        {
            "event_id": "$e",
            "room_id": ROOM,
            "type": "m.room.message",
            "sender": AUS,
            "origin_server_ts": 1,
            "content": {},
        }
    )
    act = decode_plaintext(envelope, b"{}", VOCABULARY, TODAY)
    assert act == Undecodable(Code.NOT_ENCRYPTED)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        (">", ">"), ("> ", "<blockquote>"), ("*", "*"), ("[", "["), ("-", "-"), ("1. ", "x"),
        ("[a](https://a)", '<a href="https://a">a</a>'), ("<", "<p>"), ("<u>", "x"), ("=", "="),
        ("a\n", "a<br>"), ("- a\n", "<li>a</li>"), (" ", " "), ("`", "&#96;"), ("a", "<em>a</em>"),
        ("matrix.to", "x"), ("_a", "a"), (">\n", ">"), ("#", "&"), ("\n", "<hr>"), ("@a:b ", "x"),
    ],
)  # fmt: skip
def test_long_hostile_messages_take_time_in_proportion(body: str, formatted: str) -> None:
    # The time limit is the assertion: a quadratic walk needs many minutes here.
    content = text(body * (30_000 // len(body)), formatted * (30_000 // len(formatted)))
    decode(content)
    decode({**content, "body": "x" + content["body"]}, REPLY)
    decode({**content, "formatted_body": f"<mx-reply>{content['formatted_body']}"}, REPLY)


@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        ("1. x", '<ol start="812345678"><li>x</li></ol>'),
        ("- x", '<ol start="812345678"><li>x</li></ol>'),
        ("x", '<ol start="7"><li>x</li></ol>'),
        ("8. x", '<ol start="7"><li>x</li></ol>'),
        ("3. x\n\n1. y", '<ol start="3"><li>x</li></ol><ol start="5"><li>y</li></ol>'),
        ("3. x\n  1. y", '<ol start="3"><li>x<ol start="9"><li>y</li></ol></li></ol>'),
    ],
)
def test_digits_hidden_in_the_number_that_a_list_begins_with_are_refused(
    body: str, formatted: str
) -> None:
    refused(decode(text(body, formatted)), "content.formatted_body")


@pytest.mark.parametrize(
    ("body", "formatted"),
    [
        ("3) three", '<ol start="3">\n<li>three</li>\n</ol>\n'),
        ("03. three\n04. four", '<ol start="3"><li>three</li><li>four</li></ol>'),
        ("3. x\n\n   - z\n4. y", '<ol start="3"><li>x<ul><li>z</li></ul></li><li>y</li></ol>'),
        ("0. none", '<ol start="0"><li>none</li></ol>'),
    ],
)
def test_a_list_that_goes_on_from_a_number_passes(body: str, formatted: str) -> None:
    assert post(text(body, formatted)).marking is None


# --- requests on delivered content ---------------------------------------------------------------


def test_a_request_to_mark_content_tighter_is_no_marking_of_its_own() -> None:
    act = decode(text("!mark TLP:RED REL AUS,IDN //"), REPLY)
    assert isinstance(act, Post)
    assert act.marking is None


def test_a_request_with_words_beside_it_is_content_whose_marking_stands_in_the_wrong_place() -> (
    None
):
    """ATTACK: words that pass as a request, under a marking that readers see and nobody judges."""
    for body in ("!mark TLP:CLEAR // blue hull", "!mark TLP:CLEAR //\nblue hull"):
        act = decode(text(body), REPLY)
        assert isinstance(act, Post)
        assert isinstance(act.marking, Unclear), body


def test_nothing_is_edited_into_a_request() -> None:
    words = text("!mark TLP:CLEAR //")
    act = decode({**text("* !mark TLP:CLEAR //"), "m.new_content": words}, EDIT)
    assert isinstance(act, Post)
    assert isinstance(act.marking, Unclear)


def test_a_request_whose_formatted_text_shows_a_marked_line_is_none() -> None:
    """ATTACK: the words agree, the lines don't: readers of HTML see a marked message."""
    shown = {"format": HTML, "formatted_body": "<p>!mark</p><p>TLP:CLEAR</p>"}
    act = decode(text("!mark TLP:CLEAR", **shown), REPLY)
    assert isinstance(act, Undecodable) or isinstance(getattr(act, "marking", None), Unclear)
