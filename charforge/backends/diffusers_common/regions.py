"""The part of a picture that a repair works on, and how it goes back without touching the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB

CONTEXT = 2.0
"""What the model sees is this many times the size of what it changes."""
SOFT = 0.3
"""Share of the ellipse's radius over which a repair fades out."""


@dataclass(frozen=True, slots=True)
class Region:
    """A crop around a face with the proportions that the model draws; it may reach over the picture's edge."""

    left: int
    top: int
    width: int
    height: int
    ellipse: tuple[float, float, float, float]
    """x, y, width, height in the crop's pixels; what lies outside is never changed."""


def region(box: tuple[int, int, int, int], margin: float, working: tuple[int, int]) -> Region:
    """Return the crop around a face whose box grows by a share of its longer side."""
    x, y, w, h = box
    grown = margin * max(w, h)
    height = round(max((w + 2 * grown) * working[1] / working[0], h + 2 * grown) * CONTEXT)
    width = max(round(height * working[0] / working[1]), 1)
    left, top = round(x + w / 2 - width / 2), round(y + h / 2 - height / 2)
    return Region(left, top, width, height, (x - grown - left, y - grown - top, w + 2 * grown, h + 2 * grown))


def cropped(picture: RGB, at: Region, working: tuple[int, int]) -> RGB:
    """Return the crop at the model's size; over the picture's edge its last pixels go on."""
    import cv2

    rows = np.clip(np.arange(at.top, at.top + at.height), 0, picture.shape[0] - 1)
    columns = np.clip(np.arange(at.left, at.left + at.width), 0, picture.shape[1] - 1)
    filtering = cv2.INTER_AREA if working[0] < at.width else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(picture[np.ix_(rows, columns)], working, interpolation=filtering), np.uint8)


def mask(at: Region) -> NDArray[np.float32]:
    """Return (height, width) of the crop: 1 within the ellipse, falling smoothly to 0 at its edge."""
    x, y, w, h = at.ellipse
    across = (np.arange(at.width, dtype=np.float32) + 0.5 - (x + w / 2)) / (w / 2)
    down = (np.arange(at.height, dtype=np.float32) + 0.5 - (y + h / 2)) / (h / 2)
    fade = np.clip((1 - np.hypot(across[None, :], down[:, None])) / SOFT, 0, 1)
    return np.asarray(fade * fade * (3 - 2 * fade), np.float32)


def pasted(picture: RGB, made: RGB, at: Region) -> RGB:
    """Return the picture with what a model made of the crop; outside the ellipse every pixel is as it was."""
    import cv2

    filtering = cv2.INTER_AREA if at.width < made.shape[1] else cv2.INTER_LANCZOS4
    crop = cv2.resize(made, (at.width, at.height), interpolation=filtering).astype(np.float32)
    height, width = picture.shape[:2]
    top, left = max(at.top, 0), max(at.left, 0)
    bottom, right = min(at.top + at.height, height), min(at.left + at.width, width)
    inside = np.s_[top - at.top : bottom - at.top, left - at.left : right - at.left]
    share = mask(at)[inside][..., None]
    finished = picture.copy()
    here = finished[top:bottom, left:right]
    blended = np.rint(here + (crop[inside] - here) * share).clip(0, 255).astype(np.uint8)
    here[:] = np.where(share > 0, blended, here)
    return finished
