"""Makes room tone: the sound of a place in which nobody speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from charforge.assembly.levels import RATE

if TYPE_CHECKING:
    from charforge.media.reading import Samples

Tone = Literal["room"]
SECONDS = 10
"""Length of the loop."""


def room_tone(kind: Tone, seconds: int = SECONDS) -> Samples:
    """Return a seamless loop, (samples, 2) float32 at 48 kHz: soft noise that falls by 6 dB an octave above 100 Hz.

    It is shaped in the frequency domain, where a period of the noise is the loop itself; equal calls give equal sound.
    """
    length = seconds * RATE
    generator = np.random.default_rng(sum(kind.encode()))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    shape = 1 / (1 + (frequency / 100)) * (frequency / 40) ** 2 / (1 + (frequency / 40) ** 2)
    shape *= 1 / (1 + (frequency / 4000) ** 2)
    phases = np.exp(2j * np.pi * generator.random((len(frequency), 2)))
    common = phases[:, :1]
    spectrum = shape[:, None] * (0.6 * common + 0.8 * phases)
    noise = np.fft.irfft(spectrum, length, axis=0)
    return np.asarray(noise / np.abs(noise).max() * 0.25, np.float32)
