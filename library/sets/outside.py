"""What is seen through the windows: a soft painted street or garden, made from seeded noise. Licence: CC0."""

from __future__ import annotations

from typing import Any

import bpy
import kit
import materials
import numpy as np

SKIES = {
    "afternoon": ((0.42, 0.62, 0.92), (0.86, 0.92, 0.96), (0.52, 0.50, 0.46), (0.16, 0.24, 0.10)),
    "golden-hour": ((0.62, 0.46, 0.42), (1.0, 0.50, 0.13), (0.17, 0.085, 0.06), (0.06, 0.04, 0.014)),
    "night": ((0.018, 0.04, 0.12), (0.06, 0.12, 0.27), (0.018, 0.03, 0.065), (0.006, 0.014, 0.02)),
}
STRENGTH = {"afternoon": 2.0, "golden-hour": 1.0, "night": 1.1}


def _blur(img: np.ndarray, sigma: float) -> np.ndarray:
    """Blur a float picture with a Gaussian of sigma pixels."""
    n = int(sigma * 3) + 1
    k = np.exp(-0.5 * (np.arange(-n, n + 1) / sigma) ** 2)
    k /= k.sum()
    for axis in (0, 1):
        pad = [(0, 0)] * img.ndim
        pad[axis] = (n, n)
        img = np.apply_along_axis(lambda a: np.convolve(a, k, "valid"), axis, np.pad(img, pad, mode="edge"))
    return img


def _clouds(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Give soft noise in 0..1, stretched sideways."""
    out = np.zeros((h, w))
    for step, weight in ((32, 0.5), (16, 0.3), (8, 0.2)):
        cell = rng.random((h // step + 2, w // (step * 2) + 2))
        out += weight * np.kron(cell, np.ones((step, step * 2)))[:h, :w]
    return _blur(out, 12)


def _houses(img: np.ndarray, rng: np.random.Generator, light: str, ground: int) -> None:
    """Draw a row of house fronts with windows, in place."""
    h, w = img.shape[:2]
    tone = np.array(SKIES[light][2])
    x = -10
    while x < w:
        wide, top = int(rng.integers(50, 100)), int(h * rng.uniform(0.40, 0.60))
        wall = tone * rng.uniform(0.6, 1.35) * np.array([1, rng.uniform(0.9, 1), rng.uniform(0.82, 1)])
        img[top:ground, max(0, x) : max(0, x + wide)] = wall
        img[top : top + 5, max(0, x - 2) : max(0, x + wide + 2)] = wall * 0.5
        for wy in range(top + 14, ground - 18, 26):
            for wx in range(x + 9, x + wide - 14, 22):
                lit = rng.random() < {"afternoon": 0.0, "golden-hour": 0.3, "night": 0.42}[light]
                pane = np.array((1.0, 0.62, 0.24)) * rng.uniform(0.6, 1.5) if lit else wall * 0.45
                img[wy : wy + 15, max(0, wx) : max(0, wx + 11)] = pane
        x += wide + int(rng.integers(-2, 4))


def _trees(img: np.ndarray, rng: np.random.Generator, light: str, ground: int, many: int) -> None:
    """Draw clumps of leaves on trunks, in place."""
    h, w = img.shape[:2]
    yy, xx = np.mgrid[:h, :w]
    green = np.array(SKIES[light][3])
    for _ in range(many):
        cx, cy, size = rng.uniform(0, w), ground - h * rng.uniform(0.12, 0.3), rng.uniform(22, 46)
        img[int(cy) : ground, max(0, int(cx) - 2) : int(cx) + 3] = green * 0.5
        for _ in range(46):
            a, d = rng.uniform(0, 6.28), size * np.sqrt(rng.random())
            px, py, r = cx + d * np.cos(a), cy + 0.8 * d * np.sin(a), rng.uniform(5, 12)
            tone = green * rng.uniform(0.5, 1.7) * (1.25 - 0.5 * (py - cy + size) / (2 * size))
            img[(xx - px) ** 2 + (yy - py) ** 2 < r * r] = tone


def paint(light: str, seed: int, *, garden: bool) -> np.ndarray:
    """Paint the view outside, (288, 640, 3) linear RGB, top row first; a garden has hills, a street has houses."""
    rng = np.random.default_rng(seed)
    h, w = 288, 640
    top, low = (np.array(c) for c in SKIES[light][:2])
    t = np.minimum(1, np.linspace(0, 1.5, h))[:, None, None] ** 1.1
    img = np.ones((h, w, 3)) * (top * (1 - t) + low * t)
    img += _clouds(rng, h, w)[..., None] * np.array(low) * 0.28
    ground = int(h * 0.84)
    if garden:
        ridge = h * 0.6 + 14 * np.sin(np.arange(w) / 90) + 7 * np.sin(np.arange(w) / 31)
        hill = np.arange(h)[:, None] > ridge[None]
        img[hill] = np.array(SKIES[light][3]) * 1.3 + low * 0.22
    else:
        _houses(img, rng, light, ground)
    img[ground:] = np.array(SKIES[light][2]) * 0.75
    _trees(img, rng, light, ground, 17 if garden else 7)
    if light == "night":
        for _ in range(16):
            x, y, s = int(rng.uniform(5, w - 8)), int(rng.uniform(h * 0.66, h * 0.86)), rng.integers(2, 5)
            img[y : y + s, x : x + s] = np.array((1.0, rng.uniform(0.45, 0.8), 0.25)) * 6
    return _blur(img, 2.6)


def backdrop(light: str, seed: int, loc: tuple[float, float, float], wide: float, yaw: float, *, garden: bool) -> None:
    """Stand the painted view outside a window: loc is its centre, wide its width in metres, yaw its turn in degrees."""
    img = paint(light, seed, garden=garden)
    h, w = img.shape[:2]
    data = bpy.data.images.new("outside", w, h, float_buffer=True)
    rgba = np.ones((h, w, 4), np.float32)
    rgba[..., :3] = img[::-1]
    data.pixels.foreach_set(rgba.ravel())
    data.pack()
    x, z = wide / 2, wide / 2 * h / w
    verts = [(-x, 0, -z), (x, 0, -z), (x, 0, z), (-x, 0, z)]
    mat = materials.picture("outside", data, STRENGTH[light])
    obj = kit.mesh("outside", verts, [(0, 1, 2, 3)], mat, loc=loc, rot=(0, 0, yaw), smooth=False)
    uv = obj.data.uv_layers.new()
    uv.data.foreach_set("uv", [0, 0, 1, 0, 1, 1, 0, 1])
    for ray in ("diffuse", "transmission"):
        setattr(obj, f"visible_{ray}", False)


def window(
    centre: tuple[float, float, float], size: tuple[float, float], panes: tuple[int, int], frame: Any, *, axis: str
) -> None:
    """Add a window frame with glazing bars; axis "x" runs along the back wall, "y" along a side wall."""
    w, h = size

    def bar(u: float, v: float, su: float, sv: float, deep: float) -> None:
        loc = (centre[0] + u, centre[1], centre[2] + v) if axis == "x" else (centre[0], centre[1] + u, centre[2] + v)
        kit.box(loc, (su, deep, sv) if axis == "x" else (deep, su, sv), frame, bevel=0.004)

    for s in (-1, 1):
        bar(s * w / 2, 0, 0.07, h + 0.07, 0.10)
        bar(0, s * h / 2, w + 0.07, 0.07, 0.10)
    for k in range(1, panes[0]):
        bar(-w / 2 + w * k / panes[0], 0, 0.028, h, 0.05)
    for k in range(1, panes[1]):
        bar(0, -h / 2 + h * k / panes[1], w, 0.028, 0.045)
    bar(0, -h / 2 - 0.055, w + 0.22, 0.04, 0.26)
