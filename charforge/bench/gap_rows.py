"""What the gap between models came to."""

from __future__ import annotations

from charforge.domain.value import Value

PROMISED = 3.0
"""Percentage points between models. Source: the founding documents."""


class ModelRow(Value):
    """One model's pictures of the character; numbers are None where it drew no face that could be scored."""

    model: str
    kind: str
    """`model` of the project, `embedded`, or `plumbing` where its weights are random."""
    shots: int
    """Pictures made."""
    scored: int = 0
    """Pictures in which a face could be scored."""
    median: float | None = None
    """Likeness by the first judge."""
    lowest: float | None = None
    second: float | None = None
    """Median by the second judge."""
    percent: float | None = None
    """Median of the likeness in per cent: 50 at the bar of verification, 75 at that of likeness."""
    second_percent: float | None = None
    passing: float | None = None
    """Per cent of the pictures that pass QA."""
    seconds: float = 0.0
    note: str = ""


class Gap(Value):
    """All models, and how far they lie apart."""

    character: str
    judges: tuple[str, str]
    rows: tuple[ModelRow, ...]
    compared: tuple[str, ...]
    """Models with numbers."""
    tested: bool
    """Whether enough models of the project are among them for the promise to be tested."""
    spread: float | None = None
    """Percentage points between the highest and the lowest median likeness; None for fewer than two models."""
    second_spread: float | None = None
    passing_spread: float | None = None
    """The same of the shares that pass."""
    promised: float = PROMISED
    notes: tuple[str, ...] = ()
