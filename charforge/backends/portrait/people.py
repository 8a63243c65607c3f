"""Who is cast and what is found of them: the values that casting and hunting hand around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.backends.portrait.measures import Eye

if TYPE_CHECKING:
    from collections.abc import Callable

    from charforge.backends.portrait.backend import Portrait
    from charforge.backends.portrait.rig import Rig
    from charforge.backends.protocols import RGB, FaceBackend, LandmarkBackend, MatteBackend, Vector

    Tell = Callable[[str, int, int], None]
    Bars = Callable[[float], tuple[float, float]]
    """Degrees of turn -> the verification bars of the first and the second judge."""


@dataclass(frozen=True, slots=True)
class Studio:
    """The generator and everyone who looks at what it draws."""

    portrait: Portrait
    face: FaceBackend
    """Guides the search."""
    judge: FaceBackend
    """Scores what the search kept, of another ancestry than `face`."""
    landmark: LandmarkBackend
    matte: MatteBackend
    bars: Bars | None = None
    """None stands for the judges' own flat bars."""

    def eye(self) -> Eye:
        """Return what searches see with."""
        return Eye(self.portrait.generate, self.face, self.landmark)

    def bar(self, turn: float) -> tuple[float, float]:
        """Return what both judges ask of a head turned by so many degrees."""
        return (self.face.bar, self.judge.bar) if self.bars is None else self.bars(turn)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A drawn face that might be cast."""

    seed: int
    pixels: RGB
    turn: float
    chin: float
    """Row of the chin, as a fraction of the picture."""
    cut: float
    """Share of the top edge and of both sides above the chin where hair leaves the picture; 0 is whole."""

    @property
    def usable(self) -> bool:
        """Whether the whole head is in the picture, with some neck."""
        return self.cut < 0.01 and self.chin < 0.95 and abs(self.turn) < 12


@dataclass(frozen=True, slots=True)
class Master:
    """A person, calm and frontal."""

    seed: int
    truncation: float
    style: Vector
    pixels: RGB
    embedding: Vector
    likeness: float
    """To the face of the bare seed, by the guiding model."""


@dataclass(frozen=True, slots=True)
class Held:
    """How far colours are from the master's: CIE94 differences of its regions; None where not in view."""

    hair: float | None
    skin: float | None
    garment: float | None


@dataclass(frozen=True, slots=True)
class Pose:
    """A kept head and what two judges say of it against the master."""

    name: str
    step: str
    wished: float | str
    style: Vector
    pixels: RGB
    turn: float
    likeness: float
    """By the guiding face model."""
    second: float
    """By the independent judge."""
    pitch: float = 0.0
    """Degrees; positive with the chin up."""
    held: Held | None = None
    """None where nobody measured."""
    plain: tuple[float, float] | None = None
    """What both judges say of the head as the style alone draws it, where the picture was given the master's face."""
    reached: bool = True
    """Whether it shows what was wished for, and both judges and the colours hold."""
    short: tuple[str, ...] = ()
    """What it falls short in, in words; empty when reached."""
    curve: tuple[tuple[float, float], ...] = ()
    """The trade-off: degrees or strength reached, and the first judge's likeness; the front of all heads drawn."""
    drawn: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """One head to hunt for: an angle or an expression, all else as in the master."""

    name: str
    step: str
    """``angle`` or ``expression``."""
    turn: float | None = None
    """Degrees; beyond 60 stands for as far as identity holds."""
    pitch: float | None = None
    expression: str | None = None
    """One of `wishes.EXPRESSIONS`, or ``neutral``, the master itself."""

    @property
    def open_ended(self) -> bool:
        """Whether the head is to turn as far as both judges still know it."""
        return self.turn is not None and abs(self.turn) > OPEN_ENDED


OPEN_ENDED = 60.0
TARGETS = (
    Target("left20", "angle", turn=-20.0),
    Target("right20", "angle", turn=20.0),
    Target("left45", "angle", turn=-45.0),
    Target("right45", "angle", turn=45.0),
    Target("up15", "angle", turn=0.0, pitch=15.0),
    Target("left-profile", "angle", turn=-90.0),
    Target("right-profile", "angle", turn=90.0),
    Target("neutral", "expression", expression="neutral"),
    Target("happy", "expression", expression="happy"),
    Target("surprised", "expression", expression="surprised"),
    Target("sad", "expression", expression="sad"),
    Target("focused", "expression", expression="focused"),
)
"""What every character is built with."""


@dataclass(frozen=True, slots=True)
class Built:
    """Everything found around a master."""

    poses: tuple[Pose, ...]
    deltas: tuple[Pose, ...]
    """Each shown on the front pose; their likeness is to that."""
    rig: Rig
    drawn: int = 0
    """Heads that a hunt sketched, its neighbourhood included."""
