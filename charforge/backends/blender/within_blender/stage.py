"""Runs inside Blender: opens a set, stands the camera of a view in it, and renders the layers in one light.

Started in a process of its own as ``python stage.py REQUEST.json`` by a Python that has bpy, or as
``blender --background --python stage.py -- REQUEST.json``; charforge never imports it, and it imports nothing of
charforge. It writes pictures, ``*.npy`` and ``view.json`` into the request's `out`, and says on standard output how
far it is. docs/sets.md says what a set has to offer.
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bpy
import numpy as np
from within_blender import cameras, layers

FACE = 1.175
"""Height of the centre of a seated face above the floor, where a script's mark says none; metres."""
ONE_LIGHT = "day"
"""What the only light of a set is called that names none."""


class Stage:
    """A set, opened in one light."""

    def __init__(self, file: Path, samples: int, seed: int, threads: int) -> None:
        self.file, self.samples, self.seed, self.threads = file, samples, seed, threads
        self.script: Any = None
        self.done, self.total = 0, 1

    def open(self) -> None:
        """Open the .blend without running what is in it, or load the script into an empty scene."""
        if self.file.suffix == ".blend":
            bpy.ops.wm.open_mainfile(filepath=str(self.file), use_scripts=False, load_ui=False)
            return
        bpy.ops.wm.read_factory_settings(use_empty=True)
        spec = importlib.util.spec_from_file_location(f"set_{self.file.stem}", self.file)
        if spec is None or spec.loader is None:
            raise cameras.WrongSet(f"{self.file.name} is neither a .blend nor a script")
        self.script = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = self.script
        spec.loader.exec_module(self.script)
        if not callable(getattr(self.script, "build", None)):
            raise cameras.WrongSet("the script has no function build(light)")

    def lights(self) -> list[str]:
        """Return the names of the set's lights."""
        if self.script is not None:
            found = list(getattr(self.script, "LIGHTS", ()))
        else:
            found = [c.name[6:].strip() for c in bpy.data.collections if c.name.startswith("light:")]
        return found or [ONE_LIGHT]

    def views(self) -> list[str]:
        """Return the names of the set's views."""
        if hasattr(self.script, "VIEWS"):
            return list(self.script.VIEWS)
        if self.script is not None and not cameras.cameras():
            self.light(self.lights()[0])
        return [c.name for c in cameras.cameras()]

    def light(self, name: str) -> None:
        """Build or switch the set into one light."""
        if name not in self.lights():
            raise cameras.WrongSet(f"the set has no light {name!r}; it has: {', '.join(self.lights())}")
        scene = bpy.context.scene
        if self.script is None:
            for collection in bpy.data.collections:
                if collection.name.startswith("light:"):
                    collection.hide_render = collection.name[6:].strip() != name
            return
        seed = getattr(self.script, "SEED", 0)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        lights = getattr(self.script, "LIGHTS", ())
        said = lights[name] if isinstance(lights, dict) and isinstance(lights[name], dict) else {}
        # Before the script builds, so that it may decide otherwise.
        _film(scene, float(said.get("exposure", 0.0)))
        self.script.build(name)

    def look(self, name: str) -> dict[str, Any]:
        """Return a view: its camera, which objects stand in front or are hidden, and the marks in metres."""
        if name not in self.views():
            raise cameras.WrongSet(f"the set has no view {name!r}; it has: {', '.join(self.views()) or 'none'}")
        said = getattr(self.script, "VIEWS", {}).get(name)
        if said is not None:
            front, hide = set(said.get("front", ("foreground",))), set(said.get("hide", ()))
            marks = {k: (*p, FACE)[:3] if len(p) == 2 else tuple(p) for k, p in said.get("marks", {}).items()}
            camera = cameras.written_camera(said)
        else:
            front, hide = {"foreground", f"foreground:{name}"}, {"hidden", f"hidden:{name}"}
            marks = {**cameras.marks("mark:"), **cameras.marks(f"mark:{name}:")}
            camera = next(c for c in cameras.cameras() if c.name == name)
        bpy.context.scene.camera = camera
        bpy.context.view_layer.update()
        shows = said.get("shows") if said is not None else camera.get("shows")
        objects = [o for o in bpy.context.scene.objects if o.type not in {"LIGHT", "CAMERA", "EMPTY"}]
        return {
            "camera": camera,
            "front": [o for o in objects if cameras.groups(o) & front],
            "hide": [o for o in objects if cameras.groups(o) & hide],
            "marks": {k: tuple(p) for k, p in marks.items()},
            "shows": shows,
        }

    def setup(self) -> None:
        """Set the renderer; a .blend keeps its own bounces, world and film."""
        scene = bpy.context.scene
        scene.render.engine = "CYCLES"
        scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", self.samples, self.seed
        scene.cycles.use_animated_seed = False
        scene.cycles.time_limit = 0.0
        scene.render.threads_mode, scene.render.threads = "FIXED", self.threads
        scene.render.use_border = scene.render.use_compositing = scene.render.use_sequencer = False
        scene.render.use_multiview = False
        scene.render.use_persistent_data = True
        scene.render.dither_intensity = 0.0
        if scene.world is None:
            scene.world = bpy.data.worlds.new("dark")
            scene.world.use_nodes = True
            scene.world.node_tree.nodes["Background"].inputs[0].default_value = (0, 0, 0, 1)

    def shoot(self, path: Path, size: tuple[int, int], *, alpha: bool = False, exr: bool = False) -> None:
        """Render what the camera sees into a PNG, or into 32-bit OpenEXR."""
        self.done += 1
        print(f"charforge: layer {self.done} of {self.total}", flush=True)
        scene = bpy.context.scene
        scene.render.resolution_x, scene.render.resolution_y = size
        scene.render.resolution_percentage = 100
        scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1
        scene.render.film_transparent = alpha
        image = scene.render.image_settings
        image.file_format = "OPEN_EXR" if exr else "PNG"
        image.color_mode, image.color_depth = "RGBA" if alpha else "RGB", "32" if exr else "8"
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)


def _film(scene: Any, exposure: float) -> None:
    """Set what a script gets where it says nothing else: fast interiors, denoised, AgX."""
    cycles = scene.cycles
    cycles.use_adaptive_sampling, cycles.adaptive_threshold, cycles.adaptive_min_samples = True, 0.05, 6
    cycles.use_denoising, cycles.denoiser, cycles.denoising_prefilter = True, "OPENIMAGEDENOISE", "FAST"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces, cycles.transmission_bounces = 3, 2, 2, 0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect, cycles.blur_glossy, cycles.use_light_tree = 3.0, 1.0, True
    scene.view_settings.view_transform, scene.view_settings.look = "AgX", "AgX - Medium High Contrast"
    scene.view_settings.exposure = exposure


def offer(stage: Stage, out: Path) -> None:
    """Write what the set has."""
    stage.open()
    said = {"views": [v for v in stage.views() if cameras.NAME.fullmatch(v)], "lights": stage.lights()}
    (out / "offer.json").write_text(json.dumps(said), "utf-8")


def render(stage: Stage, request: dict[str, Any], out: Path) -> None:
    """Render every layer of one view in one light, and write what the camera sees of the marks."""
    size = (int(request["width"]), int(request["height"]))
    stage.open()
    stage.light(request["light"])
    look = stage.look(request["view"])
    stage.setup()
    if request.get("camera"):
        cameras.reframe(look, request["camera"], size[0] / size[1])
    said = cameras.described(look)
    unseen = layers.ball(look) if look["marks"] else None
    stage.total, stage.done = 2 + 2 * bool(look["front"]) + bool(look["marks"]), 0
    layers.layer(look, "plate")
    stage.shoot(out / "plate.png", size)
    np.save(out / "plate.npy", layers.geometry(stage, size, out / "depth.exr"))
    if look["front"]:
        layers.layer(look, "front")
        stage.shoot(out / "front.png", size, alpha=True)
        np.save(out / "front.npy", layers.geometry(stage, size, out / "depth.exr"))
    if unseen is not None:
        layers.probe(stage, unseen, out / "probe.png")
    (out / "view.json").write_text(json.dumps(said), "utf-8")


def main(words: list[str]) -> int:
    """Do what the request says."""
    request = json.loads(Path(words[-1]).read_text("utf-8"))
    out = Path(request["out"])
    sys.path[:0] = request.get("paths", [])
    # What a script leaves beside itself would stand in the way of the next.
    sys.dont_write_bytecode = True
    stage = Stage(
        Path(request["file"]), int(request.get("samples", 1)), int(request.get("seed", 0)), request["threads"]
    )
    try:
        offer(stage, out) if request["want"] == "offer" else render(stage, request, out)
    except cameras.WrongSet as error:
        print(f"charforge: wrong set: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
