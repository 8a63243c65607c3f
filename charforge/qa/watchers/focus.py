"""Sees that a picture as a whole is out of focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa import quality
from charforge.qa.watchers.small import grey, seconds, shrunk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection
    from charforge.qa.watchers.surroundings import Eyes, Reference

SIDE = 640
"""Longer side at which focus is measured: what is soft only beyond it nobody minds."""
BLOCK = 16
SHARPEST = 0.04
"""Share of the blocks, those with the strongest edges, that a picture is judged by: the rest may be out of focus."""
LIMIT = 0.46
"""Sharpness under which a picture is soft, where nothing is known of its plate."""
OF_PLATE = 0.85
"""The same as a share of the plate's sharpness, where that is lower."""

EVERY = 2
"""Of a clip's judged frames every second is measured: focus does not jump."""


class Soft:
    """Watcher of pictures in which nothing is sharp; of a clip most frames must be."""

    revision: ClassVar[str] = "soft-2"

    def __init__(self, plate: Reference | None, eyes: Eyes, rate: Fraction | float | None) -> None:
        self._plate, self._eyes, self._rate = plate, eyes, rate
        self._looks = 0
        self._seen: list[tuple[float, int]] = []

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:  # noqa: ARG002 - a Watcher
        """Measure a frame's sharpness, or pass over it."""
        self._looks += 1
        if self._looks % EVERY == 1 and not quality.black(pixels):
            found = sharpness(pixels)
            if found is not None:
                self._seen.append((found, frame))

    def findings(self) -> tuple[Finding, ...]:
        """Return the softest frame when half of them are soft."""
        if not self._seen:
            return ()
        limit = LIMIT
        if self._plate is not None:
            plate = self._eyes.remembered("sharpness", self._plate, lambda pixels: sharpness(pixels[..., :3]))
            limit = limit if plate is None else min(limit, OF_PLATE * plate)
        worst, frame = min(self._seen)
        if float(np.median([value for value, _ in self._seen])) >= limit:
            return ()
        time = seconds(frame, self._rate)
        message = "the whole picture is out of focus"
        return (Finding(code="soft", message=message, number=worst, limit=limit, frame=frame, time=time),)


def sharpness(pixels: RGB) -> float | None:
    """Return how fast a picture's strongest edges rise: their finest detail over detail twice as coarse.

    From 0.5 to 0.9 for a sharp picture, whatever it shows and however strong its contrast; None without edges.
    """
    import cv2

    light = grey(shrunk(pixels, SIDE))
    # One level of blur takes most grain and compression away, and little of an edge.
    fine = cv2.GaussianBlur(light, (0, 0), 0.7)
    coarse, broad = (cv2.GaussianBlur(light, (0, 0), s) for s in (1.4, 2.8))
    near, far = _energy(fine - coarse), _energy(coarse - broad)
    strong = np.sort(far.ravel())[::-1]
    least = strong[max(int(SHARPEST * strong.size) - 1, 0)]
    chosen = far >= max(float(least), 1.0)
    return float(np.sqrt(near[chosen].sum() / far[chosen].sum())) if chosen.any() else None


def _energy(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    whole = plane[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return np.asarray((whole**2).mean(axis=(1, 3)), np.float32)
