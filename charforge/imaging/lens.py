"""Backgrounds of portraits: a place out of focus, or an even colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from charforge.imaging.frames import RGB

FALL = 0.14
"""How much less light reaches the corners of a lit backdrop."""


def out_of_focus(pixels: RGB, diameter: float) -> RGB:
    """Return a picture as an open lens shows what lies far behind its subject; `diameter` of a point, in pixels."""
    import cv2

    if diameter < 1:
        return pixels
    step = max(1, round(diameter / 16))
    extent = tuple(max(1, side // step) for side in pixels.shape[1::-1])
    # Lights spread as light, and stay as bright as they are: gamma 2.2 comes near enough to sRGB for a blur.
    light = (pixels.astype(np.float32) / 255) ** np.float32(2.2)
    small = cv2.resize(light, extent, interpolation=cv2.INTER_AREA)
    soft = cv2.filter2D(small, -1, _disc(diameter / step), borderType=cv2.BORDER_REFLECT)
    grown = cv2.resize(soft, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(grown, 0, 1) ** np.float32(1 / 2.2) * 255 + 0.5, np.uint8)


def backdrop(colour: tuple[int, int, int], width: int, height: int) -> RGB:
    """Return a wall of this sRGB colour, lit in its middle."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    far = np.hypot((x / width - 0.5) / 0.7, (y / height - 0.42) / 0.8)
    light = 1 - FALL * np.clip(far, 0, 1) ** 2
    # A step of dither, so that the fall of light shows no bands.
    grain = np.random.default_rng(1).uniform(-0.5, 0.5, (height, width, 1))
    return np.asarray(np.clip(np.array(colour) * light[..., None] + grain + 0.5, 0, 255), np.uint8)


def _disc(diameter: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    reach = int(np.ceil(diameter / 2 + 1))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    disc = np.clip(diameter / 2 + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(disc / disc.sum(), np.float32)
