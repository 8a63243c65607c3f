"""What backends that listen have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from charforge.backends.protocols import Sound, Vector


def resampled(sound: Sound, rate: int) -> Vector:
    """Return a sound's samples at another rate, as ffmpeg's resampler makes them; the same ones where it is its own."""
    if sound.rate == rate:
        return sound.samples
    import av

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.samples[None], np.float32), "fltp", "mono")
    frame.sample_rate = sound.rate
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
    # The first piece keeps a sound that is too short for the resampler from being none at all.
    pieces = [np.zeros(0, np.float32)]
    pieces += [piece.to_ndarray()[0] for given in (frame, None) for piece in resampler.resample(given)]
    return np.asarray(np.concatenate(pieces), np.float32)
