"""Tells voices apart: the GE2E speaker encoder that Resemblyzer ships, in numpy.

Three LSTM layers of 256 over mel spectra of 1.6 seconds, the last state projected to 256 numbers, ReLU, length 1; the
mean of overlapping passages, length 1 again, is the voice. Long silences are left out by their loudness, where the
original asks a voice detector.
Source: Wan et al., "Generalized end-to-end loss for speaker verification", 2018; Resemblyzer 0.1.4 (Apache-2.0).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.backends.sounds import resampled
from charforge.backends.torch_legacy import arrays
from charforge.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import Home, Sound, Vector

    Floats = NDArray[np.float32]

RATE = 16_000
WINDOW, HOP, BANDS = 400, 160, 40
PASSAGE = 160
"""Spectra in one passage."""
STEP = 77
"""Spectra from one passage to the next, 1.3 passages a second. Source: Resemblyzer's default."""
COVERAGE = 0.75
"""Share of the last passage that must be sound. Source: Resemblyzer's default."""
LAYERS = 3
LEVEL = 10 ** (-30 / 20)
"""Root mean square that every sound is brought to; Resemblyzer's hparams name the level, its code only raises to it."""
MOMENT, HUSH, BREATH = 480, 0.02, 7
"""Samples of one moment (30 ms); share of the loud moments below which one is silent; moments of silence kept."""
SHORTEST = 0.6
"""Seconds of speech below which a voice cannot be told."""


class Resemblyzer:
    """SpeakerBackend `resemblyzer`; safe to share between threads."""

    name: ClassVar[str] = "resemblyzer"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ("resemblyzer",)
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""
    bar: ClassVar[float] = 0.88
    """At or above it, two sounds pass for one voice. Source: measured with charforge bench voices."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._known: dict[str, Floats] | None = None

    @property
    def revision(self) -> str:
        """Names the model file and the way sounds are prepared."""
        return f"1;{self._home.weight_digest('resemblyzer')[:12]}"

    def embed(self, sound: Sound) -> Vector:
        """Return the voice of a sound, (256,) float32 of length 1; raise InputError for too little speech."""
        spoken = _spoken(resampled(sound, RATE))
        if len(spoken) < SHORTEST * RATE:
            message = f"only {len(spoken) / RATE:.1f} s of speech are heard"
            raise InputError(message, f"give at least {SHORTEST} s of one person speaking")
        voices = self._passages(_mel(spoken), len(spoken))
        whole = voices.mean(0)
        return np.asarray(whole / np.linalg.norm(whole), np.float32)

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return how alike two voices are, 0 to 1."""
        return float(np.dot(one, other))

    def _passages(self, mel: Floats, samples: int) -> Floats:
        """Return the voice of each passage, (passages, 256)."""
        frames = -(-(samples + 1) // HOP)
        starts = list(range(0, max(1, frames - PASSAGE + STEP + 1), STEP))
        if len(starts) > 1 and (samples - starts[-1] * HOP) / (PASSAGE * HOP) < COVERAGE:
            starts.pop()
        missing = max(0, starts[-1] + PASSAGE - len(mel))
        padded = np.pad(mel, ((0, missing), (0, 0)))
        hidden = np.stack([padded[start : start + PASSAGE] for start in starts])
        weights = self._loaded()
        for layer in range(LAYERS):
            hidden = _lstm(hidden, *(weights[f"lstm.{n}_l{layer}"] for n in _GATES))
        raw = np.maximum(hidden[:, -1] @ weights["linear.weight"].T + weights["linear.bias"], 0)
        return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), np.float32)

    def _loaded(self) -> dict[str, Floats]:
        if self._known is None:
            self._known = arrays(self._home.weight("resemblyzer"), "model_state")
        return self._known


_GATES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _lstm(inputs: Floats, w_in: Floats, w_state: Floats, b_in: Floats, b_state: Floats) -> Floats:
    """Return all states of one layer, (passages, frames, 256); gates lie as torch has them: in, forget, cell, out."""
    size = w_state.shape[1]
    fed = inputs @ w_in.T + (b_in + b_state)
    state = np.zeros((len(inputs), size), np.float32)
    cell = np.zeros_like(state)
    states = np.empty((*inputs.shape[:2], size), np.float32)
    for at in range(inputs.shape[1]):
        gates = fed[:, at] + state @ w_state.T
        enter, keep, leave = (_sigmoid(gates[:, n * size : (n + 1) * size]) for n in (0, 1, 3))
        cell = keep * cell + enter * np.tanh(gates[:, 2 * size : 3 * size])
        state = leave * np.tanh(cell)
        states[:, at] = state
    return states


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float32)


def _spoken(samples: Floats) -> Floats:
    """Return a sound at its working level, long silences cut out."""
    samples = samples[: len(samples) // MOMENT * MOMENT]
    level = float(np.sqrt(np.mean(samples**2))) if samples.size else 0.0
    if level == 0:
        return samples[:0]
    samples = samples * np.float32(LEVEL / level)
    moments = samples.reshape(-1, MOMENT)
    loudness = np.sqrt((moments**2).mean(1))
    loud = loudness > HUSH * np.quantile(loudness, 0.95)
    near = np.convolve(loud, np.ones(BREATH))[BREATH // 2 :][: len(loud)] > 0
    return np.asarray(moments[near].ravel(), np.float32)


def _mel(samples: Floats) -> Floats:
    """Return power mel spectra, (frames, 40), zeros beyond both ends."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    power = np.abs(np.fft.rfft(frames * hann, axis=1)) ** 2
    return np.asarray(power @ _filters().T, np.float32)


@cache
def _filters() -> NDArray[np.float64]:
    """Return triangles of equal area on Slaney's mel scale, (40, 201). Source: librosa 0.10, `filters.mel` (ISC)."""
    edges = _hertz(np.linspace(0, _mels(RATE / 2), BANDS + 2))
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None])


_BREAK, _LOG_STEP = 1000.0, float(np.log(6.4) / 27)
"""Linear below 1 kHz, 3 mels for each 200 Hz; logarithmic above it."""


def _mels(hertz: float) -> float:
    return 15 + float(np.log(hertz / _BREAK)) / _LOG_STEP if hertz >= _BREAK else hertz * 3 / 200


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.where(mels < 15, mels * 200 / 3, _BREAK * np.exp(_LOG_STEP * (mels - 15))))
