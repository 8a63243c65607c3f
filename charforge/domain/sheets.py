"""What a call sheet says: who appears where, in which wardrobe and state, with which props."""

from __future__ import annotations

from charforge.domain.script import Continuous
from charforge.domain.value import Text, Value


class Part(Value):
    """Somebody in one scene, at one version."""

    character: str
    asset: str
    """``mia@2``."""
    state: str
    wardrobes: tuple[str, ...] = ()
    """In the order they are worn."""
    props: tuple[str, ...] = ()
    """Those of the shots they are in."""
    shots: int = 0
    """Shots in which they are seen."""
    seconds: float = 0.0
    """How long those shots are together."""
    lines: int = 0
    heard: int = 0
    """Those of their lines that are voice-over."""


class SceneSheet(Value):
    """One scene: where, when, with whom and what."""

    season: int
    episode: str
    scene: str
    title: Text = ""
    places: tuple[str, ...] = ()
    """``coffee-shop@1``."""
    views: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    weather: tuple[str, ...] = ()
    story_time: Text = ""
    props: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    shots: int
    frames: int
    seconds: float
    estimated: bool
    """True while the length of a spoken shot is reckoned from its words."""
    lines: int
    meant: dict[Continuous, Text] = {}
    """Changes that the shot list says are meant, with their reasons."""
    line: int = 0
    """Where the scene stands in its file."""


class Call(Value):
    """One scene of a character."""

    episode: str
    scene: str
    title: Text = ""
    places: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    story_time: Text = ""
    part: Part


class Marker(Value):
    """A state or an age of a character, and where it is seen."""

    asset: str
    state: str
    from_episode: str | None = None
    """The episode from which it holds; None holds from the start, or only where it is asked for."""
    scenes: tuple[str, ...] = ()
    """``e01/s02``; empty where no scene shows it."""


class CharacterSheet(Value):
    """Every scene of a character."""

    character: str
    calls: tuple[Call, ...]
    markers: tuple[Marker, ...]
    wardrobes: tuple[str, ...]
    scenes: int
    """Fewer than the calls where a scene has them at two versions."""
    shots: int
    seconds: float
    lines: int


class EpisodeSheet(Value):
    """One episode; its errors are told beside what could be read of it."""

    season: int
    episode: str
    title: Text = ""
    file: Text
    scenes: tuple[SceneSheet, ...] = ()
    shots: int = 0
    seconds: float = 0.0
    lines: int = 0
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class CallSheet(Value):
    """The call sheet of an episode or of a whole season."""

    title: Text
    season: int
    episodes: tuple[EpisodeSheet, ...]
    characters: tuple[CharacterSheet, ...]
    errors: tuple[str, ...] = ()
    """Of the season as a whole, such as an episode that is not there."""

    def scenes(self) -> tuple[SceneSheet, ...]:
        """Return every scene in order."""
        return tuple(scene for episode in self.episodes for scene in episode.scenes)

    def problems(self) -> tuple[str, ...]:
        """Return every error."""
        return (*self.errors, *(error for episode in self.episodes for error in episode.errors))
