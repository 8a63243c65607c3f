"""Shoulders and height that are not their owner's are seen; what cannot be measured says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from watched import finder, reference, seen

from charforge.backends.protocols import Detection, Landmarks
from charforge.qa.watchers import Eyes, Person
from charforge.qa.watchers.bodies import Body

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLOTH = 60
FACE = Detection(
    (280, 60, 80, 110), np.array([[302, 105], [338, 105], [320, 125], [306, 145], [334, 145]], np.float32), 0.95
)


def figure(shoulders: float, height: float = 7.0, face: int = 100) -> NDArray[np.uint8]:
    """Return a figure on white whose face is so many pixels high, in face heights."""
    out = np.full((900, 640, 3), 255, np.uint8)
    rows, columns = np.mgrid[:900, :640]
    out[((columns - 320) / (0.4 * face)) ** 2 + ((rows - 110) / (0.6 * face)) ** 2 < 1] = CLOTH
    half = round(shoulders * face / 2)
    out[180 : 180 + 2 * face, max(320 - half, 0) : 320 + half] = CLOTH
    out[180 : 50 + round(height * face), 320 - half // 2 : 320 + half // 2] = CLOTH
    return out


class Cut:
    """Cuts out what is dark."""

    revision = "test"

    def matte(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return where the figure is."""
        return np.asarray(pixels[..., 0] < 150, np.float32)


class Marks:
    """Knows the face of the figure."""

    revision = "test"

    def __init__(self, turn: float = 0.0) -> None:
        self.turn = turn

    def landmarks(self, pixels: NDArray[np.uint8], face: Detection) -> Landmarks:
        """Return a face of a hundred pixels from forehead to chin."""
        points = np.zeros((478, 3), np.float32)
        points[10, :2], points[152, :2] = (320, 70), (320, 170)
        return Landmarks(points, {}, self.turn, 0.0, 0.0)


def eyes(turn: float = 0.0) -> Eyes:
    """Return models that know the figure."""
    models: Any = (finder({(900, 640): FACE}), Cut(), Marks(turn))
    return Eyes(*models)


PERSON = Person("mia", body=reference(figure(2.4)))


@pytest.mark.parametrize(
    ("shoulders", "height", "word"), [(3.6, 7.0, "shoulders"), (1.7, 7.0, "shoulders"), (2.4, 5.1, "body")]
)
def test_a_body_of_other_proportions_is_seen(shoulders: float, height: float, word: str) -> None:
    """Too wide, too narrow, too short."""
    reference_height = PERSON if word == "shoulders" else Person("mia", body=reference(figure(2.4, 7.4)))
    (found,) = seen(Body(reference_height, eyes(), None), [figure(shoulders, height)], [FACE])
    assert (found.code, found.who) == ("body", "mia")
    assert word in found.message


@pytest.mark.parametrize("shoulders", [2.1, 2.4, 2.8])
def test_a_body_like_the_reference_is_not_raised(shoulders: float) -> None:
    """Clothes and stance change shoulders by a sixth."""
    assert seen(Body(PERSON, eyes(), None), [figure(shoulders)], [FACE]) == ()


def test_what_cannot_be_measured_says_nothing() -> None:
    """A turned head, two people, shoulders out of the frame, no reference, no models."""
    wide = figure(3.6)
    assert seen(Body(PERSON, eyes(turn=40), None), [wide], [FACE]) == ()
    assert seen(Body(PERSON, eyes(), None), [wide], [FACE, FACE]) == ()
    assert seen(Body(PERSON, eyes(), None), [wide[:200]], [FACE]) == ()
    assert seen(Body(PERSON, eyes(), None), [figure(6.6)], [FACE]) == ()
    assert seen(Body(Person("mia"), eyes(), None), [wide], [FACE]) == ()
    assert seen(Body(PERSON, Eyes(), None), [wide], [FACE]) == ()


def test_a_clip_is_measured_a_few_times() -> None:
    """Most of the measured frames must agree."""
    frames = [figure(3.6 if i == 4 else 2.4) for i in range(13)]
    assert seen(Body(PERSON, eyes(), 24), frames, [FACE]) == ()
    assert [f.time for f in seen(Body(PERSON, eyes(), 24), [figure(3.6)] * 5, [FACE])] == [0.0]
