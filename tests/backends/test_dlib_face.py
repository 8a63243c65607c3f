"""The second face judge agrees with the first about who is who, on either's detections."""

from __future__ import annotations

import numpy as np
import pytest
from headshots import canvas, master

from charforge.backends.dlib_face import DlibFace
from charforge.backends.sface import SFace
from charforge.weights import LocalHome

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def judge() -> DlibFace:
    """Return the judge with its real models."""
    return DlibFace(LocalHome())


@pytest.fixture(scope="module")
def finder() -> SFace:
    """Return the first judge, whose detections the second works on."""
    return SFace(LocalHome())


def test_its_own_detector_finds_both_people(judge: DlibFace, finder: SFace) -> None:
    """Dlib finds the two faces of a frame where the first judge finds them."""
    picture = canvas(("mia", 100, 100, 500), ("theo", 900, 100, 800))
    own, foreign = judge.detect(picture), finder.detect(picture)
    assert len(own) == len(foreign) == 2
    for mine, theirs in zip(own, foreign, strict=True):
        apart = float(np.linalg.norm(theirs.points[1] - theirs.points[0]))
        assert np.linalg.norm(mine.points - theirs.points, axis=1).max() < 0.5 * apart


def test_a_foreign_detection_serves_as_well_as_its_own(judge: DlibFace, finder: SFace) -> None:
    """The embedding of a face hardly depends on who found it."""
    picture = master("theo")
    own, foreign = (judge.embed(picture, f.detect(picture)[0]) for f in (judge, finder))
    assert judge.similarity(own, foreign) > 0.9


def test_it_tells_two_people_apart(judge: DlibFace, finder: SFace) -> None:
    """A smaller copy of somebody is over the bar, somebody else under it."""
    mia, theo = (judge.embed(p, finder.detect(p)[0]) for p in (master("mia"), master("theo")))
    picture = canvas(("mia", 700, 40, 200))
    small = judge.embed(picture, finder.detect(picture)[0])
    assert judge.similarity(small, mia) > judge.bar
    assert judge.similarity(mia, theo) < judge.bar
    assert judge.similarity(mia, mia) == 1.0


def test_similarity_falls_with_distance(judge: DlibFace) -> None:
    """Further apart is less alike, and dlib's own bar of 0.6 reads 0.4."""
    origin, near, far = (np.full(4, v, np.float32) for v in (0.0, 0.1, 0.3))
    assert judge.similarity(origin, near) > judge.similarity(origin, far)
    assert judge.similarity(origin, far) == pytest.approx(0.4)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (270, 480, 3)])
def test_a_picture_without_a_face_has_none(judge: DlibFace, shape: tuple[int, int, int]) -> None:
    """Noise and odd shapes give no face and no error."""
    assert judge.detect(np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)) == ()


def test_the_revision_names_both_model_files() -> None:
    """The revision holds the digests of the landmarks and the embedder, with nothing loaded."""
    home = LocalHome()
    revision = DlibFace(home).revision
    assert all(home.weight_digest(name)[:12] in revision for name in DlibFace.weights)
