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
    """Yield each line that no mouth, or not the speaker's, says in time, and each mouth that moves and says nothing.

    A line of nobody known may be anybody's; people whose mouths are never seen are not judged.
    """
    for speech in speeches:
        known = [m for m in mouths if speech.who in ("", m.who)]
        found = [(m, match) for m in known if (match := matched(m, sound, speech, limits.farthest)) is not None]
        if found:
            # Of mouths that may say it, whichever moves most.
            mouth, match = max(found, key=lambda pair: pair[1].swing)
            yield from _said(mouth, match, speech, limits)
    for mouth in mouths:
        yield from _restless(mouth, [s for s in speeches if s.who in ("", mouth.who)], limits)


def _said(mouth: Mouth, match: Match, speech: Heard, limits: LipLimits) -> Iterator[Finding]:
    """Yield what is wrong with how one mouth says one line."""
    who, late = speech.who or mouth.who, match.lag - limits.usual
    finding = Finding(code="lips", message="", who=who, number=match.swing, limit=limits.swing, time=speech.start)
    if match.swing < limits.swing:
        whose = f"{speech.who}'s mouth does not move" if speech.who else "no mouth moves"
        yield finding.changed(message=f"{whose} while this is heard")
    elif match.likeness < limits.least:
        message = f"{who}'s mouth does not move with what is heard"
        yield finding.changed(message=message, number=match.likeness, limit=limits.least)
    elif abs(late) > limits.latest:
        when = "after" if late > 0 else "before"
        message = f"{who}'s lips move {abs(late):.2f} s {when} what is heard"
        yield finding.changed(message=message, number=late, limit=limits.latest)


def _restless(mouth: Mouth, speeches: Sequence[Heard], limits: LipLimits) -> Iterator[Finding]:
    """Yield that a mouth moves as if it spoke while its owner says nothing."""
    quiet = np.ones(len(mouth.times), np.bool_)
    for speech in speeches:
        quiet &= (mouth.times < speech.start - AROUND) | (mouth.times > speech.end + AROUND)
    idle = Mouth(mouth.who, mouth.times[quiet], mouth.opening[quiet])
    if len(idle.times) < FEWEST or idle.swing < limits.idle:
        return
    open_most = float(idle.times[idle.opening.argmax()])
    message = f"{mouth.who}'s mouth moves, though nothing is heard from it"
    yield Finding(code="lips", message=message, who=mouth.who, number=idle.swing, limit=limits.idle, time=open_most)


def _correlation(one: Floats, other: Floats) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 1e-9 else 0.0
