"""Dyes a headless body: what is worn is all that its alpha covers, less bare skin. Colours are CIE Lab (D65)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging.garments import Garment
from charforge.imaging.recolour import dye, lab, rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.domain.assets import Fit

    Floats = NDArray[np.float32]

OPAQUE = 0.6
"""Coverage from which a pixel belongs to the body."""
THROAT = 0.25
"""Half the width of the throat over the face's."""
BARE = 0.5
"""Share of the throat that must be opaque, for its colour to be skin: under a collar there is nothing."""
ALIKE = 16.0
"""Largest difference of a throat's colour from the face's for it to be skin; lightness counts half, for shadow."""
SKIN = 9.0
"""Difference from the throat's colour up to which the body is skin; lightness counts half."""


SPAN = 16.0
"""Lightness that a garment's light and dark parts keep from its middle: a place's hard light is not baked in again."""


def worn(body: NDArray[np.uint8], fit: Fit, face: Floats) -> Garment | None:
    """Return what a body (height, width, 4) wears; `face` is the colour of its owner's skin; None for nothing."""
    colours, cover = lab(body[..., :3]), np.asarray(body[..., 3] / 255, np.float32)
    skin = _skin(colours, cover, fit, face)
    alpha = cover * (1 - _soft(skin))
    cloth = (alpha > OPAQUE) & ~skin
    if not cloth.any():
        return None
    colour = np.asarray(np.median(colours[cloth], axis=0), np.float32)
    # Of an apron over a shirt, neither alone is to have the dye's lightness.
    colour[0] = colours[cloth][:, 0].mean()
    return Garment(np.asarray(alpha, np.float32), colour, colour[None], skin)


def dyed(body: NDArray[np.uint8], garment: Garment, colour: Floats) -> NDArray[np.uint8]:
    """Return the body with its garment in another colour (Lab), evenly lit, its outline as it was."""
    # Colour runs on beneath a soft edge, so that none of the old one is seen there.
    whole = Garment(np.where(garment.alpha > 0, _solid(garment), 0), garment.colour, garment.shades, garment.skin)
    out = body.copy()
    out[..., :3] = dye(_evened(np.ascontiguousarray(body[..., :3]), garment), whole, colour)
    return out


def _evened(pixels: NDArray[np.uint8], garment: Garment) -> NDArray[np.uint8]:
    """Return the picture with its garment's lightness drawn together to SPAN, where it spreads further."""
    found = lab(pixels)
    light = found[..., 0] - garment.colour[0]
    low, high = np.percentile(light[garment.alpha > OPAQUE], (3, 97))
    keep = min(1.0, SPAN / max(float(high), -float(low), 1.0))
    found[..., 0] = garment.colour[0] + light * keep
    evened = np.where(garment.alpha[..., None] > 0, rgb(found), pixels)
    return np.clip(np.rint(evened), 0, 255).astype(np.uint8)


def _solid(garment: Garment) -> Floats:
    return np.asarray(1 - _soft(garment.skin), np.float32)


def _soft(mask: NDArray[np.bool_]) -> Floats:
    import cv2

    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0) if mask.any() else mask, np.float32)


def _skin(colours: Floats, cover: Floats, fit: Fit, face: Floats) -> NDArray[np.bool_]:
    """Return the body's bare skin; none where the throat is covered or open."""
    side = cover.shape[1]
    top, bottom = round(fit.chin_y * side), max(round(fit.collar * side), round(fit.chin_y * side) + 1)
    left, right = (round((fit.chin_x + sign * THROAT * fit.face) * side) for sign in (-1, 1))
    throat = np.zeros(cover.shape, bool)
    throat[top:bottom, max(left, 0) : right] = True
    seen = throat & (cover > OPAQUE)
    if seen.sum() < BARE * throat.sum():
        return np.zeros(cover.shape, bool)
    colour = np.median(colours[seen], axis=0)
    if np.linalg.norm((colour - face) * (0.5, 1, 1)) > ALIKE:
        return np.zeros(cover.shape, bool)
    return np.asarray((np.linalg.norm((colours - colour) * (0.5, 1, 1), axis=2) < SKIN) & (cover > OPAQUE))
