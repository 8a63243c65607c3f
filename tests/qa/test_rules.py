"""What the faces seen in a picture mean."""

from __future__ import annotations

import pytest

from charforge.domain.jobs import ExpectedFace
from charforge.domain.takes import Finding
from charforge.qa.calibration import Bar, Calibration
from charforge.qa.rules import MARGIN, MOST_RAISED, Sighting, outcome, raised, ruled

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


def judged(expected: tuple[ExpectedFace, ...], *seen: Sighting) -> tuple[str, list[tuple[str, str]], dict[str, float]]:
    """Return outcome, findings as (code, who), and scores by name."""
    scores, findings = ruled(expected, [None] * len(expected), seen, "expected", CALIBRATION)
    codes = [(f.code, f.who) for f in findings]
    return outcome(findings, CALIBRATION), codes, {s.who: s.value for s in scores}


def test_everybody_there_and_like_themselves_passes() -> None:
    """Two people, two faces, each over the bar."""
    assert judged((MIA, THEO), face(0.1, 0.7), face(0.8, 0.2)) == ("pass", [], {"mia": 0.8, "theo": 0.7})


def test_a_near_miss_is_to_be_fixed() -> None:
    """A score in the band under the bar is drift worth repairing."""
    assert judged((MIA,), face(0.4)) == ("fix", [("drift", "mia")], {"mia": 0.4})


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


def test_an_extra_person_is_a_stranger() -> None:
    """A scorable face that belongs to nobody fails the take."""
    assert judged((MIA,), face(0.8), face(0.2)) == ("fail", [("stranger", "")], {"mia": 0.8})


def test_a_doubtful_extra_face_is_ignored() -> None:
    """A face the detector itself is unsure of is no stranger."""
    assert judged((MIA,), face(0.8), face(0.2, sure=0.72)) == ("pass", [], {"mia": 0.8})


def test_swapped_faces_are_found_by_name() -> None:
    """Each face goes to whom it resembles, wherever it stands."""
    assert judged((MIA, THEO), face(0.75, 0.1), face(0.1, 0.75))[2] == {"mia": 0.75, "theo": 0.75}


@pytest.mark.parametrize("seen", [face(eyes=8.0), face(turn=75.0), face(turn=-75.0), face(detail=0.1)])
def test_what_cannot_be_scored_is_said_so(seen: Sighting) -> None:
    """Too small, turned too far or too blurred is neither pass nor fail."""
    assert judged((MIA,), seen) == ("not-scorable", [("not-scorable", "mia")], {})


def test_a_back_of_the_head_as_planned_is_not_scorable() -> None:
    """Somebody planned to face away is not missing."""
    away = MIA.changed(turn=120.0)
    assert judged((away,)) == ("not-scorable", [("not-scorable", "mia")], {})


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
        _, findings = ruled(expected, [None] * len(expected), [face()], mode, CALIBRATION)  # type: ignore[arg-type]
        assert [f.code for f in findings] == ["unexpected-face"]
    assert ruled((), [], [face(sure=0.7)], "none", CALIBRATION) == ((), ())


def test_unjudged_faces_are_left_alone() -> None:
    """Where faces do not matter, nothing is found."""
    assert ruled((MIA,), [None], [face()], "any", CALIBRATION) == ((), ())


def test_a_bar_rises_above_a_look_alike_in_the_cast() -> None:
    """Somebody whose fellow scores 0.55 against them needs more than that, up to a limit."""
    assert raised(0.5, 0.3) == 0.5
    assert raised(0.5, 0.55) == pytest.approx(0.55 + MARGIN)
    assert raised(0.5, 0.95) == pytest.approx(0.5 + MOST_RAISED)
    scores, findings = ruled((MIA,), [0.55], [face(0.57)], "expected", CALIBRATION)
    assert scores[0].bar == pytest.approx(0.6)
    assert [f.code for f in findings] == ["drift"]


def test_a_black_picture_fails() -> None:
    """Any finding but drift and not-scorable is a failure."""
    assert outcome([Finding(code="black", message="black")], CALIBRATION) == "fail"
