"""What a character is built with: its project's backends, and eyes that look at every picture in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.backends.portrait import casting as faces
from charforge.backends.portrait import grading
from charforge.errors import InputError
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.library.standing import Present, present
from charforge.qa import Calibration
from charforge.qa.masters import merged
from charforge.runners import Toolbox
from charforge.studio import calibrating, machine
from charforge.studio.own import OwnModels
from charforge.studio.project import Project

if TYPE_CHECKING:
    from charforge.backends.protocols import (
        RGB,
        Alpha,
        Detection,
        FaceBackend,
        LandmarkBackend,
        Landmarks,
        MatteBackend,
        Vector,
    )

STAGE = "build"


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture with one face, as both judges, the landmarks and the colours see it."""

    pixels: RGB
    face: Detection
    marks: Landmarks
    first: Vector
    second: Vector
    matte: Alpha
    colours: grading.Colours


@dataclass(frozen=True, slots=True)
class Scores:
    """What both judges say of a picture against the master, and their bars at its pose."""

    first: float
    second: float
    bars: tuple[float, float]

    @property
    def same(self) -> bool:
        """Whether both take it for the same person."""
        return self.first >= self.bars[0] and self.second >= self.bars[1]


@dataclass
class Bench:
    """Where one character is worked on."""

    project: Project
    name: str
    tell: Reporter

    @property
    def folder(self) -> Path:
        """The character's folder in the library."""
        return self.project.library / "characters" / self.name

    @cached_property
    def models(self) -> OwnModels:
        """The project's own models, each looked into when it is asked for."""
        return OwnModels(self.project, self.tell)

    @cached_property
    def toolbox(self) -> Toolbox:
        """The backends, each loaded once."""
        return machine.toolbox(self.project, self.models)

    @cached_property
    def judges(self) -> tuple[FaceBackend, FaceBackend]:
        """The two face judges."""
        first, second = self.project.settings.judges
        return self.toolbox.get("face", first), self.toolbox.get("face", second)

    @cached_property
    def calibrations(self) -> tuple[Calibration, Calibration]:
        """What both judges' numbers mean."""
        return calibrating.of(self.project, self.judges[0]), calibrating.of(self.project, self.judges[1])

    @cached_property
    def landmark(self) -> LandmarkBackend:
        """Measures poses and expressions."""
        found: LandmarkBackend = self.toolbox.tool("landmark")
        return found

    @cached_property
    def matting(self) -> MatteBackend:
        """Cuts people out."""
        found: MatteBackend = self.toolbox.tool("matte")
        return found

    @cached_property
    def studio(self) -> faces.Studio:
        """The embedded generator, with everyone who looks at what it draws."""
        return faces.Studio(
            self.toolbox.get("generator", "portrait"), *self.judges, self.landmark, self.matting, bars=self.bars
        )

    @cached_property
    def present(self) -> Present:
        """How far the character is, as the build found it."""
        return present(self.project.library, self.name)

    @cached_property
    def master(self) -> Seen:
        """The master headshot, which everything is scored against; raises InputError when it shows no face."""
        seen = self._seen(self.present.primary)
        merge = self.present.merge
        if not merge:
            return seen
        parts = [(self._seen(file), weight) for file, weight in merge]
        first = merged([(part.first, weight) for part, weight in parts])
        return replace(seen, first=first, second=merged([(part.second, weight) for part, weight in parts]))

    def _seen(self, name: str) -> Seen:
        file = self.folder / name
        seen = self.look(imaging.decode(file))
        if seen is None:
            raise InputError(f"{file} shows no face that can be measured", f"cast again: charforge cast {self.name}")
        return seen

    def bars(self, turn: float) -> tuple[float, float]:
        """Return what both judges ask of a head turned by so many degrees."""
        one, other = self.calibrations
        return one.bar(turn), other.bar(turn)

    def look(self, pixels: RGB, like: Seen | None = None) -> Seen | None:
        """Return what there is to see of the largest face, or None; `like` tells what is worn from hair and skin."""
        first, second = self.judges
        found = first.detect(pixels)
        marks = self.landmark.landmarks(pixels, found[0]) if found else None
        if marks is None:
            return None
        matte = self.matting.matte(pixels)
        known = None if like is None else like.colours
        return Seen(
            pixels,
            found[0],
            marks,
            first.embed(pixels, found[0]),
            second.embed(pixels, found[0]),
            matte,
            grading.colours(pixels, matte, marks, known),
        )

    def scores(self, seen: Seen) -> Scores:
        """Return how alike a picture is to the master."""
        first, second = self.judges
        return Scores(
            float(first.similarity(self.master.first, seen.first)),
            float(second.similarity(self.master.second, seen.second)),
            self.bars(seen.marks.turn),
        )

    def shortfalls(self, target: faces.Target, seen: Seen) -> tuple[tuple[str, ...], faces.Held, Scores]:
        """Return what a picture falls short in, how its colours hold, and its scores."""
        scores = self.scores(seen)
        held = grading.held(self.master.colours, seen.colours)
        missed = grading.missed(
            target,
            seen.marks,
            self.master.marks,
            scores=(scores.first, scores.second),
            bars=scores.bars,
            kept=held,
        )
        return tuple(missed.values()), held, scores

    @contextmanager
    def stage(self, stage: str, unit: str, total: int = 1) -> Iterator[Callable[[str, int, int], None]]:
        """Tell of one long piece of work, and give a listener that turns its steps into events."""
        began = monotonic()
        self.tell(StageStarted(stage, total, unit))
        yield lambda item, done, whole: self.tell(Progressed(stage, item, done, whole))
        self.tell(StageEnded(stage, monotonic() - began))


def embedding(bench: Bench, file: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the face in a picture as the first judge knows it; raise InputError when there is none."""
    pixels = imaging.decode(file)
    found = bench.judges[0].detect(pixels)
    if not found:
        raise InputError(f"{file} shows no face")
    return bench.judges[0].embed(pixels, found[0])
