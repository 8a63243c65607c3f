"""Puts a character's face onto a face that drifted: InSwapper, from a model file of the user's own.

`models: {inswapper: {weights: FILE}}` in charforge.yaml names the file. Inputs: `picture`, and `master` or `head`,
which shows whose face it is to be. Settings: `face_model`, the sha256 of the recogniser that the swapper was trained
with, whose embeddings alone it understands; and, where the planner writes it, `weights`, the file's own sha256.
Source: inswapper_128 of InsightFace, trained on embeddings of w600k_r50, the recogniser of its pack buffalo_l.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge import imaging
from charforge.backends.insightface_models import files
from charforge.backends.insightface_models.outline import outline
from charforge.backends.protocols import Picture
from charforge.errors import BackendMissing, BadOutput, NotCommercial, RenderFailed, WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection, FaceBackend, Home, Kit, OwnModel
    from charforge.domain.jobs import RepairJob

TRAINED_WITH = "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"
"""w600k_r50.onnx of the pack buffalo_l; charforge.yaml may name another `face_model` for another swapper."""
SIDE = 128
"""Pixels of the aligned crop that a swapper sees, each way."""
EMBEDDING = 512
SMALLEST = 24
"""Pixels; of the swap of a narrower face little is left once insightface has softened its edge."""
AROUND = 0.25
"""Kept around the crop, in shares of its side: insightface softens its edge over less."""
BLACK = 8
"""A face whose brightest value is under this is no face."""
KNOWN = {"face_model", "weights"}


class InSwapper:
    """RepairBackend `inswapper`; safe to share between threads, which then take turns."""

    name: ClassVar[str] = "inswapper"
    licence: ClassVar[str] = f"code MIT; model {files.RESEARCH}"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "insightface"
    brings: ClassVar[str] = (
        "the file inswapper_128.onnx, and as `insightface` the pack whose recogniser it was trained with"
    )

    margin: ClassVar[float] = 0.5
    """A repair changes nothing farther outside the box than this share of its longer side; its crop is wider."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._checked: Path | None = None
        self._model: Any = None

    @property
    def revision(self) -> str:
        """Names insightface's and onnxruntime's versions, the model file and this way of pasting."""
        return f"1;{files.versions()};{self._own().digest[:12]}"

    def resident(self, job: RepairJob) -> tuple[str, ...]:
        """Return the swapper and the recogniser."""
        return (self._own().digest, str(job.settings.get("face_model", "")))

    def repair(self, job: RepairJob, kit: Kit) -> Picture:
        """Return the picture with the face in `job.box` swapped; every pixel beyond the margin stays as it was.

        Raises RenderFailed when there is no face in the box or in the master, or when the settings name another face
        model than the swapper's; BadOutput when the swapper gives a black face or no numbers.
        """
        self._file()
        recogniser = self._recogniser(job, kit)
        pixels = _given(job, kit, "picture")
        source = _given(job, kit, "master", "head")
        kit.step(0, 1)
        target = _boxed(recogniser.detect(pixels), job.box)
        people = recogniser.detect(source)
        if not people:
            message = "there is no face in the master picture to put there"
            raise RenderFailed(message, "give a master that shows one face from the front")
        identity = recogniser.embed(source, people[0])
        swapped = self._swapped(pixels, target, identity)
        kit.step(1, 1)
        return Picture(_within(pixels, swapped, job.box, self.margin))

    def _own(self) -> OwnModel:
        own = self._home.own(self.name)
        if own.settings.get("commercial"):
            raise NotCommercial(f"the swapper {own.path}", files.RESEARCH, "another repair")
        return own

    def _recogniser(self, job: RepairJob, kit: Kit) -> FaceBackend:
        """Return the face backend that runs the recogniser the swapper was trained with; refuse any other."""
        own = self._own()
        unknown = sorted(set(job.settings) - KNOWN)
        if unknown:
            message = f"the swapper knows no setting {', '.join(unknown)}"
            raise RenderFailed(message, f"it knows: {', '.join(sorted(KNOWN))}")
        weights = job.settings.get("weights", own.digest)
        if weights != own.digest:
            message = f"the job is for the swapper {str(weights)[:12]}, charforge.yaml names {own.digest[:12]}"
            raise RenderFailed(message, "plan the shot anew")
        trained = own.settings.get("face_model", TRAINED_WITH)
        named = job.settings.get("face_model")
        if named != trained:
            found = f"the job gives those of {named[:12]}" if isinstance(named, str) else "the job names none"
            message = f"the swapper understands only embeddings of the face model {trained[:12]}; {found}"
            hint = (
                "models: {insightface: {weights: FOLDER}} in charforge.yaml, with the pack buffalo_l (w600k_r50.onnx)"
            )
            raise RenderFailed(message, hint)
        return kit.face(trained)

    def _file(self) -> Path:
        """Return the swapper's file; raise BackendMissing when it is not there, WeightsError when it is no swapper."""
        with self._lock:
            if self._checked is None:
                file = self._own().path
                if not file.is_file():
                    what = "is a folder" if file.is_dir() else "is not there"
                    message = f"the swapper {file} {what}"
                    raise BackendMissing(message, "write the path of inswapper_128.onnx; nothing is fetched by itself")
                shape = outline(file)
                sizes = [t.shape[1:] for t in shape.inputs]
                takes = sizes == [(3, SIDE, SIDE), (EMBEDDING,)] and len(shape.outputs) == 1
                if not takes or shape.last_table != (EMBEDDING, EMBEDDING):
                    inputs = ", ".join("x".join(map(str, t.shape)) or "nothing" for t in shape.inputs)
                    message = f"{file} is not an inswapper model: it takes {inputs}"
                    hint = "its inputs are a 3x128x128 face and 512 numbers, and its last table is 512x512"
                    raise WeightsError(message, hint)
                self._checked = file
            return self._checked

    def _swapped(self, pixels: RGB, target: Detection, identity: NDArray[np.float32]) -> RGB:
        import cv2

        if target.box[2] < SMALLEST:
            message = f"a face {target.box[2]:.0f} pixels wide is too small to be swapped"
            raise RenderFailed(message, "render the shot larger, or frame it closer")
        left, top, right, bottom = _neighbourhood(pixels, target)
        near = np.ascontiguousarray(pixels[top:bottom, left:right])
        from_here = target.points - np.array([left, top], np.float32)
        done = cv2.cvtColor(self._pasted(cv2.cvtColor(near, cv2.COLOR_RGB2BGR), from_here, identity), cv2.COLOR_BGR2RGB)
        low, high = (np.clip(edge, 0, None).astype(int) for edge in (from_here.min(0), from_here.max(0) + 1))
        face = np.s_[low[1] : high[1], low[0] : high[0]]
        if done[face].max(initial=0) < BLACK <= near[face].max(initial=0):
            raise BadOutput("the swapper gave a black face")
        made = pixels.copy()
        made[top:bottom, left:right] = done
        return made

    def _pasted(
        self, near: NDArray[np.uint8], points: NDArray[np.float32], identity: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        """Return insightface's own swap, pasted back, (height, width, 3) BGR."""
        with self._lock:
            if self._model is None:
                self._model = files.load(self._file(), self._home)
            from insightface.app.common import Face

            try:
                with np.errstate(invalid="raise"):
                    done = self._model.get(near, Face(kps=points), Face(embedding=identity), paste_back=True)
            except FloatingPointError as error:
                raise BadOutput("the swapper gave values that are no numbers") from error
        return np.asarray(done, np.uint8)


def _given(job: RepairJob, kit: Kit, *roles: str) -> RGB:
    """Return the first of these inputs that the job has."""
    digest = next((found for role in roles if (found := job.input(role)) is not None), None)
    if digest is None:
        message = f"the swapper was given no {' or '.join(roles)} picture"
        raise RenderFailed(message, "plan the shot anew")
    return imaging.decode(kit.file(digest))


def _boxed(faces: tuple[Detection, ...], box: tuple[int, int, int, int]) -> Detection:
    """Return the largest face whose middle lies in the box; raise RenderFailed when there is none."""
    x, y, width, height = box
    for face in faces:
        middle = face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2
        if x <= middle[0] <= x + width and y <= middle[1] <= y + height:
            return face
    message = f"there is no face in the box {width}x{height} at {x},{y}"
    raise RenderFailed(message, "judge the picture again: the face may have moved or never have been one")


def _within(before: RGB, after: RGB, box: tuple[int, int, int, int], margin: float) -> RGB:
    """Return what is new in a box and its margin, and what was before everywhere else."""
    x, y, width, height = box
    reach = int(margin * max(width, height))
    near = np.s_[max(y - reach, 0) : max(y + height + reach, 0), max(x - reach, 0) : max(x + width + reach, 0)]
    made = before.copy()
    made[near] = after[near]
    return made


def _neighbourhood(pixels: RGB, target: Detection) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of all that a swap may touch."""
    import cv2
    from insightface.utils import face_align

    matrix = face_align.estimate_norm(target.points, SIDE)
    if not np.isfinite(matrix).all():
        message = "a face cannot be swapped: its five points lie on one spot"
        raise RenderFailed(message, "use a detector that measures faces")
    back = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0, 1], [SIDE, 0, 1], [0, SIDE, 1], [SIDE, SIDE, 1]]) @ back.T
    margin = float(np.hypot(back[0, 0], back[1, 0])) * SIDE * AROUND + 16
    low = np.maximum(np.floor(corners.min(0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(0) + margin), pixels.shape[1::-1]).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
