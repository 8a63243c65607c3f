"""The second, independent face judge: dlib's frontal detector, five-point landmarks and ResNet v1 embedding.

The revision names dlib's version and both model files. The embedding is of its own ancestry: other data, other loss,
other alignment than SFace's.
Source: dlib_face_recognition_resnet_model_v1 and shape_predictor_5_face_landmarks, both CC0, by Davis King.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.protocols import Detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Home, Vector

LONG_SIDE = 800
"""Larger pictures are searched at this long side; the detector's smallest face is 80 pixels."""
CHIP = 150
PADDING = 0.25


class DlibFace:
    """FaceBackend `dlib`; safe to share between threads, which then take turns."""

    name: ClassVar[str] = "dlib"
    licence: ClassVar[str] = "CC0-1.0"
    weights: ClassVar[tuple[str, ...]] = ("dlib-resnet", "dlib-landmarks-5")
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""
    bar: ClassVar[float] = 0.45

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._models: tuple[Any, Any] | None = None
        self._finder: Any = None

    @property
    def revision(self) -> str:
        """Names dlib's version and both model files."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            runtime = version("dlib-bin")
        except PackageNotFoundError:
            runtime = version("dlib")
        digests = "+".join(self._home.weight_digest(w)[:12] for w in self.weights)
        return f"1;dlib-{'.'.join(runtime.split('.')[:2])};{digests}"

    @property
    def model(self) -> str:
        """Return the sha256 of dlib's ResNet."""
        return self._home.weight_digest("dlib-resnet")

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the nearly frontal faces of a picture, largest first."""
        import cv2

        height, width = pixels.shape[:2]
        scale = min(1.0, LONG_SIDE / max(height, width))
        small = pixels
        if scale < 1:
            extent = max(round(width * scale), 1), max(round(height * scale), 1)
            small = np.asarray(cv2.resize(pixels, extent, interpolation=cv2.INTER_AREA), np.uint8)
        with self._lock:
            landmarks, _ = self._loaded()
            small = np.ascontiguousarray(small)
            rectangles, confidences, _ = self._detector().run(small, 1, 0.0)
            found = [
                _detection(r, landmarks(small, r), c, width / small.shape[1])
                for r, c in zip(rectangles, confidences, strict=True)
            ]
        return tuple(sorted(found, key=lambda f: f.box[2] * f.box[3], reverse=True))

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return ResNet v1's view of the face, (128,) float32; a foreign detection gets dlib's own landmarks."""
        import dlib

        image = np.ascontiguousarray(pixels)
        with self._lock:
            landmarks, network = self._loaded()
            shape = landmarks(image, dlib.rectangle(*_square(face.points)))
            chip = dlib.get_face_chip(image, shape, size=CHIP, padding=PADDING)
            return np.array(network.compute_face_descriptor(chip), np.float32)

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return 1 minus the distance of the two embeddings: 1 is the same picture, 0.4 dlib's own bar of 0.6."""
        return 1.0 - float(np.linalg.norm(one - other))

    def _loaded(self) -> tuple[Any, Any]:
        """Return what places the landmarks and what tells faces apart."""
        with self._lock:
            if self._models is None:
                import dlib

                network, landmarks = (str(self._home.weight(w)) for w in self.weights)
                self._models = dlib.shape_predictor(landmarks), dlib.face_recognition_model_v1(network)
            return self._models

    def _detector(self) -> Any:  # noqa: ANN401
        """Return dlib's own detector, half a second to make; a second judge is told where the faces are."""
        with self._lock:
            if self._finder is None:
                import dlib

                self._finder = dlib.get_frontal_face_detector()
            return self._finder


def _square(points: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the box dlib's detector would draw around these five points.

    The landmark model was trained on that detector's boxes: square, centred near the nose bridge, and about 2.3 times
    as wide as the eyes are apart in a frontal face. The distance from eyes to mouth keeps its length when a head turns.
    """
    eyes, mouth = points[:2].mean(0), points[3:5].mean(0)
    span = max(float(np.linalg.norm(points[1] - points[0])), float(np.linalg.norm(mouth - eyes)) * 0.95)
    centre = points.mean(0)
    half = span * 1.13
    return (round(centre[0] - half), round(centre[1] - half), round(centre[0] + half), round(centre[1] + half))


def _detection(rectangle: Any, shape: Any, confidence: float, back: float) -> Detection:  # noqa: ANN401
    """Return dlib's rectangle and five landmarks (two corners an eye, the nose's foot) as a detection.

    dlib gives no mouth: its corners are placed where they lie in a face of these proportions.
    """
    corners = np.array([[shape.part(i).x, shape.part(i).y] for i in range(5)], np.float64)
    right, left, foot = corners[:2].mean(0), corners[2:4].mean(0), corners[4]
    eyes = (left + right) / 2
    down = foot - eyes
    points = np.array([left, right, eyes + down * 0.8, left + down * 1.42, right + down * 1.42])
    points[3:] += (eyes - points[:2]) * 0.12
    if points[0, 0] > points[1, 0]:
        points = points[[1, 0, 2, 4, 3]]
    box = (rectangle.left() * back, rectangle.top() * back, rectangle.width() * back, rectangle.height() * back)
    return Detection(box, (points * back).astype(np.float32), float(confidence))
