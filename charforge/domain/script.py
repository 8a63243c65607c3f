"""What is written: episodes, scenes, shots, lines and cues, with names resolved to text."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from charforge.domain.names import Name, natural
from charforge.domain.value import Text, Value

Framing = Literal[
    "extreme-wide", "wide", "medium-wide", "medium", "medium-close", "close", "extreme-close", "two-shot", "insert"
]
Angle = Literal["eye", "low", "high", "overhead", "dutch"]
MoveKind = Literal[
    "static", "push-in", "pull-out", "pan-left", "pan-right", "tilt-up", "tilt-down", "truck-left", "truck-right"
]
Position = Literal["left", "centre", "right", "far-left", "far-right"]
TransitionKind = Literal["cut", "dissolve", "fade-in", "fade-out"]
Continuous = Literal["wardrobe", "state", "props", "weather", "light", "time", "place"]
"""What must not change without a reason."""


class Move(Value):
    """A camera move, eased in and out."""

    kind: MoveKind = "static"
    amount: float = Field(default=0.1, ge=0, le=0.5)
    """How far, as a fraction of the frame (pans, tilts, trucks) or of the subject's size (push, pull)."""


class CharacterInShot(Value):
    """Who is in the shot and how."""

    who: str
    """The name used in the shot list; `asset` is what it stands for."""
    asset: str
    """``mia@2`` or ``mia``, after the cast list is applied."""
    wardrobe: str | None = None
    state: str | None = None
    """The one asked for here, in the scene or for the whole episode."""
    expression: str | None = None
    turn: float = Field(default=0.0, ge=-90, le=90)
    """Degrees; negative when the face points to the left edge of the picture."""
    position: Position | None = None
    line: int = 0
    """Where it stands in the file."""


class Line(Value):
    """One speech."""

    who: str
    asset: str = ""
    """``mia@2`` or ``mia``, after the cast list is applied."""
    text: Text
    voice_over: bool = False
    """True when the speaker is heard but the mouth does not move."""
    line: int = 0
    """Where it stands in the file."""


class Cue(Value):
    """Music that starts with the shot."""

    music: str
    """A file within the project, or `stop`."""
    gain_db: float = Field(default=-18.0, ge=-60, le=0)


class Transition(Value):
    """How the shot begins (cut, dissolve, fade-in) or ends (fade-out)."""

    kind: TransitionKind = "cut"
    frames: int = Field(default=0, ge=0)


class Shot(Value):
    """The plan of one editorial cut."""

    id: str
    framing: Framing
    angle: Angle = "eye"
    lens: str | None = None
    move: Move = Move()
    characters: tuple[CharacterInShot, ...] = ()
    location: str | None = None
    """``coffee-shop@1``; the scene's when the shot says nothing."""
    view: str | None = None
    light: str | None = None
    weather: str | None = None
    story_time: Text = ""
    """When it happens in the story; the scene's when the shot says nothing."""
    props: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    cues: tuple[Cue, ...] = ()
    action: Text = ""
    duration: int | None = Field(default=None, gt=0)
    """Frames; None means as long as its lines need."""
    transition: Transition = Transition()
    faces: Literal["expected", "none"] = "expected"
    continuity: dict[Continuous, Text] = {}
    """Changes that are meant, here or in the whole scene, each with its reason."""
    line: int = 0
    """Where it stands in the file."""
    where: dict[str, int] = {}
    """Lines of the location, view, light, weather, story time and props, which may stand in the scene."""


class Scene(Value):
    """Shots in one place and stretch of story time."""

    id: str
    title: Text = ""
    story_time: Text = ""
    states: dict[str, str] = {}
    """State of each member of the cast for whom the scene or the episode asks for one."""
    shots: tuple[Shot, ...]
    line: int = 0


class TitleCard(Value):
    """Words on the picture before the first shot."""

    text: Text
    subtitle: Text = ""
    frames: int = Field(gt=0)


class Video(Value):
    """The picture format of an episode."""

    rate: str = "24"
    width: int = Field(default=1920, ge=64, le=7680, multiple_of=2)
    height: int = Field(default=1080, ge=64, le=7680, multiple_of=2)


class Episode(Value):
    """A whole shot list."""

    id: Name
    season: int = 1
    title: Text = ""
    language: str = "eng"
    """ISO 639-2 code of the spoken language."""
    video: Video = Video()
    look: str = "none"
    """The grade that every shot gets."""
    title_card: TitleCard | None = None
    scenes: tuple[Scene, ...]
    source: str = ""
    """The file it was read from."""

    def shots(self) -> tuple[tuple[Scene, Shot], ...]:
        """Return every shot with its scene, in order."""
        return tuple((scene, shot) for scene in self.scenes for shot in scene.shots)


class Season(Value):
    """Episodes in the order of the story."""

    number: int = 1
    episodes: tuple[Name, ...] = ()
    """Ids as season.yaml lists them; without it, ids follow one another as people count them."""

    def rank(self, episode: str) -> tuple[int, int, tuple[str | int, ...]]:
        """Return what sorts an episode's id; one that is not listed stands after the last listed one it follows."""
        if episode in self.episodes:
            return self.episodes.index(episode), 0, ()
        before = [n for n, listed in enumerate(self.episodes) if natural(listed) < natural(episode)]
        return max(before, default=-1), 1, natural(episode)
