"""Sees that somebody wears something else than the wardrobe of the shot, or what somebody else should, in any light."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, ClassVar

from charforge.domain.takes import Finding
from charforge.qa.assignment import assigned
from charforge.qa.watchers import cloth
from charforge.qa.watchers.naming import named
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
THEIRS = 0.06
"""Distance in the shot's own light from which it is not said whose a garment is: others are as near as 0.08."""
UNKNOWN = 1e6
"""Distance where nothing can be measured; larger than any that can."""


LOOKS = (0, 5, 17)
"""The judged frames of a clip in which faces are told apart, counted from 0: nobody changes clothes within it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one person wears in one frame."""

    off: float
    """How far it is from their own wardrobe."""
    frame: int
    box: tuple[int, int, int, int]
    others: tuple[tuple[float, str], ...] = ()
    """How far it is from everybody else's, where it is known whose face it is."""


class Wardrobe:
    """Watcher of what people wear.

    Of several people, those whose faces are known are held to their own wardrobe. Other faces are given to people so
    that as much as possible fits.
    """

    revision: ClassVar[str] = "wardrobe-2"

    def __init__(self, people: Sequence[Person], eyes: Eyes, rate: Fraction | float | None) -> None:
        self._people = [p for p in people if p.lit or p.garments]
        self._eyes, self._rate = eyes, rate
        self._looks = 0
        self._fitted: dict[str, list[_Seen]] = {}
        self._named: dict[str, list[_Seen]] = {}

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:
        """Measure what is worn below each face, and give it to whom it fits best, and to whom it is."""
        found = [(face, seen) for face in faces if (seen := cloth.worn(pixels, face)) is not None]
        self._looks += 1
        if not found or not self._people:
            return
        off = [[self._off(person, seen) for _, seen in found] for person in self._people]
        for number, at in enumerate(assigned([[-v for v in row] for row in off])):
            if at is not None and off[number][at] < UNKNOWN:
                who = self._people[number].who
                self._fitted.setdefault(who, []).append(_Seen(off[number][at], frame, _box(found[at][0])))
        if len(self._people) > 1 and self._looks - 1 in LOOKS:
            self._tell_apart(frame, pixels, [face for face, _ in found], off)

    def findings(self) -> tuple[Finding, ...]:
        """Return for each person who wears something else in most frames the frame where it shows best."""
        return tuple(f for person in self._people if (f := self._finding(person)) is not None)

    def _finding(self, person: Person) -> Finding | None:
        seen = self._named.get(person.who) or self._fitted.get(person.who, [])
        limit = _limit(person)
        if not seen or median(each.off for each in seen) < limit:
            return None
        worst = max(seen, key=lambda each: each.off)
        whose = self._whose(seen)
        what = f"what {whose} should wear" if whose else "something else than the shot asks for"
        return Finding(
            code="wardrobe",
            message=f"{person.who} wears {what}",
            who=person.who,
            number=worst.off,
            limit=limit,
            frame=worst.frame,
            time=seconds(worst.frame, self._rate),
            box=worst.box,
        )

    def _whose(self, seen: Sequence[_Seen]) -> str:
        """Return whose wardrobe somebody wears in most frames instead of their own, or nobody."""
        limits = {person.who: THEIRS if person.lit else LIMIT for person in self._people}
        near = [min(each.others, default=(UNKNOWN, "")) for each in seen]
        whose = [who for off, who in near if who and off < limits[who]]
        return max(set(whose), key=whose.count) if 2 * len(whose) > len(seen) else ""

    def _tell_apart(self, frame: int, pixels: RGB, faces: Sequence[Detection], off: Sequence[Sequence[float]]) -> None:
        """Hold everybody whose face is known to what is worn below it."""
        for person, at in zip(self._people, named(pixels, faces, self._people, self._eyes), strict=True):
            if at is None:
                continue
            row = {other.who: distances[at] for other, distances in zip(self._people, off, strict=True)}
            own = row.pop(person.who)
            if own < UNKNOWN:
                others = tuple((value, who) for who, value in row.items())
                self._named.setdefault(person.who, []).append(_Seen(own, frame, _box(faces[at]), others))

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


def _limit(person: Person) -> float:
    return LIT if person.lit else LIMIT


def _box(face: Detection) -> tuple[int, int, int, int]:
    x, y, w, h = (round(v) for v in face.box)
    return x, y, w, h
