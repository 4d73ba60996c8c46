"""Decrypted messages: text beside the text, and formatted text that says something else, are
refused."""

from __future__ import annotations

from typing import Any

import pytest

from rilon.domain.acts import (
    Post,
    Unclear,
    Undecodable,
)
from tests.wire_messages import (
    FALLBACK,
    HTML,
    IDN,
    REPLY,
    SHAPE,
    decode,
    post,
    refused,
    text,
)

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
