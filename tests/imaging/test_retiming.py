"""Frames at one rate become frames at another."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.imaging.retiming import Between, needed, positions, retimed

if TYPE_CHECKING:
    from charforge.imaging.frames import RGB

FILM = Fraction(24000, 1001)
RATES = st.sampled_from([Fraction(8), Fraction(12), Fraction(16), FILM, Fraction(24), Fraction(25), Fraction(60)])


def surface(seed: int, width: int, height: int) -> np.ndarray[Any, Any]:
    """Return a cloudy surface in three colours, float32."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32)
    cloudy = cv2.GaussianBlur(noise, (0, 0), 3.0)
    return cloudy / cloudy.std() * 30 + 120


def scene(left: float, side: int = 64, width: int = 320, height: int = 192) -> RGB:
    """Return a patterned square that stands `left` pixels from the edge of a patterned wall."""
    fine = 4
    picture = cv2.resize(surface(1, width, height), (width * fine, height * fine))
    square = cv2.resize(surface(2, side, side), (side * fine, side * fine))
    start = round(left * fine)
    picture[32 * fine : (32 + side) * fine, start : start + side * fine] = square
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)


def error(one: RGB, other: RGB) -> float:
    """Return the peak signal-to-noise ratio of two pictures in decibels."""
    square = float(((one.astype(np.float64) - other) ** 2).mean())
    return 10 * np.log10(255**2 / max(square, 1e-9))


@given(count=st.integers(1, 60), source=RATES, rate=RATES, more=st.integers(0, 3), whole=st.booleans())
def test_there_are_exactly_as_many_as_wanted(
    count: int, source: Fraction, rate: Fraction, more: int, whole: bool
) -> None:
    """Whatever the rates, the first frame is the first, none lies outside, and time runs on."""
    frames = needed(count, rate, source) + more
    places = positions(frames, source, count, rate, whole=whole)
    assert len(places) == count
    assert places[0] == 0
    assert all(one < other for one, other in pairwise(places)) or frames == 1
    assert places[-1] <= frames - 1
    if whole and count > 1:
        assert places[-1] == frames - 1


@given(count=st.integers(1, 200), source=RATES, rate=RATES)
def test_no_fewer_frames_would_do(count: int, source: Fraction, rate: Fraction) -> None:
    """What is said to be needed is the least that reaches the last wanted frame."""
    frames = needed(count, rate, source)
    assert (frames - 1) / source >= (count - 1) / rate
    assert frames == 1 or (frames - 2) / source < (count - 1) / rate


def test_equal_rates_pass_untouched() -> None:
    """With one rate the very arrays come out, and what is left over at the end is dropped."""
    frames = [scene(10 + 4 * number) for number in range(5)]
    out = list(retimed(frames, FILM, 4, FILM))
    assert all(one is other for one, other in zip(out, frames[:4], strict=True))


def test_the_ends_are_exact() -> None:
    """A clip that must end on a picture begins and ends on the given frames themselves."""
    frames = [scene(10 + 4 * number) for number in range(5)]
    out = list(retimed(frames, Fraction(16), 7, FILM, whole=True))
    assert len(out) == 7
    assert out[0] is frames[0]
    assert out[-1] is frames[-1]


@pytest.mark.parametrize("speed", [2.0, 5.0, 12.0])
def test_a_moving_square_is_moved_not_faded(speed: float) -> None:
    """Between two frames the square stands where it would be: 4 dB nearer the truth than a fade, or more."""
    frames = [scene(10 + speed * number) for number in range(5)]
    places = positions(5, Fraction(16), 7, Fraction(24), whole=False)
    gained = []
    for place, made in zip(places, retimed(frames, Fraction(16), 7, Fraction(24)), strict=True):
        part = float(place % 1)
        if part:
            truth, number = scene(10 + speed * float(place)), int(place)
            faded = np.rint(frames[number] * (1 - part) + frames[number + 1] * part).astype(np.uint8)
            gained.append(error(made, truth) - error(faded, truth))
    assert len(gained) > 3
    assert np.mean(gained) > 4


def test_a_cut_stays_a_cut() -> None:
    """Between two scenes there is no mixture: the nearer one is shown."""
    one, other = scene(10), np.clip(surface(9, 320, 192), 0, 255).astype(np.uint8)
    out = list(retimed([one, other], Fraction(8), 4, Fraction(24)))
    assert [np.array_equal(frame, one) for frame in out] == [True, True, False, False]
    assert [np.array_equal(frame, other) for frame in out] == [False, False, True, True]


def test_a_change_of_light_is_no_cut() -> None:
    """Where only the brightness changes, it changes gradually."""
    dark = scene(40)
    bright = np.clip(dark.astype(np.int16) + 30, 0, 255).astype(np.uint8)
    made = Between.of(0, dark, bright).at(0.5)
    assert dark.mean() + 5 < made.mean() < bright.mean() - 5


@pytest.mark.parametrize("size", [(1, 1), (4, 90), (16, 16), (17, 33)])
def test_flat_and_tiny_pictures_break_nothing(size: tuple[int, int]) -> None:
    """Without anything to follow, frames keep their size and what they show."""
    grey, lighter = np.full((*size, 3), 90, np.uint8), np.full((*size, 3), 94, np.uint8)
    out = list(retimed([grey, grey, lighter], Fraction(8), 7, Fraction(24)))
    assert all(frame.shape == (*size, 3) and frame.dtype == np.uint8 for frame in out)
    assert all(np.array_equal(frame, grey) for frame in out[:4])
    assert all(90 <= frame.min() <= frame.max() <= 94 for frame in out)


def test_threads_change_nothing() -> None:
    """The same frames come out of one thread and of several."""
    frames = [scene(10), scene(16)]
    before = cv2.getNumThreads()
    made = []
    try:
        for threads in (1, 2, 4):
            cv2.setNumThreads(threads)
            made.append(Between.of(0, *frames).at(0.4))
    finally:
        cv2.setNumThreads(before)
    assert all(np.array_equal(made[0], other) for other in made[1:])


def test_too_few_frames_are_refused() -> None:
    """Frames that end before the clip does are an error, never a standing picture."""
    with pytest.raises(ValueError, match="end before"):
        positions(3, Fraction(16), 5, Fraction(24), whole=False)
