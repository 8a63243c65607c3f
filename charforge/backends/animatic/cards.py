"""Layers as YCbCr planes, and the drawing of one frame from them.

Everything is 8-bit BT.709 limited range at 4:2:0 and premultiplied, so that a frame is made without any colour
conversion: each card costs one affine warp per plane and one merge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Plane = NDArray[np.floating[Any]]
    Affine = NDArray[np.float64]

KR, KB = 0.2126, 0.0722
"""Source: ITU-R BT.709-6, 3.2."""


@dataclass(frozen=True, slots=True)
class Card:
    """A layer at working size; width and height are even."""

    luma: Bytes
    blue: Bytes
    red: Bytes
    """Chroma at half size."""
    alpha: Bytes | None = None
    """None means that the card covers the whole frame."""
    alpha_half: Bytes | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.luma.shape[1], self.luma.shape[0]


def ycc(picture: Plane) -> tuple[Plane, Plane, Plane]:
    """Return luma 16..235 and half-size chroma 16..240 of an RGB picture, 0 to 1, both sides even."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    luma = KR * red + (1 - KR - KB) * green + KB * blue
    half = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
    grey = KR * half[..., 0] + (1 - KR - KB) * half[..., 1] + KB * half[..., 2]
    cb = (half[..., 2] - grey) / (2 * (1 - KB))
    cr = (half[..., 0] - grey) / (2 * (1 - KR))
    return 16 + 219 * luma, 128 + 224 * cb, 128 + 224 * cr


def card(picture: Plane, alpha: Plane | None = None) -> Card:
    """Return a straight RGB picture, 0 to 1, and its coverage as a card."""
    luma, blue, red = ycc(picture)
    if alpha is None:
        return Card(_bytes(luma), _bytes(blue), _bytes(red))
    half = np.asarray(cv2.resize(alpha, (alpha.shape[1] // 2, alpha.shape[0] // 2), interpolation=cv2.INTER_AREA))
    return Card(_bytes(luma * alpha), _bytes(blue * half), _bytes(red * half), _bytes(alpha * 255), _bytes(half * 255))


class Canvas:
    """One frame being drawn, as planes of a yuv420p buffer."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.buffer = np.empty(width * height * 3 // 2, np.uint8)
        luma, chroma = width * height, width * height // 4
        self.luma = self.buffer[:luma].reshape(height, width)
        self.blue = self.buffer[luma : luma + chroma].reshape(height // 2, width // 2)
        self.red = self.buffer[luma + chroma :].reshape(height // 2, width // 2)

    def cover(self, layer: Card, placed: Affine) -> None:
        """Fill the frame with an opaque card; `placed` maps card pixels to frame pixels (2, 3)."""
        half = halved(placed)
        for source, target, matrix in (
            (layer.luma, self.luma, placed),
            (layer.blue, self.blue, half),
            (layer.red, self.red, half),
        ):
            cv2.warpAffine(
                source, matrix, target.shape[1::-1], dst=target, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )

    def merge(self, layer: Card, placed: Affine) -> None:
        """Lay a card over what is there."""
        box = self._box(layer.size, placed)
        if box is None or layer.alpha is None or layer.alpha_half is None:
            return
        left, top, right, bottom = box
        whole = placed - np.array([[0, 0, left], [0, 0, top]])
        _over(self.luma[top:bottom, left:right], layer.luma, layer.alpha, whole)
        half = halved(whole)
        part = (slice(top // 2, bottom // 2), slice(left // 2, right // 2))
        covered = _warp(layer.alpha_half, half, (right - left) // 2, (bottom - top) // 2)
        for plane, source in ((self.blue, layer.blue), (self.red, layer.red)):
            _lay(plane[part], _warp(source, half, (right - left) // 2, (bottom - top) // 2), covered)

    def rgb(self) -> Bytes:
        """Return the frame as (height, width, 3) uint8 RGB."""
        size = (self.width, self.height)
        luma = (self.luma.astype(np.float32) - 16) / 219
        cb, cr = (
            cv2.resize((p.astype(np.float32) - 128) / 224, size, interpolation=cv2.INTER_LINEAR)
            for p in (self.blue, self.red)
        )
        red, blue = luma + 2 * (1 - KR) * cr, luma + 2 * (1 - KB) * cb
        green = (luma - KR * red - KB * blue) / (1 - KR - KB)
        return _bytes(np.stack([red, green, blue], axis=-1) * 255)

    def _box(self, size: tuple[int, int], placed: Affine) -> tuple[int, int, int, int] | None:
        corners = np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1], [size[0], size[1], 1]], np.float64) @ placed.T
        left, top = np.floor(corners.min(0)).astype(int) // 2 * 2
        right, bottom = np.ceil(corners.max(0)).astype(int) // 2 * 2 + 2
        left, top, right, bottom = max(0, left), max(0, top), min(self.width, right), min(self.height, bottom)
        return (int(left), int(top), int(right), int(bottom)) if right > left and bottom > top else None


def halved(placed: Affine) -> Affine:
    """Return the same placing for planes of half the size, whose samples lie between four of luma."""
    half = placed.copy()
    half[:, 2] = (placed[:, :2].sum(1) * 0.5 + placed[:, 2] - 0.5) / 2
    return half


def _over(target: Bytes, source: Bytes, alpha: Bytes, placed: Affine) -> None:
    height, width = target.shape
    _lay(target, _warp(source, placed, width, height), _warp(alpha, placed, width, height))


def _warp(source: Bytes, placed: Affine, width: int, height: int) -> Any:  # noqa: ANN401 - cv2 has no types
    return cv2.warpAffine(source, placed, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _lay(target: Bytes, colour: Bytes, alpha: Bytes) -> None:
    cv2.multiply(target, cv2.bitwise_not(alpha), dst=target, scale=1 / 255)
    cv2.add(target, colour, dst=target)


def _bytes(values: Plane) -> Bytes:
    return np.asarray(np.clip(values + np.float32(0.5), 0, 255).astype(np.uint8))
