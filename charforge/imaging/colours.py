"""Compares the colours of two pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    RGB = NDArray[np.uint8]


def colour_difference(one: RGB, other: RGB) -> float:
    """Return the mean distance of two pictures' pixels in CIE Lab (D65), the second scaled to the first's size.

    Below 1 nobody sees a difference; black and white are 100 apart. Source: CIE 15:2004, 8.2.1 (Delta E*ab).
    """
    if one.shape != other.shape:
        height, width = one.shape[:2]
        other = np.asarray(cv2.resize(other, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return float(np.linalg.norm(_lab(one) - _lab(other), axis=2).mean())


def _lab(pixels: RGB) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
