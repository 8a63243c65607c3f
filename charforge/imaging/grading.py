"""Grades a plate from one light to another: exposure, white balance and tone, apart for the room and its windows.

All work is done in linear light. A graded plate is a stand-in for a photograph or a render: it moves no shadow and
switches on no lamp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging.lighting import LUMA, Lie, linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

DAYLIGHT = 6500.0
"""Kelvin at which white is white."""
GREY = 0.18
"""Linear value that contrast turns about."""
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


def between(target: Grade, source: Grade) -> Grade:
    """Return the grade that leads from one light to another, where both are known from daylight."""

    def tone(to: Tone, come: Tone) -> Tone:
        # Reciprocal megakelvins add up as filters do.
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
    luma = (shaped @ LUMA)[..., None]
    result = np.maximum(luma + (shaped - luma) * np.float32(tone.saturation), 0)
    knee = np.float32(0.8)
    over = np.maximum(result - knee, 0)
    return np.asarray(np.minimum(result, knee) + over / (1 + over / (1 - knee)), np.float32)


def _evened(light: Plane, how: Lie, wanted: Grade) -> Plane:
    """Return what the room's light is multiplied with, so that sun pools fade and lamps glow."""
    local = np.log(light @ LUMA + 0.01) - how.broad - how.middle
    pools = np.clip(local, 0, 1.5)
    return np.asarray(np.exp(-wanted.evenness * (how.broad + pools / 2)) * np.exp2(wanted.glow * how.lamps), np.float32)


def planckian(kelvin: float) -> NDArray[np.float32]:
    """Return the linear RGB of a glowing body's light against daylight's, at equal luminance.

    Source: the cubic fit of the Planckian locus, Kim and others, US patent 7024034; 1667 to 25000 K.
    """
    colour = _glowing(kelvin) / _glowing(DAYLIGHT)
    return np.asarray(colour / float(colour @ LUMA), np.float32)


def _glowing(kelvin: float) -> NDArray[np.float64]:
    t = 1000.0 / min(25000.0, max(1667.0, kelvin))
    low = kelvin <= 4000
    x = np.polyval(
        (-0.2661239, -0.2343589, 0.8776956, 0.179910) if low else (-3.0258469, 2.1070379, 0.2226347, 0.240390), t
    )
    warmest, warm = (
        (-1.1063814, -1.34811020, 2.18555832, -0.20219683),
        (-0.9549476, -1.37418593, 2.09137015, -0.16748867),
    )
    y = np.polyval(warmest if kelvin <= 2222 else warm if low else (3.0817580, -5.87338670, 3.75112997, -0.37001483), x)
    return np.asarray(np.maximum(_TO_SRGB @ np.array([x / y, 1.0, (1 - x - y) / y]), 0.02), np.float64)


def encoded(light: Plane) -> Plane:
    """Return light, 0 to 1, as sRGB values, 0 to 1. Source: IEC 61966-2-1."""
    high = 1.055 * np.maximum(light, 1e-7) ** np.float32(1 / 2.4) - 0.055
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, high), np.float32)


def _corners(extent: tuple[int, ...], stops: float) -> Plane:
    height, width = extent[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    return np.asarray(np.exp2(-stops * ((x * x + y * y) / 2) ** 1.5), np.float32)
