"""What every matte backend promises."""

from __future__ import annotations

import numpy as np
from contract_samples import Case, same


def test_cuts_a_person_out(case: Case) -> None:
    """The matte has the picture's size, lies between 0 and 1, and is high on the face and low in a corner."""
    pixels = case.headshot()
    matte = case.backend.matte(pixels)
    height, width = pixels.shape[:2]
    assert matte.shape == (height, width)
    assert matte.dtype == np.float32
    assert matte.min() >= 0
    assert matte.max() <= 1
    assert matte[int(height * 0.45) : int(height * 0.55), int(width * 0.45) : int(width * 0.55)].mean() > 0.9
    assert matte[: height // 16, : width // 16].mean() < 0.5


def test_odd_sizes_are_taken(case: Case) -> None:
    """Any size comes back as it came."""
    pixels = case.headshot()[:301, :217]
    assert case.backend.matte(pixels).shape == (301, 217)


def test_same_picture_gives_the_same_matte(case: Case) -> None:
    """The matte follows from the picture alone."""
    pixels = case.headshot()
    assert same(case.backend.matte(pixels), case.backend.matte(pixels.copy()))


CHECKS = (test_cuts_a_person_out, test_odd_sizes_are_taken, test_same_picture_gives_the_same_matte)
