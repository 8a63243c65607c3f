"""Things that stand in both sets: walls with openings, chairs, tables, lamps, plants, cups and pots. Licence: CC0."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import kit
import materials as mt

if TYPE_CHECKING:
    from collections.abc import Sequence

CUP = [
    (0.0, 0.0),
    (0.026, 0.0),
    (0.028, 0.004),
    (0.026, 0.008),
    (0.036, 0.018),
    (0.040, 0.036),
    (0.0395, 0.06),
    (0.0385, 0.08),
    (0.0395, 0.0915),
    (0.0385, 0.094),
    (0.0365, 0.0925),
    (0.0355, 0.08),
    (0.0365, 0.06),
    (0.036, 0.03),
    (0.028, 0.012),
    (0.0, 0.010),
]
POTS = {
    "vase": [(0, 0), (0.05, 0), (0.075, 0.05), (0.085, 0.11), (0.06, 0.17), (0.03, 0.20), (0.028, 0.23), (0.04, 0.25)],
    "jar": [(0, 0), (0.06, 0), (0.085, 0.04), (0.092, 0.10), (0.085, 0.15), (0.06, 0.18), (0.062, 0.19)],
    "bowl": [(0, 0), (0.04, 0), (0.042, 0.012), (0.08, 0.04), (0.115, 0.085), (0.12, 0.09)],
    "bottle": [
        (0, 0),
        (0.05, 0),
        (0.062, 0.03),
        (0.062, 0.12),
        (0.045, 0.16),
        (0.018, 0.19),
        (0.017, 0.25),
        (0.024, 0.26),
    ],
    "jug": [(0, 0), (0.06, 0), (0.08, 0.06), (0.083, 0.11), (0.06, 0.16), (0.055, 0.20), (0.066, 0.225)],
    "beaker": [(0, 0), (0.034, 0), (0.038, 0.01), (0.041, 0.06), (0.044, 0.10)],
    "plate": [(0, 0), (0.07, 0), (0.075, 0.008), (0.12, 0.018), (0.13, 0.024)],
}


def cup_glaze() -> Any:
    """Give the glaze of the cup prop: milky blue-grey over a rust-brown dip, bare clay foot."""
    return mt.glaze(
        "cup-glaze", (0.50, 0.62, 0.62), (0.20, 0.065, 0.022), (0.36, 0.22, 0.13), line=0.04, foot=0.006, wave=0.012
    )


def cup(loc: Sequence[float], mat: Any, *, handle: float | None = 20, drink: Any = None, wobble: float = 0.012) -> None:
    """Stand a thrown cup on loc; handle is the direction its ear points to in degrees, drink fills it."""
    kit.lathe(loc, CUP, mat, wobble=wobble, name="cup", sub=2)
    if handle is not None:
        a = math.radians(handle)
        pts = [
            (r * math.cos(a), r * math.sin(a), z)
            for r, z in ((0.036, 0.076), (0.060, 0.076), (0.066, 0.05), (0.052, 0.028), (0.037, 0.026))
        ]
        ear = kit.tube(pts, 0.0062, mat, loc=loc)
        ear.scale = (1, 1, 1)
    if drink is not None:
        kit.lathe(loc, [(0.0, 0.079), (0.036, 0.079)], drink, sub=0, name="drink")


def pot(kind: str, loc: Sequence[float], mat: Any, scale: float = 1.0, wobble: float = 0.008) -> Any:
    """Stand a pot of one kind on loc."""
    outer = [(r * scale, z * scale) for r, z in POTS[kind]]
    wall = 0.006 * scale
    inner = [(max(0.0, r - wall), max(z, wall)) for r, z in reversed(outer[1:])]
    return kit.lathe(loc, [*outer, *inner], mat, steps=28, wobble=wobble, name=kind)


def wall(
    axis: str,
    at: float,
    span: tuple[float, float],
    height: float,
    holes: list[tuple[float, float, float, float]],
    mat: Any,
) -> None:
    """Build a wall 0.2 m thick around openings (u0, u1, z0, z1); axis "x" is a wall along x at y=at."""
    cuts = sorted(holes)
    edges = [span[0], *[e for h in cuts for e in h[:2]], span[1]]
    pieces = [(edges[k], edges[k + 1], 0.0, height) for k in range(0, len(edges), 2)]
    for u0, u1, z0, z1 in cuts:
        pieces += [(u0, u1, 0.0, z0), (u0, u1, z1, height)]
    for u0, u1, z0, z1 in pieces:
        if u1 - u0 < 0.01 or z1 - z0 < 0.01:
            continue
        u, z, su, sz = (u0 + u1) / 2, (z0 + z1) / 2, u1 - u0, z1 - z0
        loc, size = ((u, at, z), (su, 0.2, sz)) if axis == "x" else ((at, u, z), (0.2, su, sz))
        obj = kit.box((0, 0, 0), size, mat, bevel=0)
        for v in obj.data.vertices:
            v.co = [c + o for c, o in zip(v.co, loc, strict=True)]


def chair(loc: Sequence[float], yaw: float, seat: Any, frame: Any) -> None:
    """Add a bentwood chair; yaw 0 faces -y (its back towards +y)."""
    c, s = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))

    def put(x: float, y: float, z: float) -> tuple[float, float, float]:
        return (loc[0] + c * x - s * y, loc[1] + s * x + c * y, loc[2] + z)

    kit.box(put(0, 0, 0.455), (0.41, 0.40, 0.03), seat, bevel=0.014, rot=(0, 0, yaw))
    for x, y in ((-0.17, -0.16), (0.17, -0.16), (-0.16, 0.17), (0.16, 0.17)):
        kit.tube([put(x, y, 0.44), put(x * 1.12, y * 1.15, 0.0)], 0.014, frame)
    kit.tube(
        [
            put(-0.18, 0.17, 0.45),
            put(-0.19, 0.23, 0.72),
            put(-0.10, 0.27, 0.87),
            put(0.10, 0.27, 0.87),
            put(0.19, 0.23, 0.72),
            put(0.18, 0.17, 0.45),
        ],
        0.014,
        frame,
    )
    kit.tube(
        [
            put(-0.09, 0.18, 0.46),
            put(-0.10, 0.24, 0.70),
            put(0, 0.26, 0.79),
            put(0.10, 0.24, 0.70),
            put(0.09, 0.18, 0.46),
        ],
        0.010,
        frame,
    )


def pendant(
    loc: Sequence[float],
    drop: float,
    shade: Any,
    inside: Any,
    bulb: Any,
    watts: float,
    color: Sequence[float],
    size: float = 1.0,
) -> None:
    """Hang an enamel dome lamp whose rim is at loc, on a cord drop metres long."""
    dome = [
        (0.17, 0.0),
        (0.165, 0.02),
        (0.14, 0.07),
        (0.09, 0.115),
        (0.045, 0.14),
        (0.03, 0.15),
        (0.028, 0.2),
        (0.0, 0.2),
    ]
    kit.lathe(loc, [(r * size, z * size) for r, z in dome], shade, name="shade")
    kit.lathe(loc, [((r - 0.004) * size, (z - 0.002) * size) for r, z in dome[:5]], inside, name="shade-in")
    kit.tube([(loc[0], loc[1], loc[2] + 0.2 * size), (loc[0], loc[1], loc[2] + drop)], 0.004, shade)
    globe = [(0.0, -0.045), (0.025, -0.035), (0.035, -0.01), (0.028, 0.02), (0.015, 0.045), (0.0, 0.05)]
    ball = kit.lathe((loc[0], loc[1], loc[2] + 0.055 * size), [(r * size, z * size) for r, z in globe], bulb, steps=20)
    ball.visible_diffuse = ball.visible_shadow = False
    if watts:
        kit.point((loc[0], loc[1], loc[2] + 0.03), watts, color, 0.05)


def plant(
    loc: Sequence[float],
    height: float,
    leaves: int,
    size: float,
    leaf_mat: Any,
    pot_mat: Any,
    pot_size: float = 1.0,
    bend: float = 0.0,
) -> None:
    """Stand a leafy plant in a pot on loc; bend lets its stems hang over (0 upright, 1 trailing)."""
    pot("beaker", loc, pot_mat, scale=2.1 * pot_size)
    base = loc[2] + 0.20 * pot_size
    kit.lathe(
        (loc[0], loc[1], base - 0.015),
        [(0.0, 0), (0.085 * pot_size, 0)],
        mt.plain("soil", (0.03, 0.02, 0.012), 1.0),
        sub=0,
    )
    for k in range(leaves):
        yaw = k * 137.5 + random.uniform(-20, 20)
        u = (k + 0.5) / leaves
        a, spread = math.radians(yaw), 0.05 + 0.10 * random.random() + 0.25 * bend * u
        z = base + height * u * (1 - 1.7 * bend * u)
        tip = (loc[0] + spread * math.cos(a), loc[1] + spread * math.sin(a), z)
        mid = (
            loc[0] + 0.5 * spread * math.cos(a),
            loc[1] + 0.5 * spread * math.sin(a),
            base + (z - base) * 0.55 + 0.05 * bend,
        )
        kit.tube([(loc[0], loc[1], base - 0.02), mid, tip], 0.003, leaf_mat)
        kit.leaf(
            tip,
            size * random.uniform(0.7, 1.15),
            size * random.uniform(0.42, 0.55),
            yaw,
            random.uniform(-5, 55) * (1 - bend) - 30 * bend,
            leaf_mat,
        )


def shelf(x0: float, x1: float, y: float, z: float, deep: float, mat: Any, bracket: Any) -> None:
    """Add a board on the back wall (its rear edge at y) with brackets."""
    kit.box(((x0 + x1) / 2, y - deep / 2, z), (x1 - x0, deep, 0.035), mat, bevel=0.004)
    for k in range(3):
        x = x0 + 0.15 + (x1 - x0 - 0.3) * k / 2
        kit.box((x, y - deep * 0.45, z - 0.035), (0.02, deep * 0.85, 0.035), bracket, bevel=0.003)
        kit.box((x, y - 0.012, z - 0.09), (0.02, 0.02, 0.16), bracket, bevel=0.003)


def table(centre: Sequence[float], size: Sequence[float], top: Any, legs: Any) -> None:
    """Add a plank table; centre is the middle of its upper face, size (wide, deep)."""
    wide, deep = size
    planks = max(3, round(deep / 0.17))
    for k in range(planks):
        y = centre[1] - deep / 2 + deep * (k + 0.5) / planks
        kit.box((centre[0], y, centre[2] - 0.02), (wide, deep / planks - 0.0015, 0.04), top, bevel=0.004)
    kit.box((centre[0], centre[1], centre[2] - 0.085), (wide - 0.16, deep - 0.14, 0.09), legs, bevel=0.004)
    for sx in (-1, 1):
        for sy in (-1, 1):
            loc = (centre[0] + sx * (wide / 2 - 0.1), centre[1] + sy * (deep / 2 - 0.1), (centre[2] - 0.04) / 2)
            kit.box(loc, (0.075, 0.075, centre[2] - 0.04), legs, bevel=0.008)
