"""What is edited: the cut's events on one frame count, and the finished master."""

from __future__ import annotations

from pydantic import Field

from charforge.domain.script import Transition
from charforge.domain.value import Digest, Text, Value


class PictureEvent(Value):
    """One shot in the cut."""

    slate: str
    scene: str
    blob: Digest
    """The clip; it is `length` frames long plus `tail` handle frames."""
    start: int = Field(ge=0)
    length: int = Field(gt=0)
    tail: int = Field(default=0, ge=0)
    """Handle frames after the shot, shown beneath the next shot's dissolve."""
    transition: Transition = Transition()


class LineEvent(Value):
    """One speech in the cut."""

    who: str
    text: Text
    blob: Digest
    start: int = Field(ge=0)
    length: int = Field(gt=0)
    """Frames that cover the sound."""


class MusicEvent(Value):
    """Music under a run of frames, ducked by the dialogue."""

    file: str
    start: int = Field(ge=0)
    length: int = Field(gt=0)
    gain_db: float = -18.0
    """Level under the dialogue, against the dialogue's own; it rises where nobody speaks."""


class ToneEvent(Value):
    """The sound of a place while nobody speaks, under a run of frames."""

    tone: str = "room"
    """A tone made in code (`room`, `murmur`, `workshop`, `night`), or a loop's path within the project."""
    start: int = Field(ge=0)
    length: int = Field(gt=0)


class Card(Value):
    """A title card: words on black, before the first shot."""

    text: Text
    subtitle: Text = ""
    length: int = Field(gt=0)


class Chapter(Value):
    """A scene, for the player's chapter list."""

    title: Text
    start: int
    length: int


class Cut(Value):
    """The edited programme."""

    episode: str
    title: Text
    language: str
    rate: str
    width: int
    height: int
    card: Card | None = None
    pictures: tuple[PictureEvent, ...]
    lines: tuple[LineEvent, ...] = ()
    music: tuple[MusicEvent, ...] = ()
    tones: tuple[ToneEvent, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    poster: int = Field(default=0, ge=0)
    """The frame that stands for the whole programme."""

    def length(self) -> int:
        """Return the whole programme's length in frames."""
        return (self.card.length if self.card else 0) + sum(p.length for p in self.pictures)


class Master(Value):
    """The finished file and what was measured on it."""

    path: str
    subtitles: str
    poster: str
    frames: int
    loudness: float
    """Integrated, LUFS."""
    true_peak: float
    """dBTP."""
    size: int
    digest: Digest
