"""The fakes can carry an episode from text to verdicts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_samples import HEIGHT, WIDTH, BareHome, Desk

from charforge import imaging, media
from charforge.backends import fake
from charforge.backends.protocols import Frames
from charforge.domain.jobs import ExpectedFace, Input, StillJob
from charforge.qa import Judge, calibrated
from charforge.runners import Toolbox

FACE = fake.FakeFace(BareHome())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk with Mia's and Theo's headshots on it."""
    (tmp_path / "scratch").mkdir()
    return Desk(tmp_path / "scratch", Toolbox(BareHome()))


def expected(desk: Desk, who: str) -> ExpectedFace:
    """Return somebody whom QA shall find."""
    return ExpectedFace(who=who, asset=f"{who}@1", master=desk.put(imaging.encode_png(fake.headshot(who))))


def still(desk: Desk, *cast: str, role: str = "master", **settings: Any) -> Any:
    """Return a picture of some people."""
    inputs = tuple(Input(role=role, name=who, source=expected(desk, who).master) for who in cast)
    job = StillJob(backend="fake", width=4 * WIDTH, height=4 * HEIGHT, inputs=inputs, settings=settings)
    return fake.FakeStill(BareHome()).still(job, desk).pixels


def judge(desk: Desk) -> Judge:
    """Return QA with the fake as both judges."""
    return Judge(FACE, FACE, calibrated(FACE), calibrated(FACE), desk.file)


def test_people_who_are_there_pass(desk: Desk) -> None:
    """Two people in one picture are both found and recognised."""
    verdict = judge(desk).still(still(desk, "mia", "theo"), [expected(desk, w) for w in ("mia", "theo")])
    assert verdict.outcome == "pass"
    assert [(s.who, round(s.value, 3)) for s in verdict.scores] == [("mia", 1.0), ("theo", 1.0)]


@pytest.mark.parametrize(
    ("drift", "outcome", "code"), [(0.22, "fix", "drift"), (0.3, "fail", "drift"), (0.5, "fail", "missing")]
)
def test_a_drifted_face_is_caught(desk: Desk, drift: float, outcome: str, code: str) -> None:
    """A share of the badge turned over lowers the score by twice as much."""
    verdict = judge(desk).still(still(desk, "mia", drift=drift), [expected(desk, "mia")])
    assert verdict.outcome == outcome
    assert code in {f.code for f in verdict.findings}


def test_the_wrong_person_fails(desk: Desk) -> None:
    """Theo is no Mia."""
    verdict = judge(desk).still(still(desk, "theo"), [expected(desk, "mia")])
    assert {f.code for f in verdict.findings} == {"missing", "stranger"}


def test_a_head_is_preferred_to_the_master(desk: Desk) -> None:
    """Where a shot has its own head picture, that is the one that is drawn."""
    inputs = (
        Input(role="master", name="mia", source=expected(desk, "mia").master),
        Input(role="head", name="mia", source=expected(desk, "theo").master),
    )
    job = StillJob(backend="fake", width=640, height=360, inputs=inputs)
    pixels = fake.FakeStill(BareHome()).still(job, desk).pixels
    assert judge(desk).still(pixels, [expected(desk, "theo")]).outcome == "pass"


def test_people_are_recognised_in_an_encoded_clip(desk: Desk, tmp_path: Path) -> None:
    """Badges survive the intermediate's colour subsampling and compression."""
    pixels = still(desk, "mia", "theo")
    path = tmp_path / "clip.mkv"
    frames = Frames(Fraction(24), pixels.shape[1], pixels.shape[0], "rgb24", iter([pixels.tobytes()] * 3), 3)
    media.encode_clip(frames, path)
    for _, frame in media.frames(path):
        verdict = judge(desk).still(frame, [expected(desk, w) for w in ("mia", "theo")])
        assert verdict.outcome == "pass"


def test_every_prompt_has_its_own_picture() -> None:
    """Takes can be told apart by eye and by digest, and none is black or looks like a badge."""
    pictures = [fake.gradient(64, 36, str(n)) for n in range(50)]
    assert len({p.tobytes() for p in pictures}) == 50
    assert all(p.min() > 40 for p in pictures)
    assert all(fake.badges(p) == () for p in pictures)


def test_a_badge_reads_as_it_was_painted() -> None:
    """What is painted at any size is read back."""
    for side in (40, 61, 100, 300):
        pixels = fake.gradient(400, 400, "wall")
        fake.paint(pixels, fake.badge("mia"), (200, 200), side)
        (found,) = fake.badges(pixels)
        assert np.array_equal(fake.read(pixels, found.box), fake.badge("mia"))
