"""Judges a take: finds the faces, says who they are, and how surely."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging, media
from charforge.domain.takes import Finding, Verdict
from charforge.qa import quality
from charforge.qa.ahead import ahead
from charforge.qa.clips import Summary, sampled, summed
from charforge.qa.masters import Masters
from charforge.qa.pose import eye_distance, turn
from charforge.qa.rules import Company, Sighting, matched, ruled, unscorable
from charforge.qa.severity import outcome
from charforge.qa.tracks import Look
from charforge.qa.watching import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from charforge.backends.protocols import RGB, Detection, FaceBackend, Vector
    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration
    from charforge.qa.watching import Faces, Watch

RULES = 5
"""Counts the changes of rules and measures, so that kept verdicts of older ones are not used."""
EDGE = 0.02
"""Share of a face's width from the picture's edge within which its box makes it count as cut: a detector draws the box
of a cut face around what is left of it. Above the eyes nothing is missed."""


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
        self._first = _Eye(first, calibration, Masters(first, first, files, folder))
        self._second = _Eye(second, second_calibration, Masters(first, second, files, folder))
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
            "rules": RULES,
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
        looks: list[Look] = []
        before: RGB | None = None
        for index, pixels in frames:
            found = self._detected(pixels, faces, watched=bool(watchers))
            for watcher in watchers:
                watcher.look(index, pixels, found)
            looks.append(
                Look(
                    index,
                    self._sightings(pixels, found, company, eye) if faces != "any" else (),
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
        eye: _Eye,
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

    def _company(self, expected: Sequence[ExpectedFace], eye: _Eye) -> Company:
        nearest = tuple(eye.nearest(e, self._cast) for e in expected)
        second = self._second.calibration if eye is self._first else None
        return Company(tuple(expected), nearest, eye.calibration, second)

    def _sightings(self, pixels: RGB, found: Sequence[Detection], company: Company, eye: _Eye) -> tuple[Sighting, ...]:
        """Return the faces with their similarity to everybody expected, by both judges where there is doubt."""
        seen = [_measured(pixels, face, company, eye) for face in found]
        return tuple(self._asked(pixels, face, s, company) for face, s in zip(found, seen, strict=True))

    def _asked(self, pixels: RGB, face: Detection, seen: Sighting, company: Company) -> Sighting:
        if company.second is None or unscorable(seen, company.second) is not None:
            return seen
        if not any(company.doubt(i, seen) for i in range(len(company.expected))):
            return seen
        vector = self._second.judge.embed(pixels, face)
        return replace(seen, second=self._second.compared(vector, company.expected))

    def _detected(self, pixels: RGB, faces: Faces, *, watched: bool) -> tuple[Detection, ...]:
        """Return the faces of a picture where anybody wants to know them."""
        return self._finder.detect(pixels) if watched or faces != "any" else ()


@dataclass(frozen=True, slots=True)
class _Eye:
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


def _measured(pixels: RGB, face: Detection, company: Company, eye: _Eye) -> Sighting:
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
    with picture.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
