"""How lines follow one another within a shot."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.pacing import pace
from charforge.domain.timing import FrameRate

RATES = st.sampled_from(["24", "23.976", "25", "29.97", "30", "60", "120"]).map(FrameRate.parse)


def test_lines_at_24() -> None:
    """At 24 frames a second: 8 before, 8 between, 10 after."""
    assert pace((24, 36), FrameRate.parse("24")) == ((8, 40), 86)


def test_pauses_last_as_long_at_any_rate() -> None:
    """At 60 frames a second the pauses have two and a half times the frames."""
    assert pace((60,), FrameRate.parse("60")) == ((20,), 105)


def test_no_lines_need_no_frames() -> None:
    """A shot without lines needs nothing."""
    assert pace((), FrameRate.parse("24")) == ((), 0)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=20), RATES)
def test_lines_never_touch(lengths: list[int], rate: FrameRate) -> None:
    """Every line ends before the next one starts, and the last before the end."""
    starts, total = pace(tuple(lengths), rate)
    ends = [start + length for start, length in zip(starts, lengths, strict=True)]
    assert all(end < start for end, start in zip(ends, (*starts[1:], total), strict=True))
