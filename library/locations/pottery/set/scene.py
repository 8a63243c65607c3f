"""The potter's workshop: whitewashed brick, racks of pots, a big steel window on the right, a bench in the middle."""

from __future__ import annotations

import math
import random
from typing import Any

import furniture as fu
import kit
import materials as mt
import outside
import pottery_palette
from pottery_palette import LIGHTS, VIEWS

__all__ = ["INSERT", "LIGHTS", "SEED", "VIEWS", "build"]

SEED = 23
HEIGHT = 3.4
WARM = (1.0, 0.66, 0.34)
INSERT = {"at": (0.12, -0.36, 0.745), "cam": (-0.20, -0.98, 0.935), "lens": 78, "fstop": 2.2}
CLAYS = ("terra", "bisque", "bisque", "grey", "celadon", "cup", "cream", "ash")


def _shell(m: dict[str, Any], light: str) -> None:
    """Build floor, walls, windows, beams and what is outside."""
    kit.box((-0.2, -0.7, -0.05), (8.4, 9.4, 0.1), m["floor"], bevel=0)
    kit.box((-0.2, -0.7, HEIGHT + 0.05), (8.4, 9.4, 0.1), m["ceiling"], bevel=0)
    for y in (-4.2, -2.8, -1.4, 0.0, 1.4, 2.8):
        kit.box((-0.2, y, HEIGHT - 0.10), (8.0, 0.12, 0.2), m["old"], bevel=0.012)
    back = [(1.15, 2.95, 0.95, 2.60)]
    right = [(-3.7, -1.9, 0.85, 2.75), (-1.4, 0.45, 0.85, 2.75), (0.95, 2.9, 0.85, 2.75)]
    fu.wall("x", 3.7, (-4.0, 3.5), HEIGHT, back, m["brick"])
    fu.wall("y", 3.5, (-5.4, 3.8), HEIGHT, right, m["bricky"])
    fu.wall("y", -4.0, (-5.4, 3.8), HEIGHT, [], m["bricky"])
    fu.wall("x", -5.3, (-4.0, 3.5), HEIGHT, [], m["brick"])
    outside.window((2.05, 3.66, 1.775), (1.8, 1.65), (4, 3), m["frame"], axis="x")
    for u0, u1, z0, z1 in right:
        outside.window((3.46, (u0 + u1) / 2, (z0 + z1) / 2), (u1 - u0, z1 - z0), (4, 4), m["frame"], axis="y")
    outside.backdrop(light, 5, (2.6, 9.0, 2.35), 13.0, 0, garden=True)
    outside.backdrop(light, 6, (8.6, 2.6, 2.5), 15.0, -90, garden=True)


def _ware(m: dict[str, Any], x0: float, x1: float, y: float, z: float, tall: float) -> None:
    """Fill a board with pots no taller than tall."""
    x = x0
    kinds = [k for k in fu.POTS if fu.POTS[k][-1][1] < tall and k != "plate"]
    while x < x1:
        kind, clay = random.choice(kinds), random.choice(CLAYS)
        scale = random.uniform(0.85, 1.2) * min(1.0, tall / (fu.POTS[kind][-1][1] * 1.15))
        wide = 2 * max(r for r, _ in fu.POTS[kind]) * scale
        for _ in range(random.choice((1, 2, 3)) if kind in ("beaker", "bowl", "bottle") else random.choice((1, 2))):
            if x + wide > x1:
                return
            fu.pot(kind, (x + wide / 2, y + random.uniform(-0.03, 0.03), z), m[clay], scale, wobble=0.012)
            x += wide + random.uniform(0.012, 0.04)
        x += random.uniform(0.0, 0.05)


def _racks(m: dict[str, Any]) -> None:
    """Build the racks of pots along the back wall."""
    for x0, x1 in ((-3.5, -2.0), (-1.92, -0.42), (-0.34, 0.92)):
        for x in (x0, x1):
            for y in (3.56, 3.18):
                kit.box((x, y, 1.2), (0.05, 0.05, 2.4), m["oldz"], bevel=0.004)
        for z in (0.30, 0.72, 1.12, 1.50, 1.90, 2.32):
            kit.box(((x0 + x1) / 2, 3.37, z), (x1 - x0 + 0.06, 0.42, 0.028), m["pine"], bevel=0.003)
            _ware(m, x0 + 0.06, x1 - 0.05, 3.30, z + 0.014, 0.33 if z < 2.2 else 0.42)
    for k in range(7):
        fu.pot(
            random.choice(("jar", "jug", "vase")),
            (1.3 + 0.23 * k, 3.5, 0.915),
            m[random.choice(CLAYS)],
            random.uniform(0.5, 0.75),
        )
    kit.box((2.05, 3.52, 0.90), (2.0, 0.24, 0.03), m["pine"], bevel=0.004)


def _kiln(m: dict[str, Any], light: str) -> None:
    """Stand the round kiln on its legs, its peephole glowing, beside the back window."""
    x, y = -2.95, 1.9
    for a in range(3):
        t = a * 2.1
        kit.rod((x + 0.36 * math.cos(t), y + 0.36 * math.sin(t), 0), 0.02, 0.25, m["iron"])
    kit.lathe(
        (x, y, 0.25),
        [
            (0, 0),
            (0.46, 0),
            (0.46, 0.74),
            (0.44, 0.78),
            (0.44, 0.80),
            (0.46, 0.82),
            (0.46, 0.90),
            (0.40, 0.94),
            (0, 0.95),
        ],
        m["steel"],
        steps=10,
        sub=0,
    )
    for z in (0.32, 0.62, 0.92):
        kit.lathe((x, y, z), [(0.465, 0), (0.475, 0.005), (0.475, 0.03), (0.465, 0.035)], m["iron"], sub=0)
    kit.box((x + 0.43, y - 0.28, 0.62), (0.16, 0.2, 0.4), m["enamel"], bevel=0.01, rot=(0, 0, -30))
    power = LIGHTS[light]["kiln"]
    kit.lathe(
        (x + 0.15, y - 0.462, 0.7),
        [(0, 0), (0.03, 0.0)],
        mt.glow("ember", (1.0, 0.25, 0.04), 12 * power),
        rot=(90, 0, 0),
        sub=0,
    )
    kit.point((x + 0.15, y - 0.55, 0.7), 5 * power, (1.0, 0.35, 0.08), 0.03)


def _wheel(m: dict[str, Any], x: float, y: float) -> None:
    """Stand a potter's wheel with a bowl half thrown, and its stool."""
    kit.box((x, y, 0.24), (0.62, 0.55, 0.44), m["enamel"], bevel=0.03)
    kit.lathe(
        (x, y, 0.46),
        [(0, 0), (0.36, 0), (0.38, 0.01), (0.38, 0.11), (0.372, 0.115), (0.365, 0.10), (0.355, 0.012), (0, 0.01)],
        m["plastic"],
    )
    kit.rod((x, y, 0.47), 0.17, 0.055, m["steel"])
    fu.pot("bowl", (x, y, 0.526), m["wet"], 1.15, wobble=0.004)
    kit.rod((x, y - 0.65, 0.0), 0.03, 0.46, m["iron"])
    kit.rod((x, y - 0.65, 0.46), 0.17, 0.05, m["pine"])


def _tools(m: dict[str, Any], at: tuple[float, float, float]) -> None:
    """Stand a jar of brushes and turning tools."""
    fu.pot("jar", at, m["grey"], 0.62)
    for k in range(8):
        a, s = k * 0.8, random.uniform(0.2, 0.27)
        tip = (at[0] + 0.055 * math.cos(a), at[1] + 0.05 * math.sin(a), at[2] + s)
        kit.tube([(at[0], at[1], at[2] + 0.03), tip], 0.004, m["pine" if k % 3 else "old"])
        kit.lathe(
            tip, [(0.005, 0), (0.008, 0.015), (0.007, 0.03), (0.0, 0.045)], m["iron" if k % 2 else "canvas"], steps=10
        )


def _hero(m: dict[str, Any]) -> None:
    """Lay the workbench that two people share."""
    at = 0.745
    with kit.group("hero"):
        fu.table((0.0, -0.40, at), (2.0, 1.10), m["pine"], m["old"])
        kit.box((0.0, -0.40, 0.26), (1.8, 0.95, 0.035), m["old"], bevel=0.004)
        for k in range(6):
            fu.pot(
                random.choice(("jar", "vase", "jug")),
                (-0.72 + 0.29 * k, -0.62 + 0.1 * (k % 2), 0.28),
                m[random.choice(CLAYS)],
                1.25,
            )
        kit.box((-0.48, -0.38, at + 0.006), (0.52, 0.44, 0.012), m["canvas"], bevel=0.004, rot=(0, 0, 4))
        kit.lathe(
            (-0.44, -0.34, at + 0.012),
            [(0, 0), (0.085, 0.0), (0.10, 0.03), (0.085, 0.075), (0.05, 0.10), (0, 0.108)],
            m["wet"],
            wobble=0.05,
            steps=24,
        )
        kit.box((-0.64, -0.46, at + 0.035), (0.12, 0.10, 0.05), m["clay"], bevel=0.012, rot=(0, 0, 20))
        kit.rod((0.56, -0.22, at), 0.07, 0.02, m["iron"])
        kit.rod((0.56, -0.22, at + 0.02), 0.105, 0.018, m["steel"])
        fu.pot("vase", (0.56, -0.22, at + 0.038), m["clay"], 0.74)
        fu.cup((0.12, -0.36, at), m["cup"], handle=215)
        fu.pot("beaker", (0.27, -0.17, at), m["clay"], 0.95)
        fu.pot("beaker", (0.36, -0.28, at), m["bisque"], 0.95)
        fu.pot("bowl", (-0.14, -0.12, at), m["celadon"], 0.72)
        kit.lathe((-0.14, -0.12, at), [(0, 0.045), (0.068, 0.047)], m["water"], sub=0)
        kit.lathe(
            (-0.15, -0.13, at + 0.042),
            [(0, 0), (0.032, 0.004), (0.036, 0.018), (0.02, 0.03), (0, 0.032)],
            m["sponge"],
            wobble=0.09,
            steps=16,
        )
        _tools(m, (-0.80, -0.16, at))
        for k in range(3):
            kit.tube(
                [(0.30 + 0.05 * k, -0.52 - 0.02 * k, at + 0.006), (0.47 + 0.05 * k, -0.55 + 0.02 * k, at + 0.006)],
                0.005,
                m["old" if k % 2 else "pine"],
            )
        kit.box((0.80, -0.44, at + 0.008), (0.2, 0.27, 0.014), m["paper"], bevel=0.002, rot=(0, 0, 10))


def _around(m: dict[str, Any]) -> None:
    """Place stools, the ware board by the window, sacks, apron hooks and what stands near the wide camera."""
    for x in (-0.5, 0.5):
        kit.rod((x, 0.5, 0.0), 0.03, 0.46, m["iron"])
        kit.rod((x, 0.5, 0.46), 0.17, 0.05, m["pine"])
    with kit.group("board"):
        fu.table((1.70, 0.98, 0.745), (0.95, 0.62), m["pine"], m["old"])
        fu.cup((1.58, 0.86, 0.745), m["cup"], handle=200)
        fu.pot("jug", (1.93, 1.12, 0.745), m["bisque"], 0.7)
        fu.pot("beaker", (1.36, 1.02, 0.745), m["clay"], 1.0)
        fu.pot("bowl", (1.86, 0.84, 0.745), m["ash"], 0.6)
    with kit.group("near"):
        fu.table((0.55, -2.25, 0.70), (2.3, 0.50), m["old"], m["old"])
        kit.box((0.55, -2.10, 0.35), (2.2, 0.03, 0.70), m["old"], bevel=0)
        x = -0.5
        for kind, clay, s in (
            ("jar", "bisque", 1.1),
            ("bowl", "celadon", 1.0),
            ("beaker", "clay", 1.2),
            ("beaker", "clay", 1.2),
            ("bottle", "ash", 0.8),
            ("jug", "terra", 0.95),
            ("bowl", "bisque", 1.1),
            ("jar", "grey", 0.9),
        ):
            fu.pot(kind, (x + 0.12, -2.25 + random.uniform(-0.07, 0.07), 0.70), m[clay], s)
            x += 0.27
        kit.box((-0.2, -1.01, 0.36), (1.7, 0.05, 0.60), m["oldz"], bevel=0.004)
    _wheel(m, -2.15, 0.2)
    for k in range(5):
        kit.box(
            (2.6 + 0.1 * (k % 2), 0.2 - 0.02 * k, 0.07 + 0.13 * k),
            (0.62, 0.42, 0.13),
            m["paper" if k % 2 else "canvas"],
            bevel=0.055,
            rot=(0, 0, random.uniform(-8, 8)),
        )
    for k in range(9):
        y = -1.9 + 0.3 * k
        fu.pot(random.choice(("jar", "vase", "bottle", "jug")), (-3.72, y, 1.53), m[random.choice(CLAYS)], 0.95)
        fu.pot(random.choice(("bowl", "beaker", "jug")), (-3.72, y, 1.13), m[random.choice(CLAYS)], 0.95)
    for z in (1.12, 1.52):
        kit.box((-3.74, -0.6, z - 0.01), (0.3, 3.1, 0.03), m["pine"], bevel=0.004)
    fu.plant((3.05, 3.15, 0), 1.0, 24, 0.30, m["leaf"], m["terra"], 1.6, 0.05)
    fu.plant((2.72, 3.5, 0.915), 0.15, 14, 0.12, m["leaf"], m["cream"], 0.5, 0.4)


def _lights(m: dict[str, Any], light: str) -> None:
    """Set sun, sky through the windows, lamps and the film-maker's fill."""
    spec = LIGHTS[light]
    if spec["sun"]:
        kit.sun(*spec["sun"], 0.6)
        kit.beam((6.6, -1.6, 3.05), (-1.0, 2.9, 1.35), spec["beam"], spec["sun"][2], 34)
    power, color = spec["sky"]
    for y in (-2.8, -0.48, 1.93):
        kit.area((3.62, y, 1.8), (0, y, 1.2), (1.8, 1.85), 230 * power, color)
    kit.area((2.05, 3.85, 1.8), (1.8, 0, 1.0), (1.8, 1.65), 150 * power, color)
    watts, color = spec["fill"]
    kit.area((-1.9, -2.4, 2.2), (0, 0.2, 1.0), (1.6, 1.2), watts, color)
    lamp = spec["lamps"]
    bulb = mt.glow("bulb", (1.0, 0.68, 0.36), 14 * lamp + 0.3)
    inside = mt.glow("inside", (0.9, 0.75, 0.55), 0.7 * lamp)
    for x in (-0.6, 0.6):
        fu.pendant((x, -0.30, 2.0), HEIGHT - 2.0, m["iron"], inside, bulb, 42 * lamp, WARM, 1.15)
    for x, y, z in ((-1.6, 2.6, 2.0), (0.4, 2.6, 2.0), (1.75, 1.5, 2.05), (-2.2, 0.1, 2.0)):
        fu.pendant((x, y, z), HEIGHT - z, m["enamel"], inside, bulb, 34 * lamp, WARM, 0.9)


def build(light: str) -> None:
    """Build the whole place in one light ("afternoon", "golden-hour" or "night")."""
    m = pottery_palette.materials()
    _shell(m, light)
    _racks(m)
    _kiln(m, light)
    _hero(m)
    _around(m)
    _lights(m, light)
