"""Writes arrays as PNG and WebP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def encode_png(pixels: NDArray[np.uint8], level: int = 1) -> bytes:
    """Return PNG bytes of grey (height, width), RGB (height, width, 3) or straight RGBA (height, width, 4) uint8.

    `level` is zlib's, 0 to 9; 1 is several times faster than 6 for a few per cent more bytes.
    """
    import cv2

    if pixels.dtype != np.uint8 or pixels.ndim not in {2, 3} or (pixels.ndim == 3 and pixels.shape[2] not in {3, 4}):
        message = f"cannot write {pixels.dtype} pixels of shape {pixels.shape} as PNG"
        raise ValueError(message)
    swapped = pixels
    if pixels.ndim == 3:
        swapped = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    _, encoded = cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, level])
    return encoded.tobytes()


def encode_webp(pixels: NDArray[np.uint8], quality: int = 92) -> bytes:
    """Return WebP bytes of RGB (height, width, 3) or straight RGBA (height, width, 4) uint8.

    `quality` is 1 to 100, with loss, or 101 for none; alpha is always kept without loss.
    """
    import cv2

    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in {3, 4}:
        message = f"cannot write {pixels.dtype} pixels of shape {pixels.shape} as WebP"
        raise ValueError(message)
    swapped = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    _, encoded = cv2.imencode(".webp", swapped, [cv2.IMWRITE_WEBP_QUALITY, quality])
    return encoded.tobytes()
