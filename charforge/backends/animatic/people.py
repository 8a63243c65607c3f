"""A person as two cards, body and head, lit by the place and ready to be moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from charforge.backends.animatic import bodies, relight
from charforge.backends.animatic.cards import Card, card, trimmed
from charforge.backends.animatic.ground import Ground, scaling, warped
from charforge.backends.animatic.matting import changed
from charforge.backends.animatic.optics import blurred, to_linear, to_srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.animatic.heads import Head
    from charforge.backends.animatic.looks import Look
    from charforge.domain.assets import Fit

    Plane = NDArray[np.floating[Any]]
    Affine = NDArray[np.float64]
    Slices = tuple[slice, slice]

SATURATION = 0.94
"""Of a generated head beside rendered plates."""
WRAP = 0.25
"""How much of the light behind somebody creeps over the edge."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a place does to those in it."""

    light: Plane | None
    """See relight.ball."""
    behind: Plane | None
    """The background behind the canvas, RGB 0 to 1, any size."""
    black: Plane
    """The darkest colour of the plate."""
    look: Look


class Dresser:
    """Draws one person's cards, and later parts of the head anew for other states of the face."""

    def __init__(self, head: Head, ground: Ground, place: Surroundings) -> None:
        self.head, self.ground, self.place = head, ground, place
        self._scale = ground.head / head.height
        self.from_head = scaling(self._scale, head.centre, ground.centre)
        middle = np.array([head.neck, head.chin[1]], np.float32)
        chin = self._scale * (middle - head.centre) + np.array(ground.centre)
        self.chin: tuple[float, float] = (float(chin[0]), float(chin[1]))
        """The neck's middle in the chin's row."""
        self.width = self._scale * head.width
        self._light = self._gain()
        self._edge: Plane | None = None
        self._alpha: Plane = np.zeros((0, 0), np.float32)
        self._inside = (0, 0, 0, 0)

    def cards(self, body: NDArray[np.uint8] | None, fit: Fit | None, *, lit: bool) -> tuple[Card | None, Card]:
        """Return body and head; `body` is (n, n, 4) straight alpha, `lit` says that it has the place's light."""
        skin, hair = self._warped(self.head.skin), self._warped(self.head.hair)
        torso: Card | None = None
        if body is not None and fit is not None:
            seat = bodies.Seat(self.ground, self.chin, self.width, fit)
            colour, cover = bodies.seated(body, seat, None if lit else self.place.light)
            off, inside = 1 - self._face(), bodies.opening(cover, seat)
            collar = cover * off
            skin *= 1 - (1 - bodies.necked(cover, inside, seat)) * off
            self._light *= self._neck_shadow(collar)[..., None]
            colour, cover = bodies.lined(colour, cover, inside, seat)
            torso = self._carded(self._wrapped(bodies.shaded(colour, seat), cover), cover)
        alpha = np.clip(skin + hair, 0, 1)
        self._edge = self._rim(alpha)
        whole = (slice(0, self.ground.height), slice(0, self.ground.width))
        self._alpha = alpha
        face = self._carded(self._lit(self.head.colour, whole), alpha)
        self._inside = (face.left, face.top, face.left + face.size[0], face.top + face.size[1])
        return torso, face

    def patch(self, pixels: NDArray[np.uint8], box: tuple[int, int, int, int]) -> Card | None:
        """Return a part of the head drawn from another picture of it.

        `box` is left, top, right, bottom in head pixels; the picture must equal the head at the box's border.
        """
        corners = self.from_head @ np.array([[box[0], box[2]], [box[1], box[3]], [1, 1]], np.float64)
        left, top = (max(low, int(np.ceil(v / 2)) * 2) for v, low in zip(corners[:, 0], self._inside[:2], strict=True))
        right, bottom = (min(limit, int(v // 2) * 2) for v, limit in zip(corners[:, 1], self._inside[2:], strict=True))
        if right - left < 4 or bottom - top < 4:
            return None
        part = (slice(top, bottom), slice(left, right))
        inside = (slice(box[1], box[3]), slice(box[0], box[2]))
        drawn = changed(self.head.colour[inside], self.head.pixels[inside], pixels)
        picture = self._lit(drawn, part, box[:2])
        if self.ground.blur >= 1:
            picture = to_srgb(blurred(to_linear(picture), self.ground.blur))
        return card(self.place.look.graded(picture), self._alpha[part], left, top)

    def _gain(self) -> Plane:
        shape = (self.ground.height, self.ground.width, 3)
        if self.place.light is None:
            return np.ones(shape, np.float32)
        normal = relight.normals(self.head.marks, self.head.pixels.shape[0])
        gain = relight.exposed(relight.gain(self.place.light, normal), self.head.pixels, self.head.marks)
        placed = self.from_head.copy()
        ratio = self.head.pixels.shape[0] / relight.GRID
        placed[:, :2] *= ratio
        return warped(gain, placed, self.ground, replicate=True)

    def _warped(self, plane: Plane) -> Plane:
        """Return a coverage of the head picture on the canvas; below the picture its last row goes on."""
        placed = self.from_head
        if self._scale < 0.6:
            step = 0.5 if self._scale > 0.3 else 0.25
            plane = np.asarray(cv2.resize(plane, None, fx=step, fy=step, interpolation=cv2.INTER_AREA), np.float32)
            placed = placed @ np.array([[1 / step, 0, 0.5 / step - 0.5], [0, 1 / step, 0.5 / step - 0.5], [0, 0, 1]])
        out = warped(plane, placed, self.ground, replicate=True)
        side = self.head.pixels.shape[0]
        corners = self.from_head @ np.array([[0, side], [0, side], [1, 1]], np.float64)
        (left, right), top = corners[0], corners[1, 0]
        y, x = np.arange(out.shape[0], dtype=np.float32), np.arange(out.shape[1], dtype=np.float32)
        soft = max(1.0, 0.035 * self.width)
        across = np.clip(np.minimum(x - left, right - x) / soft, 0, 1)
        inside = across * across * (3 - 2 * across) * np.clip((y - top) / soft, 0, 1)[:, None]
        return np.asarray(np.clip(out, 0, 1) * inside)

    def _lit(self, colour: Plane, part: Slices, origin: tuple[int, int] = (0, 0)) -> Plane:
        """Return a part of the head in the light of the place, sRGB 0 to 1, ungraded.

        `origin` is where `colour` begins on the head picture.
        """
        view = Ground(
            part[1].stop - part[1].start, part[0].stop - part[0].start, self.ground.centre, self.ground.head, 0
        )
        placed = self.from_head - np.array([[0, 0, part[1].start], [0, 0, part[0].start]])
        placed[:, 2] += placed[:, :2] @ origin
        step = 1.0 if self._scale >= 0.6 else 0.5 if self._scale > 0.3 else 0.25
        if step < 1:
            colour = np.asarray(cv2.resize(colour, None, fx=step, fy=step, interpolation=cv2.INTER_AREA), np.float32)
            placed = placed @ np.array([[1 / step, 0, 0.5 / step - 0.5], [0, 1 / step, 0.5 / step - 0.5], [0, 0, 1]])
        seen = np.clip(warped(colour, placed, view, replicate=True), 0, 1)
        picture = to_srgb(to_linear(seen) * self._light[part])
        picture = _shoulder(picture)
        grey = (picture @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
        picture = grey + SATURATION * (picture - grey)
        picture = picture * (1 - self.place.black) + self.place.black
        if self._edge is not None and self.place.behind is not None:
            behind = _part(self.place.behind, self.ground, part)
            edge = self._edge[part][..., None]
            picture = picture + edge * behind * (1 - picture)
        return picture

    def _rim(self, alpha: Plane) -> Plane:
        reach = max(1.0, 0.025 * self.width)
        return np.asarray(WRAP * np.clip(1 - cv2.GaussianBlur(alpha, (0, 0), reach), 0, 1) * alpha)

    def _carded(self, picture: Plane, alpha: Plane) -> Card:
        if self.ground.blur >= 1:
            soft = blurred(np.dstack([to_linear(picture) * alpha[..., None], alpha]), self.ground.blur)
            alpha = np.clip(soft[..., 3], 0, 1)
            picture = to_srgb(soft[..., :3] / np.maximum(soft[..., 3:], 1e-3))
        return trimmed(card(self.place.look.graded(picture), alpha))

    def _wrapped(self, picture: Plane, cover: Plane) -> Plane:
        """Return a body with the light behind it creeping over its edges."""
        if self.place.behind is None:
            return picture
        whole = (slice(0, self.ground.height), slice(0, self.ground.width))
        behind = _part(self.place.behind, self.ground, whole)
        return picture + 0.6 * self._rim(cover)[..., None] * behind * (1 - picture)

    def _face(self) -> Plane:
        """Return 1 within the outline of the face, which is in front of every collar."""
        points = self.head.marks.points[:468, :2]
        hull = cv2.convexHull((points @ self.from_head[:, :2].T + self.from_head[:, 2]).astype(np.int32))
        face = np.zeros((self.ground.height, self.ground.width), np.float32)
        cv2.fillConvexPoly(face, hull, 1.0)
        return np.asarray(cv2.GaussianBlur(face, (0, 0), max(0.6, 0.004 * self.width)))

    def _neck_shadow(self, collar: Plane) -> Plane:
        """Return the light that the jaw and the collar leave on the neck, 0 to 1."""
        face = self._face()
        sigma = max(1.0, 0.05 * self.width)
        cast = np.roll(face, int(0.16 * self.width), axis=0)
        shade = 0.62 * cv2.GaussianBlur(cast, (0, 0), sigma) * (1 - cv2.GaussianBlur(face, (0, 0), sigma * 0.35))
        contact = 0.45 * cv2.GaussianBlur(collar, (0, 0), max(1.0, 0.03 * self.width))
        return np.asarray(np.clip(1 - shade, 0.2, 1) * (1 - contact), np.float32)


def _part(picture: Plane, ground: Ground, part: Slices) -> Plane:
    """Return the part of a picture that spans the whole canvas."""
    placed = np.array(
        [
            [ground.width / picture.shape[1], 0, -part[1].start],
            [0, ground.height / picture.shape[0], -part[0].start],
        ],
        np.float64,
    )
    size = (part[1].stop - part[1].start, part[0].stop - part[0].start)
    return np.asarray(cv2.warpAffine(picture, placed, size, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _shoulder(picture: Plane) -> Plane:
    """Return highlights rolled off above 0.82 instead of clipped."""
    over = np.maximum(picture - 0.82, 0)
    return np.asarray(np.minimum(picture, 0.82) + np.float32(0.18) * np.tanh(over / np.float32(0.18)))
