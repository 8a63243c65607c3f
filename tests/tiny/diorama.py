"""The smallest set that has everything: a room, a table in front, two lights, two views, and a glowing ball."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charforge.backends.blender.program import Program, environment, find
from charforge.domain.jobs import Input, StillJob
from charforge.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping

KIT = """\
import bpy


def box(name, loc, size, colour, group, glow=0.0):
    bpy.ops.mesh.primitive_cube_add(size=1, location=loc)
    made = bpy.context.object
    made.name, made.scale, made["group"] = name, size, group
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Emission Color"].default_value = (*colour, 1)
    shader.inputs["Emission Strength"].default_value = glow
    made.data.materials.append(material)
    return made
"""
SCENE = """\
import bpy
import kit

SEED = 3
MARK = (0.3, 0.2)
VIEWS = {
    "table": {
        "cam": (0, -3, 1.2), "aim": (0, 0), "lens": 35, "horizon": 0.4, "marks": {"left": MARK, "centre": (0, 0)}
    },
    "side": {"cam": (-2.5, -1.5, 1.5), "aim": (0.3, 0.2, 1.0), "lens": 40, "front": [], "marks": {"left": MARK}},
}
LIGHTS = {"noon": {"exposure": 0.0}, "night": {"exposure": -1.0}}
BALL = True


def build(light):
    kit.box("floor", (0, 0, -0.05), (6, 6, 0.1), (0.4, 0.3, 0.2), "room")
    kit.box("wall", (0, 2, 1.5), (6, 0.1, 3), (0.2, 0.5, 0.4), "room")
    kit.box("top", (0, -1.2, 0.7), (1.6, 0.5, 0.05), (0.5, 0.3, 0.1), "foreground")
    if BALL:
        kit.box("glow", (*MARK, 1.175), (0.06, 0.06, 0.06), (1, 0, 1), "room", 0.8)
    lamp = bpy.data.lights.new("lamp", "SUN")
    lamp.energy, lamp.color = (3, (1, 1, 0.9)) if light == "noon" else (0.4, (0.3, 0.4, 1))
    sun = bpy.data.objects.new("lamp", lamp)
    sun.rotation_euler = (0.7, 0.3, 0)
    bpy.context.scene.collection.objects.link(sun)
"""
BLEND = """\
import json, sys
from pathlib import Path
request = json.loads(Path(sys.argv[-1]).read_text())
sys.path.insert(0, request["folder"])
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
import kit
front = bpy.data.collections.new("foreground")
bpy.context.scene.collection.children.link(front)
kit.box("floor", (0, 0, -0.05), (6, 6, 0.1), (0.4, 0.3, 0.2), "")
kit.box("wall", (0, 2, 1.5), (6, 0.1, 3), (0.2, 0.5, 0.4), "")
table = kit.box("top", (0, -1.2, 0.7), (1.6, 0.5, 0.05), (0.5, 0.3, 0.1), "")
bpy.context.scene.collection.objects.unlink(table)
front.objects.link(table)
for name, energy in (("noon", 3.0), ("night", 0.3)):
    held = bpy.data.collections.new(f"light:{name}")
    bpy.context.scene.collection.children.link(held)
    lamp = bpy.data.lights.new(name, "SUN")
    lamp.energy = energy
    held.objects.link(bpy.data.objects.new(name, lamp))
mark = bpy.data.objects.new("mark:left", None)
mark.location = (0.3, 0.2, 1.175)
camera = bpy.data.objects.new("table", bpy.data.cameras.new("table"))
camera.data.lens, camera.data.shift_y = 35, -0.1 * 9 / 16
camera.location, camera.rotation_euler = (0, -3, 1.2), (1.5707963, 0, 0)
aside = bpy.data.objects.new("Camera.001", bpy.data.cameras.new("aside"))
for made in (mark, camera, aside):
    bpy.context.scene.collection.objects.link(made)
bpy.ops.wm.save_as_mainfile(filepath=request["file"])
"""


def script(folder: Path) -> dict[str, Path]:
    """Write the set as a script with a helper beside it, and return its files by path, the script first."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("scene.py", SCENE), ("kit.py", KIT)):
        (folder / name).write_text(text, "utf-8")
    return {"set/scene.py": folder / "scene.py", "set/kit.py": folder / "kit.py"}


def blend(folder: Path, blender: Program | None = None) -> dict[str, Path]:
    """Let Blender save much the same set as a .blend, as a film-maker would have built it."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("kit.py", KIT), ("make.py", BLEND)):
        (folder / name).write_text(text, "utf-8")
    request = folder / "request.json"
    request.write_text(json.dumps({"folder": str(folder), "file": str(folder / "scene.blend")}), "utf-8")
    argv = (blender or find()).argv(folder / "make.py", request)
    done = run(argv, timeout=120, environment=environment())
    assert done.code == 0, done.stderr
    return {"set/scene.blend": folder / "scene.blend"}


def inputs(files: Mapping[str, Path]) -> tuple[Input, ...]:
    """Return a set's files as inputs, the first as the one to open."""
    return tuple(
        Input(role="helper" if number else "set", name=name, source=hashlib.sha256(path.read_bytes()).hexdigest())
        for number, (name, path) in enumerate(files.items())
    )


def job(case: Any, seed: int, **settings: Any) -> StillJob:
    """Return a small job for the contract suite."""
    files = script(case.desk.scratch.parent / "diorama")
    for path in files.values():
        case.desk.put(path.read_bytes())
    said = {"view": "table", "light": "noon", "samples": 2, **settings}
    return StillJob(backend="blender", seed=seed, width=96, height=54, inputs=inputs(files), settings=said)
