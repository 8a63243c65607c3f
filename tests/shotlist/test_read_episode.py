"""A shot list becomes an episode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.script import Episode, TitleCard
from charforge.domain.timing import FrameRate
from charforge.shotlist import lint, read_episode
from charforge.shotlist.written import frames

Read = Callable[[str], Episode]

FULL = """\
charforge: 1
season: 2
episode: e01
title: "The Cup"
language: eng
look: warm-film
video: {rate: 23.976, size: 1280x720}
title_card: {text: "The Cup", subtitle: 'a "pilot": 100 %', duration: 2s}
cast: {mia: mia@2, theo: theo}
scenes:
  - id: s03
    title: "Later"
    location: coffee-shop@1
    view: table
    light: golden-hour
    story_time: "day 2, 17:40"
    shots:
      - id: 0040
        framing: medium-close
        angle: low
        lens: 50mm
        move: {kind: push-in, amount: .1}
        characters: [{who: mia, wardrobe: navy, expression: focused, turn: -25, position: left}]
        action: "Mia slides the cup towards Theo."
        props: [cup@1]
        lines:
          - {who: mia, text: "You kept it."}
          - {who: theo, text: on, voice_over: true}
        cues: [{music: music/theme.flac, gain_db: -20}]
        transition: {kind: fade-in, duration: 0.5s}
      - {id: 0050, framing: insert, view: window, light: night, duration: 4s, transition: {kind: dissolve, frames: 12}}
"""


def test_every_field_arrives(read: Read) -> None:
    """A full shot list gives the episode it describes."""
    episode = read(FULL)
    (scene,) = episode.scenes
    first, second = scene.shots
    assert (episode.id, episode.season, episode.look, episode.title) == ("e01", 2, "warm-film", "The Cup")
    assert (episode.video.rate, episode.video.width, episode.video.height) == ("24000/1001", 1280, 720)
    assert episode.title_card == TitleCard(text="The Cup", subtitle='a "pilot": 100 %', frames=48)
    assert (scene.id, scene.title, scene.story_time, scene.line) == ("s03", "Later", "day 2, 17:40", 11)
    assert (first.id, first.angle, first.lens, first.move.amount) == ("0040", "low", "50mm", 0.1)
    assert (first.duration, first.transition.frames, first.faces, first.line) == (None, 12, "expected", 18)
    assert first.cues[0].gain_db == -20
    assert (second.duration, second.transition.kind, second.faces) == (96, "dissolve", "none")


def test_ids_and_words_stay_as_written(read: Read) -> None:
    """An unquoted 0040 is a name and an unquoted `on` is a speech."""
    shot = read(FULL).scenes[0].shots[0]
    assert shot.id == "0040"
    assert shot.lines[1].text == "on"


def test_shots_inherit_their_scenes_place(read: Read) -> None:
    """A shot's own view and light win over the scene's."""
    first, second = read(FULL).scenes[0].shots
    assert (first.location, first.view, first.light) == ("coffee-shop@1", "table", "golden-hour")
    assert (second.location, second.view, second.light) == ("coffee-shop@1", "window", "night")


def test_the_cast_turns_names_into_assets(read: Read) -> None:
    """Characters and speakers carry the asset that the cast gives them."""
    shot = read(FULL).scenes[0].shots[0]
    assert (shot.characters[0].who, shot.characters[0].asset, shot.characters[0].line) == ("mia", "mia@2", 23)
    assert [line.asset for line in shot.lines] == ["mia@2", "theo"]


def test_without_a_cast_people_are_called_by_their_assets(read: Read) -> None:
    """A file that has no cast list names assets directly."""
    text = "charforge: 1\nepisode: e\nscenes: [{id: s, shots: [{id: 1, framing: close, characters: [{who: mia@3}]}]}]\n"
    assert read(text).scenes[0].shots[0].characters[0].asset == "mia@3"


@pytest.mark.parametrize(
    "words", ['He said: "50 % off"', "שלום עולם", "مرحبا بك", "👩🏽‍🍳 says hi ☕", "it's 5:30\u200f!", "日本語です"]
)
def test_text_in_any_script_survives(read: Read, words: str) -> None:
    """Quotes, percent signs, colons, right-to-left text and emoji arrive unchanged."""
    text = FULL.replace('"You kept it."', "'" + words.replace("'", "''") + "'")
    assert read(text).scenes[0].shots[0].lines[0].text == words


def test_a_path_in_any_spelling_is_read(tmp_path: Path) -> None:
    """Quotes, percent signs, emoji and spaces in a path do no harm, with the cache too."""
    path = tmp_path / 'it\'s 100%: ☕ "fin".yaml'
    path.write_text(FULL, "utf-8")
    cache = tmp_path / "cache"
    assert read_episode(path, cache=cache) == read_episode(path, cache=cache)
    assert read_episode(path).source == str(path)


def test_a_path_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    """Bytes of a file name that are no text are shown as replacement characters."""
    path = Path(str(tmp_path) + "/caf\udce9.yaml")
    try:
        path.write_text(FULL, "utf-8")
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    assert read_episode(path, cache=tmp_path / "cache").source.endswith("caf\ufffd.yaml")


def test_the_cache_gives_the_same_episode(tmp_path: Path) -> None:
    """A cached episode equals a parsed one, and each file keeps one entry."""
    path, cache = tmp_path / "e.yaml", tmp_path / "cache"
    path.write_text(FULL, "utf-8")
    cold = read_episode(path, cache=cache)
    assert read_episode(path, cache=cache) == cold
    path.write_text(FULL.replace("The Cup", "The Bowl"), "utf-8")
    assert read_episode(path, cache=cache).title == "The Bowl"
    assert len(list(cache.iterdir())) == 1


def test_a_damaged_cache_is_read_again(tmp_path: Path) -> None:
    """Half a cache entry means parsing, not failing."""
    path, cache = tmp_path / "e.yaml", tmp_path / "cache"
    path.write_text(FULL, "utf-8")
    cold = read_episode(path, cache=cache)
    (entry,) = cache.iterdir()
    entry.write_bytes(entry.read_bytes()[:200])
    assert read_episode(path, cache=cache) == cold


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    """A file where the cache's folder should be does not stop a reading."""
    path, cache = tmp_path / "e.yaml", tmp_path / "cache"
    path.write_text(FULL, "utf-8")
    cache.write_text("in the way")
    assert read_episode(path, cache=cache).id == "e01"


def test_an_unchanged_file_is_not_parsed_again(tmp_path: Path) -> None:
    """The second reading takes what the cache holds."""
    path, cache = tmp_path / "e.yaml", tmp_path / "cache"
    path.write_text(FULL, "utf-8")
    read_episode(path, cache=cache)
    (entry,) = cache.iterdir()
    entry.write_bytes(entry.read_bytes().replace(b"The Cup", b"The Mug"))
    assert read_episode(path, cache=cache).title == "The Mug"


@given(st.sampled_from(["24", "23.976", "25", "29.97", "30000/1001", "60"]), st.integers(1, 3600))
def test_frames_and_their_seconds_are_the_same_length(rate: str, count: int) -> None:
    """A length in whole frames is never rounded, and its seconds give it back."""
    fps = FrameRate.parse(rate)
    assert frames(f"{count}f", fps) == count
    assert frames(f"{float(fps.seconds(count)):.6f}s", fps) == count


def test_looks_in_an_action_are_warned_about(read: Read) -> None:
    """A shot that says what a locked character looks like is reported, with the words."""
    text = FULL.replace("Mia slides the cup", "The young woman with short dark hair and green eyes slides the cup")
    found = [p.message for p in lint(read(text))]
    assert len(found) == 3
    assert any("young woman" in message for message in found)
    assert any("short dark hair" in message for message in found)
    assert any("green eyes" in message for message in found)


@pytest.mark.parametrize(
    "action", ["Mia closes her eyes.", "Her hair moves in the wind.", "An old friend waits.", "The long light fades."]
)
def test_what_somebody_does_is_no_description(read: Read, action: str) -> None:
    """Eyes that close and hair that moves are action."""
    assert lint(read(FULL.replace("Mia slides the cup towards Theo.", action))) == ()
