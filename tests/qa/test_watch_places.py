"""Another place is seen; the same one from another view, in another light, with people before it, is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from watched import MIA, face, picture, plate, reference, seen, smaller

from charforge.backends.protocols import Detection
from charforge.qa.watchers import Eyes
from charforge.qa.watchers.places import Place, agreeing, points

VIEWS = ("table", "window", "wide")
PLACES = ("coffee-shop", "pottery")
EYES = Eyes()


def plates(place: str, light: str, without: str = "") -> tuple:
    """Return the references of a place's views in one light."""
    return tuple(reference(smaller(plate(place, view, light))) for view in VIEWS if view != without)


def moved(pixels: np.ndarray) -> np.ndarray:
    """Return a plate from nearer and from the side, darker and warmer."""
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen_from = corners * 1.25 - np.array([0.13 * width, 0.1 * height], np.float32)
    seen_from[1:3] += np.array([[0.1 * width, -0.12 * height], [0.1 * width, 0.1 * height]], np.float32)
    turned = cv2.warpPerspective(pixels, cv2.getPerspectiveTransform(corners, seen_from), (width, height))
    return np.clip(turned * np.array([0.8, 0.7, 0.6]), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_is_known_from_nearer_and_from_the_side(place: str) -> None:
    """In darker, warmer light."""
    assert seen(Place(plates(place, "afternoon"), EYES, None), [moved(smaller(plate(place)))]) == ()


@pytest.mark.parametrize(("place", "other"), [PLACES, PLACES[::-1]])
@pytest.mark.parametrize("view", ["table", "wide"])
def test_another_place_is_seen(place: str, other: str, view: str) -> None:
    """Though both are rooms with tables, shelves and windows, in one light."""
    (found,) = seen(Place(plates(place, "afternoon"), EYES, None), [smaller(plate(other, view))])
    assert found.code == "location"
    assert found.number is not None
    assert found.limit is not None
    assert found.number < found.limit


def test_people_are_left_out() -> None:
    """A portrait before another place does not make it the portrait's."""
    scene = smaller(plate("pottery", "wide")).copy()
    head = smaller(picture(MIA), 256)
    scene[104:360, 200:456] = head
    found = face(MIA, 0.25)
    x, y, w, h = found.box
    moved = Detection((x + 200, y + 104, w, h), found.points + np.array([200, 104], np.float32), 0.95)
    background = points(scene, [moved])
    assert not ((background.at - (x + w / 2 + 200, y + h / 2 + 104)) ** 2).sum(axis=1).min() < (w / 3) ** 2
    assert seen(Place(plates("pottery", "afternoon"), EYES, None), [scene], [moved]) == ()
    assert seen(Place(plates("coffee-shop", "afternoon"), EYES, None), [scene], [moved])


def test_a_blurred_background_says_nothing() -> None:
    """A close-up leaves nothing to know a place by."""
    soft = np.asarray(cv2.GaussianBlur(smaller(plate("pottery")), (0, 0), 8), np.uint8)
    assert seen(Place(plates("coffee-shop", "afternoon"), EYES, None), [soft]) == ()


def test_a_clip_must_be_elsewhere_in_all_the_frames_looked_at() -> None:
    """One frame that shows the place is enough; the time of the worst is told."""
    here, there = smaller(plate("pottery")), smaller(plate("coffee-shop"))
    assert seen(Place(plates("pottery", "afternoon"), EYES, 24), [there] * 5 + [here]) == ()
    assert [f.time for f in seen(Place(plates("pottery", "afternoon"), EYES, 24), [there] * 6)] == [0.0]


def test_nothing_agrees_with_nothing() -> None:
    """An empty picture has no points."""
    empty = points(np.full((90, 160, 3), 128, np.uint8))
    assert agreeing(empty, points(smaller(plate("pottery")))) == 0
