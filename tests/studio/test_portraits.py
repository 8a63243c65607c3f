"""A series of portraits: one person, several backgrounds, several moods."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oneoff_house import make

from charforge import imaging
from charforge.errors import InputError, PlanError
from charforge.events import silent
from charforge.imaging.lens import backdrop, out_of_focus
from charforge.studio import portraits
from charforge.studio.portraits import PortraitSeries, Series

ASKED = Series("mia", ("coffee-shop/night", "#d8d2c8"), ("happy",), 3, width=320, height=400)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with the pilot's people."""
    return make(tmp_path_factory.mktemp("portraits"))


@pytest.fixture(scope="module")
def made(project: Path, home: object) -> PortraitSeries:
    """Return a small series."""
    return portraits.portraits(project, ASKED, silent)


@pytest.mark.models
def test_every_portrait_is_the_person_and_named_by_what_it_shows(project: Path, made: PortraitSeries) -> None:
    """Both judges' scores stand beside each, on the sheet and in the report."""
    assert made.passed()
    names = [Path(p.file).name for p in made.pictures]
    assert names == [
        "mia-01-coffee-shop-night-happy.png",
        "mia-02-colour-d8d2c8-happy.png",
        "mia-03-coffee-shop-night-happy.png",
    ]
    for picture in made.pictures:
        assert picture.second is not None
        assert picture.second > 0.4
        assert imaging.decode(Path(picture.file)).shape == (400, 320, 3)
    assert Path(made.sheet).is_file()
    assert f"charforge promote {made.pictures[0].row.slate} --to mia" in Path(made.page).read_text("utf-8")
    assert json.loads((Path(made.sheet).parent / "report.json").read_text())["passed"] is True


@pytest.mark.models
def test_the_wall_has_the_colour_that_was_asked_for(made: PortraitSeries) -> None:
    """Beside the head, within what the fall of light and the encoding make of it."""
    wall = imaging.decode(Path(made.pictures[1].file))[140:180, 8:24].reshape(-1, 3).mean(0)
    assert np.abs(wall - (0xD8, 0xD2, 0xC8)).max() < 16


@pytest.mark.models
def test_one_combination_twice_is_two_different_pictures(made: PortraitSeries) -> None:
    """The second is framed another way."""
    first, again = (imaging.decode(Path(made.pictures[n].file)).astype(int) for n in (0, 2))
    assert np.abs(first - again).mean() > 5


@pytest.mark.models
def test_a_shorter_series_leaves_no_picture_of_the_longer_one(project: Path, made: PortraitSeries) -> None:
    """What is drawn again is in the store."""
    again = portraits.portraits(project, replace(ASKED, count=1), silent)
    folder = Path(made.sheet).parent
    assert [p.name for p in folder.glob("mia-*.png")] == ["mia-01-coffee-shop-night-happy.png"]
    assert again.pictures[0].row.seconds == 0


def test_combinations_are_dealt_out_evenly() -> None:
    """None comes twice more often than another."""
    asked = Series("mia", ("coffee-shop", "pottery", "#fff"), ("happy", "focused"), 14)
    grounds = tuple(portraits.Background(text, text) for text in asked.backgrounds)
    dealt = Counter((ground.text, mood) for ground, mood, _ in portraits._pairs(asked, grounds))
    assert len(dealt) == 6
    assert set(dealt.values()) == {2, 3}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"backgrounds": ("#12",)}, "#d8d2c8"),
        ({"backgrounds": ("cofee-shop",)}, "did you mean coffee-shop?"),
        ({"backgrounds": ("coffee-shop/dawn",)}, "window/night"),
        ({"backgrounds": ("Coffee Shop",)}, "pottery/night"),
        ({"backgrounds": ()}, "--backgrounds"),
        ({"moods": ("hapy",)}, "did you mean happy?"),
        ({"count": 13}, "from 1 to 12"),
        ({"count": 0}, "from 1 to 12"),
        ({"name": "mai"}, "did you mean mia?"),
    ],
)
def test_what_cannot_be_made_is_told_before_anything_is_rendered(
    project: Path, changes: dict[str, object], told: str
) -> None:
    """With what to type instead."""
    with pytest.raises((InputError, PlanError)) as error:
        portraits.portraits(project, replace(ASKED, **changes), silent)
    assert told in str(error.value)


def test_a_plate_out_of_focus_keeps_its_light_and_loses_its_detail() -> None:
    """A checkerboard becomes even, a point becomes a disc."""
    board = np.kron(np.indices((40, 40)).sum(0) % 2, np.ones((5, 5)))[..., None].repeat(3, 2).astype(np.uint8) * 200
    soft = out_of_focus(board, 24)
    assert soft.shape == board.shape
    assert soft[40:-40, 40:-40].std() < 8
    light = [((p / 255.0) ** 2.2).mean() for p in (board, soft)]
    assert light[1] == pytest.approx(light[0], rel=0.05)
    assert out_of_focus(board, 0.5) is board


def test_a_backdrop_is_lit_in_its_middle() -> None:
    """It has its colour there, and is a little darker in the corners."""
    wall = backdrop((200, 150, 100), 200, 300)
    assert np.abs(wall[126, 100].astype(int) - (200, 150, 100)).max() <= 2
    assert 0.8 < wall[299, 0].mean() / wall[126, 100].mean() < 0.95
