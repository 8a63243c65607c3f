"""Measures an ID sheet: one person four times, from the front, from both sides at 45 degrees, and smiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charforge.library.checks.sitting import Sitting

WANTED = (-45.0, 0.0, 0.0, 45.0)


def faces(sitting: Sitting) -> float:
    """Return how many faces the sheet has."""
    return float(len(sitting.faces))


def turns(sitting: Sitting) -> float | None:
    """Return by how many degrees the view that misses its turn most does so; None unless there are four faces."""
    found = [sitting.landmarks_of(face) for face in sitting.faces]
    seen = sorted(marks.turn for marks in found if marks)
    if len(seen) != len(WANTED):
        return None
    return max(abs(turn - wanted) for turn, wanted in zip(seen, WANTED, strict=True))
