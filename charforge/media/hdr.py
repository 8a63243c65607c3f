"""Shows HDR pictures on an SDR screen: PQ and HLG, BT.2020 colours, ten bits and more.

Diffuse white of 203 cd/m2 becomes SDR white, and highlights above it are rolled off.
Source: ITU-R BT.2100-2 (both curves), BT.2408-7 (203 cd/m2; HLG on a display of 1000), BT.2087-0 (the colours).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.imaging.frames import RGB

    Floats = NDArray[np.float32]

Curve = Literal["pq", "hlg"]
WHITE = 203.0
"""Diffuse white in cd/m2."""
PEAK = 1000.0
"""The display that HLG is shown on, in cd/m2."""
KNEE = 0.75
"""Light, as a share of white, from which it is rolled off."""
GAMMA = 2.4
"""The SDR screen's, BT.1886."""
ROWS = 128
"""Rows that are worked on at once, so that an 8K picture needs little memory."""

_COLOURS = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)
"""Linear BT.2020 to linear BT.709."""
_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
"""Of BT.2020."""


def curve(transfer: int) -> Curve | None:
    """Return the HDR curve that a transfer of ITU-T H.273 names, or None for every other."""
    return {16: "pq", 18: "hlg"}.get(transfer)  # type: ignore[return-value]


def shown(pixels: NDArray[np.uint16], kind: Curve) -> RGB:
    """Return full-range (height, width, 3) uint16 RGB of an HDR curve as 8-bit SDR of the same size."""
    out = np.empty(pixels.shape, np.uint8)
    for top in range(0, len(pixels), ROWS):
        out[top : top + ROWS] = _coded(_rolled_off(_light(pixels[top : top + ROWS], kind) @ _COLOURS.T))
    return out


def _light(codes: NDArray[np.uint16], kind: Curve) -> Floats:
    """Return linear light as a share of diffuse white."""
    light = _table(kind)[codes]
    if kind == "hlg":
        # The display's own gamma: brighter pixels are lifted more (BT.2100, 1.2 at 1000 cd/m2).
        luma = light @ _LUMA
        light = light * np.power(np.maximum(luma, 1e-6), np.float32(0.2))[..., None] * np.float32(PEAK / WHITE)
    return np.asarray(light, np.float32)


@cache
def _table(kind: Curve) -> Floats:
    """Return the light that each 16-bit code stands for: shares of white for PQ, of the scene's peak for HLG."""
    code = np.arange(65536) / 65535
    if kind == "pq":
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
        power = code ** (1 / m2)
        return np.asarray(10000 / WHITE * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1), np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.asarray(np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12), np.float32)


def _rolled_off(light: Floats) -> Floats:
    """Bend what is brighter than KNEE towards 1, each pixel's colour kept."""
    brightest = np.maximum(light.max(axis=2), 1e-6)
    over = np.maximum(brightest - KNEE, 0)
    bent = np.where(over > 0, KNEE + (1 - KNEE) * (1 - np.exp(-over / (1 - KNEE))), brightest)
    return np.asarray(np.clip(light * (bent / brightest)[..., None], 0, 1), np.float32)


def _coded(light: Floats) -> RGB:
    """Return linear light, 0 to 1, as 8-bit codes; the table is even in the root of light, where codes lie densest."""
    steps = np.asarray(np.round(255 * (np.arange(4096) / 4095) ** (2 / GAMMA)), np.uint8)
    return np.asarray(steps[np.asarray(np.sqrt(light) * 4095 + 0.5, np.uint16)], np.uint8)
