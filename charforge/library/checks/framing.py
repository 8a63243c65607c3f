"""Measures who is in the picture, how large, and how the frame cuts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.library.checks.sitting import CHIN, OVAL

if TYPE_CHECKING:
    from charforge.backends.protocols import Detection
    from charforge.library.checks.sitting import Sitting

BACKGROUND = 0.5
"""A face less wide than this share of the largest counts as background."""
SURE = 0.88
"""The detector's confidence from which a face beside the largest is one. Source: leaves reach 0.84, `qa.rules`."""
BODY = 0.5
"""Matte from here on is person."""


def short_side(sitting: Sitting) -> float:
    """Return the shorter side in pixels."""
    return float(min(sitting.pixels.shape[:2]))


def main_faces(sitting: Sitting) -> float:
    """Return how many faces are at least half as wide as the largest."""
    return float(sum(1 for f in _people(sitting) if f.box[2] >= BACKGROUND * sitting.faces[0].box[2]))


def background_faces(sitting: Sitting) -> float:
    """Return how many smaller faces there are besides."""
    return len(_people(sitting)) - main_faces(sitting)


def eye_distance(sitting: Sitting) -> float | None:
    """Return the eye distance in pixels, the head's turn allowed for."""
    return sitting.eye_distance


def head_share(sitting: Sitting) -> float | None:
    """Return crown to chin in per cent of the picture's height; hair and hats count as head."""
    found = _crown_and_chin(sitting)
    return None if found is None else 100 * (found[1] - found[0]) / sitting.pixels.shape[0]


def headroom(sitting: Sitting) -> float | None:
    """Return the gap above the crown in per cent of the head's height; 0 where the frame cuts it."""
    found = _crown_and_chin(sitting)
    return None if found is None else 100 * found[0] / max(found[1] - found[0], 1.0)


def face_outside(sitting: Sitting) -> float | None:
    """Return how much of the face's outline lies outside the frame, in per cent."""
    if sitting.landmarks is None:
        return None
    height, width = sitting.pixels.shape[:2]
    x, y = sitting.landmarks.points[list(OVAL), :2].T
    return 100 * float(np.mean((x < 0) | (y < 0) | (x > width - 1) | (y > height - 1)))


def shoulders(sitting: Sitting) -> float | None:
    """Return how wide the person is below the chin, in widths of the face."""
    found = _crown_and_chin(sitting)
    if found is None or sitting.landmarks is None:
        return None
    crown, chin = found
    below = sitting.matte[min(int(chin + 0.05 * (chin - crown)), sitting.matte.shape[0]) :] > BODY
    below = below[: int(0.6 * (chin - crown)) + 1]
    if not below.size:
        return 0.0
    points = sitting.landmarks.points
    ears = float(np.linalg.norm(points[454] - points[234]))
    return float(below.sum(1).max()) / max(ears, 1.0)


def body_cut(sitting: Sitting) -> float | None:
    """Return how wide the person is at the lower edge, in per cent of the widest place; 0 where the feet are in."""
    rows = (sitting.matte > BODY).sum(1)
    return None if not rows.max() else 100 * float(rows[-max(len(rows) // 100, 1) :].max() / rows.max())


def _people(sitting: Sitting) -> tuple[Detection, ...]:
    """Return the largest face, and those beside it that are faces for sure."""
    return sitting.faces[:1] + tuple(f for f in sitting.faces[1:] if f.confidence >= SURE)


def _crown_and_chin(sitting: Sitting) -> tuple[float, float] | None:
    """Return the rows of the matte's top above the face and of the chin."""
    if sitting.landmarks is None:
        return None
    points = sitting.landmarks.points
    low, high = float(points[list(OVAL), 0].min()), float(points[list(OVAL), 0].max())
    columns = sitting.matte[:, max(int(low), 0) : max(int(high), 1)] > BODY
    chin, brow = float(points[CHIN, 1]), float(points[10, 1])
    above = columns[: max(int(brow), 1)]
    if not above.size:
        return None
    # A gap ends the head: what is above it is not this person's.
    empty = np.flatnonzero(~above.any(1))
    return float(empty[-1] + 1) if empty.size else 0.0, chin
