"""The coffee shop: windows on the left, counter and shelves at the back right, a long plank table in the middle."""

from __future__ import annotations

import math
import random
from typing import Any

import coffee_palette
import furniture as fu
import kit
import materials as mt
import outside
from coffee_palette import LIGHTS, VIEWS

__all__ = ["INSERT", "LIGHTS", "SEED", "VIEWS", "build"]

SEED = 11
HEIGHT = 3.1
WARM = (1.0, 0.62, 0.30)
INSERT = {"at": (0.12, -0.36, 0.745), "cam": (0.42, -0.98, 0.935), "lens": 78, "fstop": 2.2}


def _shell(m: dict[str, Any], light: str) -> None:
    """Build floor, walls, windows, ceiling and what is outside."""
    kit.box((0.2, -0.7, -0.05), (8.4, 9.4, 0.1), m["floor"], bevel=0)
    kit.box((0.2, -0.7, HEIGHT + 0.05), (8.4, 9.4, 0.1), m["wall"], bevel=0)
    for y in (-4.0, -2.0, 0.0, 2.0):
        kit.box((0.2, y, HEIGHT - 0.09), (8.0, 0.14, 0.18), m["walnut"], bevel=0.01)
    back = [(-2.95, -1.15, 0.82, 2.55)]
    left = [(-3.6, -2.0, 0.7, 2.55), (-1.5, 0.40, 0.7, 2.55), (0.80, 2.9, 0.7, 2.55)]
    fu.wall("x", 3.7, (-3.5, 4.0), HEIGHT, back, m["wall"])
    fu.wall("y", -3.5, (-5.4, 3.8), HEIGHT, left, m["wall"])
    fu.wall("y", 4.0, (-5.4, 3.8), HEIGHT, [], m["wall"])
    fu.wall("x", -5.3, (-3.5, 4.0), HEIGHT, [], m["wall"])
    outside.window((-2.05, 3.66, 1.685), (1.8, 1.73), (3, 2), m["frame"], axis="x")
    for u0, u1, z0, z1 in left:
        outside.window((-3.46, (u0 + u1) / 2, (z0 + z1) / 2), (u1 - u0, z1 - z0), (2, 2), m["frame"], axis="y")
    outside.backdrop(light, 3, (-2.6, 9.0, 2.35), 13.0, 0, garden=False)
    outside.backdrop(light, 4, (-8.6, 2.6, 2.5), 15.0, 90, garden=False)
    for k in range(24):
        x = -3.4 + 0.30 * k
        kit.box((x + 0.15, 3.585, 0.40), (0.285, 0.02, 0.80), m["green"], bevel=0.006)
        kit.box((3.885, -4.6 + 0.34 * k, 0.52), (0.02, 0.325, 1.04), m["green"], bevel=0.006)
    kit.box((0.2, 3.57, 0.815), (7.2, 0.045, 0.035), m["green"], bevel=0.008)
    kit.box((3.87, -0.7, 1.06), (0.05, 9.0, 0.035), m["green"], bevel=0.008)
    kit.box((2.0, 3.592, 1.36), (4.0, 0.012, 1.02), m["tile"], bevel=0)


def _bar(m: dict[str, Any]) -> None:
    """Build the counter with the espresso machine and the shelves behind it."""
    kit.box((2.0, 2.55, 0.52), (3.6, 0.62, 1.04), m["walnut"], bevel=0.01)
    for k in range(48):
        kit.box((0.235 + 0.075 * k, 2.23, 0.53), (0.05, 0.03, 1.0), m["slat"], bevel=0.006)
    kit.box((2.0, 2.53, 1.06), (3.75, 0.74, 0.045), m["stone"], bevel=0.008)
    x, y, z = 1.45, 2.62, 1.085
    kit.box((x, y, z + 0.31), (0.78, 0.46, 0.22), m["steel"], bevel=0.03)
    kit.box((x, y + 0.12, z + 0.12), (0.72, 0.2, 0.24), m["steel"], bevel=0.015)
    kit.box((x, y, z + 0.025), (0.76, 0.44, 0.05), m["black"], bevel=0.012)
    for dx in (-0.2, 0.2):
        kit.rod((x + dx, y - 0.12, z + 0.14), 0.035, 0.06, m["brass"])
        kit.tube([(x + dx, y - 0.13, z + 0.15), (x + dx, y - 0.33, z + 0.13)], 0.013, m["black"])
    kit.tube(
        [(x + 0.37, y - 0.2, z + 0.3), (x + 0.43, y - 0.27, z + 0.2), (x + 0.41, y - 0.28, z + 0.06)], 0.006, m["steel"]
    )
    for k in range(14):
        fu.cup((x - 0.3 + 0.1 * (k % 7), y - 0.08 + 0.12 * (k // 7), z + 0.42), m["cream"], handle=None)
    kit.rod((2.25, 2.6, z), 0.10, 0.02, m["black"])
    kit.rod((2.25, 2.6, z + 0.02), 0.075, 0.34, m["steel"])
    kit.lathe((2.25, 2.6, z + 0.36), [(0.05, 0), (0.10, 0.14), (0.0, 0.15)], m["coffee"])
    for k in range(5):
        kit.box(
            (2.75 + 0.19 * k, 2.62, z + 0.11),
            (0.13, 0.08, 0.22),
            m["kraft" if k % 2 else "paper"],
            bevel=0.012,
            rot=(0, 0, random.uniform(-9, 9)),
        )
    fu.plant((0.36, 2.5, z), 0.26, 13, 0.13, m["leaf"], m["sea"], 0.62, 0.2)


def _shelves(m: dict[str, Any]) -> None:
    """Fill two shelves and hangs the menu board."""
    for z in (1.92, 2.30):
        fu.shelf(0.25, 3.0, 3.59, z, 0.26, m["oak"], m["brass"])
        x = 0.38
        while x < 2.9:
            kind = random.choice(["cups", "jar", "bag", "bottle", "plant", "bowl", "jug"])
            y, zz = 3.46, z + 0.018
            if kind == "cups":
                for k in range(3):
                    fu.cup(
                        (x + 0.095 * k, y, zz),
                        m[random.choice(["cup", "cream", "sea"])],
                        handle=random.uniform(180, 360),
                    )
                x += 0.32
            elif kind == "bag":
                kit.box(
                    (x + 0.06, y, zz + 0.12),
                    (0.13, 0.08, 0.24),
                    m[random.choice(["kraft", "paper", "black"])],
                    bevel=0.014,
                )
                x += 0.21
            elif kind == "plant":
                fu.plant((x + 0.08, y, zz), 0.20, 12, 0.12, m["leaf"], m["terra"], 0.52, 0.75)
                x += 0.27
            else:
                fu.pot(kind, (x + 0.1, y, zz), m[random.choice(["cream", "sea", "terra", "cup"])], 0.85)
                x += 0.25
    kit.box((-0.42, 3.575, 1.74), (0.86, 0.03, 1.22), m["oak"], bevel=0.006)
    kit.box((-0.42, 3.557, 1.74), (0.79, 0.012, 1.15), m["board"], bevel=0)
    lines = ["COFFEE", "espresso  2", "flat white  3", "filter  3", "cortado  3", "chai  4"]
    for k, words in enumerate(lines):
        kit.text(words, (-0.42, 3.548, 2.14 - 0.175 * k - (0.03 if k else 0)), 0.115 if k else 0.15, m["chalk"])


def _hero(m: dict[str, Any]) -> None:
    """Lay the long table that two people share."""
    with kit.group("hero"):
        fu.table((0.0, -0.40, 0.745), (1.9, 1.10), m["oak"], m["walnut"])
        at = 0.745
        fu.cup((-0.36, -0.12, at), m["cream"], handle=200, drink=m["coffee"])
        kit.lathe((-0.36, -0.12, at), [(0, 0.0), (0.05, 0.002), (0.075, 0.012)], m["cream"])
        fu.cup((0.12, -0.36, at), m["cup"], handle=-35, drink=m["coffee"])
        fu.pot("beaker", (-0.02, -0.02, at), m["sea"], 1.1)
        for k in range(9):
            a = k * 2.4
            tip = (-0.02 + 0.07 * math.cos(a), -0.02 + 0.06 * math.sin(a), at + 0.2 + 0.012 * (k % 4))
            kit.tube([(-0.02, -0.02, at + 0.05), tip], 0.0016, m["leaf"])
            kit.lathe(
                tip,
                [(0, -0.008), (0.012, 0.0), (0.015, 0.008), (0.0, 0.016)],
                m["chalk" if k % 3 else "terra"],
                steps=10,
            )
            kit.leaf((tip[0], tip[1], tip[2] - 0.06), 0.05, 0.02, a * 57, 30, m["leaf"])
        kit.box((0.52, -0.30, at + 0.006), (0.17, 0.24, 0.012), m["paper"], bevel=0.002, rot=(0, 0, 18))
        kit.box((0.525, -0.295, at + 0.017), (0.15, 0.21, 0.010), m["green"], bevel=0.002, rot=(0, 0, 12))
        kit.box((-0.66, -0.34, at + 0.004), (0.2, 0.2, 0.006), m["linen"], bevel=0.002, rot=(0, 0, -14))
        kit.lathe(
            (-0.66, -0.34, at + 0.008), [(0, 0), (0.07, 0), (0.105, 0.014), (0.10, 0.016), (0.0, 0.008)], m["sea"]
        )
        for k in range(3):
            kit.lathe(
                (-0.69 + 0.05 * k, -0.33 - 0.02 * (k % 2), at + 0.016),
                [(0, 0), (0.03, 0.004), (0.034, 0.016), (0.02, 0.026), (0, 0.028)],
                m["kraft"],
                wobble=0.06,
                steps=16,
            )


def _seats(m: dict[str, Any]) -> None:
    """Place the chairs, the small window table and what stands near the wide camera."""
    for x in (-0.52, 0.52):
        fu.chair((x, 0.52, 0), random.uniform(-6, 6), m["walnut"], m["walnut"])
    with kit.group("near"):
        for x in (-0.58, 0.02, 0.60):
            fu.chair((x, -1.10, 0), 180 + random.uniform(-7, 7), m["walnut"], m["walnut"])
        kit.box((-0.55, -2.35, 0.36), (2.5, 0.34, 0.72), m["green"], bevel=0.012)
        kit.box((-0.55, -2.35, 0.735), (2.56, 0.40, 0.035), m["walnut"], bevel=0.008)
        for k in range(7):
            fu.plant(
                (-1.6 + 0.35 * k, -2.35 + random.uniform(-0.06, 0.06), 0.6),
                random.uniform(0.12, 0.24),
                16,
                0.19,
                m["leaf"],
                m["terra"],
                0.75,
                0.25,
            )
    with kit.group("bar"):
        kit.lathe(
            (-1.70, 1.02, 0.705),
            [(0, 0), (0.395, 0), (0.40, 0.006), (0.40, 0.034), (0.394, 0.04), (0, 0.04)],
            m["oak"],
            steps=64,
            sub=0,
        )
        kit.rod((-1.70, 1.02, 0.03), 0.03, 0.68, m["black"])
        kit.rod((-1.70, 1.02, 0.0), 0.22, 0.03, m["black"])
        fu.cup((-1.60, 0.93, 0.745), m["cup"], handle=10, drink=m["coffee"])
        kit.lathe((-1.60, 0.93, 0.745), [(0, 0.0), (0.05, 0.002), (0.075, 0.012)], m["cream"])
        fu.plant((-1.93, 1.16, 0.745), 0.10, 14, 0.09, m["leaf"], m["terra"], 0.42, 0.3)
    fu.chair((-2.02, 1.92, 0), 24, m["walnut"], m["walnut"])
    fu.table((2.6, 0.1, 0.745), (0.75, 0.75), m["oak"], m["walnut"])
    fu.chair((2.6, 0.75, 0), 8, m["walnut"], m["walnut"])
    fu.chair((2.62, -0.6, 0), 172, m["walnut"], m["walnut"])
    fu.cup((2.5, 0.1, 0.745), m["cream"])
    fu.plant((-3.05, 3.2, 0), 1.25, 30, 0.36, m["leaf"], m["terra"], 1.7, 0.05)
    fu.plant((-3.1, 0.65, 0), 0.95, 24, 0.33, m["leaf"], m["sea"], 1.5, 0.05)
    for k in range(3):
        fu.plant(
            (-2.7 + 0.62 * k, 3.5, 0.825),
            0.16 + 0.05 * (k % 2),
            13,
            0.13,
            m["leaf"],
            m[("terra", "cream", "sea")[k]],
            0.55,
            0.3,
        )


def _pictures(m: dict[str, Any]) -> None:
    """Hang framed prints on the right wall."""
    for k, (y, z, w, h) in enumerate(
        (
            (0.4, 1.75, 0.5, 0.7),
            (1.15, 1.85, 0.55, 0.45),
            (-0.5, 1.8, 0.6, 0.8),
            (1.1, 1.42, 0.35, 0.3),
            (-1.6, 1.7, 0.5, 0.6),
        )
    ):
        kit.box((3.885, y, z), (0.03, w, h), m["walnut"], bevel=0.006)
        kit.box((3.868, y, z), (0.01, w - 0.05, h - 0.05), m["paper"], bevel=0)
        kit.lathe(
            (3.862, y, z),
            [(0, 0.001), (min(w, h) * 0.27, 0.0)],
            m[("terra", "green", "sea", "brass", "black")[k]],
            rot=(0, -90, 0),
            sub=0,
            wobble=0.05,
        )


def _lights(m: dict[str, Any], light: str) -> None:
    """Set sun, sky through the windows, lamps and the film-maker's fill."""
    spec = LIGHTS[light]
    if spec["sun"]:
        kit.sun(*spec["sun"], 0.6)
        kit.beam((-6.6, -1.6, 2.95), (1.0, 2.5, 1.15), spec["beam"], spec["sun"][2], 34)
    power, color = spec["sky"]
    for y, w in ((-2.8, 1.6), (-0.5, 1.8), (1.95, 1.9)):
        kit.area((-3.62, y, 1.65), (0, y, 1.2), (w, 1.8), 130 * power * w, color)
    kit.area((-2.05, 3.85, 1.7), (-1.8, 0, 1.0), (1.8, 1.7), 150 * power, color)
    watts, color = spec["fill"]
    kit.area((1.9, -2.4, 2.2), (0, 0.2, 1.0), (1.6, 1.2), watts, color)
    bulb = mt.glow("bulb", (1.0, 0.66, 0.34), 14 * spec["lamps"] + 2)
    inside = mt.glow("inside", (1.0, 0.72, 0.42), 0.9 * spec["lamps"])
    lamp = spec["lamps"]
    for x in (-0.55, 0.55):
        fu.pendant((x, -0.30, 1.98), HEIGHT - 1.98, m["green"], inside, bulb, 42 * lamp, WARM, 1.1)
    for x in (0.7, 1.75, 2.8):
        fu.pendant((x, 2.45, 1.88), HEIGHT - 1.88, m["brass"], inside, bulb, 34 * lamp, WARM, 0.8)
    fu.pendant((2.6, 0.1, 1.9), HEIGHT - 1.9, m["green"], inside, bulb, 26 * lamp, WARM, 1.0)
    fu.pendant((-1.75, 1.5, 2.05), HEIGHT - 2.05, m["green"], inside, bulb, 30 * lamp, WARM, 1.0)
    kit.area((1.6, 3.45, 1.86), (1.6, 3.4, 1.0), (2.6, 0.05), 9 * lamp, WARM)


def build(light: str) -> None:
    """Build the whole place in one light ("afternoon", "golden-hour" or "night")."""
    m = coffee_palette.materials()
    _shell(m, light)
    _bar(m)
    _shelves(m)
    _hero(m)
    _seats(m)
    _pictures(m)
    _lights(m, light)
