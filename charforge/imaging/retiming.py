"""Makes frames at one rate into frames at another: what lies between two frames is moved there, not faded.

Motion is estimated both ways, so that what one frame hides is taken from the other. Each in-between frame follows from
its two neighbours alone. Source: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016 (OpenCV's
implementation); Chen et al., "A simple fixed-point approach to invert a deformation field", 2008, for the way back from
a point between two frames; Herbst, Seitz, Baker, "Occlusion Reasoning for Temporal Interpolation using Optical Flow",
2009, for trusting a frame where going there and back agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from charforge.imaging.frames import RGB

    Plane = NDArray[np.float32]

CUT = 12.0
"""Mean grey levels, brightness aside, that may be left after moving one frame onto the other, where moving did not at
least halve them: with more they show different scenes, and a cut has no frame between."""
SMALLEST = 16
"""Pixels a side under which motion is not looked for; the nearer frame stands for what is between."""
DISAGREEMENT = 1.0
"""Pixels by which the two estimates of a motion may differ before the point counts as hidden in one frame."""
_ROUNDS = 4


def needed(count: int, rate: Fraction, source: Fraction) -> int:
    """Return how many frames at rate `source` reach as far as `count` frames at `rate`."""
    return -int(-((count - 1) * source / rate) // 1) + 1


def positions(frames: int, source: Fraction, count: int, rate: Fraction, *, whole: bool) -> tuple[Fraction, ...]:
    """Return where in the given frames each of the wanted ones lies; 0 is the first, ``frames - 1`` the last.

    Time runs as it did, and what is left over at the end is dropped. With `whole` the last wanted frame is the last
    given one, and time runs a little faster or slower. Raises ValueError when the given frames end too early.
    """
    if whole:
        step = Fraction(frames - 1, max(count - 1, 1))
    else:
        step = source / rate
        if frames < needed(count, rate, source):
            message = f"{frames} frames at {source} end before {count} frames at {rate}"
            raise ValueError(message)
    return tuple(number * step for number in range(count))


def retimed(
    frames: Sequence[RGB], source: Fraction, count: int, rate: Fraction, *, whole: bool = False
) -> Iterator[RGB]:
    """Yield exactly `count` frames at `rate` from frames of one size at rate `source`; the first is the given first.

    Where a wanted frame falls on a given one it is that very array. `whole` and errors are those of `positions`.
    """
    between: Between | None = None
    for place in positions(len(frames), source, count, rate, whole=whole):
        number = int(place)
        if place == number:
            yield frames[number]
            continue
        if between is None or between.number != number:
            between = Between.of(number, frames[number], frames[number + 1])
        yield between.at(float(place - number))


@dataclass(frozen=True, slots=True)
class Between:
    """Two neighbouring frames and how things move from one to the other."""

    number: int
    """Of the first one."""
    before: RGB
    after: RGB
    onward: Plane | None
    """(height, width, 2) pixels that each point of the first moves until the second; None where nothing can be said."""
    back: Plane | None
    """The same from the second to the first."""

    @classmethod
    def of(cls, number: int, before: RGB, after: RGB) -> Between:
        """Measure the motion between two frames."""
        if min(before.shape[:2]) < SMALLEST or np.array_equal(before, after):
            return cls(number, before, after, None, None)
        onward, back = _flow(before, after), _flow(after, before)
        unmoved, left = _apart(before, after.astype(np.float32)), _apart(before, _taken(after, onward))
        if left > max(CUT, unmoved / 2):
            return cls(number, before, after, None, None)
        return cls(number, before, after, onward, back)

    def at(self, part: float) -> RGB:
        """Return the frame at a part of the way, 0 to 1 exclusive."""
        if self.onward is None or self.back is None:
            return self.before if part < 0.5 else self.after
        early, early_seen = _seen(self.before, self.onward, self.back, part)
        late, late_seen = _seen(self.after, self.back, self.onward, 1 - part)
        # Where only one frame shows a point it alone decides; where neither does, the nearer one weighs more.
        one, other = (early_seen + 1e-3) * (1 - part), (late_seen + 1e-3) * part
        share = (other / (one + other))[..., None]
        mixed = early + (late - early) * share
        return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _seen(pixels: RGB, flow: Plane, reverse: Plane, part: float) -> tuple[Plane, Plane]:
    """Return one frame's content moved a part of its way, and how surely it is there, (height, width) 0 to 1."""
    standing = flow
    for _ in range(_ROUNDS):  # each point asks where it came from, and the answer moves the question
        standing = _taken(flow, -part * standing)
    way = -part * standing
    return _taken(pixels, way), _taken(_agreement(flow, reverse), way)


def _agreement(flow: Plane, reverse: Plane) -> Plane:
    """Return how well going there and back again ends where it began, (height, width) 0 to 1."""
    gone = np.linalg.norm(flow + _taken(reverse, flow), axis=-1)
    return np.asarray(np.exp(-((gone / DISAGREEMENT) ** 2)), np.float32)


def _taken(pixels: RGB | Plane, flow: Plane) -> Plane:
    """Return what lies at the end of each point's flow, float32, the edge repeated outside."""
    import cv2

    height, width = flow.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = columns + flow[..., 0], rows + flow[..., 1]
    values = pixels.astype(np.float32)
    taken = cv2.remap(values, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.float32)


def _apart(one: RGB, other: Plane) -> float:
    """Return the mean difference of two frames in grey levels once their brightness is the same."""
    difference = one.astype(np.float32) - other
    return float(np.abs(difference - difference.mean()).mean())


def _flow(before: RGB, after: RGB) -> Plane:
    """Return the motion from one frame to the other, (height, width, 2) float32 pixels."""
    import cv2

    search = cv2.DISOpticalFlow.create(cv2.DISOpticalFlow_PRESET_MEDIUM)
    one, other = (cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels in (before, after))
    return np.asarray(search.calc(one, other, np.zeros((*one.shape, 2), np.float32)), np.float32)
