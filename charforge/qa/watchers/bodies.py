"""Sees that a body's proportions are not its owner's: shoulders, and height where feet are in view, against the face.

What cannot be measured is not judged: turned heads, people cut off or in front of each other, no landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from statistics import median
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa.watchers.small import seconds, shrunk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection
    from charforge.qa.watchers.surroundings import Eyes, Person

LIMIT = 0.3
"""Logarithm of how many times too wide or too tall a body may be against its face: about a third."""
LOOKS = (0, 4, 12, 28)
"""The judged frames of a clip that are measured, counted from 0: cutting people out is dear."""
TURNED = 20.0
"""Degrees beyond which a head is too narrow, and its shoulders may be too."""
FOREHEAD, CHIN = 10, 152
"""Landmarks, in MediaPipe's order."""
SHOULDERS = (0.55, 1.1)
"""Rows below the chin, in face heights, where shoulders are widest before arms are."""
SIDE = 512
"""Longer side of what is cut out."""


@dataclass(frozen=True, slots=True)
class Proportions:
    """A body's measures in face heights, forehead to chin; None for what is not in view."""

    shoulders: float | None
    height: float | None


class Body:
    """Watcher of one person's proportions; with several people in the take it says nothing."""

    revision: ClassVar[str] = "body-1"

    def __init__(self, person: Person, eyes: Eyes, rate: Fraction | float | None) -> None:
        self._person, self._eyes, self._rate = person, eyes, rate
        self._looks = 0
        self._seen: list[tuple[Proportions, int]] = []

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:
        """Measure the body of the one face of a frame."""
        if self._looks in LOOKS and len(faces) == 1:
            found = measured(pixels, faces[0], self._eyes)
            if found is not None:
                self._seen.append((found, frame))
        self._looks += 1

    def findings(self) -> tuple[Finding, ...]:
        """Return the proportion that is farthest off, where most measured frames agree."""
        wanted = (
            None if self._person.body is None else self._eyes.remembered("sizes", self._person.body, self._reference)
        )
        if wanted is None:
            return ()
        offs = [found for part in ("shoulders", "height") if (found := self._off(part, wanted)) is not None]
        off, part, frame = max(offs, key=lambda o: abs(o[0]), default=(0.0, "", 0))
        if abs(off) < LIMIT:
            return ()
        what = {"shoulders": "shoulders are", "height": "body is"}[part]
        return (
            Finding(
                code="body",
                message=f"{self._person.who}'s {what} {exp(off):.2f} times the reference's against the face",
                who=self._person.who,
                number=off,
                limit=LIMIT if off > 0 else -LIMIT,
                frame=frame,
                time=seconds(frame, self._rate),
            ),
        )

    def _off(self, part: str, wanted: Proportions) -> tuple[float, str, int] | None:
        should = getattr(wanted, part)
        values = [(getattr(found, part), frame) for found, frame in self._seen if getattr(found, part)]
        if not should or not values:
            return None
        middle = median(value for value, _ in values)
        return log(middle / should), part, min(values, key=lambda v: abs(v[0] - middle))[1]

    def _reference(self, pixels: NDArray[np.uint8]) -> Proportions | None:
        faces = self._eyes.face.detect(pixels[..., :3]) if self._eyes.face is not None else ()
        return measured(pixels[..., :3], faces[0], self._eyes) if len(faces) == 1 else None


def measured(pixels: RGB, face: Detection, eyes: Eyes) -> Proportions | None:
    """Return the proportions of the person with this face; None where the face itself cannot be measured."""
    if eyes.matte is None or eyes.landmark is None:
        return None
    marks = eyes.landmark.landmarks(pixels, face)
    if marks is None or abs(marks.turn) > TURNED or abs(marks.roll) > TURNED:
        return None
    small = shrunk(pixels, SIDE)
    scale = small.shape[0] / pixels.shape[0]
    person = eyes.matte.matte(small) > 0.5
    forehead, chin = (np.asarray(marks.points[n, :2]) * scale for n in (FOREHEAD, CHIN))
    tall = float(np.linalg.norm(forehead - chin))
    return Proportions(_shoulders(person, chin, tall), _height(person, chin, tall))


def _shoulders(person: NDArray[np.bool_], chin: NDArray[np.float32], tall: float) -> float | None:
    """Return the median width of the person's rows at the shoulders; None where they are cut off or not in view."""
    low, high = (int(chin[1] + share * tall) for share in SHOULDERS)
    if high >= person.shape[0] or high - low < 2:
        return None
    widths = []
    for row in person[low:high]:
        gaps = np.flatnonzero(~row)
        left = gaps[gaps < chin[0]].max(initial=-1) + 1
        right = gaps[gaps >= chin[0]].min(initial=len(row))
        if left == 0 or right == len(row):
            return None
        widths.append(right - left)
    found = float(np.median(widths)) / tall
    # Narrower than the face is a cut-out that missed the body, not a body.
    return found if found > 1 else None


def _height(person: NDArray[np.bool_], chin: NDArray[np.float32], tall: float) -> float | None:
    """Return crown to foot; None where the person is cut off by the picture's edge or shows less than five heads."""
    near = person[:, max(int(chin[0] - 2 * tall), 0) : int(chin[0] + 2 * tall)].any(axis=1)
    rows = np.flatnonzero(near)
    if not len(rows) or rows[0] == 0 or rows[-1] >= person.shape[0] - 2:
        return None
    found = float(rows[-1] - rows[0]) / tall
    return found if found > 5 else None
