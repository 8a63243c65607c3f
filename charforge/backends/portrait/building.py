"""Builds what a film needs of a master by short searches: two angles, expressions, and the rig's mouths and lids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait import basis, rig, wishes
from charforge.backends.portrait.measures import BRIEF
from charforge.backends.portrait.people import Built, Pose
from charforge.backends.portrait.search import Budget, explore, search
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from charforge.backends.portrait.measures import Measured
    from charforge.backends.portrait.people import Master, Studio, Tell
    from charforge.backends.portrait.search import Around, Wish
    from charforge.backends.protocols import Vector

BUILD_NEIGHBOURS, TURN_NEIGHBOURS = 200, 100
SOLVES, TRIES = 8, 8
ANGLES = {"left25": -25.0, "right25": 25.0}
NUDGE = 6.0
"""Degrees of the rig's small turns."""


@dataclass(frozen=True, slots=True)
class Order:
    """One head to search for."""

    name: str
    step: str
    wished: float | str
    wish: Wish
    half_way: Wish | None = None
    """What to find first, for what is far from the master."""


def neighbourhood(studio: Studio, person: Master, tell: Tell) -> Around:
    """Return the linear model around a master that all its searches start from."""
    learn = Budget(person.seed, BUILD_NEIGHBOURS, tick=lambda i, n: tell("neighbours", i, n))
    return explore(person.style, basis.shipped(), studio.eye(), learn)


def around_master(studio: Studio, person: Master, around: Around, tell: Tell, retakes: dict[str, int]) -> Built:
    """Return what the searches find from a linear model."""
    found = [kept(studio, person, around, o, tell, retake=retakes.get(o.name, 0)) for o in orders(around.base)]
    return assembled(person, around, tuple(found))


def orders(base: Measured) -> tuple[Order, ...]:
    """Return everything that is searched for around a master; none depends on another."""
    front = base.marks.turn
    return (
        *(Order(n, "angle", t, wishes.turned(base, t), wishes.turned(base, t * 0.6)) for n, t in ANGLES.items()),
        *(Order(n, "expression", n, wishes.expressing(base, n)) for n in wishes.EXPRESSIONS),
        *(Order(n, "rig", n, wishes.speaking(base, n)) for n in wishes.MOUTHS),
        Order("blink", "rig", "blink", wishes.blinking(base)),
        Order("turn_left", "rig", front - NUDGE, wishes.turned(base, front - NUDGE)),
        Order("turn_right", "rig", front + NUDGE, wishes.turned(base, front + NUDGE)),
    )


def kept(studio: Studio, person: Master, around: Around, order: Order, tell: Tell, *, retake: int = 0) -> Pose:  # noqa: PLR0913
    """Return the best head found for an order, scored by both judges against the master.

    What is far from the master is found in two steps, the linear model being learned again half-way; another `retake`
    learns it from other neighbours.
    """
    eye = studio.eye()
    here = around
    if order.half_way is not None:
        near = search(around, order.half_way, eye, Budget(person.seed, solves=SOLVES))
        learn = Budget(person.seed + 1000 * retake, TURN_NEIGHBOURS, tick=lambda i, n: tell(order.name, i, n))
        here = explore(near.style, around.basis, eye, learn)
    budget = Budget(person.seed, solves=SOLVES, tries=TRIES, tick=lambda i, n: tell(order.name, i, n))
    found = search(here, order.wish, eye, budget)
    return _scored(studio, around.base, order, found.style, found.seen)


def assembled(person: Master, around: Around, searched: tuple[Pose, ...]) -> Built:
    """Return the master and what was found around it, with the rig; a search that never left the master is dropped."""
    return put_together(person, around, tuple(p for p in searched if not np.array_equal(p.style, person.style)))


def put_together(person: Master, around: Around, found: tuple[Pose, ...]) -> Built:
    """Return the master and every head found around it, with the rig."""
    base = around.base
    front = Pose("front", "headshot", 0.0, person.style, base.pixels, base.marks.turn, 1.0, 1.0)
    poses = (front, *(p for p in found if p.step != "rig"))
    deltas = tuple(p for p in found if p.step == "rig")
    whole = rig.Rig(
        {p.name: p.style for p in poses},
        {d.name: np.asarray(d.style - front.style, np.float32) for d in deltas},
        {p.name: p.turn for p in poses},
        around.slopes[:, :BRIEF],
    )
    return Built(poses, deltas, rig.read(rig.written(whole)))


def _scored(studio: Studio, base: Measured, order: Order, style: Vector, seen: Measured) -> Pose:
    views = []
    for pixels in (base.pixels, seen.pixels):
        faces = studio.face.detect(pixels)
        if not faces:
            message = f"the head for {order.name} lost its face"
            raise RenderFailed(message, "cast another seed")
        views.append((studio.face.embed(pixels, faces[0]), studio.judge.embed(pixels, faces[0])))
    first, second = zip(*views, strict=True)
    likeness, other = studio.face.similarity(*first), studio.judge.similarity(*second)
    return Pose(order.name, order.step, order.wished, style, seen.pixels, seen.marks.turn, likeness, other)
