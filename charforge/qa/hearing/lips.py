"""Compares how mouths move with what is heard. Pure.

A mouth is open or shut twelve times a second or more; speech is loud or not. Over a line and a little around it both
are one curve each, and their correlation at the best lag says whether this mouth says this line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa.hearing.levels import envelope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from charforge.backends.protocols import Sound
    from charforge.qa.hearing.limits import LipLimits

    Floats = NDArray[np.float64]

AROUND = 0.4
"""Seconds before and after a line in which a mouth is shut that says nothing else."""
FEWEST = 8
"""Looks at a mouth below which nothing can be said."""
STEP = 1 / 48
"""Seconds between two lags that are tried."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """How far somebody's mouth is open at each look; times in seconds of the clip."""

    who: str
    times: Floats
    opening: Floats
    """Gap between the inner lips over the distance of the outer eye corners."""

    def during(self, start: float, end: float) -> Mouth:
        """Return the looks between two times."""
        chosen = (self.times >= start) & (self.times <= end)
        return Mouth(self.who, self.times[chosen], self.opening[chosen])

    @property
    def swing(self) -> float:
        """How much it opens and shuts: the spread of the openings without the widest and the narrowest."""
        low, high = np.quantile(self.opening, (0.1, 0.9)) if self.opening.size else (0.0, 0.0)
        return float(high - low)


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of speech in a clip."""

    who: str
    """Whoever says it; empty where nobody knows."""
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Match:
    """How a mouth goes with a stretch of speech."""

    likeness: float
    """Correlation of mouth and loudness at the best lag, -1 to 1."""
    lag: float
    """Seconds by which the lips come after the sound."""
    swing: float


def matched(mouth: Mouth, sound: Sound, speech: Heard, farthest: float) -> Match | None:
    """Return how a mouth goes with a sound over a line; None where too little of it is seen.

    Lags of up to `farthest` seconds are tried.
    """
    seen = mouth.during(speech.start - AROUND, speech.end + AROUND)
    if len(seen.times) < FEWEST:
        return None
    width = 2.0 * float(np.median(np.diff(seen.times)))
    best = (-1.0, 0.0)
    for lag in np.arange(-farthest, farthest + STEP / 2, STEP):
        loud = envelope(sound, seen.times - lag, width)
        # Of two lags that fit as well, the smaller is the likelier.
        found = _correlation(seen.opening, loud) - 0.05 * abs(float(lag))
        if found > best[0]:
            best = (found, float(lag))
    return Match(best[0] + 0.05 * abs(best[1]), best[1], mouth.during(speech.start, speech.end).swing)


def spoken(sound: Sound, who: str = "", *, quiet: float = 0.12, pause: float = 0.35) -> tuple[Heard, ...]:
    """Return the stretches in which a sound is loud enough to be speech, pauses between words included.

    `quiet` is the level below which nobody speaks, as a share of how `envelope` tells loudness.
    """
    times = np.arange(0, len(sound.samples) / sound.rate, 0.02)
    loud = np.flatnonzero(envelope(sound, times, 0.04) > quiet)
    if not loud.size:
        return ()
    parts = np.split(loud, np.flatnonzero(np.diff(loud) > pause / 0.02) + 1)
    return tuple(Heard(who, float(times[p[0]]), float(times[p[-1]]) + 0.02) for p in parts if len(p) > 5)


def lips(mouths: Sequence[Mouth], sound: Sound, speeches: Sequence[Heard], limits: LipLimits) -> Iterator[Finding]:
    """Yield the lines that no mouth, or not the speaker's, says; a line of nobody known may be anybody's."""
    for speech in speeches:
        known = [m for m in mouths if speech.who in ("", m.who)]
        found = [(m, match) for m in known if (match := matched(m, sound, speech, limits.farthest)) is not None]
        if not found:
            continue
        mouth, match = max(found, key=lambda pair: pair[1].likeness)
        who = speech.who or mouth.who
        at = {"who": who, "time": speech.start}
        if match.swing < limits.swing or match.likeness < limits.least:
            whose = f"{speech.who}'s mouth does not move" if speech.who else "no mouth moves"
            yield Finding(
                code="lips", message=f"{whose} with what is heard", number=match.likeness, limit=limits.least, **at
            )
        elif abs(match.lag) > limits.latest:
            when = "after" if match.lag > 0 else "before"
            message = f"the lips move {abs(match.lag):.2f} s {when} what is heard"
            yield Finding(code="lips", message=message, number=match.lag, limit=limits.latest, **at)


def _correlation(one: Floats, other: Floats) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 1e-9 else 0.0
