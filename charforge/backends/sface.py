"""The first face judge: YuNet finds faces, SFace tells people apart, both through OpenCV.

The revision names OpenCV's major and minor version and both model files.
Source: YuNet 2023mar and SFace 2021dec of opencv_zoo; the five-point template is ArcFace's, which SFace was trained on.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.detections import largest_first, merged, moved, overlap
from charforge.backends.protocols import Detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Home, Vector

LONG_SIDE = 640
"""Pictures are searched at this long side first; YuNet finds faces of about 10 to 300 pixels."""
SMALL_SIDE = 224
"""Searched again at this long side for faces that fill the frame."""
FINE_SIDE = 1280
"""Searched again at this long side when the largest face found is small, or none is."""
SMALL_FACE = 40
"""Where every face is narrower than this at LONG_SIDE, there may be others too small to be seen there."""
LARGE_FACE = 240
"""Faces wider than this at LONG_SIDE are measured at SMALL_SIDE instead."""
CONFIDENCE = 0.7
OVERLAP = 0.3
"""Boxes that share more than this of their union are one face."""
CROPS = (160, 224)
"""Long sides at which a crop of two and a half faces is searched again for its points, which are then averaged.

Measured on 31 same pairs and 94,830 pairs of strangers: one detection alone puts the lowest same pair at 0.41, this
at 0.47, for 4 ms a face.
"""
MEASURED = 12
"""Faces of a picture, the largest first, that are measured so; a crowd's others are left as they were found."""

TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float64
)
"""Where the five points lie in a 112 x 112 crop."""


class SFace:
    """FaceBackend `sface`; safe to share between threads, which take turns at each of its two models."""

    name: ClassVar[str] = "sface"
    licence: ClassVar[str] = "YuNet MIT, SFace Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ("yunet", "sface")
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    bar: ClassVar[float] = 0.41

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._finding, self._telling = threading.Lock(), threading.Lock()
        self._models: tuple[Any, Any] | None = None

    @property
    def revision(self) -> str:
        """Names OpenCV's version, both model files and this alignment."""
        import cv2

        version = ".".join(cv2.__version__.split(".")[:2])
        digests = "+".join(self._home.weight_digest(w)[:12] for w in self.weights)
        return f"2;opencv-{version};{digests}"

    @property
    def model(self) -> str:
        """Return the sha256 of SFace."""
        return self._home.weight_digest("sface")

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the faces of a picture, largest first, their points measured at a size the detector likes."""
        found = self._search(pixels, LONG_SIDE)
        scale = min(1.0, LONG_SIDE / max(pixels.shape[:2]))
        widest = max((f.box[2] * scale for f in found), default=0.0)
        if not found or widest > LARGE_FACE:
            found = merged(self._search(pixels, SMALL_SIDE), found, OVERLAP)
        if widest < SMALL_FACE and scale < LONG_SIDE / FINE_SIDE * 1.5:
            found = merged(found, self._search(pixels, FINE_SIDE), OVERLAP)
        ordered = largest_first(found)
        measured = [self._measured(pixels, f) if i < MEASURED else f for i, f in enumerate(ordered)]
        return tuple(largest_first(measured))

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return SFace's view of the face, (128,) float32 of length 1."""
        import cv2

        crop = cv2.cvtColor(aligned(pixels, face.points), cv2.COLOR_RGB2BGR)
        recogniser = self._loaded()[1]
        with self._telling:
            raw = np.array(recogniser.feature(crop), np.float32).reshape(-1)
        return raw / max(float(np.linalg.norm(raw)), 1e-9)

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return the cosine of the two embeddings, -1 to 1."""
        return float(np.dot(one, other))

    def _loaded(self) -> tuple[Any, Any]:
        import cv2

        with self._lock:
            if self._models is None:
                yunet, sface = (str(self._home.weight(w)) for w in self.weights)
                level = cv2.utils.logging.getLogLevel()
                cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
                try:
                    finder = cv2.FaceDetectorYN.create(yunet, "", (LONG_SIDE, LONG_SIDE), CONFIDENCE, OVERLAP, 500)
                    self._models = finder, cv2.FaceRecognizerSF.create(sface, "")
                finally:
                    cv2.utils.logging.setLogLevel(level)
            return self._models

    def _search(self, pixels: RGB, side: int) -> tuple[Detection, ...]:
        """Return the faces found at this long side, measured in the given picture's pixels."""
        import cv2

        height, width = pixels.shape[:2]
        scale = min(side / max(height, width), 2.0)
        extent = max(round(width * scale), 32), max(round(height * scale), 32)
        filtering = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        bgr = cv2.cvtColor(cv2.resize(pixels, extent, interpolation=filtering), cv2.COLOR_RGB2BGR)
        finder = self._loaded()[0]
        with self._finding:
            finder.setInputSize(extent)
            _, rows = finder.detect(bgr)
        back = np.array([width / extent[0], height / extent[1]])
        return tuple(_detection(row, back) for row in (() if rows is None else rows))

    def _measured(self, pixels: RGB, face: Detection) -> Detection:
        """Return a face with its points measured again in crops of it, or as it was when the crops show none."""
        x, y, w, h = face.box
        reach = max(w, h) * 1.25
        left, top = max(int(x + w / 2 - reach), 0), max(int(y + h / 2 - reach), 0)
        crop = np.ascontiguousarray(pixels[top : int(y + h / 2 + reach) + 1, left : int(x + w / 2 + reach) + 1])
        if min(crop.shape[:2]) < 16:
            return face
        shift = np.array([left, top])
        again = [moved(f, shift) for side in CROPS if (f := _same(self._search(crop, side), face, shift))]
        if not again:
            return face
        points = np.mean([f.points for f in again], axis=0).astype(np.float32)
        return Detection(again[-1].box, points, max(face.confidence, again[-1].confidence))


def aligned(pixels: RGB, points: NDArray[np.float32]) -> RGB:
    """Return the face as SFace wants it: (112, 112, 3) uint8 RGB, its points on TEMPLATE.

    A face much larger than that is averaged down first, since sampling it sparsely would alias.
    """
    import cv2

    matrix = similarity_transform(points.astype(np.float64), TEMPLATE)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:
        low, high = np.floor(points.min(0)), np.ceil(points.max(0))
        margin = float((high - low).max()) * 1.2
        left, top = np.maximum(low - margin, 0).astype(int)
        right, bottom = (high + margin).astype(int)
        crop = pixels[top:bottom, left:right]
        shrink = 2 * scale
        extent = max(round(crop.shape[1] * shrink), 1), max(round(crop.shape[0] * shrink), 1)
        pixels = cv2.resize(crop, extent, interpolation=cv2.INTER_AREA)
        moved = (points.astype(np.float64) - [left, top]) * [extent[0] / crop.shape[1], extent[1] / crop.shape[0]]
        matrix = similarity_transform(moved, TEMPLATE)
    return np.asarray(cv2.warpAffine(pixels, matrix, (112, 112), flags=cv2.INTER_LINEAR), np.uint8)


def similarity_transform(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) rotation, scale and shift that best carries source points (n, 2) onto target points.

    Source: least squares over complex numbers; equals Umeyama 1991 without reflections.
    """
    a = source[:, 0] + 1j * source[:, 1]
    b = target[:, 0] + 1j * target[:, 1]
    spread = a - a.mean()
    turn = np.vdot(spread, b - b.mean()) / max(float(np.vdot(spread, spread).real), 1e-9)
    shift = b.mean() - turn * a.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _detection(row: NDArray[np.float32], back: NDArray[np.float64]) -> Detection:
    x, y = row[0] * back[0], row[1] * back[1]
    points = (row[4:14].reshape(5, 2) * back).astype(np.float32)
    return Detection((float(x), float(y), float(row[2] * back[0]), float(row[3] * back[1])), points, float(row[14]))


def _same(found: tuple[Detection, ...], face: Detection, shift: NDArray[np.int64]) -> Detection | None:
    """Return which of the faces found in a crop, shifted so, is this one."""
    best = max(found, key=lambda f: overlap(moved(f, shift).box, face.box), default=None)
    return best if best is not None and overlap(moved(best, shift).box, face.box) > OVERLAP else None
