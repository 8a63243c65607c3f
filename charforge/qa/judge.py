"""Judges a take: finds the faces, says who they are, and how surely."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging, media
from charforge.documents import sha256
from charforge.domain.takes import Finding, Verdict
from charforge.qa import quality
from charforge.qa.ahead import ahead
from charforge.qa.clips import Summary, sampled, summed
from charforge.qa.eye import Eye, Questions, measured
from charforge.qa.masters import Masters
from charforge.qa.rules import Company, Sighting, matched, ruled, unscorable
from charforge.qa.severity import outcome, severity_version
from charforge.qa.tracks import Look
from charforge.qa.watching import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from charforge.backends.protocols import RGB, Detection, FaceBackend
    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration
    from charforge.qa.watching import Faces, Watch

RULES = 9
"""Counts the changes of rules and measures, so that kept verdicts of older ones are not used."""


class Judge:
    """Two independent face models: the first finds faces and judges, the second confirms."""

    def __init__(  # noqa: PLR0913 - two judges, each with what its numbers mean
        self,
        first: FaceBackend,
        second: FaceBackend,
        calibration: Calibration,
        second_calibration: Calibration,
        files: Callable[[str], Path],
        *,
        cast: Sequence[ExpectedFace] = (),
        folder: Path | None = None,
    ) -> None:
        """Take the judges, a lookup of master pictures by digest, the whole cast, and a folder to keep embeddings."""
        self._finder = first
        self._first = Eye(first, calibration, Masters(first, first, files, folder))
        self._second = Eye(second, second_calibration, Masters(first, second, files, folder))
        self._cast = {c.who: c for c in cast}

    def cache_key(
        self, blob: str, expected: Sequence[ExpectedFace], faces: Faces = "expected", watch: Watch = NOBODY
    ) -> str:
        """Return the key under which verdicts on these bytes may be kept."""
        parts = {
            "blob": blob,
            "judges": [e.judge.revision for e in (self._first, self._second)],
            "calibration": [e.calibration.version for e in (self._first, self._second)],
            "expected": [[e.who, e.master, e.turn, *_further(e)] for e in expected],
            "cast": sorted([who, e.master, *_shares(e)] for who, e in self._cast.items()),
            "faces": faces,
            "rules": [RULES, severity_version()],
            "watch": watch.key,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def meet(self) -> None:
        """Look at the cast's master pictures; raise InputError when one does not show one face."""
        for face in self._cast.values():
            for eye in (self._first, self._second):
                eye.masters.face(face)

    def still(
        self,
        picture: Path | RGB,
        expected: Sequence[ExpectedFace],
        faces: Faces = "expected",
        *,
        take: str = "",
        watch: Watch = NOBODY,
    ) -> Verdict:
        """Return the first judge's verdict on a picture; `take` is its key, by default the picture's own digest.

        Raises InputError when the picture or a master cannot be used.
        """
        return self._judged(picture, expected, faces, self._first, take, watch)

    def confirm(
        self, picture: Path | RGB, expected: Sequence[ExpectedFace], faces: Faces = "expected", *, take: str = ""
    ) -> Verdict:
        """Return the second judge's verdict on a picture, on the faces that the first judge's detector finds."""
        return self._judged(picture, expected, faces, self._second, take, NOBODY)

    def clip(  # noqa: PLR0913 - what is expected of a clip
        self,
        path: Path,
        expected: Sequence[ExpectedFace],
        faces: Faces = "expected",
        *,
        moves: bool = True,
        take: str = "",
        watch: Watch = NOBODY,
    ) -> Verdict:
        """Return the first judge's verdict on a clip, from about four frames a second.

        `moves` says that a clip in which nothing moves is a fault. Raises MediaError when it cannot be read.
        """
        found = media.probe(path)
        frames = ahead(media.frames(path, sampled(found.frames, found.rate)))
        take = take or _digest(path)
        return self.watched(frames, expected, faces, moves=moves, take=take, watch=watch, time=found.time)

    def watched(  # noqa: PLR0913 - what is expected of a clip
        self,
        frames: Iterable[tuple[int, RGB]],
        expected: Sequence[ExpectedFace],
        faces: Faces = "expected",
        *,
        moves: bool = True,
        take: str,
        watch: Watch = NOBODY,
        time: Callable[[int], float] | None = None,
        second: bool = False,
    ) -> Verdict:
        """Return a judge's verdict on the frames of a clip, given in order with their numbers.

        `time` tells the second that a frame is shown at. `second` asks the second judge, who watches nothing else.
        """
        eye = self._second if second else self._first
        company = self._company(expected if faces == "expected" else (), eye)
        watchers = tuple(watch.watchers())
        questions = Questions()
        looks: list[Look] = []
        before: RGB | None = None
        searched = ((n, pixels, self._detected(pixels, faces, watched=bool(watchers))) for n, pixels in frames)
        for index, pixels, found in ahead(searched):
            for watcher in watchers:
                watcher.look(index, pixels, found)
            looks.append(
                Look(
                    index,
                    self._sightings(pixels, found, company, eye, questions) if faces != "any" else (),
                    None if time is None else time(index),
                    quality.black(pixels),
                    None if before is None else quality.change(before, pixels),
                )
            )
            before = pixels
        summary = summed(looks, company, eye.judge.similarity, faces, moves=moves)
        told = tuple(f for watcher in watchers for f in watcher.findings())
        return _verdict(take, summary, told, eye.calibration)

    def found(self, pixels: RGB, expected: Sequence[ExpectedFace]) -> tuple[Sighting | None, ...]:
        """Return for everybody expected the face that is theirs, no face twice; None where no face is left for them.

        Unlike a verdict it names a face however little it is alike, so that the number can be told.
        """
        scorable = [s for s in self.measured(pixels, expected) if s.alike]
        company = self.company(expected)
        return tuple(None if at is None else scorable[at] for at in matched(company, scorable))

    def measured(self, pixels: RGB, expected: Sequence[ExpectedFace]) -> tuple[Sighting, ...]:
        """Return every face of a picture as the first judge measures it, largest first."""
        return self._sightings(pixels, self._finder.detect(pixels), self.company(expected), self._first)

    def company(self, expected: Sequence[ExpectedFace]) -> Company:
        """Return who is expected, with what the first judge measures them by."""
        return self._company(expected, self._first)

    def _judged(  # noqa: PLR0913, PLR0917 - what is expected of a picture
        self,
        picture: Path | RGB,
        expected: Sequence[ExpectedFace],
        faces: Faces,
        eye: Eye,
        take: str,
        watch: Watch,
    ) -> Verdict:
        pixels = imaging.decode(picture) if isinstance(picture, Path) else picture
        watchers = tuple(watch.watchers())
        found = self._detected(pixels, faces, watched=bool(watchers))
        for watcher in watchers:
            watcher.look(0, pixels, found)
        told = tuple(f for watcher in watchers for f in watcher.findings())
        if quality.black(pixels):
            summary = Summary(findings=(Finding(code="black", message="the picture is black"),))
        elif faces == "any":
            summary = Summary()
        else:
            company = self._company(expected if faces == "expected" else (), eye)
            summary = Summary(*ruled(company, self._sightings(pixels, found, company, eye), faces))
        return _verdict(take or _digest(picture), summary, told, eye.calibration)

    def _company(self, expected: Sequence[ExpectedFace], eye: Eye) -> Company:
        nearest = tuple(eye.nearest(e, self._cast) for e in expected)
        second = self._second.calibration if eye is self._first else None
        return Company(tuple(expected), nearest, eye.calibration, second)

    def _sightings(
        self,
        pixels: RGB,
        found: Sequence[Detection],
        company: Company,
        eye: Eye,
        questions: Questions | None = None,
    ) -> tuple[Sighting, ...]:
        """Return the faces with their similarity to everybody expected, by both judges where there is doubt."""
        questions = questions or Questions()
        seen = [measured(pixels, face, company, eye) for face in found]
        return tuple(self._asked(pixels, face, s, company, questions) for face, s in zip(found, seen, strict=True))

    def _asked(self, pixels: RGB, face: Detection, seen: Sighting, company: Company, questions: Questions) -> Sighting:
        if company.second is None or unscorable(seen, company.second) is not None:
            return seen
        if not questions.due([i for i in range(len(company.expected)) if company.doubt(i, seen)]):
            return seen
        vector = self._second.judge.embed(pixels, face)
        return replace(seen, second=self._second.compared(vector, company.expected))

    def _detected(self, pixels: RGB, faces: Faces, *, watched: bool) -> tuple[Detection, ...]:
        """Return the faces of a picture where anybody wants to know them."""
        return self._finder.detect(pixels) if watched or faces != "any" else ()


def _shares(face: ExpectedFace) -> list[list[tuple[str, float]]]:
    """Return what a merge adds to a key."""
    return [[(share.digest, share.weight) for share in face.merge]] if face.merge else []


def _further(face: ExpectedFace) -> list[object]:
    """Return what else of somebody expected changes a verdict: nothing where nothing is said."""
    return [*_shares(face), *([face.place] if face.place else [])]


def _verdict(take: str, summary: Summary, watched: tuple[Finding, ...], calibration: Calibration) -> Verdict:
    """Return the verdict; where a watcher found what the judge found too, the watcher's finding stands."""
    known = {f.code for f in watched}
    findings = (*(f for f in summary.findings if f.code not in known), *watched)
    return Verdict(
        take=take,
        outcome=outcome(findings, calibration),
        scores=summary.scores,
        findings=findings,
        calibration=calibration.version,
        curve=summary.curve,
    )


def _digest(picture: Path | RGB) -> str:
    if not isinstance(picture, Path):
        return hashlib.sha256(picture.tobytes()).hexdigest()
    return sha256(picture)
