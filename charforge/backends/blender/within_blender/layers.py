"""Layers of a view: what stands in front, how far everything is, and a ball that shows the light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy
import numpy as np
from within_blender.cameras import SENSOR, stand

if TYPE_CHECKING:
    from pathlib import Path

    from within_blender.stage import Stage

PROBE = 128
"""Pixels of the light probe's sides."""


def layer(look: dict[str, Any], want: str) -> None:
    """Show the camera one layer (`plate`, `front`, `both` or `none`); the rest lights the picture all the same."""
    front, hide = set(look["front"]), set(look["hide"])
    for obj in bpy.context.scene.objects:
        if obj.type in {"LIGHT", "CAMERA", "EMPTY"}:
            continue
        if obj in hide:
            obj.hide_render = True
        # What the film-maker keeps from the camera stays so.
        own = obj.get("charforge_seen")
        if own is None:
            own = obj["charforge_seen"] = int(obj.visible_camera)
        shown = {"plate": obj not in front, "front": obj in front, "both": True, "none": False}[want]
        obj.visible_camera = bool(own) and shown


def geometry(stage: Stage, size: tuple[int, int], path: Path) -> Any:
    """Return metres ahead and the surface's direction, (height, width, 4) float32: normal x, y, depth, 1 where hit."""
    scene = bpy.context.scene
    view = scene.view_layers[0]
    kept = view.material_override, scene.camera.data.dof.use_dof
    lamps = [o for o in scene.objects if o.type == "LIGHT" and not o.hide_render]
    cycles = scene.cycles
    names = ("samples", "use_denoising", "use_adaptive_sampling", "max_bounces", "pixel_filter_type", "filter_width")
    before = {name: getattr(cycles, name) for name in names}
    view.material_override = _ruler()
    scene.camera.data.dof.use_dof = False
    for lamp in lamps:
        lamp.hide_render = True
    cycles.samples, cycles.use_denoising, cycles.use_adaptive_sampling, cycles.max_bounces = 1, False, False, 0
    cycles.pixel_filter_type, cycles.filter_width = "BOX", 0.01
    try:
        stage.shoot(path, size, alpha=True, exr=True)
    finally:
        view.material_override, scene.camera.data.dof.use_dof = kept
        for lamp in lamps:
            lamp.hide_render = False
        for name, value in before.items():
            setattr(cycles, name, value)
    image = bpy.data.images.load(str(path))
    pixels = np.empty(size[0] * size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    path.unlink()
    return pixels.reshape(size[1], size[0], 4)[::-1]


def _ruler() -> Any:
    """Make a material that shines with its distance ahead and its direction."""
    material = bpy.data.materials.new("charforge-ruler")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    new, link = tree.nodes.new, tree.links.new
    camera, surface, turn = new("ShaderNodeCameraData"), new("ShaderNodeNewGeometry"), new("ShaderNodeVectorTransform")
    turn.vector_type, turn.convert_from, turn.convert_to = "NORMAL", "WORLD", "CAMERA"
    half, split, join = new("ShaderNodeVectorMath"), new("ShaderNodeSeparateXYZ"), new("ShaderNodeCombineXYZ")
    half.operation = "MULTIPLY_ADD"
    half.inputs[1].default_value = half.inputs[2].default_value = (0.5, 0.5, 0.5)
    shine, out = new("ShaderNodeEmission"), new("ShaderNodeOutputMaterial")
    link(surface.outputs["Normal"], turn.inputs[0])
    link(turn.outputs[0], half.inputs[0])
    link(half.outputs[0], split.inputs[0])
    link(split.outputs[0], join.inputs[0])
    link(split.outputs[1], join.inputs[1])
    link(camera.outputs["View Z Depth"], join.inputs[2])
    link(join.outputs[0], shine.inputs["Color"])
    link(shine.outputs[0], out.inputs["Surface"])
    return material


def ball(look: dict[str, Any]) -> Any:
    """Make a grey diffuse ball (albedo 0.5) of a head's size where the first face would be, unseen for now."""
    mark = look["marks"].get("centre") or next(iter(look["marks"].values()))
    material = bpy.data.materials.new("charforge-probe")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (0.5, 0.5, 0.5, 1)
    shader.inputs["Roughness"].default_value, shader.inputs["Specular IOR Level"].default_value = 1.0, 0.0
    bpy.ops.mesh.primitive_uv_sphere_add(segments=64, ring_count=32, radius=0.1, location=mark)
    made = bpy.context.object
    made.data.materials.append(material)
    made.data.polygons.foreach_set("use_smooth", [True] * len(made.data.polygons))
    made.hide_render = True
    return made


def probe(stage: Stage, made: Any, path: Path) -> None:
    """Render the ball alone, lit by all the rest, from where the view's camera stands."""
    layer({"front": [], "hide": []}, "none")
    made.hide_render, made.visible_camera = False, True
    before = bpy.context.scene.camera
    loc = before.matrix_world.translation
    reach = (made.location - loc).length
    near = stand(loc, made.location, SENSOR * reach / 0.2, 0.0, 0.0, reach)
    bpy.context.scene.camera = near
    # On so smooth a thing the denoiser's threads round differently each time; so small a picture needs none.
    cycles = bpy.context.scene.cycles
    cycles.use_denoising = cycles.use_adaptive_sampling = False
    cycles.samples = min(512, 32 * stage.samples)
    stage.shoot(path, (PROBE, PROBE), alpha=True)
    bpy.context.scene.camera = before
    bpy.data.objects.remove(made)
    bpy.data.objects.remove(near)
