"""What fixing a shot by hand came to, as values for tables and JSON."""

from __future__ import annotations

from charforge.domain.takes import FixStep
from charforge.domain.value import Value


class Attempt(Value):
    """A rung that would be tried, with what it counts; or why it would not."""

    step: str
    who: str = ""
    backend: str = ""
    seconds: float | None = None
    price: float | None = None
    reason: str = ""
    """Why it would not be tried."""


class Mending(Value):
    """One head, still or clip of a shot: what it was, what was tried, what it is now."""

    draft: str
    before: str
    """Its take's number and verdict: `t01 fail`."""
    after: str = ""
    first: tuple[float | None, float | None] = (None, None)
    """Lowest score by the first judge, before and after."""
    second: tuple[float | None, float | None] = (None, None)
    steps: tuple[FixStep, ...] = ()
    would: tuple[Attempt, ...] = ()
    """Of a dry run: every rung in the ladder's order."""
    file: str = ""
    """A copy of what it is now."""


class FixReport(Value):
    """What fixing a shot by hand came to."""

    slate: str
    dry: bool
    seconds: float
    """Budget of one take."""
    money: float
    mended: tuple[Mending, ...]
    verdict: str
    """The worst verdict of what was looked at, as it is now."""
    hint: str = ""

    def passed(self) -> bool:
        """Return whether everything that was looked at may be used."""
        return self.verdict == "pass"
