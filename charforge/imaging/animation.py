"""Reads pictures that move: GIF, APNG, animated WebP and AVIF."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging.decoding import opened, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from charforge.imaging.frames import RGB

USUAL = 100.0
"""Milliseconds that a frame is shown for where it does not say, as browsers do."""


@dataclass(frozen=True, slots=True)
class Animation:
    """How many frames a moving picture has, and when each is shown."""

    times: tuple[float, ...]
    """Seconds after the first."""

    @property
    def frames(self) -> int:
        """Return how many frames it has."""
        return len(self.times)

    def time(self, frame: int) -> float:
        """Return when a frame is shown."""
        return self.times[frame]


def animation(file: Path) -> Animation | None:
    """Return a picture's frames in time, or None for one that stands still; raises InputError as `decode` does."""
    with opened(file, str(file)) as picture:
        count = getattr(picture, "n_frames", 1)
        # The pages of a TIFF are no film.
        if count < 2 or picture.format == "TIFF":
            return None
        lengths = []
        for index in range(count - 1):
            picture.seek(index)
            picture.load()
            lengths.append(float(picture.info.get("duration") or USUAL) / 1000)
    return Animation(tuple(accumulate(lengths, initial=0.0)))


def moving(file: Path, wanted: Iterable[int]) -> Iterator[tuple[int, RGB]]:
    """Yield (index, picture) of the frames named, in order, transparency over black; raises as `decode` does."""
    with opened(file, str(file)) as picture:
        count = getattr(picture, "n_frames", 1)
        for index in sorted(set(wanted)):
            if index >= count:
                raise refusal(str(file), f"it has {count} frames, there is no frame {index}", "choose another")
            picture.seek(index)
            yield index, np.array(picture.convert("RGBA").convert("RGB"), np.uint8)
