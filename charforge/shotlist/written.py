"""A shot list as it stands in the file, before names and lengths are worked out."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from charforge.documents.schema import Flag, Number, Whole, Written, refuse
from charforge.domain.names import NAME_PATTERN, AssetName
from charforge.domain.script import Angle, Continuous, Framing, MoveKind, Position, TransitionKind
from charforge.domain.timing import FrameRate

_LENGTH = re.compile(r"([0-9]{1,7})f|([0-9]{1,5}(?:\.[0-9]{1,6})?)s")
_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
_NAME = re.compile(NAME_PATTERN)
_SLATE_PART = re.compile(r"[a-z0-9-]{1,40}")
_SHOT_PART = re.compile(r"[A-Za-z0-9-]{1,40}")
_LANGUAGES = {"en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "pt": "por", "ja": "jpn", "zh": "zho"}
"""Two-letter codes that people write for the three-letter ones. Source: ISO 639-1 and 639-2/T."""


def _length(text: str) -> str:
    if not _LENGTH.fullmatch(text):
        refuse(f"{text!r} is not a length; write frames like 96f or seconds like 4s")
    return text


def _duration(text: str) -> str:
    if text != "auto" and not _LENGTH.fullmatch(text):
        refuse(f"{text!r} is not a duration; write auto, frames like 96f or seconds like 4s")
    return text


def frames(text: str, rate: FrameRate) -> int:
    """Return a length such as ``96f`` or ``4s`` in frames, rounded once."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        refuse(f"{text!r} is not a length")
    return int(match[1]) if match[1] else rate.frames(Fraction(match[2]))


def bare_name(who: str) -> str:
    """Return a name of the cast without the version that a shot may give it: ``mia`` of ``mia@2``."""
    return who.split("@", 1)[0]


def _asset(text: str) -> str:
    if "/" in text:
        refuse(f"{text!r}: a place and its light are two words; write location: … and light: …")
    return str(AssetName.parse(text))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        refuse(f"{text!r} is not a name; write lower-case words joined by hyphens")
    return text


def _scene_id(text: str) -> str:
    if not _SLATE_PART.fullmatch(text):
        refuse(f"{text!r} is not a scene id; write lower-case letters, digits and hyphens, like s03")
    return text


def _shot_id(text: str) -> str:
    if not _SHOT_PART.fullmatch(text):
        refuse(f"{text!r} is not a shot id; write letters, digits and hyphens, like 0040")
    return text


def _rate(text: str) -> str:
    return str(FrameRate.parse(text))


def _size(text: str) -> str:
    match = _SIZE.fullmatch(text)
    if match is None:
        refuse(f"{text!r} is not a picture size; write it like 1920x1080")
    sides = int(match[1]), int(match[2])
    if not all(64 <= side <= 7680 and side % 2 == 0 for side in sides):
        refuse(f"{text!r}: both sides must be even and between 64 and 7680")
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{3}", text):
        better = _LANGUAGES.get(text)
        refuse(f"{text!r} is not a three-letter language code" + (f"; write {better}" if better else " such as eng"))
    return text


def _music(text: str) -> str:
    if text.startswith(("/", "\\")) or ".." in text.replace("\\", "/").split("/") or not text.strip():
        refuse(f"{text!r} is not a file within the project; write a path like music/theme.flac, or stop")
    return text


def _speakable(text: str) -> str:
    if not any(character.isalnum() for character in text):
        refuse(f"{text!r} has no letter or digit that could be spoken")
    return text.strip()


def _reason(text: str) -> str:
    if not text.strip():
        refuse("a change that is meant needs its reason")
    return text.strip()


Asset = Annotated[str, AfterValidator(_asset)]
Word = Annotated[str, AfterValidator(_name)]
Length = Annotated[str, AfterValidator(_length)]
Meant = dict[Continuous, Annotated[str, AfterValidator(_reason)]]
"""Changes that continuity would warn of, each with its reason."""


class WrittenMove(Written):
    """A camera move."""

    kind: MoveKind = "static"
    amount: Annotated[Number, Field(ge=0, le=0.5)] = 0.1


class WrittenCharacter(Written):
    """Somebody in a shot."""

    who: str
    wardrobe: Word | None = None
    state: Word | None = None
    expression: Word | None = None
    turn: Annotated[Number, Field(ge=-90, le=90)] = 0.0
    position: Position | None = None


class WrittenLine(Written):
    """A speech."""

    who: str
    text: Annotated[str, AfterValidator(_speakable)]
    voice_over: Flag = False


class WrittenCue(Written):
    """Music that starts, or stops."""

    music: Annotated[str, AfterValidator(_music)]
    gain_db: Annotated[Number, Field(ge=-60, le=0)] = -18.0


class WrittenTransition(Written):
    """How a shot begins or ends; its length in frames, or as a duration."""

    kind: TransitionKind = "cut"
    frames: Annotated[Whole, Field(ge=1)] | None = None
    duration: Length | None = None


class WrittenShot(Written):
    """A shot; `id` and `framing` are asked for by a later check, so that one omission hides nothing else."""

    id: Annotated[str, AfterValidator(_shot_id)] | None = None
    framing: Framing | None = None
    angle: Angle = "eye"
    lens: str | None = None
    move: WrittenMove = WrittenMove()
    characters: tuple[WrittenCharacter, ...] = ()
    location: Asset | None = None
    view: Word | None = None
    light: Word | None = None
    weather: Word | None = None
    story_time: str = ""
    continuity: Meant = {}
    props: tuple[Asset, ...] = ()
    lines: tuple[WrittenLine, ...] = ()
    cues: tuple[WrittenCue, ...] = ()
    action: str = ""
    duration: Annotated[str, AfterValidator(_duration)] = "auto"
    transition: WrittenTransition = WrittenTransition()
    faces: Literal["expected", "none"] | None = None


class WrittenScene(Written):
    """A scene; its place, view, light, weather, time and meant changes hold for every shot that says nothing else."""

    id: Annotated[str, AfterValidator(_scene_id)] | None = None
    title: str = ""
    location: Asset | None = None
    view: Word | None = None
    light: Word | None = None
    weather: Word | None = None
    story_time: str = ""
    states: dict[Word, Word] = {}
    continuity: Meant = {}
    shots: tuple[WrittenShot, ...] = ()


class WrittenCard(Written):
    """A title card."""

    text: str
    subtitle: str = ""
    duration: Length = "3s"


class WrittenVideo(Written):
    """The picture format."""

    rate: Annotated[str, AfterValidator(_rate)] = "24"
    size: Annotated[str, AfterValidator(_size)] = "1920x1080"

    def sides(self) -> tuple[int, int]:
        """Return width and height."""
        width, height = self.size.split("x")
        return int(width), int(height)


class WrittenEpisode(Written):
    """A whole shot list."""

    charforge: Literal["1"] | None = None
    season: Annotated[Whole, Field(ge=0)] = 1
    episode: Word | None = None
    title: str = ""
    language: Annotated[str, AfterValidator(_language)] = "eng"
    look: str = "none"
    video: WrittenVideo = WrittenVideo()
    title_card: WrittenCard | None = None
    cast: dict[Word, Asset] = {}
    states: dict[Word, Word] = {}
    scenes: tuple[WrittenScene, ...] = ()
