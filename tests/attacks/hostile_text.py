"""Hostile words: texts of six languages, markings, markings that are nearly valid, and the same
text said twice in two forms that may differ.

Every function takes its choices from a `random.Random`: Hypothesis brings one that it can shrink,
the live run one with a seed.
"""

from __future__ import annotations

import html
from random import Random

WORDS = (
    "vessel left the northern harbour at 0400",
    "kapal meninggalkan pelabuhan utara pukul 0400",
    "kapal itu membawa 27 orang ke tanjung",
    "เรือออกจากท่าเรือทางเหนือเวลา 0400",
    "জাহাজটি উত্তর বন্দর ছেড়ে গেছে",
    "o navio saiu do porto às 4 horas",
    "call +62 812 0000 0000 or mail port@example.org",
    "see https://example.org/a//b and REL to the harbour",
    "PD Kuantan confirmed, H1 results, EXP later",
    "1. one\n2. two\n- three",
    "# heading\n\n**bold** and `code`\n\n---",
    "[harbour](https://example.org/harbour)",
    "\u202eereht neht\u202c",
    "👍🏽 ok 🇮🇩",
    "x" * 3000,
    "> quoted",
    "z̸̛̰a̵l̷g̶o̴" * 20,
    ".",
)
COLOURS = ("CLEAR", "WHITE", "GREEN", "AMBER", "AMBER+STRICT", "RED", "ORANGE", "MERAH")
PARTIES = ("AUS", "BGD", "IDN", "MYS", "THA", "TLS", "RSO")
ASKING = ("!mark ", "! mark ", "!recall ")
"""How a request to the steward begins, which speaks of other content by a marking."""
INVISIBLE = "\u200b\u200d\u2060\u00ad\ufeff\u034f\ufe0f\U000e0041\u061c\u3164\u2800\u0001\u007f"
SPACES = "\u00a0\u2009\u3000\u202f\t\u1680"
BREAKS = ("\n", "\n", "\n", "\n\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029")
TWINS = {
    "T": "ТΤＴ𝐓🅃Ꭲ", "L": "ＬᏞ𝐋ꓡ", "P": "РΡＰ𝗣", "R": "Ｒ𝑅Ꭱ", "E": "ЕΕＥ", "D": "ＤᎠ𝔻", "A": "АΑＡᗅ",
    "O": "ОΟ０", "B": "ВΒ", "I": "ІΙ", "N": "ΝＮ", "S": "ЅＳ", "M": "МΜ", ":": "：∶ː", "/": "／⁄∕",
    ",": "，‚", "+": "＋", "-": "‐－", "U": "ՍＵ",
}  # fmt: skip


def body(rng: Random) -> str:
    """A text of one to four lines, some of them marked or nearly so."""
    lines = [line(rng) for _ in range(rng.choice((1, 1, 2, 2, 4)))]
    text = lines[0]
    for more in lines[1:]:
        text += rng.choice(BREAKS) + more
    return text


def line(rng: Random) -> str:
    """One line, perhaps with something before its marking."""
    kind = rng.randrange(10)
    if kind < 4:
        return rng.choice(WORDS)
    marked = written_marking(rng)
    if kind < 7:
        marked = nearly(rng, marked)
    before = rng.choice(
        ("", "", "", "", "", "> ", "  ", "* ", "FYI ", "@aus.focal1:rilon.example: ", *ASKING)
    )
    return before + marked + rng.choice((" ", "")) + rng.choice((*WORDS, "", written_marking(rng)))


def written_marking(rng: Random) -> str:
    """A marking in its canonical spelling: restrictive more often than not."""
    fields = []
    labelled = rng.random() < 0.8
    if labelled:
        fields.append("TLP:" + rng.choice(COLOURS[:6]))
    if not labelled or rng.random() < 0.5:
        named = rng.sample(PARTIES, rng.choice((1, 2, 3, 6, 7, 7, 7, 7)))
        fields.append("REL " + ",".join(named))
    rarer = ("ORCON", "H2", "H1", rng.choice(("PD", "NOPD")), "GRADE B2")
    fields += [field for field in rarer if rng.random() < 0.12]
    if rng.random() < 0.15:
        fields.append("PROTECT " + ",".join(rng.sample(PARTIES, rng.choice((1, 2)))))
    if rng.random() < 0.2:
        fields.append("EXP " + rng.choice(("2026-05-31", "2026-06-01", "2026-12-31", "2569-01-01")))
    return " ".join(fields) + " //"


def nearly(rng: Random, marked: str) -> str:  # noqa: C901 - one list of tricks
    """The marking, no longer as it must be written, and to a reader's eye much the same."""
    at = rng.randrange(len(marked))
    match rng.randrange(14):
        case 0:
            return marked.lower()
        case 1:
            return marked[:at] + rng.choice(INVISIBLE) + marked[at:]
        case 2:
            twin = [place for place, sign in enumerate(marked) if sign in TWINS]
            at = rng.choice(twin)
            return marked[:at] + rng.choice(TWINS[marked[at]]) + marked[at + 1 :]
        case 3:
            return marked.replace(" ", rng.choice(SPACES))
        case 4:
            return marked.removesuffix(" //")
        case 5:
            return marked.removesuffix("//") + rng.choice(("/", "\\\\", "/ /", ".", "//x"))
        case 6:
            return marked.replace(":", rng.choice((": ", " ", "=", ";", "", " : ", "-")), 1)
        case 7:
            return marked.replace(",", rng.choice((" ", ";", ", ", "/", " and ", ",,")))
        case 8:
            return marked.replace("REL", rng.choice(("REL TO", "Rel", "RELEASE", "REL:", "R E L")))
        case 9:
            return marked[:at] + marked[at + 1 :]
        case 10:
            return marked[:at].lower() + marked[at:].swapcase()
        case 11:
            return rng.choice(("(", "[", "**", "_", '"', "-")) + marked
        case 12:
            return marked.replace("TLP", rng.choice(("T.L.P", "TLP ", "tlp-", "T L P", "ΤLР")))
        case _:
            return marked[:at] + marked


def formatted(rng: Random, text: str) -> str:
    """Formatted text for a body: mostly the same words, in some of the ways HTML has."""
    match rng.randrange(16):
        case 0:
            return formatted(rng, body(rng))
        case 1:
            return text
        case 2:
            return html.escape(text).replace("//", "<b>//</b>")
        case 3:
            return "".join(f"&#{ord(sign)};" for sign in text[:500]) + html.escape(text[500:])
        case 4:
            at = rng.randrange(len(text) + 1)
            cut = rng.choice(
                ("<br>", "<p></p>", "<i></i>", "<sub>", "<!-- -->", "&shy;", "&#8203;")
            )
            return html.escape(text[:at]) + cut + html.escape(text[at:])
        case 5:
            block = rng.choice(("blockquote", "pre", "li", "h1", "td", "details", "mx-reply", "a"))
            return f"<{block}>{html.escape(text)}</{block}>"
        case 6:
            said = html.escape(rng.choice(WORDS))
            hidden = rng.choice(
                (f'<span data-mx-spoiler="{said}">', f'<img src="mxc://a/b" alt="{said}">',
                 f'<a href="https://example.org/{said}">', f'<font color="#000000">{said}</font>',
                 f'<span title="{said}">', f"<style>{said}</style>", "<b",
                 f'<a href="https://matrix.to/#/@{said}:a">', f"<span>{said}</span>")
            )  # fmt: skip
            return html.escape(text) + hidden
        case 7:
            return html.escape(text.replace("> ", ""))
        case 8:
            return html.escape(text).replace("\n", rng.choice(("\n", " ", "&#10;")))
        case _:
            paragraphs = html.escape(text, quote=False).split("\n\n")
            return "".join(f"<p>{one}</p>" for one in paragraphs).replace("\n", "<br>")
