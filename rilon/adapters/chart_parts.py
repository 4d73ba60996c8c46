"""Parts that charts and maps have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt

INK, PAPER = "#111111", "#ffffff"
_HALO: dict[str, Any] = {"stroke": PAPER, "strokeWidth": 4, "strokeJoin": "round"}


def charted(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    """A chart of these rows, which stand in the specification itself."""
    return alt.Chart(alt.InlineData(values=list(rows)))


def written(chart: alt.Chart, field: str, **style: Any) -> Iterator[alt.Chart]:
    """Words of a field: first their edge in white, which keeps them legible over lines."""
    edge: dict[str, Any]
    for edge in (_HALO, {}):
        yield chart.mark_text(color=INK, **style, **edge).encode(text=field)


def layered(layers: Sequence[alt.Chart], wide: float, tall: float) -> alt.LayerChart:
    """Layers over one another, the first one lowest."""
    return alt.LayerChart(layer=list(layers), width=wide, height=tall)
