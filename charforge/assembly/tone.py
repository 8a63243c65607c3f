"""Makes room tone: the sound of a place while nobody speaks.

Every tone is a loop, shaped in the frequency domain, where a period of the noise is the loop itself; equal calls give
equal sound. Levels do not matter here: the mix sets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.assembly.levels import RATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from charforge.media.reading import Samples

    Wave = NDArray[np.float64]
    Chance = np.random.Generator

SECONDS = 15
LENGTH = SECONDS * RATE


def room_tone(name: str) -> Samples:
    """Return a seamless loop of a tone in TONES, (samples, 2) float32 at 48 kHz, peaking at a quarter of full scale."""
    chance = np.random.default_rng(sum(name.encode()))
    wave = TONES[name](chance)
    return np.asarray(wave / np.abs(wave).max() * 0.25, np.float32)


def _room(chance: Chance) -> Wave:
    """Make the air of a quiet room: noise that falls by 6 dB an octave."""
    return _noise(chance, 40, 900, slope=1)


def _murmur(chance: Chance) -> Wave:
    """Make a café: people at other tables, too far off for words, and now and then a cup."""
    wave = 0.8 * _level(_noise(chance, 50, 1500, slope=1))
    for _ in range(9):
        low = chance.uniform(180, 420)
        voice = _level(_noise(chance, low, low * chance.uniform(3, 5), slope=0.6, width=0.2))
        syllables = np.clip(_swell(chance, 2.5, 5.5) + 0.2, 0, None)
        phrases = np.clip(_swell(chance, 0.08, 0.4) + 0.1, 0, None)
        wave += voice * (syllables * phrases)[:, None] * chance.uniform(0.5, 1)
    for _ in range(6):
        wave += _ring(chance, chance.uniform(2300, 4100), 0.09) * chance.uniform(0.15, 0.4)
    return _distant(wave, 2600)


def _workshop(chance: Chance) -> Wave:
    """Make a potter's workshop: still air, a wheel that turns, a bird outside the window."""
    air = _level(_noise(chance, 45, 1200, slope=1))
    wheel = _level(_noise(chance, 70, 190, slope=0, width=0.2)) * (1 + 0.5 * _cycle(24))[:, None]
    wave = air + 0.5 * wheel
    for _ in range(5):
        wave += _ring(chance, chance.uniform(2600, 3600), 0.05) * 0.06
    return _distant(wave, 5000)


def _night(chance: Chance) -> Wave:
    """Make a closed café at night: the hum of a cooler, a street far off."""
    hum = sum(_cycle(50 * n * SECONDS) * weight for n, weight in ((1, 0.5), (2, 1.0), (3, 0.3), (4, 0.35), (6, 0.12)))
    street = _level(_noise(chance, 35, 380, slope=1.2)) * (1 + 0.35 * _swell(chance, 0.06, 0.25))[:, None]
    return _distant(street + 0.35 * np.asarray(hum)[:, None], 3000)


TONES: dict[str, Callable[[Chance], Wave]] = {
    "room": _room,
    "murmur": _murmur,
    "workshop": _workshop,
    "night": _night,
}
"""The tones that are made in code, by name."""


def _noise(chance: Chance, low: float, high: float, *, slope: float, width: float = 0.8) -> Wave:
    """Return noise from `low` to `high` Hz, falling by 6 dB an octave times `slope`; `width` is stereo, 0 to 1."""
    bins = np.arange(1, int(min(high * 8, RATE / 2) * SECONDS)) / SECONDS
    shape = (bins / low) ** -slope / (1 + (bins / high) ** 4) * (bins / low) ** 4 / (1 + (bins / low) ** 4)
    sides = _phases(chance, len(bins), 2) * width + _phases(chance, len(bins), 1) * (1 - width)
    return _looped(np.concatenate([np.zeros((1, 2)), shape[:, None] * sides]))


def _swell(chance: Chance, low: float, high: float) -> Wave:
    """Return a slow random curve around 0 of unit strength, between two frequencies in Hz."""
    spectrum = np.zeros((int(high * SECONDS) + 1, 1), complex)
    first = max(1, int(np.ceil(low * SECONDS)))
    spectrum[first:] = _phases(chance, len(spectrum) - first, 1)
    return _level(_looped(spectrum)[:, 0])


def _phases(chance: Chance, count: int, channels: int) -> NDArray[np.complex128]:
    return np.asarray(np.exp(2j * np.pi * chance.random((count, channels))))


def _looped(spectrum: NDArray[np.complex128]) -> Wave:
    """Return the loop whose lowest frequencies these are."""
    return np.asarray(np.fft.irfft(spectrum, LENGTH, axis=0))


def _cycle(turns: int) -> Wave:
    """Return a sine with this many turns in the loop."""
    return np.asarray(np.sin(2 * np.pi * turns * np.arange(LENGTH) / LENGTH))


def _ring(chance: Chance, pitch: float, decay: float) -> Wave:
    """Return one small struck sound somewhere in the loop and the stereo field."""
    time = np.arange(RATE // 2) / RATE
    struck = sum(np.sin(2 * np.pi * pitch * n * time) * np.exp(-time / decay * n) / n for n in (1.0, 1.51, 2.34))
    wave = np.zeros((LENGTH, 2))
    pan = chance.uniform(0.3, 0.7)
    wave[: len(time)] = np.asarray(struck)[:, None] * (1 - pan, pan)
    return np.roll(wave, int(chance.integers(LENGTH)), axis=0)


def _distant(wave: Wave, high: float) -> Wave:
    """Return a sound as it arrives across a room: its highs soft, an echo behind it."""
    bins = np.fft.rfftfreq(LENGTH, 1 / RATE)
    time = np.arange(RATE) / RATE
    echo = np.zeros((LENGTH, 2))
    echo[: len(time)] = np.random.default_rng(1).normal(0, 0.02, (len(time), 2)) * np.exp(-time / 0.18)[:, None]
    echo[0] += 1
    shape = np.fft.rfft(echo, axis=0) / (1 + (bins / high) ** 2)[:, None]
    return np.asarray(np.fft.irfft(np.fft.rfft(wave, axis=0) * shape, LENGTH, axis=0))


def _level(wave: Wave) -> Wave:
    """Return a sound of unit strength."""
    return np.asarray(wave / np.sqrt(np.mean(wave**2)))
