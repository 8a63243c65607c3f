"""Grades a plate from one light to another: exposure, white balance and tone, apart for the room and its windows.

All work is done in linear light. A graded plate is a stand-in for a photograph or a render: it moves no shadow and
switches on no lamp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

DAYLIGHT = 6500.0
"""Kelvin at which white is white."""
GREY = 0.18
"""Linear value that contrast turns about."""
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_TO_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


@dataclass(frozen=True, slots=True)
class Tone:
    """What happens to one part of a picture."""

    exposure: float = 0.0
    """Stops."""
    kelvin: float = DAYLIGHT
    """Colour of the light that daylight becomes; 1700 to 25000."""
    contrast: float = 1.0
    """Exponent about middle grey."""
    saturation: float = 1.0
    tint: float = 0.0
    """Stops that green loses: magenta above 0, green below."""


LAMP = Tone(kelvin=4800.0)
"""Lamps that are on stay on, and look warmer when it is dark about them."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How daylight becomes another light."""

    room: Tone
    window: Tone
    """For what is seen through windows."""
    evenness: float = 0.0
    """Share of the room's broad light and shade that is taken away, as where no sun comes in; 0 to 1."""
    glow: float = 0.0
    """Stops that lamps add close to them."""
    vignette: float = 0.0
    """Stops that the corners lose."""


GRADES: dict[str, Grade] = {
    "golden-hour": Grade(Tone(-1.05, 5000, 0.96, 1.16, 0.27), Tone(-1.66, 4900, 3.0, 0.62, 0.07), vignette=0.05),
    "dusk": Grade(Tone(-1.7, 6200, 0.9, 1.05, 0.08), Tone(-2.1, 9500, 2.6, 0.8), 0.2, 0.4, 0.2),
    "night": Grade(Tone(-2.3, 4550, 0.78, 1.3, 0.4), Tone(-2.28, 9000, 3.6, 0.8, -0.07), 0.2, 0.8, 0.4),
    "overcast": Grade(Tone(-0.35, 7200, 0.9, 0.8), Tone(-0.2, 7200, 1.0, 0.7), evenness=0.5),
    "morning": Grade(Tone(-0.2, 5800, 1.0, 0.95), Tone(-0.1, 6000, 1.0, 0.95)),
}
"""From daylight. `golden-hour` and `night` are fitted to renders of one and the same set in these lights
(the pilot's coffee shop); the others lie between them by eye."""


DAYLIGHTS = ("afternoon", "day", "noon", "midday", "daylight")
"""Names of lights that are daylight."""


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


def between(target: Grade, source: Grade) -> Grade:
    """Return the grade that leads from one light to another, where both are known from daylight."""

    def tone(to: Tone, come: Tone) -> Tone:
        mired = 1e6 / to.kelvin - 1e6 / come.kelvin + 1e6 / DAYLIGHT
        return Tone(
            to.exposure - come.exposure,
            min(25000.0, max(1700.0, 1e6 / max(mired, 1.0))),
            to.contrast / come.contrast,
            to.saturation / come.saturation,
            to.tint - come.tint,
        )

    return replace(
        target,
        room=tone(target.room, source.room),
        window=tone(target.window, source.window),
        evenness=max(0.0, target.evenness - source.evenness),
        vignette=target.vignette - source.vignette,
    )


def lie(pixels: NDArray[np.uint8]) -> Lie:
    """Return how the light lies in a daylight plate, (height, width, 3) uint8 RGB.

    Windows are large, bright, not warm and not low in the picture; lamps are small, bright and warm or white.
    """
    light = linear(pixels[..., :3])
    luma = light @ _LUMA
    windows, lit, near = _bright(light, luma)
    return Lie(windows, lit, *_broad(luma, windows), near)


def grade(pixels: NDArray[np.uint8], wanted: Grade, how: Lie | None = None) -> NDArray[np.uint8]:
    """Return the picture in the wanted light; RGB or straight RGBA uint8, alpha stays as it is.

    `how` is of the plate it belongs to; without it the picture is graded as the room is, such as a light probe.
    """
    light = linear(pixels[..., :3])
    room = light
    if how is not None:
        room = light * _evened(light, how, wanted)[..., None]
    result = toned(room, wanted.room)
    if how is not None:
        if pixels.shape[2] == 3:
            # A layer in front of the plate holds no window.
            result = _mixed(result, toned(light, wanted.window), how.windows)
            result = _mixed(result, np.maximum(result, toned(light, LAMP)), how.lit)
        result = np.asarray(result * _corners(pixels.shape[:2], wanted.vignette)[..., None], np.float32)
    coloured = np.clip(encoded(result) * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.concatenate([coloured, pixels[..., 3:]], -1)


def _mixed(one: Plane, other: Plane, share: Plane) -> Plane:
    return np.asarray(one + (other - one) * share[..., None], np.float32)


def toned(light: Plane, tone: Tone) -> Plane:
    """Return linear light, (…, 3), through one tone; what is brighter than white is rolled off softly."""
    tint = np.array([1, 2**-tone.tint, 1], np.float32)
    gained = light * (planckian(tone.kelvin) * tint * np.float32(2**tone.exposure))
    shaped = GREY * (np.maximum(gained, 0) / GREY) ** np.float32(tone.contrast)
    luma = (shaped @ _LUMA)[..., None]
    result = np.maximum(luma + (shaped - luma) * np.float32(tone.saturation), 0)
    knee = np.float32(0.8)
    over = np.maximum(result - knee, 0)
    return np.asarray(np.minimum(result, knee) + over / (1 + over / (1 - knee)), np.float32)


def _evened(light: Plane, how: Lie, wanted: Grade) -> Plane:
    """Return what the room's light is multiplied with, so that sun pools fade and lamps glow."""
    local = np.log(light @ _LUMA + 0.01) - how.broad - how.middle
    pools = np.clip(local, 0, 1.5)
    return np.asarray(np.exp(-wanted.evenness * (how.broad + pools / 2)) * np.exp2(wanted.glow * how.lamps), np.float32)


def planckian(kelvin: float) -> NDArray[np.float32]:
    """Return the linear RGB of a glowing body's light against daylight's, at equal luminance.

    Source: the cubic fit of the Planckian locus, Kim and others, US patent 7024034; 1667 to 25000 K.
    """
    colour = _glowing(kelvin) / _glowing(DAYLIGHT)
    return np.asarray(colour / float(colour @ _LUMA), np.float32)


def _glowing(kelvin: float) -> NDArray[np.float64]:
    t = 1000.0 / min(25000.0, max(1667.0, kelvin))
    x = (
        -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
        if kelvin <= 4000
        else -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    )
    if kelvin <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return np.asarray(np.maximum(_TO_SRGB @ np.array([x / y, 1.0, (1 - x - y) / y]), 0.02), np.float64)


def linear(pixels: NDArray[np.uint8]) -> Plane:
    """Return sRGB bytes as light, 0 to 1. Source: IEC 61966-2-1."""
    value = np.arange(256, dtype=np.float32) / 255
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[pixels], np.float32)


def encoded(light: Plane) -> Plane:
    """Return light, 0 to 1, as sRGB values, 0 to 1. Source: IEC 61966-2-1."""
    high = 1.055 * np.maximum(light, 1e-7) ** np.float32(1 / 2.4) - 0.055
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, high), np.float32)


def _bright(light: Plane, luma: Plane) -> tuple[Plane, Plane, Plane]:
    """Return where windows are, where lamps are lit, and how near these are."""
    height, width = luma.shape
    soft = _blur(light, 0.001 * width)
    warm = (soft[..., 0] + 1e-3) / (soft[..., 2] + 1e-3)
    panes = _panes((soft @ _LUMA > 0.42) & (warm < 1.16), luma)
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


def _corners(extent: tuple[int, ...], stops: float) -> Plane:
    height, width = extent[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    return np.asarray(np.exp2(-stops * ((x * x + y * y) / 2) ** 1.5), np.float32)


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
