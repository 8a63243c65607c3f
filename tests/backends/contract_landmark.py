"""What every landmark backend promises."""

from __future__ import annotations

import numpy as np
from contract_samples import Case, same

from charforge.backends.protocols import Detection, Landmarks


def _measured(case: Case, *, mirrored: bool = False) -> Landmarks:
    pixels = case.headshot()
    pixels = np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels
    face = case.desk.toolbox.get("face", "sface").detect(pixels)[0]
    found = case.backend.landmarks(pixels, face)
    assert found is not None
    return found  # type: ignore[no-any-return]


def test_measures_a_face(case: Case) -> None:
    """478 points inside the picture, 52 strengths between 0 and 1, and a front that reads as one."""
    found = _measured(case)
    height, width = case.headshot().shape[:2]
    assert found.points.shape == (478, 3)
    assert found.points.dtype == np.float32
    assert (found.points[:, 0] > 0).mean() > 0.98
    assert (found.points[:, :2] < [width, height]).all()
    assert len(found.blendshapes) == 52
    assert all(-0.001 <= v <= 1.001 for v in found.blendshapes.values())
    assert abs(found.turn) < 15
    assert abs(found.roll) < 10


def test_a_mirrored_picture_turns_the_other_way(case: Case) -> None:
    """The sign of the turn follows the picture's left and right."""
    assert abs(_measured(case).turn + _measured(case, mirrored=True).turn) < 3


def test_nobody_is_measured_where_nobody_is(case: Case) -> None:
    """A box on a plain wall gives None, not points."""
    wall = np.full((256, 256, 3), 120, np.uint8)
    points = np.array([[100, 110], [156, 110], [128, 140], [108, 170], [148, 170]], np.float32)
    assert case.backend.landmarks(wall, Detection((70.0, 60.0, 116.0, 140.0), points, 0.9)) is None


def test_same_picture_gives_the_same_points(case: Case) -> None:
    """Points follow from the picture and the face alone."""
    one, other = _measured(case), _measured(case)
    assert same(one.points, other.points)
    assert one.blendshapes == other.blendshapes


CHECKS = (
    test_measures_a_face,
    test_a_mirrored_picture_turns_the_other_way,
    test_nobody_is_measured_where_nobody_is,
    test_same_picture_gives_the_same_points,
)
