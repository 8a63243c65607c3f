"""Moving pictures in process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
"""(height, width, 3) uint8 RGB."""


BLACK = 4
"""A picture with no sample brighter than this shows nothing."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Moving pictures, as they are made; the runner pipes them to the encoder."""

    rate: Fraction
    width: int
    height: int
    pixel_format: str
    """`yuv420p` (planes one after another, BT.709 limited range) or `rgb24`."""
    frames: Iterator[bytes | memoryview]
    count: int
    notes: dict[str, float | str] = field(default_factory=dict)
    """May be filled while the frames are drawn."""
