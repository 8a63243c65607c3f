"""A picture in which nothing is sharp is soft; one with a soft background is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from watched import MIA, picture, plate, reference, seen

from charforge.qa.watchers import Eyes
from charforge.qa.watchers.focus import Soft, sharpness


def blurred(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Return a picture out of focus by so many of 1080 lines."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma * pixels.shape[0] / 1080), np.uint8)


@pytest.mark.parametrize("place", ["coffee-shop", "pottery"])
def test_a_picture_out_of_focus_is_soft(place: str) -> None:
    """By five pixels of 1080 lines and more, with grain over it or not."""
    rng = np.random.default_rng(1)
    soft = blurred(plate(place), 5.5)
    grained = np.clip(soft + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)
    for pixels in (soft, grained):
        (found,) = seen(Soft(None, Eyes(), None), [pixels])
        assert found.code == "soft"
        assert found.number is not None
        assert found.limit is not None
        assert found.number < found.limit


@pytest.mark.parametrize("place", ["coffee-shop", "pottery"])
@pytest.mark.parametrize("light", ["night", "afternoon"])
def test_a_sharp_picture_is_not_soft(place: str, light: str) -> None:
    """In any light."""
    assert seen(Soft(None, Eyes(), None), [plate(place, "table", light)]) == ()


def test_somebody_sharp_before_a_soft_background_is_not_soft() -> None:
    """What counts is the sharpest part."""
    portrait = picture(MIA)
    rows, columns = np.mgrid[:1024, :1024]
    inside = (((columns - 512) / 300) ** 2 + ((rows - 560) / 420) ** 2 < 1)[..., None]
    assert seen(Soft(None, Eyes(), None), [np.where(inside, portrait, blurred(portrait, 12))]) == ()


def test_a_soft_plate_excuses_a_soft_take() -> None:
    """A take cannot be sharper than what it was made on."""
    soft = blurred(plate("pottery", "window"), 4)
    assert seen(Soft(None, Eyes(), None), [soft])
    assert seen(Soft(reference(soft), Eyes(), None), [soft]) == ()


def test_a_moment_out_of_focus_is_no_soft_clip() -> None:
    """Most frames of a clip must be soft: a rack focus passes."""
    sharp = plate("pottery")
    soft = blurred(sharp, 6)
    assert seen(Soft(None, Eyes(), 24), [sharp, soft, soft, soft, sharp]) == ()
    assert [f.frame for f in seen(Soft(None, Eyes(), 24), [soft, soft, soft, soft, sharp])] == [0]


def test_an_empty_picture_has_no_sharpness() -> None:
    """A plain wall is neither sharp nor soft."""
    assert sharpness(np.full((360, 640, 3), 130, np.uint8)) is None
