"""Names of an episode against the library."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest_library import locked_library

from charforge import library as assets
from charforge.domain.assets import Library
from charforge.domain.script import Episode
from charforge.errors import Problem
from charforge.shotlist import check_names

Read = Callable[[str], Episode]
Told = Callable[[str], list[Problem]]

HEAD = """\
charforge: 1
episode: e
cast: {mia: mia@2, theo: theo, mai: mai, old: mia@7}
scenes:
- id: s
  shots:
"""
SHOT = "{id: 1, framing: close, location: coffee-shop@1, view: table, light: night, characters: [{who: mia}]}"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Return the tiny library, loaded."""
    root, _ = locked_library(tmp_path_factory.mktemp("library"))
    return assets.load(root)


@pytest.fixture
def told(read: Read, library: Library) -> Told:
    """Return a function that gives what is wrong with the names of one shot, which stands on line 7."""

    def run(shot: str) -> list[Problem]:
        return list(check_names(read(f"{HEAD}  - {shot}\n"), library))

    return run


def test_names_that_the_library_has_are_fine(told: Told) -> None:
    """A shot of known names has no problem."""
    assert told(SHOT) == []


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("who: mia", "who: mai", "there is no character named mai", "did you mean mia?"),
        ("who: mia", "who: old", "mia has no version 7", "there are: 1, 2"),
        ("coffee-shop@1", "cofee-shop", "there is no location named cofee-shop", "did you mean coffee-shop?"),
        ("coffee-shop@1", "coffee-shop@3", "coffee-shop has no version 3", "there are: 1"),
        (
            "view: table",
            "view: tabel",
            "coffee-shop@1 has no view 'tabel'",
            "did you mean table? there are: table, wide",
        ),
        (
            "light: night",
            "light: noon",
            "coffee-shop@1 has no light 'noon' in the view table",
            "there are: night",
        ),
        ("view: table", "view: wide", "coffee-shop@1 has no light 'night' in the view wide", "there are: golden-hour"),
        (" view: table,", "", "shot 1 at coffee-shop@1 says no view", "there are: table, wide"),
        (" light: night,", "", "shot 1 at coffee-shop@1 says no light", "there are: night"),
        ("{who: mia}", "{who: mia, wardrobe: nawy}", "mia@2 has no wardrobe 'nawy'", "did you mean navy?"),
        ("{who: mia}", "{who: mia, expression: hapy}", "mia@2 has no expression 'hapy'", "did you mean happy?"),
        ("{who: mia}", "{who: mia, state: burnt}", "mia@2 has no state 'burnt'", "there are: after-the-fire, default"),
        ("close,", "close, props: [cop],", "there is no prop named cop", "did you mean cup?"),
        ("close,", "close, props: [cup@2],", "cup has no version 2", "there are: 1"),
        (
            "close,",
            "close, lines: [{who: mai, text: hi, voice_over: true}],",
            "there is no character named mai",
            "did you mean mia?",
        ),
    ],
)
def test_a_name_that_is_not_there_is_told_with_what_is(told: Told, old: str, new: str, message: str, hint: str) -> None:
    """The problem stands at the shot's line and lists or suggests what exists."""
    (problem,) = told(SHOT.replace(old, new))
    assert problem.message == message
    assert problem.hint.startswith(hint) or hint in problem.hint
    assert (problem.line, str(problem.file)[-8:]) == (7, "e01.yaml")


def test_a_name_used_often_is_told_once(told: Told) -> None:
    """The same mistake in many shots is one problem, at its first use."""
    wrong = SHOT.replace("coffee-shop@1", "bar")
    assert len(told(f"{wrong}\n  - {wrong.replace('id: 1', 'id: 2')}")) == 1


def test_what_a_version_inherits_is_known(told: Told) -> None:
    """A wardrobe that version 2 takes over from version 1 can be worn there."""
    assert told(SHOT.replace("{who: mia}", "{who: mia, wardrobe: navy}")) == []


def test_a_name_of_the_scene_is_told_at_the_scenes_line(read: Read, library: Library) -> None:
    """What shots inherit is wrong where it is written."""
    text = "charforge: 1\nepisode: e\nscenes:\n- id: s\n  location: bar\n  shots:\n  - {id: 1, framing: wide}\n"
    assert [p.line for p in check_names(read(text), library)] == [5]


def test_a_place_in_the_frame_that_the_view_lacks_is_told(told: Told) -> None:
    """Nobody is silently put where the shot does not put them."""
    problems = told(SHOT.replace("{who: mia}", "{who: mia, position: far-left}"))
    assert [(p.message, p.line) for p in problems] == [
        ("coffee-shop@1 has no mark 'far-left' in the view table", 7),
    ]
    assert "left" in problems[0].hint


def test_a_shot_that_is_nowhere_is_told(told: Told) -> None:
    """Neither the shot nor its scene names a place."""
    problems = told(SHOT.replace("location: coffee-shop@1, view: table, light: night, ", ""))
    assert [(p.message, p.line) for p in problems] == [("shot 1 says no location", 7)]
    assert "coffee-shop" in problems[0].hint
