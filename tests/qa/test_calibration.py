"""Bars come from data, by pose, with their error rates."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from charforge.backends.dlib_face import DlibFace
from charforge.backends.sface import SFace
from charforge.qa import calibrated
from charforge.weights import LocalHome


@pytest.mark.parametrize("face", [SFace, DlibFace])
def test_both_judges_ship_a_calibration_of_their_model(face: type[SFace | DlibFace]) -> None:
    """The calibration is that of the judge's model file, and its frontal bar is the backend's default."""
    home = LocalHome()
    backend = face(home)
    found = calibrated(backend)
    assert found.judge == backend.name
    assert found.model in {home.weight_digest(w) for w in backend.weights}
    assert found.bars["frontal"].bar == backend.bar
    assert found.bar(0) >= found.bar(-30) >= found.bar(50)
    assert found.stranger < found.bar(50) - found.fix_band + 0.05


def test_a_rate_is_stated_only_with_enough_pairs_behind_it() -> None:
    """Every rate has at least 10 / rate pairs behind it."""
    for file in (resources.files("charforge.qa") / "calibrations").iterdir():
        assert re.fullmatch(r"[0-9a-f]{64}\.yaml", file.name)
    for face in (SFace, DlibFace):
        for bar in calibrated(face(LocalHome())).bars.values():
            assert bar.far is None or bar.different >= 10 / bar.far
            assert bar.frr is None or bar.same >= 10 / bar.frr


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
