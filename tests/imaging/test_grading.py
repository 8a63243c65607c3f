"""One light becomes another by grading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge import imaging
from charforge.imaging import grading
from charforge.imaging.grading import GRADES, Grade, Tone
from charforge.imaging.lighting import lie

LOCATIONS = Path(__file__).parents[2] / "library" / "locations"
WIDTH = 480


def plate(place: str, view: str, light: str) -> Any:
    """Return a small plate of the pilot."""
    pixels = imaging.decode(LOCATIONS / place / "plates" / f"{view}-{light}.webp")
    return cv2.resize(pixels, (WIDTH, WIDTH * 9 // 16), interpolation=cv2.INTER_AREA)


def far(one: Any, other: Any) -> float:
    """Return the mean difference of two pictures in CIELAB. Source: CIE 1976 colour difference."""
    lab = [cv2.cvtColor((p / 255).astype(np.float32), cv2.COLOR_RGB2LAB) for p in (one, other)]
    return float(np.linalg.norm(lab[0] - lab[1], axis=-1).mean())


@pytest.mark.parametrize(("light", "left"), [("golden-hour", 0.62), ("night", 0.72)])
@pytest.mark.parametrize("place", ["coffee-shop", "pottery"])
@pytest.mark.parametrize("view", ["table", "window", "wide"])
def test_comes_near_the_real_light(place: str, view: str, light: str, left: float) -> None:
    """A graded afternoon is closer to the render of that light, also in a place that it was not fitted to."""
    day, truth = plate(place, view, "afternoon"), plate(place, view, light)
    graded = grading.grade(day, GRADES[light], lie(day))
    assert far(graded, truth) < left * far(day, truth)


def test_windows_turn_blue_at_night_and_rooms_warm() -> None:
    """What is seen through windows takes another light than the room."""
    day = plate("coffee-shop", "window", "afternoon")
    how = lie(day)
    night = grading.grade(day, GRADES["night"], how).astype(float)
    window, room = how.windows > 0.9, how.windows < 0.1
    assert 0.15 < window.mean() < 0.5
    assert night[window][:, 2].mean() > 1.3 * night[window][:, 0].mean()
    assert night[room][:, 0].mean() > 1.3 * night[room][:, 2].mean()


def test_finds_no_window_in_a_wall() -> None:
    """A room without windows is graded as one."""
    wall = np.full((90, 160, 3), (190, 170, 140), np.uint8)
    how = lie(wall)
    assert how.windows.max() == 0
    assert how.lit.max() == 0


def test_alpha_stays_as_it_is() -> None:
    """A foreground layer keeps its shape, and gets the room's light."""
    day = plate("coffee-shop", "table", "afternoon")
    front = np.dstack([day, np.random.default_rng(1).integers(0, 256, day.shape[:2], np.uint8)])
    graded = grading.grade(front, GRADES["night"], lie(day))
    assert np.array_equal(graded[..., 3], front[..., 3])
    assert graded[..., :3].mean() < 0.6 * day.mean()


def test_no_change_is_no_change() -> None:
    """A grade that asks for nothing gives the picture back, but for the roll-off near white."""
    day = plate("coffee-shop", "table", "afternoon")
    same = grading.grade(day, Grade(Tone(), Tone()))
    dark = day.max(-1) < 200
    assert np.abs(same.astype(int) - day)[dark].max() <= 1


def test_there_and_back() -> None:
    """The way from one light to another leads over daylight: from a light to itself nothing changes."""
    for known in GRADES.values():
        same = grading.between(known, known)
        assert same.room.exposure == 0
        assert same.room.kelvin == pytest.approx(grading.DAYLIGHT, rel=0.01)
        assert same.room.contrast == 1


@given(st.floats(1700, 25000))
def test_kelvin_keeps_the_brightness(kelvin: float) -> None:
    """A white balance changes colour, not luminance; below daylight it is warm, above it cool."""
    red, green, blue = grading.planckian(kelvin)
    assert 0.2126 * red + 0.7152 * green + 0.0722 * blue == pytest.approx(1, abs=1e-4)
    assert (red >= blue) == (kelvin <= grading.DAYLIGHT) or kelvin == pytest.approx(grading.DAYLIGHT, rel=0.02)
