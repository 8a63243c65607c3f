"""Sees light and colour that jump from frame to frame and back, and pictures that jump within a clip."""

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
JUMP = 12.0
"""Levels that most of the picture changes by at a jump, its light apart."""
RATIO = 4.0
"""How many times as much as around it a picture changes at a jump."""
AROUND = 6
"""Frames on each side that a jump is compared with."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What changed from one frame to the next."""

    frame: int
    light: tuple[float, float, float]
    """Log light, red and blue against green: the median of all blocks, which what moves does not shift."""
    content: float
    """Mean change in levels once the change of light is taken out."""


class Flicker:
    """Watcher of flicker and of jumps; sees more when it glances at every frame."""

    revision: ClassVar[str] = "flicker-2"

    def __init__(self, copies: Copies, rate: Fraction | float | None) -> None:
        self._copies, self._rate = copies, rate
        self._glanced = _Steps()
        self._looked = _Steps()

    def glance(self, frame: int, small: RGB) -> None:
        """Compare a frame with the one before it."""
        self._glanced.add(frame, small)

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:  # noqa: ARG002 - a Watcher
        """Compare a judged frame with the one judged before it."""
        self._looked.add(frame, self._copies.small(pixels))

    def findings(self) -> tuple[Finding, ...]:
        """Return the worst flicker, or else the worst jump."""
        steps = self._glanced.steps or self._looked.steps
        worst, frame = swing(steps)
        if worst >= LIMIT:
            return (self._finding(f"the light jumps by {worst:.0%} and back", worst, LIMIT, frame),)
        if self._glanced.steps:
            size, frame = jump(steps)
            if size >= JUMP:
                return (self._finding("the picture jumps", size, JUMP, frame),)
        return ()

    def _finding(self, message: str, number: float, limit: float, frame: int) -> Finding:
        time = seconds(frame, self._rate)
        return Finding(code="flicker", message=message, number=number, limit=limit, frame=frame, time=time)


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
    lit = before @ np.array([0.3, 0.59, 0.11], np.float32) * np.exp(medians[0])
    content = float(np.abs(now @ np.array([0.3, 0.59, 0.11], np.float32) - lit).mean())
    return _Step(frame, (medians[0], medians[1], medians[2]), content)


def swing(steps: Sequence[_Step]) -> tuple[float, int]:
    """Return the largest change of light that is undone at the next frame, and the frame it starts at."""
    worst, at = 0.0, 0
    for one, other in itertools.pairwise(steps):
        for here, there in zip(one.light, other.light, strict=True):
            size = min(abs(here), abs(there)) if here * there < 0 else 0.0
            if size > worst:
                worst, at = size, one.frame
    return worst, at


def jump(steps: Sequence[_Step]) -> tuple[float, int]:
    """Return how much the picture changes where it changes far more than around, and the frame; 0 where nowhere."""
    sizes = [s.content for s in steps]
    best, at = 0.0, 0
    for i, size in enumerate(sizes):
        around = sizes[max(i - AROUND, 0) : i] + sizes[i + 1 : i + 1 + AROUND]
        if len(around) >= 2 and size > best and size > RATIO * max(float(np.median(around)), 1.0):
            best, at = size, steps[i].frame
    return best, at
