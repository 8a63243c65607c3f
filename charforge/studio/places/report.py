"""What building a place came to."""

from __future__ import annotations

from typing import Literal

from charforge.domain.checks import Rule
from charforge.domain.value import Value

How = Literal["photograph", "graded", "rendered", "kept", "refused"]


class PlaceRow(Value):
    """One picture of a place or thing."""

    file: str
    """Within the asset's folder; of a refused photograph, where it lies."""
    step: str
    view: str = ""
    light: str = ""
    how: How
    seconds: float = 0.0
    """Work done now."""
    broken: tuple[Rule, ...] = ()
    """Rules that fail or warn; of a graded or rendered picture nothing is asked."""
    note: str = ""


class PlaceReport(Value):
    """What was made of a place or thing, and what was not."""

    name: str
    kind: str
    rows: tuple[PlaceRow, ...] = ()
    sheet: str = ""
    """Contact sheet of every picture there is; empty where there is none."""
    version: int = 1
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was refused."""
        return all(row.how != "refused" for row in self.rows)

    @property
    def made(self) -> int:
        """How many pictures are new."""
        return sum(row.how in {"photograph", "graded", "rendered"} for row in self.rows)
