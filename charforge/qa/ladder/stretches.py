"""Finds where a clip fails, and follows a face smoothly through it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from charforge.domain.jobs import Spot
from charforge.domain.takes import Score

Stretch = tuple[int, int]
"""First and last frame."""
Seen = tuple[tuple[float, float, float, float], NDArray[np.float32]]
"""Box, and five points (5, 2), of a face in one frame, in pixels."""
HOLE = 3
"""Frames without a detection that are bridged."""


def failing(
    curve: Sequence[Score], who: str, frames: int, judged: Sequence[int] = (), *, absent: bool = False
) -> tuple[Stretch, ...]:
    """Return the stretches of a clip in which somebody is below a bar, each as far as the judged frames that pass.

    `absent` says that a judged frame without a score of theirs shows somebody else. Without any score of theirs it is
    the whole clip.
    """
    scores = {s.frame or 0: s.value < max(s.bar, s.likeness or s.bar) for s in curve if s.who == who}
    if not scores:
        return ((0, frames - 1),)
    known = sorted({*scores, *(judged if absent else ())})
    found: list[Stretch] = []
    first: int | None = None
    for number, frame in enumerate(known):
        bad = scores.get(frame, True)
        if bad and first is None:
            first = known[number - 1] + 1 if number else 0
        elif not bad and first is not None:
            found.append((first, frame - 1))
            first = None
    return (*found, (first, frames - 1)) if first is not None else tuple(found)


def track(
    seen: Mapping[int, Seen], stretches: Sequence[Stretch], frames: int, *, fade: int, smooth: float
) -> tuple[Spot, ...]:
    """Return where a repair is to be shown and how strongly, in every frame that it changes.

    It is whole in the stretches, and fades over `fade` frames beyond them and towards frames without the face.
    """
    known = _bridged(seen, frames)
    strengths = _strengths(sorted(known), stretches, frames, fade)
    spots: list[Spot] = []
    for run in _runs(sorted(f for f, s in strengths.items() if s > 0)):
        boxes = smoothed(np.array([known[f][0] for f in run]), smooth)
        points = smoothed(np.array([known[f][1].reshape(-1) for f in run]), smooth).reshape(len(run), -1, 2)
        for frame, box, five in zip(run, boxes, points, strict=True):
            spots.append(
                Spot(
                    frame=frame,
                    box=tuple(round(float(v)) for v in box),
                    points=tuple((round(float(x), 2), round(float(y), 2)) for x, y in five),
                    strength=round(strengths[frame], 4),
                )
            )
    return tuple(spots)


def smoothed(values: NDArray[np.floating], sigma: float) -> NDArray[np.float64]:
    """Return rows smoothed over time by a Gaussian of this many rows; ends lean on what there is."""
    rows = np.asarray(values, np.float64)
    if sigma <= 0 or len(rows) < 2:
        return rows
    apart = np.arange(len(rows))[:, None] - np.arange(len(rows))
    weights = np.exp(-(apart**2) / (2 * sigma**2))
    # At the ends a plain mean would drag a moving face back: the mean of a line fitted there does not.
    centre = (weights * apart).sum(1) / weights.sum(1)
    level = (weights @ rows) / weights.sum(1, keepdims=True)
    spread = (weights * (apart - centre[:, None]) ** 2).sum(1)
    lean = (weights * (apart - centre[:, None])) @ rows
    slope = np.divide(lean, spread[:, None], out=np.zeros_like(lean), where=spread[:, None] > 1e-9)
    return np.asarray(level - slope * centre[:, None], np.float64)


def _bridged(seen: Mapping[int, Seen], frames: int) -> dict[int, Seen]:
    """Return the detections, with short holes filled between their neighbours."""
    known = {f: s for f, s in seen.items() if 0 <= f < frames}
    order = sorted(known)
    for one, other in pairwise(order):
        for frame in range(one + 1, other) if other - one - 1 <= HOLE else ():
            share = (frame - one) / (other - one)
            (box, points), (box_, points_) = known[one], known[other]
            between = tuple((1 - share) * a + share * b for a, b in zip(box, box_, strict=True))
            known[frame] = between, ((1 - share) * points + share * points_).astype(np.float32)  # type: ignore[assignment]
    return known


def _strengths(known: Sequence[int], stretches: Sequence[Stretch], frames: int, fade: int) -> dict[int, float]:
    """Return by frame how much of the repair is shown, 0 to 1."""
    there = set(known)
    holes = [f for f in range(frames) if f not in there]
    found: dict[int, float] = {}
    for frame in known:
        beyond = min((max(first - frame, frame - last, 0) for first, last in stretches), default=frames)
        hole = min((abs(frame - h) for h in holes), default=frames)
        found[frame] = max(min(1 - beyond / (fade + 1), hole / (fade + 1), 1.0), 0.0)
    return found


def _runs(frames: Sequence[int]) -> list[list[int]]:
    """Return frames in runs without a gap."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][-1] + 1:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return runs
