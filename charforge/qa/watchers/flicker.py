"""Sees light and colour that jump from one judged frame to the next and back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa.watchers.small import Copies, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection

GRID = (16, 9)
"""Blocks of a frame whose light is followed."""
DARK = 6.0
"""Levels added before the logarithm is taken, so that noise in the dark is no change of light."""
LIMIT = 0.06
"""Share of the light, or of a colour, by which most of the picture jumps and jumps back."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What changed from one frame to the next."""

    frame: int
    light: tuple[float, float, float]
    """Log light, red and blue against green: the median of all blocks, which what moves does not shift."""


class Flicker:
    """Watcher of flicker: frames that are not judged are not decoded, so what lies between two of them is not seen."""

    revision: ClassVar[str] = "flicker-2"

    def __init__(self, copies: Copies, rate: Fraction | float | None) -> None:
        self._copies, self._rate = copies, rate
        self._looked = _Steps()

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:  # noqa: ARG002 - a Watcher
        """Compare a judged frame with the one judged before it."""
        self._looked.add(frame, self._copies.small(pixels))

    def findings(self) -> tuple[Finding, ...]:
        """Return the worst flicker."""
        worst, frame = swing(self._looked.steps)
        if worst < LIMIT:
            return ()
        return (
            Finding(
                code="flicker",
                message=f"the light jumps by {worst:.0%} and back",
                number=worst,
                limit=LIMIT,
                frame=frame,
                time=seconds(frame, self._rate),
            ),
        )


class _Steps:
    """Follows the blocks of a clip's frames."""

    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self._before: NDArray[np.float32] | None = None

    def add(self, frame: int, small: RGB) -> None:
        import cv2

        now = np.asarray(cv2.resize(small, GRID, interpolation=cv2.INTER_AREA), np.float32).reshape(-1, 3)
        if self._before is not None:
            self.steps.append(_step(frame, self._before, now))
        self._before = now


def _step(frame: int, before: NDArray[np.float32], now: NDArray[np.float32]) -> _Step:
    logs = np.log(now + DARK) - np.log(before + DARK)
    green = logs[:, 1]
    medians = tuple(float(np.median(v)) for v in (green, logs[:, 0] - green, logs[:, 2] - green))
    return _Step(frame, (medians[0], medians[1], medians[2]))


def swing(steps: Sequence[_Step]) -> tuple[float, int]:
    """Return the largest change of light that is undone at the next frame, and the frame it starts at."""
    worst, at = 0.0, 0
    for one, other in itertools.pairwise(steps):
        for here, there in zip(one.light, other.light, strict=True):
            size = min(abs(here), abs(there)) if here * there < 0 else 0.0
            if size > worst:
                worst, at = size, one.frame
    return worst, at
