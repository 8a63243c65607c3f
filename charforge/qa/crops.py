"""Cuts heads out of pictures as references show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.imaging.frames import RGB

CROWN = 1.27
"""Head height over the mesh's forehead-to-chin length. Source: measured on 40 cast heads."""
SHARE, WIDE_SHARE = 0.70, 0.38
"""Of the crop's height that the head takes, and where the garment is to be seen too."""
ABOVE = 0.10
"""Room above the crown, as a share of the crop."""
SMALLEST = 512
"""Pixels of a reference's side. Source: the founding documents' rule for references."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A square part of a picture, at the picture's own resolution."""

    pixels: RGB
    left: int
    top: int
    side: int
    head: float
    """Crown to chin in pixels."""


def head_crop(pixels: RGB, points: NDArray[np.float32], *, wide: bool = False) -> Crop:
    """Return the square around a head; `points` are its (478, 3) landmarks, `wide` shows the garment too.

    Where the square would leave the picture it is moved, and where it is larger than the picture, made smaller.
    """
    height, width = pixels.shape[:2]
    head = head_height(points)
    side = min(round(head / (WIDE_SHARE if wide else SHARE)), height, width)
    chin = float(points[152, 1])
    middle = float(points[:468, 0].min() + points[:468, 0].max()) / 2
    # The mesh ends at the ears; the back of a turned head lies on the side that it turns away from.
    middle += 0.5 * (float(points[[234, 454], 0].mean()) - float(points[1, 0]))
    top = chin - head - ABOVE * (0.5 if wide else 1.0) * side
    at = (min(max(round(value), 0), limit - side) for value, limit in ((middle - side / 2, width), (top, height)))
    x, y = at
    return Crop(np.ascontiguousarray(pixels[y : y + side, x : x + side]), x, y, side, head)


def head_height(points: NDArray[np.float32]) -> float:
    """Return crown to chin in pixels, the same for a turned head as for a frontal one."""
    return CROWN * float(np.linalg.norm(points[10] - points[152]))
