"""Which version of a character an episode shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest_library import MIA, build_library, locked_library, write
from hypothesis import given
from hypothesis import strategies as st

from charforge import library as assets
from charforge.domain.assets import Character, Library, Rights
from charforge.domain.names import AssetName
from charforge.domain.script import CharacterInShot, Episode, Line, Scene, Season, Shot
from charforge.shotlist import check_names, settle
from charforge.shotlist.states import held, in_state

Read = Callable[[str], Episode]

NAMES = st.sampled_from(["e1", "e2", "e3", "e9", "e10", "e11", "pilot"])
STATES = st.sampled_from(["default", "after-the-fire", "ten-years-on"])
SEASONS = st.lists(NAMES, unique=True).map(lambda names: Season(episodes=tuple(names)))


def version(number: int, state: str = "default", since: str | None = None) -> Character:
    """Return mia at a version."""
    rights = Rights(licence="CC0-1.0")
    folder = "characters/mia"
    return Character(
        name="mia", version=number, folder=folder, rights=rights, references=(), state=state, from_episode=since
    )


VERSIONS = st.lists(st.tuples(STATES, st.none() | NAMES), min_size=1, max_size=6).map(
    lambda rows: tuple(version(n, state, since) for n, (state, since) in enumerate(rows, 1))
)

GROWING = (version(1), version(2, "after-the-fire", "e5"), version(3, "ten-years-on", "e10"), version(4))
"""Mia as she is, after the fire, ten years on, and in a wardrobe that was added last, for how she was at first."""


def shown(episode: str, asset: str = "mia", state: str | None = None, season: Season = Season()) -> str:  # noqa: B008
    """Return the version of Mia that a shot of an episode shows."""
    person = CharacterInShot(who="mia", asset=asset, state=state)
    lines = (Line(who="mia", asset="mia", text="Hi."),)
    scene = Scene(id="s01", shots=(Shot(id="0010", framing="close", characters=(person,), lines=lines),))
    settled = settle(Episode(id=episode, scenes=(scene,)), Library(characters=GROWING), season)
    shot = settled.scenes[0].shots[0]
    assert shot.lines[0].asset == shot.characters[0].asset
    return shot.characters[0].asset


@pytest.mark.parametrize(
    ("episode", "wanted"),
    [("e1", "mia@4"), ("e4", "mia@4"), ("e5", "mia@2"), ("e9", "mia@2"), ("e10", "mia@3"), ("e11", "mia@3")],
)
def test_the_state_that_was_reached_last_holds(episode: str, wanted: str) -> None:
    """Episodes are counted as people count them, and what is added later for the first state waits for it."""
    assert shown(episode) == wanted


def test_a_version_wins_over_a_state_and_a_state_over_the_episode() -> None:
    """mia@2 wins over state, state wins over from_episode."""
    assert shown("e11", "mia@2", "default") == "mia@2"
    assert shown("e11", state="after-the-fire") == "mia@2"
    assert shown("e11", state="default") == "mia@4"
    assert shown("e1", state="ten-years-on") == "mia@3"


def test_the_season_says_what_comes_before_what() -> None:
    """An episode that was written later can be told earlier; one that is not listed stands by its id."""
    season = Season(episodes=("e10", "e5", "e1"))
    assert shown("e10", season=season) == "mia@3"
    assert shown("e1", season=season) == "mia@2"
    assert shown("e12", season=season) == "mia@2"


@given(VERSIONS, NAMES, SEASONS)
def test_someone_always_holds_and_nothing_later_does(versions: tuple[Character, ...], now: str, season: Season) -> None:
    """A version that is reached later holds only before any is reached, and then it is the first one's line."""
    found = held(versions, now, season)
    reached = [v for v in versions if v.from_episode and season.rank(v.from_episode) <= season.rank(now)]
    if not reached:
        assert (found.state, found.from_episode) == (versions[0].state, versions[0].from_episode)
        return
    assert found in reached
    best = season.rank(found.from_episode or "")
    assert all((season.rank(v.from_episode or ""), v.version) <= (best, found.version) for v in reached)


@given(VERSIONS, STATES, NAMES, SEASONS)
def test_a_state_that_exists_is_what_is_shown(
    versions: tuple[Character, ...], state: str, now: str, season: Season
) -> None:
    """Asking for a state gives a version in it, or nothing where there is none."""
    found = in_state(versions, state, now, season)
    assert (found is not None) == any(v.state == state for v in versions)
    assert found is None or found.state == state


@given(VERSIONS, st.sampled_from(["mia", "mia@1", "mia@77", "nobody"]), st.none() | STATES, NAMES, SEASONS)
def test_settling_is_exact_and_settling_again_changes_nothing(
    versions: tuple[Character, ...], asset: str, state: str | None, now: str, season: Season
) -> None:
    """Whoever the library has gets a version; what is exact stays, whatever else is asked for."""
    person = CharacterInShot(who="x", asset=asset, state=state)
    scene = Scene(id="s01", shots=(Shot(id="0010", framing="close", characters=(person,)),))
    library = Library(characters=versions)
    once = settle(Episode(id=now, scenes=(scene,)), library, season)
    shown = once.scenes[0].shots[0].characters[0].asset
    assert settle(once, library, season) == once
    assert shown == asset if "@" in asset or asset == "nobody" else AssetName.parse(shown).version


@given(SEASONS, NAMES, NAMES, NAMES)
def test_episodes_stand_in_one_order(season: Season, a: str, b: str, c: str) -> None:
    """Ranks are equal only for the same episode, and never go round in a circle; listed ones stand as listed."""
    ranks = [season.rank(name) for name in (a, b, c)]
    assert (ranks[0] == ranks[1]) == (a == b)
    assert sorted(ranks) == sorted(ranks, reverse=True)[::-1]
    listed = [season.rank(name) for name in season.episodes]
    assert listed == sorted(listed)


HEAD = """\
charforge: 1
episode: e01
cast: {mia: mia, theo: theo}
"""
SHOT = """\
scenes:
- id: s
  location: coffee-shop@1
  view: table
  light: night
"""


def test_a_state_is_asked_for_in_a_shot_a_scene_or_an_episode(read: Read) -> None:
    """The nearest wins; a version is written with the name."""
    text = (
        f"{HEAD}states: {{mia: burnt, theo: old}}\n{SHOT}  states: {{mia: default}}\n  shots:\n"
        "  - {id: 1, framing: close, characters: [{who: mia}]}\n"
        "  - {id: 2, framing: close, characters: [{who: mia, state: soaked}, {who: theo@3}]}\n"
    )
    shots = read(text).scenes[0].shots
    people = [(p.who, p.asset, p.state) for shot in shots for p in shot.characters]
    assert people == [("mia", "mia", "default"), ("mia", "mia", "soaked"), ("theo", "theo@3", "old")]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("{who: mia}", "{who: mai@2}", 11, "'mai@2' is not in the cast"),
        ("{who: mia}", "{who: mia@x}", 11, "'mia@x' is not in the cast"),
        ("{who: mia}", "{who: mia@2}, {who: mia}", 11, "mia is in this shot twice"),
        ("states: {}", "states: {mai: burnt}", 4, "'mai' is not in the cast"),
        ("states: {}", "states: {mia: Burnt}", 4, "'Burnt' is not a name"),
        ("1, framing", "1, continuity: {wardrobe: ''}, framing", 11, "needs its reason"),
        ("1, framing", "1, continuity: {wardrob: x}, framing", 11, "'wardrob'"),
    ],
)
def test_what_is_written_wrong_is_told_at_its_line(
    refused: Callable[[str], list[object]], old: str, new: str, line: int, words: str
) -> None:
    """States and versions of people who are not in the cast, and reasons that say nothing."""
    text = f"{HEAD}states: {{}}\n{SHOT}  shots:\n  - {{id: 1, framing: close, characters: [{{who: mia}}]}}\n"
    found = [str(problem) for problem in refused(text.replace(old, new))]
    assert any(f":{line}:" in problem and words in problem for problem in found), found


def test_a_line_that_is_only_heard_is_spoken_by_the_same_version(read: Read, tmp_path: Path) -> None:
    """A voice-over follows the state of its scene."""
    root, _ = locked_library(tmp_path / "library")
    lines = "lines: [{who: mia, text: Hi, voice_over: true}]"
    text = f"{HEAD}{SHOT}  states: {{mia: after-the-fire}}\n  shots:\n  - {{id: 1, framing: insert, {lines}}}\n"
    assert settle(read(text), assets.load(root)).scenes[0].shots[0].lines[0].asset == "mia@2"


def test_a_version_goes_on_in_the_state_of_the_one_it_extends(tmp_path: Path) -> None:
    """A new wardrobe needs neither state nor episode; another state starts where it says."""
    root = build_library(tmp_path / "library")
    more = "  - {id: 3, extends: 2}\n  - {id: 4, extends: 3, state: old}\n  - {id: 5, extends: 1}\n"
    write(root / "characters/mia/character.yaml", (MIA + more).encode())
    assets.lock(root)
    found = {c.version: (c.state, c.from_episode) for c in assets.load(root).characters if c.name == "mia"}
    assert found == {
        1: ("default", "e01"),
        2: ("after-the-fire", "e05"),
        3: ("after-the-fire", "e05"),
        4: ("old", None),
        5: ("default", "e01"),
    }


def test_a_wardrobe_of_another_version_is_told_with_that_version(read: Read, tmp_path: Path) -> None:
    """The line says what to write to wear it."""
    root = build_library(tmp_path / "library")
    coat = "      - {file: body/coat.webp, step: body, wardrobe: coat, turn: 0}\n"
    write(root / "characters/mia/body/coat.webp", b"coat")
    write(root / "characters/mia/character.yaml", (MIA + coat).encode())
    assets.lock(root)
    library = assets.load(root)
    shot = "{id: 1, framing: close, characters: [{who: mia, wardrobe: coat}]}"
    episode = settle(read(f"{HEAD}{SHOT}  shots:\n  - {shot}\n"), library)
    (problem,) = check_names(episode, library)
    assert problem.message == "mia@1 has no wardrobe 'coat'"
    assert problem.hint.startswith("mia@2 has it: write who: mia@2, or state: after-the-fire; mia@1 has: navy")
    later = settle(episode.changed(id="e05"), library)
    assert [p.message for p in check_names(later, library)] == ["mia@1 has no wardrobe 'coat'"]
    fresh = settle(read(f"{HEAD.replace('e01', 'e05')}{SHOT}  shots:\n  - {shot}\n"), library)
    assert check_names(fresh, library) == ()
