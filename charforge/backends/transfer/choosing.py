"""Chooses the picture of a character that lends its skin: the one that looks most like the take does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.transfer.seen import Seen

DEGREES = 10.0
"""So many degrees of turn or pitch count as much as `MIME` of expression."""
MIME = 0.8
FIRST = 0.8
"""How much nearer another picture has to be than the master, whose likeness nobody doubts."""
MIMED = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthPucker", "eyeBlinkLeft", "eyeBlinkRight")


def nearest(take: Seen, known: Sequence[Seen]) -> Seen:
    """Return the picture nearest in pose and expression; the first is the master."""
    costs = [_away(take, one) + (FIRST if number else 0.0) for number, one in enumerate(known)]
    return known[int(np.argmin(costs))]


def _away(take: Seen, one: Seen) -> float:
    here, there = take.marks, one.marks
    pose = (abs(here.turn - there.turn) + abs(here.pitch - there.pitch)) / DEGREES
    mime = max(abs(here.blendshapes.get(n, 0.0) - there.blendshapes.get(n, 0.0)) for n in MIMED)
    return pose + mime / MIME
