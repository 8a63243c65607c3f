"""Whole frames and exact rates."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.timing import FrameRange, FrameRate

RATES = st.sampled_from(["23.976", "24", "25", "29.97", "30", "50", "59.94", "60", "120", "30000/1001"]).map(
    FrameRate.parse
)


@given(RATES, st.integers(0, 500_000))
def test_frames_survive_being_told_in_seconds(rate: FrameRate, count: int) -> None:
    """Exact seconds give the same frames back, by rounding and by covering."""
    assert rate.frames(rate.seconds(count)) == count
    assert rate.frames_covering(rate.seconds(count)) == count


@given(RATES, st.fractions(0, 3600))
def test_covering_frames_are_the_fewest_that_last_as_long(rate: FrameRate, seconds: Fraction) -> None:
    """One frame less would be too short."""
    count = rate.frames_covering(seconds)
    assert rate.seconds(count) >= seconds
    assert count == 0 or rate.seconds(count - 1) < seconds


@given(RATES, st.fractions(0, 3600))
def test_rounding_misses_by_at_most_half_a_frame(rate: FrameRate, seconds: Fraction) -> None:
    """The nearest frame is meant, halves going up."""
    assert abs(rate.frames(seconds) - seconds * rate.fps) <= Fraction(1, 2)


@given(st.sampled_from(["23.976", "29.97", "24"]).map(FrameRate.parse), st.integers(1, 12), st.integers(1, 2000))
def test_runs_of_equal_shots_never_drift(rate: FrameRate, length: int, count: int) -> None:
    """The sum of many equal lengths lasts exactly as long as the lengths together; at 23.976 too."""
    assert sum(rate.seconds(length) for _ in range(count)) == rate.seconds(length * count)
    assert rate.frames(rate.seconds(length) * count) == length * count


def test_three_hundred_single_frames_at_23_976_stay_three_hundred() -> None:
    """Rounding to 10 ms, as subtitle times do, would lose 12 of them."""
    rate = FrameRate.parse("23.976")
    assert sum(rate.frames(rate.seconds(1)) for _ in range(300)) == 300
    assert rate.frames(Fraction(round(rate.seconds(1) * 100), 100) * 300) != 300


@given(st.integers(1, 240))
def test_whole_rates_are_read_and_printed(fps: int) -> None:
    """A rate is written as it was read."""
    assert str(FrameRate.parse(str(fps))) == str(fps)


@given(RATES)
def test_every_rate_is_read_back_from_its_print(rate: FrameRate) -> None:
    """Printing and parsing agree."""
    assert FrameRate.parse(str(rate)) == rate


@pytest.mark.parametrize("text", ["0", "-24", "241", "fast", "", "1/0", "nan", "inf"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """Rates outside 1 to 240, and words, are errors."""
    with pytest.raises(ValueError, match=r"frame rate"):
        FrameRate.parse(text)


@given(RATES, st.integers(0, 500_000))
def test_timecode_counts_every_frame(rate: FrameRate, frame: int) -> None:
    """Two neighbouring frames have two timecodes, and the fields stay in their ranges."""
    text = rate.timecode(frame)
    hours, minutes, seconds, frames = (int(part) for part in text.split(":"))
    nominal = round(float(rate.fps))
    assert ((hours * 60 + minutes) * 60 + seconds) * nominal + frames == frame
    assert minutes < 60
    assert seconds < 60
    assert frames < nominal


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_ranges_that_follow_one_another_touch(start: int, length: int) -> None:
    """The end of a range is the first frame after it."""
    here = FrameRange(start, length)
    assert FrameRange(here.end, 1).start - here.start == length


@pytest.mark.parametrize("text", ["1e2", "1e999999999", "2_4", " 24"])
def test_a_rate_is_written_in_plain_digits(text: str) -> None:
    """Exponents, which could stand for a billion digits, are refused before they are worked out."""
    with pytest.raises(ValueError, match="is not a frame rate"):
        FrameRate.parse(text)
