"""How the light lies in a picture of a room: its windows, its lit lamps, and what is broadly light or dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Shares of linear red, green and blue in luminance. Source: ITU-R BT.709."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How the light lies in a plate; each (height, width) float32."""

    windows: Plane
    """1 where a window is."""
    lit: Plane
    """1 where a lamp shines."""
    broad: Plane
    """Natural logarithm of the room's broad light against its middle."""
    middle: float
    """Logarithm of the room's middle light."""
    lamps: Plane
    """Nearness of lamps that are on, 0 to 1."""


def lie(pixels: NDArray[np.uint8]) -> Lie:
    """Return how the light lies in a daylight plate, (height, width, 3) uint8 RGB.

    Windows are large, bright, not warm and not low in the picture; lamps are small, bright and warm or white.
    """
    light = linear(pixels[..., :3])
    luma = light @ LUMA
    windows, lit, near = _bright(light, luma)
    return Lie(windows, lit, *_broad(luma, windows), near)


def linear(pixels: NDArray[np.uint8]) -> Plane:
    """Return sRGB bytes as light, 0 to 1. Source: IEC 61966-2-1."""
    value = np.arange(256, dtype=np.float32) / 255
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[pixels], np.float32)


def _bright(light: Plane, luma: Plane) -> tuple[Plane, Plane, Plane]:
    """Return where windows are, where lamps are lit, and how near these are."""
    height, width = luma.shape
    soft = _blur(light, 0.001 * width)
    warm = (soft[..., 0] + 1e-3) / (soft[..., 2] + 1e-3)
    panes = _panes((soft @ LUMA > 0.42) & (warm < 1.16), luma)
    # Leaves are as warm as walls by blue alone, but not by green.
    red = soft[..., 0] / (soft[..., 1:].mean(-1) + 1e-3)
    windows = panes * _step(luma, 0.12, 0.24) * (1 - _step(red, 1.12, 1.3))
    lamps = _small(_step(luma, 0.66, 0.8) * (1 - windows))
    glow = sum(_blur(lamps, sigma * height) / sigma for sigma in (0.05, 0.12, 0.25))
    peak = float(np.max(glow))
    near = glow / peak if peak > 1e-6 else np.zeros_like(luma)
    return _blur(windows, 0.0006 * width), _blur(lamps, 0.001 * width), np.asarray(near, np.float32)


def _panes(candidates: NDArray[np.bool_], luma: Plane) -> Plane:
    """Return 1 over windows: patches that are large, bright throughout, framed, not low, and what lies between them."""
    height, width = luma.shape
    count, labels, stats, centres = cv2.connectedComponentsWithStats(candidates.astype(np.uint8))
    panes = np.zeros((height, width), np.uint8)
    for number in range(1, count):
        left, top, wide, tall, area = (int(v) for v in stats[number])
        if area < 0.0015 * height * width or centres[number][1] > 0.62 * height:
            continue
        box = slice(max(0, top - 6), top + tall + 6), slice(max(0, left - 6), left + wide + 6)
        patch = (labels[box] == number).astype(np.uint8)
        ring = cv2.dilate(patch, np.ones((9, 9), np.uint8)) > patch
        dark = float((luma[box][ring] < 0.3).mean()) if ring.any() else 0.0
        if dark > 0.08 and np.quantile(luma[box][patch > 0], 0.7) > 0.58:
            panes[box] |= patch
    return _filled(panes).astype(np.float32)


def _filled(panes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return panes joined to whole windows: trees and houses outside are darker and lie between patches of sky."""
    height, width = panes.shape
    reach = round(0.06 * width)
    room = cv2.morphologyEx(np.pad(panes, reach), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    joined = room[reach:-reach, reach:-reach]
    count, labels = cv2.connectedComponents(joined)
    filled = np.zeros_like(panes)
    for number in range(1, count):
        points = np.argwhere((labels == number) & (panes > 0))[:, ::-1]
        low, high = points.min(0), points.max(0)
        # A window that two edges of the picture cut reaches into their corner.
        ends = [(x, y) for x, cut_x in _cuts(low[0], high[0], width) for y, cut_y in _cuts(low[1], high[1], height)
                if cut_x and cut_y]  # fmt: skip
        outline = cv2.convexHull(np.vstack([points, *([ends] if ends else [])]).astype(np.int32))
        cv2.fillConvexPoly(filled, outline, 1)
    return filled


def _cuts(low: int, high: int, extent: int) -> tuple[tuple[int, bool], tuple[int, bool]]:
    """Return both ends of one side of the picture, and whether a patch touches them."""
    return (0, low <= 2), (extent - 1, high >= extent - 3)


def _small(mask: Plane) -> Plane:
    """Return a mask of lamps: small patches in the upper half."""
    height, width = mask.shape
    _, labels, stats, centres = cv2.connectedComponentsWithStats((mask > 0.5).astype(np.uint8))
    shares = stats[:, cv2.CC_STAT_AREA] / (height * width)
    good = (shares > 2.5e-4) & (shares < 4e-3) & (centres[:, 1] < 0.45 * height)
    good[0] = False
    return np.asarray(mask * good[labels], np.float32)


def _broad(luma: Plane, windows: Plane) -> tuple[Plane, float]:
    """Return the logarithm of the room's broad light, with windows left out, against its middle, and that."""
    room = 1 - windows
    sigma = 0.06 * luma.shape[0]
    level = np.log(luma + 0.01)
    broad = _blur(level * room, sigma) / np.maximum(_blur(room, sigma), 1e-3)
    middle = float(np.median(broad[room > 0.5])) if (room > 0.5).any() else 0.0
    return np.asarray(broad - middle, np.float32), middle


def _blur(plane: NDArray[Any], sigma: float) -> Plane:
    """Return a plane blurred by so many pixels; a broad blur is made on a smaller picture."""
    if sigma < 0.3:
        return np.asarray(plane, np.float32)
    step = max(1, int(sigma / 4))
    if step == 1:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
    small = (max(1, plane.shape[1] // step), max(1, plane.shape[0] // step))
    soft = cv2.GaussianBlur(cv2.resize(plane, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    return np.asarray(cv2.resize(soft, plane.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _step(plane: Plane, low: float, high: float) -> Plane:
    t = np.clip((plane - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
