"""A good headshot, put together from the pilot's files, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from headshots import CHARACTERS, master

from charforge import imaging
from charforge.library.checks.sitting import LEFT_EYE, LEFT_LID, LIPS, MOUTH, OVAL, RIGHT_EYE, RIGHT_LID, Sitting

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.library.checks import Examiners

SIDE = 1024
GREY = (168, 170, 172)
HEAD = 0.6
"""Share of the height that the head takes."""


def portrait(examiners: Examiners) -> RGB:
    """Return mia's head on her navy torso before a grey wall, as a photographer would want it, (1024, 1024, 3)."""
    pixels = master("mia")
    sitting = Sitting(pixels, examiners)
    assert sitting.landmarks is not None
    points = sitting.landmarks.points
    body = imaging.decode_rgba(CHARACTERS / "mia" / "body" / "navy-0.webp")
    scale = HEAD * SIDE / 911  # the head's pixels in the master
    chin = points[152, :2] * scale
    at = np.array([SIDE / 2, SIDE * 0.07 + 911 * scale])
    canvas = np.full((SIDE, SIDE, 3), GREY, np.float32)
    ears = float(np.linalg.norm(points[454] - points[234])) * scale
    grown = ears / (0.1838 * body.shape[1])
    torso = cv2.resize(body, None, fx=grown, fy=grown, interpolation=cv2.INTER_AREA)
    width = torso.shape[1]
    canvas = _laid(canvas, torso[..., :3], torso[..., 3] / 255, at - [0.5 * width, 0.06 * width])
    head = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    matte = cv2.resize(sitting.matte, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    fade = np.clip((chin[1] + 60 - np.arange(len(head))) / 20, 0, 1)[:, None]
    return np.asarray(_laid(canvas, head, matte * fade, at - chin).round(), np.uint8)


def _laid(under: np.ndarray, over: np.ndarray, alpha: np.ndarray, at: np.ndarray) -> np.ndarray:
    matrix = np.array([[1, 0, at[0]], [0, 1, at[1]]], np.float32)
    shown = cv2.warpAffine(alpha.astype(np.float32), matrix, (SIDE, SIDE))[..., None]
    return under * (1 - shown) + cv2.warpAffine(over.astype(np.float32), matrix, (SIDE, SIDE)) * shown


@dataclass(frozen=True)
class Model:
    """The good picture with what was measured in it, for spoiling."""

    pixels: RGB
    sitting: Sitting

    def __post_init__(self) -> None:
        assert self.sitting.landmarks is not None

    def point(self, index: int) -> np.ndarray:
        """Return a landmark in the picture."""
        assert self.sitting.landmarks is not None
        return self.sitting.landmarks.points[index, :2]

    def painted(self, mask: np.ndarray, colour: tuple[int, int, int]) -> RGB:
        """Return the picture with a mask of the crop painted on it."""
        matrix = self.sitting._matrix
        assert matrix is not None
        shown = cv2.warpAffine(mask.astype(np.float32), cv2.invertAffineTransform(matrix), (SIDE, SIDE))[..., None]
        return np.asarray((self.pixels * (1 - shown) + np.array(colour, np.float32) * shown).round(), np.uint8)


Spoil = Callable[[Model], "RGB"]


def exposed(stops: float | np.ndarray) -> Spoil:
    """Return a change of exposure in linear light; an array is laid over the picture."""

    def change(model: Model) -> RGB:
        share = model.pixels / 255.0
        light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) * 2.0**stops
        light = np.clip(light, 0, 1)
        shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
        return np.asarray((shown * 255).round(), np.uint8)

    return change


def half_dark(model: Model) -> RGB:
    """Put three stops of shadow on one half of the face."""
    ramp = 1 / (1 + np.exp(-(np.arange(SIDE) - model.point(168)[0]) / 20))
    return exposed((-3 * ramp)[None, :, None])(model)


def under_a_brim(model: Model) -> RGB:
    """Put three stops of shadow on the upper face."""
    edge = (model.point(168)[1] + model.point(2)[1]) / 2
    ramp = 1 / (1 + np.exp((np.arange(SIDE) - edge) / 14))
    return exposed((-3.2 * ramp)[:, None, None])(model)


def backlit(model: Model) -> RGB:
    """Put the person two stops and a half under before a white sky."""
    dark = exposed(-2.5)(model)
    matte = model.sitting.matte[..., None]
    return np.asarray((dark * matte + 246 * (1 - matte)).round(), np.uint8)


def cluttered(model: Model) -> RGB:
    """Put the person before coloured stripes."""
    stripes = np.zeros((SIDE, SIDE, 3))
    stripes[:, np.arange(SIDE) // 64 % 2 == 0] = (200, 60, 30)
    stripes[:, np.arange(SIDE) // 64 % 2 == 1] = (20, 60, 160)
    matte = model.sitting.matte[..., None]
    return np.asarray((model.pixels * matte + stripes * (1 - matte)).round(), np.uint8)


def blurred(model: Model) -> RGB:
    """Throw it out of focus by 3 per cent of the eye distance."""
    return np.asarray(cv2.GaussianBlur(model.pixels, (0, 0), 0.03 * float(model.sitting.eye_distance or 0)), np.uint8)


def rolled(degrees: float) -> Spoil:
    """Return a lean of the camera."""

    def change(model: Model) -> RGB:
        matrix = cv2.getRotationMatrix2D(tuple(map(float, model.point(168))), degrees, 1)
        return np.asarray(cv2.warpAffine(model.pixels, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    return change


def scaled(side: int, back: int | None = None) -> Spoil:
    """Return a smaller copy; with `back`, blown up again."""

    def change(model: Model) -> RGB:
        small = cv2.resize(model.pixels, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (back, back), interpolation=cv2.INTER_CUBIC) if back else small, np.uint8)

    return change


def lenses(colour: tuple[int, int, int], eyes: tuple[tuple[int, ...], ...] = (LEFT_EYE, RIGHT_EYE)) -> Spoil:
    """Return sunglasses, or a patch on one eye."""

    def change(model: Model) -> RGB:
        mask = np.zeros((640, 512), np.float32)
        assert model.sitting.points is not None
        for eye in eyes:
            centre = model.sitting.points[list(eye)].mean(0)
            cv2.ellipse(mask, (int(centre[0]), int(centre[1])), (50, 38), 0, 0, 360, 0.97, -1)
        return model.painted(mask, colour)

    return change


def made_up(model: Model) -> RGB:
    """Paint the lips."""
    mask = model.sitting.region(LIPS).astype(np.float32)
    mask[model.sitting.region(MOUTH)] = 0
    return model.painted(mask * 0.75, (170, 10, 40))


def lids_painted(model: Model) -> RGB:
    """Paint the lids blue."""
    return model.painted(model.sitting.region(LEFT_LID, RIGHT_LID, swollen=1.1) * 0.6, (60, 60, 170))


def hat(colour: tuple[int, int, int]) -> Spoil:
    """Return a cap down to the brows."""

    def change(model: Model) -> RGB:
        mask = np.zeros((640, 512), np.float32)
        assert model.sitting.points is not None
        outline, brow = model.sitting.points[list(OVAL)], int(model.sitting.points[105, 1] - 18)
        left, right = int(outline[:, 0].min() - 25), int(outline[:, 0].max() + 25)
        cv2.ellipse(mask, ((left + right) // 2, brow), ((right - left) // 2, 190), 0, 180, 360, 1.0, -1)
        cv2.rectangle(mask, (left - 20, brow - 25), (right + 20, brow), 1.0, -1)
        return model.painted(mask, colour)

    return change


def scarf(model: Model) -> RGB:
    """Wind something blue about the neck."""
    mask = np.zeros((640, 512), np.float32)
    assert model.sitting.points is not None
    x, y = (int(v) for v in model.sitting.points[152])
    cv2.rectangle(mask, (x - 150, y + 4), (x + 150, y + 120), 1.0, -1)
    return model.painted(mask, (40, 70, 150))


def smoothed(model: Model) -> RGB:
    """Smooth the skin as beauty filters do."""
    pixels = model.pixels
    for _ in range(3):
        pixels = np.asarray(cv2.bilateralFilter(pixels, 15, 45, 15), np.uint8)
    return pixels


def coloured(strength: float, tint: tuple[float, float, float] = (1, 1, 1)) -> Spoil:
    """Return a change of saturation, 0 for black-and-white, and a tint."""

    def change(model: Model) -> RGB:
        grey = cv2.cvtColor(model.pixels, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float64)
        return np.asarray(np.clip((grey + (model.pixels - grey) * strength) * tint, 0, 255).round(), np.uint8)

    return change


def beside(model: Model) -> RGB:
    """Put a second person beside the first."""
    return np.ascontiguousarray(np.concatenate([model.pixels, model.pixels[:, ::-1]], axis=1))


def behind(model: Model) -> RGB:
    """Put a small stranger into a corner."""
    made = model.pixels.copy()
    made[:200, :200] = cv2.resize(master("theo"), (200, 200), interpolation=cv2.INTER_AREA)
    return made


def far(model: Model) -> RGB:
    """Go away from the person."""
    made = np.full_like(model.pixels, GREY)
    small = cv2.resize(model.pixels, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    made[SIDE // 2 :, SIDE // 4 : SIDE // 4 + SIDE // 2] = small
    return made


def too_close(model: Model) -> RGB:
    """Crop from the brows' ears to the chin, and blow that up."""
    assert model.sitting.landmarks is not None
    outline = model.sitting.landmarks.points[list(OVAL), :2]
    (left, top), (right, low) = outline.min(0).astype(int), outline.max(0).astype(int)
    crop = model.pixels[top + (low - top) // 6 : low - (low - top) // 12, left:right]
    return np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
