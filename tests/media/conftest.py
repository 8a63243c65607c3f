"""What the tests of media share."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from drawings import HEIGHT, WIDTH, picture

from charforge.backends.protocols import Frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def drawn() -> Callable[..., Frames]:
    """Return a maker of rgb24 frames: `drawn(count, rate=…, promised=…)`."""

    def make(count: int, rate: Fraction = Fraction(24), promised: int | None = None) -> Frames:
        def draw() -> Iterator[bytes]:
            for index in range(count):
                yield picture(index).tobytes()

        return Frames(rate, WIDTH, HEIGHT, "rgb24", draw(), count if promised is None else promised)

    return make
