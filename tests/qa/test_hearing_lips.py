"""Whether mouths move with what is heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from charforge.backends.protocols import RGB, Detection, Landmarks, Sound
from charforge.qa.hearing.limits import limits
from charforge.qa.hearing.lips import Heard, Mouth, lips, spoken
from charforge.qa.hearing.mouths import followed

RATE, FPS = 16_000, 12.0
LIMITS = limits().lips
SECONDS = 4.0
LINE = Heard("mia", 1.0, 2.6)


def syllables(start: float = LINE.start, end: float = LINE.end) -> Sound:
    """Return four uneven syllables between two times of four seconds."""
    t = np.arange(round(SECONDS * RATE)) / RATE
    inside = (t >= start) & (t < end)
    beat = np.abs(np.sin(np.pi * np.clip((t - start) / (end - start), 0, 1) ** 1.3 * 4)) * inside
    return Sound((0.5 * beat * np.sin(2 * np.pi * 180 * t)).astype(np.float32), RATE)


def mouth(who: str = "mia", *, late: float = 0.0, size: float = 0.1) -> Mouth:
    """Return a mouth that follows the syllables."""
    times = np.arange(0, SECONDS, 1 / FPS)
    heard = np.abs(syllables().samples.reshape(-1, RATE // 100)).max(1)
    return Mouth(who, times, size * np.interp(times - late - 0.04, np.arange(len(heard)) / 100, heard))


def still(who: str) -> Mouth:
    """Return a mouth that hardly moves, as landmarks shiver."""
    times = np.arange(0, SECONDS, 1 / FPS)
    return Mouth(who, times, 0.01 + 0.001 * np.sin(7 * times))


def test_a_mouth_that_says_the_line_is_no_finding() -> None:
    """Whether it is known whose line it is or not; who listens keeps still."""
    both = (mouth("mia"), still("theo"))
    assert list(lips(both, syllables(), (LINE,), LIMITS)) == []
    assert list(lips(both, syllables(), (replace(LINE, who=""),), LIMITS)) == []


def test_nobodys_mouth_moves() -> None:
    """The line's time, and how little the widest mouth moves."""
    (found,) = lips((still("mia"), still("theo")), syllables(), (replace(LINE, who=""),), LIMITS)
    assert (found.code, found.message, found.time) == ("lips", "no mouth moves while this is heard", 1.0)
    assert found.number is not None
    assert found.number < LIMITS.swing


def test_the_other_one_moves() -> None:
    """Mia says the line, and Theo's mouth moves: two findings, each with its name."""
    found = list(lips((still("mia"), mouth("theo")), syllables(), (LINE,), LIMITS))
    assert [(f.who, f.message) for f in found] == [
        ("mia", "mia's mouth does not move while this is heard"),
        ("theo", "theo's mouth moves, though nothing is heard from it"),
    ]


@pytest.mark.parametrize(("late", "when"), [(0.3, "after"), (-0.3, "before"), (0.45, "after"), (-0.45, "before")])
def test_lips_out_of_time_are_told_with_their_lag(late: float, when: str) -> None:
    """A third of a second early or late is seen, and measured."""
    (found,) = lips((mouth(late=late),), syllables(), (LINE,), LIMITS)
    assert found.message.endswith(f"s {when} what is heard")
    assert found.number == pytest.approx(late, abs=0.07)


def test_a_little_lag_is_let_be() -> None:
    """Two frames of film are not seen."""
    for late in (-0.08, 0.08):
        assert list(lips((mouth(late=late),), syllables(), (LINE,), LIMITS)) == []


def test_a_mouth_that_moves_in_silence_is_found() -> None:
    """Somebody speaks who is not heard."""
    (found,) = lips((mouth(),), Sound(np.zeros(64_000, np.float32), RATE), (), LIMITS)
    assert found.message == "mia's mouth moves, though nothing is heard from it"
    assert found.time == pytest.approx(1.8, abs=0.9)


def test_whoever_is_not_seen_is_not_judged() -> None:
    """A line over somebody's back, or too short to look at, is no finding."""
    away = Mouth("mia", np.array([0.1, 0.2]), np.array([0.0, 0.1]))
    assert list(lips((away,), syllables(), (LINE,), LIMITS)) == []
    assert list(lips((), syllables(), (LINE,), LIMITS)) == []


def test_speech_is_found_in_a_sound() -> None:
    """Two lines with a pause between them; syllables belong together."""
    two = Sound(syllables(0.5, 1.5).samples + syllables(2.5, 3.5).samples, RATE)
    first, second = spoken(two)
    assert (first.start, first.end) == (pytest.approx(0.5, abs=0.1), pytest.approx(1.5, abs=0.1))
    assert (second.start, second.end) == (pytest.approx(2.5, abs=0.1), pytest.approx(3.5, abs=0.1))
    assert spoken(Sound(np.zeros(16_000, np.float32), RATE)) == ()


class Squares:
    """A face finder and landmarks: white squares are faces, and the red in their middle is how open a mouth is."""

    looked = 0

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the squares at their fixed places."""
        self.looked += 1
        boxes = [(x, 20.0, 60.0, 60.0) for x in (100.0, 20.0) if pixels[20, int(x), 2] > 200]
        eyes = np.float32([[15, 20], [45, 20], [30, 30], [20, 45], [40, 45]])
        return tuple(Detection(box, eyes + np.float32(box[:2]), 0.99) for box in boxes)

    def landmarks(self, pixels: RGB, face: Detection) -> Landmarks | None:
        """Return points whose lips are as far apart as the red says."""
        x, y = round(face.box[0]), round(face.box[1])
        points = np.zeros((478, 3), np.float32)
        points[33], points[263] = (x + 15, y + 20, 0), (x + 45, y + 20, 0)
        points[13] = points[14] = (x + 30, y + 45, 0)
        points[14, 1] += pixels[y + 30, x + 30, 0] / 25
        return Landmarks(points, {}, 0.0, 0.0, 0.0)


def frame(left: int, right: int) -> RGB:
    """Return two faces whose mouths are so far open."""
    pixels = np.zeros((100, 200, 3), np.uint8)
    for x, gap in ((20, left), (100, right)):
        pixels[20:80, x : x + 60] = 255
        pixels[50, x + 30, 0] = gap
    return pixels


def test_mouths_are_followed_from_frame_to_frame() -> None:
    """Each face keeps its own curve, numbered from the left; faces are looked for only now and then."""
    squares = Squares()
    left, right = followed(((n / 12, frame(25 * n, 0)) for n in range(10)), squares, squares)
    assert (left.who, right.who) == ("face 1", "face 2")
    assert left.opening == pytest.approx(np.arange(10) / 30, abs=1e-5)
    assert right.opening == pytest.approx(np.zeros(10))
    assert squares.looked == 2


def test_mouths_are_named_by_whoever_knows_them() -> None:
    """The name a face is given most often."""
    squares = Squares()
    names = iter((["mia", "theo"], ["", "theo"]))
    mouths = followed(((n / 12, frame(0, 0)) for n in range(12)), squares, squares, lambda *_: next(names))
    assert [m.who for m in mouths] == ["mia", "theo"]
