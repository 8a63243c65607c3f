"""What a search sees of a head: pose, expression, place in the picture, colours, identity, and a coarse picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.landmarks import eye_opening, mouth_opening, mouth_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection, FaceBackend, LandmarkBackend, Landmarks, Vector

GRID = 64
"""Side of the coarse picture."""
SHAPES = (
    "jawOpen", "mouthPucker", "mouthFunnel", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight", "eyeBlinkLeft",
    "eyeBlinkRight", "eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight", "mouthShrugLower",
    "mouthRollLower", "mouthPressLeft", "mouthPressRight", "mouthStretchLeft", "mouthStretchRight", "eyeLookInLeft",
    "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookDownLeft", "eyeLookDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight",
)  # fmt: skip
"""Expression strengths that take part."""

CHANNELS = {
    "pose": 3,
    "gaps": 3,
    "shapes": len(SHAPES),
    "place": 3,
    "hair": 3,
    "skin": 3,
    "face": 128,
    "rim": 144,
    "grid": GRID * GRID * 3,
}
"""Parts of a measurement and how many numbers each has.

`pose`: turn, pitch, roll in tens of degrees. `gaps`: mouth opening, mouth width, eye opening, ten times the ratio.
`place`: column and row of the face and its height, twenty times the fraction of the picture. `hair`, `skin`: mean
colours, four times 0 to 1. `face`: the identity embedding. `rim`: colours along the top and both sides, 0 to 1, where
no hair may arrive. `grid`: the coarse picture, 0 to 1.
"""


def _slices() -> dict[str, slice]:
    found, start = {}, 0
    for name, length in CHANNELS.items():
        found[name] = slice(start, start + length)
        start += length
    return found


PARTS = _slices()
LENGTH = PARTS["grid"].stop
BRIEF = PARTS["grid"].start
"""Length of a measurement without its coarse picture: as much of a linear model as a rig keeps."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A drawn head and what was measured on it."""

    pixels: RGB
    marks: Landmarks
    face: Vector
    """Identity embedding of length 1."""
    numbers: NDArray[np.float32]
    """(LENGTH,)."""
    found: Detection
    """Where the face is, in the picture at half size."""


@dataclass(frozen=True, slots=True)
class Eye:
    """The generator and the models that measure what it draws."""

    draw: Callable[[Vector], RGB]
    face: FaceBackend
    landmark: LandmarkBackend

    def see(self, style: Vector) -> Measured | None:
        """Draw a style and measure it; None when there is no measurable face in the picture."""
        return measure(self.draw(style), self.face, self.landmark)


def measure(pixels: RGB, face: FaceBackend, landmark: LandmarkBackend) -> Measured | None:
    """Measure the largest face of a head picture; None when there is none."""
    import cv2

    half = np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    return measure_half(half, pixels, face, landmark)


def measure_half(half: RGB, pixels: RGB, face: FaceBackend, landmark: LandmarkBackend) -> Measured | None:
    """Measure a head picture of half size; `pixels` is what the measurement remembers."""
    import cv2

    found = face.detect(half)
    marks = landmark.landmarks(half, found[0]) if found else None
    if marks is None:
        return None
    embedding = face.embed(half, found[0])
    embedding = embedding / max(float(np.linalg.norm(embedding)), 1e-9)
    side = half.shape[0]
    points = marks.points
    coarse = cv2.resize(half, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    middle = points[[33, 263, 10, 152], :2].mean(0) / side
    height = float(np.linalg.norm(points[10] - points[152])) / side
    soft = cv2.blur(cv2.resize(half, (256, 256), interpolation=cv2.INTER_AREA), (7, 7)).astype(np.float32) / 255
    hair, skin = _colours(soft, points * (256 / side))
    numbers = np.concatenate([
        np.array([marks.turn, marks.pitch, marks.roll]) / 10,
        np.array([mouth_opening(points), mouth_width(points), eye_opening(points)]) * 10,
        np.array([marks.blendshapes[n] for n in SHAPES]),
        np.array([middle[0], middle[1], height]) * 20,
        hair * 4,
        skin * 4,
        embedding,
        _rim(coarse),
        coarse.ravel(),
    ])  # fmt: skip
    return Measured(pixels, marks, embedding, numbers.astype(np.float32), found[0])


def _rim(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the colours of 16 cells along the top, the left and the right, two coarse pixels deep."""
    sides = (coarse[:2].mean(0), coarse[:, :2].mean(1), coarse[:, -2:].mean(1))
    return np.concatenate([side.reshape(16, GRID // 16, 3).mean(1).ravel() for side in sides])


def _colours(soft: NDArray[np.float32], points: NDArray[np.float32]) -> tuple[Vector, Vector]:
    """Return the mean colour above the hairline and that of forehead, cheeks and chin."""
    up = (points[10] - points[152])[:2]
    crown = [points[10, :2] + part * up for part in (0.14, 0.2, 0.26)]
    bare = [points[i, :2] for i in (50, 280, 151, 199)]
    return _sampled(soft, crown), _sampled(soft, bare)


def _sampled(soft: NDArray[np.float32], places: list[NDArray[np.float32]]) -> Vector:
    side = soft.shape[0]
    at = np.clip(np.array(places), 0, side - 1).astype(int)
    return np.asarray(soft[at[:, 1], at[:, 0]].mean(0), np.float32)
