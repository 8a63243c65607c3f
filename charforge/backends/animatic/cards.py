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
    """A layer at working size; sides are even, and what is wholly transparent at its edges is cut off.

    OpenCV warps four interleaved channels about as fast as one, and three times as fast as two; so planes are packed
    in fours.
    """

    luma: Bytes
    """(h, w) of an opaque card, else (h, w, 4): luma, coverage, two of nothing."""
    chroma: Bytes
    """(h / 2, w / 2, 4): blue, red, coverage, nothing."""
    left: int = 0
    top: int = 0
    """Where on the whole layer the card begins; even."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.luma.shape[1], self.luma.shape[0]

    def paste(self, patch: Card) -> None:
        """Put a smaller card in place of a part of this one, keeping this one's coverage."""
        left, top = patch.left - self.left, patch.top - self.top
        width, height = patch.size
        self.luma[top : top + height, left : left + width] = patch.luma
        half = (slice(top // 2, (top + height) // 2), slice(left // 2, (left + width) // 2))
        self.chroma[half] = patch.chroma


def ycc(picture: Plane) -> tuple[Plane, Plane, Plane]:
    """Return luma 16..235 and half-size chroma 16..240 of an RGB picture, 0 to 1, both sides even."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    luma = KR * red + (1 - KR - KB) * green + KB * blue
    half = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
    grey = KR * half[..., 0] + (1 - KR - KB) * half[..., 1] + KB * half[..., 2]
    cb = (half[..., 2] - grey) / (2 * (1 - KB))
    cr = (half[..., 0] - grey) / (2 * (1 - KR))
    return 16 + 219 * luma, 128 + 224 * cb, 128 + 224 * cr


def card(picture: Plane, alpha: Plane | None = None, left: int = 0, top: int = 0) -> Card:
    """Return a straight RGB picture, 0 to 1, and its coverage as a card that begins at `left`, `top`."""
    luma, blue, red = ycc(picture)
    if alpha is None:
        return Card(_bytes(luma), _bytes(np.dstack([blue, red, blue * 0, blue * 0])))
    half = np.asarray(cv2.resize(alpha, (alpha.shape[1] // 2, alpha.shape[0] // 2), interpolation=cv2.INTER_AREA))
    nothing = np.zeros_like(alpha)
    return Card(
        _bytes(np.dstack([luma * alpha, alpha * 255, nothing, nothing])),
        _bytes(np.dstack([blue * half, red * half, half * 255, half * 0])),
        left,
        top,
    )


def trimmed(layer: Card) -> Card:
    """Return a card without its wholly transparent edges."""
    rows, columns = np.nonzero(layer.luma[..., 1].max(1))[0], np.nonzero(layer.luma[..., 1].max(0))[0]
    if not rows.size:
        rows = columns = np.array([0])
    top, bottom = int(rows[0]) // 2 * 2, int(rows[-1]) // 2 * 2 + 2
    left, right = int(columns[0]) // 2 * 2, int(columns[-1]) // 2 * 2 + 2
    return Card(
        np.ascontiguousarray(layer.luma[top:bottom, left:right]),
        np.ascontiguousarray(layer.chroma[top // 2 : bottom // 2, left // 2 : right // 2]),
        layer.left + left,
        layer.top + top,
    )


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
        """Fill the frame with an opaque card; `placed` maps layer pixels to frame pixels (2, 3)."""
        size = (self.width, self.height)
        cv2.warpAffine(layer.luma, placed, size, dst=self.luma, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        half = cv2.warpAffine(
            layer.chroma,
            halved(placed),
            (self.width // 2, self.height // 2),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        cv2.extractChannel(half, 0, dst=self.blue)
        cv2.extractChannel(half, 1, dst=self.red)

    def merge(self, layer: Card, placed: Affine) -> None:
        """Lay a card over what is there."""
        placed = placed.copy()
        placed[:, 2] += placed[:, :2] @ (layer.left, layer.top)
        box = self._box(layer.size, placed)
        if box is None:
            return
        left, top, right, bottom = box
        whole = placed - np.array([[0, 0, left], [0, 0, top]])
        seen = _warp(layer.luma, whole, right - left, bottom - top)
        _lay(self.luma[top:bottom, left:right], seen, 0, 1)
        part = (slice(top // 2, bottom // 2), slice(left // 2, right // 2))
        seen = _warp(layer.chroma, halved(whole), (right - left) // 2, (bottom - top) // 2)
        _lay(self.blue[part], seen, 0, 2)
        _lay(self.red[part], seen, 1, 2)

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


def _warp(source: Bytes, placed: Affine, width: int, height: int) -> Any:  # noqa: ANN401 - cv2 has no types
    return cv2.warpAffine(source, placed, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _lay(target: Bytes, seen: Bytes, colour: int, alpha: int) -> None:
    """Merge one premultiplied channel into a plane."""
    bare = cv2.bitwise_not(cv2.extractChannel(seen, alpha))
    cv2.multiply(target, bare, dst=target, scale=1 / 255)
    cv2.add(target, cv2.extractChannel(seen, colour), dst=target)


def _bytes(values: Plane) -> Bytes:
    return np.asarray(np.clip(values + np.float32(0.5), 0, 255).astype(np.uint8))
