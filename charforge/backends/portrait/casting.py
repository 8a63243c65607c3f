"""Casts a person who does not exist and builds what a film needs of them, all from a seed.

`candidates` draws faces and says which of them can be composited; `master` makes one calm and frontal; `build` finds
angles, expressions and the rig around the master, each scored by two judges. What is kept goes into the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait import basis, wishes
from charforge.backends.portrait.building import around_master, assembled, kept, neighbourhood, orders
from charforge.backends.portrait.hunt import hunt
from charforge.backends.portrait.people import TARGETS, Built, Candidate, Held, Master, Pose, Studio, Target
from charforge.backends.portrait.search import Budget, explore, search

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from charforge.backends.portrait.people import Tell
    from charforge.backends.protocols import Vector

__all__ = [
    "TARGETS", "Built", "Candidate", "Held", "Master", "Pose", "Studio", "Target", "around_master", "assembled",
    "build", "candidates", "hunt", "kept", "master", "neighbourhood", "orders",
]  # fmt: skip

TRUNCATION = 0.6
CAST_NEIGHBOURS, CAST_SOLVES, CAST_TRIES = 150, 8, 30


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
    budget = Budget(seed, CAST_NEIGHBOURS, CAST_SOLVES, CAST_TRIES, lambda i, n: tell("master", i, n))
    around = explore(start, basis.shipped(), eye, budget)
    found = search(around, wishes.neutral(around.base, apart), eye, budget)
    return Master(seed, truncation, found.style, found.seen.pixels, found.seen.face, found.likeness)


def build(studio: Studio, person: Master, tell: Tell, retakes: dict[str, int] | None = None) -> Built:
    """Return angles, expressions and the rig around a master; raise RenderFailed when its face cannot be measured.

    `retakes` names angles whose search somebody looked at and wants from other randomness, by its number.
    """
    return around_master(studio, person, neighbourhood(studio, person, tell), tell, retakes or {})


def _cut(matte: NDArray[np.float32], chin: float) -> float:
    """Return the share of the top edge and of both sides above the chin that the person covers."""
    rows = matte[: int(chin * matte.shape[0])]
    edges = np.concatenate([matte[2], rows[:, 2], rows[:, -3]])
    return float((edges > 0.5).mean())
