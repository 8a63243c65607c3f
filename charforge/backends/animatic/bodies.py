"""A body without a head: placed under a chin, lit, and its collar laid around a neck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from charforge.backends.animatic.ground import Ground, scaling, warped
from charforge.backends.animatic.optics import to_linear, to_srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.domain.assets import Fit

    Plane = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where on the canvas a body goes."""

    ground: Ground
    chin: tuple[float, float]
    """The neck's middle in the chin's row."""
    width: float
    """Ear to ear."""
    fit: Fit

    @property
    def collar(self) -> float:
        """The row of the collar's front upper edge."""
        return self.chin[1] + (self.fit.collar - self.fit.chin_y) * self.width / self.fit.face


def seated(body: NDArray[np.uint8], seat: Seat, light: Plane | None) -> tuple[Plane, Plane]:
    """Return colour and coverage of a body, (n, n, 4) straight alpha; `light` tints one that was lit neutrally."""
    side, fit, ground = body.shape[1], seat.fit, seat.ground
    scale = seat.width / (fit.face * side)
    placed = scaling(scale, np.array([collar_middle(body, fit), fit.chin_y * side]), seat.chin)
    layer: Plane = body.astype(np.float32) / 255
    layer[..., :3] *= layer[..., 3:]
    if scale < 0.75:
        layer = np.asarray(cv2.resize(layer, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
        placed = placed @ np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
    seen = np.clip(warped(layer, placed, ground), 0, 1)
    cover = seen[..., 3] * _ending(seat, placed @ (0.0, layer.shape[0], 1.0))[:, None]
    colour: Plane = np.clip(seen[..., :3] / np.maximum(seen[..., 3:], 1e-3), 0, 1)
    if light is not None:
        front = light[12:52, 8:56].mean((0, 1))
        sides = light[20:44, 4:60].mean(0)[np.clip(np.linspace(0, 55, ground.width), 0, 55).astype(int)]
        tint = np.clip((0.4 * front + 0.6 * sides) ** 0.85, 0.15, 1.8).astype(np.float32)
        colour = to_srgb(to_linear(colour) * tint[None])
    return np.asarray(colour, np.float32), cover


def opening(cover: Plane, seat: Seat) -> Plane:
    """Return 1 between the outer edges of the collar in rows where it stands on both sides of the neck, else 0."""
    left, right = (max(0, int(seat.chin[0] + share * seat.width)) for share in (-0.55, 0.55))
    inside = np.zeros_like(cover)
    for y in range(max(0, int(seat.collar - 0.3 * seat.width)), cover.shape[0]):
        columns = np.nonzero(cover[y, left:right] > 0.5)[0]
        if columns.size > 2 and columns[0] + left < seat.chin[0] < columns[-1] + left:
            inside[y, left + columns[0] : left + columns[-1] + 1] = 1
    return inside


def necked(cover: Plane, inside: Plane, seat: Seat) -> Plane:
    """Return how much of a neck a body leaves to be seen; `inside` is the collar's opening.

    A neck is never wider than the collar that it stands in, also just above it.
    """
    rows = np.nonzero(inside.any(axis=1))[0]
    held: Plane = np.maximum(inside, 1 - inside.max(axis=1, keepdims=True))
    if rows.size:
        held[max(0, int(rows[0] - 0.12 * seat.width)) : rows[0]] = inside[rows[0]] * (cover[rows[0]] < 0.5)
        held = np.asarray(cv2.GaussianBlur(held, (0, 0), max(0.6, 0.008 * seat.width)), np.float32)
    return np.asarray(held * (1 - cover), np.float32)


def lined(colour: Plane, cover: Plane, inside: Plane, seat: Seat) -> tuple[Plane, Plane]:
    """Return the body with the inside of its collar, which a narrow neck leaves open, as cloth in shadow."""
    top, bottom = (max(0, int(seat.collar + share * seat.width)) for share in (-0.3, 0.06))
    left, right = (max(0, int(seat.chin[0] + share * seat.width)) for share in (-0.5, 0.5))
    cloth = cover[top:bottom, left:right] > 0.9
    if not cloth.any() or not inside[top:bottom].any():
        return colour, cover
    hole = np.zeros_like(inside)
    hole[top:bottom] = inside[top:bottom]
    dark = to_srgb(to_linear(np.median(colour[top:bottom, left:right][cloth], axis=0)) * 0.22)
    behind = (cv2.GaussianBlur(hole, (0, 0), max(0.6, 0.006 * seat.width)) * (1 - cover))[..., None]
    whole = cover[..., None] + behind
    return (colour * cover[..., None] + dark * behind) / np.maximum(whole, 1e-4), whole[..., 0]


def shaded(colour: Plane, seat: Seat) -> Plane:
    """Return the body with the shadow that the head casts on collar and chest."""
    y, x = np.mgrid[: seat.ground.height, : seat.ground.width].astype(np.float32)
    across = (x - seat.chin[0]) / (0.45 * seat.width)
    down = (y - seat.chin[1] - 0.1 * seat.width) / (0.5 * seat.width)
    shade = 1 - 0.4 * np.exp(-(across**2) - down**2)
    return to_srgb(to_linear(colour) * shade[..., None])


def _ending(seat: Seat, corner: NDArray[np.float64]) -> Plane:
    """Return 1 by row, falling to 0 where the body picture ends inside the canvas: a seat in shadow, not a cut."""
    y = np.arange(seat.ground.height, dtype=np.float32)
    end = float(corner[1])
    if end > seat.ground.height:
        return np.ones_like(y)
    return np.asarray(np.clip((end - y) / (0.55 * seat.width), 0, 1) ** np.float32(1.5))


def collar_middle(body: NDArray[np.uint8], fit: Fit) -> float:
    """Return the column of the middle of a body's collar, in pixels: where a neck belongs.

    A turned or off-axis body has its chin beside the middle of its collar; a neck never.
    """
    side = body.shape[1]
    rows = body[int(fit.collar * side) : int((fit.collar + 0.08 * fit.face) * side) + 1, :, 3] > 127
    reach = 0.75 * fit.face * side
    low, high = max(0, int(fit.chin_x * side - reach)), int(fit.chin_x * side + reach)
    middles = [low + (c[0] + c[-1]) / 2 for c in (np.nonzero(row[low:high])[0] for row in rows) if c.size]
    if not middles:
        return float(fit.chin_x * side)
    drawn = float(np.median(middles)) - fit.chin_x * side
    return float(fit.chin_x * side) + float(np.clip(drawn, -0.3 * fit.face * side, 0.3 * fit.face * side))
