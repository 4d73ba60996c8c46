"""Drawing in a process of its own: it takes seconds and memory, and the gate answers meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from rilon.adapters.charts import draw
from rilon.digests.pictures import Draw, Drawn, Picture

SECONDS = 60.0
"""For one picture. One takes about a second."""


@contextmanager
def drawing_apart() -> Iterator[Draw]:
    """Draws until the context ends. To be called where waiting is no harm: in a thread."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:

        def drawn(picture: Picture) -> Drawn:
            return pool.submit(draw, picture).result(SECONDS)

        yield drawn
