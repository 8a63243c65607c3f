"""What looks at the frames of a take besides the judge of faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.protocols import RGB, Detection
    from charforge.domain.takes import Finding


class Watcher(Protocol):
    """Looks at the judged frames of one take in order, then says what it found; a still is one frame, number 0."""

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:
        """Look at a frame, in which these faces were found."""

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found in all the frames seen, the worst of each kind."""
