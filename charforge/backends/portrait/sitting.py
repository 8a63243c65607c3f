"""A master as every found head is compared with it: drawn in full, given its face where turned, and graded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.backends.portrait import grading, mending
from charforge.backends.portrait.people import Pose
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from charforge.backends.portrait.people import Master, Studio, Target
    from charforge.backends.protocols import RGB, Landmarks, Vector

SPREADS = (0.15, 0.10)
"""What a step of either judge's score is worth when heads are compared."""
STRANGER = 0.5
"""Share of the bars that a head has to reach before it is given the master's face; a stranger's skull shows through."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A head in full, and the parts it falls short in."""

    pose: Pose
    missed: tuple[str, ...]
    rank: tuple[float, float]
    """Greater for the better head: fewer shortfalls, then the judges' margin; of profiles, the farther that holds."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """A master and what was measured on it."""

    studio: Studio
    pixels: RGB
    marks: Landmarks
    first: Vector
    second: Vector
    colours: grading.Colours

    def grade(self, target: Target, style: Vector) -> Graded | None:
        """Return a style's head in full, given the master's face where it is turned; None when it shows no face."""
        studio = self.studio
        drawn = studio.portrait.generate(style)
        seen = _looked(studio, drawn)
        if seen is None:
            return None
        plain, pixels = self._scores(seen), drawn
        if target.expression is None:
            given = mending.mended(self.pixels, self.marks.points, drawn, seen.marks.points)
            look = _looked(studio, given)
            pixels, seen = (drawn, seen) if look is None else (given, look)
        scores, marks = self._scores(seen), seen.marks
        matte = studio.matte.matte(pixels)
        held = grading.held(self.colours, grading.colours(pixels, matte, marks, self.colours))
        bars = studio.bar(marks.turn)
        missed = grading.missed(target, marks, self.marks, scores=scores, bars=bars, kept=held)
        if any(score < STRANGER * bar for score, bar in zip(plain, bars, strict=True)):
            missed["face"] = f"somebody else but for the master's face: {plain[0]:.2f} and {plain[1]:.2f} without it"
        wished = target.expression or (target.pitch if target.pitch is not None else target.turn or 0.0)
        pose = Pose(
            target.name, target.step, wished, style, pixels, marks.turn, *scores,
            pitch=marks.pitch, held=held, plain=plain, reached=not missed, short=tuple(missed.values()),
        )  # fmt: skip
        if target.open_ended:
            rank = -len(missed.keys() - {"pose"}), abs(marks.turn)
        else:
            rank = -len(missed), margin(studio, marks.turn, scores)
        return Graded(pose, tuple(missed), rank)

    def front(self, target: Target, person: Master) -> Pose:
        """Return the master itself as a target."""
        held = grading.held(self.colours, self.colours)
        marks = self.marks
        return Pose(
            target.name, target.step, target.expression or 0.0, person.style, self.pixels, marks.turn, 1.0, 1.0,
            pitch=marks.pitch, held=held,
        )  # fmt: skip

    def _scores(self, seen: _Look) -> tuple[float, float]:
        face, judge = self.studio.face, self.studio.judge
        return face.similarity(self.first, seen.first), judge.similarity(self.second, seen.second)


@dataclass(frozen=True, slots=True)
class _Look:
    marks: Landmarks
    first: Vector
    second: Vector


def sitting(studio: Studio, person: Master) -> Sitting:
    """Return a master measured; raise RenderFailed when it shows no face."""
    seen = _looked(studio, person.pixels)
    if seen is None:
        message = "the master shows no measurable face"
        raise RenderFailed(message, "cast another seed")
    colours = grading.colours(person.pixels, studio.matte.matte(person.pixels), seen.marks)
    return Sitting(studio, person.pixels, seen.marks, seen.first, seen.second, colours)


def margin(studio: Studio, turn: float, scores: tuple[float, float]) -> float:
    """Return how far the less convinced judge is over its bar, in its own steps."""
    return min((s - bar) / spread for s, bar, spread in zip(scores, studio.bar(turn), SPREADS, strict=True))


def _looked(studio: Studio, pixels: RGB) -> _Look | None:
    faces = studio.face.detect(pixels)
    marks = studio.landmark.landmarks(pixels, faces[0]) if faces else None
    if marks is None:
        return None
    return _Look(marks, studio.face.embed(pixels, faces[0]), studio.judge.embed(pixels, faces[0]))
