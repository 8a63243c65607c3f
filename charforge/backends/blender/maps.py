"""Depth and edges of a view, as pictures that other models can be steered by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometry = NDArray[np.float32]
    """(height, width, 4): normal x and y from 0 to 1, metres ahead, and 1 where something is."""

NOTHING = 65535
"""Millimetres written where nothing is, or where it is farther than 16 bits reach."""


def nearest(back: Geometry, front: Geometry | None) -> Geometry:
    """Return what is seen of both layers together."""
    if front is None:
        return back
    there = (front[..., 3:] > 0.5) & ((front[..., 2:3] < back[..., 2:3]) | (back[..., 3:] < 0.5))
    return np.asarray(np.where(there, front, back), np.float32)


def middle(layer: Geometry | None) -> float | None:
    """Return the median distance of a layer in metres; None where there is none."""
    if layer is None or not (layer[..., 3] > 0.5).any():
        return None
    return float(np.median(layer[..., 2][layer[..., 3] > 0.5]))


def depth_png(layer: Geometry) -> bytes:
    """Return the depth as a 16-bit grey PNG in millimetres."""
    metres = np.where(layer[..., 3] > 0.5, layer[..., 2], np.inf)
    return _png(np.where(metres < 65.5, np.round(np.minimum(metres, 65.5) * 1000), NOTHING).astype(np.uint16))


def edges_png(layer: Geometry) -> bytes:
    """Return where surfaces end or bend, white on black, as an 8-bit grey PNG."""
    import cv2

    there = layer[..., 3] > 0.5
    near = np.where(there, 1 / np.maximum(layer[..., 2], 0.1), 0)
    top = float(np.quantile(near[there], 0.99)) if there.any() else 1.0
    planes = (np.clip(near / top, 0, 1), *np.moveaxis(np.where(there[..., None], layer[..., :2], 0.5), -1, 0))
    found = np.zeros(layer.shape[:2], np.uint8)
    for plane, low, high in zip(planes, (10, 60, 60), (30, 120, 120), strict=True):
        found |= cv2.Canny((plane * 255).astype(np.uint8), low, high)
    return _png(found)


def _png(pixels: NDArray[Any]) -> bytes:
    import cv2

    _, encoded = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    return encoded.tobytes()
