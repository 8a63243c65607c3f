"""What the judged frames of a clip mean together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import CALIBRATION, MIA, THEO, company

from charforge.domain.jobs import ExpectedFace
from charforge.qa.calibration import Bar
from charforge.qa.clips import Summary, sampled, summed
from charforge.qa.rules import Company, Sighting
from charforge.qa.severity import outcome
from charforge.qa.tracks import Look

PEOPLE = {"mia": 0, "theo": 1, "ann": 2, "bob": 3}


def seen(who: str, value: float = 0.8, x: int = 100, **fields: object) -> Sighting:
    """Return a face of somebody, 40 pixels wide, whose likeness to their own master is `value`."""
    vector = np.zeros(4, np.float32)
    vector[PEOPLE[who]] = 1.0
    alike = tuple(value if who == name else 0.05 for name in ("mia", "theo"))
    measured: dict[str, object] = {"turn": 0.0, "eyes": 40.0, "detail": 0.7, "confidence": 0.95, **fields}
    return Sighting(box=(x, 50, 40, 50), alike=alike, vector=vector, **measured)  # type: ignore[arg-type]


def hidden(x: int = 100, **fields: object) -> Sighting:
    """Return a face that is too small to score."""
    measured: dict[str, object] = {"turn": 0.0, "eyes": 8.0, "detail": 0.7, "confidence": 0.95, **fields}
    return Sighting(box=(x, 50, 40, 50), **measured)  # type: ignore[arg-type]


def summary(
    frames: Sequence[Sequence[Sighting]], *expected: ExpectedFace, faces: str = "expected", moves: bool = True
) -> Summary:
    """Return what these frames, a quarter of a second apart, come to for these people."""
    people = company(*expected)
    cut = [tuple(Sighting(**{**_fields(s), "alike": s.alike[: len(expected)]}) for s in frame) for frame in frames]
    looks = [Look(6 * n, frame, 0.25 * n, change=3.0 if n else None) for n, frame in enumerate(cut)]
    return summed(looks, people, lambda a, b: float(a @ b), faces, moves=moves)  # type: ignore[arg-type]


def _fields(sighting: Sighting) -> dict[str, object]:
    return {name: getattr(sighting, name) for name in Sighting.__slots__}


def codes(found: Summary) -> list[tuple[str, str, int | None]]:
    """Return what was found, of whom, and in which frame."""
    return [(f.code, f.who, f.frame) for f in found.findings]


@given(st.integers(1, 400), st.sampled_from([24, 25, 30, Fraction(24000, 1001), 60, 3]))
def test_about_four_frames_a_second_are_judged(count: int, rate: Fraction | int) -> None:
    """The first and the last are among them, all lie within the clip, and no gap is longer than a third of a second."""
    chosen = sampled(count, Fraction(rate))
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert list(chosen) == sorted(set(chosen))
    assert all(b - a <= max(Fraction(rate) / 3, 1) for a, b in pairwise(chosen))


def test_a_clip_reports_median_and_worst_frame_and_every_score() -> None:
    """Each character has the median first, then the worst frame with its time; the curve holds all of them."""
    found = summary([[seen("mia", v), seen("theo", 0.7, 400)] for v in (0.8, 0.6, 0.9)], MIA, THEO)
    assert [(s.who, s.value, s.frame, s.time) for s in found.scores] == [
        ("mia", 0.8, None, None),
        ("mia", 0.6, 6, 0.25),
        ("theo", 0.7, None, None),
        ("theo", 0.7, 0, 0.0),
    ]
    assert found.findings == ()
    assert [(s.who, s.value, s.frame, s.time) for s in found.curve] == [
        ("mia", 0.8, 0, 0.0),
        ("theo", 0.7, 0, 0.0),
        ("mia", 0.6, 6, 0.25),
        ("theo", 0.7, 6, 0.25),
        ("mia", 0.9, 12, 0.5),
        ("theo", 0.7, 12, 0.5),
    ]


def test_one_near_miss_in_a_good_clip_passes() -> None:
    """A frame a little under the bar is forgiven when most are over it."""
    assert summary([[seen("mia", v)] for v in (0.8, 0.8, 0.4, 0.8, 0.8)], MIA).findings == ()


def test_near_misses_in_a_third_of_a_clip_are_drift() -> None:
    """Somebody who is a little unlike themselves for long does not pass, though the median does."""
    found = summary([[seen("mia", v)] for v in (0.8, 0.4, 0.8, 0.41, 0.8, 0.8)], MIA)
    assert codes(found) == [("drift", "mia", 6)]
    assert found.findings[0].time == 0.25
    assert outcome(found.findings, CALIBRATION) == "fix"


def test_a_frame_far_under_the_bar_fails() -> None:
    """One judged frame of a face that is hardly Mia's is found, with its number."""
    found = summary([[seen("mia", v)] for v in (0.8, 0.8, 0.2, 0.8)], MIA)
    assert codes(found) == [("drift", "mia", 12)]
    assert outcome(found.findings, CALIBRATION) == "fail"


def test_a_clip_mostly_under_the_bar_is_to_be_fixed() -> None:
    """A median in the band under the bar is a near miss."""
    assert outcome(summary([[seen("mia", 0.45)]] * 4, MIA).findings, CALIBRATION) == "fix"


def test_a_clip_less_alike_than_a_take_to_keep_is_told() -> None:
    """The median is held to the likeness bar; single frames are not."""
    bars = {name: bar.changed(likeness=0.7) for name, bar in CALIBRATION.bars.items()}
    people = company(MIA, like=CALIBRATION.changed(bars=bars))

    def told(*values: float) -> list[str]:
        looks = [Look(n, (_only(seen("mia", v)),), change=3.0) for n, v in enumerate(values)]
        return [f.code for f in summed(looks, people, lambda a, b: float(a @ b)).findings]

    assert told(0.6, 0.65, 0.8) == ["unlike"]
    assert told(0.6, 0.75, 0.8) == []


@pytest.mark.parametrize(
    ("second", "found"), [((0.5, 0.5, 0.5), True), ((0.5, None, None), False), ((0.5, 0.7, 0.7), False)]
)
def test_a_clip_needs_the_second_judge_where_the_first_is_not_sure(
    second: tuple[float | None, ...], *, found: bool
) -> None:
    """Several doubtful faces whose middle the second judge takes for somebody else are drift; a single one is not."""
    first = CALIBRATION.changed(bars={p: Bar(bar=0.5, likeness=0.7) for p in CALIBRATION.bars})
    people = Company((MIA,), (None,), first, CALIBRATION.changed(bars={p: Bar(bar=0.6) for p in CALIBRATION.bars}))
    faces = [replace(seen("mia", 0.65), alike=(0.65,), second=() if s is None else (s,)) for s in second]
    looks = [Look(6 * n, (f,), 0.25 * n, change=3.0) for n, f in enumerate(faces)]
    findings = summed(looks, people, lambda a, b: float(a @ b)).findings
    assert [(f.code, f.time) for f in findings if f.code == "drift"] == ([("drift", 0.0)] if found else [])


@pytest.mark.parametrize(("likeness", "alarms"), [(0.7, 0), (0.9, 1)])
def test_a_face_that_jumps_is_one_person_where_both_sides_are_a_take_to_keep(likeness: float, alarms: int) -> None:
    """Points that a detector sets otherwise from one frame to the next are no change of person."""
    like = CALIBRATION.changed(bars={p: Bar(bar=0.5, likeness=likeness) for p in CALIBRATION.bars})
    early, late = (replace(seen(who), alike=(0.8,)) for who in ("mia", "ann"))
    looks = [Look(6 * n, (early if n < 4 else late,), 0.25 * n, change=3.0) for n in range(8)]
    found = summed(looks, company(MIA, like=like), lambda a, b: float(a @ b)).findings
    assert sum(f.code == "swapped" for f in found) == alarms


@pytest.mark.parametrize(("turn", "alarms"), [(0.0, 1), (8.0, 1), (26.0, 0)])
def test_a_face_that_turns_at_once_may_be_less_alike_to_itself(turn: float, alarms: int) -> None:
    """A head that stays as it is and is only just over the bar from one moment to the next is another's."""
    before, after = _only(seen("mia", 0.65)), _only(seen("mia", 0.65))
    turned = np.array([CALIBRATION.bar(0.0) + 0.03, 0.0, 0.0, 0.0], np.float32)
    turned[1] = np.sqrt(1 - turned[0] ** 2)
    frames = [[before]] * 4 + [[replace(after, vector=turned, turn=turn)]] * 4
    found = summary(frames, MIA).findings
    assert sum(f.code == "swapped" for f in found) == alarms


def _only(sighting: Sighting) -> Sighting:
    return Sighting(**{**_fields(sighting), "alike": sighting.alike[:1]})  # type: ignore[arg-type]


def test_turned_and_cut_faces_do_not_count_where_there_are_better_ones() -> None:
    """The median is that of well-posed faces; the curve holds the others too."""
    poor = [seen("mia", 0.3, turn=50.0), seen("mia", 0.25, whole=False)]
    found = summary([[f] for f in (seen("mia"), *poor, *poor, seen("mia"))], MIA)
    assert found.findings == ()
    assert found.scores[0].value == 0.8
    assert len(found.curve) == 6


def test_a_clip_without_a_well_posed_face_is_judged_by_what_there_is() -> None:
    """Faces in profile alone are held to their own bar, and the reason is told as a note."""
    found = summary([[seen("mia", 0.35, turn=50.0)]] * 4, MIA)
    assert codes(found) == [("ill-posed", "mia", None)]
    assert "turned" in found.findings[0].message
    assert outcome(found.findings, CALIBRATION) == "pass"
    assert outcome(summary([[seen("mia", 0.2, turn=50.0)]] * 4, MIA).findings, CALIBRATION) == "fix"


def test_somebody_may_be_hidden_for_a_moment() -> None:
    """One frame of ten without Mia is allowed, four are not."""
    short = summary([[] if i == 3 else [seen("mia")] for i in range(10)], MIA)
    long = summary([[] if i < 4 else [seen("mia")] for i in range(10)], MIA)
    assert short.findings == ()
    assert codes(long) == [("missing", "mia", 0)]


def test_somebody_unscorable_for_a_while_is_not_missing() -> None:
    """A face that is followed while it is too small to score is still hers."""
    assert summary([[hidden()] if i < 4 else [seen("mia")] for i in range(10)], MIA).findings == ()


def test_a_clip_never_scorable_says_so() -> None:
    """Somebody too small in every frame is not scorable, not missing."""
    found = summary([[hidden()]] * 4, MIA)
    assert codes(found) == [("not-scorable", "mia", 0)]
    assert "small" in found.findings[0].message


def test_a_head_that_turns_from_side_to_side_is_as_turned_as_it_mostly_is() -> None:
    """Left and right do not make it straight."""
    found = summary([[seen("mia", turn=turn)] for turn in (-40.0, 40.0, -38.0, 38.0)], MIA)
    assert found.scores[0].turn == 39.0


def test_somebody_turned_away_as_planned_is_no_question() -> None:
    """Nobody sees her face, and nobody is to."""
    found = summary([[seen("theo")]] * 4, MIA.changed(turn=85.0), THEO)
    assert codes(found) == [("away", "mia", None)]
    assert outcome(found.findings, CALIBRATION) == "pass"


def test_two_people_who_exchange_their_places_at_once_are_an_alarm() -> None:
    """Each is always somewhere in the picture, and both faces turn into the other."""
    before, after = [seen("mia"), seen("theo", x=300)], [seen("theo"), seen("mia", x=300)]
    found = summary([before] * 5 + [after] * 5, MIA, THEO)
    assert codes(found) == [("swapped", "mia", 30), ("swapped", "theo", 30)]
    assert found.findings[0].time == 1.25
    assert outcome(found.findings, CALIBRATION) == "fail"


def test_two_people_who_walk_past_each_other_are_no_alarm() -> None:
    """Each is followed by the way they move, and by their likeness where they meet."""
    frames = [[seen("mia", x=100 + 20 * n), seen("theo", x=400 - 20 * n)] for n in range(15)]
    assert summary(frames, MIA, THEO).findings == ()
    behind = [[s for s in frame if not (s.alike[1] > 0.5 and abs(s.box[0] - 250) < 30)] for frame in frames]
    assert summary(behind, MIA, THEO).findings == ()


@pytest.mark.parametrize("who", ["ann", "theo"])
def test_a_face_that_becomes_somebody_elses_on_the_way_is_an_alarm(who: str) -> None:
    """The alarm names the frame, whoever comes in Mia's place."""
    frames = [[seen("mia")]] * 6 + [[seen(who, 0.05 if who == "ann" else 0.8)]] * 4
    found = summary(frames, MIA)
    assert ("swapped", "mia", 36) in codes(found)
    assert outcome(found.findings, CALIBRATION) == "fail"


def test_a_wrong_person_for_two_judged_frames_is_an_alarm_on_both_sides() -> None:
    """Mia, then Ann, then Mia again: both changes are told."""
    frames = [[seen("mia")]] * 4 + [[seen("ann")]] * 2 + [[seen("mia")]] * 4
    assert [c for c in codes(summary(frames, MIA)) if c[0] == "swapped"] == [
        ("swapped", "mia", 24),
        ("swapped", "", 36),
    ]


@pytest.mark.parametrize("fields", [{}, {"confidence": 0.8}])
def test_leaves_that_are_now_this_and_now_that_are_no_alarm(fields: dict[str, object]) -> None:
    """What is nobody of the cast before and after the change concerns nobody."""
    frames = [[seen("mia"), seen("ann" if n < 3 else "bob", x=400, **fields)] for n in range(6)]
    assert "swapped" not in {f.code for f in summary(frames, MIA).findings}


def test_people_who_leave_and_come_in_are_no_alarm() -> None:
    """Theo sits down where Mia was half a second after she has gone."""
    frames = [[seen("mia")]] * 5 + [[]] * 2 + [[seen("theo")]] * 5
    assert "swapped" not in {f.code for f in summary(frames, MIA, THEO).findings}


def test_another_shot_within_the_clip_is_no_alarm() -> None:
    """After a cut nobody keeps their place."""
    looks = [Look(0, (seen("mia"),)), Look(6, (seen("theo"),), change=80.0)]
    found = summed(looks, company(MIA, THEO), lambda a, b: float(a @ b))
    assert "swapped" not in {f.code for f in found.findings}


def test_people_on_the_wrong_sides_are_an_alarm() -> None:
    """The shot list puts Theo on the left."""
    people = (MIA.changed(place="right"), THEO.changed(place="left"))
    assert codes(summary([[seen("mia"), seen("theo", x=300)]] * 4, *people)) == [("swapped", "mia", 0)]
    assert summary([[seen("theo"), seen("mia", x=300)]] * 4, *people).findings == ()


@pytest.mark.parametrize(("frames", "expected"), [((2,), []), ((2, 5), ["stranger"])])
def test_a_stranger_must_be_seen_twice(frames: tuple[int, ...], expected: list[str]) -> None:
    """One frame with a stranger may be a mistake of the detector."""
    found = summary([[seen("mia"), *([seen("ann", x=400)] if n in frames else [])] for n in range(8)], MIA)
    assert [f.code for f in found.findings] == expected


def test_the_same_person_twice_is_double() -> None:
    """Two faces at once, both hers."""
    assert [f.code for f in summary([[seen("mia"), seen("mia", 0.7, 400)]] * 4, MIA).findings] == ["double"]


def test_somebody_else_throughout_is_told_as_missing_and_stranger() -> None:
    """A face no more alike than strangers are."""
    assert {f.code for f in summary([[seen("ann")]] * 4, MIA).findings} == {"missing", "stranger"}


def test_a_person_too_many_whom_nobody_can_score_is_counted() -> None:
    """Somebody small in the background through the clip, where the shot has Mia alone."""
    found = summary([[seen("mia"), hidden(400)]] * 4, MIA)
    assert [(f.code, f.number, f.limit) for f in found.findings] == [("headcount", 2, 1)]


def test_leaves_the_detector_is_unsure_of_are_nobody() -> None:
    """A doubtful face is neither Theo nor a stranger."""
    frames = [[seen("mia"), seen("ann", x=400, confidence=0.8)]] * 6
    assert [f.code for f in summary(frames, MIA, THEO).findings] == ["missing"]
    assert summary(frames, MIA).findings == ()


def test_a_face_where_nobody_is_expected() -> None:
    """An insert with a face in it fails; where faces do not matter, none is found."""
    frames = [[seen("mia")] for _ in range(3)]
    assert [f.code for f in summary(frames, faces="none").findings] == ["unexpected-face"]
    assert summary(frames, faces="any").findings == ()


def test_a_black_frame_is_found_with_its_number() -> None:
    """The first black frame is named, once, and nobody is missing from it."""
    looks = [Look(6 * n, () if n > 2 else (seen("mia"),), 0.25 * n, black=n > 2, change=3.0) for n in range(5)]
    people = company(MIA)
    looks = [Look(k.frame, tuple(_only(s) for s in k.seen), k.time, k.black, k.change) for k in looks]
    found = summed(looks, people, lambda a, b: float(a @ b))
    assert codes(found) == [("black", "", 18)]


def test_a_frozen_clip_is_found_where_something_should_move() -> None:
    """Frames that do not change at all are a fault, unless nothing is meant to move."""
    looks = [Look(i * 6, (), change=None if i == 0 else 0.0 if 2 <= i <= 4 else 2.0) for i in range(7)]
    told = summed(looks, company(), lambda a, b: float(a @ b), "none").findings
    assert [(f.code, f.frame, f.number) for f in told] == [("frozen", 24, 3.0)]
    assert summed(looks, company(), lambda a, b: float(a @ b), "none", moves=False).findings == ()


def test_a_clip_of_one_frame_is_not_frozen() -> None:
    """With nothing to compare there is no fault."""
    assert summary([[seen("mia")]], MIA).findings == ()
