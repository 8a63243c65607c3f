"""What a hunt aims for on the way to a target, how many heads it may draw, and how that is weighed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait import wishes
from charforge.backends.portrait.grading import FULL
from charforge.backends.portrait.measures import LENGTH, PARTS
from charforge.backends.portrait.views import MIMIC, Hope, hoped
from charforge.backends.portrait.wishes import TURN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from charforge.backends.portrait.people import Target
    from charforge.backends.portrait.trail import Trail

SECOND, WORN, RIDGE = 3.0, 0.4, 0.03
"""Weights of the second judge and of what is worn, and the price of a move."""
FACE_SECOND = 2.0
"""Weight of the second judge where only the expression changes."""
SPARE, RAISED = 3.5, 1.5
"""Degrees nearer to the front than the target that a trail aims for: identity falls with every degree of turn."""
FARTHER = (56.0, 68.0)
"""Degrees tried on the way to a profile."""
CALM = 1.7
"""How much more the person and the picture around the face matter where only the expression changes."""
STEER = 1.5
"""How much more the turn matters than where a film's takes are searched for: it has to come within five degrees."""
LIFTED = 0.4
"""How much less the picture's edges, hair and place matter where the chin is raised."""
ASKED, MIMED = 0.9, 5.0
"""The strength of expression that is asked for, and the weight of the face's points then."""
PRESSED = 1.5
"""What falls short weighs so many times more on the next round."""
FRONT = 30.0
"""Degrees up to which the model around the master holds."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of a trail: how far towards the target, and how many heads of which kind."""

    share: float
    solves: int
    learns: int = 0
    tries: int = 0

    @property
    def length(self) -> int:
        """Return how many heads it draws."""
        return self.solves + self.learns + self.tries


NEAR_LEGS = (Leg(1.0, 6, 0, 6),)
FAR_LEGS = (Leg(0.5, 5), Leg(1.0, 6), Leg(1.0, 4, 24, 12))
FARTHER_LEGS = (Leg(1.0, 5, 12, 6),)
FACE_LEGS = (Leg(1.0, 8, 0, 6),)
AGAIN = Leg(1.0, 4, 20, 12)
"""A further round for what was not reached."""


def plan(target: Target) -> tuple[tuple[Target, tuple[Leg, ...]], ...]:
    """Return what to aim for one after the other, each with its legs."""
    if target.expression is not None:
        return ((target, FACE_LEGS),)
    turn = target.turn or 0.0
    if target.open_ended:
        return tuple((replace(target, turn=float(np.sign(turn)) * f), FARTHER_LEGS) for f in FARTHER)
    aim = replace(target, turn=_nearer(turn))
    if target.pitch is not None:
        return ((replace(aim, pitch=_nearer(target.pitch, RAISED)), FAR_LEGS),)
    return ((aim, NEAR_LEGS if abs(turn) <= FRONT else FAR_LEGS),)


def length(target: Target) -> int:
    """Return how many heads the first round of a target draws."""
    return sum(leg.length for _, legs in plan(target) for leg in legs)


def hope(trail: Trail, goal: Target, share: float, pressed: Iterable[str] = ()) -> Hope:
    """Return what is hoped for part of the way to a goal; parts in `pressed` weigh more, as often as they are named."""
    base = trail.around.base
    if goal.expression is not None:
        wish = wishes.expressing(base, goal.expression)
    else:
        wish = wishes.turned(base, (goal.turn or 0.0) * share, None if goal.pitch is None else goal.pitch * share)
    second = FACE_SECOND if goal.expression is not None else SECOND
    made = hoped(wish, trail.base, second=second, worn=WORN, ridge=RIDGE)
    ends = LENGTH + len(trail.base.second)
    worn = slice(ends, len(made.weight) - len(MIMIC))
    parts = PARTS | {"second": slice(LENGTH, ends), "worn": worn, "mimic": slice(worn.stop, len(made.weight))}
    if goal.expression in FULL:
        parts["shapes"] = _ask_mimic(made, goal.expression, parts["mimic"]) or parts["shapes"]
    if goal.expression is not None:
        made.weight[parts["face"]] *= CALM
        made.weight[parts["grid"]] *= CALM
    else:
        made.weight[TURN] *= STEER
    if goal.pitch is not None:
        for part in ("rim", "grid", "hair", "place"):
            made.weight[parts[part]] *= LIFTED
    for part in pressed:
        made.weight[parts[part]] *= PRESSED
    return made


def _ask_mimic(hope: Hope, expression: str, where: slice) -> slice | None:
    """Ask for the face's points to show an expression, the shortest way there; return where, None when they do not."""
    parts = np.array(FULL[expression][0], np.float32)
    if not parts.any():
        return None
    hope.target[where] += 10 * ASKED * parts / (parts @ parts)
    hope.weight[where] = np.where(parts != 0, MIMED, 0)
    return where


def _nearer(degrees: float, spare: float = SPARE) -> float:
    return float(np.sign(degrees)) * max(abs(degrees) - spare, 0.0)
