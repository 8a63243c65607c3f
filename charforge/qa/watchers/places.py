"""Sees that a take shows another place than its plates do, from whatever angle and in whatever light.

Points of the background (SIFT) are looked up in every locked view; those that move together are counted, people left
out. A background without enough to hold on to, such as a blurred one, says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa.watchers.small import grey, seconds, shrunk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection
    from charforge.qa.watchers.surroundings import Eyes, Reference

SIDE = 640
"""Longer side at which points are looked for."""
MOST = 900
"""Points of a picture; the strongest."""
FINE, LEAST = 8.0, 60
"""Points smaller than so many pixels that a background needs to be judged: in a blurred one all are large."""
RATIO = 0.8
"""How much nearer a point's best match must be than the next best. Source: Lowe 2004."""
NEAR = 12.0
"""Pixels by which a match may lie elsewhere than where the others move: rooms are deep, and turn in parts."""
CELL = 16
"""Side of the cells of which each counts once."""
LIMIT = 8.0
"""Cells in agreement from which it is the same place."""
LOOKS = (0, 5, 17)
"""The judged frames of a clip that are looked at until one shows the place, counted from 0: a clip stays there."""


@dataclass(frozen=True, slots=True)
class Points:
    """What a place can be known by."""

    at: NDArray[np.float32]
    """(n, 2), x and y."""
    what: NDArray[np.float32]
    """(n, 128), square roots of SIFT's histograms."""
    fine: int
    """How many of them are small."""


class Place:
    """Watcher of where a take plays."""

    revision: ClassVar[str] = "place-2"

    def __init__(self, plates: Sequence[Reference], eyes: Eyes, rate: Fraction | float | None) -> None:
        self._plates, self._eyes, self._rate = plates, eyes, rate
        self._looks = 0
        self._known = False
        self._seen: list[tuple[int, int]] = []

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:
        """Count what a frame's background has in common with a plate, until one has enough."""
        if self._looks in LOOKS and not self._known:
            found = points(pixels, faces)
            if found.fine >= LEAST:
                self._seen.append((self._agreeing(found), frame))
                self._known = self._seen[-1][0] >= LIMIT
        self._looks += 1

    def findings(self) -> tuple[Finding, ...]:
        """Return the frame that has least in common with the place, when none has enough."""
        if not self._seen or self._known:
            return ()
        number, frame = min(self._seen)
        return (
            Finding(
                code="location",
                message="the background is not the place of the plates",
                number=float(number),
                limit=LIMIT,
                frame=frame,
                time=seconds(frame, self._rate),
            ),
        )

    def _agreeing(self, found: Points) -> int:
        """Return what is in common with the first plate that has enough, or else with the best."""
        best = 0
        for plate in self._plates:
            known = self._eyes.remembered("points", plate, lambda pixels: points(pixels[..., :3]))
            best = max(best, agreeing(found, known))
            if best >= LIMIT:
                break
        return best


def points(pixels: RGB, faces: Sequence[Detection] = ()) -> Points:
    """Return the points of a picture's background; people are taken to reach from above the face to the foot."""
    import cv2

    small = shrunk(pixels, SIDE)
    scale = small.shape[0] / pixels.shape[0]
    # Local contrast brings out what lies in the dark of a night.
    light = cv2.createCLAHE(2.0, (4, 4)).apply(grey(small).astype(np.uint8))
    free = np.full(light.shape, 255, np.uint8)
    for face in faces:
        x, y, w, h = (v * scale for v in face.box)
        free[max(int(y - 0.4 * h), 0) : int(y + 1.2 * h), max(int(x - 0.4 * w), 0) : int(x + 1.4 * w)] = 0
        free[max(int(y + 1.1 * h), 0) :, max(int(x - 1.2 * w), 0) : int(x + 2.2 * w)] = 0
    sift = cv2.SIFT_create(MOST, contrastThreshold=0.02)  # type: ignore[attr-defined]  # the stubs forgot it
    found, what = sift.detectAndCompute(light, free)
    if what is None:
        return Points(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), 0)
    roots = np.sqrt(what / (what.sum(axis=1, keepdims=True) + 1e-6))
    fine = sum(p.size < FINE for p in found)
    return Points(np.array([p.pt for p in found], np.float32), np.asarray(roots, np.float32), fine)


def agreeing(one: Points, other: Points) -> int:
    """Return how many cells of two pictures agree on one movement."""
    import cv2

    if min(len(one.at), len(other.at)) < 8:
        return 0
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(one.what, other.what, k=2)
    pairs = [(m.queryIdx, m.trainIdx) for m, n in matches if m.distance < RATIO * n.distance]
    if len(pairs) < 8:
        return 0
    here, there = (np.array(side) for side in zip(*pairs, strict=True))
    moved = cv2.estimateAffinePartial2D(
        one.at[here], other.at[there], method=cv2.RANSAC, ransacReprojThreshold=NEAR, maxIters=1000
    )
    if moved[0] is None:
        return 0
    held = moved[1].ravel() > 0
    return min(_spread(one.at[here][held]), _spread(other.at[there][held]))


def _spread(at: NDArray[np.float32]) -> int:
    """Return how many cells of a picture points lie in: the panes of one window are no place."""
    return len(np.unique((at / CELL).astype(np.int64), axis=0))
