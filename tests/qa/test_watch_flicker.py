"""Light that jumps and returns is flicker; light that changes, and things that move, are not."""

from __future__ import annotations

import numpy as np
import pytest
from watched import plate, seen, smaller

from charforge.domain.takes import Finding
from charforge.qa.watchers.flicker import Flicker
from charforge.qa.watchers.small import Copies
from charforge.qa.watching import Glancer


def panned(count: int, step: int = 6) -> list[np.ndarray]:
    """Return frames of a pan."""
    wide = smaller(plate("pottery", "wide"), 640 + step * count)
    return [np.ascontiguousarray(wide[:360, step * i : step * i + 640]) for i in range(count)]


def lit(frame: np.ndarray, gains: tuple[float, float, float]) -> np.ndarray:
    """Return a frame in other light."""
    return np.clip(frame * np.array(gains), 0, 255).astype(np.uint8)


def glanced(frames: list[np.ndarray]) -> tuple[Finding, ...]:
    """Return what is found when every frame is glanced at and every sixth judged."""
    watcher = Flicker(Copies(), 24)
    assert isinstance(watcher, Glancer)
    for number, pixels in enumerate(frames):
        watcher.glance(number, smaller(pixels, 64))
        if number % 6 == 0:
            watcher.look(number, pixels, ())
    return watcher.findings()


@pytest.mark.parametrize("gains", [(0.9, 0.9, 0.9), (1.0, 0.92, 1.0), (0.88, 1.0, 1.06)])
def test_flicker_is_seen_in_judged_frames(gains: tuple[float, float, float]) -> None:
    """Of light or of colour, over a pan, at the frame where it starts."""
    frames = panned(8)
    frames[3] = lit(frames[3], gains)
    (found,) = seen(Flicker(Copies(), 24), frames)
    assert (found.code, found.frame, found.time) == ("flicker", 18, 0.75)


def test_flicker_between_judged_frames_is_seen_by_glancing() -> None:
    """Every second frame darker, in step with the judged ones: only who sees every frame sees it."""
    frames = [lit(f, (0.93, 0.93, 0.93)) if i % 2 else f for i, f in enumerate(panned(24, 1))]
    assert seen(Flicker(Copies(), 24), frames[::6]) == ()
    assert [f.code for f in glanced(frames)] == ["flicker"]


def test_a_pan_is_no_flicker() -> None:
    """However fast it is."""
    assert seen(Flicker(Copies(), 24), panned(10, 30)) == ()
    assert glanced(panned(24, 8)) == ()


def test_a_lamp_that_is_switched_off_is_no_flicker() -> None:
    """The light goes and stays away; and it may fade."""
    frames = panned(12)
    assert seen(Flicker(Copies(), 24), frames[:5] + [lit(f, (0.5, 0.5, 0.5)) for f in frames[5:]]) == ()
    assert seen(Flicker(Copies(), 24), [lit(f, (1 - 0.05 * i,) * 3) for i, f in enumerate(frames)]) == ()


def test_a_jump_within_a_clip_is_seen() -> None:
    """Another picture from one frame to the next, as no movement of the clip explains."""
    frames = panned(24, 2)
    cut = frames[:13] + [smaller(plate("coffee-shop", "window", "night"))] * 11
    (found,) = glanced(cut)
    assert (found.code, found.frame, found.message) == ("flicker", 13, "the picture jumps")
