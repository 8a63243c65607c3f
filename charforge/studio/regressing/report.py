"""What a test of pinned shots came to, as values for tables, JSON, JUnit and the page."""

from __future__ import annotations

from typing import Literal

from charforge.domain.value import Value
from charforge.studio.regressing.pins import Kind, Pin, Which
from charforge.studio.regressing.shifts import Shift


class Case(Value):
    """One pinned take, before and now."""

    shot: str
    """Its slate."""
    kind: Kind
    how: Literal["judged", "rendered", "missing"]
    """Whether the pinned picture was judged again, or a new one made; `missing` where neither could be done."""
    before: Pin
    after: Pin | None = None
    same: bool = False
    """Whether it is the same picture, byte for byte."""
    changes: tuple[str, ...] = ()
    """What differs in how it was made, and of whom."""
    wrong: tuple[str, ...] = ()
    """Why it fails; empty when it does not."""
    seconds: float = 0.0

    @property
    def place(self) -> str:
        """Return how it is called in tables: ``pilot_s02_0050 still``."""
        return f"{self.shot} {self.kind}"


class Regression(Value):
    """A finished test."""

    pins: str
    cases: tuple[Case, ...]
    shifts: tuple[Shift, ...]
    judges: dict[Which, str] = {}
    """Names of the face judges."""
    changes: tuple[str, ...] = ()
    """What differs for every shot: judges, calibrations, packages."""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    updated: bool = False
    """Whether the new state was written into the pins."""

    def wrong(self) -> tuple[str, ...]:
        """Return everything that fails."""
        cases = (f"{case.place}: {text}" for case in self.cases for text in case.wrong)
        return (*cases, *(text for shift in self.shifts for text in shift.wrong))

    def passed(self) -> bool:
        """Return whether everybody is still who they were; after an update, whether every shot has a new state."""
        if self.updated:
            return all(case.after is not None for case in self.cases)
        return not self.wrong()


class Pinned(Value):
    """What was pinned now."""

    file: str
    pinned: tuple[str, ...]
    unpinned: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Shots that were not, each with the reason."""
    total: int
    """Pinned takes in the file."""
