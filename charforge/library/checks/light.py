"""Measures the light on the face, in stops: one stop is twice the light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.library.checks.sitting import (
    LEFT_CHEEK,
    LEFT_TEMPLE,
    RIGHT_CHEEK,
    RIGHT_TEMPLE,
    linear,
)

if TYPE_CHECKING:
    from charforge.library.checks.sitting import Mask, Sitting

DARK = 1e-4
DEEP = 2.3
"""Stops under the bright side of the face from which skin counts as in shadow."""
HAIR, DARKER = 22.0, 38.0
"""Distance from the cheeks in a or b, and in lightness, beyond which a piece of forehead is hair, not skin."""
LEAST_BACKGROUND = 0.05
"""Share of the picture that must be background for it to be measured."""


def unevenness(sitting: Sitting) -> float | None:
    """Return by how many stops one side of the face is brighter: of cheeks and forehead, whichever differs more."""
    if sitting.light is None or sitting.lab is None or sitting.skin is None:
        return None
    found = [_apart(sitting, sitting.region(LEFT_CHEEK), sitting.region(RIGHT_CHEEK))]
    apart = sitting.lab - sitting.skin
    near = (np.abs(apart[..., 1:]).max(-1) < HAIR) & (apart[..., 0] > -DARKER)
    left, right = (sitting.region(t) & near for t in (LEFT_TEMPLE, RIGHT_TEMPLE))
    if min(left.sum(), right.sum()) > 200:
        found.append(_apart(sitting, left, right))
    return max(found)


def _apart(sitting: Sitting, left: Mask, right: Mask) -> float:
    assert sitting.light is not None
    if not left.any() or not right.any():
        return 0.0
    one, other = (max(float(np.median(sitting.light[m])), DARK) for m in (left, right))
    return abs(float(np.log2(one / other)))


def shadow(sitting: Sitting) -> float | None:
    """Return how much of the skin above the mouth lies in deep shadow, in per cent."""
    if sitting.light is None:
        return None
    skin = sitting.light[sitting.upper_face]
    if not skin.size:
        return None
    return 100 * float(np.mean(skin < np.percentile(skin, 80) * 2**-DEEP))


def brightness(sitting: Sitting) -> float | None:
    """Return how bright the bright side of the face is, 0 to 255 as displayed."""
    skin = _displayed(sitting)
    return None if skin is None else float(np.percentile(skin, 90))


def burnt(sitting: Sitting) -> float | None:
    """Return how much of the face is burnt out to white, in per cent."""
    skin = _displayed(sitting)
    return None if skin is None else 100 * float(np.mean(skin >= 250))


def backlight(sitting: Sitting) -> float | None:
    """Return by how many stops the background outshines the bright side of the face; 0 where there is little of it."""
    if sitting.light is None:
        return None
    skin = sitting.light[sitting.upper_face]
    pixels, matte = sitting.small
    behind = matte < 0.05
    if not skin.size or behind.mean() < LEAST_BACKGROUND:
        return 0.0
    bright = float(np.median(linear(pixels)[behind]))
    return float(np.log2(max(bright, DARK) / max(float(np.percentile(skin, 75)), DARK)))


def _displayed(sitting: Sitting) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None:
    """Return the displayed luma of the skin above the mouth."""
    if sitting.crop is None:
        return None
    skin = sitting.crop[sitting.upper_face].astype(np.float32)
    return None if not skin.size else np.asarray(skin @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)
