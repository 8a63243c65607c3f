"""One embedding per master picture, or one of several weighted pictures."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from headshots import MASTERS

from charforge.backends.dlib_face import DlibFace
from charforge.backends.sface import SFace
from charforge.domain.assets import Share
from charforge.domain.jobs import ExpectedFace
from charforge.qa import Judge, calibrated
from charforge.qa.masters import Masters, merged
from charforge.weights import LocalHome

DIGESTS = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in MASTERS.items()}
FILES = {DIGESTS[name]: path for name, path in MASTERS.items()}


def face(name: str, **weights: float) -> ExpectedFace:
    """Return somebody's master, merged of the masters of these people."""
    shares = tuple(Share(digest=DIGESTS[who], weight=weight) for who, weight in weights.items())
    return ExpectedFace(who=name, asset=f"{name}@1", master=DIGESTS[name], merge=shares)


def test_only_the_ratio_of_the_weights_counts() -> None:
    """Each part counts by its direction; the result is as long as the parts are."""
    one, other = np.float32([2, 0, 0]), np.float32([0, 4, 0])
    mean = merged([(one, 3.0), (other, 1.0)])
    assert np.allclose(mean / np.linalg.norm(mean), np.float32([3, 1, 0]) / np.sqrt(10))
    assert np.linalg.norm(mean) == pytest.approx(2.5)
    assert np.allclose(merged([(one, 0.3), (other, 0.1)]), mean)
    assert np.allclose(merged([(one, 5.0)]), one)
    unit = merged([(one / 2, 1.0), (other / 4, 1.0)])
    assert np.linalg.norm(unit) == pytest.approx(1.0)


def judging() -> Judge:
    """Return a judge that is asked for keys alone."""
    first, second = SFace(LocalHome()), DlibFace(LocalHome())
    return Judge(first, second, calibrated(first), calibrated(second), FILES.__getitem__, cast=(face("theo"),))


@pytest.mark.models
def test_verdicts_of_characters_without_a_merge_stay_known() -> None:
    """A merge changes the key, and nothing else about who is expected does."""
    judge = judging()
    parts = [judge.cache_key("b", [expected]) for expected in (face("mia"), face("mia", mia=0.7, theo=0.3))]
    assert parts[0] == judge.cache_key("b", [ExpectedFace(who="mia", asset="mia@9", master=DIGESTS["mia"])])
    assert len({*parts, judge.cache_key("b", [face("mia", mia=0.6, theo=0.4)])}) == 3


@pytest.mark.models
@pytest.mark.parametrize("backend", [SFace, DlibFace])
def test_a_merged_person_is_like_both_by_weight(backend: type[SFace | DlibFace], tmp_path: Path) -> None:
    """By either judge: the heavier part is the more alike, and both are more alike than they are to each other."""
    first, judge = SFace(LocalHome()), backend(LocalHome())
    masters = Masters(first, judge, FILES.__getitem__, tmp_path)
    mia, theo = masters.face(face("mia")), masters.face(face("theo"))
    both = masters.face(face("mia", mia=0.7, theo=0.3))
    apart = judge.similarity(mia, theo)
    assert 1 > judge.similarity(mia, both) > judge.similarity(theo, both) > apart
    assert np.array_equal(masters.face(face("mia", mia=0.7, theo=0.3)), both)
