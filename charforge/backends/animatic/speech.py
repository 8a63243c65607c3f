"""From a voice to a mouth: how far open and how wide, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

LEVELS = 5
"""Steps between closed and fully open."""
ROUND, WIDE = 430.0, 1600.0
"""Centre of a frame's spectrum in Hz below which lips are round, above which they are wide."""
Shape = Literal["open", "wide", "round"]


class Mouth(NamedTuple):
    """One state of a mouth."""

    level: int = 0
    """0 closed to LEVELS open."""
    shape: Shape = "open"


def mouths(samples: NDArray[np.float32], rate: int, fps: Fraction, frames: int) -> tuple[Mouth, ...]:
    """Return the mouth of each frame from the sound's start on; `samples` is mono, -1 to 1."""
    energy, first, bright = _bands(samples, rate, float(fps), frames)
    top = float(np.percentile(energy[energy > -80], 95)) if (energy > -80).any() else -80.0
    if top < -60:
        return (Mouth(),) * frames
    voiced = energy > top - 30
    height = np.clip((first - (top - 20)) / 19, 0, 1) ** 0.85 * voiced
    smooth = _followed(height)
    shapes: list[Mouth] = []
    wide = np.lib.stride_tricks.sliding_window_view(np.pad(bright, 2, mode="edge"), 5)
    for value, tone in zip(smooth, np.median(wide, axis=1), strict=True):
        level = round(float(value) * LEVELS)
        shape: Shape = "wide" if tone > WIDE else "round" if tone < ROUND else "open"
        shapes.append(_state(level, shape))
    return tuple(shapes)


def _state(level: int, shape: Shape) -> Mouth:
    """Keep the states few: wide and round mouths come in two sizes."""
    if not level:
        return Mouth()
    return Mouth(level) if shape == "open" else Mouth(2 if level <= 3 else 4, shape)


def _bands(
    samples: NDArray[np.float32], rate: int, fps: float, frames: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return loudness in dB, loudness of the first formant's band in dB, and the centroid in Hz of each frame."""
    window = max(64, int(rate / fps * 1.4))
    padded = np.concatenate([np.zeros(window // 2, np.float32), samples, np.zeros(window, np.float32)])
    taper = np.hanning(window)
    tones = np.fft.rfftfreq(window, 1 / rate)
    speech, first = (tones > 80) & (tones < 5000), (tones > 250) & (tones < 1100)
    rows = []
    for frame in range(frames):
        start = round((frame + 0.5) * rate / fps)
        part = padded[start : start + window]
        if len(part) < window:
            rows.append((-120.0, -120.0, 0.0))
            continue
        power = np.abs(np.fft.rfft(part * taper)) ** 2 / (window * taper.sum())
        total = float(power[speech].sum())
        centre = float((power * tones)[speech].sum() / max(total, 1e-12))
        rows.append((_db(total), _db(float(power[first].sum())), centre))
    loud, low, centre_ = (np.array(column) for column in zip(*rows, strict=True))
    return loud, low, centre_


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))


def _followed(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Open quickly, close more slowly, as lips do."""
    out, now = np.zeros_like(height), 0.0
    for i, value in enumerate(height):
        now += (float(value) - now) * (0.62 if value > now else 0.45)
        out[i] = now
    return out
