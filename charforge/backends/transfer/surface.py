"""Makes carried pixels belong: the take's light and colour on them, its sharpness and its grain.

Pictures are float32, 0 to 255.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging import meshes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB

    Float = NDArray[np.float32]

WIDE, NARROW = 0.28, 0.10
"""Blurs that count as light, in eye spans: within the face, and at its edge, where both pictures have to meet."""
RIM = 0.22
"""Eye spans from the edge over which the one passes into the other."""
BLACK = 8.0
"""Added before brightness is divided, so that black stays black."""
RATIO = (0.3, 3.0)
SOFTEST, STEPS = 3.0, 7
GRAIN = 1.0
"""Pixels; finer than this is grain."""
LEAST = 0.3
"""Values, 0 to 255, of grain that are not worth adding."""
FLAT = 40.0
"""Per cent of a face, the flattest of it, that grain is read from."""


def lit(given: Float, own: Float, known: Float, span: float) -> Float:
    """Return the given picture in the own one's light and colour; `known` is where both show skin, 0 or 1."""
    import cv2

    side = max(known.shape)
    ratios = []
    for spread in (WIDE, NARROW):
        there, here = (meshes.nearby(p, known, spread * span / side) for p in (given, own))
        ratios.append(np.clip((here + BLACK) / (there + BLACK), *RATIO))
    deep = cv2.distanceTransform((known > 0).astype(np.uint8), cv2.DIST_L2, 5)[..., None]
    inner = meshes.fade(deep, 0.0, RIM * span).astype(np.float32)
    return np.asarray((given + BLACK) * (ratios[0] * inner + ratios[1] * (1 - inner)) - BLACK, np.float32)


def matched(given: Float, own: Float, known: Float, seed: int) -> tuple[Float, float, float]:
    """Return the given picture as sharp and as grainy as the own one, the blur used, and the grain added."""
    import cv2

    inside = known > 0
    if inside.sum() < 64:
        return given, 0.0, 0.0
    low, high, wanted = 0.0, SOFTEST, _detail(own, inside)
    if _detail(given, inside) > wanted:
        for _ in range(STEPS):
            middle = (low + high) / 2
            soft = cv2.GaussianBlur(given, (0, 0), middle)
            low, high = (middle, high) if _detail(soft, inside) > wanted else (low, middle)
    blur = low if low > 0.2 else 0.0
    soft = np.asarray(cv2.GaussianBlur(given, (0, 0), blur), np.float32) if blur else given
    missing = float(np.sqrt(max(0.0, _grain(own, inside) ** 2 - _grain(soft, inside) ** 2)))
    if missing < LEAST:
        return soft, blur, 0.0
    noise = np.random.default_rng(seed).normal(size=known.shape).astype(np.float32)
    noise *= missing / max(_grain(noise[..., None].repeat(3, 2), inside), 1e-6)
    return soft + noise[..., None], blur, missing


def grained(pixels: RGB, own: RGB, window: Float, seed: int) -> tuple[RGB, float]:
    """Return a picture as grainy as the own one within a window, 0 to 1, and the grain added, in values of 255."""
    inside = window > 0.98
    if inside.sum() < 64:
        return pixels, 0.0
    now, before = (p.astype(np.float32) for p in (pixels, own))
    missing = float(np.sqrt(max(0.0, _grain(before, inside) ** 2 - _grain(now, inside) ** 2)))
    if missing < LEAST:
        return pixels, 0.0
    noise = np.random.default_rng([seed, 1]).normal(size=window.shape).astype(np.float32)
    noise *= missing / max(_grain(noise[..., None].repeat(3, 2), inside), 1e-6)
    return np.asarray(np.clip(np.round(now + (noise * window)[..., None]), 0, 255), np.uint8), missing


def _detail(picture: Float, inside: NDArray[np.bool_]) -> float:
    """Return how much there is between one and two pixels in size, the strongest edges left out."""
    import cv2

    grey = picture.mean(-1)
    band = np.abs(cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 1.8))[inside]
    return float(np.sqrt(np.mean(np.minimum(band, np.percentile(band, 98)) ** 2)))


def _grain(picture: Float, inside: NDArray[np.bool_]) -> float:
    """Return the spread of what is finer than GRAIN where the picture is flattest."""
    import cv2

    grey = picture.mean(-1)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), GRAIN)
    slope = cv2.GaussianBlur(
        np.abs(cv2.GaussianBlur(grey, (0, 0), 1.5) - cv2.GaussianBlur(grey, (0, 0), 4.0)), (0, 0), 2
    )
    flat = fine[inside & (slope <= np.percentile(slope[inside], FLAT))]
    return float(np.median(np.abs(flat))) * 1.4826
