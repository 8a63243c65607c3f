"""Light that jumps and returns is flicker; light that changes, and things that move, are not."""

from __future__ import annotations

import numpy as np
import pytest
from watched import plate, seen, smaller

from charforge.qa.watchers.flicker import Flicker
from charforge.qa.watchers.small import Copies


def panned(count: int, step: int = 6) -> list[np.ndarray]:
    """Return frames of a pan."""
    wide = smaller(plate("pottery", "wide"), 640 + step * count)
    return [np.ascontiguousarray(wide[:360, step * i : step * i + 640]) for i in range(count)]


def lit(frame: np.ndarray, gains: tuple[float, float, float]) -> np.ndarray:
    """Return a frame in other light."""
    return np.clip(frame * np.array(gains), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("gains", [(0.9, 0.9, 0.9), (1.0, 0.92, 1.0), (0.88, 1.0, 1.06)])
def test_flicker_is_seen_in_judged_frames(gains: tuple[float, float, float]) -> None:
    """Of light or of colour, over a pan, at the frame where it starts."""
    frames = panned(8)
    frames[3] = lit(frames[3], gains)
    (found,) = seen(Flicker(Copies(), 24), frames)
    assert (found.code, found.frame, found.time) == ("flicker", 18, 0.75)


def test_a_pan_is_no_flicker() -> None:
    """However fast it is."""
    assert seen(Flicker(Copies(), 24), panned(10, 30)) == ()


def test_a_lamp_that_is_switched_off_is_no_flicker() -> None:
    """The light goes and stays away; and it may fade."""
    frames = panned(12)
    assert seen(Flicker(Copies(), 24), frames[:5] + [lit(f, (0.5, 0.5, 0.5)) for f in frames[5:]]) == ()
    assert seen(Flicker(Copies(), 24), [lit(f, (1 - 0.05 * i,) * 3) for i, f in enumerate(frames)]) == ()
