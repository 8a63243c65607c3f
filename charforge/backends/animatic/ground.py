"""The canvas that one person is drawn on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.floating[Any]]
    Affine = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ground:
    """The canvas that a person's cards are drawn on, in frame pixels at the largest magnification."""

    width: int
    height: int
    centre: tuple[float, float]
    """Where the head's centre is on the canvas."""
    head: float
    """Crown to chin."""
    blur: float
    """Diameter of the defocus."""


def scaling(scale: float, source: NDArray[np.floating[Any]], target: tuple[float, float]) -> Affine:
    """Return the map (2, 3) that scales and brings `source` to `target`."""
    return np.array([[scale, 0, target[0] - scale * source[0]], [0, scale, target[1] - scale * source[1]]], np.float64)


def warped(plane: Plane, placed: Affine, ground: Ground, *, replicate: bool = False) -> Plane:
    """Return a picture on the canvas; outside it there is nothing, or its edge goes on."""
    grown = np.hypot(placed[0, 0], placed[0, 1]) > 1.05
    out = cv2.warpAffine(
        plane,
        placed,
        (ground.width, ground.height),
        flags=cv2.INTER_CUBIC if grown else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT,
    )
    return np.asarray(out, np.float32)
