"""A face as a transfer sees it: a picture of its neighbourhood, its points, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection, FaceBackend, LandmarkBackend, Landmarks

    Places = NDArray[np.float64]

MESH = 468
"""Points of the face; the others are the irises."""
HALF = np.array([0.5, 0.5, 0.0])
AROUND = 1.3
"""What of a picture is looked at around the middle of a face, in eye spans to each side."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face and what is around it."""

    pixels: RGB
    marks: Landmarks
    """Its points are in the pixels above."""
    corner: tuple[int, int]
    """Column and row of the first pixel in the picture it was cut from."""
    face: Detection
    """In the picture it was cut from."""

    @property
    def points(self) -> Places:
        """Return the points, (478, 3)."""
        return self.marks.points.astype(np.float64)

    @property
    def span(self) -> float:
        """Return the distance of the eyes' outer corners in space, in pixels: hardly less for a turned head."""
        return float(np.linalg.norm(self.points[33] - self.points[263]))

    @property
    def eyes(self) -> float:
        """Return the distance of the eyes' middles, in pixels of the picture."""
        left, right = (self.points[list(corners), :2].mean(0) for corners in ((33, 133), (362, 263)))
        return float(np.linalg.norm(left - right))

    def scaled(self, factor: float) -> Seen:
        """Return the face with pictures and points so many times as large."""
        import cv2

        from charforge.backends.protocols import Landmarks

        if factor == 1:
            return self
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        pixels = np.asarray(cv2.resize(self.pixels, None, fx=factor, fy=factor, interpolation=how), np.uint8)
        sides = np.array([pixels.shape[1] / self.pixels.shape[1], pixels.shape[0] / self.pixels.shape[0], factor])
        points = (self.marks.points.astype(np.float64) + HALF) * sides - HALF
        marks = self.marks
        moved = Landmarks(points.astype(np.float32), marks.blendshapes, marks.turn, marks.pitch, marks.roll)
        return Seen(pixels, moved, self.corner, self.face)


def look(pixels: RGB, face: Detection, landmark: LandmarkBackend) -> Seen | None:
    """Return a face of a picture with what is around it; None where it cannot be measured."""
    from charforge.backends.protocols import Landmarks

    marks = landmark.landmarks(pixels, face)
    if marks is None:
        return None
    points = marks.points[:MESH, :2].astype(np.float64)
    middle = (points.min(0) + points.max(0)) / 2
    reach = AROUND * float(np.ptp(points, axis=0).max())
    height, width = pixels.shape[:2]
    left, top = (int(max(0, np.floor(m - reach))) for m in middle)
    right, bottom = (int(min(e, np.ceil(m + reach))) for m, e in zip(middle, (width, height), strict=True))
    moved = marks.points - np.array([left, top, 0], np.float32)
    here = Landmarks(moved, marks.blendshapes, marks.turn, marks.pitch, marks.roll)
    return Seen(np.ascontiguousarray(pixels[top:bottom, left:right]), here, (left, top), face)


def again(take: Seen, pixels: RGB, landmark: LandmarkBackend) -> Seen | None:
    """Return a face whose neighbourhood was changed, measured anew; None where it cannot be measured any more."""
    left, top = take.corner
    x, y, width, height = take.face.box
    moved = take.face.points - np.array([left, top], np.float32)
    marks = landmark.landmarks(pixels, replace(take.face, box=(x - left, y - top, width, height), points=moved))
    return None if marks is None else Seen(pixels, marks, take.corner, take.face)


def faces(pixels: RGB, face: FaceBackend, landmark: LandmarkBackend) -> Seen | None:
    """Return the largest face of a picture; None where there is none that can be measured."""
    found = face.detect(pixels)
    return look(pixels, found[0], landmark) if found else None
