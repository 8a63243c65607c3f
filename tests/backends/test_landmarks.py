"""The 478 points, measured on the cast's own heads with the real model."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from charforge.backends.landmarks import NAMES, PAIRS, SUBSET, FaceLandmarks, head_pose, mouth_opening
from charforge.backends.protocols import Detection, Landmarks
from charforge.backends.sface import SFace
from charforge.imaging import decode
from charforge.weights.home import LocalHome

LIBRARY = Path(__file__).parents[2] / "library" / "characters"
HEADS = ("mia/headshot/front.png", "theo/headshot/front.png")

pytestmark = pytest.mark.models


class Looker:
    """Both models that a measurement takes."""

    def __init__(self) -> None:
        home = LocalHome()
        self.faces, self.points = SFace(home), FaceLandmarks(home)

    def at(self, pixels: np.ndarray) -> Landmarks:
        """Return what is measured on the picture's largest face."""
        found = self.points.landmarks(pixels, self.faces.detect(pixels)[0])
        assert found is not None
        return found


@pytest.fixture(scope="module")
def looker() -> Looker:
    """Return the models, loaded once."""
    return Looker()


def test_model_tables_have_their_sizes() -> None:
    """The blendshape model reads 146 points and names 52 strengths, each once."""
    assert len(set(SUBSET)) == len(SUBSET) == 146
    assert len(set(NAMES)) == len(NAMES) == 52


@pytest.mark.parametrize("file", HEADS)
def test_a_frontal_head_reads_straight(looker: Looker, file: str) -> None:
    """A calm frontal master reads no turn, no lean and a closed mouth."""
    marks = looker.at(decode(LIBRARY / file))
    assert abs(marks.turn) < 4
    assert abs(marks.roll) < 3
    assert abs(marks.pitch) < 12
    assert mouth_opening(marks.points) < 0.02
    assert marks.blendshapes["jawOpen"] < 0.1
    assert set(marks.blendshapes) == set(NAMES)


@pytest.mark.parametrize("name", ["mia", "theo"])
def test_turn_is_negative_to_the_left_and_mirrors(looker: Looker, name: str) -> None:
    """A head that faces the left edge reads about -25 degrees, its mirror image about +25."""
    pixels = decode(LIBRARY / name / "angles" / "left25.webp")
    left = looker.at(pixels).turn
    right = looker.at(np.ascontiguousarray(pixels[:, ::-1])).turn
    assert -32 < left < -18
    assert abs(left + right) < 4


def test_lean_is_positive_clockwise(looker: Looker) -> None:
    """A picture turned 15 degrees clockwise reads 15 degrees more lean, and hardly any turn."""
    pixels = decode(LIBRARY / HEADS[0])
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -15, 0.8)
    leaning = np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)
    before, after = looker.at(pixels), looker.at(leaning)
    assert abs(after.roll - before.roll - 15) < 2
    assert abs(after.turn - before.turn) < 4


def test_points_follow_the_picture(looker: Looker) -> None:
    """Every point lies in the picture, and halving the picture halves the points."""
    pixels = decode(LIBRARY / HEADS[1])
    half = np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    whole, small = looker.at(pixels), looker.at(half)
    assert whole.points.shape == (478, 3)
    assert (whole.points[:, :2] > -20).all()
    assert (whole.points[:, :2] < 1044).all()
    assert np.abs(whole.points[:, :2] / 2 - small.points[:, :2]).mean() < 2


def test_a_smile_is_measured(looker: Looker) -> None:
    """The happy expression smiles more than the master."""
    calm = looker.at(decode(LIBRARY / HEADS[0])).blendshapes["mouthSmileLeft"]
    happy = looker.at(decode(LIBRARY / "mia" / "expressions" / "happy.webp")).blendshapes["mouthSmileLeft"]
    assert happy > calm + 0.3


def test_no_face_gives_nothing() -> None:
    """A box on an empty wall measures nothing."""
    wall = np.full((400, 400, 3), 128, np.uint8)
    wall[::7] = 90
    features = np.array([[150, 160], [250, 160], [200, 200], [160, 250], [240, 250]], np.float32)
    box = Detection((100, 100, 200, 200), features, 0.9)
    assert FaceLandmarks(LocalHome()).landmarks(wall, box) is None


def test_pose_of_an_upright_mesh_is_exact() -> None:
    """A mesh turned by hand by 20 degrees reads 20 degrees."""
    points = np.random.default_rng(0).normal(size=(478, 3)).astype(np.float32)
    for one, other in PAIRS:
        points[one], points[other] = (-1, points[one][1], 0), (1, points[one][1], 0)
    points[10], points[152] = (0, -1, 0), (0, 1, 0)
    cos, sin = np.cos(np.radians(20)), np.sin(np.radians(20))
    turned = points @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
    assert head_pose(turned)[0] == pytest.approx(20, abs=0.1)
