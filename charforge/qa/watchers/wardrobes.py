"""Sees that somebody wears something else than the wardrobe of the shot, whatever the light."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, ClassVar

from charforge.domain.takes import Finding
from charforge.qa.assignment import assigned
from charforge.qa.watchers import cloth
from charforge.qa.watchers.small import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection
    from charforge.qa.watchers.surroundings import Eyes, Person, Reference

LIMIT = 0.27
"""Distance of colour from which a garment is another one, where the light is told by the wearer's skin."""
LIT = 0.12
"""The same where the reference is in the shot's own light."""
UNKNOWN = 1e6
"""Distance where nothing can be measured; larger than any that can."""


class Wardrobe:
    """Watcher of what people wear. Faces are given to people so that as much as possible fits."""

    revision: ClassVar[str] = "wardrobe-1"

    def __init__(self, people: Sequence[Person], eyes: Eyes, rate: Fraction | float | None) -> None:
        self._people = [p for p in people if p.lit or p.garments]
        self._eyes, self._rate = eyes, rate
        self._seen: dict[str, list[tuple[float, int, tuple[int, int, int, int]]]] = {}

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:
        """Measure what is worn below each face, and give it to whom it fits best."""
        found = [(face, seen) for face in faces if (seen := cloth.worn(pixels, face)) is not None]
        if not found or not self._people:
            return
        off = [[self._off(person, seen) for _, seen in found] for person in self._people]
        for person, at, row in zip(self._people, assigned([[-v for v in row] for row in off]), off, strict=True):
            if at is not None and row[at] < UNKNOWN:
                x, y, w, h = (round(v) for v in found[at][0].box)
                self._seen.setdefault(person.who, []).append((row[at], frame, (x, y, w, h)))

    def findings(self) -> tuple[Finding, ...]:
        """Return for each person who wears something else in most frames the frame where it shows best."""
        found = []
        for person in self._people:
            seen = self._seen.get(person.who, [])
            limit = LIT if person.lit else LIMIT
            if not seen or median(off for off, _, _ in seen) < limit:
                continue
            off, frame, box = max(seen)
            time = seconds(frame, self._rate)
            message = f"{person.who} does not wear what the shot asks for"
            found.append(
                Finding(
                    code="wardrobe",
                    message=message,
                    who=person.who,
                    number=off,
                    limit=limit,
                    frame=frame,
                    time=time,
                    box=box,
                )
            )
        return tuple(found)

    def _off(self, person: Person, seen: cloth.Worn) -> float:
        """Return how far what is worn is from the person's wardrobe; UNKNOWN where that cannot be measured."""
        if person.lit:
            bodies = [self._eyes.remembered("body", r, cloth.of_body) for r in person.lit]
            return min((cloth.distance(seen.cloth, b) for b in bodies if b is not None), default=UNKNOWN)
        portraits = [self._portrait(r) for r in person.garments]
        offs = (cloth.distance(seen.cloth, cloth.in_light(p, seen.skin)) for p in portraits if p is not None)
        return min(offs, default=UNKNOWN)

    def _portrait(self, reference: Reference) -> cloth.Worn | None:
        def measured(pixels: NDArray[np.uint8]) -> cloth.Worn | None:
            faces = self._eyes.face.detect(pixels[..., :3]) if self._eyes.face is not None else ()
            return cloth.worn(pixels[..., :3], faces[0]) if faces else None

        return self._eyes.remembered("worn", reference, measured)
