"""Clothed torsos without a head: lofted, remeshed into one skin, folded by noise, dressed by wardrobe. Licence: CC0.

A body stands on the floor at its own origin, its neck over the origin, facing -y; metres. Its chin would be at CHIN.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import bpy
import cloth
import kit
import materials as mt
from builds import BUILD
from mathutils import Vector, noise
from mathutils.bvhtree import BVHTree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHIN_FORWARD = 0.088
NECK_Y = 0.014
COLLAR = 1.061  # the front upper edge of every collar, metres above the floor
Ring = tuple[Vector, Vector, Vector]


def _tube(rings: Sequence[Ring], steps: int = 40) -> tuple[list[Vector], list[tuple[int, ...]]]:
    """Loft closed rings, each a centre and two half axes."""
    verts, faces = [], []
    for c, a, b in rings:
        for i in range(steps):
            t = 2 * math.pi * i / steps
            x, y = math.cos(t), math.sin(t)
            x, y = (math.copysign(abs(v) ** 0.86, v) for v in (x, y))
            verts.append(c + a * x + b * y)
    n = len(rings)
    for k in range(n - 1):
        faces += [
            (k * steps + i, k * steps + (i + 1) % steps, (k + 1) * steps + (i + 1) % steps, (k + 1) * steps + i)
            for i in range(steps)
        ]
    faces += [tuple(reversed(range(steps))), tuple(range((n - 1) * steps, n * steps))]
    return verts, faces


def _torso(build: dict[str, Any], ease: float) -> tuple[list[Vector], list[tuple[int, ...]]]:
    """Loft the trunk; ease is how far cloth stands off, in metres."""
    return _tube(
        [(Vector((0, y, z)), Vector((a + ease, 0, 0)), Vector((0, b + ease, 0))) for z, a, b, y in build["torso"]]
    )


def _arm(build: dict[str, Any], side: int, ease: float) -> tuple[list[Vector], list[tuple[int, ...]]]:
    """Loft one arm along its bones."""
    pts = [Vector((p[0] * side, p[1], p[2])) for p, _, _ in build["arm"]]
    rings = []
    for k, (_, across, deep) in enumerate(build["arm"]):
        along = (pts[min(k + 1, len(pts) - 1)] - pts[max(k - 1, 0)]).normalized()
        b = Vector((0, 1, 0)) - along * along.y
        b.normalize()
        a = along.cross(b).normalized()
        grow = ease * (0.2, 0.6, 0.9, 1)[min(k, 3)]
        rings.append((pts[k], a * (across + grow), b * (deep + grow)))
    return _tube(rings, 28)


def skin(who: str, ease: float, *, arms: bool = True, voxel: float = 0.0055) -> Any:
    """Join trunk and arms into one smooth closed mesh object without material."""
    build = BUILD[who]
    parts = [_torso(build, ease)] + ([_arm(build, s, ease) for s in (-1, 1)] if arms else [])
    verts: list[Vector] = []
    faces: list[tuple[int, ...]] = []
    for v, f in parts:
        faces += [tuple(i + len(verts) for i in face) for face in f]
        verts += v
    data = bpy.data.meshes.new("skin")
    data.from_pydata(verts, [], faces)
    obj = kit.add("skin", data)
    sub = obj.modifiers.new("sub", "SUBSURF")
    sub.levels = sub.render_levels = 1
    re = obj.modifiers.new("remesh", "REMESH")
    re.mode, re.voxel_size = "VOXEL", voxel
    sm = obj.modifiers.new("smooth", "SMOOTH")
    sm.factor, sm.iterations = 0.5, 9
    return _bake(obj)


def _bake(obj: Any) -> Any:
    """Turn an object's modifiers into plain geometry."""
    graph = bpy.context.evaluated_depsgraph_get()
    done = bpy.data.meshes.new_from_object(obj.evaluated_get(graph))
    obj.modifiers.clear()
    obj.data = done
    done.polygons.foreach_set("use_smooth", [True] * len(done.polygons))
    return obj


class Frame:
    """Tell for any point of the skin which limb it belongs to and where along and around it lies."""

    def __init__(self, who: str) -> None:
        """Read the bones of one build."""
        self.bones = [(Vector(p), max(a, b)) for p, a, b in BUILD[who]["arm"]]
        self.wide = BUILD[who]["torso"][3][1]

    def at(self, p: Vector) -> tuple[bool, float, float]:
        """Give (on an arm?, metres around, metres along); along an arm it counts from the shoulder."""
        q = Vector((abs(p.x), p.y, p.z))
        best, run = (9.0, 0.0, Vector((0, 0, 0)), 0.05), 0.0
        for (a, ra), (b, _) in zip(self.bones, self.bones[1:], strict=False):
            d = b - a
            t = max(0.0, min(1.0, (q - a).dot(d) / d.length_squared))
            off = q - (a + d * t)
            if off.length - ra < best[0] - best[3]:
                best = (off.length, run + t * d.length, off, ra)
            run += d.length
        arm = best[0] < best[3] * 1.35 and q.x > self.wide * 0.86
        if arm:
            return True, math.atan2(best[2].x, -best[2].y) * best[3], best[1]
        return False, math.atan2(p.x, -(p.y - 0.01)) * self.wide * 0.8, p.z


def _ridge(p: Sequence[float], sharp: float = 3.0) -> float:
    """Give creased noise: 0 in the flats, towards 1 on a crease."""
    return (1 - min(1.0, abs(noise.noise(Vector(p))) * 2.2)) ** sharp


def folds(frame: Frame, p: Vector, seed: float) -> float:
    """Give how far cloth stands out at a point, roughly -1..1."""
    arm, around, along = frame.at(p)
    if arm:
        elbow = math.exp(-(((along - 0.385) / 0.10) ** 2)) + 0.55 * math.exp(-(((along - 0.12) / 0.06) ** 2))
        w = 0.35 + 1.1 * elbow
        rings = _ridge((along * 21 + around * 7, around * 6 + seed, p.x * 2 + seed))
        return w * (rings - 0.3) + 0.4 * noise.noise(Vector((around * 14, along * 6, seed + p.x)))
    side = min(1.0, abs(p.x) / 0.13)
    low = min(1.0, max(0.0, (0.86 - p.z) / 0.2))
    pull = _ridge((p.x * 7 + p.z * 9 * math.copysign(1, p.x), p.y * 4 + seed, p.z * 5 - abs(p.x) * 9))
    gather = _ridge((p.x * 5, p.y * 5 + seed, p.z * 15 + p.x * 6), 2.5)
    drape = noise.noise(Vector((p.x * 11, p.y * 11, p.z * 3.5 + seed)))
    pit = math.exp(-(((abs(p.x) - 0.12) / 0.05) ** 2 - ((p.z - 0.88) / 0.09) ** 2 * -1))
    return (
        0.5 * drape + (0.25 + 0.6 * side) * (0.5 * pull - 0.15) + low * 0.7 * (gather - 0.35) + 0.6 * pit * (pull - 0.3)
    )


def drape(obj: Any, who: str, depth: float, seed: float, relief: Callable[[Vector], float] | None = None) -> Any:
    """Push folds (depth in metres) and sewn relief into a skin and stores the weave coordinates on it."""
    frame = Frame(who)
    data = obj.data
    weave = data.attributes.new("weave", "FLOAT_VECTOR", "POINT")
    normals = [v.normal.copy() for v in data.vertices]
    top = COLLAR - 0.02
    for v, n in zip(data.vertices, normals, strict=True):
        _, around, along = frame.at(v.co)
        weave.data[v.index].vector = (around, along, 0)
        calm = min(1.0, max(0.15, (top - v.co.z) / 0.12))
        move = depth * calm * folds(frame, v.co, seed)
        if relief is not None and n.y < 0:
            move += relief(v.co)
        v.co += n * move
    data.update()
    soft = obj.modifiers.new("soft", "SMOOTH")
    soft.factor, soft.iterations = 0.5, 2
    return _bake(obj)


def lay(obj: Any, under: Any, off: float) -> Any:
    """Lift what of a collar lies inside or too near the cloth under it to off metres above that cloth."""
    tree = BVHTree.FromPolygons([v.co for v in under.data.vertices], [tuple(p.vertices) for p in under.data.polygons])
    for v in obj.data.vertices:
        at, normal, _, _ = tree.find_nearest(v.co)
        high = (v.co - at).dot(normal)
        if high < off:
            v.co += normal * (off - high)
    obj.data.update()
    return obj


def band(
    who: str,
    profile: Sequence[tuple[float, float]],
    mat: Any,
    *,
    lean: float = 0.42,
    gap: float = 0.0,
    points: float = 0.0,
    wave: float = 0.0,
    name: str = "collar",
) -> Any:
    """Add a collar: profile is (metres out from the neck, metres above COLLAR); gap opens the front (degrees a side).

    lean is the rise towards the nape per metre; points lengthens the outer edge towards the front.
    """
    neck = BUILD[who]["neck"]
    ph = random.uniform(0, 6)

    def at(u: float, v: float) -> tuple[float, float, float]:
        t = math.radians(gap + u * (360 - 2 * gap)) if gap else 2 * math.pi * u
        k = v * (len(profile) - 1)
        i = min(int(k), len(profile) - 2)
        f = k - i
        out, up = (a * (1 - f) + b * f for a, b in zip(profile[i], profile[i + 1], strict=True))
        front = max(0.0, math.cos(t)) ** 2
        up -= points * front * max(0.0, v - 0.5) * 2
        r = neck + out + wave * math.sin(5 * t + ph) * v
        x, y = r * math.sin(t), -r * 0.97 * math.cos(t)
        sag = 0.35 * (COLLAR + up - 1.0)
        return (x, y + NECK_Y + 0.012 - sag, COLLAR + up + lean * (y + r * 0.0 + neck))

    verts, faces = kit.grid(64, (len(profile) - 1) * 3, at)
    obj = kit.mesh(name, verts, faces, mat)
    if not gap:
        weld = obj.modifiers.new("weld", "WELD")
        weld.merge_threshold = 0.0005
    thick = obj.modifiers.new("thick", "SOLIDIFY")
    thick.thickness = 0.003
    sub = obj.modifiers.new("sub", "SUBSURF")
    sub.levels = sub.render_levels = 1
    cloth.weave_uv(obj)
    return obj


def hollow(who: str) -> list[Any]:
    """Add an unseen neck and head: they shade the body and cut what a real neck would hide of the collar."""
    neck = BUILD[who]["neck"] - 0.004
    tilt = [(0.86, 0.036), (1.0, 0.032), (1.05, 0.018), (1.10, 0.006), (1.16, 0.0)]
    verts, faces = _tube([(Vector((0, y, z)), Vector((neck, 0, 0)), Vector((0, neck * 0.97, 0))) for z, y in tilt])
    skull = [
        (z, 0.078 * k, 0.098 * k)
        for z, k in ((1.095, 0.45), (1.13, 0.8), (1.18, 0.98), (1.22, 1.0), (1.27, 0.88), (1.305, 0.5), (1.315, 0.1))
    ]
    more, rest = _tube([(Vector((0, 0.008, z)), Vector((a, 0, 0)), Vector((0, b, 0))) for z, a, b in skull])
    faces += [tuple(i + len(verts) for i in f) for f in rest]
    skin_mat = mt.plain("neck", (0.42, 0.25, 0.18), 0.6)
    obj = kit.mesh("hollow", [*verts, *more], faces, skin_mat)
    obj.is_holdout = True
    return [obj]


def surface(obj: Any) -> Callable[[float, float], tuple[Vector, Vector]]:
    """Give a function that finds the front of a skin at (x, z): the point and its normal."""
    tree = BVHTree.FromPolygons([v.co for v in obj.data.vertices], [tuple(p.vertices) for p in obj.data.polygons])

    def front(x: float, z: float) -> tuple[Vector, Vector]:
        hit, normal, _, _ = tree.ray_cast(Vector((x, -1, z)), Vector((0, 1, 0)))
        if hit is None:
            msg = f"nothing of the body lies at x={x}, z={z}"
            raise ValueError(msg)
        return hit, normal

    return front


def over(obj: Any, x: float, steps: int) -> list[tuple[Vector, Vector]]:
    """Follow a skin at a given x from the chest over the shoulder to the back: points and normals."""
    tree = BVHTree.FromPolygons([v.co for v in obj.data.vertices], [tuple(p.vertices) for p in obj.data.polygons])
    out = []
    for k in range(steps):
        a = math.radians(-20 + 165 * k / (steps - 1))
        ray = Vector((0, math.cos(a), -math.sin(a)))
        hit, normal, _, _ = tree.ray_cast(Vector((x, 0.025, 0.92)) - ray * 0.4, ray)
        if hit is not None:
            out.append((hit, normal))
    return out
