"""Clean cut-outs: the colour of hair without the wall behind it, and a matte without its halo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.floating[Any]]


def foreground(picture: Plane, alpha: Plane) -> Plane:
    """Return the colour of what the matte keeps, also where background shines through; RGB 0 to 1.

    Source: Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021 (two passes of blur fusion).
    """
    first, behind = _fused(picture, picture, picture, alpha, 91)
    return np.clip(_fused(picture, first, behind, alpha, 7)[0], 0, 1)


def fringed(colour: Plane, alpha: Plane, ears: int) -> Plane:
    """Return the colour with thin hair above the row of the ears, where a wall shines through, as dark as the rest."""
    side = colour.shape[1]
    small = (side // 4, side // 4)
    weight = cv2.resize(alpha, small, interpolation=cv2.INTER_AREA) ** np.float32(8)
    sure = np.dstack([cv2.resize(colour, small, interpolation=cv2.INTER_AREA) * weight[..., None], weight])
    sure = cv2.GaussianBlur(sure, (0, 0), 0.01 * side)
    within = cv2.resize(sure[..., :3] / (sure[..., 3:] + 1e-3), (side, side), interpolation=cv2.INTER_LINEAR)
    thin = np.clip(3 * (1 - cv2.GaussianBlur(alpha, (0, 0), 0.008 * side)), 0, 1)
    rows = np.arange(colour.shape[0], dtype=np.float32)[:, None]
    thin = (thin * np.clip((ears - rows) / (0.1 * side), 0, 1))[..., None]
    return np.asarray(colour + thin * (np.minimum(colour, within) - colour), np.float32)


def _fused(picture: Plane, front: Plane, back: Plane, alpha: Plane, reach: int) -> tuple[Plane, Plane]:
    mask = alpha[..., None]
    box = (reach, reach)
    soft = cv2.blur(alpha, box)[..., None]
    fore = cv2.blur(front * mask, box) / (soft + 1e-5)
    rear = cv2.blur(back * (1 - mask), box) / (1 - soft + 1e-5)
    return fore + mask * (picture - mask * fore - (1 - mask) * rear), rear


def tightened(alpha: Plane, pixels: float) -> Plane:
    """Return the matte drawn in by about this many pixels, its soft hair kept soft."""
    soft = cv2.GaussianBlur(alpha, (0, 0), max(0.6, pixels * 0.8))
    drawn = np.minimum(alpha, soft)
    return np.asarray(np.clip((drawn - 0.42) / 0.4, 0, 1).astype(np.float32))


def changed(clean: Plane, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Plane:
    """Return a cleaned colour, RGB 0 to 1, with what a new state of the face changes.

    Where cleaning took something away, such as an old garment, the new state does not bring it back.
    """
    old = before.astype(np.float32) / 255
    kept = 1 - np.clip(12 * np.abs(clean - old).max(axis=-1), 0, 1)
    kept = cv2.GaussianBlur(kept, (0, 0), 2)[..., None]
    return np.asarray(np.clip(clean + kept * (after.astype(np.float32) / 255 - old), 0, 1), np.float32)
