"""Judges a take: finds the faces, says who they are, and how surely."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging, media
from charforge.domain.takes import Finding, Score, Verdict
from charforge.qa import quality
from charforge.qa.assignment import assigned
from charforge.qa.clips import Look, sampled, summed
from charforge.qa.masters import Masters
from charforge.qa.pose import eye_distance, turn
from charforge.qa.rules import Faces, Sighting, outcome, ruled, unscorable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from charforge.backends.protocols import RGB, Detection, FaceBackend
    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration

RULES = 3
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
        self._first = _Eye(first, calibration, Masters(first, first, files, folder))
        self._second = _Eye(second, second_calibration, Masters(first, second, files, folder))
        self._cast = {c.who: c for c in cast}

    def cache_key(self, blob: str, expected: Sequence[ExpectedFace], faces: Faces = "expected") -> str:
        """Return the key under which verdicts on these bytes may be kept."""
        parts = {
            "blob": blob,
            "judges": [e.judge.revision for e in (self._first, self._second)],
            "calibration": [e.calibration.version for e in (self._first, self._second)],
            "expected": [[e.who, e.master, e.turn, *_shares(e)] for e in expected],
            "cast": sorted([who, e.master, *_shares(e)] for who, e in self._cast.items()),
            "faces": faces,
            "rules": RULES,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def meet(self) -> None:
        """Look at the cast's master pictures; raise InputError when one does not show one face."""
        for face in self._cast.values():
            for eye in (self._first, self._second):
                eye.masters.face(face)

    def still(
        self, picture: Path | RGB, expected: Sequence[ExpectedFace], faces: Faces = "expected", *, take: str = ""
    ) -> Verdict:
        """Return the first judge's verdict on a picture; `take` is its key, by default the picture's own digest.

        Raises InputError when the picture or a master cannot be used.
        """
        return self._judged(picture, expected, faces, self._first, take)

    def confirm(
        self, picture: Path | RGB, expected: Sequence[ExpectedFace], faces: Faces = "expected", *, take: str = ""
    ) -> Verdict:
        """Return the second judge's verdict on a picture, on the faces that the first judge's detector finds."""
        return self._judged(picture, expected, faces, self._second, take)

    def clip(
        self,
        path: Path,
        expected: Sequence[ExpectedFace],
        faces: Faces = "expected",
        *,
        moves: bool = True,
        take: str = "",
    ) -> Verdict:
        """Return the first judge's verdict on a clip, from about four frames a second.

        `moves` says that a clip in which nothing moves is a fault. Raises MediaError when it cannot be read.
        """
        found = media.probe(path)
        frames = media.frames(path, sampled(found.frames, found.rate))
        return self.watched(frames, expected, faces, moves=moves, take=take or _digest(path))

    def watched(
        self,
        frames: Iterable[tuple[int, RGB]],
        expected: Sequence[ExpectedFace],
        faces: Faces = "expected",
        *,
        moves: bool = True,
        take: str,
    ) -> Verdict:
        """Return the first judge's verdict on the frames of a clip, given in order with their numbers."""
        looks: list[Look] = []
        before: RGB | None = None
        for index, pixels in frames:
            scores, findings = self._looked(pixels, expected, faces, self._first)
            changed = None if before is None else quality.change(before, pixels)
            looks.append(Look(index, scores, findings, changed))
            before = pixels
        wanted = expected if faces == "expected" else ()
        scores, findings = summed(looks, wanted, self._first.calibration, moves=moves)
        return _verdict(take, scores, findings, self._first.calibration)

    def found(self, pixels: RGB, expected: Sequence[ExpectedFace]) -> tuple[Sighting | None, ...]:
        """Return for everybody expected the face that is theirs, no face twice; None where no face is left for them.

        Unlike a verdict it names a face however little it is alike, so that the number can be told.
        """
        eye = self._first
        seen = [self._measured(pixels, face, expected, eye) for face in self._finder.detect(pixels)]
        scorable = [s for s in seen if s.alike]
        worth = [[s.alike[i] - eye.calibration.bar(s.turn) for s in scorable] for i in range(len(expected))]
        return tuple(None if at is None else scorable[at] for at in assigned(worth))

    def _judged(
        self, picture: Path | RGB, expected: Sequence[ExpectedFace], faces: Faces, eye: _Eye, take: str
    ) -> Verdict:
        pixels = imaging.decode(picture) if isinstance(picture, Path) else picture
        scores, findings = self._looked(pixels, expected, faces, eye)
        return _verdict(take or _digest(picture), scores, findings, eye.calibration)

    def _looked(
        self, pixels: RGB, expected: Sequence[ExpectedFace], faces: Faces, eye: _Eye
    ) -> tuple[tuple[Score, ...], tuple[Finding, ...]]:
        """Return the scores and findings of one picture or frame."""
        if quality.black(pixels):
            return (), (Finding(code="black", message="the picture is black"),)
        if faces == "any":
            return (), ()
        wanted = expected if faces == "expected" else ()
        seen = [self._measured(pixels, face, wanted, eye) for face in self._finder.detect(pixels)]
        return ruled(wanted, [eye.nearest(e, self._cast) for e in wanted], seen, faces, eye.calibration)

    @staticmethod
    def _measured(pixels: RGB, face: Detection, expected: Sequence[ExpectedFace], eye: _Eye) -> Sighting:
        """Return a face with its similarity to everybody expected, where it can be scored."""
        x, y, w, h = (round(v) for v in face.box)
        measures = (x, y, w, h), turn(face), eye_distance(face), quality.detail(pixels, face), face.confidence
        bare = Sighting(*measures)
        if not expected or unscorable(bare, eye.calibration) is not None:
            return bare
        vector = eye.judge.embed(pixels, face)
        alike = (eye.judge.similarity(vector, eye.masters.face(e)) for e in expected)
        return Sighting(*measures, alike=tuple(alike))


@dataclass(frozen=True, slots=True)
class _Eye:
    """One judge with what its numbers mean and what it knows of the cast."""

    judge: FaceBackend
    calibration: Calibration
    masters: Masters

    def nearest(self, character: ExpectedFace, cast: dict[str, ExpectedFace]) -> float | None:
        """Return a character's similarity to the most alike other member of the cast, by name."""
        own = self.masters.face(character)
        others = [c for who, c in cast.items() if who != character.who and c.master != character.master]
        return max((self.judge.similarity(own, self.masters.face(c)) for c in others), default=None)


def _shares(face: ExpectedFace) -> list[list[tuple[str, float]]]:
    """Return what a merge adds to a key: nothing without one, so that older verdicts stay known."""
    return [[(share.digest, share.weight) for share in face.merge]] if face.merge else []


def _verdict(take: str, scores: tuple[Score, ...], findings: tuple[Finding, ...], calibration: Calibration) -> Verdict:
    result = outcome(findings, calibration)
    return Verdict(take=take, outcome=result, scores=scores, findings=findings, calibration=calibration.version)


def _digest(picture: Path | RGB) -> str:
    if not isinstance(picture, Path):
        return hashlib.sha256(picture.tobytes()).hexdigest()
    with picture.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
