"""What every face backend promises."""

from __future__ import annotations

import numpy as np
from contract_samples import Case, same

from charforge.backends import fake


def _seen(case: Case, who: str) -> tuple[object, np.ndarray]:
    pixels = case.headshot(who)
    return pixels, case.backend.embed(pixels, case.backend.detect(pixels)[0])


def test_finds_the_face_of_a_headshot(case: Case) -> None:
    """One face, its box and points inside the picture, the eyes above the mouth and left before right."""
    pixels = case.headshot()
    (face,) = case.backend.detect(pixels)
    x, y, width, height = face.box
    assert width > pixels.shape[1] / 5
    assert height > pixels.shape[0] / 5
    assert -0.1 * width < x < pixels.shape[1]
    assert -0.1 * height < y < pixels.shape[0]
    assert face.points.shape == (5, 2)
    assert face.points.dtype == np.float32
    left_eye, right_eye, nose, left_mouth, right_mouth = face.points
    assert left_eye[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert face.confidence > 0


def test_finds_nobody_where_nobody_is(case: Case) -> None:
    """A gradient has no face."""
    assert case.backend.detect(fake.gradient(320, 192, "nobody")) == ()


def test_lists_the_largest_face_first(case: Case) -> None:
    """Two people of different size come in the order of their size."""
    import cv2

    pixels = fake.gradient(1280, 720, "two")
    pixels[60:460, 40:440] = cv2.resize(case.headshot("mia"), (400, 400), interpolation=cv2.INTER_AREA)
    pixels[60:660, 600:1200] = cv2.resize(case.headshot("theo"), (600, 600), interpolation=cv2.INTER_AREA)
    boxes = [face.box for face in case.backend.detect(pixels)]
    assert len(boxes) == 2
    assert boxes[0][0] > 600 > boxes[1][0]


def test_tells_people_apart(case: Case) -> None:
    """A person is alike to themselves above the bar, and to somebody else below it."""
    _, mia = _seen(case, "mia")
    _, theo = _seen(case, "theo")
    assert case.backend.similarity(mia, mia) > 0.99
    assert case.backend.similarity(mia, theo) < case.backend.bar < 1


def test_knows_a_smaller_copy(case: Case) -> None:
    """The same picture at half its size is the same person."""
    import cv2

    pixels, mia = _seen(case, "mia")
    small = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)  # type: ignore[call-overload]
    again = case.backend.embed(small, case.backend.detect(small)[0])
    assert case.backend.similarity(mia, again) > case.backend.bar


def test_same_picture_gives_the_same_numbers(case: Case) -> None:
    """Boxes and embeddings follow from the picture alone; similarity is symmetric."""
    (_, one), (_, other), (_, theo) = _seen(case, "mia"), _seen(case, "mia"), _seen(case, "theo")
    assert one.ndim == 1
    assert one.dtype == np.float32
    assert same(one, other)
    assert case.backend.similarity(one, theo) == case.backend.similarity(theo, one)


def test_leaves_the_picture_as_it_was(case: Case) -> None:
    """Looking changes nothing."""
    pixels = case.headshot()
    before = pixels.copy()
    case.backend.embed(pixels, case.backend.detect(pixels)[0])
    assert same(before, pixels)


CHECKS = (
    test_finds_the_face_of_a_headshot,
    test_finds_nobody_where_nobody_is,
    test_lists_the_largest_face_first,
    test_tells_people_apart,
    test_knows_a_smaller_copy,
    test_same_picture_gives_the_same_numbers,
    test_leaves_the_picture_as_it_was,
)
