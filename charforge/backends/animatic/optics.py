"""Defocus, light and film: what happens to a layer before it is placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.animatic.camera import Pose

    Plane = NDArray[np.floating[Any]]

APERTURE_WIDE, APERTURE_CLOSE = 0.005, 0.016
"""Diameter of the lens opening in metres for whole views and for close ones."""
LENS = 2.0
"""Focal length in sensor heights at zoom 1: a 48 mm lens on a 24 mm high sensor."""


def to_linear(picture: Plane) -> Plane:
    """Return sRGB values, 0 to 1, as light. Source: IEC 61966-2-1."""
    low = picture / np.float32(12.92)
    high = ((np.maximum(picture, 0) + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(picture <= 0.04045, low, high).astype(np.float32)


def to_srgb(light: Plane) -> Plane:
    """Return light, 0 to 1, as sRGB values. Source: IEC 61966-2-1."""
    light = np.maximum(light, 0)
    high = np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(light <= 0.0031308, light * np.float32(12.92), high).astype(np.float32)


def defocus(pose: Pose, depth: float, focus: float, size: float) -> float:
    """Return the diameter of a point's blur in frame heights.

    Source: the thin-lens circle of confusion, opening * focal length * difference of the inverse distances.
    """
    close = min(1.0, max(0.0, (size - 1.0) / 2.0))
    opening = APERTURE_WIDE + (APERTURE_CLOSE - APERTURE_WIDE) * close
    here, sharp = max(depth - pose.dolly, 0.15), max(focus - pose.dolly, 0.15)
    return min(0.12, opening * LENS * pose.zoom * abs(1 / sharp - 1 / here))


def blurred(layer: Plane, diameter: float) -> Plane:
    """Return a layer of light (any channels, premultiplied) seen through an open lens; diameter in pixels."""
    if diameter < 1.0:
        return layer
    step = 1 if diameter < 12 else 2 if diameter < 32 else 4
    small = layer if step == 1 else _smaller(layer, step)
    disc = _disc(diameter / step)
    soft = cv2.filter2D(small, -1, disc, borderType=cv2.BORDER_REFLECT)
    if step == 1:
        return np.asarray(soft, np.float32)
    grown = cv2.resize(soft, layer.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.maximum(np.asarray(grown, np.float32), 0)


def _smaller(layer: Plane, step: int) -> Plane:
    height, width = layer.shape[:2]
    small = cv2.resize(layer, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _disc(diameter: float) -> Plane:
    """Return a soft-edged round kernel that sums to 1."""
    radius = diameter / 2
    reach = int(np.ceil(radius + 1))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray((disc / disc.sum()).astype(np.float32))
