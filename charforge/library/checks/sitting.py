"""One picture as the rules look at it: its faces, the landmarks of the largest, the matte, and regions of the face.

Everything about the face is measured in one crop, (640, 512, 3), its eyes level and EYES pixels apart, so that a
number means the same for a small face and a large one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from charforge.backends.protocols import (
        RGB,
        Alpha,
        Detection,
        FaceBackend,
        LandmarkBackend,
        Landmarks,
        MatteBackend,
    )
    from charforge.imaging import Photograph

    Mask = NDArray[np.bool_]
    Plane = NDArray[np.float32]

EYES = 128.0
"""Eye distance in the crop, in pixels."""
WIDTH, HEIGHT = 512, 640
MIDDLE = (256.0, 272.0)
"""Where the middle between the eyes lies in the crop."""
SMALL = 256

# fmt: off
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
LEFT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
RIGHT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
LEFT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
MOUTH = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
LEFT_CHEEK, RIGHT_CHEEK = (117, 118, 101, 36, 205, 187, 123), (346, 347, 330, 266, 425, 411, 352)
LEFT_TEMPLE, RIGHT_TEMPLE = (104, 69, 108, 151, 9, 107, 66, 105), (333, 299, 337, 151, 9, 336, 296, 334)
LEFT_LID = (246, 161, 160, 159, 158, 157, 173, 56, 28, 27, 29, 30)
RIGHT_LID = (466, 388, 387, 386, 385, 384, 398, 286, 258, 257, 259, 260)
CHIN, BASE_OF_NOSE = 152, 2
# fmt: on


@dataclass(frozen=True, slots=True)
class Examiners:
    """The models that look: who finds faces, who measures them, who cuts people out."""

    face: FaceBackend
    landmark: LandmarkBackend
    matte: MatteBackend


class Sitting:
    """A picture under examination; what is dear is measured once, and only when a rule asks for it."""

    def __init__(
        self, pixels: RGB, examiners: Examiners, source: Photograph | None = None, turn: float | None = None
    ) -> None:
        self.pixels = pixels
        self.source = source
        self.wanted_turn = turn
        self._examiners = examiners

    @cached_property
    def faces(self) -> tuple[Detection, ...]:
        """The faces, largest first."""
        return self._examiners.face.detect(self.pixels)

    @property
    def face(self) -> Detection | None:
        """The largest face."""
        return self.faces[0] if self.faces else None

    @cached_property
    def landmarks(self) -> Landmarks | None:
        """The largest face in detail."""
        return self.landmarks_of(self.face) if self.face else None

    def landmarks_of(self, face: Detection) -> Landmarks | None:
        """Return any of the faces in detail."""
        return self._examiners.landmark.landmarks(self.pixels, face)

    @cached_property
    def matte(self) -> Alpha:
        """(height, width) float32, 1 where a person is."""
        return self._examiners.matte.matte(self.pixels)

    @cached_property
    def small(self) -> tuple[RGB, Alpha]:
        """The picture and its matte at SMALL pixels on the long side, for what is said of the background."""
        import cv2

        scale = SMALL / max(self.pixels.shape[:2])
        extent = max(round(self.pixels.shape[1] * scale), 8), max(round(self.pixels.shape[0] * scale), 8)
        found = (cv2.resize(values, extent, interpolation=cv2.INTER_AREA) for values in (self.pixels, self.matte))
        return np.asarray(next(found), np.uint8), np.asarray(next(found), np.float32)

    @cached_property
    def eye_distance(self) -> float | None:
        """Pixels between the outer corners' middles of the eyes, as they would be were the head turned to the front."""
        if self.landmarks is None:
            return None
        points = self.landmarks.points
        left, right = (points[[a, b]].mean(0) for a, b in ((33, 133), (263, 362)))
        return float(np.linalg.norm(right - left))

    @cached_property
    def _matrix(self) -> NDArray[np.float64] | None:
        """The (2, 3) map from the picture to the crop."""
        if self.landmarks is None or not self.eye_distance:
            return None
        points = self.landmarks.points.astype(np.float64)
        left, right = (points[[a, b], :2].mean(0) for a, b in ((33, 133), (263, 362)))
        across = (right - left) / max(float(np.linalg.norm(right - left)), 1e-6) * EYES / self.eye_distance
        turn = np.array([[across[0], across[1]], [-across[1], across[0]]])
        return np.column_stack((turn, np.array(MIDDLE) - turn @ ((left + right) / 2)))

    @cached_property
    def crop(self) -> RGB | None:
        """The levelled face, (640, 512, 3); what lies outside the picture repeats its edge."""
        if self._matrix is None:
            return None
        return np.asarray(self._warped(self.pixels), np.uint8)

    @cached_property
    def crop_matte(self) -> Plane | None:
        """The person in the crop, (640, 512) float32; outside the picture 0."""
        return None if self._matrix is None else np.asarray(self._warped(self.matte, edge=False), np.float32)

    def _warped(self, values: NDArray[np.generic], *, edge: bool = True) -> NDArray[np.generic]:
        import cv2

        assert self._matrix is not None
        matrix, scale = self._matrix, float(np.hypot(*self._matrix[0, :2]))
        if scale < 0.5:  # averaged down first, since sampling sparsely would alias
            extent = max(round(values.shape[1] * scale * 2), 1), max(round(values.shape[0] * scale * 2), 1)
            back = np.array([values.shape[1] / extent[0], values.shape[0] / extent[1]])
            values = cv2.resize(values, extent, interpolation=cv2.INTER_AREA)
            matrix = np.column_stack((matrix[:, :2] * back, matrix[:, 2]))
        border = cv2.BORDER_REPLICATE if edge else cv2.BORDER_CONSTANT
        made: NDArray[np.generic] = cv2.warpAffine(
            values, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=border
        )
        return made

    @cached_property
    def points(self) -> NDArray[np.float64] | None:
        """(478, 2) landmarks in the crop."""
        if self.landmarks is None or self._matrix is None:
            return None
        return self.landmarks.points[:, :2].astype(np.float64) @ self._matrix[:, :2].T + self._matrix[:, 2]

    @cached_property
    def lab(self) -> Plane | None:
        """The crop in CIE Lab, (640, 512, 3) float32: L 0 to 100."""
        import cv2

        return (
            None
            if self.crop is None
            else np.asarray(cv2.cvtColor(self.crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
        )

    @cached_property
    def light(self) -> Plane | None:
        """The crop's luminance in linear light, (640, 512) float32, 0 to 1."""
        return None if self.crop is None else linear(self.crop)

    def region(self, *outlines: Sequence[int], swollen: float = 1.0) -> Mask:
        """Return where the polygons of these landmarks lie in the crop, each swollen about its own middle."""
        import cv2

        drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
        assert self.points is not None
        for outline in outlines:
            corners = self.points[list(outline)]
            corners = corners.mean(0) + (corners - corners.mean(0)) * swollen
            cv2.fillPoly(drawn, [np.round(corners).astype(np.int32)], 1)
        return drawn.astype(bool)

    @cached_property
    def upper_face(self) -> Mask:
        """Skin from a little above the brows down to the nose: no eyes, brows or beard, and seldom a fringe."""
        assert self.points is not None
        mask = self.region(OVAL, swollen=0.92)
        mask[int(max(self.points[BASE_OF_NOSE, 1], 0)) :] = False
        mask[: int(max(self.points[[105, 334], 1].min() - 0.2 * EYES, 0))] = False
        mask &= ~self.region(LEFT_EYE, RIGHT_EYE, swollen=1.7)
        return mask & ~self.region(LEFT_BROW, RIGHT_BROW, swollen=1.3)

    @cached_property
    def skin(self) -> NDArray[np.float32] | None:
        """Median Lab of the cheeks, (3,)."""
        if self.lab is None:
            return None
        cheeks = self.region(LEFT_CHEEK, RIGHT_CHEEK)
        return np.asarray(np.median(self.lab[cheeks], axis=0), np.float32) if cheeks.any() else None


def linear(pixels: RGB) -> Plane:
    """Return the luminance of sRGB pixels in linear light, (height, width) float32, 0 to 1.

    Source: IEC 61966-2-1; weights of ITU-R BT.709.
    """
    steps = np.arange(256) / 255
    table = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[pixels] @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)
