"""What one judge makes of a face, and when the second one is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from charforge.qa import quality
from charforge.qa.pose import eye_distance, turn
from charforge.qa.rules import Company, Sighting, unscorable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.protocols import RGB, Detection, FaceBackend, Vector
    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration
    from charforge.qa.masters import Masters

EDGE = 0.02
"""Share of a face's width from the picture's edge within which its box makes it count as cut: a detector draws the box
of a cut face around what is left of it. Above the eyes nothing is missed."""

OFTEN = 8
"""Of so many doubtful faces of somebody the second judge sees all; of n times as many, the square root of n times as
many."""


@dataclass(slots=True)
class Questions:
    """Which doubtful faces of a clip the second judge is asked about: at first all, then ever fewer.

    It takes five times as long as the first, and a long clip in doubt is as sure after twenty answers as after two
    hundred.
    """

    doubts: Counter[int] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)

    def due(self, people: Sequence[int]) -> bool:
        """Return whether to ask about a face that is in doubt for these people, and count it."""
        due = any(self.asked[i] ** 2 <= OFTEN * self.doubts[i] for i in people)
        self.doubts.update(people)
        if due:
            self.asked.update(people)
        return due


@dataclass(frozen=True, slots=True)
class Eye:
    """One judge with what its numbers mean and what it knows of the cast."""

    judge: FaceBackend
    calibration: Calibration
    masters: Masters

    def compared(self, vector: Vector, expected: Sequence[ExpectedFace]) -> tuple[float, ...]:
        """Return how alike a face is to everybody expected."""
        return tuple(self.judge.similarity(vector, self.masters.face(e)) for e in expected)

    def nearest(self, character: ExpectedFace, cast: dict[str, ExpectedFace]) -> float | None:
        """Return a character's similarity to the most alike other member of the cast, by name."""
        own = self.masters.face(character)
        others = [c for who, c in cast.items() if who != character.who and c.master != character.master]
        return max((self.judge.similarity(own, self.masters.face(c)) for c in others), default=None)


def measured(pixels: RGB, face: Detection, company: Company, eye: Eye) -> Sighting:
    """Return a face as a judge measures it; one that cannot be scored, or when nobody is expected, without numbers."""
    x, y, w, h = (round(v) for v in face.box)
    height, width = pixels.shape[:2]
    room = min(face.box[0], width - face.box[0] - face.box[2], height - face.box[1] - face.box[3])
    whole = room > EDGE * face.box[2]
    measures = (x, y, w, h), turn(face), eye_distance(face), quality.detail(pixels, face), face.confidence
    bare = Sighting(*measures, whole=whole)
    if not company.expected or unscorable(bare, eye.calibration) is not None:
        return bare
    vector = eye.judge.embed(pixels, face)
    return Sighting(*measures, alike=eye.compared(vector, company.expected), whole=whole, vector=vector)
