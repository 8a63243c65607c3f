"""What the judged frames of a clip mean together."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import CALIBRATION, MIA, THEO

from charforge.domain.takes import Finding, Score
from charforge.qa.clips import Look, sampled, summed
from charforge.qa.rules import outcome


def look(frame: int, *values: float | None, findings: tuple[Finding, ...] = (), change: float | None = 3.0) -> Look:
    """Return a frame in which Mia, then Theo, scored these values; None means missing."""
    names = [n for n, v in zip(("mia", "theo"), values, strict=False) if v is None]
    found = tuple(Finding(code="missing", message="gone", who=n) for n in names)
    scores = tuple(
        Score(who=n, judge="test", value=v, bar=0.5, turn=0.0, face_px=40.0)
        for n, v in zip(("mia", "theo"), values, strict=False)
        if v is not None
    )
    return Look(frame, scores, found + findings, change)


@given(st.integers(1, 400), st.sampled_from([24, 25, 30, Fraction(24000, 1001), 60, 3]))
def test_about_four_frames_a_second_are_judged(count: int, rate: Fraction | int) -> None:
    """The first and the last are among them, all lie within the clip, and no gap is longer than a third of a second."""
    chosen = sampled(count, Fraction(rate))
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert list(chosen) == sorted(set(chosen))
    assert all(b - a <= max(Fraction(rate) / 3, 1) for a, b in pairwise(chosen))


def test_a_clip_reports_median_and_worst_frame() -> None:
    """Each character has the median first, then the worst frame with its number."""
    scores, findings = summed(
        [look(i * 6, v, 0.7) for i, v in enumerate((0.8, 0.6, 0.9))], (MIA, THEO), CALIBRATION, moves=True
    )
    assert [(s.who, s.value, s.frame) for s in scores] == [
        ("mia", 0.8, None),
        ("mia", 0.6, 6),
        ("theo", 0.7, None),
        ("theo", 0.7, 0),
    ]
    assert findings == ()


def test_one_near_miss_in_a_good_clip_passes() -> None:
    """A frame a little under the bar is forgiven when most are over it."""
    looks = [look(i, v) for i, v in enumerate((0.8, 0.8, 0.4, 0.8, 0.8))]
    assert summed(looks, (MIA,), CALIBRATION, moves=True)[1] == ()


def test_near_misses_in_a_third_of_a_clip_are_drift() -> None:
    """Somebody who is a little unlike themselves for long does not pass, though the median does."""
    _, findings = summed(
        [look(i, v) for i, v in enumerate((0.8, 0.4, 0.8, 0.41, 0.8, 0.8))], (MIA,), CALIBRATION, moves=True
    )
    assert [(f.code, f.frame) for f in findings] == [("drift", 1)]
    assert outcome(findings, CALIBRATION) == "fix"


def test_one_frame_of_another_face_fails() -> None:
    """A frame far under the bar is found, with its number."""
    looks = [look(i * 6, v) for i, v in enumerate((0.8, 0.8, 0.2, 0.8))]
    _, findings = summed(looks, (MIA,), CALIBRATION, moves=True)
    assert [(f.code, f.frame) for f in findings] == [("drift", 12)]
    assert outcome(findings, CALIBRATION) == "fail"


def test_a_clip_mostly_under_the_bar_is_to_be_fixed() -> None:
    """A median in the band under the bar is a near miss."""
    _, findings = summed([look(i, 0.45) for i in range(4)], (MIA,), CALIBRATION, moves=True)
    assert outcome(findings, CALIBRATION) == "fix"


def test_somebody_may_be_hidden_for_a_moment() -> None:
    """One frame of ten without Mia is allowed, four are not."""
    short = [look(i, None if i == 3 else 0.8) for i in range(10)]
    long = [look(i, None if i < 4 else 0.8) for i in range(10)]
    assert summed(short, (MIA,), CALIBRATION, moves=True)[1] == ()
    assert [f.code for f in summed(long, (MIA,), CALIBRATION, moves=True)[1]] == ["missing"]


def test_a_clip_never_scorable_says_so() -> None:
    """Somebody too small in every frame is not scorable, not missing."""
    hidden = Finding(code="not-scorable", message="small", who="mia")
    _, findings = summed([look(i, findings=(hidden,)) for i in range(4)], (MIA,), CALIBRATION, moves=True)
    assert outcome(findings, CALIBRATION) == "not-scorable"


@pytest.mark.parametrize(("frames", "codes"), [((2,), []), ((2, 5), ["stranger"])])
def test_a_stranger_must_be_seen_twice(frames: tuple[int, ...], codes: list[str]) -> None:
    """One frame with a stranger may be a mistake of the detector."""
    stranger = (Finding(code="stranger", message="who"),)
    looks = [look(i, 0.8, findings=stranger if i in frames else ()) for i in range(8)]
    assert [f.code for f in summed(looks, (MIA,), CALIBRATION, moves=True)[1]] == codes


def test_a_black_frame_is_found_with_its_number() -> None:
    """The first black frame is named, once."""
    black = (Finding(code="black", message="black"),)
    looks = [look(i * 6, 0.8, findings=black if i > 2 else ()) for i in range(5)]
    _, findings = summed(looks, (MIA,), CALIBRATION, moves=True)
    assert [(f.code, f.frame) for f in findings] == [("black", 18)]


def test_a_frozen_clip_is_found_where_something_should_move() -> None:
    """Frames that do not change at all are a fault, unless nothing is meant to move."""
    looks = [look(i * 6, 0.8, change=None if i == 0 else 0.0 if 2 <= i <= 4 else 2.0) for i in range(7)]
    _, findings = summed(looks, (MIA,), CALIBRATION, moves=True)
    assert [(f.code, f.frame, f.number) for f in findings] == [("frozen", 24, 3.0)]
    assert summed(looks, (MIA,), CALIBRATION, moves=False)[1] == ()


def test_a_clip_of_one_frame_is_not_frozen() -> None:
    """With nothing to compare there is no fault."""
    assert summed([look(0, 0.8, change=None)], (MIA,), CALIBRATION, moves=True)[1] == ()
