"""Bars come from data, by pose, with their error rates."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.backends.dlib_face import DlibFace
from charforge.backends.sface import SFace
from charforge.errors import InputError
from charforge.qa.calibration import Bar, Calibration, SizedBars, calibrated, read, written
from charforge.weights import LocalHome

MADE = Calibration(
    judge="fake",
    bars={
        "frontal": Bar(bar=0.4, likeness=0.6, typical=0.8),
        "three-quarter": Bar(bar=0.4),
        "profile": Bar(bar=0.35, likeness=0.35, typical=0.3),
    },
    sizes=(SizedBars(below=20.0, bars={"frontal": Bar(bar=0.3, likeness=0.5)}),),
    fix_band=0.1,
    stranger=0.1,
).stamped()


@pytest.mark.parametrize("face", [SFace, DlibFace])
def test_both_judges_ship_a_calibration_of_their_model(face: type[SFace | DlibFace]) -> None:
    """The calibration is that of the judge's model file; its bars are in order, and near the backend's flat one."""
    home = LocalHome()
    backend = face(home)
    found = calibrated(backend)
    assert found.judge == backend.name
    assert found.model in {home.weight_digest(w) for w in backend.weights}
    for turn in (0, -15, 30, 50):
        likeness = found.likeness(turn)
        assert abs(found.bar(turn) - backend.bar) <= 0.05
        assert likeness is None or likeness >= found.bar(turn)
    assert found.stranger < found.bar(50) - found.fix_band + 0.05


def test_a_rate_is_stated_only_with_enough_pairs_behind_it() -> None:
    """Every rate has at least 10 / rate pairs behind it."""
    for file in (resources.files("charforge.qa") / "calibrations").iterdir():
        assert re.fullmatch(r"[0-9a-f]{64}\.yaml", file.name)
    for face in (SFace, DlibFace):
        for bar in calibrated(face(LocalHome())).bars.values():
            assert bar.far is None or bar.different >= 10 / bar.far
            assert bar.frr is None or bar.same >= 10 / bar.frr
            for rate, between in ((bar.far, bar.far_between), (bar.frr, bar.frr_between)):
                assert rate is None or (between is not None and between[0] <= rate <= between[1])


@pytest.mark.parametrize("face", [SFace, DlibFace])
def test_a_shipped_version_follows_from_its_content(face: type[SFace | DlibFace]) -> None:
    """What the file calls itself is what its numbers make it."""
    backend = face(LocalHome())
    file = resources.files("charforge.qa") / "calibrations" / f"{backend.model}.yaml"
    assert f"version: {calibrated(backend).version}\n" in file.read_text("utf-8")


def test_an_unmeasured_judge_says_so() -> None:
    """A model nobody has calibrated gets its own default bar under a name that says so."""

    class Unknown(SFace):
        name = "unknown"
        bar = 0.7

        @property
        def revision(self) -> str:
            return "1"

    found = calibrated(Unknown(LocalHome()))
    assert found.version == "uncalibrated-unknown"
    assert {b.bar for b in found.bars.values()} == {0.7}


def test_small_faces_have_bars_of_their_own() -> None:
    """They hold below their size and for their pose; elsewhere the others do."""
    assert MADE.bar(0) == MADE.bar(0, 60) == 0.4
    assert (MADE.bar(0, 15), MADE.likeness(0, 15)) == (0.3, 0.5)
    assert MADE.bar(30, 15) == 0.4
    assert MADE.likeness(30, 15) is None


def test_percentages_mean_the_same_everywhere() -> None:
    """Half of all strangers is 0, the bar 50, the likeness bar 75, the median picture 90, the same picture 100."""
    marks = {0.1: 0, 0.4: 50, 0.6: 75, 0.8: 90, 1.0: 100, -0.5: 0, 1.2: 100, 0.25: 25, 0.5: 62.5}
    assert {score: round(MADE.percent(score), 6) for score in marks} == marks
    assert MADE.percent(0.4, 30) == MADE.percent(0.35, -50) == 50


@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from([0.0, 30.0, 50.0]))
def test_a_higher_score_is_never_a_lower_percentage(one: float, other: float, turn: float) -> None:
    """Marks that are missing or out of order do not bend the line."""
    low, high = sorted((one, other))
    assert 0 <= MADE.percent(low, turn) <= MADE.percent(high, turn) <= 100


def test_words_follow_the_bars() -> None:
    """From the likeness bar on it is surely the same person, from the verification bar on a drifted one."""
    words = [MADE.words(score) for score in (0.65, 0.45, 0.3, 0.0)]
    assert words == [
        "surely the same person",
        "this person, drifted",
        "somebody like this person",
        "somebody else",
    ]


def test_a_file_reads_back_as_it_was(tmp_path: Path) -> None:
    """What is written is what is read, version included; a number changed by hand changes the version."""
    file = tmp_path / "fake.yaml"
    file.write_bytes(written(MADE))
    assert read(file) == MADE
    file.write_text(file.read_text("utf-8").replace("bar: 0.4,", "bar: 0.45,"), "utf-8")
    assert read(file).version != MADE.version


@pytest.mark.parametrize("content", ["bars: 3\n", "- x\n", "a: [\n"])
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, content: str) -> None:
    """The file is named."""
    file = tmp_path / "wrong.yaml"
    file.write_text(content, "utf-8")
    with pytest.raises(InputError, match=r"wrong\.yaml: this is no calibration"):
        read(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what makes one."""
    with pytest.raises(InputError, match="calibrate --pairs"):
        read(tmp_path / "none.yaml")


def test_a_projects_own_calibration_comes_first() -> None:
    """It holds for its model, or, naming none, for its judge; others are let be."""
    face = SFace(LocalHome())
    mine = MADE.changed(judge="sface")
    assert calibrated(face, (MADE, mine)) == mine
    assert calibrated(face, (MADE.changed(judge="sface", model="0" * 64),)).judge == "sface"
    assert calibrated(face, (MADE.changed(model=face.model),)).judge == "fake"
