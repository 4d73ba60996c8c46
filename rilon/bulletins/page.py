"""A bulletin as a page of its own: nothing in it is fetched or run, and it prints."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

from rilon.bulletins.blocks import Block, Heading, Items, Paragraph, Picture, Quote, Table
from rilon.bulletins.reading import Bulletin
from rilon.bulletins.written import html_of, pair_of
from rilon.domain import marking_text
from rilon.texts import bulletins as texts
from rilon.texts.translator import translator

_STYLE = """
:root { color-scheme: light; }
body { font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans Thai", "Noto Sans Bengali", sans-serif;
  max-width: 46rem; margin: 0 auto; padding: 1rem; color: #111; background: #fff;
  overflow-wrap: break-word; }
.marking { font-weight: 700; text-align: center; border-block: 2px solid #111; padding: .3rem; }
.about { color: #444; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #777; padding: .25rem .5rem; text-align: left; }
.right { text-align: right; font-variant-numeric: tabular-nums; }
blockquote { border-left: 4px solid #777; margin-left: 0; padding-left: 1rem; }
pre { overflow-x: auto; background: #f3f3f3; padding: .5rem; }
img { max-width: 100%; height: auto; }
figure { margin: 1rem 0; }
figcaption { color: #444; }
@media print { body { max-width: none; } a { color: inherit; } table { display: table; } }
"""
_ONLY_ITSELF = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


SVG = "image/svg+xml"


def page(
    bulletin: Bulletin,
    pictures: Mapping[str, tuple[str, bytes]],
    drawings: Mapping[str, bytes] | None = None,
) -> str:
    """The page. `pictures` are the type and bytes of each picture that it names; `drawings` the
    same as SVG, by the same names, for those that have one, which then stands in its place.

    ATTACK: a drawing with a script, or one that fetches. It is the source of an image, in which
    browsers run and fetch nothing, and never part of the page itself.
    """
    pictures = {**pictures, **{name: (SVG, data) for name, data in (drawings or {}).items()}}
    head = bulletin.head
    t = translator(head.languages[0])
    about = texts.about(t, head.kind.value, head.period.begins, head.period.ends)
    marking = escape(marking_text.write(bulletin.marking))
    title = escape(head.title)
    body = "\n".join(_block(block, pictures) for block in bulletin.blocks)
    return f"""<!doctype html>
<html lang="{escape(head.languages[0])}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_ONLY_ITSELF}">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<p class="marking">{marking}</p>
<main>
<h1>{title}</h1>
<p class="about">{about.html}</p>
{body}
</main>
<p class="marking">{marking}</p>
</body>
</html>
"""


def _block(block: Block, pictures: Mapping[str, tuple[str, bytes]]) -> str:
    match block:
        case Table():
            return _table(block)
        case Picture():
            return _picture(block, pictures)
        case Quote():
            return f"<blockquote>{blocks_html(block.blocks, pictures)}</blockquote>"
        case Items():
            items = "".join(f"<li>{_item(one, pictures)}</li>" for one in block.items)
            return (
                f"<ul>{items}</ul>"
                if block.first is None
                else (f'<ol start="{block.first}">{items}</ol>')
            )
        case Heading():
            level = max(block.level, 2)
            return f"<h{level}>{html_of(block.runs)}</h{level}>"
    return pair_of(block)[1]


def blocks_html(blocks: Sequence[Block], pictures: Mapping[str, tuple[str, bytes]]) -> str:
    """Blocks as HTML of ours, pictures within it."""
    return "".join(_block(block, pictures) for block in blocks)


def _item(blocks: Sequence[Block], pictures: Mapping[str, tuple[str, bytes]]) -> str:
    if len(blocks) == 1 and isinstance(blocks[0], Paragraph):
        return html_of(blocks[0].runs)
    return blocks_html(blocks, pictures)


def _table(table: Table) -> str:
    head, *rows = table.rows
    return "<table><thead>{}</thead><tbody>{}</tbody></table>".format(
        _row(head, table.right, "th"), "".join(_row(row, table.right, "td") for row in rows)
    )


def _row(cells: Sequence[str], right: Sequence[bool], tag: str) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    shown = []
    for cell, to_right in zip(cells, right, strict=True):
        side = ' class="right"' if to_right else ""
        shown.append(f"<{tag}{scope}{side}>{escape(cell)}</{tag}>")
    return f"<tr>{''.join(shown)}</tr>"


def _picture(picture: Picture, pictures: Mapping[str, tuple[str, bytes]]) -> str:
    alternative = escape(picture.alternative)
    if picture.file not in pictures:
        return f"<p>[{alternative}]</p>"
    kind, data = pictures[picture.file]
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return (
        f'<figure><img src="{source}" alt="{alternative}">'
        f"<figcaption>{alternative}</figcaption></figure>"
    )
