"""One small copy of a frame for all watchers, and the times of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB

SIDE = 320
"""Longer side of the small copy."""


class Copies:
    """Keeps the small copy of the frame that was asked for last, so that each frame is made small once."""

    def __init__(self) -> None:
        self._of: RGB | None = None
        self._small: RGB | None = None

    def small(self, pixels: RGB) -> RGB:
        """Return the frame with its longer side at SIDE; a smaller one as it is."""
        if self._small is None or self._of is not pixels:
            self._of, self._small = pixels, shrunk(pixels, SIDE)
        return self._small


def shrunk(pixels: RGB, side: int) -> RGB:
    """Return a picture with its longer side at most `side`."""
    import cv2

    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    extent = max(round(width * scale), 1), max(round(height * scale), 1)
    # Every n-th pixel first: an area filter over all of a large frame costs more than all the watching.
    step = max(int(0.5 / scale), 1)
    return np.asarray(
        cv2.resize(np.ascontiguousarray(pixels[::step, ::step]), extent, interpolation=cv2.INTER_AREA), np.uint8
    )


def grey(pixels: RGB) -> NDArray[np.float32]:
    """Return a picture's luma, (height, width) float32, 0 to 255."""
    import cv2

    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def seconds(frame: int | None, rate: Fraction | float | None) -> float | None:
    """Return a frame's time in a clip; None for a still."""
    return None if frame is None or not rate else round(float(frame / rate), 3)
