"""Measures a voice's sound as samples: clipped, silent, broken off. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import Sound

MOMENT = 0.01
"""Seconds over which a level is taken."""
FULL = 0.99995
"""Share of the largest sample that counts as full scale where it is reached again and again."""
RUN = 4
"""Samples in a row at full scale that make a clipped peak; a pure 50 Hz at 48 kHz touches it with three."""
HUSH = 0.02
"""Share of the loud moments (-34 dB) below which a moment is silence."""
NOTHING = 10 ** (-60 / 20)
"""Peak below which nothing is there to be heard."""
LOUDEST = 0.5
"""Peak below which flat tops are the sound's own and no clipping; who clips does it at full scale or near it."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What a sound's samples come to; times in seconds."""

    clipped: float
    """Share of samples in flat peaks."""
    clipped_at: float
    """The first of them."""
    silent: bool
    speech: float
    """Seconds in which something is loud enough to be speech."""
    leading: float
    trailing: float
    inner: float
    """The longest stretch of silence between sounds."""
    inner_at: float
    ending: float
    """Level of the last moment that is heard over that of the loud ones: near 0 where a sound ends by itself."""
    seconds: float


def levels(sound: Sound) -> Levels:
    """Return a sound's levels."""
    seconds = len(sound.samples) / sound.rate
    clipped, first = _clipped(sound.samples)
    loud = _moments(sound)
    top = float(np.quantile(loud, 0.95)) if loud.size else 0.0
    if not sound.samples.size or float(np.abs(sound.samples).max()) < NOTHING:
        return Levels(0.0, 0.0, True, 0.0, seconds, 0.0, 0.0, 0.0, 0.0, seconds)  # noqa: FBT003 - silent
    heard = np.flatnonzero(loud > HUSH * max(top, float(loud.max()) * HUSH))
    gaps = np.diff(heard) - 1
    widest = int(gaps.argmax()) if gaps.size else 0
    return Levels(
        clipped=clipped,
        clipped_at=first / sound.rate,
        silent=False,
        speech=len(heard) * MOMENT,
        leading=float(heard[0]) * MOMENT,
        trailing=max(seconds - float(heard[-1] + 1) * MOMENT, 0.0),
        inner=float(gaps.max(initial=0)) * MOMENT,
        inner_at=float(heard[widest] + 1) * MOMENT,
        ending=_ending(sound, max(top, 1e-9)),
        seconds=seconds,
    )


def envelope(sound: Sound, times: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return how loud a sound is around each time, over `width` seconds: 0 silence to 1 its loud moments."""
    power = np.concatenate([[0.0], np.cumsum(sound.samples.astype(np.float64) ** 2)])
    edges = [np.clip(np.round((times + s * width / 2) * sound.rate), 0, len(power) - 1).astype(int) for s in (-1, 1)]
    count = np.maximum(edges[1] - edges[0], 1)
    level = np.sqrt((power[edges[1]] - power[edges[0]]) / count)
    loud = _moments(sound)
    top = float(np.quantile(loud[loud > 0], 0.9)) if (loud > 0).any() else 1.0
    decibels = 20 * np.log10(np.maximum(level, 1e-9) / top)
    return np.asarray(np.clip(1 + decibels / 34, 0, 1))


def _moments(sound: Sound) -> NDArray[np.float64]:
    """Return the root mean square of each moment."""
    size = max(round(MOMENT * sound.rate), 1)
    whole = -(-len(sound.samples) // size) * size
    padded = np.zeros(whole, np.float64)
    padded[: len(sound.samples)] = sound.samples
    return np.asarray(np.sqrt((padded.reshape(-1, size) ** 2).mean(1)))


def _clipped(samples: NDArray[np.float32]) -> tuple[float, int]:
    """Return the share of samples in runs at the largest value, and where the first begins."""
    size = np.abs(samples)
    top = float(size.max(initial=0.0))
    if top < LOUDEST:
        return 0.0, 0
    flat = np.concatenate([[False], size >= FULL * top, [False]])
    starts, ends = np.flatnonzero(~flat[:-1] & flat[1:]), np.flatnonzero(flat[:-1] & ~flat[1:])
    long = ends - starts >= RUN
    return float((ends - starts)[long].sum()) / len(samples), int(starts[long][0]) if long.any() else 0


def _ending(sound: Sound, top: float) -> float:
    """Return the level of the last moment before silence or the end, over the loud ones'; voices die away in several.

    A line that an engine broke off may be followed by the silence that it puts after every line.
    """
    heard = np.flatnonzero(np.abs(sound.samples) > HUSH * top)
    end = int(heard[-1]) + 1 if heard.size else 0
    last = sound.samples[max(end - round(MOMENT * sound.rate), 0) : end].astype(np.float64)
    return float(np.sqrt(np.mean(last**2))) / top if last.size else 0.0
