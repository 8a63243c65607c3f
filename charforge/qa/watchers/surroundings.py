"""What a take is expected to show besides faces, as the watchers are told it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from charforge.backends.protocols import FaceBackend, LandmarkBackend, MatteBackend

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture by its content; decoded only when a watcher looks at it."""

    digest: str
    load: Callable[[], NDArray[np.uint8]] = field(compare=False, repr=False)
    """Returns (height, width, 3) uint8 RGB, or (height, width, 4) with straight alpha."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is expected in a take."""

    who: str
    given: tuple[Reference, ...] = ()
    """The pictures that the model was shown of them: a take must draw them anew, not repeat these."""
    garments: tuple[Reference, ...] = ()
    """Portraits in the wardrobe of the shot, in any light: the face beside it tells which."""
    lit: tuple[Reference, ...] = ()
    """The wardrobe in the very light of the shot: bodies without heads as RGBA. Given any, only they count."""
    body: Reference | None = None
    """A picture of them from head to foot."""
    face: Reference | None = None
    """Their master, which tells their face from somebody else's."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is expected of a take's pictures; whatever is not known is not watched."""

    people: tuple[Person, ...] = ()
    plates: tuple[Reference, ...] = ()
    """Every locked view of the place, in any light; the likeliest first, which is quicker. None for an insert."""
    plate: Reference | None = None
    """The very plate of this take, which its sharpness is measured by; it may be one of `plates`."""
    moves: bool = True
    """Whether something should move: a clip that is to stand still is not frozen."""
    pasted: bool = False
    """Whether the backend pastes its references by design, as the embedded compositor does."""
    rate: Fraction | float | None = None
    """Frames a second, which turns frames into times; None for a still."""

    def key(self) -> list[object]:
        """Return JSON values that differ whenever a watcher may find something else."""
        people = [
            [p.who, _digests(p.given), _digests(p.garments), _digests(p.lit), _digest(p.body), _digest(p.face)]
            for p in self.people
        ]
        rate = "" if self.rate is None else str(self.rate)
        return [people, _digests(self.plates), _digest(self.plate), self.moves, self.pasted, rate]


@dataclass(frozen=True, slots=True)
class Eyes:
    """The models that watchers see with; what cannot be seen without one that is missing is not watched."""

    face: FaceBackend | None = None
    """Finds the faces of references."""
    matte: MatteBackend | None = None
    landmark: LandmarkBackend | None = None
    memory: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)
    """What was measured of references, kept from one take to the next."""

    @property
    def sees_bodies(self) -> bool:
        """Return whether bodies can be measured."""
        return None not in (self.face, self.matte, self.landmark)

    def revisions(self) -> list[str]:
        """Return the revisions of the models, looked up once: each asks for versions of installed packages."""
        key = "revisions", ""
        if key not in self.memory:
            self.memory[key] = [m.revision for m in (self.face, self.matte, self.landmark) if m is not None]
        return list(self.memory[key])

    def remembered(self, what: str, reference: Reference, measure: Callable[[NDArray[np.uint8]], T]) -> T:
        """Return a measurement of a reference's pixels, made once."""
        key = what, reference.digest
        if key not in self.memory:
            self.memory[key] = measure(reference.load())
        found: T = self.memory[key]
        return found


def _digest(reference: Reference | None) -> str:
    return "" if reference is None else reference.digest


def _digests(references: tuple[Reference, ...]) -> list[str]:
    return [reference.digest for reference in references]
