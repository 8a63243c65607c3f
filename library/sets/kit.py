"""Small modelling kit for the sets: meshes, lathes, tubes, groups and cameras, all in metres with z up.

Every helper adds one object to the open scene and returns it. Licence: CC0.
"""

from __future__ import annotations

import math
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import bpy
from mathutils import Euler, Vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_state = {"group": "room"}


def reset(seed: int) -> None:
    """Empty the scene and fixes the random seed."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    random.seed(seed)
    _state["group"] = "room"


@contextmanager
def group(name: str) -> Iterator[None]:
    """Mark every object made inside as a member of the named group, so that a view can put it in front or hide it."""
    before = _state["group"]
    _state["group"] = name
    try:
        yield
    finally:
        _state["group"] = before


def add(name: str, data: Any, loc: Sequence[float] = (0, 0, 0), rot: Sequence[float] = (0, 0, 0)) -> Any:
    """Link data (mesh, curve, light) as an object at loc (metres) turned by rot (degrees)."""
    obj = bpy.data.objects.new(name, data)
    obj.location = loc
    obj.rotation_euler = Euler([math.radians(a) for a in rot])
    obj["group"] = _state["group"]
    bpy.context.scene.collection.objects.link(obj)
    return obj


def mesh(
    name: str,
    verts: Sequence[Sequence[float]],
    faces: Sequence[Sequence[int]],
    mat: Any,
    *,
    loc: Sequence[float] = (0, 0, 0),
    rot: Sequence[float] = (0, 0, 0),
    smooth: bool = True,
) -> Any:
    """Add a polygon mesh with one material."""
    data = bpy.data.meshes.new(name)
    data.from_pydata([tuple(v) for v in verts], [], [tuple(f) for f in faces])
    data.polygons.foreach_set("use_smooth", [smooth] * len(data.polygons))
    data.materials.append(mat)
    data.update()
    return add(name, data, loc, rot)


def box(
    loc: Sequence[float],
    size: Sequence[float],
    mat: Any,
    *,
    bevel: float = 0.006,
    rot: Sequence[float] = (0, 0, 0),
    name: str = "box",
) -> Any:
    """Add a box centred on loc; bevel is the edge radius in metres."""
    x, y, z = (s / 2 for s in size)
    verts = [(a * x, b * y, c * z) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    obj = mesh(name, verts, faces, mat, loc=loc, rot=rot, smooth=False)
    if bevel:
        mod = obj.modifiers.new("bevel", "BEVEL")
        mod.width, mod.segments = bevel, 2
    return obj


def lathe(
    loc: Sequence[float],
    profile: Sequence[tuple[float, float]],
    mat: Any,
    *,
    steps: int = 40,
    wobble: float = 0.0,
    rot: Sequence[float] = (0, 0, 0),
    sub: int = 1,
    name: str = "lathe",
) -> Any:
    """Turn a profile of (radius, height) pairs about z; wobble is the relative unevenness of a hand-thrown wall."""
    ph = [random.uniform(0, 6.28) for _ in range(3)]
    verts, faces = [], []
    for k, (r, z) in enumerate(profile):
        for i in range(steps):
            t = 2 * math.pi * i / steps
            w = 1 + wobble * (
                math.sin(2 * t + ph[0] + z * 9) + 0.5 * math.sin(3 * t + ph[1]) + 0.4 * math.sin(40 * z + ph[2])
            )
            dz = wobble * r * 0.35 * math.sin(t + ph[2]) * (k / len(profile))
            verts.append((r * w * math.cos(t), r * w * math.sin(t), z + dz))
    for k in range(len(profile) - 1):
        for i in range(steps):
            j = (i + 1) % steps
            faces.append((k * steps + i, k * steps + j, (k + 1) * steps + j, (k + 1) * steps + i))
    obj = mesh(name, verts, faces, mat, loc=loc, rot=rot)
    if sub:
        mod = obj.modifiers.new("sub", "SUBSURF")
        mod.levels = mod.render_levels = sub
    return obj


def rod(
    loc: Sequence[float],
    radius: float,
    height: float,
    mat: Any,
    rot: Sequence[float] = (0, 0, 0),
    top: float | None = None,
) -> Any:
    """Add a closed cylinder standing on loc; top is the upper radius when it tapers."""
    up = radius if top is None else top
    e = min(0.004, radius * 0.2, height * 0.3)
    prof = [
        (0.0, 0.0),
        (radius - e, 0.0),
        (radius, e),
        (up, height - e),
        (up - min(e, up * 0.5), height),
        (0.0, height),
    ]
    return lathe(loc, prof, mat, steps=24, sub=0, rot=rot, name="rod")


def tube(points: Sequence[Sequence[float]], radius: float, mat: Any, *, loc: Sequence[float] = (0, 0, 0)) -> Any:
    """Add a round tube through the points along a smooth curve."""
    data = bpy.data.curves.new("tube", "CURVE")
    data.dimensions, data.bevel_depth, data.bevel_resolution, data.resolution_u = "3D", radius, 3, 6
    spl = data.splines.new("BEZIER")
    spl.bezier_points.add(len(points) - 1)
    for p, co in zip(spl.bezier_points, points, strict=True):
        p.co, p.handle_left_type, p.handle_right_type = co, "AUTO", "AUTO"
    data.materials.append(mat)
    return add("tube", data, loc)


def text(words: str, loc: Sequence[float], size: float, mat: Any, rot: Sequence[float] = (90, 0, 0)) -> Any:
    """Add flat lettering in Blender's own font; size is the line height in metres."""
    data = bpy.data.curves.new("text", "FONT")
    data.body, data.size, data.align_x, data.extrude = words, size, "CENTER", 0.0008
    data.materials.append(mat)
    return add("text", data, loc, rot)


def grid(rows: int, cols: int, at: Any) -> tuple[list[Any], list[tuple[int, int, int, int]]]:
    """Give the vertices at(u, v) with u, v in 0..1, and the quads of a rows by cols sheet."""
    verts = [at(i / rows, j / cols) for i in range(rows + 1) for j in range(cols + 1)]
    n = cols + 1
    faces = [(i * n + j, i * n + j + 1, (i + 1) * n + j + 1, (i + 1) * n + j) for i in range(rows) for j in range(cols)]
    return verts, faces


def leaf(loc: Sequence[float], length: float, width: float, yaw: float, pitch: float, mat: Any) -> Any:
    """Add one arched leaf from its stalk; yaw and pitch in degrees."""

    def at(u: float, v: float) -> tuple[float, float, float]:
        s = v * 2 - 1
        w = width * 0.5 * math.sin(math.pi * min(1, u * 0.96 + 0.02)) ** 0.8
        return (u * length, s * w, -0.35 * length * u * u + 0.25 * w * abs(s))

    verts, faces = grid(6, 4, at)
    return mesh("leaf", verts, faces, mat, loc=loc, rot=(0, -pitch, yaw))


def area(
    loc: Sequence[float], aim: Sequence[float], size: tuple[float, float], watts: float, color: Sequence[float]
) -> Any:
    """Add a soft rectangular light at loc that shines towards aim; no camera sees it."""
    data = bpy.data.lights.new("area", "AREA")
    data.shape, data.size, data.size_y = "RECTANGLE", size[0], size[1]
    data.energy, data.color = watts, color
    obj = add("area", data, loc)
    obj.rotation_euler = (Vector(aim) - Vector(loc)).to_track_quat("-Z", "Y").to_euler()
    obj.visible_camera = False
    obj.visible_glossy = False
    return obj


def point(loc: Sequence[float], watts: float, color: Sequence[float], radius: float = 0.04) -> Any:
    """Add a small round light; no camera sees it."""
    data = bpy.data.lights.new("point", "POINT")
    data.energy, data.color, data.shadow_soft_size = watts, color, radius
    obj = add("point", data, loc)
    obj.visible_camera = False
    return obj


def sun(towards: Sequence[float], strength: float, color: Sequence[float], degrees: float = 1.5) -> Any:
    """Add a sun that shines along the direction towards; degrees is its apparent size."""
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.color, data.angle = strength, color, math.radians(degrees)
    obj = add("sun", data)
    obj.rotation_euler = Vector(towards).to_track_quat("-Z", "Y").to_euler()
    return obj


def beam(loc: Sequence[float], aim: Sequence[float], watts: float, color: Sequence[float], degrees: float) -> Any:
    """Add a hard beam of late sun as a film crew would, shaped by whatever window it passes."""
    data = bpy.data.lights.new("beam", "SPOT")
    data.energy, data.color, data.shadow_soft_size = watts, color, 0.05
    data.spot_size, data.spot_blend = math.radians(degrees), 0.2
    obj = add("beam", data, loc)
    obj.rotation_euler = (Vector(aim) - Vector(loc)).to_track_quat("-Z", "Y").to_euler()
    return obj
