"""What the faces seen in a picture mean."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from typing import get_args

import pytest
import yaml

from charforge.domain.jobs import ExpectedFace
from charforge.domain.takes import FaceCode, Finding, PictureCode, SoundCode
from charforge.qa.calibration import Bar, Calibration, SizedBars
from charforge.qa.rules import MARGIN, MOST_RAISED, Company, Sighting, raised, ruled
from charforge.qa.severity import outcome, severities

CALIBRATION = Calibration(
    version="test-1",
    judge="test",
    bars={"frontal": Bar(bar=0.5), "three-quarter": Bar(bar=0.4), "profile": Bar(bar=0.3)},
    fix_band=0.2,
    stranger=0.1,
    smallest_eyes=12,
    widest_turn=60,
    least_detail=0.2,
)
MIA = ExpectedFace(who="mia", asset="mia@1", master="a" * 64)
THEO = ExpectedFace(who="theo", asset="theo@1", master="b" * 64)


def face(*alike: float, turn: float = 0.0, eyes: float = 40.0, detail: float = 0.7, sure: float = 0.95) -> Sighting:
    """Return a sighting with these similarities."""
    return Sighting((1, 2, 30, 40), turn, eyes, detail, sure, alike)


def company(*expected: ExpectedFace, nearest: float | None = None, like: Calibration = CALIBRATION) -> Company:
    """Return these people, none of whom resembles another."""
    return Company(expected, (nearest,) * len(expected), like)


def judged(expected: tuple[ExpectedFace, ...], *seen: Sighting) -> tuple[str, list[tuple[str, str]], dict[str, float]]:
    """Return outcome, findings as (code, who), and scores by name."""
    scores, findings = ruled(company(*expected), seen)
    codes = [(f.code, f.who) for f in findings]
    return outcome(findings, CALIBRATION), codes, {s.who: s.value for s in scores}


def test_everybody_there_and_like_themselves_passes() -> None:
    """Two people, two faces, each over the bar."""
    assert judged((MIA, THEO), face(0.1, 0.7), face(0.8, 0.2)) == ("pass", [], {"mia": 0.8, "theo": 0.7})


def test_a_near_miss_is_to_be_fixed() -> None:
    """A score in the band under the bar is drift worth repairing."""
    assert judged((MIA,), face(0.4)) == ("fix", [("drift", "mia")], {"mia": 0.4})


DOUBTING = CALIBRATION.changed(judge="first", bars={p: Bar(bar=0.5, likeness=0.7) for p in CALIBRATION.bars})
SECOND = CALIBRATION.changed(judge="other", bars={p: Bar(bar=0.6) for p in CALIBRATION.bars})


@pytest.mark.parametrize(
    ("first", "second", "turn", "codes"),
    [
        (0.6, 0.55, 0.0, ["unlike", "drift"]),
        (0.6, 0.65, 0.0, ["unlike"]),
        (0.8, 0.55, 0.0, []),
        (0.6, 0.55, 30.0, ["unlike"]),
        (0.4, 0.55, 0.0, ["drift"]),
    ],
)
def test_a_face_that_the_first_judge_is_not_sure_of_needs_the_second(
    first: float, second: float, turn: float, codes: list[str]
) -> None:
    """Between the two bars and seen from the front, a face that the second judge takes for somebody else is drift."""
    people = Company((MIA,), (None,), DOUBTING, SECOND)
    seen = replace(face(first, turn=turn), second=(second,))
    findings = ruled(people, [seen])[1]
    assert [f.code for f in findings] == codes
    assert outcome(findings, DOUBTING) == ("fix" if "drift" in codes else "pass")


@pytest.mark.parametrize(("band", "level"), [(0.02, "fail"), (0.3, "fix")])
def test_what_the_second_judge_doubts_is_measured_by_his_own_band(band: float, level: str) -> None:
    """How far under his bar is a near miss says his calibration, and not that of the first."""
    doubting = Company((MIA,), (None,), DOUBTING.changed(fix_band=0.1), SECOND.changed(fix_band=band))
    (_, drift) = ruled(doubting, [replace(face(0.6), second=(0.55 if band < 0.1 else 0.4,))])[1]
    assert (drift.code, drift.limit) == ("drift", 0.6)
    assert outcome([drift], doubting.calibration) == level


@pytest.mark.parametrize(("second", "codes"), [(0.55, ["drift"]), (0.65, [])])
def test_a_small_face_without_a_likeness_bar_of_its_own_is_doubted_by_that_of_larger_ones(
    second: float, codes: list[str]
) -> None:
    """It is asked about, and not called unlike."""
    small = SizedBars(below=20.0, bars={p: Bar(bar=0.45) for p in DOUBTING.bars})
    people = Company((MIA,), (None,), DOUBTING.changed(sizes=(small,)), SECOND)
    seen = replace(face(0.6, eyes=16.0), second=(second,))
    assert [f.code for f in ruled(people, [seen])[1]] == codes


def test_a_far_miss_fails() -> None:
    """A score under the band is a failed take."""
    assert judged((MIA,), face(0.2))[0] == "fail"


def test_the_bar_is_that_of_the_pose() -> None:
    """The same score passes in three-quarter view and drifts in front view."""
    assert judged((MIA,), face(0.45, turn=-30))[0] == "pass"
    assert judged((MIA,), face(0.45, turn=0))[0] == "fix"


def test_somebody_else_in_their_place_is_a_stranger() -> None:
    """A face no more alike than strangers are leaves the character missing."""
    assert judged((MIA,), face(0.05)) == ("fail", [("missing", "mia"), ("stranger", "")], {})


def test_nobody_is_found() -> None:
    """No face where one is expected."""
    assert judged((MIA,)) == ("fail", [("missing", "mia")], {})


def test_one_face_serves_one_person() -> None:
    """With one face for two look-alikes, the second is missing."""
    assert judged((MIA, THEO), face(0.8, 0.79)) == ("fail", [("missing", "theo")], {"mia": 0.8})


def test_the_same_person_twice_is_double() -> None:
    """A second face over somebody's bar is not a stranger."""
    assert judged((MIA,), face(0.8), face(0.7)) == ("fail", [("double", "mia")], {"mia": 0.8})


def test_several_strangers_are_told_once_with_their_number() -> None:
    """A crowd does not fill the table with one line over and over."""
    (found,) = ruled(company(MIA), [face(0.8), face(0.2), face(0.15), face(0.1)])[1]
    assert (found.code, found.message[-9:]) == ("stranger", "(3 faces)")


def test_an_extra_person_is_a_stranger() -> None:
    """A scorable face that belongs to nobody fails the take."""
    assert judged((MIA,), face(0.8), face(0.2)) == ("fail", [("stranger", "")], {"mia": 0.8})


def test_a_doubtful_extra_face_is_ignored() -> None:
    """A face the detector itself is unsure of is no stranger."""
    assert judged((MIA,), face(0.8), face(0.2, sure=0.72)) == ("pass", [], {"mia": 0.8})


def test_swapped_faces_are_found_by_name() -> None:
    """Each face goes to whom it resembles, wherever it stands."""
    assert judged((MIA, THEO), face(0.75, 0.1), face(0.1, 0.75))[2] == {"mia": 0.75, "theo": 0.75}


@pytest.mark.parametrize("unsure_first", [True, False])
def test_what_is_surely_a_face_is_taken_for_somebody_before_what_may_be_a_leaf(unsure_first: bool) -> None:
    """Two people are seen where two are expected, whichever the detector found first."""
    small = [face(eyes=8.0, sure=0.72), face(eyes=8.0)]
    seen = small if unsure_first else small[::-1]
    assert judged((MIA, THEO), face(0.8, 0.1), *seen)[:2] == ("not-scorable", [("not-scorable", "theo")])


@pytest.mark.parametrize("seen", [face(eyes=8.0), face(turn=75.0), face(turn=-75.0), face(detail=0.1)])
def test_what_cannot_be_scored_is_said_so(seen: Sighting) -> None:
    """Too small, turned too far or too blurred is neither pass nor fail."""
    assert judged((MIA,), seen) == ("not-scorable", [("not-scorable", "mia")], {})


@pytest.mark.parametrize(
    ("seen", "reason"),
    [(face(eyes=8.0), "small"), (face(turn=75.0), "turned"), (face(detail=0.1), "blurred")],
)
def test_each_reason_is_told_apart(seen: Sighting, reason: str) -> None:
    """What keeps a face from being scored stands in the message, with its number and limit."""
    finding = ruled(company(MIA), [seen])[1][0]
    assert reason in finding.message
    assert finding.number is not None
    assert finding.limit is not None


@pytest.mark.parametrize("seen", [(), (face(turn=75.0),)])
def test_a_head_turned_away_as_planned_asks_nobody(seen: tuple[Sighting, ...]) -> None:
    """Somebody planned to face away is neither missing nor a question, seen from behind or in profile."""
    away = MIA.changed(turn=80.0)
    assert judged((away,), *seen) == ("pass", [("away", "mia")], {})


def test_a_face_less_alike_than_a_take_to_keep_is_told() -> None:
    """Between the two bars it is this person, and not as alike as it might be."""
    likeness = {name: bar.changed(likeness=0.7) for name, bar in CALIBRATION.bars.items()}
    both = company(MIA, like=CALIBRATION.changed(bars=likeness))
    scores, findings = ruled(both, [face(0.6)])
    assert (scores[0].bar, scores[0].likeness) == (0.5, 0.7)
    assert [(f.code, f.number, f.limit) for f in findings] == [("unlike", 0.6, 0.7)]
    assert outcome(findings, CALIBRATION) == "pass"
    assert ruled(both, [face(0.7)])[1] == ()
    assert [f.code for f in ruled(both, [face(0.4)])[1]] == ["drift"]


def test_a_likeness_bar_is_never_under_the_bar() -> None:
    """Where a look-alike raises the bar above it, the likeness bar rises with it."""
    likeness = {name: bar.changed(likeness=0.55) for name, bar in CALIBRATION.bars.items()}
    scores, _ = ruled(company(MIA, nearest=0.6, like=CALIBRATION.changed(bars=likeness)), [face(0.7)])
    assert scores[0].likeness == scores[0].bar == pytest.approx(0.65)


def placed(x: int, *alike: float) -> Sighting:
    """Return a face of 30 pixels at this place from the left."""
    return Sighting((x, 2, 30, 40), 0.0, 40.0, 0.7, 0.95, alike)


@pytest.mark.parametrize(
    ("mia", "theo", "codes"),
    [
        ("left", "right", []),
        ("right", "left", ["swapped"]),
        ("centre", "left", ["swapped"]),
        ("left", "left", []),
        (None, "left", []),
    ],
)
def test_people_who_have_changed_places(mia: str | None, theo: str | None, codes: list[str]) -> None:
    """Mia is seen on the left: right where the shot list says so, or says nothing."""
    both = company(MIA.changed(place=mia), THEO.changed(place=theo))
    _, findings = ruled(both, [placed(10, 0.8, 0.1), placed(200, 0.1, 0.8)])
    assert [f.code for f in findings] == codes
    assert outcome(findings, CALIBRATION) == ("fail" if codes else "pass")


def test_faces_on_top_of_each_other_have_no_order() -> None:
    """Half a face apart is neither left nor right."""
    both = company(MIA.changed(place="right"), THEO.changed(place="left"))
    assert ruled(both, [placed(10, 0.8, 0.1), placed(20, 0.1, 0.8)])[1] == ()


def test_a_person_too_many_is_counted_where_nobody_can_say_who_it_is() -> None:
    """A second head in profile is no stranger who could be scored, and still one too many."""
    result, codes, _ = judged((MIA,), face(0.8), face(turn=75.0))
    assert (result, codes) == ("fail", [("headcount", "")])
    assert judged((MIA,), face(0.8), face(turn=75.0, sure=0.8))[0] == "pass"


def test_a_stranger_is_not_counted_again() -> None:
    """Who can be scored is told as a stranger or a double, and not as a number too."""
    assert judged((MIA,), face(0.8), face(0.2))[1] == [("stranger", "")]
    finding = ruled(company(MIA), [face(0.8), face(0.2), face(eyes=8.0)])[1][-1]
    assert (finding.code, finding.number, finding.limit) == ("headcount", 3, 1)


def test_every_code_has_one_severity() -> None:
    """What QA can find amounts to something, in the data, once."""
    text = (resources.files("charforge.qa") / "severity.yaml").read_text("utf-8")
    listed = [code for codes in yaml.safe_load(text).values() for code in codes]
    known = {c for kind in (FaceCode, PictureCode, SoundCode) for c in get_args(kind)}
    assert sorted(listed) == sorted(known) == sorted(severities())


@pytest.mark.parametrize(
    ("codes", "result"),
    [
        ([], "pass"),
        (["away", "ill-posed", "unlike"], "pass"),
        (["not-scorable", "away"], "not-scorable"),
        (["soft", "not-scorable"], "fix"),
        (["soft", "stranger"], "fail"),
    ],
)
def test_the_worst_finding_decides(codes: list[str], result: str) -> None:
    """Fail before fix before a question before a note."""
    findings = [Finding(code=code, message="x") for code in codes]  # type: ignore[arg-type]
    assert outcome(findings, CALIBRATION) == result


def test_one_hidden_face_excuses_one_person() -> None:
    """Of two people and one face too small to score, one is missing."""
    result, codes, _ = judged((MIA, THEO), face(eyes=8.0))
    assert result == "fail"
    assert codes == [("not-scorable", "mia"), ("missing", "theo")]


def test_a_failure_outweighs_what_cannot_be_scored() -> None:
    """One person unscorable and the other drifted far is a failure."""
    assert judged((MIA, THEO), face(eyes=8.0), face(0.0, 0.25))[0] == "fail"


def test_a_face_where_nobody_is_expected() -> None:
    """An insert with a face in it fails; one the detector is unsure of does not."""
    for expected, mode in (((), "none"), ((MIA,), "none"), ((), "expected")):
        _, findings = ruled(company(*expected), [face()], mode)  # type: ignore[arg-type]
        assert [f.code for f in findings] == ["unexpected-face"]
    assert ruled(company(), [face(sure=0.7)], "none") == ((), ())


def test_unjudged_faces_are_left_alone() -> None:
    """Where faces do not matter, nothing is found."""
    assert ruled(company(MIA), [face()], "any") == ((), ())


def test_a_bar_rises_above_a_look_alike_in_the_cast() -> None:
    """Somebody whose fellow scores 0.55 against them needs more than that, up to a limit."""
    assert raised(0.5, 0.3) == 0.5
    assert raised(0.5, 0.55) == pytest.approx(0.55 + MARGIN)
    assert raised(0.5, 0.95) == pytest.approx(0.5 + MOST_RAISED)
    scores, findings = ruled(company(MIA, nearest=0.55), [face(0.57)])
    assert scores[0].bar == pytest.approx(0.6)
    assert [f.code for f in findings] == ["drift"]


def test_a_black_picture_fails() -> None:
    """Whatever is the matter with the people, nothing is to be seen."""
    assert outcome([Finding(code="black", message="black")], CALIBRATION) == "fail"
