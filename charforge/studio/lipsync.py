"""Looks whether the mouths in a clip move with the lines that are heard over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from charforge import media
from charforge.backends.protocols import RGB, Detection, FaceBackend, LandmarkBackend, Sound
from charforge.domain.blocking import Blocking
from charforge.domain.jobs import ClipJob, ExpectedFace
from charforge.domain.takes import Finding, Take
from charforge.qa import Judge
from charforge.qa.hearing.limits import limits
from charforge.qa.hearing.lips import AROUND, Heard, lips
from charforge.qa.hearing.mouths import followed
from charforge.runners import Toolbox
from charforge.studio.hearing import heard

RATE = 16_000
"""Samples a second at which loudness is followed."""


def speech(take: Take) -> Blocking | None:
    """Return the blocking of a clip in which somebody on screen speaks; None of any other."""
    written = take.job.settings.get("blocking")
    if not isinstance(take.job, ClipJob) or not written or not written.get("speech"):
        return None
    return Blocking.model_validate(written)


@dataclass(frozen=True, slots=True)
class Lipsync:
    """Who looks at mouths."""

    finder: FaceBackend
    landmarks: LandmarkBackend
    judge: Judge
    files: Callable[[str], Path]

    @classmethod
    def ready(cls, toolbox: Toolbox, finder: FaceBackend, judge: Judge, files: Callable[[str], Path]) -> Lipsync:
        """Return one that can work; raise BackendMissing with what to type where it cannot."""
        return cls(finder, toolbox.ready("landmark"), judge, files)

    def findings(self, clip: Path, take: Take, expected: Sequence[ExpectedFace]) -> tuple[Finding, ...]:
        """Return what is wrong with the lips of a clip; raise MediaError when it or a line cannot be read."""
        blocking = speech(take)
        if blocking is None or not isinstance(take.job, ClipJob):
            return ()
        fps = float(Fraction(take.job.rate))
        seconds = take.job.frames / fps
        sound, lines = self._heard(take, blocking, fps, seconds)
        wanted = _looks(lines, fps, take.job.frames)
        frames = ((number / fps, pixels) for number, pixels in media.frames(clip, wanted))
        mouths = followed(frames, self.finder, self.landmarks, lambda p, f: self._names(p, f, expected))
        known = [mouth for mouth in mouths if mouth.who in {e.who for e in expected}]
        return tuple(
            f.changed(frame=None if f.time is None else round(f.time * fps))
            for f in lips(known, sound, lines, limits().lips)
        )

    def _heard(self, take: Take, blocking: Blocking, fps: float, seconds: float) -> tuple[Sound, tuple[Heard, ...]]:
        """Return the lines as they lie over the clip, and who says which when."""
        track = np.zeros(round(seconds * RATE), np.float32)
        lines: list[Heard] = []
        for said in blocking.speech:
            digest = take.job.input("voice", said.name)
            if digest is None:
                continue
            start = round(said.start / fps * RATE)
            part = heard(self.files(digest), RATE).samples[: max(len(track) - start, 0)]
            track[start : start + len(part)] += part
            lines.append(Heard(said.who, start / RATE, (start + len(part)) / RATE))
        return Sound(track, RATE), tuple(lines)

    def _names(self, pixels: RGB, faces: Sequence[Detection], expected: Sequence[ExpectedFace]) -> list[str]:
        """Return whose faces these are; the only one of the only one expected needs no comparing."""
        if len(faces) == 1 and len(expected) == 1:
            return [expected[0].who]
        names = [""] * len(faces)
        for person, seen in zip(expected, self.judge.found(pixels, expected), strict=True):
            if seen is not None:
                names[min(range(len(faces)), key=lambda n: _apart(faces[n], seen.box))] = person.who
        return names


def _looks(lines: Sequence[Heard], fps: float, frames: int) -> list[int]:
    """Return the frames to look at: those of the lines and a little around them."""
    step = max(round(fps / limits().lips.per_second), 1)
    spans = [(line.start - AROUND, line.end + AROUND) for line in lines]
    return [n for n in range(0, frames, step) if any(start <= n / fps <= end for start, end in spans)]


def _apart(face: Detection, box: tuple[int, int, int, int]) -> float:
    x, y, w, h = face.box
    return abs(x + w / 2 - box[0] - box[2] / 2) + abs(y + h / 2 - box[1] - box[3] / 2)
