"""The still and clip backend `animatic`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from charforge.backends.protocols import Frames, Picture
from charforge.domain.blocking import Blocking
from charforge.domain.timing import FrameRate
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.backends.animatic.faces import Drawn
    from charforge.backends.animatic.scene import Scene
    from charforge.backends.protocols import Home, Kit
    from charforge.domain.jobs import ClipJob, StillJob


class Animatic:
    """Draws people on plates.

    Inputs by role: `plate` (RGB); `front` (RGBA, what stands before people), `probe` (a grey ball); by person's name
    `head`, `master` (whose proportions hold for a turned head), `body` (RGBA), `style` (float32 rows of 512) and `rig`
    (npz of changes of style `open`, `wide`, `round`, `blink`); by Speech.name `voice`. Only the plate, and a head for
    each person, must be there. Settings: ``{"blocking": …}``, the JSON of a Blocking. A clip's first frame is its
    still but for grain.
    """

    name: ClassVar[str] = "animatic"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ("matte", "face", "landmark", "generator")
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    pastes: ClassVar[bool] = True
    """It puts locked pictures into its takes by design."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._drawn: Drawn | None = None

    @property
    def revision(self) -> str:
        """Names the drawing code and OpenCV's minor version, whose filters may change."""
        from importlib.metadata import version

        opencv = ".".join(version("opencv-python-headless").split(".")[:2])
        return f"3;opencv-{opencv}"

    def still(self, job: StillJob, kit: Kit) -> Picture:
        """Return the picture; raise RenderFailed when a face cannot be measured or a needed body is missing."""
        scene = self._scene(job, kit, 24.0, 1)
        return Picture(scene.draw(0).rgb(), notes=scene.notes)

    def clip(self, job: ClipJob, kit: Kit) -> Frames:
        """Return yuv420p frames; everything that stays the same is made before the first is asked for."""
        rate = FrameRate.parse(job.rate).fps
        scene = self._scene(job, kit, float(rate), job.frames)
        return Frames(rate, job.width, job.height, "yuv420p", _drawn(scene, kit), job.frames, scene.notes)

    def _scene(self, job: StillJob | ClipJob, kit: Kit, fps: float, count: int) -> Scene:
        from charforge.backends.animatic import casting, faces, scene

        if self._drawn is None:
            self._drawn = faces.Drawn()
        blocking = _blocking(job)
        place = scene.plates(job, kit, job.width / job.height)
        made = scene.empty(job, blocking, place, fps, count)
        casting.enter(casting.Call(job, made, place, kit, self._drawn))
        return made


def _blocking(job: StillJob | ClipJob) -> Blocking:
    try:
        return Blocking.model_validate(job.settings["blocking"])
    except (KeyError, ValueError) as error:
        message = f"the job's settings hold no usable blocking: {error}"
        raise RenderFailed(message, "let the planner make the job") from error


def _drawn(scene: Scene, kit: Kit) -> Iterator[memoryview]:
    for number in range(scene.count):
        kit.step(number, scene.count)
        yield scene.draw(number).buffer.data
