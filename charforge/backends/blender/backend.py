"""Renders one view of a set in one light: the plate, what stands in front, how far everything is, and the light."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge import imaging, process
from charforge.backends.blender import maps
from charforge.backends.blender.program import environment, find
from charforge.backends.protocols import Picture
from charforge.errors import InputError, ProcessError, RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charforge.backends.protocols import Home, Kit
    from charforge.domain.jobs import StillJob

SCRIPT = Path(__file__).parent / "within_blender" / "stage.py"
RENDERER = 1
"""Counts changes of our scripts that give other pictures."""
SAMPLES = 24
"""Rays a pixel, where the job does not say."""
LIMIT = 6 * 3600.0
"""Seconds that one view may take."""
ASKING = 600.0
"""Seconds that a set may take to say what it offers."""
_LAYER = re.compile(r"charforge: layer (\d+) of (\d+)")
_SAMPLE = re.compile(r"Sample (\d+)/(\d+)")
_WRONG = re.compile(r"charforge: wrong set: (.*)")
TAIL = 12
"""Lines of Blender's log that an error shows."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a set has."""

    views: tuple[str, ...]
    lights: tuple[str, ...]


class Blender:
    """StillBackend `blender`: a view of a set, rendered with Cycles on the processor by a Blender outside our process.

    Inputs: `set` is the .blend or script, `helper` every other file of the set, each under its path as input name.
    Settings: `view`, `light`, `samples`, and `camera` where a framing has a camera of its own: `lens_mm`, `height_m`
    (above the face), `pitch`, `distance_m`, `roll` (degrees, metres), `face_y` (where in the frame the face is) and
    `marks` (whom it is on). Attachments: `front` and `probe` (PNG, straight RGBA), `depth` (16-bit grey PNG,
    millimetres ahead of the camera, 65535 where nothing is), `edges` (8-bit grey PNG), `view` (JSON: marks, depths …).
    Its revision names Blender's version and ours. In a large set a few values of `probe` may differ by one level from
    run to run; everything else is the same bytes.
    """

    name: ClassVar[str] = "blender"
    licence: ClassVar[str] = "GPL-3.0-or-later (Blender, a program of its own); what it renders is yours"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "blender"
    brings: ClassVar[str] = ""
    optional: ClassVar[bool] = True

    def __init__(self, home: Home) -> None:
        """Look for Blender; raises BackendMissing without one."""
        self._threads = home.threads
        self._program = find(getattr(home, "blender", ""))

    @cached_property
    def revision(self) -> str:
        """Names Blender's version, and ours."""
        return f"{RENDERER} cycles {self._program.version()}"

    def still(self, job: StillJob, kit: Kit) -> Picture:
        """Return the plate; raise RenderFailed with Blender's last lines when there is none."""
        request: dict[str, Any] = {"view": "", "light": "", "samples": SAMPLES, **job.settings}
        request |= {"want": "render", "seed": job.seed, "width": job.width, "height": job.height}
        files = {i.name: kit.file(i.digest()) for i in job.inputs if i.role in {"set", "helper"}}
        main = next((i.name for i in job.inputs if i.role == "set"), None)
        if main is None:
            raise RenderFailed("a set is wanted as input", "give the location a set: in location.yaml")
        out = self._run(main, files, request, kit.scratch, _Steps(kit.step).line, LIMIT)
        return _picture(out)

    def offer(self, main: str, files: Mapping[str, Path], scratch: Path) -> Offer:
        """Return the views and lights of a set: `files` by their paths, `main` the one to open."""
        out = self._run(main, files, {"want": "offer"}, scratch, lambda _: None, ASKING)
        said = json.loads((out / "offer.json").read_bytes())
        return Offer(tuple(said["views"]), tuple(said["lights"]))

    def _run(  # noqa: PLR0913, PLR0917 - a set, what is wanted of it, and where to work
        self,
        main: str,
        files: Mapping[str, Path],
        request: dict[str, Any],
        scratch: Path,
        line: Callable[[str], None],
        limit: float,
    ) -> Path:
        """Run Blender on a set and return the folder with what it wrote."""
        out = scratch / "out"
        for folder in (out, scratch / "set"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        folders = dict.fromkeys(str((scratch / "set" / name).parent) for name in files if name.endswith(".py"))
        for name, file in files.items():
            here = scratch / "set" / name
            here.parent.mkdir(parents=True, exist_ok=True)
            # A copy: what a script does to its files must not reach the library.
            shutil.copyfile(file, here)
        whole = {
            **request,
            "file": str(scratch / "set" / main),
            "paths": list(folders),
            "threads": self._threads,
            "out": str(out),
        }
        asked = scratch / "request.json"
        asked.write_text(json.dumps(whole), "utf-8")
        argv = self._program.argv(SCRIPT, asked)
        try:
            done = process.run(argv, timeout=limit, line=line, environment=environment(), folder=scratch)
        except ProcessError as error:
            raise RenderFailed(error.message, "fewer samples, or a smaller size, take less time") from error
        if done.code:
            raise _failed(main, done)
        return out


class _Steps:
    """Turns what Blender prints into progress."""

    def __init__(self, step: Callable[[int, int], None]) -> None:
        self._step = step
        self._layer, self._layers = 0, 1

    def line(self, text: str) -> None:
        """Read one line."""
        if found := _LAYER.search(text):
            self._layer, self._layers = int(found[1]) - 1, max(1, int(found[2]))
            self._step(self._layer * 100, self._layers * 100)
        elif found := _SAMPLE.search(text):
            part = int(100 * int(found[1]) / max(1, int(found[2])))
            self._step(min(self._layer * 100 + part, self._layers * 100), self._layers * 100)


def _failed(main: str, done: process.Finished) -> RenderFailed:
    wrong = _WRONG.search(done.stderr)
    if wrong:
        return RenderFailed(f"{main}: {wrong[1]}", "docs/sets.md says what a set has to offer")
    if done.code < 0:
        return RenderFailed(f"{main}: Blender was ended by signal {-done.code}", "is there enough memory?")
    tail = "\n".join(done.stderr.strip().splitlines()[-TAIL:])
    return RenderFailed(f"{main} could not be rendered; Blender's last lines:\n{tail}", "correct the set")


def _picture(out: Path) -> Picture:
    """Return what lies in the folder as a picture with its attachments."""
    try:
        plate = imaging.decode(out / "plate.png")
        said = json.loads((out / "view.json").read_bytes())
        back = np.load(out / "plate.npy", allow_pickle=False)
        front = np.load(out / "front.npy", allow_pickle=False) if (out / "front.npy").exists() else None
        # Blender writes the time of day into its own files.
        extra = {
            name: imaging.encode_png(imaging.decode_rgba(out / f"{name}.png"), 6)
            for name in ("front", "probe")
            if (out / f"{name}.png").exists()
        }
    except (OSError, ValueError, InputError) as error:
        raise RenderFailed(f"Blender left no usable picture: {error}", "run it again, or report it") from error
    whole = maps.nearest(back, front)
    said |= {"background_depth": maps.middle(back), "front_depth": maps.middle(front)}
    attachments = {
        **extra,
        "depth": maps.depth_png(whole),
        "edges": maps.edges_png(whole),
        "view": json.dumps(_rounded(said), sort_keys=True).encode(),
    }
    return Picture(plate, attachments)


def _rounded(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value
