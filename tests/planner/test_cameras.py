"""A framing becomes a camera in a set."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.assets import Mark
from charforge.domain.script import Angle, CharacterInShot, Framing, Shot
from charforge.errors import PlanError
from charforge.planner import cameras
from charforge.planner.framing import HEAD

ASPECT = 16 / 9
MARKS = {
    "left": Mark(x=0.3, y=0.39, head=0.17, depth=2.7),
    "right": Mark(x=0.7, y=0.39, head=0.17, depth=2.7),
    "centre": Mark(x=0.5, y=0.39, head=0.17, depth=2.7),
}
FAR = {name: mark.changed(depth=30.0, head=0.015) for name, mark in MARKS.items()}
NOBODY = {"insert"}
WIDE = {"wide", "extreme-wide"}


def shot(framing: str = "close", angle: str = "eye", *where: str, lens: str | None = None) -> Shot:
    """Return a shot of one person, or of those who stand where it is said."""
    places = where or ("centre",)
    people = tuple(CharacterInShot(who=f"p{n}", asset="p", position=place) for n, place in enumerate(places))  # type: ignore[arg-type]
    return Shot(id="0010", framing=framing, angle=angle, lens=lens, characters=people)  # type: ignore[arg-type]


@pytest.mark.parametrize("framing", sorted(set(get_args(Framing)) - NOBODY - WIDE))
def test_shows_the_head_as_large_as_the_framing_says(framing: str) -> None:
    """Where there is room, lens and distance give the framing's head; the sizes are the planner's own."""
    camera = cameras.set_camera(shot(framing), FAR, ASPECT)
    assert camera is not None
    shown = cameras.HEAD_METRES * camera.lens_mm / (camera.distance_m * cameras.SENSOR / ASPECT)
    assert shown == pytest.approx(cameras.SIZES[framing], rel=0.01)  # type: ignore[index]
    assert HEAD[framing] == cameras.SIZES[framing]  # type: ignore[index]


@given(
    st.sampled_from(sorted(set(get_args(Framing)) - NOBODY)),
    st.sampled_from(get_args(Angle)),
    st.floats(0.6, 40),
)
def test_stays_in_the_room(framing: str, angle: str, room: float) -> None:
    """No camera stands behind the view's own, closer than a lens focuses, or under the floor."""
    marks = {"centre": Mark(x=0.5, y=0.4, head=min(0.9, 0.46 / room), depth=room)}
    camera = cameras.set_camera(shot(framing, angle, lens="40mm"), marks, ASPECT)
    assert camera is not None
    assert cameras.NEAREST <= camera.distance_m <= max(room, cameras.NEAREST) + 1e-3
    assert cameras.RISE[0] <= camera.height_m <= cameras.RISE[1]
    assert abs(camera.height_m) <= camera.distance_m
    assert -camera.distance_m * math.sin(math.radians(camera.pitch)) == pytest.approx(camera.height_m, abs=0.01)


def test_angles_are_what_they_are_called() -> None:
    """Low looks up from below, high and overhead look down, dutch tilts."""
    made = {angle: cameras.set_camera(shot("medium", angle), MARKS, ASPECT) for angle in get_args(Angle)}
    low, high, over, dutch, eye = (made[a] for a in ("low", "high", "overhead", "dutch", "eye"))
    assert low is not None
    assert high is not None
    assert over is not None
    assert dutch is not None
    assert eye is not None
    assert low.height_m < 0 < low.pitch
    assert over.height_m > high.height_m > 0 > high.pitch > over.pitch
    assert (eye.height_m, eye.pitch, eye.roll) == (0, 0, 0)
    assert dutch.roll == cameras.ROLL


def test_two_people_both_fit() -> None:
    """A two-shot of people far apart steps back until both are in the frame."""
    wide = {"left": MARKS["left"].changed(x=0.05, depth=6.0), "right": MARKS["right"].changed(x=0.95, depth=6.0)}
    camera = cameras.set_camera(shot("two-shot", "eye", "left", "right"), wide, ASPECT)
    assert camera is not None
    assert camera.marks == ("left", "right")
    spread = 0.9 * ASPECT * cameras.HEAD_METRES / 0.17
    assert spread * camera.lens_mm / camera.distance_m < cameras.SENSOR


def test_views_are_named_by_framing() -> None:
    """The usual is left unsaid."""
    for wanted, name in (
        (shot("close"), "table-close"),
        (shot("close", "low"), "table-close-low"),
        (shot("close", "low", "left"), "table-close-low-left"),
        (shot("medium", "eye", "right", lens="85 mm"), "table-medium-85mm-right"),
        (shot("two-shot", "high", "left", "right"), "table-two-shot-high"),
    ):
        camera = cameras.set_camera(wanted, MARKS, ASPECT)
        assert camera is not None
        assert cameras.view_name("table", wanted, camera) == name


def test_frames_nobody() -> None:
    """An insert, a plain wide shot, an empty one and too many people have no camera of their own."""
    assert cameras.set_camera(shot("insert"), MARKS, ASPECT) is None
    assert cameras.set_camera(shot("wide"), MARKS, ASPECT) is None
    assert cameras.set_camera(shot("wide", "high"), MARKS, ASPECT) is not None
    assert cameras.set_camera(Shot(id="0010", framing="wide"), MARKS, ASPECT) is None
    assert cameras.set_camera(shot("wide", "eye", "left", "right"), {"left": MARKS["left"]}, ASPECT) is None


def test_a_written_lens_is_taken() -> None:
    """A longer lens stands farther back, words change nothing, and what no lens has is refused."""
    near, far = (cameras.set_camera(shot(lens=f"{mm}mm"), FAR, ASPECT) for mm in (50, 100))
    assert near is not None
    assert far is not None
    assert far.distance_m == pytest.approx(2 * near.distance_m, rel=0.01)
    assert cameras.lens_of(shot(lens="a vintage lens")) == cameras.LENSES["close"]
    assert cameras.lens_of(shot(lens="35mm anamorphic")) == 35
    for wrong in ("3mm", "4000mm"):
        with pytest.raises(PlanError, match="focal length"):
            cameras.set_camera(shot(lens=wrong), MARKS, ASPECT)
