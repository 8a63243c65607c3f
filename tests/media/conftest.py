"""Frames to encode."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from charforge.backends.protocols import Frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH, HEIGHT = 320, 180


def picture(index: int) -> np.ndarray:
    """Return a frame whose green bar grows with its number."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:] = (180, 60, 40)
    pixels[:, : 8 * index + 8] = (20, 200, 90)
    return pixels


@pytest.fixture
def drawn() -> Callable[..., Frames]:
    """Return a maker of rgb24 frames: `drawn(count, rate=…, promised=…)`."""

    def make(count: int, rate: Fraction = Fraction(24), promised: int | None = None) -> Frames:
        def draw() -> Iterator[bytes]:
            for index in range(count):
                yield picture(index).tobytes()

        return Frames(rate, WIDTH, HEIGHT, "rgb24", draw(), count if promised is None else promised)

    return make
