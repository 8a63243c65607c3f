"""Measures what judging costs: faces a second, clips against the time they play, and what is added to the models."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge import media
from charforge.backends.protocols import RGB, Frames
from charforge.bench.figures import Figure
from charforge.bench.footage import LENGTH, RATE, Scene

if TYPE_CHECKING:
    from charforge.backends.protocols import Detection, FaceBackend, Vector
    from charforge.domain.jobs import ExpectedFace
    from charforge.qa import Judge

SIZE = (1920, 1080)
TIMES = 6
"""How often a clip's frames follow each other in the file that is timed: nine seconds."""
RUNS = 3


@dataclass(frozen=True, slots=True)
class Material:
    """What is judged, with who is expected in it."""

    clips: tuple[tuple[Scene, tuple[ExpectedFace, ...]], ...]


@dataclass(slots=True)
class Recorder:
    """A face backend that notes every call of its model, to make the same ones again with nothing between them."""

    inner: Any
    calls: list[Callable[[], object]]

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the inner backend's faces."""
        self.calls.append(partial(self.inner.detect, pixels))
        found: tuple[Detection, ...] = self.inner.detect(pixels)
        return found

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return the inner backend's embedding."""
        self.calls.append(partial(self.inner.embed, pixels, face))
        vector: Vector = self.inner.embed(pixels, face)
        return vector

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a backend has
        return getattr(self.inner, name)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work took, the median of a few runs, and what its model calls take by themselves."""

    seconds: float
    added: float
    """Per cent of the calls' own time that the work takes longer; below 0 where it does two things at once."""
    busy: float
    """The same in processor time, which doing two things at once does not lessen."""


CostOf = Callable[[Callable[["Judge"], object]], Cost]


def costs(
    faces: tuple[FaceBackend, FaceBackend], judge_of: Callable[[Any, Any], Judge], material: Material, scratch: Path
) -> tuple[Figure, ...]:
    """Return what stills and clips cost a judge with these two models."""
    calls: list[Callable[[], object]] = []
    judge, noted = judge_of(*faces), judge_of(*(Recorder(face, calls) for face in faces))

    def cost(work: Callable[[Judge], object]) -> Cost:
        # The first time it looks at the master pictures, too.
        for _ in range(2):
            calls.clear()
            work(noted)
        return _cost(partial(work, judge), tuple(calls))

    stills = [(_large(scene.frame(n)), who) for scene, who in material.clips for n in (0, 8, 16, 24)]
    return (*_stills(cost, stills), *(f for clip in material.clips for f in _clips(cost, clip, scratch)))


def _cost(work: Callable[[], object], calls: Sequence[Callable[[], object]]) -> Cost:
    """Time a piece of work against its model calls by themselves, in turns, after a run that loads what is needed."""
    seconds, added, busy = [], [], []
    for run in range(RUNS + 1):
        took, used = _clocked(work)
        alone, needed = _clocked(lambda: [call() for call in calls])
        if run:
            seconds.append(took)
            added.append(100 * (took / alone - 1))
            busy.append(100 * (used / needed - 1))
    return Cost(*(statistics.median(values) for values in (seconds, added, busy)))


def _clocked(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that something takes, and those of all processors."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def _stills(cost_of: CostOf, stills: list[tuple[RGB, tuple[ExpectedFace, ...]]]) -> tuple[Figure, ...]:
    """Time pictures that are in memory."""
    cost = cost_of(lambda judge: [judge.still(pixels, who, take="0" * 64) for pixels, who in stills])
    faces = sum(len(who) for _, who in stills)
    note = f"{len(stills)} pictures of {SIZE[0]}x{SIZE[1]} with {faces} faces, {os.cpu_count()} cores"
    rate = Figure(what="stills", value=faces / cost.seconds, unit="faces/s", aim="at least 15", note=note)
    return rate, _added("stills", cost)


def _clips(cost_of: CostOf, clip: tuple[Scene, tuple[ExpectedFace, ...]], scratch: Path) -> tuple[Figure, ...]:
    """Time a clip in two files: as takes are kept, every frame for itself, and as the web sends it."""
    scene, expected = clip
    kept, sent = scratch / "kept.mkv", scratch / "sent.mp4"
    pictures = [_large(pixels).tobytes() for _, pixels in scene.frames(every=True)]
    count = LENGTH * TIMES
    frames = (pictures[n % (2 * LENGTH) if n % (2 * LENGTH) < LENGTH else -1 - n % LENGTH] for n in range(count))
    media.encode_clip(Frames(RATE, *SIZE, "rgb24", frames, count), kept)
    media.run(["-i", str(kept), "-c:v", "libx264", "-preset", "fast", "-crf", "20", "-an", "-y", str(sent)])
    people = f"{len(expected)} {'person' if len(expected) == 1 else 'people'}"
    figures: list[Figure] = []
    for path, name in ((kept, "each frame for itself"), (sent, "H.264 as the web sends it")):
        what = f"1080p clip, {people}, {name}"
        cost = cost_of(lambda judge, path=path: judge.clip(path, expected))  # type: ignore[misc] # mypy infers no default
        times = count / float(RATE) / cost.seconds
        figures += [Figure(what=what, value=times, unit="x real time", aim="at least 4"), _added(what, cost)]
    return tuple(figures)


def _added(what: str, cost: Cost) -> Figure:
    note = f"decoding included; in processor time {cost.busy:+.0f} %"
    return Figure(what=f"{what}, above the bare model calls", value=cost.added, unit="%", aim="at most 15", note=note)


def _large(pixels: RGB) -> RGB:
    import cv2

    return np.asarray(cv2.resize(pixels, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)
