"""Frames to encode."""

from __future__ import annotations

import numpy as np

WIDTH, HEIGHT = 320, 180


def picture(index: int) -> np.ndarray:
    """Return a frame whose green bar grows with its number."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:] = (180, 60, 40)
    pixels[:, : 8 * index + 8] = (20, 200, 90)
    return pixels
