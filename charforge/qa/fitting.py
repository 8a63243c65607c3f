"""Makes a calibration from compared pairs: bars by pose and face size, and how often they are wrong.

The verification bar is the lowest score that lets at most `ASKED` of all strangers pass; the likeness bar the one that
`KEPT` of the right person's pictures reach. Neither looks at what a film holds. Intervals are drawn from people, not
from pairs: a person who resembles many counts once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.qa.calibration import STRAIGHT, Bar, Calibration, SizedBars
from charforge.qa.pose import FRONTAL, THREE_QUARTER, Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Flags = NDArray[np.bool_]

ASKED = 0.001
"""Of strangers that may pass for somebody."""
KEPT = 0.99
"""Of the right person's pictures that are good enough to keep."""
ENOUGH = 10
"""A rate is stated only when so many errors stand behind it."""
FEWEST = 200
"""Pairs of the same person below which there is no likeness bar: two of them are under it."""
LEAST = 1_000
"""Pairs of strangers below which there is no calibration: of 1 in 100, ten would pass."""
SMALL = 30.0
"""Eye distance in pixels below which a face counts as small."""
DRAWINGS = 400
"""How often people are drawn anew for an interval."""
POSES: tuple[Pose, ...] = get_args(Pose)


@dataclass(frozen=True, slots=True)
class Compared:
    """Pairs of faces with what a judge said of them; all arrays are as long as there are pairs."""

    value: Floats
    same: Flags
    turn: Floats
    """Degrees that the head turned further is turned by, without its side."""
    eyes: Floats
    """Eye distance of the smaller face in pixels."""
    one: Whole
    """Number of the first face's person."""
    other: Whole

    def of(self, chosen: Flags) -> Compared:
        """Return some of the pairs."""
        lines = (self.value[chosen], self.same[chosen], self.turn[chosen], self.eyes[chosen])
        return Compared(*lines, self.one[chosen], self.other[chosen])

    def posed(self, pose: Pose) -> Compared:
        """Return the pairs of a pose."""
        number = np.digitize(self.turn, [FRONTAL, THREE_QUARTER], right=True)
        return self.of(np.asarray(number == POSES.index(pose)))

    def people(self) -> Whole:
        """Return the numbers of everybody in it."""
        return np.unique(np.concatenate([self.one, self.other]))


def fitted(pairs: Compared, base: Calibration, made_on: str, *, asked: float = ASKED) -> Calibration:
    """Return a calibration made from pairs; what they say nothing of (blur, smallest face) is as in `base`.

    Raises InputError when there are too few strangers, or none of the same person.
    """
    pairs = pairs.of((pairs.turn <= base.widest_turn) & (pairs.eyes >= base.smallest_eyes))
    same, strangers = int(pairs.same.sum()), int((~pairs.same).sum())
    if strangers < LEAST or not same:
        message = f"{same} pairs of the same person and {strangers} of strangers can be scored"
        hint = f"give at least one of the same person and {LEAST} of strangers, for instance --impostors FOLDER"
        raise InputError(message, hint)
    whole = verifying(pairs, asked)
    bars: dict[Pose, Bar] = {pose: bars_of(pairs.posed(pose), whole, asked) for pose in POSES}
    small = pairs.of(pairs.eyes < SMALL)
    of_small = {pose: bars_of(part, whole, asked) for pose in POSES if (part := small.posed(pose)).same.sum() >= FEWEST}
    strange = pairs.value[~pairs.same]
    near = bars["frontal"].bar - float(np.quantile(strange, 0.95))
    return base.changed(
        made_on=made_on,
        bars=bars,
        sizes=(SizedBars(below=SMALL, bars=of_small),) if of_small else (),
        fix_band=round(max(near, 0.01), 3),
        stranger=round(float(np.median(strange)), 3),
    ).stamped()


def verifying(pairs: Compared, asked: float = ASKED) -> float:
    """Return the lowest bar that lets at most the share `asked` of strangers pass, to two digits, rounded up.

    With fewer strangers than ten over `asked` it rests on the few most alike of them, and its rate is not known.
    """
    return math.ceil(at_far(pairs.value[~pairs.same], asked) * 100) / 100


def bars_of(pairs: Compared, whole: float, asked: float = ASKED) -> Bar:
    """Return the bars of one pose, or of its small faces, with their errors; `whole` is that of all together.

    It stands where too few strangers are of this kind, since strangers score much the same from all sides.
    """
    own = int((~pairs.same).sum()) * asked >= ENOUGH
    bar = verifying(pairs, asked) if own else whole
    people = pairs.people()
    accepts, rejects = (errors(pairs, people, bar, same=same) for same in (False, True))
    # A head turned by 19 degrees counts as frontal, and scores much less than one that looks straight on.
    calm = pairs.value[pairs.same & ((pairs.turn <= STRAIGHT) | (pairs.turn > FRONTAL))]
    likeness = math.floor(float(np.quantile(calm, 1 - KEPT)) * 100) / 100 if len(calm) >= FEWEST else None
    return Bar(
        bar=bar,
        likeness=None if likeness is None else max(likeness, bar),
        far=accepts.rate,
        far_between=accepts.between,
        frr=rejects.rate,
        frr_between=rejects.between,
        kept=0 if likeness is None else len(calm),
        same=rejects.of,
        different=accepts.of,
        people=len(people),
        typical=round(float(np.median(calm)), 3) if len(calm) >= ENOUGH else None,
    )


def at_far(strange: Floats, far: float) -> float:
    """Return the lowest score above which at most the share `far` of strangers lies."""
    ordered = np.sort(strange)[::-1]
    return float(np.nextafter(ordered[min(int(far * len(ordered)), len(ordered) - 1)], np.inf))


@dataclass(frozen=True, slots=True)
class Errors:
    """How often a bar is wrong."""

    count: int
    of: int
    between: tuple[float, float] | None
    """95 per cent of drawings of as many people lie in it; None without any errors."""

    @property
    def rate(self) -> float | None:
        """The share, or None where fewer than `ENOUGH` errors stand behind it."""
        return round(self.count / self.of, 6) if self.count >= ENOUGH else None


def errors(pairs: Compared, people: Whole, bar: float, *, same: bool, drawings: int = DRAWINGS) -> Errors:
    """Return the errors of a bar: of the same person those under it, else strangers at or above it."""
    asked = pairs.of(pairs.same == same)
    wrong = (asked.value < bar) if same else (asked.value >= bar)
    count, total = int(wrong.sum()), len(wrong)
    if not count or not drawings:
        return Errors(count, total, None)
    chance = np.random.default_rng(0)
    size = len(people)
    drawn = np.stack([np.bincount(chance.integers(0, size, size), minlength=size) for _ in range(drawings)])
    one, other = np.searchsorted(people, asked.one), np.searchsorted(people, asked.other)
    all_pairs, bad = (_table(one[chosen], other[chosen], size) for chosen in (slice(None), wrong))
    if same:
        rates = drawn @ bad.diagonal() / np.maximum(drawn @ all_pairs.diagonal(), 1e-9)
    else:
        rates = ((drawn @ bad) * drawn).sum(1) / np.maximum(((drawn @ all_pairs) * drawn).sum(1), 1e-9)
    low, high = np.quantile(rates, [0.025, 0.975])
    return Errors(count, total, (round(float(low), 6), round(min(float(high), 1.0), 6)))


def _table(one: Whole, other: Whole, size: int) -> Floats:
    """Return how many pairs there are of every two people, (size, size)."""
    return np.bincount(one * size + other, minlength=size * size).reshape(size, size).astype(np.float64)


class Held(Value):
    """What the bars of one half of the people promise, and what the other half says; medians of many halvings."""

    pose: Pose
    halvings: int
    """Halvings in which enough errors stand behind both rates of strangers."""
    promised_far: float | None
    found_far: float | None
    far_ratio: tuple[float, float, float] | None
    """Found over promised: lower end, median, upper end of 95 per cent of the halvings."""
    promised_frr: float | None
    found_frr: float | None
    frr_ratio: tuple[float, float, float] | None


def held_out(pairs: Compared, base: Calibration, *, halvings: int = 40, asked: float = ASKED) -> tuple[Held, ...]:
    """Return for each pose how bars made on half of the people do on the others, by many drawn halves."""
    pairs = pairs.of((pairs.turn <= base.widest_turn) & (pairs.eyes >= base.smallest_eyes))
    return tuple(held for pose in POSES if (held := _held(pairs.posed(pose), pose, halvings, asked)) is not None)


def _held(pairs: Compared, pose: Pose, halvings: int, asked: float) -> Held | None:
    if not len(pairs.value):
        return None
    chance = np.random.default_rng(0)
    size = int(pairs.people().max()) + 1
    found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for _ in range(halvings):
        half = chance.permutation(size) < size // 2
        sides = [pairs.of(half[pairs.one] == side) for side in (True, False)]
        made_on, other = (s.of(half[s.one] == half[s.other]) for s in sides)
        if (~made_on.same).sum() < LEAST:
            continue
        bar = verifying(made_on, asked)
        for same in (True, False):
            rates = [errors(part, part.people(), bar, same=same, drawings=0).rate for part in (made_on, other)]
            if rates[0] is not None and rates[1] is not None:
                found[same].append((rates[0], rates[1]))
    far, frr = found[False], found[True]
    return Held(
        pose=pose,
        halvings=len(far),
        promised_far=_middle(far, 0),
        found_far=_middle(far, 1),
        far_ratio=_ratio(far),
        promised_frr=_middle(frr, 0),
        found_frr=_middle(frr, 1),
        frr_ratio=_ratio(frr),
    )


def _middle(rates: list[tuple[float, float]], which: int) -> float | None:
    return round(float(np.median([r[which] for r in rates])), 6) if rates else None


def _ratio(rates: list[tuple[float, float]]) -> tuple[float, float, float] | None:
    if not rates:
        return None
    low, middle, high = np.quantile([found / promised for promised, found in rates], [0.025, 0.5, 0.975])
    return round(float(low), 2), round(float(middle), 2), round(float(high), 2)
