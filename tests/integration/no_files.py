"""In place of what opens files, where no test sends one."""

from __future__ import annotations

from collections.abc import Sequence

from rilon.domain.acts import Attachment
from rilon.domain.files import FileFacts


class NoFiles:
    """There are no files."""

    async def open_all(self, files: Sequence[Attachment], largest: int) -> tuple[FileFacts, ...]:
        """Nothing of nothing."""
        assert not files
        return ()
