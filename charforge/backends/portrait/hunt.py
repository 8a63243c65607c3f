"""Hunts for the heads every character is built with: angles up to profiles, chin up, expressions.

A hunt sketches (`sketch`) the neighbourhood of the master once, follows a `trail` to each target, draws the most
promising heads in full, gives turned ones the master's face (`mending`), and keeps the one that is graded best.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait import basis, goals, grading
from charforge.backends.portrait.building import kept, orders, put_together
from charforge.backends.portrait.measures import LENGTH
from charforge.backends.portrait.search import COARSE, SMOOTHING, STEP, Around, directions
from charforge.backends.portrait.sitting import Sitting, margin, sitting
from charforge.backends.portrait.trail import Trail, tied
from charforge.backends.portrait.views import View, Viewer
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from charforge.backends.portrait.people import Built, Master, Pose, Studio, Target, Tell
    from charforge.backends.portrait.sitting import Graded
    from charforge.backends.protocols import Landmarks

NEIGHBOURS, FEWEST, FITTED = 120, 24, 6
"""Heads sketched around the master, the fewest when time is short, and those drawn in full to fit sketches to."""
QUICK = 60
"""Heads sketched around the master in a quick hunt."""
SURVEY = 0.25
"""Share of a bounded time that the neighbourhood may take."""
FULL = 3
"""Promising heads of a round that are drawn in full."""
ROUNDS = 3
MENDS = 1.0
"""How much the master's face adds to a turned head's margin, in the judges' steps: 0.15 and 0.10."""


def hunt(  # noqa: PLR0913 - what, for whom, how long, whom to tell
    studio: Studio,
    person: Master,
    targets: Iterable[Target],
    tell: Tell,
    *,
    seconds: float | None = None,
    quick: bool = False,
    retakes: dict[str, int] | None = None,
    each: Callable[[Pose], None] | None = None,
) -> Built:
    """Return the best head found for each target, each graded, and the rig around the master.

    A target that was not reached is there too, marked. `seconds` bounds the hunt by the clock, so that its outcome
    depends on the machine; None is the built-in budget, and `quick` the least of it, the same heads everywhere;
    `retakes` names targets somebody looked at and wants from other randomness, by its number; `each` is given every
    head as soon as it is done, before the next target is asked for, so that an interrupted hunt loses only one.
    """
    ends = None if seconds is None else monotonic() + seconds
    until = None if seconds is None else monotonic() + SURVEY * seconds
    trail = survey(studio, person, tell, QUICK if quick else NEIGHBOURS, until)
    rounds = 1 if quick else ROUNDS
    found = heads(studio, person, trail, targets, tell, ends=ends, rounds=rounds, retakes=retakes, each=each)
    rigged = [kept(studio, person, trail.around, o, tell) for o in orders(trail.around.base) if o.step == "rig"]
    built = put_together(person, trail.around, (*found, *rigged))
    return replace(built, drawn=trail.drawn)


def survey(
    studio: Studio, person: Master, tell: Tell, neighbours: int = NEIGHBOURS, until: float | None = None
) -> Trail:
    """Return the model of a master's neighbourhood, from sketches; a clock that passes `until` cuts it short."""
    eye, known = studio.eye(), basis.shipped()
    base = eye.see(person.style)
    if base is None:
        message = "there is no measurable face in this style"
        raise RenderFailed(message, "cast another seed")
    size = len(COARSE) * len(known.spread)
    around = Around(
        np.broadcast_to(person.style.reshape(-1, 512), (8, 512)).copy(), base, np.zeros((size, 0), np.float32), known
    )
    moves = directions(size, neighbours, person.seed)
    styles = [around.style, *(around.moved(m) for m in moves[:FITTED])]
    viewer = Viewer(studio.portrait.network.sketcher(styles).draw, studio.face, studio.judge, studio.landmark)
    start = viewer.view(around.style, np.zeros(size, np.float32))
    if start is None:
        message = "the master's sketch shows no face"
        raise RenderFailed(message, "cast another seed")
    views = []
    for number, move in enumerate(moves):
        if until is not None and number >= FEWEST and monotonic() > until:
            break
        tell("neighbours", number, neighbours)
        view = viewer.view(around.moved(move), move)
        views += [] if view is None else [view]
    z = np.array([v.move for v in views], np.float64)
    changes = np.array([v.numbers - start.numbers for v in views], np.float64)
    slopes = np.linalg.solve(z.T @ z + SMOOTHING * STEP**2 * len(z) * np.eye(size), z.T @ changes)
    around.slopes = slopes[:, :LENGTH].astype(np.float32)
    ties = tied(len(known.spread))
    return Trail(around, viewer, start, ties @ slopes, ties, drawn=len(views))


def heads(  # noqa: PLR0913 - as hunt
    studio: Studio,
    person: Master,
    trail: Trail,
    targets: Iterable[Target],
    tell: Tell,
    *,
    ends: float | None = None,
    rounds: int = ROUNDS,
    retakes: dict[str, int] | None = None,
    each: Callable[[Pose], None] | None = None,
) -> list[Pose]:
    """Return the best head for each target; those after the time has run out get the shortest trail."""
    chase = _Chase(sitting(studio, person), trail, ends, rounds)
    found = []
    for target in targets:
        began, before = monotonic(), trail.drawn
        trail.tick = _ticking(target, tell)
        if target.expression == "neutral":
            pose = chase.sitting.front(target, person)
        else:
            freely = chase if target.expression is None else replace(chase, trail=trail.loosened())
            pose = freely.caught(target, person.seed + 1000 * (retakes or {}).get(target.name, 0))
            trail.drawn += freely.trail.drawn if freely is not chase else 0
        found.append(replace(pose, drawn=trail.drawn - before, seconds=monotonic() - began))
        if each is not None:
            each(found[-1])
    return found


@dataclass(slots=True)
class _Chase:
    """One master's hunts, which share what they have drawn."""

    sitting: Sitting
    trail: Trail
    ends: float | None
    rounds: int
    far: dict[float, View] = field(default_factory=dict)
    """The heads turned farthest to either side."""

    @property
    def late(self) -> bool:
        return self.ends is not None and monotonic() > self.ends

    def caught(self, target: Target, seed: int) -> Pose:
        """Return the best head for a target after as many rounds as it needs."""
        side, first = float(np.sign(target.turn or 0.0)), len(self.trail.heads)
        best = self.far.get(side, self.trail.base) if target.open_ended else self.trail.base
        best = self._followed(target, best, seed)
        pool = self.trail.heads if target.open_ended else self.trail.heads[first:]
        top = self._graded(target, pool, best)
        pressed: tuple[str, ...] = ()
        for number in range(1, self.rounds):
            if not top[0].missed or self.late:
                break
            pressed, new = (*pressed, *top[0].missed), len(self.trail.heads)
            best = self._leg(goals.plan(target)[0][0], goals.AGAIN, top[1], seed + number, pressed)
            top = max(top, self._graded(target, self.trail.heads[new:], best), key=lambda t: t[0].rank)
        if abs(target.turn or 0.0) > goals.FRONT and not target.open_ended:
            self.far[side] = top[1]
        curve = [(_reach(target, v.marks), self._scores(v)[0]) for v in self.trail.heads[first:]]
        return replace(top[0].pose, curve=grading.front_of(curve))

    def _followed(self, target: Target, start: View, seed: int) -> View:
        best = start
        for goal, legs in goals.plan(target):
            for leg in legs[:1] if self.late else legs:
                best = self._leg(goal, leg, best, seed)
        return best

    def _leg(self, goal: Target, leg: goals.Leg, best: View, seed: int, pressed: tuple[str, ...] = ()) -> View:
        hope = goals.hope(self.trail, goal, leg.share, pressed)
        best = self.trail.learn(best, hope, leg.learns, seed) if leg.learns else best
        best = self.trail.solve(best, hope, leg.solves)
        return self.trail.vary(best, hope, leg.tries, seed) if leg.tries else best

    def _graded(self, target: Target, pool: list[View], best: View) -> tuple[Graded, View]:
        """Return the best of the most promising heads, graded in full; the first that is reached ends the looking.

        Where none of them can be measured, less promising ones are looked at until one can.
        """
        ranked = sorted(pool, key=lambda v: self._promise(target, v), reverse=True)
        seen: list[tuple[Graded, View]] = []
        for number, view in enumerate([*ranked[:FULL], best, *ranked[FULL:], self.trail.base]):
            if seen and (number > FULL or not (seen[-1][0].missed or target.open_ended)):
                break
            graded = self.sitting.grade(target, self.trail.style(view.move))
            seen += [] if graded is None else [(graded, view)]
        if not seen:
            message = f"no head for {target.name} has a measurable face"
            raise RenderFailed(message, "cast another seed")
        return max(seen, key=lambda s: s[0].rank)

    def _promise(self, target: Target, view: View) -> float:
        """Return how good a sketched head seems: its judges' margin, less what it lacks in pose or expression.

        Of profiles the farthest seems best that the master's face may bring over the bars.
        """
        turn = view.marks.turn
        spare = margin(self.sitting.studio, turn, self._scores(view))
        if target.open_ended and target.turn is not None:
            return float(np.sign(target.turn)) * turn / 10 + 2 * min(0.0, spare + MENDS)
        return spare - 3 * grading.lack(target, view.marks, self.trail.base.marks)

    def _scores(self, view: View) -> tuple[float, float]:
        studio, base = self.sitting.studio, self.trail.base
        return studio.face.similarity(view.first, base.first), studio.judge.similarity(view.second, base.second)


def _ticking(target: Target, tell: Tell) -> Callable[[], None]:
    """Return a listener to every head drawn for a target."""
    length, drawn = goals.length(target), count()

    def heard() -> None:
        tell(target.name, min(next(drawn), length), length)

    return heard


def _reach(target: Target, marks: Landmarks) -> float:
    if target.expression is not None:
        return grading.strength(target.expression, marks)
    return marks.pitch if target.pitch is not None else abs(marks.turn)
