"""Finds what contradicts itself between shots, scenes and episodes, before anything is rendered.

Two places at one time are an error; everything else is a warning, or a note where it may well be meant. A change
that is meant is said in the shot or its scene, with the reason: ``continuity: {wardrobe: she changes in the car}``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from charforge.domain.assets import Character, Library
from charforge.domain.names import AssetName
from charforge.domain.script import CharacterInShot, Continuous, Episode, Scene, Season, Shot
from charforge.errors import Problem
from charforge.shotlist.states import held
from charforge.shotlist.story import CONTINUOUS, Moment, moment, shines_at

Level = Literal["error", "warning", "note"]

WIDTH = {
    "insert": 0, "extreme-close": 0, "close": 1, "medium-close": 2, "medium": 3, "two-shot": 3, "medium-wide": 4,
    "wide": 5, "extreme-wide": 6,
}  # fmt: skip
"""How much a framing shows."""


class Finding(NamedTuple):
    """One contradiction."""

    level: Level
    problem: Problem


@dataclass(frozen=True, slots=True)
class Place:
    """A shot, and where it stands."""

    episode: Episode
    scene: Scene
    shot: Shot
    when: Moment

    def __str__(self) -> str:
        """Return its label within the season."""
        return f"{self.episode.id}/{self.scene.id}/{self.shot.id}"


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody in a shot."""

    at: Place
    person: CharacterInShot
    character: Character

    @property
    def state(self) -> str:
        """The state that the settled version shows."""
        return self.character.state


def continuity(episodes: Sequence[Episode], library: Library, season: Season = Season()) -> tuple[Finding, ...]:  # noqa: B008 - a frozen value
    """Return every contradiction within and between episodes whose versions are settled, in their order."""
    scenes = [
        tuple(Place(episode, scene, shot, moment(shot.story_time)) for shot in scene.shots)
        for episode in episodes
        for scene in episode.scenes
    ]
    by_name: dict[str, list[Seen]] = defaultdict(list)
    for seen in _seen(scenes, library):
        by_name[seen.character.name].append(seen)
    found: list[Finding] = []
    for shots in scenes:
        found += [*_scene(shots), *_props(shots)]
    found += _weather(scenes)
    for name, own in by_name.items():
        versions = tuple(c for c in library.characters if c.name == name)
        found += [*_clothes(own), *_states(own, versions, season), *_places(own)]
    order = {episode.source: number for number, episode in enumerate(episodes)}
    return tuple(sorted(dict.fromkeys(found), key=lambda f: (order[str(f.problem.file)], f.problem.line)))


def _seen(scenes: Iterable[tuple[Place, ...]], library: Library) -> Iterator[Seen]:
    known = {character.id: character for character in library.characters}
    for place in (place for shots in scenes for place in shots):
        for person in place.shot.characters:
            if person.asset in known:
                yield Seen(place, person, known[person.asset])


def _told(level: Level, kind: Continuous, place: Place, line: int, message: str, write: str) -> Iterator[Finding]:  # noqa: PLR0913, PLR0917
    """Yield a finding, unless the shot says that the change is meant."""
    if kind not in place.shot.continuity:
        hint = f"{write}, or say why it is meant: continuity: {{{kind}: …}}"
        yield Finding(level, Problem(message, place.episode.source, line, hint))


def _line(place: Place, key: str) -> int:
    return place.shot.where.get(key, place.shot.line)


def _scene(shots: tuple[Place, ...]) -> Iterator[Finding]:
    """Yield what changes between the shots of a scene although its time goes on."""
    for place in shots:
        yield from _light(place)
    for before, after in pairwise(shots):
        one, two = before.shot, after.shot
        passed = before.when.minutes_to(after.when)
        if passed is not None and passed < 0:
            message = f"story time runs backwards: {two.story_time!r} in shot {two.id} after {one.story_time!r}"
            line = _line(after, "story_time")
            yield from _told("warning", "time", after, line, message, "correct it, or begin another scene")
        if one.weather and two.weather and one.weather != two.weather:
            message = f"the weather changes within scene {after.scene.id}: {two.weather} after {one.weather}"
            yield from _told("warning", "weather", after, _line(after, "weather"), message, "write the same weather")
        same = (one.location, one.story_time) == (two.location, two.story_time)
        if same and one.light and two.light and one.light != two.light:
            message = f"the light changes within scene {after.scene.id}: {two.light} after {one.light}, at one time"
            yield from _told("warning", "light", after, _line(after, "light"), message, "write the same light")


def _light(place: Place) -> Iterator[Finding]:
    light, minute = place.shot.light, place.when.minute
    if light is not None and minute is not None and not shines_at(light, minute):
        message = f"the light {light} does not go with the story time {place.shot.story_time!r}"
        yield from _told("warning", "light", place, _line(place, "light"), message, "change one of them")


def _props(shots: tuple[Place, ...]) -> Iterator[Finding]:
    """Yield props that are exchanged within a scene, or gone where the camera still shows as much."""
    exact: dict[str, str] = {}
    last: dict[tuple[str | None, str | None], Place] = {}
    for place in shots:
        shot = place.shot
        for prop in shot.props:
            name = AssetName.parse(prop).name
            if exact.setdefault(name, prop) != prop:
                message = f"{prop} is in shot {shot.id} and {exact[name]} before it in scene {place.scene.id}"
                yield from _told("warning", "props", place, _line(place, "props"), message, "write the same version")
            exact[name] = prop
        before = last.get((shot.location, shot.view))
        if before is not None and _shows_as_much(before.shot, shot):
            gone = [prop for prop in before.shot.props if prop not in shot.props]
            for prop in gone:
                message = (
                    f"{prop} is in shot {before.shot.id} and not in {shot.id}, which shows as much of the same view"
                )
                yield from _told("note", "props", place, shot.line, message, f"add props: [{prop}]")
        if shot.framing != "insert":
            last[shot.location, shot.view] = place


def _shows_as_much(one: Shot, two: Shot) -> bool:
    people = {p.who for p in one.characters} <= {p.who for p in two.characters}
    return people and 0 < WIDTH[one.framing] <= WIDTH[two.framing]


def _weather(scenes: list[tuple[Place, ...]]) -> Iterator[Finding]:
    """Yield scenes in one place that follow one another without a break, in different weather."""
    ends = [(shots[0], shots[-1]) for shots in scenes if shots]
    timed = sorted((pair for pair in ends if pair[0].when.exact), key=lambda pair: pair[0].when)
    for (_, one), (two, _) in pairwise(timed):
        same = one.shot.location == two.shot.location and _follows(one.when, two.when)
        if same and one.shot.weather and two.shot.weather and one.shot.weather != two.shot.weather:
            message = f"{two.shot.weather} follows {one.shot.weather} ({one}) without a break in {two.shot.location}"
            yield from _told("warning", "weather", two, _line(two, "weather"), message, "write the same weather")


def _follows(one: Moment, two: Moment) -> bool:
    passed = one.minutes_to(two)
    return passed is not None and 0 <= passed <= CONTINUOUS


def _clothes(own: list[Seen]) -> Iterator[Finding]:
    """Yield changes of clothes that nobody has time for."""
    for one, two, when in _at_once(own):
        worn, before = two.person.wardrobe, one.person.wardrobe
        if None not in (worn, before) and worn != before and one.state == two.state:
            message = f"{two.character.name} wears {worn} in shot {two.at.shot.id} and {before} in {one.at}, {when}"
            yield from _told("warning", "wardrobe", two.at, two.person.line, message, f"write wardrobe: {before}")


def _at_once(own: list[Seen]) -> Iterator[tuple[Seen, Seen, str]]:
    """Yield the pairs of shots between which nobody can change, and why not."""
    for one, two in pairwise(own):
        if one.at.scene is two.at.scene:
            yield one, two, "in one scene"
    timed = sorted((seen for seen in own if seen.at.when.exact), key=lambda seen: seen.at.when)
    for one, two in pairwise(timed):
        if one.at.scene is not two.at.scene and _follows(one.at.when, two.at.when):
            yield one, two, f"within {CONTINUOUS} minutes"


def _states(own: list[Seen], versions: tuple[Character, ...], season: Season) -> Iterator[Finding]:
    """Yield states that come and go, and versions that show another state than the one asked for."""
    for seen in own:
        if seen.person.state not in (None, seen.state) and any(v.state == seen.person.state for v in versions):
            message = (
                f"the state {seen.person.state} is asked for, and {seen.character.id} is named, which is {seen.state}"
            )
            write = f"write cast: {{{seen.person.who}: {seen.character.name}}}, without the version"
            yield from _told("warning", "state", seen.at, seen.person.line, message, write)
    for one, two, when in _at_once(own):
        if one.state != two.state:
            name = two.character.name
            message = f"{name} is {two.state} in shot {two.at.shot.id} and {one.state} in {one.at}, {when}"
            yield from _told("warning", "state", two.at, two.person.line, message, f"write state: {one.state}")
    scenes: set[tuple[str, str]] = set()
    for seen in own:
        key = seen.at.episode.id, seen.at.scene.id
        if key not in scenes:
            scenes.add(key)
            expected = held(versions, seen.at.episode.id, season)
            first = min(versions, key=lambda v: v.version)
            yield from _untimely(seen, own, expected, first.state, season)


def _untimely(seen: Seen, own: list[Seen], expected: Character, first: str, season: Season) -> Iterator[Finding]:
    """Yield a state that has gone although its episode was reached, or is there before its episode.

    A state that holds from no episode, and is not the `first` one, is there whenever it is asked for.
    """
    name, episode = seen.character.name, seen.at.episode.id
    since, reached = seen.character.from_episode, expected.from_episode
    if seen.state == expected.state:
        return
    if since and season.rank(since) > season.rank(episode):
        message = f"{name} is {seen.state} in {episode}, which holds from {since} on"
    elif reached and (since or seen.state == first) and not _is_before(seen, own, expected.state):
        message = f"{name} is {seen.state} in {episode}, and {expected.state} holds from {reached} on"
    else:
        return
    write = f"write state: {expected.state}, or the name without a version"
    yield from _told("warning", "state", seen.at, seen.person.line, message, write)


def _is_before(seen: Seen, own: list[Seen], state: str) -> bool:
    """Return whether a shot is told of a time before a state is first seen."""
    first = [other.at.when for other in own if other.state == state and other.at.when.exact]
    passed = [seen.at.when.minutes_to(when) for when in first]
    return bool(passed) and all(minutes is not None and minutes > 0 for minutes in passed)


def _places(own: list[Seen]) -> Iterator[Finding]:
    """Yield somebody who is seen in two places at one time."""
    first: dict[Moment, list[Seen]] = defaultdict(list)
    for seen in own:
        if not seen.at.when.exact or seen.at.shot.location is None:
            continue
        where = AssetName.parse(seen.at.shot.location).name
        others = [o for o in first[seen.at.when] if AssetName.parse(o.at.shot.location or "").name != where]
        apart = [o for o in others if _says_when(o, seen) and "place" not in o.at.shot.continuity]
        if apart:
            other = apart[0]
            message = (
                f"{seen.character.name} is in {where} and in {other.at.shot.location} ({other.at}) "
                f"at one time, {seen.at.shot.story_time!r}"
            )
            yield from _told("error", "place", seen.at, seen.person.line, message, "correct a story_time")
        if not others:
            first[seen.at.when].append(seen)


def _says_when(one: Seen, two: Seen) -> bool:
    """Return whether two shots are said to be at one time, not only within one scene, which goes on."""
    if one.at.scene is not two.at.scene:
        return True
    return bool({one.at.shot.where.get("story_time"), two.at.shot.where.get("story_time")} - {None}) and (
        one.at.shot.where.get("story_time") != two.at.shot.where.get("story_time")
    )
