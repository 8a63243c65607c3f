"""Sees where a clip is black, and where it stands still though something should move."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.domain.takes import Finding
from charforge.qa import quality
from charforge.qa.watchers.small import Copies, grey, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection

LONGEST = 0.6
"""Seconds for which nothing at all may move."""
STILL = 0.25
"""Change of a block (levels of 255, mean over it) under which it stands still, compression's noise included."""
BLOCK = 20
"""Side of the blocks of the small copy that are compared."""


class Black:
    """Watcher of frames in which there is nothing to see."""

    revision: ClassVar[str] = "black-1"

    def __init__(self, rate: Fraction | float | None = None) -> None:
        self._rate = rate
        self._seen: list[tuple[int, bool]] = []

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:  # noqa: ARG002 - a Watcher
        """Note whether a frame is black."""
        self._seen.append((frame, quality.black(pixels)))

    def findings(self) -> tuple[Finding, ...]:
        """Return the longest black stretch."""
        first, last, count = longest([f for f, _ in self._seen], [b for _, b in self._seen])
        if not count:
            return ()
        if len(self._seen) == 1:
            message = "the picture is black"
        elif count == len(self._seen):
            message = "every judged frame is black"
        else:
            message = f"black in {count} of {len(self._seen)} judged frames, {_span(first, last, self._rate)}"
        share = count / len(self._seen)
        time = seconds(first, self._rate)
        return (Finding(code="black", message=message, number=share, limit=0.0, frame=first, time=time),)


class Frozen:
    """Watcher of clips that stand still for a while; a still has nothing to stand still."""

    revision: ClassVar[str] = "frozen-1"

    def __init__(self, copies: Copies, rate: Fraction | float | None) -> None:
        self._copies, self._rate = copies, rate
        self._before: NDArray[np.float32] | None = None
        self._frames: list[int] = []
        self._changes: list[float] = []

    def look(self, frame: int, pixels: RGB, faces: Sequence[Detection]) -> None:  # noqa: ARG002 - a Watcher
        """Measure how far the block that changed most has changed."""
        now = blocks(grey(self._copies.small(pixels)), BLOCK)
        if self._before is not None and self._before.shape == now.shape:
            self._changes.append(float(np.abs(now - self._before).max()))
            self._frames.append(frame)
        self._before = now
        if not self._changes:
            self._first = frame

    def findings(self) -> tuple[Finding, ...]:
        """Return the longest stretch in which nothing moves."""
        _, last, count = longest(self._frames, [c < STILL for c in self._changes])
        if not count:
            return ()
        at = self._frames.index(last) - count
        first = self._first if at < 0 else self._frames[at]
        length = None if not self._rate else float((last - first) / self._rate)
        if length is None:
            long_enough = count >= min(2, len(self._changes))
        else:
            long_enough = length >= LONGEST or count == len(self._changes)
        if not long_enough:
            return ()
        return (
            Finding(
                code="frozen",
                message=f"nothing moves {_span(first, last, self._rate)}, though something should",
                number=float(count) if length is None else length,
                limit=1.0 if length is None else LONGEST,
                frame=first,
                time=seconds(first, self._rate),
            ),
        )


def blocks(plane: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return the means of a plane's square blocks; an incomplete edge is left out."""
    rows, columns = max(plane.shape[0] // side, 1), max(plane.shape[1] // side, 1)
    whole = plane[: rows * side, : columns * side]
    if whole.shape != (rows * side, columns * side):
        return np.asarray(plane.mean(keepdims=True), np.float32)
    return np.asarray(whole.reshape(rows, side, columns, side).mean(axis=(1, 3)), np.float32)


def longest(frames: Sequence[int], true: Sequence[bool]) -> tuple[int, int, int]:
    """Return the first and last frame of the longest unbroken stretch, and how many frames it holds; 0 for none."""
    best, run, start = (0, 0, 0), 0, 0
    for frame, holds in zip(frames, true, strict=True):
        run = run + 1 if holds else 0
        start = frame if run == 1 else start
        if run > best[2]:
            best = start, frame, run
    return best


def _span(first: int, last: int, rate: Fraction | float | None) -> str:
    """Return a stretch in words: by time where that is known, and by frame."""
    if not rate:
        return f"in frames {first} to {last}"
    return f"from {float(first / rate):.2f} s for {float((last - first) / rate):.2f} s (frames {first} to {last})"
