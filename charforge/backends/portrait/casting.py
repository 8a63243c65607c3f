"""Casts a person who does not exist and builds what a film needs of them, all from a seed.

`candidates` draws faces and says which of them can be composited; `master` makes one calm and frontal; `build` finds
angles, expressions and the rig around the master, each scored by two judges. What is kept goes into the library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait import basis, rig, wishes
from charforge.backends.portrait.measures import BRIEF, Eye, Measured
from charforge.backends.portrait.search import Budget, explore, search
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from charforge.backends.portrait.backend import Portrait
    from charforge.backends.portrait.search import Around, Wish
    from charforge.backends.protocols import RGB, FaceBackend, LandmarkBackend, MatteBackend, Vector

    Tell = Callable[[str, int, int], None]

TRUNCATION = 0.6
CAST_NEIGHBOURS, CAST_TRIES = 150, 30
BUILD_NEIGHBOURS, TURN_NEIGHBOURS = 200, 100
SOLVES, TRIES = 8, 8
ANGLES = {"left25": -25.0, "right25": 25.0}
NUDGE = 6.0
"""Degrees of the rig's small turns."""


@dataclass(frozen=True, slots=True)
class Studio:
    """The generator and everyone who looks at what it draws."""

    portrait: Portrait
    face: FaceBackend
    """Guides the search."""
    judge: FaceBackend
    """Scores what the search kept, of another ancestry than `face`."""
    landmark: LandmarkBackend
    matte: MatteBackend

    def eye(self) -> Eye:
        """Return what searches see with."""
        return Eye(self.portrait.generate, self.face, self.landmark)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A drawn face that might be cast."""

    seed: int
    pixels: RGB
    turn: float
    chin: float
    """Row of the chin, as a fraction of the picture."""
    cut: float
    """Share of the top edge and of both sides above the chin where hair leaves the picture; 0 is whole."""

    @property
    def usable(self) -> bool:
        """Whether the whole head is in the picture, with some neck."""
        return self.cut < 0.01 and self.chin < 0.95 and abs(self.turn) < 12


@dataclass(frozen=True, slots=True)
class Master:
    """A person, calm and frontal."""

    seed: int
    truncation: float
    style: Vector
    pixels: RGB
    embedding: Vector
    likeness: float
    """To the face of the bare seed, by the guiding model."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A kept head and what two judges say of it against the master."""

    name: str
    step: str
    wished: float | str
    style: Vector
    pixels: RGB
    turn: float
    likeness: float
    """By the guiding face model."""
    second: float
    """By the independent judge."""


@dataclass(frozen=True, slots=True)
class Order:
    """One head to search for."""

    name: str
    step: str
    wished: float | str
    wish: Wish
    half_way: Wish | None = None
    """What to find first, for what is far from the master."""


@dataclass(frozen=True, slots=True)
class Built:
    """Everything found around a master."""

    poses: tuple[Pose, ...]
    deltas: tuple[Pose, ...]
    """Each shown on the front pose; their likeness is to that."""
    rig: rig.Rig


def candidates(
    studio: Studio, seeds: Iterable[int], tell: Tell, truncation: float = TRUNCATION
) -> tuple[Candidate, ...]:
    """Draw the seeds and return those with a measurable face, the easiest to composite first."""
    wanted = tuple(seeds)
    found = []
    for number, seed in enumerate(wanted):
        tell("casting", number, len(wanted))
        pixels = studio.portrait.generate(studio.portrait.style(seed, truncation))
        faces = studio.face.detect(pixels)
        marks = studio.landmark.landmarks(pixels, faces[0]) if faces else None
        if marks is not None:
            chin = float(marks.points[152, 1]) / pixels.shape[0]
            found.append(Candidate(seed, pixels, marks.turn, chin, _cut(studio.matte.matte(pixels), chin)))
    return tuple(sorted(found, key=lambda c: (not c.usable, c.chin + abs(c.turn) / 200 + c.cut)))


def master(
    studio: Studio, seed: int, tell: Tell, apart: Vector | None = None, truncation: float = TRUNCATION
) -> Master:
    """Return the person of a seed, frontal, calm, lips closed; `apart` is an embedding they must not resemble."""
    eye = studio.eye()
    start = studio.portrait.style(seed, truncation)
    budget = Budget(seed, CAST_NEIGHBOURS, SOLVES, CAST_TRIES, lambda i, n: tell("master", i, n))
    around = explore(start, basis.shipped(), eye, budget)
    found = search(around, wishes.neutral(around.base, apart), eye, budget)
    return Master(seed, truncation, found.style, found.seen.pixels, found.seen.face, found.likeness)


def build(studio: Studio, person: Master, tell: Tell, retakes: dict[str, int] | None = None) -> Built:
    """Return angles, expressions and the rig around a master; raise RenderFailed when its face cannot be measured.

    `retakes` names angles whose search somebody looked at and wants from other randomness, by its number.
    """
    return around_master(studio, person, neighbourhood(studio, person, tell), tell, retakes or {})


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
    base = around.base
    found = [p for p in searched if not np.array_equal(p.style, person.style)]
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


def _cut(matte: NDArray[np.float32], chin: float) -> float:
    """Return the share of the top edge and of both sides above the chin that the person covers."""
    rows = matte[: int(chin * matte.shape[0])]
    edges = np.concatenate([matte[2], rows[:, 2], rows[:, -3]])
    return float((edges > 0.5).mean())
