"""Lays a part of one picture into another: a person before a new background, a face back into its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.imaging.frames import RGB

    Plane = NDArray[np.float32]
    Points = NDArray[np.floating]

FEATHER = 0.05
"""Softness of a face's edge over the face's width."""
TINT = 0.3
"""How much of the new place's light falls on the person, as an exponent of the change."""
MOST = 1.2
"""How much brighter or darker a colour of the person becomes at most by it."""
MATCHED = 1.5
"""How much brighter or darker a colour of a face that is put back becomes at most."""


def put_back(picture: RGB, original: RGB, here: Points | None, there: Points) -> RGB:
    """Return a picture with the face of the original in the place of its own, in the light of the picture.

    `there` are (468, 2) landmarks of the face in the original, `here` in the picture; None stands for the same place.
    """
    import cv2

    height, width = picture.shape[:2]
    matrix = _similarity(there, there if here is None else here)
    moved = cv2.warpAffine(original, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((height, width), np.float32)
    outline = cv2.convexHull((there @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(outline).astype(np.int32), 1.0)
    across = float(np.ptp(outline[..., 0]))
    inner = cv2.erode(mask, _round(FEATHER * across))
    soft = cv2.GaussianBlur(inner, (0, 0), max(0.5, FEATHER * across / 2))[..., None]
    if here is not None:
        moved = _toned(moved, picture, inner > 0.5)
    mixed = picture + soft * (moved.astype(np.float32) - picture)
    return np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)


def before(person: RGB, matte: Plane, background: RGB) -> RGB:
    """Return a person, cut out by a matte of 0 to 1, before a background of the same size, tinted by its light."""
    light = _gain(background, person, matte)
    alpha = matte[..., None]
    colour = np.clip(_spread(person, matte) * light, 0, 255)
    return np.asarray(np.clip(background + alpha * (colour - background) + 0.5, 0, 255), np.uint8)


def filled(picture: RGB, width: int, height: int) -> RGB:
    """Return the middle of a picture, as large as it fits, at this size."""
    import cv2

    high, wide = picture.shape[:2]
    scale = max(width / wide, height / high)
    across, down = min(wide, round(width / scale)), min(high, round(height / scale))
    left, top = (wide - across) // 2, (high - down) // 2
    part = picture[top : top + down, left : left + across]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (width, height), interpolation=how), np.uint8)


def _similarity(points: Points, target: Points) -> NDArray[np.float64]:
    """Return the (2, 3) map of shift, turn and scale that lays points best on their targets."""
    here, there = points.mean(0), target.mean(0)
    one, other = ((p - m) @ np.array([1, 1j]) for p, m in ((points, here), (target, there)))
    turn = np.vdot(one, other) / max(float(np.vdot(one, one).real), 1e-9)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([matrix, there - matrix @ here])


def _toned(face: RGB, picture: RGB, where: NDArray[np.bool_]) -> Plane:
    """Return a face whose mean colour is that of the picture there."""
    if not where.any():
        return face.astype(np.float32)
    gain = (picture[where].mean(0) + 1) / (face[where].mean(0) + 1)
    return np.asarray(face * np.clip(gain, 1 / MATCHED, MATCHED).astype(np.float32), np.float32)


def _gain(background: RGB, person: RGB, matte: Plane) -> Plane:
    """Return how the light of a place changes each colour, against that of where the person was."""
    old = person[matte < 0.1]
    was = old.mean(0) if len(old) > 100 else np.full(3, 118.0)
    gain = ((background.reshape(-1, 3).mean(0) + 1) / (was + 1)) ** TINT
    return np.asarray(np.clip(gain, 1 / MOST, MOST), np.float32)


def _spread(person: RGB, matte: Plane) -> Plane:
    """Return the person's colours carried outwards, so that no old background shines through hair and edges."""
    import cv2

    sure = (matte > 0.95).astype(np.float32)
    size = max(2.0, 0.006 * max(person.shape[:2]))
    weight = cv2.GaussianBlur(sure, (0, 0), size)[..., None]
    carried = cv2.GaussianBlur(person * sure[..., None], (0, 0), size) / np.maximum(weight, 1e-4)
    own = np.clip((matte - 0.6) / 0.35, 0, 1)[..., None]
    known = np.clip(weight / 0.02, 0, 1) * (1 - own)
    return np.asarray(person + known * (carried - person), np.float32)


def _round(diameter: float) -> NDArray[np.uint8]:
    import cv2

    side = max(1, round(diameter)) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
