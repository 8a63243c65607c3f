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
    from charforge.backends.portrait.search import Around, Found, Wish
    from charforge.backends.protocols import RGB, FaceBackend, LandmarkBackend, MatteBackend, Vector

    Tell = Callable[[str, int, int], None]

TRUNCATION = 0.6
CAST_NEIGHBOURS = 150
BUILD_NEIGHBOURS = 200
SOLVES, TRIES = 8, 16
ANGLES = {"left25": -25.0, "right25": 25.0, "left40": -40.0, "right40": 40.0}
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
    budget = Budget(seed, CAST_NEIGHBOURS, SOLVES, TRIES, lambda i, n: tell("master", i, n))
    around = explore(start, basis.shipped(), eye, budget)
    found = search(around, wishes.neutral(around.base, apart), eye, budget)
    return Master(seed, truncation, found.style, found.seen.pixels, found.seen.face, found.likeness)


def build(studio: Studio, person: Master, tell: Tell) -> Built:
    """Return angles, expressions and the rig around a master; raise RenderFailed when its face cannot be measured."""
    return around_master(studio, person, neighbourhood(studio, person, tell), tell)


def neighbourhood(studio: Studio, person: Master, tell: Tell) -> Around:
    """Return the linear model around a master that all its searches start from."""
    learn = Budget(person.seed, BUILD_NEIGHBOURS, tick=lambda i, n: tell("neighbours", i, n))
    return explore(person.style, basis.shipped(), studio.eye(), learn)


def around_master(studio: Studio, person: Master, around: Around, tell: Tell) -> Built:
    """Return what the searches find from a linear model."""
    eye = studio.eye()
    judged = _Judged(studio, around.base)
    front = judged.pose("front", "headshot", 0.0, person.style, around.base)
    poses, deltas = [front], []
    for name, turn in ANGLES.items():
        budget = _budget(person, name, tell)
        start = search(around, wishes.turned(around.base, turn * 0.6), eye, Budget(person.seed, solves=SOLVES)).move
        poses.append(
            judged.found(name, "angle", turn, search(around, wishes.turned(around.base, turn), eye, budget, start))
        )
    for name in wishes.EXPRESSIONS:
        found = search(around, wishes.expressing(around.base, name), eye, _budget(person, name, tell))
        poses.append(judged.found(name, "expression", name, found))
    for name, wish in _delta_wishes(around.base).items():
        deltas.append(judged.found(name, "rig", name, search(around, wish, eye, _budget(person, name, tell))))
    kept = rig.Rig(
        {p.name: p.style for p in poses},
        {d.name: np.asarray(d.style - front.style, np.float32) for d in deltas},
        {p.name: p.turn for p in poses},
        around.slopes[:, :BRIEF],
    )
    return Built(tuple(poses), tuple(deltas), rig.read(rig.written(kept)))


class _Judged:
    """Scores heads against the master."""

    def __init__(self, studio: Studio, base: Measured) -> None:
        self._studio = studio
        self._base = self._embeddings(base.pixels)

    def found(self, name: str, step: str, wished: float | str, found: Found) -> Pose:
        """Return a searched head with its scores."""
        return self.pose(name, step, wished, found.style, found.seen)

    def pose(self, name: str, step: str, wished: float | str, style: Vector, seen: Measured) -> Pose:
        """Return a head with its scores."""
        first, second = self._embeddings(seen.pixels)
        studio = self._studio
        return Pose(
            name,
            step,
            wished,
            style,
            seen.pixels,
            seen.marks.turn,
            studio.face.similarity(self._base[0], first),
            studio.judge.similarity(self._base[1], second),
        )

    def _embeddings(self, pixels: RGB) -> tuple[Vector, Vector]:
        faces = self._studio.face.detect(pixels)
        if not faces:
            message = "a built head lost its face"
            raise RenderFailed(message, "cast another seed")
        return self._studio.face.embed(pixels, faces[0]), self._studio.judge.embed(pixels, faces[0])


def _budget(person: Master, name: str, tell: Tell) -> Budget:
    return Budget(person.seed, solves=SOLVES, tries=TRIES, tick=lambda i, n: tell(name, i, n))


def _delta_wishes(base: Measured) -> dict[str, Wish]:
    front = base.marks.turn
    return {
        **{name: wishes.speaking(base, name) for name in wishes.MOUTHS},
        "blink": wishes.blinking(base),
        "turn_left": wishes.turned(base, front - NUDGE),
        "turn_right": wishes.turned(base, front + NUDGE),
    }


def _cut(matte: NDArray[np.float32], chin: float) -> float:
    """Return the share of the top edge and of both sides above the chin that the person covers."""
    rows = matte[: int(chin * matte.shape[0])]
    edges = np.concatenate([matte[2], rows[:, 2], rows[:, -3]])
    return float((edges > 0.5).mean())
