"""Reads what a photograph's file says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charforge.library.checks.sitting import Sitting


def quality(sitting: Sitting) -> float | None:
    """Return the quality a JPEG was saved with, 1 to 100."""
    return sitting.source.quality if sitting.source else None


def profile(sitting: Sitting) -> float | None:
    """Return 1 where the file's colour profile is damaged, so that its colours are a guess; else 0."""
    return float(sitting.source.profile == "damaged") if sitting.source else None
