"""Grades: one look for every layer of every shot, read from looks.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from charforge.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.floating[Any]]
    Bytes = NDArray[np.uint8]

TILE = 64
"""How far a grain tile reaches over the frame, so that it can be shifted."""


@dataclass(frozen=True, slots=True)
class Look:
    """How pictures are graded."""

    contrast: float
    """0 leaves the picture, 1 is a full S-curve."""
    shadows: tuple[float, float, float]
    """Added to RGB in the dark."""
    highlights: tuple[float, float, float]
    """Added to RGB in the light."""
    saturation: float
    vignette: float
    """How much darker the corners are."""
    grain: float
    """Standard deviation in 8-bit steps."""

    def graded(self, picture: Plane) -> Plane:
        """Return an sRGB picture, 0 to 1, graded."""
        clean = np.clip(picture, 0, 1)
        curve = clean * clean * (3 - 2 * clean)
        out = clean + self.contrast * (curve - clean)
        grey = (out @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
        out = grey + self.saturation * (out - grey)
        dark, bright = (1 - grey) ** 2 * np.minimum(1, grey * 8), grey**2 * np.minimum(1, (1 - grey) * 8)
        out = out + dark * np.array(self.shadows, np.float32) + bright * np.array(self.highlights, np.float32)
        return np.clip(out, 0, 1).astype(np.float32)


def look(name: str) -> Look:
    """Return the look of this name; raise InputError with the known names otherwise."""
    known: dict[str, Any] = json.loads((files("charforge.backends.animatic") / "looks.json").read_text("utf-8"))
    if name not in known:
        message = f"there is no look {name!r}"
        raise InputError(message, f"known looks: {', '.join(sorted(known))}")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in known[name].items()}
    return Look(**values)


class Film:
    """What is laid over every frame: the falling light of the corners, and grain."""

    def __init__(self, width: int, height: int, style: Look, seed: int) -> None:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        far = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
        fall = 1 - style.vignette * np.clip(far, 0, 1) ** 1.25
        self._fall: Bytes = np.round(fall * 255).astype(np.uint8)
        self._floor: Bytes = np.round(16 * (1 - fall)).astype(np.uint8)
        self._plain = style.vignette == 0
        self._rng = np.random.default_rng([seed, 77])
        self._size = (width, height)
        self._tiles = [self._tile(style.grain) for _ in range(3)]

    def _tile(self, strength: float) -> Bytes:
        width, height = self._size
        shape = (height + TILE, width + TILE)
        noise = self._rng.standard_normal(shape, np.float32)
        soft = cv2.GaussianBlur(noise, (0, 0), max(0.3, 0.75 * height / 1080))
        soft *= np.float32(strength / max(float(soft.std()), 1e-6))
        return np.asarray(np.clip(np.round(soft + 128), 0, 255).astype(np.uint8))

    def develop(self, luma: Bytes, frame: int) -> None:
        """Lay corners and grain over the luma of a frame, in place; the same frame always gets the same grain."""
        if not self._plain:
            cv2.multiply(luma, self._fall, dst=luma, scale=1 / 255)
            cv2.add(luma, self._floor, dst=luma)
        tile = self._tiles[frame % len(self._tiles)]
        right, down = frame * 37 % TILE, frame * 23 % TILE
        part = tile[down : down + luma.shape[0], right : right + luma.shape[1]]
        cv2.addWeighted(luma, 1.0, part, 1.0, -128.0, dst=luma)
