"""Measures fine detail: what is sharp, what was blown up, what a filter has smoothed away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.library.checks.sitting import (
    EYES,
    LEFT_BROW,
    LEFT_CHEEK,
    LEFT_EYE,
    LIPS,
    RIGHT_BROW,
    RIGHT_CHEEK,
    RIGHT_EYE,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB
    from charforge.library.checks.sitting import Sitting

    Plane = NDArray[np.float32]

LEAST_EYES = 0.7
"""Share of EYES under which skin texture cannot be seen."""


def sharpness(sitting: Sitting) -> float | None:
    """Return how fine the detail of each eye with its brow and of the lips is, the middle one of the three.

    Laplacian deviation over contrast, in per cent, at one face size; each part by itself, so that light from one side
    does not pass for blur.
    """
    if sitting.crop is None:
        return None
    grey = _luma(sitting.crop)
    fine = _laplacian(grey, 1.0)
    parts = [sitting.region(*part, swollen=1.4) for part in ((LEFT_EYE, LEFT_BROW), (RIGHT_EYE, RIGHT_BROW), (LIPS,))]
    found = [100 * float(fine[part].std() / max(float(grey[part].std()), 4.0)) for part in parts if part.any()]
    return float(np.median(found)) if found else None


def texture(sitting: Sitting) -> float | None:
    """Return how much texture the cheeks have, in per cent of their brightness; None where the face is too small."""
    if sitting.crop is None or (sitting.eye_distance or 0) < LEAST_EYES * EYES:
        return None
    import cv2

    grey = _luma(sitting.crop)
    band = cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 3.0)
    sides = [
        100 * float(band[cheek].std() / max(float(grey[cheek].mean()), 1.0))
        for side in (LEFT_CHEEK, RIGHT_CHEEK)
        if (cheek := sitting.region(side)).any()
    ]
    return min(sides, default=None)


def reach(sitting: Sitting) -> float | None:
    """Return what the face's finest detail keeps of its middling detail, in decibels; a blown-up picture has little.

    Amplitudes from 0.5 to 0.9 of the highest frequency the pixels can hold, against those from 0.12 to 0.25.
    """
    if sitting.face is None:
        return None
    x, y, w, h = (int(v) for v in sitting.face.box)
    patch = _luma(sitting.pixels[max(y, 0) : y + h, max(x, 0) : x + w])
    return fineness(patch)


def fineness(grey: Plane) -> float | None:
    """Return the same of any grey patch, or None of one too small to tell."""
    side = min(grey.shape)
    if side < 48:
        return None
    window = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1]))
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2
    down, across = np.fft.fftfreq(grey.shape[0]) * 2, np.fft.fftfreq(grey.shape[1]) * 2
    radius = np.hypot(down[:, None], across[None])
    fine, middling = (power[(radius > a) & (radius < b)].mean() for a, b in ((0.5, 0.9), (0.12, 0.25)))
    return float(10 * np.log10(max(fine, 1e-9) / max(middling, 1e-9)))


def overall(pixels: RGB) -> float:
    """Return how fine the detail of a whole picture is, at 1024 pixels on its long side."""
    import cv2

    scale = 1024 / max(pixels.shape[:2])
    if scale < 1:
        extent = max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1)
        pixels = np.asarray(cv2.resize(pixels, extent, interpolation=cv2.INTER_AREA), np.uint8)
    grey = _luma(pixels)
    # A shallow depth of field is no fault: the sharpest fifth of the picture decides.
    fine, tone = np.abs(_laplacian(grey, 1.0)), max(float(grey.std()), 4.0)
    tiles = [
        fine[y : y + 64, x : x + 64].std() for y in range(0, grey.shape[0], 64) for x in range(0, grey.shape[1], 64)
    ]
    return 100 * float(np.percentile(tiles, 80)) / tone


def _luma(pixels: RGB) -> Plane:
    return np.asarray(pixels.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)


def _laplacian(grey: Plane, sigma: float) -> Plane:
    import cv2

    return np.asarray(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), sigma), cv2.CV_32F), np.float32)
