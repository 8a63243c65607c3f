"""Turn and size are read off five points."""

from __future__ import annotations

import numpy as np
import pytest

from charforge.backends.protocols import Detection
from charforge.qa.pose import NOSE, eye_distance, pose, turn

HEAD = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.6, NOSE], [-0.4, 1.1, 0.1], [0.4, 1.1, 0.1]])


def seen(degrees: float, lean: float = 0.0, apart: float = 100.0) -> Detection:
    """Return a head turned to the picture's right by so many degrees, and leaning."""
    yaw, roll = np.radians(degrees), np.radians(lean)
    x = HEAD[:, 0] * np.cos(yaw) + HEAD[:, 2] * np.sin(yaw)
    flat = np.stack([x, HEAD[:, 1]], 1) * apart
    turned = flat @ np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    return Detection((0, 0, 1, 1), (turned + 500).astype(np.float32), 1.0)


@pytest.mark.parametrize("degrees", [-60, -40, -25, -10, 0, 10, 25, 40, 60])
@pytest.mark.parametrize("lean", [-25, 0, 25])
def test_a_turn_is_measured_leaning_or_not(degrees: float, lean: float) -> None:
    """The measured turn is the head's, negative to the left, within a few degrees."""
    assert turn(seen(degrees, lean)) == pytest.approx(degrees, abs=4)


@pytest.mark.parametrize("degrees", [0, 30, 55])
def test_the_eye_distance_is_that_of_the_head_facing_us(degrees: float) -> None:
    """A turned head is as large as it would be from the front."""
    assert eye_distance(seen(degrees, apart=80)) == pytest.approx(80, rel=0.08)


def test_points_that_coincide_are_a_profile() -> None:
    """Two eyes in one place give no division by zero and no frontal face."""
    assert pose(turn(Detection((0, 0, 1, 1), np.zeros((5, 2), np.float32), 1.0))) == "profile"


@pytest.mark.parametrize(
    ("degrees", "name"),
    [(0, "frontal"), (-20, "frontal"), (21, "three-quarter"), (-45, "three-quarter"), (46, "profile")],
)
def test_turns_have_names(degrees: float, name: str) -> None:
    """Bins are the same to both sides."""
    assert pose(degrees) == name
