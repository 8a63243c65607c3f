"""Measures what somebody wears, so that it can be compared in another light.

Colours are linear light, and are told against the wearer's own skin: the same light falls on both, so what it does to
the one it does to the other. They are compared as logarithms: lightness, red against green, blue against green.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging.lighting import linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection

    Colours = NDArray[np.float32]

REACH = 2.6
"""How far below the chin cloth is looked for, where there is a chest."""
WIDE = 1.25
"""How far to each side of the chest's middle."""
GAP = 0.75
"""How far below the chin it begins: necks and beards lie above."""
CHIN = 0.75
"""Chin below the mouth; all four are distances from eyes to mouth."""
DARK = 0.004
"""Linear light added before the logarithm: what is black has no colour."""
LEAST = 120
"""Pixels of cloth that must be in view."""
MOST = 300
"""Pixels that are compared; more add nothing."""
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
LIKE_SKIN = 0.22
"""Difference of colour, lightness apart, under which a pixel below the chin may be skin."""
WEIGHTS = np.array([0.35, 1.0, 1.0], np.float32)
"""Lightness counts for less: folds and shade change it, and colour only a little."""


@dataclass(frozen=True, slots=True)
class Worn:
    """What somebody wears and the skin beside it, in linear light."""

    cloth: Colours
    """(n, 3)."""
    skin: Colours
    """(3,)."""


def worn(pixels: RGB, face: Detection) -> Worn | None:
    """Return what is worn below a face; None where too little of it is in view."""
    left, right, _, one, other = np.asarray(face.points, np.float32)
    eyes, mouth = (left + right) / 2, (one + other) / 2
    # A head that is turned or bowed shortens one of the two.
    span = max(float(np.linalg.norm(mouth - eyes)), 0.95 * float(np.linalg.norm(right - left)))
    x, y, width, height = face.box
    middle = (x + width / 2 + float(mouth[0])) / 2
    chin = max(float(mouth[1]) + CHIN * span, y + 0.97 * height)
    rows = slice(max(int(chin + GAP * span), 0), max(int(chin + REACH * span), 0))
    columns = slice(max(int(middle - WIDE * span), 0), max(int(middle + WIDE * span), 0))
    part = pixels[rows, columns]
    bare = _skin(pixels, face)
    if bare is None or part.shape[0] * part.shape[1] < LEAST or part.shape[0] < 0.3 * span:
        return None
    found = linear(_thinned(part.reshape(-1, 3)))
    off = np.abs(_logs(found) - _logs(bare[None]))
    kept = found[(off[:, 1:].max(axis=1) >= LIKE_SKIN) | (off[:, 0] >= 1)]
    # Cloth of the skin's colour is no reason to see none.
    return Worn(found if len(kept) < 0.25 * len(found) else kept, bare)


def of_body(pixels: NDArray[np.uint8]) -> Colours | None:
    """Return the colours of a body cut out without a head, (height, width, 4); None where hardly anything is there."""
    solid = pixels[pixels[..., 3] > 250][:, :3]
    return linear(_thinned(solid)) if len(solid) >= LEAST else None


def in_light(reference: Worn, skin: Colours) -> Colours:
    """Return what the reference's cloth looks like in the light that gives its wearer this skin."""
    return np.asarray(reference.cloth * (skin + DARK) / (reference.skin + DARK), np.float32)


def distance(found: Colours, wanted: Colours) -> float:
    """Return how far most of what is found is from the nearest colour that is wanted.

    The 45th percentile: up to half of the region may be a table, a hand or hair.
    """
    apart = (_logs(found)[:, None] - _logs(wanted)[None]) * WEIGHTS
    nearest = np.sqrt((apart**2).sum(axis=2).min(axis=1))
    return float(np.percentile(nearest, 45))


def _skin(pixels: RGB, face: Detection) -> Colours | None:
    """Return the colour of a face's skin, (3,): the median between eyes and mouth; None outside the picture."""
    left, right, _, one, other = np.asarray(face.points, np.float32)
    eyes, mouth = (left + right) / 2, (one + other) / 2
    span = float(np.linalg.norm(right - left))
    low, high = int(eyes[1] + 0.25 * span), int(mouth[1] - 0.1 * span)
    start, stop = int(min(left[0], one[0]) - 0.1 * span), int(max(right[0], other[0]) + 0.1 * span)
    part = pixels[max(low, 0) : max(high, 0), max(start, 0) : max(stop, 0)]
    return np.asarray(np.median(linear(_thinned(part.reshape(-1, 3))), axis=0), np.float32) if part.size else None


def _thinned(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels[:: max(len(pixels) // MOST, 1)]


def _logs(light: Colours) -> Colours:
    green = np.log(light[:, 1] + DARK)
    lightness = np.log((light + DARK) @ LUMA)
    logs = np.stack([lightness, np.log(light[:, 0] + DARK) - green, np.log(light[:, 2] + DARK) - green], axis=1)
    return np.asarray(logs, np.float32)
