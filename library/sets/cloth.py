"""Fabrics: knit, shirt cloth and canvas, drawn along the weave coordinates that a body carries. Licence: CC0."""

from __future__ import annotations

import math
from typing import Any

import materials as mt
from mathutils import Vector


def weave_uv(obj: Any) -> None:
    """Store weave coordinates (metres around the neck, metres up) on a collar."""
    weave = obj.data.attributes.new("weave", "FLOAT_VECTOR", "POINT")
    for v in obj.data.vertices:
        weave.data[v.index].vector = (math.atan2(v.co.x, -v.co.y) * 0.075, v.co.z, 0)


def flat_uv(obj: Any) -> None:
    """Store weave coordinates seen from the front on a flat piece."""
    weave = obj.data.attributes.new("weave", "FLOAT_VECTOR", "POINT")
    for v in obj.data.vertices:
        weave.data[v.index].vector = (v.co.x, v.co.z, 0)


def _weave(sh: mt.Shader) -> Any:
    """Give the socket of the weave coordinates."""
    node = sh.tree.nodes.new("ShaderNodeAttribute")
    node.attribute_name = "weave"
    return node.outputs["Vector"]


def _wave(sh: mt.Shader, vec: Any, axis: str, period: float, distortion: float = 0.0) -> Any:
    """Give a sine of a period in metres along "X" or "Y", 0..1."""
    node = sh.node("ShaderNodeTexWave", Scale=0.314159 / period, Distortion=distortion, Detail=1.0)
    node.bands_direction = axis
    sh.link(vec, node.inputs[0])
    return node.outputs["Fac"]


def _finish(sh: mt.Shader, sheen: float, color: mt.Colour) -> None:
    """Make the surface soft: no gloss, a little fuzz at the edges."""
    light = tuple(min(1.0, 0.3 + c) for c in color)
    sh.set(
        sh.bsdf,
        **{"Specular IOR Level": 0.12, "Sheen Weight": sheen, "Sheen Roughness": 0.5, "Sheen Tint": (*light, 1)},
    )


def knit(name: str, color: mt.Colour, *, rib: float = 0.0075, strength: float = 0.7, marl: float = 0.25) -> Any:
    """Give knitted wool with ribs of a width in metres."""
    sh = mt.Shader(name, color, 0.95)
    vec = _weave(sh)
    ribs = _wave(sh, vec, "X", rib, 0.35)
    rows = _wave(sh, vec, "Y", rib * 0.62, 0.6)
    fuzz = sh.noise(sh.coords(), 420, 2)
    dark, light = (tuple(c * k for c in color) for k in (1 - marl, 1 + marl))
    tone = sh.ramp(fuzz, [(0.3, dark), (0.7, light)])
    sh.color(sh.mix(0.4, tone, sh.ramp(ribs, [(0.0, (0.5, 0.5, 0.5)), (0.6, (1, 1, 1))]), "MULTIPLY"))
    sh.bump(ribs, strength * 0.6, 0.003)
    sh.bump(rows, strength * 0.45, 0.002)
    sh.bump(fuzz, 0.3, 0.002)
    _finish(sh, 0.10, color)
    return sh.mat


def woven(name: str, color: mt.Colour, *, slub: float = 0.25, thread: float = 0.0022, crease: float = 0.5) -> Any:
    """Give woven cloth with slubs, fine creases and a worn tone."""
    sh = mt.Shader(name, color, 0.9)
    vec, obj = _weave(sh), sh.coords()
    stretch = sh.node("ShaderNodeMapping", Scale=(1100, 260, 1))
    sh.link(vec, stretch.inputs[0])
    warp = sh.noise(stretch.outputs[0], 1.0, 2)
    worn = sh.noise(obj, 9, 5, 0.6)
    dark, light = (tuple(c * k for c in color) for k in (1 - slub, 1 + slub))
    tone = sh.ramp(warp, [(0.3, dark), (0.7, light)])
    sh.color(sh.mix(0.35, tone, sh.ramp(worn, [(0.3, (0.55, 0.55, 0.55)), (0.65, (1, 1, 1))]), "MULTIPLY"))
    soft = sh.noise(obj, 26, 4, 1.6)
    sh.bump(soft, crease, 0.006)
    sh.bump(_wave(sh, vec, "X", thread, 0.3), 0.25, 0.001)
    sh.bump(warp, 0.3, 0.0012)
    _finish(sh, 0.15, color)
    return sh.mat


def ridge(p: Vector, x0: float, x1: float, height: float, soft: float = 0.004) -> float:
    """Give a strip raised by height (metres) between x0 and x1, with edges soft metres wide."""
    inside = min(p.x - x0, x1 - p.x)
    return height * min(1.0, max(0.0, inside / soft + 0.5))


def patch(p: Vector, box: tuple[float, float, float, float], height: float) -> float:
    """Give a sewn-on rectangle (x0, x1, z0, z1) raised by height, with a dent along its seam."""
    inside = min(p.x - box[0], box[1] - p.x, p.z - box[2], box[3] - p.z)
    if inside < -0.004:
        return 0.0
    if inside < 0.004:
        return height * (inside + 0.004) / 0.008
    return height * (0.6 if inside < 0.009 else 1.0)
