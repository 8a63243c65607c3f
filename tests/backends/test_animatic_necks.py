"""Where a head ends: the neck in its collar, thin hair, and the old garment that talking must not bring back."""

from __future__ import annotations

import numpy as np
import pytest

from charforge.backends.animatic import bodies, matting
from charforge.backends.animatic.ground import Ground
from charforge.domain.assets import Fit

SEAT = bodies.Seat(
    Ground(200, 200, (100.0, 60.0), 120.0, 0.0),
    (100.0, 110.0),
    100.0,
    Fit(chin_x=0.5, chin_y=0.1, face=0.2, collar=0.14),
)


@pytest.fixture
def cover() -> np.ndarray:
    """Return a body whose collar stands from column 70 to 130, with a neck's hole from 75 to 124 down to row 129."""
    body = np.zeros((200, 200), np.float32)
    body[115:, 70:131] = 1
    body[115:130, 75:125] = 0
    body[150:, 20:180] = 1
    return body


def test_a_neck_is_seen_in_its_collar_and_nowhere_beside_it(cover: np.ndarray) -> None:
    """The hole shows the neck, the collar hides it, and nothing of it comes out beside the collar or just above."""
    seen = bodies.necked(cover, bodies.opening(cover, SEAT), SEAT)
    assert seen[122, 100] > 0.95
    assert seen[122, 72] == 0
    assert seen[135, 100] == 0
    assert seen[122, 50] < 0.05
    assert seen[110, 140] < 0.05
    assert seen[60, 50] == 1


def test_the_inside_of_a_collar_is_dark_cloth(cover: np.ndarray) -> None:
    """What a narrow neck leaves open is covered by the cloth in shadow, and the body stays as it was."""
    colour = np.full((200, 200, 3), 0.6, np.float32)
    lined, covered = bodies.lined(colour, cover, bodies.opening(cover, SEAT), SEAT)
    assert covered[122, 100] > 0.95
    assert lined[122, 100].max() < 0.4
    assert lined[170, 100] == pytest.approx(0.6, abs=0.01)
    assert covered[60, 100] == 0


def test_thin_hair_takes_the_darkness_of_the_hair_within() -> None:
    """A bright wall behind flyaway hair above the ears goes; below the ears, and inside, nothing changes."""
    side = 256
    alpha = np.zeros((side, side), np.float32)
    alpha[60:, 60:196] = 1
    alpha[52:60, 60:196] = 0.5
    colour = np.full((side, side, 3), 0.9, np.float32)
    colour[60:, 60:196] = 0.1
    clean = matting.fringed(colour, alpha, 150)
    assert clean[55, 128].max() < 0.3
    assert clean[100, 128] == pytest.approx(0.1, abs=0.01)
    assert np.array_equal(clean[160:], colour[160:])


def test_talking_changes_the_face_and_brings_no_old_garment_back() -> None:
    """A new state of the face changes what was not cleaned, and leaves a removed garment away."""
    before = np.full((60, 60, 3), 128, np.uint8)
    before[40:] = (200, 20, 20)
    clean = np.full((60, 60, 3), 128 / 255, np.float32)
    after = before.copy()
    after[:20] = 180
    after[40:] = (220, 30, 30)
    drawn = matting.changed(clean, before, after)
    assert drawn[10, 30] == pytest.approx(180 / 255, abs=0.01)
    assert drawn[52, 30] == pytest.approx(128 / 255, abs=0.01)
