"""Title cards and the words on them."""

from __future__ import annotations

import numpy as np
import pytest

from charforge.assembly.card import card_frames
from charforge.assembly.lettering import Lettering, draw, missing
from charforge.domain.cut import Card


def ink(text: str, width: float = 800) -> np.ndarray:
    """Return a title's ink."""
    return draw(text, Lettering("title", size=48, spacing=0.24, width=width))


def test_card_comes_and_goes_through_black() -> None:
    """The card begins near black, shows its words, and ends black, with as many frames as asked for."""
    frames = list(card_frames(Card(text="The Cup", subtitle="a pilot", length=60), 320, 180))
    brightest = [int(f[:180].max()) for f in frames]
    assert len(frames) == 60
    assert frames[0].shape == (270, 320)
    assert brightest[0] <= 20
    assert brightest[30] > 180
    assert brightest[-1] == 16


def test_words_stand_in_the_middle() -> None:
    """Title and subtitle are centred across the frame."""
    middle = list(card_frames(Card(text="The Cup", subtitle="a pilot", length=60), 640, 360))[30][:360]
    columns = np.nonzero((middle > 60).any(axis=0))[0]
    assert abs((columns[0] + columns[-1]) / 2 - 320) < 6


@pytest.mark.parametrize("length", [1, 2, 5])
def test_very_short_card_is_drawn(length: int) -> None:
    """A card of a frame or two is still as long as it says."""
    assert len(list(card_frames(Card(text="T", length=length), 64, 36))) == length


@pytest.mark.parametrize(
    "text", ["The Cup: 100% 'x' \"y\" \\n", "הכוס האחרונה", "قهوة", "☕👩‍🚀", "Эхо, Žluťoučký", "Ἀθῆναι"]
)
def test_scripts_are_covered(text: str) -> None:
    """Latin, Greek, Cyrillic, Hebrew, Arabic and emoji are drawn with fonts of the house."""
    assert missing(text) == ""
    assert ink(text).max() > 0.9


def test_uncovered_letters_are_named() -> None:
    """Letters of a script that no font covers are said, once each."""
    assert missing("a𒀀b𒀀") == "𒀀"


def test_letters_stand_apart_in_latin_only() -> None:
    """Spacing widens a Latin title; joined scripts stay joined."""

    def extent(text: str, spacing: float) -> int:
        made = draw(text, Lettering("title", 48, spacing, 900))
        columns = np.nonzero(made.any(axis=0))[0]
        return int(columns[-1] - columns[0])

    assert extent("WATER", 0.3) > extent("WATER", 0) + 40
    assert extent("قهوة", 0.3) == extent("قهوة", 0)


def test_numbers_keep_their_order_in_a_right_to_left_title() -> None:
    """Digits inside a Hebrew title read from left to right, as the same digits alone."""
    alone, within = ink("2026"), ink("של 2026")
    ends = [np.nonzero((within > 0.5).any(axis=0))[0][0], np.nonzero((alone > 0.5).any(axis=0))[0][0]]
    assert ends[0] < within.shape[1] / 2
    flipped = ink("של 6202")
    assert not np.array_equal(within, flipped)


def test_long_title_takes_two_rows_then_shrinks() -> None:
    """A title too wide for one row gets a second; one too wide for two gets smaller, never cut."""
    long = ink("What the Rain Left Behind: a Very Long Title", 500)
    assert long.shape[0] > 72
    endless = ink("Donaudampfschifffahrtsgesellschaftskapitänsmützenband", 300)
    assert endless[:, 0].max() == 0
    assert endless[:, -1].max() == 0


def test_empty_words_draw_nothing() -> None:
    """No words, no ink."""
    assert draw("  ", Lettering("text", 20, 0, 100)).max() == 0
