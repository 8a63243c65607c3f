"""A take that repeats its reference's pixels is seen; the same person in the same pose, drawn anew, is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from watched import LEFT, MIA, face, finder, picture, plate, reference, seen

from charforge.backends.protocols import Detection
from charforge.qa.watchers import Eyes, Person, Surroundings, watchers
from charforge.qa.watchers.copied import Copied

PERSON = Person("mia", given=(reference(picture(MIA)),))
EYES = Eyes(face=finder({(1024, 1024): face(MIA)}))


def pasted(name: str, side: int) -> tuple[np.ndarray, Detection]:
    """Return a portrait in a plate at another size, darker and compressed, and where its face is."""
    head = cv2.resize(picture(name), (side, side), interpolation=cv2.INTER_AREA)
    scene = plate("coffee-shop").copy()
    scene[100 : 100 + side, 300 : 300 + side] = np.clip(head * np.array([0.8, 0.7, 0.6]), 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", scene[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 75])
    found = face(name, side / 1024)
    x, y, w, h = found.box
    moved = Detection((x + 300, y + 100, w, h), found.points + np.array([300, 100], np.float32), 0.95)
    return np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]), moved


@pytest.mark.parametrize("side", [160, 400, 800])
def test_a_pasted_reference_is_seen(side: int) -> None:
    """At any size, in other light, and compressed; the background that came with it is told."""
    pixels, found = pasted(MIA, side)
    (finding,) = seen(Copied([PERSON], EYES, None), [pixels], [found])
    assert (finding.code, finding.who) == ("copy-paste", "mia")
    assert finding.message == "the reference picture is repeated, not drawn anew"
    assert finding.box is not None


def test_a_mirrored_reference_is_seen() -> None:
    """Turning a picture over is not drawing it."""
    pixels = np.ascontiguousarray(picture(MIA)[:, ::-1])
    points = face(MIA).points[[1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32) + np.array([1023, 0], np.float32)
    mirrored = Detection((1024 - 243 - 542, 191, 542, 742), points, 0.95)
    assert [f.code for f in seen(Copied([PERSON], EYES, None), [pixels], [mirrored])] == ["copy-paste"]


def test_the_same_person_turned_is_no_copy() -> None:
    """Another picture of hers in the same room."""
    pixels, found = pasted(LEFT, 800)
    assert seen(Copied([PERSON], EYES, None), [pixels], [found]) == ()


def test_a_face_too_small_for_detail_is_left_alone() -> None:
    """Nobody can tell a copy of ten pixels."""
    pixels, found = pasted(MIA, 64)
    assert seen(Copied([PERSON], EYES, None), [pixels], [found]) == ()


def test_a_compositor_that_pastes_by_design_is_not_watched() -> None:
    """The backend's kind is told; what a model drew is watched."""
    kinds = [
        {type(w) for w in watchers(Surroundings(people=(PERSON,), pasted=pasted), EYES)} for pasted in (True, False)
    ]
    assert Copied not in kinds[0]
    assert Copied in kinds[1]
