"""What face detectors share: where faces lie, whether two are the same, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.protocols import Detection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return the shared part of the union of two boxes (x, y, width, height), 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / max(one[2] * one[3] + other[2] * other[3] - shared, 1e-9)


def merged(better: tuple[Detection, ...], others: tuple[Detection, ...], same: float) -> tuple[Detection, ...]:
    """Return every face once; where both saw it, their boxes overlapping by `same`, as the first saw it."""
    return better + tuple(o for o in others if all(overlap(o.box, b.box) < same for b in better))


def moved(face: Detection, shift: NDArray[np.float32] | NDArray[np.int64]) -> Detection:
    """Return a face shifted by (x, y) pixels."""
    x, y, width, height = face.box
    box = (x + float(shift[0]), y + float(shift[1]), width, height)
    return Detection(box, (face.points + shift).astype(np.float32), face.confidence)


def largest_first(faces: Iterable[Detection]) -> list[Detection]:
    """Return faces by the area of their boxes."""
    return sorted(faces, key=lambda face: face.box[2] * face.box[3], reverse=True)
