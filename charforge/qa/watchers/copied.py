"""Sees that a take repeats a reference's pixels instead of drawing the person anew.

Faces are laid over each other by eyes, nose and mouth, then exactly, and their finest detail is compared: pores, single
hairs and glints are the same only where the pixels are. The same pose, light and person share edges, not detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa.watchers.small import grey, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection
    from charforge.qa.watchers.surroundings import Eyes, Person, Reference

    Plane = NDArray[np.float32]

SIDE = 128
"""Side of the crops that are compared; the eyes are a third of it apart."""
SEATS = np.array([[0.34, 0.40], [0.66, 0.40], [0.50, 0.58], [0.37, 0.74], [0.63, 0.74]], np.float32) * SIDE
"""Where eyes, nose and mouth lie in a crop."""
FINE = 1.6
"""Pixels of a crop that its finest detail is smaller than."""
LEAST = 0.14
"""Eye distance, as a share of SIDE, that a face must have in the picture: a smaller one has no fine detail left."""
LIMIT = 0.78
"""Correlation of fine detail from which a face is a copy."""
AROUND = 0.5
"""The same for what is around the face: from here on the whole picture is a copy."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far a face is a copy of a reference's."""

    face: float
    """Correlation of the face's fine detail, -1 to 1."""
    around: float
    """The same of what is around it."""


class Copied:
    """Watcher of faces that are a reference's own pixels; the worst frame is told."""

    revision: ClassVar[str] = "copied-1"

    def __init__(self, people: Sequence[Person], eyes: Eyes, rate: Fraction | float | None) -> None:
        self._people, self._eyes, self._rate = people, eyes, rate
        self._worst: tuple[float, Likeness, str, int, tuple[int, int, int, int]] | None = None

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:
        """Compare each face with the references of everybody."""
        for found in faces:
            if np.linalg.norm(found.points[1] - found.points[0]) < LEAST * SIDE:
                continue
            crop = _crop(pixels, found.points)
            for person in self._people:
                for given in person.given:
                    reference = self._crops(given)
                    if not reference:
                        continue
                    alike = max((likeness(crop, r) for r in reference), key=lambda a: a.face)
                    if self._worst is None or alike.face > self._worst[0]:
                        x, y, w, h = (round(v) for v in found.box)
                        self._worst = alike.face, alike, person.who, frame, (x, y, w, h)

    def _crops(self, reference: Reference) -> tuple[Plane, ...]:
        """Return the crop of a reference's face and its mirror image; nothing where it shows no face."""

        def measured(pixels: NDArray[np.uint8]) -> tuple[Plane, ...]:
            faces = self._eyes.face.detect(pixels[..., :3]) if self._eyes.face is not None else ()
            crop = _crop(pixels[..., :3], faces[0].points) if faces else None
            return () if crop is None else (crop, np.ascontiguousarray(crop[:, ::-1]))

        return self._eyes.remembered("crops", reference, measured)

    def findings(self) -> tuple[Finding, ...]:
        """Return the face that is most of a copy."""
        if self._worst is None or self._worst[0] < LIMIT:
            return ()
        value, alike, who, frame, box = self._worst
        what = "the reference picture" if alike.around >= AROUND else "the reference's face"
        return (
            Finding(
                code="copy-paste",
                message=f"{what} is repeated, not drawn anew",
                who=who,
                number=value,
                limit=LIMIT,
                frame=frame,
                time=seconds(frame, self._rate),
                box=box,
            ),
        )


def _crop(pixels: RGB, points: NDArray[np.float32]) -> Plane:
    """Return a face's luma, upright and at one size."""
    import cv2

    found: Any = cv2.estimateAffinePartial2D(points.astype(np.float32), SEATS, method=cv2.LMEDS)
    matrix = found[0]
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    x, y, w, h = cv2.boundingRect(_corners(matrix))
    left, top = max(x - 2, 0), max(y - 2, 0)
    part = np.ascontiguousarray(pixels[top : max(y + h + 2, top + 1), left : max(x + w + 2, left + 1)])
    if part.size == 0:
        return np.zeros((SIDE, SIDE), np.float32)
    light = grey(part)
    if scale < 1:
        # Without it a large face would keep detail that a small one cannot have.
        light = cv2.GaussianBlur(light, (0, 0), 0.5 / scale)
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (left, top)
    return np.asarray(
        cv2.warpAffine(light, moved, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _corners(matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return where a crop's corners lie in the picture."""
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    square = np.array([[0, 0, 1], [SIDE, 0, 1], [0, SIDE, 1], [SIDE, SIDE, 1]], np.float64)
    return np.asarray((square @ inverse.T)[:, :2], np.float32)


def likeness(crop: Plane, reference: Plane) -> Likeness:
    """Return how alike the fine detail of two crops is once they are laid over each other exactly."""
    laid = _laid(crop, reference)
    one, other = _fine(reference), _fine(laid)
    face = _oval()
    return Likeness(_correlation(one, other, face), _correlation(one, other, ~face))


def _laid(crop: Plane, reference: Plane) -> Plane:
    """Return the crop moved onto the reference; as it is where the two have too little in common."""
    import cv2

    warp = np.eye(2, 3, dtype=np.float32)
    stop = cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 30, 1e-4
    mask = (_oval() * 255).astype(np.uint8)
    try:
        _, warp = cv2.findTransformECC(reference, crop, warp, cv2.MOTION_AFFINE, stop, mask, 5)
    except cv2.error:
        return crop
    flags = cv2.INTER_LINEAR + cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(crop, warp, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _fine(light: Plane) -> Plane:
    """Return fine detail, as strong in light as in shade."""
    import cv2

    fine = cv2.GaussianBlur(light, (0, 0), 0.6) - cv2.GaussianBlur(light, (0, 0), FINE)
    strength = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 6.0))
    return np.asarray(fine / (strength + 0.6), np.float32)


@lru_cache(maxsize=1)
def _oval() -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    return np.asarray(((columns - 0.5) / 0.33) ** 2 + ((rows - 0.54) / 0.42) ** 2 < 1)


def _correlation(one: Plane, other: Plane, where: NDArray[np.bool_]) -> float:
    a, b = one[where] - one[where].mean(), other[where] - other[where].mean()
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))
