"""Measures colour: of the skin, the lips, what covers forehead and neck, and the background.

What is not seen: a hat that begins above the hairline and has the colour of hair, a scarf of the colour of skin,
make-up that keeps to natural colours, a background whose clutter is of one tone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.library.checks.sitting import (
    CHIN,
    EYES,
    HEIGHT,
    LEFT_LID,
    LIPS,
    MOUTH,
    OVAL,
    RIGHT_LID,
    WIDTH,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.library.checks.sitting import Mask, Sitting

NEAR = 16.0
"""Distance in a and b from the cheeks up to which something has the colour of skin."""
DARKER, LIGHTER = 38.0, 25.0
"""Lightness below and above the cheeks up to which skin in shade or in light is still skin."""
HAIR_HUES = (15.0, 110.0)
"""Degrees in a and b between which hair lies that was not dyed: from red to yellow."""
GREY = 14.0
"""Chroma under which nothing can be said of a hue."""


def skin_chroma(sitting: Sitting) -> float | None:
    """Return how colourful the skin is, as Lab chroma; 0 in black-and-white."""
    return None if sitting.skin is None else float(np.hypot(*sitting.skin[1:]))


def skin_hue(sitting: Sitting) -> float | None:
    """Return the hue of the skin in degrees, from 0 (pink) to 90 (yellow); None where it has too little colour."""
    if sitting.skin is None or np.hypot(*sitting.skin[1:]) < 4:
        return None
    return float(np.degrees(np.arctan2(sitting.skin[2], sitting.skin[1])))


def clipped(sitting: Sitting) -> float | None:
    """Return how much of the face is as colourful as the file can hold, in per cent: one channel empty, one not."""
    if sitting.crop is None:
        return None
    skin = sitting.crop[sitting.upper_face]
    return 100 * float(np.mean((skin.min(-1) <= 2) & (skin.max(-1) > 80))) if skin.size else None


def lip_colour(sitting: Sitting) -> float | None:
    """Return by how much the lips are more colourful than the skin, as Lab chroma."""
    if sitting.lab is None or sitting.skin is None:
        return None
    lips = sitting.lab[sitting.region(LIPS, swollen=0.9) & ~sitting.region(MOUTH, swollen=1.1)]
    if len(lips) < 50:
        return None
    colour = np.median(lips, axis=0)
    return float(np.hypot(colour[1], colour[2]) - np.hypot(*sitting.skin[1:]))


def lid_colour(sitting: Sitting) -> float | None:
    """Return how far the colour of the lids is from that of the skin, lightness left aside, in Lab units."""
    if sitting.lab is None or sitting.skin is None:
        return None
    lids = sitting.lab[sitting.region(LEFT_LID, RIGHT_LID)]
    return float(np.linalg.norm(np.median(lids, axis=0)[1:] - sitting.skin[1:])) if len(lids) else None


def covered_forehead(sitting: Sitting) -> float | None:
    """Return how much of the forehead has not the colour of the cheeks, in per cent: hair, a hat or a scarf."""
    if sitting.lab is None or sitting.skin is None or sitting.points is None:
        return None
    forehead = sitting.region(OVAL, swollen=0.95)
    forehead[int(max(sitting.points[[105, 334], 1].min() - EYES * 0.08, 0)) :] = False
    return _foreign(sitting, forehead)


def covered_neck(sitting: Sitting) -> float | None:
    """Return how much of what is just below the chin has not the colour of the cheeks, in per cent.

    None where the frame shows no neck.
    """
    if sitting.lab is None or sitting.skin is None or sitting.points is None or sitting.crop_matte is None:
        return None
    x, y = sitting.points[CHIN]
    top, bottom = round(y + 0.08 * EYES), round(y + 0.3 * EYES)
    neck = np.zeros((HEIGHT, WIDTH), bool)
    neck[max(top, 0) : max(bottom, 0), max(round(x - 0.3 * EYES), 0) : max(round(x + 0.3 * EYES), 0)] = True
    seen = neck & (sitting.crop_matte > 0.5)
    return _foreign(sitting, seen) if seen.sum() > 0.3 * max(int(neck.sum()), 1) else None


def headwear(sitting: Sitting) -> float | None:
    """Return how much of the top of the head has a colour that hair has only when dyed, in per cent."""
    if sitting.lab is None or sitting.points is None or sitting.crop_matte is None:
        return None
    above = sitting.crop_matte > 0.7
    above[int(max(sitting.points[10, 1], 0)) :] = False
    if above.sum() < 0.02 * above.size:
        return None
    a, b = sitting.lab[above][:, 1], sitting.lab[above][:, 2]
    hue = np.degrees(np.arctan2(b, a))
    strange = (np.hypot(a, b) > GREY) & ((hue < HAIR_HUES[0]) | (hue > HAIR_HUES[1]))
    return 100 * float(np.mean(strange))


def background(sitting: Sitting) -> float | None:
    """Return how restless the background is: what is left of its Lab colours after a smooth fall-off, root mean square.

    None where there is too little of it.
    """
    import cv2

    small, matte = sitting.small
    behind = cv2.dilate((matte > 0.05).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    if behind.mean() < 0.04:
        return None
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return _restless(lab, behind)


def _restless(lab: NDArray[np.float32], where: Mask) -> float:
    """Return how far the colours lie from the quadratic surface that fits them best."""
    y, x = np.nonzero(where)
    v, u = y / where.shape[0] - 0.5, x / where.shape[1] - 0.5
    surface = np.stack([np.ones_like(u), u, v, u * v, u * u, v * v], axis=1)
    values = lab[where].astype(np.float64)
    fitted, *_ = np.linalg.lstsq(surface, values, rcond=None)
    return float(np.sqrt(((values - surface @ fitted) ** 2).sum(1).mean()))


def _foreign(sitting: Sitting, where: Mask) -> float | None:
    """Return how much of a region is not skin, in per cent."""
    assert sitting.lab is not None
    assert sitting.skin is not None
    apart = sitting.lab[where] - sitting.skin
    if not len(apart):
        return None
    near = np.hypot(apart[:, 1], apart[:, 2]) < NEAR
    return 100 * float(np.mean(~(near & (apart[:, 0] > -DARKER) & (apart[:, 0] < LIGHTER))))
