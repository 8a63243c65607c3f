"""Dyes a garment in a picture, its light and cloth kept. Colours are CIE Lab (D65), differences CIE76."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.imaging.garments import Garment

    Floats = NDArray[np.float32]

SKIN_LIMIT = 2.0
"""Largest mean colour difference that the skin beside a dyed garment may show."""


def dye(pixels: NDArray[np.uint8], garment: Garment, colour: Floats) -> NDArray[np.uint8]:
    """Return the picture with the garment in another colour (Lab), its folds, light and weave as they were."""
    found = lab(pixels)
    light = found[..., 0] - garment.colour[0]
    # A dark cloth's folds are faint and a light one's are strong; as much as the eye is used to.
    gain = float(np.clip((colour[0] + 20) / (garment.colour[0] + 20), 0.6, 1.5))
    dyed = np.empty_like(found)
    dyed[..., 0] = np.clip(colour[0] + light * gain, 0, 100)
    # Shade takes its part of the colour too, and a pattern keeps half of what set it apart.
    depth = np.clip(dyed[..., 0] / max(float(colour[0]), 1.0), 0.3, 1.1)[..., None]
    dyed[..., 1:] = colour[1:] * depth + 0.5 * (found[..., 1:] - garment.colour[1:])
    share = garment.alpha[..., None]
    mixed = pixels * (1 - share) + rgb(dyed) * share
    out = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    out[garment.alpha <= 0] = pixels[garment.alpha <= 0]
    return out


def skin_change(before: NDArray[np.uint8], after: NDArray[np.uint8], garment: Garment) -> float:
    """Return the mean colour difference of the skin, face and neck, between a picture and its dyed version."""
    if not garment.skin.any():
        return 0.0
    apart = np.linalg.norm(lab(before)[garment.skin] - lab(after)[garment.skin], axis=1)
    return float(apart.mean())


def lab_of(code: str) -> Floats:
    """Return the Lab colour of ``#rrggbb``; raise ValueError when it is none."""
    if len(code) != 7 or code[0] != "#":
        raise ValueError(code)
    rgb = np.array([[[int(code[i : i + 2], 16) for i in (1, 3, 5)]]], np.uint8)
    return np.asarray(lab(rgb)[0, 0], np.float32)


def lab(pixels: NDArray[np.uint8]) -> Floats:
    """Return the Lab colours of RGB pixels, (…, 3) float32."""
    import cv2

    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)


def rgb(colours: Floats) -> Floats:
    """Return the RGB of Lab colours, 0 to 255 float32."""
    import cv2

    return np.asarray(np.clip(cv2.cvtColor(colours.astype(np.float32), cv2.COLOR_Lab2RGB), 0, 1) * 255, np.float32)
