"""Measures what makes a picture or a face impossible to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB, Detection

BLACK = 16.0
"""Brightness (0 to 255) that 99 per cent of a black picture's pixels stay under; limited-range black is 16."""
STILL = 0.02
"""Mean change (0 to 255) between frames below which nothing moves, not even grain."""
GRID = 64
"""Faces are scaled to an eye distance of this many pixels over a square of twice as many to measure detail."""


def black(pixels: RGB) -> bool:
    """Return whether there is nothing to see."""
    sparse = pixels[::8, ::8].reshape(-1, 3)
    bright = (sparse[:, 0] >= BLACK) | (sparse[:, 1] >= BLACK) | (sparse[:, 2] >= BLACK)
    return bool(np.count_nonzero(bright) < 0.01 * len(bright))


def change(one: RGB, other: RGB) -> float:
    """Return the mean absolute difference of two frames of one size, 0 to 255, over every fourth pixel each way."""
    import cv2

    if one.shape != other.shape:
        return 255.0
    return float(np.mean(cv2.absdiff(np.ascontiguousarray(one[::4, ::4]), np.ascontiguousarray(other[::4, ::4]))))


def detail(pixels: RGB, face: Detection) -> float:
    """Return how much fine detail a face has: Laplacian deviation over contrast, at one fixed face size."""
    import cv2

    x, y, w, h = face.box
    left, top = max(int(x), 0), max(int(y), 0)
    crop = pixels[top : max(int(y + h), top + 1), left : max(int(x + w), left + 1)]
    if crop.size == 0:
        return 0.0
    filtering = cv2.INTER_AREA if crop.shape[1] > GRID else cv2.INTER_CUBIC
    grey = cv2.cvtColor(cv2.resize(crop, (GRID, GRID), interpolation=filtering), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std() / max(float(grey.std()), 4.0))
