"""What casting and building a character came to."""

from __future__ import annotations

from charforge.domain.checks import Alike, Rule
from charforge.domain.value import Value


class CandidateReport(Value):
    """A face that might be cast."""

    seed: int
    usable: bool
    why_not: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    """What the rules of a headshot say of it as it was drawn; the master is made calm and frontal first."""
    pick: str
    """What to type to cast it."""


class CastReport(Value):
    """Faces that were drawn to choose from."""

    sheet: str
    """Contact sheet, each face under its seed."""
    page: str
    """The same as a page, with what was measured."""
    candidates: tuple[CandidateReport, ...]
    """The easiest to work with first."""

    @property
    def usable(self) -> tuple[int, ...]:
        """Seeds of those that show a whole head."""
        return tuple(c.seed for c in self.candidates if c.usable)


class MasterReport(Value):
    """A master headshot, and what the rules say of it."""

    headshot: str
    rules: tuple[Rule, ...] = ()
    alike: tuple[Alike, ...] = ()
    """Other characters that the first judge takes for the same person."""
    next: str
    """What to type next."""


class ShotReport(Value):
    """One picture that was made of a character, or was to be."""

    name: str
    step: str
    state: str
    """`made`, `there` (from before), `forced` (kept against the checks), or `missed` (not kept)."""
    file: str = ""
    """Within the character's folder; empty when it was not kept."""
    turn: float | None = None
    pitch: float | None = None
    likeness: float | None = None
    """Similarity to the master, by the first judge."""
    second: float | None = None
    """By the second judge."""
    bars: tuple[float, float] | None = None
    """What both judges ask at this turn."""
    short: tuple[str, ...] = ()
    """What it falls short in, each with its number and limit."""
    backend: str = ""
    drawn: int = 0
    seconds: float = 0.0


class BuildReport(Value):
    """What a build made."""

    name: str
    version: int
    """The newest version after the build."""
    shots: tuple[ShotReport, ...]
    notes: tuple[str, ...] = ()
    sheet: str = ""
    page: str = ""
    next: str = ""
    """What to type next."""

    @property
    def ok(self) -> bool:
        """Whether everything that was to be made is there."""
        return all(shot.state != "missed" for shot in self.shots)
