"""Shows what a bench of fixes made, so that people can look at it: each take before and after, and the master."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.documents.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from charforge.backends.protocols import RGB
    from charforge.bench.fixes_figures import TakeRow

SIDE, ACROSS = 240, 2
"""Pixels of a picture's sides, and takes in a row."""


class Sheet:
    """A contact sheet, as it grows."""

    def __init__(self) -> None:
        """Begin an empty sheet."""
        self._tiles: list[RGB] = []

    def add(self, row: TakeRow, taken: RGB, stands: RGB, master: RGB) -> None:
        """Add a take: as it was, as the ladder leaves it, and whom it is to show, with what the third model says."""
        import cv2

        tile = np.concatenate([_square(p) for p in (taken, stands, master)], axis=1)
        scores = [s.third if s.third is not None else s.first for s in (row.before, row.after)]
        undone = next((s.reason for s in row.steps if not s.kept), "")
        state = "mended" if row.kept else f"undone: {undone}"[:34] if row.steps else "let be"
        seen = " SEEN" if row.seen else ""
        drift = f"{row.kind} {row.share:.0%} {row.apart:.0f} deg"
        for place, text in ((14, drift), (SIDE - 6, f"{scores[0]:.2f} -> {scores[1]:.2f} {state}{seen}")):
            for colour, width in (((0, 0, 0), 3), ((255, 255, 0), 1)):
                cv2.putText(tile, text, (4, place), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, width, cv2.LINE_AA)
        self._tiles.append(tile)

    def write(self, file: Path) -> None:
        """Write the sheet as PNG; raise StoreError where that cannot be done."""
        tiles = self._tiles or [np.zeros((SIDE, 3 * SIDE, 3), np.uint8)]
        missing = -len(tiles) % ACROSS
        tiles = [*tiles, *(np.zeros_like(tiles[0]) for _ in range(missing))]
        lines = [np.concatenate(tiles[n : n + ACROSS], axis=1) for n in range(0, len(tiles), ACROSS)]
        write_atomic(file, imaging.encode_png(np.concatenate(lines)))


def _square(pixels: RGB) -> RGB:
    import cv2

    height, width = pixels.shape[:2]
    side = max(height, width)
    framed = np.full((side, side, 3), 24, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    framed[top : top + height, left : left + width] = pixels
    return np.asarray(cv2.resize(framed, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
