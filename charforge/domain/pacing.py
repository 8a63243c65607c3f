"""How lines follow one another within a shot."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charforge.domain.timing import FrameRate

LEAD_IN = 8
"""Frames before the first line, at 24 per second."""
GAP = 8
"""Frames between two lines."""
TAIL = 10
"""Frames after the last line."""


def pace(line_frames: tuple[int, ...], rate: FrameRate) -> tuple[tuple[int, ...], int]:
    """Return the frame at which each line starts and the frames they need in all; without lines, nothing."""
    if not line_frames:
        return (), 0
    lead, gap, tail = (rate.frames(Fraction(n, 24)) for n in (LEAD_IN, GAP, TAIL))
    starts: list[int] = []
    at = lead
    for length in line_frames:
        starts.append(at)
        at += length + gap
    return tuple(starts), at - gap + tail
