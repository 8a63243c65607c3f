"""Measures what judging costs: faces a second, clips against the time they play, and what is added to the models."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
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
class Timed:
    """A face backend that notes how long its models take."""

    inner: Any
    seconds: float = 0.0
    faces: int = 0

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the inner backend's faces."""
        began = time.perf_counter()
        found: tuple[Detection, ...] = self.inner.detect(pixels)
        self.seconds += time.perf_counter() - began
        return found

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return the inner backend's embedding."""
        began = time.perf_counter()
        vector: Vector = self.inner.embed(pixels, face)
        self.seconds += time.perf_counter() - began
        self.faces += 1
        return vector

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a backend has
        return getattr(self.inner, name)


def costs(face: FaceBackend, judge_of: Callable[[Any], Judge], material: Material, scratch: Path) -> tuple[Figure, ...]:
    """Return the figures; each is the median of a few runs after one that loads everything."""
    timed = Timed(face)
    judge = judge_of(timed)
    stills = [(_large(scene.frame(n)), who) for scene, who in material.clips for n in (0, 8, 16, 24)]
    return (
        *_stills(judge, timed, stills),
        *(f for clip in material.clips for f in _clips(judge, timed, clip, scratch)),
    )


def _stills(judge: Judge, timed: Timed, stills: list[tuple[RGB, tuple[ExpectedFace, ...]]]) -> tuple[Figure, ...]:
    """Time pictures that are in memory."""
    rates, added = [], []
    for run in range(RUNS + 1):
        timed.seconds, timed.faces = 0.0, 0
        began = time.perf_counter()
        for pixels, expected in stills:
            judge.still(pixels, expected, take="0" * 64)
        took = time.perf_counter() - began
        if run:
            rates.append(timed.faces / took)
            added.append(100 * (took / timed.seconds - 1))
    note = f"{len(stills)} pictures of {SIZE[0]}x{SIZE[1]} with {timed.faces} faces, {os.cpu_count()} cores"
    return (
        Figure(what="stills", value=statistics.median(rates), unit="faces/s", aim="at least 15", note=note),
        Figure(what="stills, above the model calls", value=statistics.median(added), unit="%", aim="at most 15"),
    )


def _clips(
    judge: Judge, timed: Timed, clip: tuple[Scene, tuple[ExpectedFace, ...]], scratch: Path
) -> tuple[Figure, ...]:
    """Time a clip in two files: as takes are kept, every frame for itself, and as the web sends it."""
    scene, expected = clip
    kept, sent = scratch / "kept.mkv", scratch / "sent.mp4"
    pictures = [_large(pixels).tobytes() for _, pixels in scene.frames(every=True)]
    count = LENGTH * TIMES
    frames = (pictures[n % (2 * LENGTH) if n % (2 * LENGTH) < LENGTH else -1 - n % LENGTH] for n in range(count))
    media.encode_clip(Frames(RATE, *SIZE, "rgb24", frames, count), kept)
    media.run(["-i", str(kept), "-c:v", "libx264", "-preset", "fast", "-crf", "20", "-an", "-y", str(sent)])
    people = f"{len(expected)} {'person' if len(expected) == 1 else 'people'}"
    return tuple(
        figure
        for path, name in ((kept, "each frame for itself"), (sent, "H.264 as the web sends it"))
        for figure in _file(judge, timed, path, expected, f"1080p clip, {people}, {name}")
    )


def _file(judge: Judge, timed: Timed, path: Path, expected: tuple[ExpectedFace, ...], what: str) -> tuple[Figure, ...]:
    length = LENGTH * TIMES / float(RATE)
    ratios, added = [], []
    for run in range(RUNS + 1):
        timed.seconds, timed.faces = 0.0, 0
        began = time.perf_counter()
        judge.clip(path, expected)
        took = time.perf_counter() - began
        if run:
            ratios.append(length / took)
            added.append(100 * (took / timed.seconds - 1))
    return (
        Figure(what=what, value=statistics.median(ratios), unit="x real time", aim="at least 4"),
        Figure(
            what=f"{what}, above the model calls",
            value=statistics.median(added),
            unit="%",
            aim="at most 15",
            note="decoding included",
        ),
    )


def _large(pixels: RGB) -> RGB:
    import cv2

    return np.asarray(cv2.resize(pixels, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)
