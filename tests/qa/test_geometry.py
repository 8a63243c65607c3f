"""The build of two faces is compared: eye distance and jawline, whatever the size, place and lean of the pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from headshots import canvas, master

from charforge.backends.landmarks import FaceLandmarks
from charforge.backends.protocols import Landmarks
from charforge.backends.sface import SFace
from charforge.qa.crops import head_crop, head_height
from charforge.qa.geometry import EYES, JAW, SHARE, SIDE, build, comparable, compared, summed

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.weights import LocalHome

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def faces(home: LocalHome) -> dict[str, Landmarks]:
    """Return both masters, measured, and mia small, leaning and dark in a wide picture."""
    finder, marks = SFace(home), FaceLandmarks(home)

    def measured(pixels: RGB) -> Landmarks:
        found = marks.landmarks(pixels, finder.detect(pixels)[0])
        assert found is not None
        return found

    wide = canvas(("mia", 900, 200, 420))
    leaning = cv2.warpAffine(wide, cv2.getRotationMatrix2D((1110, 410), 5, 1), (1920, 1080))
    return {
        "mia": measured(master("mia")),
        "theo": measured(master("theo")),
        "far": measured(np.asarray(leaning * 0.8, np.uint8)),
    }


def test_the_same_face_elsewhere_smaller_darker_and_leaning_is_the_same_build(faces: dict[str, Landmarks]) -> None:
    """Both limits are kept."""
    found = summed([faces["far"]], faces["mia"])
    assert (found.frames, found.of) == (1, 1)
    assert found.within()


def test_another_persons_jaw_and_eyes_are_out_of_both_limits(faces: dict[str, Landmarks]) -> None:
    """Even where both could be compared."""
    found = compared(faces["theo"], build(faces["mia"]))
    assert abs(found.eyes) > 2
    assert found.jaw > 3.5
    assert found.eyes_share == pytest.approx(100 * found.eyes / build(faces["mia"]).eyes)


@pytest.mark.parametrize("wider", [-6.0, 3.0, 8.0])
def test_eyes_that_were_moved_are_found_to_be_moved_so_far(faces: dict[str, Landmarks], wider: float) -> None:
    """In pixels of a reference of 1024 pixels."""
    mia = faces["mia"]
    scale = SHARE * SIDE / head_height(mia.points)
    points = mia.points.copy()
    points[list(EYES[0]), 0] -= wider / scale / 2
    points[list(EYES[1]), 0] += wider / scale / 2
    found = compared(replace(mia, points=points), build(mia))
    assert found.eyes == pytest.approx(wider, abs=0.2)
    assert found.jaw == pytest.approx(0, abs=0.2)


def test_a_jaw_that_was_moved_is_found_to_be_moved_so_far(faces: dict[str, Landmarks]) -> None:
    """A jaw that is wider by six pixels on each side lies about that far off, save at the chin."""
    mia = faces["mia"]
    scale = SHARE * SIDE / head_height(mia.points)
    points = mia.points.copy()
    away = np.sign(points[list(JAW), 0] - points[152, 0])
    points[list(JAW), 0] += away * 6 / scale
    found = compared(replace(mia, points=points), build(mia))
    assert 3.5 < found.jaw < 6.5
    assert found.eyes == pytest.approx(0, abs=0.2)


def test_turned_smiling_and_missing_faces_are_counted_but_not_compared(faces: dict[str, Landmarks]) -> None:
    """A smile moves the jaw, and a turn hides a side of it."""
    mia = faces["mia"]
    turned = replace(mia, turn=mia.turn + 12)
    smiling = replace(mia, blendshapes={**mia.blendshapes, "mouthSmileLeft": 0.9})
    assert not comparable(turned, mia)
    assert not comparable(smiling, mia)
    found = summed([turned, smiling, None], mia)
    assert (found.frames, found.of, found.middle) == (0, 3, None)
    assert not found.within()


def test_a_head_is_cropped_as_references_are_and_never_blown_up(faces: dict[str, Landmarks]) -> None:
    """Crown to chin takes 70 per cent of a square, which stays within the picture."""
    wide = canvas(("mia", 900, 200, 420))
    points = faces["mia"].points * np.float32(420 / 1024)
    points[:, :2] += (900, 200)
    crop = head_crop(wide, points)
    assert crop.pixels.shape == (crop.side, crop.side, 3)
    assert crop.head / crop.side == pytest.approx(0.7, abs=0.01)
    edge = head_crop(wide, points - np.array([880, 250, 0], np.float32))
    assert (edge.left, edge.top) == (0, 0)
    assert head_crop(wide[200:500, 900:1300], points - np.array([900, 200, 0], np.float32)).side == 300
