"""What mia and theo wear: each wardrobe builds one dressed body and returns its objects. Licence: CC0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import body
import builds
import cloth
import kit
import materials as mt
from mathutils import Vector

if TYPE_CHECKING:
    from collections.abc import Callable

ROLL = [
    (0.002, -0.07),
    (0.0015, -0.03),
    (0.003, -0.004),
    (0.007, 0.001),
    (0.0115, -0.003),
    (0.0145, -0.018),
    (0.017, -0.038),
    (0.017, -0.052),
    (0.011, -0.058),
]
STAND = [(0.014, -0.075), (0.008, -0.045), (0.005, -0.02), (0.004, -0.002), (0.002, 0.0), (0.0, -0.004), (0.0, -0.03)]
MOCK = [(0.016, -0.07), (0.009, -0.048), (0.0055, -0.02), (0.006, -0.003), (0.003, 0.001), (0.0, -0.004), (0.0, -0.03)]
FOLD = [
    (0.010, -0.055),
    (0.010, -0.03),
    (0.013, -0.010),
    (0.019, -0.005),
    (0.026, -0.012),
    (0.038, -0.032),
    (0.052, -0.050),
]


def _dress(obj: Any, mat: Any) -> Any:
    """Give an object its only material."""
    obj.data.materials.clear()
    obj.data.materials.append(mat)
    return obj


def _button(
    front: Callable[[float, float], tuple[Vector, Vector]], x: float, z: float, mat: Any, size: float = 0.0055
) -> Any:
    """Sew a button on at (x, z)."""
    at, normal = front(x, z)
    prof = [(0, 0.0022), (size * 0.55, 0.0018), (size * 0.8, 0.003), (size, 0.0022), (size, 0), (0, 0)]
    obj = kit.lathe(at + normal * 0.0008, prof, mat, steps=16, sub=0, name="button")
    obj.rotation_euler = normal.to_track_quat("Z", "Y").to_euler()
    return obj


def _cut(obj: Any, keep: Callable[[Vector], bool], thick: float) -> Any:
    """Keep only the faces whose middle passes, and gives the cloth a thickness in metres."""
    import bmesh

    mesh = bmesh.new()
    mesh.from_mesh(obj.data)
    gone = [f for f in mesh.faces if not keep(f.calc_center_median())]
    bmesh.ops.delete(mesh, geom=gone, context="FACES")
    for _ in range(6):
        edge = [v for v in mesh.verts if v.is_boundary]
        moves = {}
        for v in edge:
            near = [e.other_vert(v).co for e in v.link_edges if e.is_boundary]
            if len(near) == 2:
                moves[v] = v.co * 0.4 + (near[0] + near[1]) * 0.3
        for v, co in moves.items():
            v.co = co
    mesh.to_mesh(obj.data)
    mesh.free()
    mod = obj.modifiers.new("thick", "SOLIDIFY")
    mod.thickness, mod.offset = thick, 1.0
    return obj


def navy() -> list[Any]:
    """Mia's navy roll-neck jumper."""
    wool = cloth.knit("navy", (0.020, 0.034, 0.082), rib=0.0075)
    obj = body.drape(body.skin("mia", 0.008), "mia", 0.0075, 3.1)
    collar = body.band(
        "mia", ROLL, cloth.knit("navy-collar", (0.021, 0.036, 0.086), rib=0.0065, strength=0.9), wave=0.0012
    )
    return [_dress(obj, wool), collar]


def _shirt_relief(p: Vector) -> float:
    """Give the button strip of a shirt."""
    return cloth.ridge(p, -0.016, 0.016, 0.0022) if p.z < body.COLLAR - 0.045 else 0.0


def apron() -> list[Any]:
    """Mia's linen shirt with a band collar, under a potter's apron."""
    linen = cloth.woven("linen", (0.52, 0.45, 0.35), slub=0.2, crease=0.7)
    rust = cloth.woven("apron", (0.105, 0.058, 0.034), slub=0.35, thread=0.0016, crease=0.35)
    shirt = _dress(body.drape(body.skin("mia", 0.011), "mia", 0.0100, 7.7, _shirt_relief), linen)
    front = body.surface(shirt)
    out = [
        shirt,
        body.band("mia", STAND, cloth.woven("linen-collar", (0.53, 0.46, 0.36), slub=0.2, crease=0.3), wave=0.0008),
    ]
    bone = mt.plain("bone", (0.42, 0.33, 0.22), 0.35)
    out += [_button(front, 0.0, z, bone) for z in (1.004, 0.955)]
    pinny = body.skin("mia", 0.019, arms=False)
    body.drape(pinny, "mia", 0.0075, 5.5, lambda p: cloth.patch(p, (-0.075, 0.06, 0.70, 0.795), 0.003))
    _cut(pinny, _bib, 0.0028)
    out.append(_dress(pinny, rust))
    steel = mt.plain("rivet", (0.55, 0.42, 0.25), 0.3, 1)
    on = body.surface(pinny)
    for side in (-1, 1):
        out.append(_strap(shirt, side, rust))
        out.append(_button(on, side * 0.078, 0.898, steel, 0.006))
    return out


def _bib(p: Vector) -> bool:
    """Tell what of the trunk's front an apron covers."""
    if p.z < 0.76:
        wide = 0.17
    elif p.z < 0.83:
        wide = 0.17 - (p.z - 0.76) / 0.07 * 0.07
    else:
        wide = 0.10 - (p.z - 0.83) * 0.12
    return p.z < 0.912 and abs(p.x) < wide and p.y < 0.03


def _strap(shirt: Any, side: int, mat: Any) -> Any:
    """Lay one apron strap from the bib over the shoulder to the nape."""
    pts = [(at + normal * 0.006, normal) for at, normal in body.over(shirt, side * 0.074, 26)]
    verts = []
    for at, normal in pts:
        across = Vector((1, 0, 0)) - normal * normal.x
        across.normalize()
        verts += [at - across * 0.013, at + across * 0.013]
    faces = [(2 * k, 2 * k + 1, 2 * k + 3, 2 * k + 2) for k in range(len(pts) - 1)]
    obj = kit.mesh("strap", verts, faces, mat)
    mod = obj.modifiers.new("thick", "SOLIDIFY")
    mod.thickness, mod.offset = 0.003, 0
    sub = obj.modifiers.new("sub", "SUBSURF")
    sub.levels = sub.render_levels = 2
    cloth.flat_uv(obj)
    return obj


def _open(p: Vector) -> bool:
    """Tell what an open overshirt covers."""
    if p.y > -0.02:
        return True
    gap = 0.022 + 0.055 * max(0.0, min(1.0, (p.z - 0.62) / 0.36)) ** 1.3 + 0.006 * math.sin(p.z * 23)
    return abs(p.x) > gap


def _overshirt_relief(p: Vector) -> float:
    """Give an overshirt's chest pockets with flaps."""
    x = abs(p.x)
    q = Vector((x, 0, p.z))
    return max(cloth.patch(q, (0.088, 0.158, 0.80, 0.888), 0.003), cloth.patch(q, (0.085, 0.161, 0.868, 0.898), 0.0055))


def olive() -> list[Any]:
    """Theo's olive overshirt, open over a charcoal mock-neck."""
    drab = cloth.woven("olive", (0.056, 0.065, 0.039), slub=0.22, thread=0.0018, crease=0.55)
    dark = cloth.knit("charcoal", (0.030, 0.031, 0.034), rib=0.0028, strength=0.3, marl=0.3)
    tee = _dress(body.drape(body.skin("theo", 0.004, arms=False), "theo", 0.006, 1.3), dark)
    collar = body.band(
        "theo", MOCK, cloth.knit("charcoal-rib", (0.032, 0.033, 0.036), rib=0.0036, strength=0.5), wave=0.0008
    )
    coat = body.drape(body.skin("theo", 0.0135), "theo", 0.0085, 9.2, _overshirt_relief)
    front = body.surface(coat)
    horn = mt.plain("horn", (0.03, 0.022, 0.014), 0.3)
    buttons = [_button(front, s * 0.123, 0.876, horn, 0.0065) for s in (-1, 1)]
    lapel = body.lay(body.band("theo", FOLD, drab, gap=30, points=0.034, lean=0.5), coat, 0.006)
    _cut(coat, _open, 0.003)
    return [tee, collar, _dress(coat, drab), lapel, *buttons]


def grey() -> list[Any]:
    """Theo's grey half-zip work jumper."""
    wool = cloth.knit("grey", (0.155, 0.160, 0.168), rib=0.0056, strength=0.5, marl=0.4)
    obj = body.drape(
        body.skin("theo", 0.012),
        "theo",
        0.0088,
        4.4,
        lambda p: -cloth.ridge(p, -0.005, 0.005, 0.003) if p.z > 0.87 else 0.0,
    )
    front = body.surface(obj)
    collar = body.band(
        "theo", STAND, cloth.knit("grey-rib", (0.15, 0.155, 0.163), rib=0.0048, strength=0.8, marl=0.35), wave=0.0008
    )
    brass = mt.plain("zip", (0.32, 0.30, 0.27), 0.35, 1)
    pts = [front(0.0, 0.875 + 0.012 * k)[0] + Vector((0, -0.001, 0)) for k in range(11)]
    pts += [Vector((0, p.y - 0.002, p.z)) for p in _collar_front()]
    zipper = kit.tube(pts, 0.0024, brass)
    pull = kit.box(pts[-1] + Vector((0, -0.004, -0.016)), (0.006, 0.003, 0.022), brass, bevel=0.001)
    return [_dress(obj, wool), collar, zipper, pull]


def _collar_front() -> list[Vector]:
    """Give points up the middle of theo's stand collar."""
    neck = builds.BUILD["theo"]["neck"]
    out = []
    for r, up in ((0.010, -0.045), (0.007, -0.02), (0.006, -0.004)):
        y = -(neck + r) * 0.97
        out.append(
            Vector(
                (
                    0,
                    y + body.NECK_Y + 0.012 - 0.35 * (body.COLLAR + up - 1.0) - 0.003,
                    body.COLLAR + up + 0.42 * (y + neck),
                )
            )
        )
    return out


WEAR = {("mia", "navy"): navy, ("mia", "apron"): apron, ("theo", "olive"): olive, ("theo", "grey"): grey}
