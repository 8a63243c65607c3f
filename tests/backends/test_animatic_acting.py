"""The animatic's small movements and mouths."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from charforge.backends.animatic.acting import Alive, drift
from charforge.backends.animatic.speech import LEVELS, Mouth, mouths

RATE = 16000


def _tone(hertz: float, seconds: float, loud: float = 0.4) -> np.ndarray:
    return (loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def test_silence_keeps_the_mouth_closed() -> None:
    """No sound, no movement."""
    assert set(mouths(np.zeros(RATE, np.float32), RATE, Fraction(24), 24)) == {Mouth()}


def test_a_voice_opens_the_mouth_and_a_pause_closes_it() -> None:
    """A vowel, a pause and a vowel give open, closed and open again, at the frames where they sound."""
    sound = np.concatenate([_tone(600, 0.5), np.zeros(RATE // 2, np.float32), _tone(600, 0.5)])
    levels = [m.level for m in mouths(sound, RATE, Fraction(24), 40)]
    assert max(levels[2:11]) == LEVELS
    assert max(levels[18:23]) == 0
    assert max(levels[27:35]) == LEVELS
    assert levels[-1] == 0


def test_bright_sounds_are_wide_and_dark_ones_round() -> None:
    """The spectrum's centre decides the shape."""
    hiss = _tone(600, 0.4, 0.2) + _tone(3500, 0.4, 0.4)
    assert {m.shape for m in mouths(hiss, RATE, Fraction(24), 8) if m.level} == {"wide"}
    assert {m.shape for m in mouths(_tone(330, 0.4), RATE, Fraction(24), 8) if m.level} == {"round"}


def test_states_are_few() -> None:
    """However lively the sound, there are at most nine mouths to draw."""
    chance = np.random.default_rng(5)
    parts = [_tone(chance.uniform(150, 4000), 0.06, chance.uniform(0, 0.6)) for _ in range(200)]
    states = set(mouths(np.concatenate(parts), RATE, Fraction(24), 288)) - {Mouth()}
    assert 3 < len(states) <= LEVELS + 4


def test_blinks_come_every_few_seconds() -> None:
    """In a minute there are 11 to 20 blinks, the first never at once, each with closed lids in its middle."""
    lids = Alive(7, 24.0).blinks(24 * 60)
    starts = [i for i in range(1, len(lids)) if lids[i] and not lids[i - 1]]
    assert 11 <= len(starts) <= 20
    assert not any(lids[:19])
    assert all(lids[s : s + 4] == (1, 2, 2, 1) for s in starts[:-1])


def test_people_do_not_move_in_step() -> None:
    """Two people blink at different frames, and the same person always at the same ones."""
    assert Alive(1, 24.0).blinks(240) != Alive(2, 24.0).blinks(240)
    assert Alive(1, 24.0).blinks(240) == Alive(1, 24.0).blinks(240)


@pytest.mark.parametrize("frame", [0, 11, 100, 1000])
def test_small_movements_stay_small(frame: int) -> None:
    """A head never sways by more than two hundredths of its height, and the camera by more than 3 px of 1080."""
    right, down, lean = Alive(3, 24.0).sway(frame, 1.0)
    assert max(abs(right), abs(down)) < 0.02
    assert abs(lean) < 1.5
    assert max(abs(v) for v in drift(frame, 24.0, 3)) < 3 / 1080
    assert 0 <= Alive(3, 24.0).breath(frame) <= 1
