"""What looks at the frames of a take besides the judge of faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charforge.backends.protocols import RGB, Detection
    from charforge.domain.takes import Finding

Faces = Literal["expected", "none", "any"]
"""Whose faces a take may show: those expected, nobody's, or whose it likes."""


class Watcher(Protocol):
    """Looks at the judged frames of one take in order, then says what it found; a still is one frame, number 0."""

    revision: ClassVar[str]
    """Names its rules and limits, for the keys of kept verdicts."""

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:
        """Look at a frame, in which these faces were found."""

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found in all the frames seen, the worst of each kind."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks at one take besides the judge of faces; by default nobody."""

    watchers: Callable[[], Sequence[Watcher]] = field(default=tuple, compare=False)
    """Returns new watchers, who have seen nothing yet."""
    key: str = ""
    """Differs whenever they may find something else: who they are, their revisions, and what they know."""


NOBODY = Watch()
