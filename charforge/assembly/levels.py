"""Measures loudness of sound in memory, after ITU-R BS.1770."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.media.reading import Samples

_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""K-weighting in two stages, numerator and denominator, at 48 kHz. Source: ITU-R BS.1770-4, tables 1 and 2."""

RATE = 48_000
"""Samples per second of everything that is mixed."""
BLOCK, HOP = RATE * 4 // 10, RATE // 10
"""Gating blocks of 400 ms, three quarters overlapping. Source: ITU-R BS.1770-4."""
ABSOLUTE_GATE = -70.0
RELATIVE_GATE = -10.0


def loudness(samples: Samples) -> float:
    """Return the integrated loudness in LUFS of (samples, channels) at 48 kHz; -inf for silence.

    Sounds shorter than a gating block are measured as one block.
    """
    if not samples.size:
        return -np.inf
    power = np.square(_weighted(samples)).sum(axis=1)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    size = min(BLOCK, len(power))
    starts = np.arange(0, len(power) - size + 1, HOP)
    blocks = (sums[starts + size] - sums[starts]) / size
    blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE]
    if not blocks.size:
        return -np.inf
    blocks = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE]
    return float(_lufs(blocks.mean()))


def gain(decibels: float) -> float:
    """Return the factor of a level change in dB."""
    return float(10.0 ** (decibels / 20))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(power))


def _weighted(samples: Samples) -> NDArray[np.float64]:
    """Apply both filter stages in the frequency domain; half a second of silence keeps the ends apart."""
    length = 1 << (len(samples) + RATE // 2 - 1).bit_length()
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(length))
    response = np.ones_like(turns)
    for (b0, b1, b2), (a0, a1, a2) in (_SHELF, _HIGH_PASS):
        response *= (b0 + b1 * turns + b2 * turns**2) / (a0 + a1 * turns + a2 * turns**2)
    spectrum = np.fft.rfft(samples, length, axis=0)
    return np.fft.irfft(spectrum * response[:, None], length, axis=0)[: len(samples)]
