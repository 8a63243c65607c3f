"""Tells whether a character's scores have moved, from the same shots before and after. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charforge.domain.value import Value
from charforge.studio.regressing.pins import Limit

RESAMPLES = 4000
FEWEST = 3
"""Shots from which a median says something of the character; fewer are held to the limit of single shots alone."""
BOOTSTRAP = 6
"""Shots from which the interval is bootstrapped. Of fewer, lowest to highest holds the true median more often."""
SURE = 0.95
LEAST = 5e-5
"""What pins are rounded to."""
LIMITS = {"sface": Limit(shift=0.02, drop=0.05), "dlib": Limit(shift=0.03, drop=0.06)}
"""By judge: more than any change moved scores that nobody sees.
Source: 31 pairs of official portraits, the second picture as JPEG 95 to 70, WebP 92, under noise of 1 to 3 grey levels,
moved by half a pixel or one, scaled by 0.98 or 0.9, or 3 % lighter or darker. No single score fell by more than 0.030
(sface) or 0.039 (dlib); of the medians of three pictures 1 in 100 fell by more than 0.018 or 0.025 under the worst of
these, of nine by more than 0.008 or 0.016. The same bytes on one thread or two scored the same to four digits."""
OTHER = Limit(shift=0.03, drop=0.06)
"""Of a judge that nobody has measured."""


def limit_of(judge: str) -> Limit:
    """Return the limit that new pins begin with."""
    return LIMITS.get(judge, OTHER)


class Pair(Value):
    """One character's score in one pinned take, before and now."""

    place: str
    """``pilot_s02_0050 still``."""
    before: float
    after: float
    same: bool
    """Whether it is the same picture, byte for byte."""

    @property
    def change(self) -> float:
        """How much higher it is now."""
        return self.after - self.before


class Shift(Value):
    """What became of one character's scores by one judge."""

    who: str
    judge: str
    shots: int
    before: float
    """Median."""
    after: float
    lowest_before: float
    lowest_after: float
    lowest_at: str
    bar: float | None = None
    """Highest bar among the shots, in the numbers that are compared."""
    shift: float
    """Median of the differences."""
    low: float
    high: float
    """Interval that holds the true median of the differences with the confidence below."""
    confidence: float
    """0.95 where it is bootstrapped; of fewer than six shots what lowest to highest comes to: 1 - 2^(1 - n)."""
    limit: float
    drop: float
    """The largest fall of a single shot; negative when none fell."""
    drop_at: str
    drop_limit: float
    margins: bool = False
    """True where the judge itself has changed, so that distances from its bar are compared instead of scores."""
    moved: bool
    """Whether the shift is beyond the limit, and surely not nothing."""
    pairs: tuple[Pair, ...]
    wrong: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compared(who: str, judge: str, pairs: Sequence[Pair], limit: Limit, *, margins: bool = False) -> Shift:
    """Return how a character's scores moved, and whether that is beyond the limit.

    A fall counts always; a rise only where the pictures are the same, since then the judge is no longer what it was.
    Raises ValueError without a pair.
    """
    changes = np.array([p.change for p in pairs])
    middle = float(np.median(changes))
    low, high, confidence = interval(changes)
    rises = all(p.same for p in pairs)
    falls = middle < -limit.shift and high < 0
    moved = len(pairs) >= FEWEST and (falls or (rises and middle > limit.shift and low > 0))
    lowest = min(pairs, key=lambda p: p.after)
    worst = min(pairs, key=lambda p: p.change)
    found = _Found(who, judge, tuple(pairs), middle, low, high, limit, moved=moved)
    return Shift(
        who=who,
        judge=judge,
        shots=len(pairs),
        before=float(np.median([p.before for p in pairs])),
        after=float(np.median([p.after for p in pairs])),
        lowest_before=min(p.before for p in pairs),
        lowest_after=lowest.after,
        lowest_at=lowest.place,
        shift=middle,
        low=low,
        high=high,
        confidence=confidence,
        limit=limit.shift,
        drop=-worst.change,
        drop_at=worst.place,
        drop_limit=limit.drop,
        margins=margins,
        moved=moved,
        pairs=tuple(pairs),
        wrong=tuple(_wrong(found, "over the bar " if margins else "")),
        notes=tuple(_notes(found)),
    )


def interval(changes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    """Return where the true median of some differences lies, and how surely.

    Of six and more a percentile bootstrap with a fixed seed, so that the same pins give the same answer everywhere.
    Of fewer the lowest and the highest: the median of a continuous distribution lies between them unless all n fell on
    one side of it, which happens with a chance of 2^(1 - n).
    """
    n = len(changes)
    if n < BOOTSTRAP:
        return float(changes.min()), float(changes.max()), 1 - 2.0 ** (1 - n)
    picks = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    medians = np.median(changes[picks], axis=1)
    tail = 100 * (1 - SURE) / 2
    return float(np.percentile(medians, tail)), float(np.percentile(medians, 100 - tail)), SURE


@dataclass(frozen=True, slots=True)
class _Found:
    """What was measured of one character by one judge."""

    who: str
    judge: str
    pairs: tuple[Pair, ...]
    middle: float
    low: float
    high: float
    limit: Limit
    moved: bool

    @property
    def name(self) -> str:
        return f"{self.who} by {self.judge}"


def _wrong(found: _Found, unit: str) -> Iterator[str]:
    """Yield what is beyond a limit."""
    limit = found.limit
    if found.moved:
        span = f"{found.low:+.3f} to {found.high:+.3f} over {len(found.pairs)} shots"
        yield f"{found.name}: scores moved {unit}by {found.middle:+.3f} ({span}); the limit is {limit.shift:.3f}"
    for pair in found.pairs:
        if pair.change < -limit.drop or (pair.same and pair.change > limit.drop):
            told = f"{pair.before:.3f} -> {pair.after:.3f} {unit}({pair.change:+.3f})"
            yield f"{pair.place}: {found.name} {told}; the limit of a single shot is {limit.drop:.3f}"


def _notes(found: _Found) -> Iterator[str]:
    """Yield what the number of shots can and cannot show."""
    n, limit = len(found.pairs), found.limit.shift
    scatter = (found.high - found.low) / 2
    if n < FEWEST:
        shots = "1 shot" if n == 1 else f"{n} shots"
        yield f"{found.who}: {shots}, so only single shots are held to a limit; pin {FEWEST} to see the character"
    elif not found.moved and abs(found.middle) > limit:
        why = "it rose" if found.low > 0 else f"{n} shots leave open whether that is chance"
        yield f"{found.name}: moved by {found.middle:+.3f}, beyond {limit:.3f}, but {why}"
    elif not found.moved and scatter > limit:
        yield f"{found.name}: {n} shots scatter by {scatter:.3f}, so a shift of {limit:.3f} may go unseen; pin more"
    most = max((abs(pair.change) for pair in found.pairs if pair.same), default=0.0)
    if most > LEAST:
        yield f"{found.name}: the same pictures score otherwise, by up to {most:.4f}"
