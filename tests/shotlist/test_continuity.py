"""What contradicts itself is found before anything is rendered, and what is meant can be said to be."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.assets import Character, Library, Rights
from charforge.domain.script import Episode, Season
from charforge.shotlist import Finding, continuity, read_episode, settle
from charforge.shotlist.story import LIGHTS, Moment, moment, shines_at

Read = Callable[[str], Episode]
Found = Callable[..., list[tuple[str, int, str]]]


def version(name: str, number: int = 1, state: str = "default", since: str | None = None) -> Character:
    """Return a character at a version."""
    rights = Rights(licence="CC0-1.0")
    return Character(
        name=name, version=number, folder="", rights=rights, references=(), state=state, from_episode=since
    )


LIBRARY = Library(
    characters=(
        version("mia", since="e01"),
        version("mia", 2, "after-the-fire", "e05"),
        version("mia", 3, "soaked"),
        version("theo"),
    )
)

MIA = "characters: [{who: mia, wardrobe: navy}]"


def scene(*shots: str, name: str = "s01", at: str = "cafe", when: str = "day 2, 17:40", more: str = "") -> list[str]:
    """Return the lines of a scene: five, then one for each shot."""
    rows = [f"- id: {name}", f"  location: {at}", f"  story_time: '{when}'", f"  {more}", "  shots:"]
    return [*rows, *(f"  - {{id: {n}0, framing: {shot}}}" for n, shot in enumerate(shots, 1))]


def text(*scenes: list[str], episode: str = "e01", cast: str = "mia: mia, theo: theo") -> str:
    """Return a shot list; its first scene starts on line 5, and that scene's first shot on line 10."""
    head = ["charforge: 1", f"episode: {episode}", f"cast: {{{cast}}}", "scenes:"]
    return "\n".join([*head, *itertools.chain(*scenes), ""])


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Return a function that gives level, line and message of what it finds in some shot lists of one season."""

    def run(*texts: str, season: Season = Season()) -> list[tuple[str, int, str]]:  # noqa: B008
        episodes = []
        for number, written in enumerate(texts):
            path = tmp_path / f"{number}.yaml"
            path.write_text(written, "utf-8")
            episodes.append(settle(read_episode(path), LIBRARY, season))
        return [_short(finding) for finding in continuity(episodes, LIBRARY, season)]

    return run


def _short(finding: Finding) -> tuple[str, int, str]:
    assert "continuity: {" in finding.problem.hint
    return finding.level, finding.problem.line, finding.problem.message


def test_a_scene_that_goes_on_as_it_was_is_fine(found: Found) -> None:
    """The same clothes, light and weather, and time that goes forward."""
    shots = (f"close, light: night, {MIA}", f"wide, light: night, story_time: 'day 2, 22:10', {MIA}")
    assert found(text(scene(*shots, when="day 2, 22:00", more="weather: rain"))) == []


RED = "characters: [{who: mia, wardrobe: red}]"
TIMED = "story_time: 'day 2, 17:30'"

WITHIN = [
    (
        "wardrobe",
        "warning",
        (f"close, {MIA}", f"close, {RED}"),
        11,
        "mia wears red in shot 20 and navy in e01/s01/10, in one scene",
    ),
    ("time", "warning", ("close", f"close, {TIMED}"), 11, "story time runs backwards: 'day 2, 17:30' in shot 20"),
    ("weather", "warning", ("close, weather: sun", "close, weather: rain"), 11, "the weather changes within scene s01"),
    ("light", "warning", ("close, light: lamps", "close, light: neon"), 11, "the light changes within scene s01"),
    ("light", "warning", ("close, light: noon",), 10, "the light noon does not go with the story time 'day 2, 17:40'"),
    ("props", "warning", ("close, props: [cup@1]", "close, props: [cup@2]"), 11, "cup@2 is in shot 20 and cup@1"),
    ("props", "note", ("close, view: bar, props: [cup]", "wide, view: bar"), 11, "cup is in shot 10 and not in 20"),
    (
        "state",
        "warning",
        ("close, characters: [{who: mia}]", "close, characters: [{who: mia@2}]"),
        11,
        "mia is after-the-fire in shot 20 and default in e01/s01/10, in one scene",
    ),
    (
        "state",
        "warning",
        ("close, characters: [{who: mia@1, state: after-the-fire}]",),
        10,
        "the state after-the-fire is asked for, and mia@1 is named, which is default",
    ),
]


@pytest.mark.parametrize(("kind", "level", "shots", "line", "words"), WITHIN)
def test_a_contradiction_within_a_scene_is_told_at_its_line(  # noqa: PLR0917
    found: Found, kind: str, level: str, shots: tuple[str, ...], line: int, words: str
) -> None:
    """With the shots and what they say; saying that it is meant, in the shot or the scene, ends it."""
    told = found(text(scene(*shots)))
    assert [t for t in told if t[:2] == (level, line) and words in t[2]], told
    meant = f"continuity: {{{kind}: 'it is meant', state: 'so'}}"
    if kind == "state":
        meant = "continuity: {state: so}"
    assert found(text(scene(*shots, more=meant))) == []
    assert found(text(scene(*shots[:-1], f"{shots[-1]}, {meant}"))) == []


@pytest.mark.parametrize(
    ("shots"),
    [
        ("close, view: bar, props: [cup]", "wide, view: window"),
        ("wide, view: bar, props: [cup]", "close, view: bar"),
        ("insert, view: bar, props: [cup]", "wide, view: bar"),
        (f"close, view: bar, props: [cup], {MIA}", "wide, view: bar"),
        (f"close, {MIA}", "close, characters: [{who: mia}]"),
        ("close, light: night, location: bar", "close, light: lamps, location: street"),
        ("close, story_time: '23:50'", "close, story_time: '00:10'"),
        ("close, story_time: 'later'", "close, story_time: 'earlier'"),
    ],
)
def test_what_may_well_be_so_is_not_told(found: Found, shots: tuple[str, ...]) -> None:
    """Other views, closer framings, clothes that are not said, other places, midnight, words that say no time."""
    assert found(text(scene(*shots, when=""))) == []


def test_nobody_is_in_two_places_at_one_time(found: Found) -> None:
    """This is an error, at the later of the two shots, unless either says that it is meant."""
    one, two = scene(f"close, {MIA}"), scene(f"close, {MIA}", name="s02", at="street")
    (told,) = found(text(one, two))
    assert told[:2] == ("error", 16)
    assert told[2] == "mia is in street and in cafe (e01/s01/10) at one time, 'day 2, 17:40'"
    meant = "continuity: {place: a split screen}"
    assert found(text(one, scene(f"close, {MIA}", name="s02", at="street", more=meant))) == []
    assert found(text(scene(f"close, {MIA}", more=meant), two)) == []
    voice = "insert, lines: [{who: mia, text: Hello, voice_over: true}]"
    assert found(text(one, scene(voice, name="s02", at="street"))) == []
    assert found(text(one, scene(f"close, {MIA}", name="s02", at="cafe@1"))) == []
    assert (
        found(text(scene(f"close, {MIA}", when="17:40"), scene(f"close, {MIA}", name="s02", at="bar", when="17:40")))
        == []
    )


def test_two_places_are_found_across_episodes_and_within_a_scene_that_says_when(found: Found) -> None:
    """The clock of a scene goes on, the clock of a shot does not."""
    moving = scene(f"close, {MIA}", f"close, location: street, {MIA}")
    assert found(text(moving)) == []
    exact = scene(f"close, {MIA}", f"close, location: street, story_time: 'day 2, 17:40', {MIA}")
    assert [t[0] for t in found(text(exact))] == ["error"]
    other = text(scene(f"close, {MIA}", at="street"), episode="e02")
    assert [t[:2] for t in found(text(scene(f"close, {MIA}")), other)] == [("error", 10)]


@pytest.mark.parametrize(("when", "told"), [("day 2, 17:50", 1), ("day 2, 18:10", 0), ("day 3, 17:40", 0), ("", 0)])
def test_clothes_and_weather_hold_while_time_goes_on(found: Found, when: str, told: int) -> None:
    """Within a quarter of an hour nobody changes unseen, and it does not start to rain between two shots."""
    one = scene(f"close, {MIA}", more="weather: sun")
    two = scene(f"close, {RED}", name="s02", when=when, more="weather: rain")
    kinds = sorted(t[2].split()[0] for t in found(text(one, two)))
    assert kinds == ["mia", "rain"][: told * 2]
    meant = "continuity: {wardrobe: she changes, weather: a shower}"
    wet = scene(f"close, {RED}, weather: rain", name="s02", when=when, more=meant)
    assert found(text(one, wet)) == []


def test_a_state_that_goes_without_a_reason_is_told(found: Found) -> None:
    """After the fire in e05, as before in e06: a name with a version, or a state, says so, and the season does not."""
    before = text(scene(f"close, {MIA}", when="day 1, 10:00"), episode="e01")
    fire = text(scene(f"close, {MIA}", when="day 9, 10:00"), episode="e05")
    after = text(scene(f"close, {MIA}", when="day 10, 10:00"), episode="e06", cast="mia: mia@1, theo: theo")
    assert found(before, fire) == []
    (told,) = found(before, fire, after)
    assert told == ("warning", 10, "mia is default in e06, and after-the-fire holds from e05 on")
    healed = text(scene(f"close, {MIA}", when="day 90, 10:00", more="continuity: {state: healed}"), episode="e06",
                  cast="mia: mia@1, theo: theo")  # fmt: skip
    assert found(before, fire, healed) == []


def test_a_look_back_needs_no_reason(found: Found) -> None:
    """What is told of a time before the state was first seen may show people as they were."""
    fire = text(scene(f"close, {MIA}", when="day 9, 10:00"), episode="e05")
    back = text(scene(f"close, {MIA}", when="day 8, 10:00", more="states: {mia: default}"), episode="e06")
    assert found(fire, back) == []


@pytest.mark.parametrize("episode", ["e01", "e06"])
def test_a_state_of_no_episode_is_there_when_it_is_asked_for(found: Found, episode: str) -> None:
    """Rain and blood come and go with what the scene says."""
    assert found(text(scene("close, characters: [{who: mia, state: soaked}]"), episode=episode)) == []


def test_an_injury_does_not_vanish_while_time_goes_on(found: Found) -> None:
    """Nobody is dry ten minutes later, and may be so the next day."""
    wet = scene("close, characters: [{who: mia, state: soaked}]")
    dry = scene("close, characters: [{who: mia}]", name="s02", when="day 2, 17:50")
    (told,) = found(text(wet, dry))
    assert told == ("warning", 16, "mia is default in shot 10 and soaked in e01/s01/10, within 15 minutes")
    assert found(text(wet, scene("close, characters: [{who: mia}]", name="s02", when="day 3, 17:50"))) == []


def test_a_state_before_its_episode_is_told(found: Found) -> None:
    """A flash-forward has a reason."""
    early = text(scene("close, characters: [{who: mia, state: after-the-fire}]"), episode="e02")
    assert [t[2] for t in found(early)] == ["mia is after-the-fire in e02, which holds from e05 on"]


@pytest.mark.parametrize(
    ("words", "day", "minute"),
    [
        ("day 2, 17:40", ("day", 2), 1060),
        ("Day 12 at 5:05 pm", ("day", 12), 1025),
        ("12:30 a.m.", None, 30),
        ("2026-03-01 09:00", ("date", 739676), 540),
        ("2026-99-01", None, None),
        ("the morning after", None, None),
        ("today 25:00", None, None),
    ],
)
def test_story_time_is_read_as_people_write_it(words: str, day: tuple[str, int] | None, minute: int | None) -> None:
    """A counted day or a date, a clock of 24 or 12 hours; anything else says nothing."""
    assert moment(words) == Moment(day, minute)


@given(st.integers(1, 999), st.integers(0, 1439), st.integers(1, 999), st.integers(0, 1439))
def test_moments_are_as_far_apart_forwards_as_backwards(day: int, minute: int, other: int, later: int) -> None:
    """Day and clock count together."""
    one, two = (moment(f"day {d}, {m // 60:02d}:{m % 60:02d}") for d, m in ((day, minute), (other, later)))
    assert one.minutes_to(two) == (other - day) * 1440 + later - minute == -(two.minutes_to(one) or 0)


@given(st.sampled_from(sorted(LIGHTS)), st.sampled_from(["", "rainy-", "late-"]), st.integers(0, 1439))
def test_a_light_shines_at_some_time_and_a_longer_name_as_its_word(light: str, before: str, minute: int) -> None:
    """Night at two in the afternoon does not; a light without a time always does."""
    assert shines_at(before + light, minute) == shines_at(light, minute)
    assert any(shines_at(light, m) for m in range(1440))
    assert shines_at("lamps", minute)
    assert not shines_at("night", 14 * 60)
    assert not shines_at("afternoon", 3 * 60)
