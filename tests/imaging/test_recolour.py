"""A garment is found by place and colour, dyed with its folds kept, or refused with the measured reason."""

from __future__ import annotations

import numpy as np
import pytest
from headshots import master

from charforge.backends.landmarks import FaceLandmarks
from charforge.backends.modnet import ModNet
from charforge.backends.protocols import RGB
from charforge.backends.sface import SFace
from charforge.imaging import garments, recolour
from charforge.imaging.garments import Garment, NoCleanGarment
from charforge.weights.home import LocalHome

pytestmark = pytest.mark.models
MOSS = recolour.lab_of("#5b6b3a")
Floats = "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"
Measured = tuple[RGB, Floats, Floats]


@pytest.fixture(scope="module")
def theo(home: LocalHome) -> Measured:
    """Return theo in his jersey, his matte and his landmarks."""
    pixels = master("theo")
    found = FaceLandmarks(home).landmarks(pixels, SFace(home).detect(pixels)[0])
    assert found is not None
    return pixels, ModNet(home).matte(pixels), found.points


@pytest.fixture(scope="module")
def jersey(theo: Measured) -> Garment:
    """Return what theo wears."""
    return garments.find(*theo)


def test_the_garment_lies_below_the_chin(theo: Measured, jersey: Garment) -> None:
    """Some of the picture's foot is garment, and nothing of the face."""
    _, _, points = theo
    rows = np.flatnonzero(jersey.alpha.max(1) > 0.5)
    assert 0.02 < jersey.alpha.mean() < 0.1
    assert rows.min() > points[4, 1]
    assert jersey.alpha[int(points[152, 1]) - 20, int(points[152, 0])] == 0


def test_dyeing_leaves_every_pixel_outside_the_garment(theo: Measured, jersey: Garment) -> None:
    """The face and the background are the same bytes, and the skin's colour is as it was."""
    pixels = theo[0]
    dyed = recolour.dye(pixels, jersey, MOSS)
    outside = jersey.alpha <= 0
    assert np.array_equal(dyed[outside], pixels[outside])
    assert recolour.skin_change(pixels, dyed, jersey) <= 0.5


def test_the_cloth_takes_the_colour_and_keeps_its_folds(theo: Measured, jersey: Garment) -> None:
    """The median is the new colour; what was lighter than its neighbour still is."""
    pixels = theo[0]
    dyed = recolour.dye(pixels, jersey, MOSS)
    inside = jersey.alpha > 0.98
    before, after = (recolour.lab(p)[inside] for p in (pixels, dyed))
    assert np.linalg.norm(np.median(after, axis=0) - MOSS) < 12
    assert np.corrcoef(before[:, 0], after[:, 0])[0, 1] > 0.9


def test_a_garment_of_the_skins_colour_is_refused(theo: Measured, jersey: Garment) -> None:
    """There is nothing to tell it by."""
    pixels, matte, points = theo
    skin = np.median(pixels[jersey.skin], axis=0).astype(np.uint8)
    nude = pixels.copy()
    nude[jersey.alpha > 0] = skin
    with pytest.raises(NoCleanGarment, match=r"\d"):
        garments.find(nude, matte, points)


def test_a_picture_that_ends_at_the_mouth_has_no_garment(theo: Measured) -> None:
    """The reason names the share that is seen and the share that is needed."""
    pixels, matte, points = theo
    foot = int(points[17, 1])
    with pytest.raises(NoCleanGarment, match=r"[\d.]+ %"):
        garments.find(pixels[:foot], matte[:foot], points)


def test_hair_down_to_the_garment_of_its_colour_is_refused(theo: Measured, jersey: Garment) -> None:
    """Where both sides of the face are one colour down to the cloth, nothing is dyed."""
    pixels, matte, points = theo
    long = pixels.copy()
    cloth = tuple(int(c) for c in np.median(pixels[jersey.alpha > 0.9], axis=0))
    long[jersey.alpha > 0.02] = cloth
    left, right = int(points[234, 0]), int(points[454, 0])
    for side in (slice(left - 160, left + 4), slice(right - 4, right + 160)):
        long[int(points[10, 1]) :, side] = cloth
    whole = np.maximum(matte, (long != pixels).any(2).astype(np.float32))
    with pytest.raises(NoCleanGarment):
        garments.find(long, whole, points)


def test_a_colour_is_six_digits() -> None:
    """White is white; what is no colour is refused."""
    assert recolour.lab_of("#ffffff") == pytest.approx([100, 0, 0], abs=0.5)
    for wrong in ("", "navy", "#12", "#12345g", "1f3a5f0"):
        with pytest.raises(ValueError, match=r"#|navy|1f|^$|base 10|base 16"):
            recolour.lab_of(wrong)
