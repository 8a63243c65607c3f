"""Judges a take: finds the faces, says who they are, and how surely."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging
from charforge.domain.takes import Finding, Outcome, Score, Verdict
from charforge.qa import quality
from charforge.qa.masters import Masters
from charforge.qa.pose import eye_distance, turn
from charforge.qa.rules import Faces, Sighting, outcome, ruled, unscorable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charforge.backends.protocols import RGB, Detection, FaceBackend
    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration


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
        self.first = first
        self.second = second
        self.calibration = calibration
        self.second_calibration = second_calibration
        self._cast = {c.who: c.master for c in cast}
        self._masters = Masters(first, first, files, folder)
        self._second_masters = Masters(first, second, files, folder)

    def cache_key(self, blob: str, expected: Sequence[ExpectedFace], faces: Faces = "expected") -> str:
        """Return the key under which a verdict on these bytes may be kept."""
        parts = {
            "blob": blob,
            "judges": [self.first.revision, self.second.revision],
            "calibration": [self.calibration.version, self.second_calibration.version],
            "expected": [[e.who, e.master, e.turn] for e in expected],
            "cast": sorted(self._cast.items()),
            "faces": faces,
            "rules": 1,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def still(
        self, picture: Path | RGB, expected: Sequence[ExpectedFace], faces: Faces = "expected", *, take: str = ""
    ) -> Verdict:
        """Return the first judge's verdict on a picture; `take` is its key, the picture's own digest without one."""
        pixels, name = _loaded(picture, take)
        scores, findings, result = self.looked(pixels, expected, faces)
        version = self.calibration.version
        return Verdict(take=name, outcome=result, scores=scores, findings=findings, calibration=version)

    def confirm(self, picture: Path | RGB, expected: Sequence[ExpectedFace], *, take: str = "") -> Verdict:
        """Return the second judge's verdict on a picture in which these people are expected."""
        pixels, name = _loaded(picture, take)
        seen = self._seen(pixels, self.second, self._second_masters, expected, self.second_calibration)
        nearest = self._nearest(expected, self.second, self._second_masters)
        scores, findings = ruled(expected, nearest, seen, "expected", self.second_calibration)
        result = outcome(findings, self.second_calibration)
        version = self.second_calibration.version
        return Verdict(take=name, outcome=result, scores=scores, findings=findings, calibration=version)

    def looked(
        self, pixels: RGB, expected: Sequence[ExpectedFace], faces: Faces
    ) -> tuple[tuple[Score, ...], tuple[Finding, ...], Outcome]:
        """Return the first judge's scores, findings and outcome for one picture or frame."""
        if quality.black(pixels):
            return (), (Finding(code="black", message="the picture is black"),), "fail"
        if faces == "any":
            return (), (), "pass"
        wanted = expected if faces == "expected" else ()
        seen = self._seen(pixels, self.first, self._masters, wanted, self.calibration)
        scores, findings = ruled(
            wanted, self._nearest(wanted, self.first, self._masters), seen, faces, self.calibration
        )
        return scores, findings, outcome(findings, self.calibration)

    def _seen(
        self,
        pixels: RGB,
        judge: FaceBackend,
        masters: Masters,
        expected: Sequence[ExpectedFace],
        calibration: Calibration,
    ) -> list[Sighting]:
        known = [masters.embedding(e.master) for e in expected]
        seen = []
        for face in self.first.detect(pixels):
            bare = _sighting(pixels, face)
            if known and unscorable(bare, calibration) is None:
                vector = judge.embed(pixels, face)
                alike = tuple(judge.similarity(vector, k) for k in known)
                bare = Sighting(bare.box, bare.turn, bare.eyes, bare.detail, bare.confidence, alike)
            seen.append(bare)
        return seen

    def _nearest(self, expected: Sequence[ExpectedFace], judge: FaceBackend, masters: Masters) -> list[float | None]:
        """Return for each expected character the similarity of the most alike other member of the cast."""
        cast = self._cast | {e.who: e.master for e in expected}
        return [
            max(
                (
                    judge.similarity(masters.embedding(e.master), masters.embedding(master))
                    for who, master in cast.items()
                    if who != e.who and master != e.master
                ),
                default=None,
            )
            for e in expected
        ]


def _loaded(picture: Path | RGB, take: str) -> tuple[RGB, str]:
    if isinstance(picture, Path):
        pixels = imaging.decode(picture)
        return pixels, take or hashlib.sha256(picture.read_bytes()).hexdigest()
    return picture, take or hashlib.sha256(picture.tobytes()).hexdigest()


def _sighting(pixels: RGB, face: Detection) -> Sighting:
    x, y, w, h = (round(v) for v in face.box)
    return Sighting((x, y, w, h), turn(face), eye_distance(face), quality.detail(pixels, face), face.confidence)
