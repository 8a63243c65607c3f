"""Black and frozen stretches of a clip are named with their time and length."""

from __future__ import annotations

import numpy as np
import pytest
from watched import plate, seen, smaller

from charforge.qa.watchers.small import Copies
from charforge.qa.watchers.stretches import Black, Frozen, longest


def moving(count: int) -> list[np.ndarray]:
    """Return frames of a slow pan, with grain."""
    wide, rng = smaller(plate("coffee-shop", "wide"), 720), np.random.default_rng(1)
    grains = (rng.normal(0, 3, (wide.shape[0], 640, 3)) for _ in range(count))
    return [np.clip(wide[:, 2 * i : 2 * i + 640] + g, 0, 255).astype(np.uint8) for i, g in enumerate(grains)]


def test_a_frozen_stretch_is_named() -> None:
    """Where it starts, in seconds and frames, and how long it holds."""
    frames = moving(12)
    frames[4:9] = [frames[4]] * 5
    (found,) = seen(Frozen(Copies(), 24), frames)
    assert (found.code, found.frame, found.time, found.number) == ("frozen", 24, 1.0, 1.0)


def test_a_frozen_stretch_is_seen_through_compression() -> None:
    """The noise of a codec is no movement."""
    frames, rng = moving(12), np.random.default_rng(2)
    held = frames[4].astype(np.int16)
    frames[4:9] = [np.clip(held + rng.integers(-1, 2, held.shape), 0, 255).astype(np.uint8) for _ in range(5)]
    assert [f.frame for f in seen(Frozen(Copies(), 24), frames)] == [24]


def test_a_clip_that_moves_is_not_frozen() -> None:
    """A pan as slow as three pixels of 640 in a second is movement, and a blink of stillness is no stretch."""
    frames = moving(12)
    frames[6] = frames[5]
    assert seen(Frozen(Copies(), 24), frames) == ()


def test_a_still_cannot_be_frozen() -> None:
    """One frame has nothing to be compared with."""
    assert seen(Frozen(Copies(), 24), moving(1)) == ()


def test_black_frames_inside_a_clip_are_named() -> None:
    """With the time and length of the longest stretch."""
    frames = moving(10)
    for at in (2, 5, 6, 7):
        frames[at] = frames[at] * 0
    (found,) = seen(Black(24), frames)
    assert (found.code, found.frame, found.time) == ("black", 30, 1.25)
    assert found.number == pytest.approx(0.3)


def test_a_night_is_not_black() -> None:
    """The darkest plates of the library still show something."""
    assert seen(Black(24), [plate("coffee-shop", "window", "night"), plate("pottery", "window", "night")]) == ()


def test_a_black_still_says_so() -> None:
    """Without frames and seconds, which a still has none of."""
    (found,) = seen(Black(), [np.full((90, 160, 3), 4, np.uint8)])
    assert (found.code, found.message, found.time) == ("black", "the picture is black", None)


def test_the_longest_stretch_counts() -> None:
    """The first of two equal ones."""
    assert longest([0, 6, 12, 18, 24], [True, True, False, True, True]) == (0, 6, 2)
    assert longest([0, 6], [False, False])[2] == 0
