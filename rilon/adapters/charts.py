"""Draws the pictures of digests: one specification, as PNG for rooms and as SVG for pages.

Altair writes the specification, vl-convert draws it with the fonts that it brings; nothing is
fetched. Light and dark, words and lines tell things apart, never a colour. The same values give
the same bytes.
"""

from __future__ import annotations

import io
import textwrap
from itertools import pairwise
from typing import Any

import altair as alt
import vl_convert
from PIL import Image

from rilon.adapters.chart_parts import INK, PAPER, charted, layered, written
from rilon.adapters.maps import route_map
from rilon.digests.pictures import Bars, Course, Drawn, Figure, Frame, Picture, RouteMap

WIDTH, SCALE = 480, 2.2
"""Pixels in the specification, and how many of a PNG each of them is: legible on a telephone."""
SIZE = 15
FONT = "Liberation Sans"
"""The one that the drawing package brings: the same on every machine."""
_VERSION = "6.4"
_LABEL, _LINES = 19, 3
"""Characters of a label in one line, and lines."""


def draw(picture: Picture) -> Drawn:
    """The picture in both forms."""
    match picture:
        case Bars():
            chart = _bars(picture)
        case Course():
            chart = _course(picture)
        case RouteMap():
            chart = route_map(picture)
    spec = _framed(chart, picture.frame).to_dict()
    png = vl_convert.vegalite_to_png(spec, vl_version=_VERSION, scale=SCALE, allowed_base_urls=[])
    svg = vl_convert.vegalite_to_svg(spec, vl_version=_VERSION, allowed_base_urls=[])
    return Drawn(_in_greys(png), svg.encode())


def _in_greys(png: bytes) -> bytes:
    """The same picture in sixteen greys: a tenth of the bytes, on slow lines."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        grey = image.convert("L").quantize(16, dither=Image.Dither.NONE)
        grey.save(out, "PNG", optimize=True)
    return out.getvalue()


def _framed(chart: alt.LayerChart, frame: Frame) -> alt.LayerChart:
    title = alt.Title(
        text=[frame.marking, *textwrap.wrap(frame.title, 42)],
        subtitle=[*textwrap.wrap(frame.about, 56), *textwrap.wrap(frame.note, 56)],
        anchor="start",
        frame="bounds",
        fontSize=SIZE + 2,
        subtitleFontSize=SIZE - 1,
        subtitleColor=INK,
        color=INK,
        lineHeight=23,
        subtitleLineHeight=19,
        offset=12,
    )
    axis: dict[str, Any] = {
        "labelFontSize": SIZE,
        "labelColor": INK,
        "gridColor": "#dddddd",
        "domainColor": INK,
        "tickColor": INK,
    }
    framed: alt.LayerChart = (
        chart.properties(title=title, background=PAPER, padding=14)
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(**axis)
    )
    return framed


def _amount(most: int) -> dict[str, Any]:
    """The axis of counts: from zero, in whole numbers, with room for figures beyond the bars."""
    top = max(most, 4)
    ticks = sorted({0, *range(0, top + 1, max(1, -(-top // 4)))})
    return {
        "title": None,
        "scale": alt.Scale(domain=[0, top * 1.12], nice=False),
        "axis": alt.Axis(values=ticks, format="d", domain=False, ticks=False),
    }


def _count(figure: Figure) -> int:
    return figure.shown.exact or 0


# --- bars ----------------------------------------------------------------------------------------


def _bars(picture: Bars) -> alt.LayerChart:
    names = [picture.now, picture.before]
    # A number before the label keeps two labels apart that are cut to the same words.
    labels = [f"{at}|{_label(bar.label)}" for at, bar in enumerate(picture.bars)]
    rows: list[dict[str, Any]] = [
        {"label": label, "of": name, "text": figure.text, "count": _count(figure)}
        for label, bar in zip(labels, picture.bars, strict=True)
        for name, figure in ((picture.now, bar.now), (picture.before, bar.before))
    ]
    base = charted(rows).encode(
        y=alt.Y(
            "label:N",
            title=None,
            sort=labels,
            scale=alt.Scale(paddingInner=0.3, paddingOuter=0.1),
            axis=alt.Axis(
                labelExpr="split(slice(datum.label, indexof(datum.label, '|') + 1), '\\n')",
                labelLimit=200,
                labelPadding=8,
                ticks=False,
                domain=False,
            ),
        ),
        yOffset=alt.YOffset("of:N", scale=alt.Scale(domain=names)),
        x=alt.X("count:Q", **_amount(max(row["count"] for row in rows))),
    )
    fill = alt.Fill(
        "of:N",
        scale=alt.Scale(domain=names, range=[INK, PAPER]),
        legend=alt.Legend(
            title=None,
            orient="top",
            columns=1,
            symbolType="square",
            symbolSize=170,
            symbolStrokeColor=INK,
            labelFontSize=SIZE,
            labelLimit=420,
            offset=6,
        ),
    )
    bars = base.mark_bar(stroke=INK, strokeWidth=1.2).encode(fill=fill)
    figures = base.mark_text(align="left", dx=5, fontSize=SIZE, color=INK).encode(text="text:N")
    lines = max(label.count("\n") + 1 for label in labels)
    return layered([bars, figures], WIDTH - 160, len(labels) * (30 + 14 * lines))


def _label(text: str) -> str:
    lines = textwrap.wrap(text, _LABEL)
    return "\n".join(
        [
            *lines[: _LINES - 1],
            *textwrap.wrap(" ".join(lines[_LINES - 1 :]), _LABEL, max_lines=1, placeholder=" …"),
        ]
    )


# --- a line over periods -------------------------------------------------------------------------


def _course(picture: Course) -> alt.LayerChart:
    """A point for each period, its figure above it; hollow where the figure itself isn't shown."""
    names = [name for name, _ in picture.points]
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "text": figure.text,
            "count": _count(figure),
            "exact": figure.shown.exact is not None,
        }
        for name, figure in picture.points
    ]
    last = len(rows) - 1
    # A line leads from one period to the next, where both figures are shown.
    pieces = [
        {"name": one["name"], "count": one["count"], "piece": at}
        for at, pair in enumerate(pairwise(rows))
        if all(one["exact"] for one in pair)
        for one in pair
    ]
    across = alt.X(
        "name:O",
        sort=names,
        title=None,
        scale=alt.Scale(padding=0.4),
        axis=alt.Axis(labelAngle=0, labelFontSize=SIZE - 2, labelOverlap=False, labelPadding=6),
    )
    up = alt.Y("count:Q", **_amount(max(row["count"] for row in rows)))
    for row in rows:
        row["sign"] = "hidden" if not row["exact"] else "now" if row is rows[last] else "before"
    lines = (
        charted(pieces)
        .mark_line(color=INK, strokeWidth=2.5)
        .encode(x=across, y=up, detail="piece:N")
    )
    base = charted(rows).encode(x=across, y=up)
    points = base.mark_point(filled=True, stroke=INK, strokeWidth=2, opacity=1).encode(
        fill=alt.Fill(
            "sign:N",
            scale=alt.Scale(domain=["now", "before", "hidden"], range=[INK, INK, PAPER]),
            legend=None,
        ),
        size=alt.Size(
            "sign:N",
            scale=alt.Scale(domain=["now", "before", "hidden"], range=[150, 60, 60]),
            legend=None,
        ),
    )
    figures = written(base, "text:N", dy=-16, fontSize=SIZE)
    return layered([lines, points, *figures], WIDTH - 50, 230)
