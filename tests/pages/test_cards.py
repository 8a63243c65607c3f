"""Pages stand alone in one file, escape what they show, and can be looked at in a browser."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge import imaging
from charforge.pages import Card, Pill, card_page, curve, inline

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "img"}


class Outline(HTMLParser):
    """The tags of a page in order, its text, and every address it names."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and where it points."""
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.addresses += [value or "" for key, value in attrs if key in ("src", "href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that tags are nested."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.words.append(data)


def read(page: bytes) -> Outline:
    """Return a page's outline; every tag must be closed."""
    outline = Outline()
    outline.feed(page.decode())
    assert outline.open == []
    return outline


def example() -> bytes:
    """Return a page with everything that one can have."""
    picture = inline(np.full((40, 30, 3), (200, 60, 40), np.uint8))
    plot = curve([(20.0, 0.7), (35.0, 0.55), (44.0, 0.41)], across="degrees", bar=0.38, kept=44.0)
    cards = [
        Card("seed 7", picture, "good", "usable", (Pill("turn +1", "good", "wanted -8 to 8"),), command="type this"),
        Card("left45", "", "bad", "not kept", reasons=("likeness 0.31, bar 0.38",), plot=plot, caption="the trade-off"),
    ]
    return card_page("Casting mia", "two faces", cards, next_step="charforge lock mia", notes=["a note"])


def test_a_page_stands_alone() -> None:
    """Pictures lie within, nothing is fetched from anywhere, and no script runs."""
    outline = read(example())
    assert "script" not in outline.tags
    assert "link" not in outline.tags
    assert outline.addresses
    assert all(address.startswith("data:image/webp;base64,") for address in outline.addresses)
    assert outline.tags.count("li") == 5
    assert "charforge lock mia" in outline.words


def test_what_needs_no_look_is_folded() -> None:
    """What is as it should be is counted on one line, and lies behind it."""
    kept = (Pill("turn +1", "good"), Pill("pitch +2", "good"))
    outline = read(
        card_page("Casting mia", "", [Card("seed 7", "", pills=(Pill("neutral 0.5", "warn"),), folded=kept)])
    )
    assert "2 more as they should be" in outline.words
    assert outline.words.index("neutral 0.5") < outline.words.index("2 more as they should be")
    assert outline.words.index("2 more as they should be") < outline.words.index("turn +1")


def worded(words: str) -> bytes:
    """Return a page that says these words wherever it can."""
    pills = (Pill(words, "bad", words),)
    card = Card(words, "", "bad", words, pills, (words,), words, folded=pills)
    return card_page(words, words, [card], next_step=words, notes=[words])


@given(st.text(min_size=1, max_size=40))
def test_whatever_is_shown_stays_text(words: str) -> None:
    """No name, reason or command becomes a tag."""
    assert read(worded(words)).tags == read(worded("plain")).tags


@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-1, 1)), min_size=1, max_size=30),
    st.none() | st.floats(-1, 1),
)
def test_a_curve_stays_within_its_frame(points: list[tuple[float, float]], bar: float | None) -> None:
    """Every point is drawn inside the picture, whatever the numbers."""
    drawn = str(curve(points, across="degrees", bar=bar, kept=points[0][0]))
    outline = Outline()
    outline.feed(drawn)
    assert drawn.count("<circle") == len(points) + 1
    for part in drawn.split("<circle")[1:]:
        x, y = (float(part.split(f'{key}="')[1].split('"')[0]) for key in ("cx", "cy"))
        assert 0 <= x <= 300
        assert 0 <= y <= 150


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
def test_a_browser_shows_the_page(tmp_path: Path) -> None:
    """Cards are drawn where a person sees them: the picture's colour is in the shot, on the page's paper."""
    page, shot = tmp_path / "page.html", tmp_path / "shot.png"
    page.write_bytes(example())
    assert BROWSER is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={tmp_path / 'b'}"]
    subprocess.run(
        [BROWSER, *options, "--window-size=900,700", f"--screenshot={shot}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    seen = imaging.decode(shot).astype(int)
    assert seen.shape == (700, 900, 3)
    assert (np.abs(seen - (200, 60, 40)).max(2) < 24).mean() > 0.05
