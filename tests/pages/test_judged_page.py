"""The page of judged files: the worst first, each with its picture, its scores and why."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_cards import read

from charforge import imaging
from charforge.pages import inline
from charforge.pages.drift import HEIGHT, WIDTH, Track, drift_curve
from charforge.pages.judged import (
    Box,
    Cause,
    JudgedCard,
    Judgement,
    Meter,
    Reason,
    Section,
    Share,
    Unread,
    judged_page,
)

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PAINT = (200, 60, 40)
LOOKS = st.tuples(st.floats(0, 90), st.floats(-20, 130))


def example(words: str = "mia") -> bytes:
    """Return a page with everything that one can have, saying these words wherever it can."""
    plot = drift_curve([Track(words, ((0.0, 90.0), (0.5, 30.0)))], 1.0, [(50.0, words)], (0.5, 30.0))
    card = JudgedCard(
        words,
        words,
        words,
        "bad",
        inline(np.full((200, 300, 3), PAINT, np.uint8)),
        words,
        (Box(10, 20, 30, 40, words, "bad"),),
        (Meter(words, 37.4, words, words, "warn"),),
        (Reason(words, words, words),),
        plot,
    )
    sections = (Section(words, words, "bad", (card,)), Section(words, words, "good", (card, card), small=True))
    shown = Judgement(
        words,
        words,
        [words],
        [Share(words, 2, "bad")],
        [Cause(words, words, 2)],
        [Unread(words, words, words)],
        sections,
        [(words, words)],
    )
    return judged_page(shown)


def test_the_page_stands_alone() -> None:
    """Pictures and plots lie within, nothing is fetched, and no script runs."""
    outline = read(example())
    assert not {"script", "link", "iframe"} & set(outline.tags)
    assert all(address.startswith("data:image/webp;base64,") for address in outline.addresses)
    assert outline.tags.count("img") == 3
    assert outline.tags.count("svg") == 3


@given(st.text(min_size=1, max_size=30))
def test_whatever_is_shown_stays_text(words: str) -> None:
    """No file's name, message or person becomes a tag."""
    assert read(example(words)).tags == read(example("plain")).tags


@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 90), st.floats(-20, 130)), min_size=1, max_size=12), min_size=1, max_size=5
    ),
    st.floats(0, 100),
)
def test_a_drift_curve_stays_within_its_frame(lines: list[list[tuple[float, float]]], seconds: float) -> None:
    """Every look is drawn inside the plot, whoever is seen and however long the clip."""
    tracks = [Track(f"p{n}", tuple(sorted(line))) for n, line in enumerate(lines)]
    drawn = str(drift_curve(tracks, seconds, [(50.0, "bar")], tracks[0].points[0]))
    assert drawn.count("<circle") == sum(map(len, lines)) + 1
    for x, y in re.findall(r'<circle[^>]* cx="([^"]*)" cy="([^"]*)"', drawn):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT


def test_a_line_is_broken_where_nobody_was_scored() -> None:
    """A turned head leaves a gap, not a straight line across it."""
    points = tuple((n / 4, 80.0) for n in range(20) if not 6 <= n <= 12)
    assert str(drift_curve([Track("mia", points)], 5.0, (), None)).count("<polyline") == 2


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
def test_a_browser_draws_the_box_where_the_finding_is(tmp_path: Path) -> None:
    """The picture is shown whole, and the box lies over its part of it."""
    page, shot = tmp_path / "page.html", tmp_path / "shot.png"
    page.write_bytes(example())
    assert BROWSER is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={tmp_path / 'b'}"]
    subprocess.run(
        [BROWSER, *options, "--window-size=1000,900", f"--screenshot={shot}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    seen = imaging.decode(shot).astype(int)
    painted = np.argwhere(np.abs(seen - PAINT).max(2) < 24)
    red = np.argwhere(np.abs(seen - (255, 90, 79)).max(2) < 12)
    assert len(painted) > 20_000
    (top, left), (bottom, right) = painted.min(0), painted.max(0)
    first = red[red[:, 0] < top + (right - left) * 2 / 3]
    assert first[:, 1].min() == pytest.approx(left + 0.1 * (right - left), abs=6)
    assert bottom > top
