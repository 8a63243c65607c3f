"""Sees black bars at the top and foot of a picture, or at its sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa import quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection

DARK = 20
"""Level that a bar's pixels stay under; noise of compression included."""
EVEN = 3.0
"""Largest deviation of levels within a bar's row."""
LEAST = 0.012
"""Least share of the picture's height or width that a bar on each side takes."""
JUMP = 8.0
"""How much brighter a pixel right beside a bar is to count as the picture's edge."""
FILLED = 0.98
"""Share of a row that is dark in a bar."""
STRAIGHT = 0.35
"""Share of one bar's length along which the picture must begin at once, and a fifth of it of the other's: a dark room
fades into its border, and somebody's dark coat may lie along one of two bars."""
UNEVEN = 2.5
"""How many times as thick one bar of a pair may be as the other."""


class Letterbox:
    """Watcher of black bars; they must be there in every frame that is not black."""

    revision: ClassVar[str] = "letterbox-2"

    def __init__(self) -> None:
        self._bars: NDArray[np.float64] | None = None
        self._frame = 0
        self._size = (0, 0)

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:  # noqa: ARG002 - a Watcher
        """Measure the bars of a frame."""
        if quality.black(pixels):
            return
        found = bars(pixels)
        if self._bars is None:
            self._bars, self._frame, self._size = found, frame, (pixels.shape[1], pixels.shape[0])
        else:
            self._bars = np.minimum(self._bars, found)

    def findings(self) -> tuple[Finding, ...]:
        """Return the thicker pair of bars."""
        if self._bars is None or not self._bars.any():
            return ()
        top, foot, left, right = (float(v) for v in self._bars)
        level = top + foot >= left + right
        share = top + foot if level else left + right
        width, height = self._size
        box = (
            round(left * width),
            round(top * height),
            round((1 - left - right) * width),
            round((1 - top - foot) * height),
        )
        where = "above and below" if level else "on both sides"
        return (
            Finding(
                code="letterbox",
                message=f"black bars {where} take {share:.0%} of the picture",
                number=share,
                limit=2 * LEAST,
                frame=self._frame,
                box=box,
            ),
        )


def bars(pixels: RGB) -> NDArray[np.float64]:
    """Return the shares of the picture that bars take at the top, foot, left and right; 0 where there is no pair."""
    light = pixels.max(axis=2) if pixels.shape[0] < 400 else pixels[..., 1]
    height, width = light.shape
    found = [*_pair(_bar(light), _bar(light[::-1]), height), *_pair(_bar(light.T), _bar(light.T[::-1]), width)]
    return np.array(found)


def _pair(one: tuple[int, float], other: tuple[int, float], length: int) -> tuple[float, float]:
    """Return the shares of two bars, or 0 where they are no pair."""
    thin, thick = sorted((one[0], other[0]))
    if thin < max(LEAST * length, 2) or thick > UNEVEN * thin:
        return 0.0, 0.0
    if max(one[1], other[1]) < STRAIGHT or min(one[1], other[1]) < STRAIGHT / 5:
        return 0.0, 0.0
    return one[0] / length, other[0] / length


def _bar(light: NDArray[np.uint8]) -> tuple[int, float]:
    """Return how many rows from the top are an even black bar, and along which share of it the picture begins."""
    step = max(light.shape[1] // 240, 1)
    rows = light[: light.shape[0] // 2, ::step]
    dark = ((rows < DARK).mean(axis=1) >= FILLED) & (rows.std(axis=1) < EVEN)
    thick = int(np.argmin(dark)) if not dark.all() else 0
    if thick == 0:
        return 0, 0.0
    # Compression blurs the edge over one of its blocks.
    inner = rows[thick + 1 : thick + 10].max(axis=0, initial=0).astype(np.float32)
    return thick, float((inner - rows[: max(thick - 1, 1)].mean(axis=0) > JUMP).mean())
