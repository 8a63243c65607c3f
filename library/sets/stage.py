"""Cameras, layers and rendering: how a built place becomes plates, foreground layers and probes. Licence: CC0."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import bpy
import kit
import materials as mt
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

LIBRARY = Path(__file__).resolve().parents[1]
SENSOR = 36.0
ASPECT = 16 / 9
EYE, FACE, CHIN, CROWN = 1.20, 1.175, 1.085, 1.315  # metres above the floor, of anybody seated or standing at a mark


def place(name: str) -> Any:
    """Load the scene script of a location."""
    path = LIBRARY / "locations" / name / "set" / "scene.py"
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"set_{name.replace('-', '_')}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def setup(samples: int, threads: int, exposure: float) -> Any:
    """Set the renderer: Cycles on the processor, denoised, AgX; returns the scene."""
    sc = bpy.context.scene
    sc.render.engine = "CYCLES"
    cy = sc.cycles
    cy.device, cy.samples, cy.seed = "CPU", samples, 1
    cy.use_adaptive_sampling, cy.adaptive_threshold, cy.adaptive_min_samples = True, 0.05, 6
    cy.use_denoising, cy.denoiser, cy.denoising_prefilter = True, "OPENIMAGEDENOISE", "FAST"
    cy.max_bounces, cy.diffuse_bounces, cy.glossy_bounces, cy.transmission_bounces = 3, 2, 2, 0
    cy.caustics_reflective = cy.caustics_refractive = False
    cy.sample_clamp_indirect, cy.blur_glossy = 3.0, 1.0
    cy.use_light_tree = True
    sc.render.threads_mode, sc.render.threads = "FIXED", threads
    sc.render.use_persistent_data = True
    sc.view_settings.view_transform = "AgX"
    sc.view_settings.look = "AgX - Medium High Contrast"
    sc.view_settings.exposure = exposure
    world = bpy.data.worlds.new("world")
    sc.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (0, 0, 0, 1)
    return sc


def camera(
    loc: Any, aim: Any, lens: float, *, shift: tuple[float, float] = (0, 0), fstop: float = 0, focus: float = 0
) -> Any:
    """Make the scene's camera, level unless aim (3-D) is above or below loc."""
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width, data.sensor_fit = lens, SENSOR, "HORIZONTAL"
    data.shift_x, data.shift_y = shift
    data.clip_start = 0.05
    if fstop:
        data.dof.use_dof, data.dof.aperture_fstop, data.dof.focus_distance = True, fstop, focus
    obj = kit.add("camera", data, loc)
    obj.rotation_euler = (Vector(aim) - Vector(loc)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.camera = obj
    bpy.context.view_layer.update()
    return obj


def view_camera(view: dict[str, Any], *, lens: float | None = None, fstop: float | None = None) -> Any:
    """Make the camera of a view: level, with the horizon moved by lens shift so that verticals stay vertical."""
    loc = view["cam"]
    aim = (*view["aim"], loc[2])
    reach = (Vector(aim) - Vector(loc)).length
    shift = (0.5 - view["horizon"]) / ASPECT
    stop = view["fstop"] if fstop is None else fstop
    return camera(loc, aim, lens or view["lens"], shift=(0, -shift), fstop=stop, focus=reach)


def project(point: Any) -> tuple[float, float, float]:
    """Project a point through the camera: x and y as fractions from the top left corner, depth in metres."""
    sc = bpy.context.scene
    x, y, depth = world_to_camera_view(sc, sc.camera, Vector(point))
    return x, 1 - y, depth


def layer(view: dict[str, Any], want: str) -> None:
    """Show the camera what a layer holds ("plate", "front" or "none"); the rest lights the picture all the same."""
    for obj in bpy.context.scene.objects:
        if obj.type in {"LIGHT", "CAMERA"}:
            continue
        name = obj.get("group", "room")
        front = name in view["front"]
        obj.hide_render = name in view["hide"]
        obj.visible_camera = {"plate": not front, "front": front, "none": False}[want]


def shoot(path: Path, width: int, height: int, *, alpha: bool) -> None:
    """Render the scene to a PNG, with straight alpha where asked."""
    sc = bpy.context.scene
    sc.render.resolution_x, sc.render.resolution_y, sc.render.resolution_percentage = width, height, 100
    sc.render.film_transparent = alpha
    sc.render.image_settings.file_format = "PNG"
    sc.render.image_settings.color_mode = "RGBA" if alpha else "RGB"
    sc.render.filepath = str(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.render.render(write_still=True)


def square(view: dict[str, Any], at: tuple[float, float], centre_z: float, span: float) -> None:
    """Make a square camera standing where the view's camera stands, looking its way, framing span metres at a mark."""
    loc = Vector(view["cam"])
    ahead = Vector((*view["aim"], loc.z)) - loc
    ahead.normalize()
    right = Vector((ahead.y, -ahead.x, 0))
    off = Vector((*at, centre_z)) - loc
    depth = off.dot(ahead)
    shift = (off.dot(right) / span, off.z / span)
    camera(loc, loc + ahead, SENSOR * depth / span, shift=shift)


def probe(view: dict[str, Any], mark: tuple[float, float], path: Path) -> None:
    """Render a grey diffuse ball (albedo 0.5) of a head's size where a face would be, 128 pixels wide."""
    ball = mt.plain("probe", (0.5, 0.5, 0.5), 1.0)
    ball.node_tree.nodes["Principled BSDF"].inputs["Specular IOR Level"].default_value = 0
    layer(view, "none")
    verts, faces = kit.grid(32, 64, _on_ball)
    obj = kit.mesh("probe", verts, faces, ball, loc=(*mark, FACE))
    square(view, mark, FACE, 0.2)
    shoot(path, 128, 128, alpha=True)
    bpy.data.objects.remove(obj)


def _on_ball(u: float, v: float) -> tuple[float, float, float]:
    """Give a point of a ball of 0.1 m radius."""
    a, b = math.pi * (u - 0.5), 2 * math.pi * v
    return 0.1 * math.cos(a) * math.cos(b), 0.1 * math.cos(a) * math.sin(b), 0.1 * math.sin(a)
