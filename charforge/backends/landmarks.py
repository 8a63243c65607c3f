"""478 points and 52 expression strengths of a face, by MediaPipe's face landmarker run on LiteRT.

The revision names LiteRT's version and the model file. The model file is a zip of TFLite models, read in memory.
Source: google-ai-edge/mediapipe, face_landmarks_detector_graph.cc and face_blendshapes_graph.cc (Apache-2.0): crops of
1.5 times the face, 256 x 256, RGB 0 to 1, levelled by the eyes; the point subset and names of the blendshape model.
"""

from __future__ import annotations

import os
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.protocols import Landmarks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection, Home

CROP = 256
REACH = 1.5
"""Side of the crop over the longer side of the face."""
PRESENT = 0.0
"""Least face-presence logit: even odds, MediaPipe's own default. Cast heads give 15 to 25, far turns less."""
MIDDLE_PITCH = -7.5
"""What the forehead-to-chin line of a level face reads. Source: median of 400 cast heads."""
PAIRS = np.array(
    [(234, 454), (33, 263), (127, 356), (93, 323), (132, 361), (58, 288), (21, 251), (54, 284), (162, 389)]
)
"""The same point on both sides of a face, the picture's left first; a mirrored picture reads exactly mirrored."""

# fmt: off
SUBSET = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251,
    263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318,
    321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)
"""The points the blendshape model reads."""
NAMES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)
"""What the blendshape model gives, in order."""
# fmt: on


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what LiteRT writes of its delegates, past Python, from standard error, where events are JSON lines."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # closed already
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class FaceLandmarks:
    """LandmarkBackend `landmarks`; safe to share between threads, which then take turns."""

    name: ClassVar[str] = "landmarks"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ("face-landmarker",)
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._models: tuple[Any, Any] | None = None

    @property
    def revision(self) -> str:
        """Names LiteRT's version and the model file."""
        from importlib.metadata import version

        runtime = ".".join(version("ai-edge-litert").split(".")[:2])
        return f"1;litert-{runtime};{self._home.weight_digest(self.weights[0])[:12]}"

    def landmarks(self, pixels: RGB, face: Detection) -> Landmarks | None:
        """Return the face's points, expression strengths and head pose, or None when there is no face in the box."""
        x, y, width, height = face.box
        tilt = _angle(face.points[0], face.points[1])
        with self._lock:
            points, present = self._points(pixels, (x + width / 2, y + height / 2), REACH * max(width, height), tilt)
            if present < PRESENT:
                return None
            low, high = points[:, :2].min(0), points[:, :2].max(0)
            middle = (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2)
            tilt = _angle(points[33], points[263])
            points, present = self._points(pixels, middle, REACH * float((high - low).max()), tilt)
            if present < PRESENT:
                return None
            shapes = self._shapes(points)
        turn, pitch, roll = head_pose(points)
        return Landmarks(points, shapes, turn, pitch, roll)

    def _loaded(self) -> tuple[Any, Any]:
        with self._lock:
            if self._models is None:
                from ai_edge_litert.interpreter import Interpreter

                with zipfile.ZipFile(self._home.weight(self.weights[0])) as task:
                    contents = [task.read(f"face_{n}.tflite") for n in ("landmarks_detector", "blendshapes")]
                with _hushed():
                    models = [Interpreter(model_content=c, num_threads=self._home.threads) for c in contents]
                    for model in models:
                        model.allocate_tensors()
                self._models = (models[0], models[1])
            return self._models

    def _points(
        self, pixels: RGB, middle: tuple[float, float], side: float, tilt: float
    ) -> tuple[NDArray[np.float32], float]:
        """Return (478, 3) points in picture pixels and the presence logit, measured in a turned square crop."""
        import cv2

        model = self._loaded()[0]
        scale = side / CROP
        cos, sin = np.cos(tilt) * scale, np.sin(tilt) * scale
        half = CROP / 2
        shift = (middle[0] - half * (cos - sin), middle[1] - half * (sin + cos))
        matrix = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        crop = cv2.warpAffine(pixels, matrix, (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        model.set_tensor(model.get_input_details()[0]["index"], crop[None].astype(np.float32) / 255)
        model.invoke()
        outputs = [model.get_tensor(o["index"]) for o in model.get_output_details()]
        raw = next(o for o in outputs if o.size == 478 * 3).reshape(478, 3)
        present = next(o for o in outputs if o.shape == (1, 1, 1, 1))
        points = raw * np.float32(scale)
        points[:, :2] = raw[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        return points.astype(np.float32), float(present.reshape(-1)[0])

    def _shapes(self, points: NDArray[np.float32]) -> dict[str, float]:
        model = self._loaded()[1]
        model.set_tensor(model.get_input_details()[0]["index"], points[list(SUBSET), :2][None].astype(np.float32))
        model.invoke()
        strengths = model.get_tensor(model.get_output_details()[0]["index"]).reshape(-1)
        return {name: float(value) for name, value in zip(NAMES, strengths, strict=True)}


def head_pose(points: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return turn, pitch and roll in degrees from (478, 3) points whose z grows away from the camera.

    Turn is read from the line through the sides of the face, pitch from forehead to chin, roll from the eyes.
    """
    across = (points[PAIRS[:, 1]] - points[PAIRS[:, 0]]).sum(0)
    up = points[10] - points[152]
    turn = np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1])))
    pitch = np.degrees(np.arctan2(up[2], np.hypot(up[0], up[1]))) - MIDDLE_PITCH
    roll = np.degrees(_angle(points[33], points[263]))
    return float(turn), float(pitch), float(roll)


def mouth_opening(points: NDArray[np.float32]) -> float:
    """Return the gap between the inner lips over the distance of the outer eye corners; a closed mouth is near 0."""
    return _gap(points, 13, 14) / _eye_span(points)


def mouth_width(points: NDArray[np.float32]) -> float:
    """Return the distance of the mouth's corners over the distance of the outer eye corners."""
    return _gap(points, 61, 291) / _eye_span(points)


def eye_opening(points: NDArray[np.float32]) -> float:
    """Return the mean gap between the lids over the distance of the outer eye corners; open eyes are near 0.1."""
    return (_gap(points, 159, 145) + _gap(points, 386, 374)) / 2 / _eye_span(points)


def _eye_span(points: NDArray[np.float32]) -> float:
    return max(float(np.linalg.norm(points[33] - points[263])), 1e-6)


def _gap(points: NDArray[np.float32], one: int, other: int) -> float:
    return float(np.linalg.norm(points[one, :2] - points[other, :2]))


def _angle(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.arctan2(other[1] - one[1], other[0] - one[0]))
