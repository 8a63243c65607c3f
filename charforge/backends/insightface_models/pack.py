"""A face judge of the user's own: the detector and recogniser of an InsightFace pack, through insightface.

`models: {insightface: {weights: FOLDER}}` in charforge.yaml names the folder. The revision names insightface, the
runtime and both model files; `model` is the recogniser's sha256, which adapters and swappers name. The settings of the
model may hold ``commercial: true``: then a pack is refused whose manifest.json does not say ``"commercial": true``.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.detections import largest_first, merged, moved, overlap
from charforge.backends.insightface_models import files
from charforge.backends.protocols import Detection
from charforge.documents import sha256
from charforge.errors import RenderFailed, WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.insightface_models.files import Pack
    from charforge.backends.protocols import RGB, Home, Vector

LONG_SIDE = 640
"""Pictures are searched at this long side first, which SCRFD was trained at."""
SMALL_SIDE = 256
"""Searched again at this long side for faces that fill the frame."""
FINE_SIDE = 1280
"""Searched again at this long side when the largest face found is small, or none is."""
LARGE_FACE = 200
"""A face wider than this at LONG_SIDE is measured at SMALL_SIDE instead: there SCRFD is sure of it again."""
SMALL_FACE = 40
"""Where every face is narrower than this at LONG_SIDE, there may be others too small to be seen there."""
STEP = 32
"""The detector's coarsest grid: both sides of what it looks at are multiples of it."""
CONFIDENCE = 0.5
OVERLAP = 0.3
"""Boxes that share more than this of their union are one face."""

NARROW = 70
"""Faces narrower than this are searched again in crops, and their points averaged.

Measured with scrfd_500m and w600k_mbf on 32 heads 56 pixels high in a 1080p frame: the least alike to its original
rises from 0.57 to 0.75, at 96 pixels from 0.85 to 0.89; faces wider than this gain nothing.
"""
CROPS = (160, 224)
"""Long sides of those crops of two and a half faces."""
MEASURED = 12
"""Faces of a picture, the largest first, that are measured so; a crowd's others are left as they were found."""


class InsightFace:
    """FaceBackend `insightface`; safe to share between threads, which then take turns."""

    name: ClassVar[str] = "insightface"
    licence: ClassVar[str] = f"code MIT; models {files.RESEARCH}, unless the pack's manifest.json names another"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "insightface"
    brings: ClassVar[str] = "a folder with an InsightFace pack: a detector with five points (SCRFD) and a recogniser"
    bar: ClassVar[float] = 0.33
    """Lets 2 of 94,861 pairs of strangers through and no right person of 31 fail, with w600k_mbf."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._found: Pack | None = None
        self._digests: tuple[str, str] | None = None
        self._models: tuple[Any, Any] | None = None

    @property
    def revision(self) -> str:
        """Names insightface's and onnxruntime's versions, both model files and this way of looking."""
        runtime = files.versions()
        self._permit()
        detector, recogniser = self._hashed()
        return f"1;{runtime};{detector[:12]}+{recogniser[:12]}"

    @property
    def model(self) -> str:
        """Return the sha256 of the recogniser."""
        return self._hashed()[1]

    @property
    def terms(self) -> str:
        """Return the licence of the pack at hand, as its manifest.json names it."""
        return self._pack().licence

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the faces of a picture, largest first, each measured at a size that the detector likes."""
        found = self._search(pixels, LONG_SIDE)
        scale = min(1.0, LONG_SIDE / max(pixels.shape[:2]))
        widest = max((f.box[2] * scale for f in found), default=0.0)
        if not found or widest > LARGE_FACE:
            again = self._search(pixels, SMALL_SIDE)
            # A small face beside a large one is measured better at LONG_SIDE.
            large = tuple(f for f in again if not found or f.box[2] * scale > LARGE_FACE * 0.75)
            found = merged(large, found, OVERLAP)
        if widest < SMALL_FACE and scale < LONG_SIDE / FINE_SIDE * 1.5:
            found = merged(self._search(pixels, FINE_SIDE), found, OVERLAP)
        ordered = largest_first(found)
        measured = [self._measured(pixels, f) if i < MEASURED else f for i, f in enumerate(ordered)]
        return tuple(largest_first(measured))

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return the recogniser's view of the face, float32 of length 1; raise RenderFailed when it has no extent."""
        with self._lock:
            recogniser = self._loaded()[1]
            crop = _aligned(pixels, face.points, recogniser.input_size[0])
            raw = np.array(recogniser.get_feat(crop), np.float32).reshape(-1)
        return raw / max(float(np.linalg.norm(raw)), 1e-9)

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return the cosine of the two embeddings, -1 to 1."""
        return float(np.dot(one, other))

    def _pack(self) -> Pack:
        with self._lock:
            if self._found is None:
                self._found = files.read_pack(self._home.own(self.name).path)
            return self._found

    def _hashed(self) -> tuple[str, str]:
        with self._lock:
            if self._digests is None:
                pack = self._pack()
                self._digests = sha256(pack.detector), sha256(pack.recogniser)
            return self._digests

    def _permit(self) -> None:
        """Raise WeightsError when the project is commercial and the pack is not."""
        pack = self._pack()
        if self._home.own(self.name).settings.get("commercial") and not pack.commercial:
            message = f"the InsightFace pack {pack.folder} may not be used in a commercial project: {pack.licence}"
            hint = (
                "set commercial: false in charforge.yaml, choose another face backend, or, if your licence permits it, "
                f'write {{"license": "…", "commercial": true}} into {pack.folder / files.MANIFEST}'
            )
            raise WeightsError(message, hint)

    def _loaded(self) -> tuple[Any, Any]:
        with self._lock:
            if self._models is None:
                self._permit()
                pack = self._pack()
                folder = pack.folder if pack.described else None
                detector = files.load(pack.detector, self._home, "detection", folder)
                self._models = detector, files.load(pack.recogniser, self._home, "recognition", folder)
            return self._models

    def _search(self, pixels: RGB, side: int) -> tuple[Detection, ...]:
        """Return the faces found at this long side, measured in the given picture's pixels."""
        height, width = pixels.shape[:2]
        with self._lock:
            detector = self._loaded()[0]
            fixed = detector.static_input_size
            scale = min(side / max(height, width), 2.0)
            if fixed is not None:
                scale = min(scale, fixed[0] / width, fixed[1] / height)
            extent = max(round(width * scale), 1), max(round(height * scale), 1)
            sheet = _sheet(pixels, extent, fixed)
            boxes, points = detector.detect(sheet, input_size=sheet.shape[1::-1], det_thresh=CONFIDENCE)
        back = np.array([width / extent[0], height / extent[1]], np.float32)
        return tuple(_detection(box, five, back) for box, five in zip(boxes, points, strict=True))

    def _measured(self, pixels: RGB, face: Detection) -> Detection:
        """Return a small face with its points measured again in crops of it; any other face as it was."""
        width, height = face.box[2:]
        if max(width, height) > NARROW:
            return face
        middle = np.array([face.box[:2], (face.box[0] + width, face.box[1] + height)], np.float32)
        corner, crop = _around(pixels, middle, max(width, height) * 1.25)
        again = []
        for side in CROPS:
            seen = [moved(f, corner) for f in self._search(crop, side)]
            best = max(seen, key=lambda f: overlap(f.box, face.box), default=None)
            if best is not None and overlap(best.box, face.box) > OVERLAP:
                again.append(best)
        if not again:
            return face
        points = np.mean([f.points for f in again], axis=0).astype(np.float32)
        return Detection(again[-1].box, points, max(face.confidence, again[-1].confidence))


def _sheet(pixels: RGB, extent: tuple[int, int], fixed: tuple[int, int] | None) -> NDArray[np.uint8]:
    """Return the picture at this width and height, BGR, at the upper left of a sheet that the detector can take."""
    import cv2

    filtering = cv2.INTER_AREA if extent[0] < pixels.shape[1] else cv2.INTER_LINEAR
    small = cv2.cvtColor(cv2.resize(pixels, extent, interpolation=filtering), cv2.COLOR_RGB2BGR)
    width, height = fixed or (-(-extent[0] // STEP) * STEP, -(-extent[1] // STEP) * STEP)
    # insightface scales by this product, which rounding may leave a pixel short of the height.
    while int(width * (height / width)) != height:
        width += STEP
    sheet = np.zeros((height, width, 3), np.uint8)
    sheet[: extent[1], : extent[0]] = small
    return sheet


def _aligned(pixels: RGB, points: NDArray[np.float32], side: int) -> NDArray[np.uint8]:
    """Return the face as ArcFace models want it, (side, side, 3) BGR, its points on insightface's own template.

    A face much larger than that is averaged down first, since sampling it sparsely would alias.
    """
    import cv2
    from insightface.utils import face_align

    matrix = face_align.estimate_norm(points, side)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not np.isfinite(matrix).all() or scale == 0:
        message = "a face cannot be recognised: its five points lie on one spot"
        raise RenderFailed(message, "use a detector that measures faces")
    if scale < 0.5:
        corner, pixels = _around(pixels, points, float(np.ptp(points, axis=0).max()) * 1.7)
        extent = max(round(pixels.shape[1] * 2 * scale), 1), max(round(pixels.shape[0] * 2 * scale), 1)
        shrunk = np.array([extent[0] / pixels.shape[1], extent[1] / pixels.shape[0]], np.float32)
        points = (points - corner) * shrunk
        pixels = np.asarray(cv2.resize(pixels, extent, interpolation=cv2.INTER_AREA), np.uint8)
    crop = face_align.norm_crop(pixels, points, side)
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), np.uint8)


def _around(pixels: RGB, points: NDArray[np.float32], reach: float) -> tuple[NDArray[np.float32], RGB]:
    """Return the upper left corner and the pixels of a square around the middle of some points."""
    middle = (points.min(0) + points.max(0)) / 2
    left, top = (max(int(v), 0) for v in middle - reach)
    right, bottom = (max(int(v) + 1, 1) for v in middle + reach)
    return np.array([left, top], np.float32), np.ascontiguousarray(pixels[top:bottom, left:right])


def _detection(box: NDArray[np.float32], points: NDArray[np.float32], back: NDArray[np.float32]) -> Detection:
    """Return one row of SCRFD's (left, top, right, bottom, score) and (5, 2) points, in the picture's pixels."""
    left, top, right, bottom = (float(v) for v in box[:4] * np.concatenate([back, back]))
    return Detection((left, top, right - left, bottom - top), (points * back).astype(np.float32), float(box[4]))
