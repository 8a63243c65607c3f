"""The first face judge finds faces of every size and tells two people apart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from headshots import canvas, master

from charforge.backends.sface import TEMPLATE, SFace, aligned, similarity_transform
from charforge.weights import LocalHome

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def judge() -> SFace:
    """Return the judge with its real models."""
    return SFace(LocalHome())


@pytest.mark.parametrize("name", ["mia", "theo"])
def test_a_face_that_fills_the_frame_is_found_once(judge: SFace, name: str) -> None:
    """A headshot has one face, with the eyes above the mouth and left before right."""
    (face,) = judge.detect(master(name))
    left_eye, right_eye, nose, left_mouth, right_mouth = face.points
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


@pytest.mark.parametrize("side", [1000, 500, 240, 120, 64])
def test_a_face_is_found_at_every_size_in_a_frame(judge: SFace, side: int) -> None:
    """In a 1080p frame a head 64 pixels high and one 1000 pixels high are found, with the same points."""
    (whole,) = judge.detect(master("mia"))
    (face,) = judge.detect(canvas(("mia", 700, 40, side)))
    expected = whole.points * side / 1024 + [700, 40]
    apart = float(np.linalg.norm(expected[1] - expected[0]))
    assert np.linalg.norm(face.points - expected, axis=1).max() < max(0.12 * apart, 1.5)


def test_a_small_face_still_looks_like_itself(judge: SFace) -> None:
    """A head 64 pixels high scores over the bar against its master, and under it against another's."""
    picture = canvas(("mia", 700, 40, 64))
    small = judge.embed(picture, judge.detect(picture)[0])
    own, other = (judge.embed(p, judge.detect(p)[0]) for p in (master("mia"), master("theo")))
    assert judge.similarity(small, own) > judge.bar > judge.similarity(small, other)


def test_faces_come_largest_first(judge: SFace) -> None:
    """The order of faces is by size, wherever they are."""
    widths = [f.box[2] for f in judge.detect(canvas(("mia", 100, 100, 200), ("theo", 900, 100, 700)))]
    assert len(widths) == 2
    assert widths[0] > 2 * widths[1]


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3000, 3), (3000, 2, 3), (17, 31, 3), (1080, 1920, 3)])
def test_a_picture_without_a_face_has_none(judge: SFace, shape: tuple[int, int, int]) -> None:
    """Noise and odd shapes give no face and no error."""
    noise = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    assert judge.detect(noise) == ()
    assert judge.detect(np.zeros(shape, np.uint8)) == ()


def test_the_same_picture_scores_one_and_two_people_score_low(judge: SFace) -> None:
    """Similarity is 1 for the same picture and far under the bar for the two characters of the pilot."""
    mia, theo = (judge.embed(p, judge.detect(p)[0]) for p in (master("mia"), master("theo")))
    assert judge.similarity(mia, mia) == pytest.approx(1.0, abs=1e-5)
    assert judge.similarity(mia, theo) < judge.bar - 0.1


def test_light_and_compression_leave_identity_alone(judge: SFace) -> None:
    """A darker, compressed copy of a picture stays well above the bar."""
    picture = master("theo")
    _, encoded = cv2.imencode(".jpg", (picture * 0.5).astype(np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 30])
    poor = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)
    one, other = (judge.embed(p, judge.detect(p)[0]) for p in (picture, poor))
    assert judge.similarity(one, other) > judge.bar + 0.3


def test_threads_may_share_it(judge: SFace) -> None:
    """Calls from several threads give what single calls give."""
    pictures = [canvas(("mia", 40 * i, 10, 300), width=960, height=540) for i in range(8)]
    alone = [judge.embed(p, judge.detect(p)[0]) for p in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda p: judge.embed(p, judge.detect(p)[0]), pictures))
    assert np.array_equal(alone, together)


def test_the_revision_names_both_model_files() -> None:
    """The revision holds the digests of the detector and the embedder, with nothing loaded."""
    home = LocalHome()
    revision = SFace(home).revision
    assert all(home.weight_digest(name)[:12] in revision for name in SFace.weights)


def test_alignment_brings_the_points_onto_the_template() -> None:
    """Any turned, scaled and shifted template is carried back exactly."""
    angle = np.radians(33)
    turned = TEMPLATE @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * 5 + [90, 40]
    matrix = similarity_transform(turned, TEMPLATE)
    assert np.allclose(turned @ matrix[:, :2].T + matrix[:, 2], TEMPLATE)


def test_alignment_averages_a_large_face_down() -> None:
    """Fine noise on a large face is averaged, not sampled."""
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (2000, 2000, 3), dtype=np.uint8)
    crop = aligned(noise, (TEMPLATE * 16 + 50).astype(np.float32))
    assert crop.shape == (112, 112, 3)
    assert noise.std() > 70
    assert crop[40:90, 30:80].std() < 15
