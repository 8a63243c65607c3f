"""Settles which version of each character an episode shows, so that every later stage sees an exact one."""

from __future__ import annotations

from charforge.domain.assets import Character, Library
from charforge.domain.names import AssetName
from charforge.domain.script import CharacterInShot, Episode, Line, Scene, Season, Shot


def settle(episode: Episode, library: Library, season: Season = Season()) -> Episode:  # noqa: B008 - a frozen value
    """Return the episode with an exact version for everybody in it.

    A version that is written wins; else the state that is asked for; else the version whose `from_episode` was
    reached last. Names that the library does not have stay as they are, for `check_names` to tell.
    """
    settler = _Settler(episode.id, library, season)
    scenes = tuple(settler.scene(scene) for scene in episode.scenes)
    return episode if scenes == episode.scenes else episode.changed(scenes=scenes)


def held(versions: tuple[Character, ...], episode: str, season: Season) -> Character:
    """Return the version of a character that holds in an episode when nothing else is asked for.

    That is the one whose `from_episode` was reached last, the newest of several; before any is reached, the newest
    that goes on from the first version as it was.
    """
    reached = [v for v in versions if v.from_episode and season.rank(v.from_episode) <= season.rank(episode)]
    if reached:
        return max(reached, key=lambda v: (season.rank(v.from_episode or ""), v.version))
    first = min(versions, key=lambda v: v.version)
    same = [v for v in versions if (v.state, v.from_episode) == (first.state, first.from_episode)]
    return max(same, key=lambda v: v.version)


def in_state(versions: tuple[Character, ...], state: str, episode: str, season: Season) -> Character | None:
    """Return the version of a character that shows a state: of those that hold by now the last, else the newest."""

    def since(version: Character) -> tuple[object, ...]:
        return season.rank(version.from_episode) if version.from_episode else (-2,)

    showing = [v for v in versions if v.state == state]
    by_now = [v for v in showing if since(v) <= season.rank(episode)]
    if by_now:
        return max(by_now, key=lambda v: (since(v), v.version))
    return max(showing, key=lambda v: v.version, default=None)


class _Settler:
    """Knows the versions of everybody, and what was settled before."""

    def __init__(self, episode: str, library: Library, season: Season) -> None:
        self.episode = episode
        self.library = library
        self.season = season
        self.known: dict[tuple[str, str | None], str] = {}

    def scene(self, scene: Scene) -> Scene:
        """Return a scene with exact versions."""
        shots = tuple(self._shot(shot, scene) for shot in scene.shots)
        return scene if shots == scene.shots else scene.changed(shots=shots)

    def _shot(self, shot: Shot, scene: Scene) -> Shot:
        people = tuple(self._person(person) for person in shot.characters)
        seen = {person.who: person.asset for person in people}
        lines = tuple(self._line(line, seen, scene) for line in shot.lines)
        return (
            shot if (people, lines) == (shot.characters, shot.lines) else shot.changed(characters=people, lines=lines)
        )

    def _person(self, person: CharacterInShot) -> CharacterInShot:
        exact = self._exact(person.asset, person.state)
        return person if exact == person.asset else person.changed(asset=exact)

    def _line(self, line: Line, seen: dict[str, str], scene: Scene) -> Line:
        """Return a line spoken by whoever is seen to speak it."""
        asset = line.asset or line.who
        exact = seen.get(line.who) or self._exact(asset, scene.states.get(line.who))
        return line if exact == line.asset else line.changed(asset=exact)

    def _exact(self, asset: str, state: str | None) -> str:
        key = asset, state
        if key not in self.known:
            self.known[key] = self._settled(asset, state)
        return self.known[key]

    def _settled(self, asset: str, state: str | None) -> str:
        wanted = AssetName.parse(asset)
        versions = tuple(c for c in self.library.characters if c.name == wanted.name)
        if wanted.version is not None or not versions:
            return asset
        asked = in_state(versions, state, self.episode, self.season) if state else None
        return (asked or held(versions, self.episode, self.season)).id
