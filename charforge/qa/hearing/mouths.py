"""Follows the mouths in a clip."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from charforge.qa.hearing.lips import Mouth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from charforge.backends.protocols import RGB, Detection, FaceBackend, LandmarkBackend, Landmarks

    Named = Callable[[RGB, Sequence[Detection]], Sequence[str]]
    """Says whose faces these are, each name once; empty for nobody known."""

AGAIN = 6
"""Frames after which faces are looked for anew; between, each is where its landmarks were."""
NEAR = 0.5
"""Share of its width that a face may move from one look to the next."""
SMALLEST = 24.0
"""Distance of the outer eye corners in pixels below which lips cannot be told apart."""
INNER, EYES = (13, 14), (33, 263)
"""Points of the inner lips' middles and of the outer eye corners, in MediaPipe's canonical order."""


@dataclass
class _Face:
    """One face as it is followed."""

    detection: Detection
    times: list[float] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def followed(
    frames: Iterable[tuple[float, RGB]], finder: FaceBackend, landmarks: LandmarkBackend, named: Named | None = None
) -> tuple[Mouth, ...]:
    """Return every mouth in frames that come with their times, in order.

    Without `named` the mouths are numbered from the left of the frame they are first seen in.
    """
    faces: list[_Face] = []
    for number, (time, pixels) in enumerate(frames):
        if number % AGAIN == 0:
            _found(faces, pixels, finder, named)
        for face in faces:
            seen = landmarks.landmarks(pixels, face.detection)
            gap = None if seen is None else opening(seen)
            if seen is None or gap is None:
                continue
            face.detection = _moved(face.detection, seen)
            face.times.append(time)
            face.opening.append(gap)
    return tuple(
        Mouth(_name(face, number), np.array(face.times), np.array(face.opening))
        for number, face in enumerate(faces, 1)
        if face.times
    )


def opening(face: Landmarks) -> float | None:
    """Return how far a mouth is open, over the distance of the outer eye corners; None for a face too small."""
    span = float(np.linalg.norm(face.points[EYES[0]] - face.points[EYES[1]]))
    if span < SMALLEST:
        return None
    return float(np.linalg.norm(face.points[INNER[0], :2] - face.points[INNER[1], :2])) / span


def _found(faces: list[_Face], pixels: RGB, finder: FaceBackend, named: Named | None) -> None:
    """Look for faces, and go on with those that are known from before."""
    seen = sorted(finder.detect(pixels), key=lambda d: d.box[0])
    names = named(pixels, seen) if named is not None and seen else [""] * len(seen)
    for detection, name in zip(seen, names, strict=True):
        same = next((f for f in faces if _near(f.detection, detection)), None)
        if same is None:
            same = _Face(detection)
            faces.append(same)
        same.detection = detection
        if name:
            same.names.append(name)


def _near(one: Detection, other: Detection) -> bool:
    (x, y, w, h), (u, v, p, q) = one.box, other.box
    return abs(x + w / 2 - u - p / 2) < NEAR * max(w, p) and abs(y + h / 2 - v - q / 2) < NEAR * max(h, q)


def _moved(face: Detection, seen: Landmarks) -> Detection:
    """Return a face where its landmarks are now, as large as it was found."""
    x, y, w, h = face.box
    eyes = seen.points[[EYES[0], EYES[1]], :2].mean(0)
    before = face.points[:2].mean(0)
    right, down = (float(v) for v in eyes - before)
    return replace(face, box=(x + right, y + down, w, h), points=face.points + np.array([right, down], np.float32))


def _name(face: _Face, number: int) -> str:
    """Return the name that a face was given most often."""
    return max(set(face.names), key=face.names.count) if face.names else f"face {number}"
