"""Estimates how long shots are before their voices exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.domain.names import AssetName
from charforge.domain.pacing import pace

if TYPE_CHECKING:
    from charforge.domain.assets import Library
    from charforge.domain.script import Line, Shot
    from charforge.domain.timing import FrameRate

CHARACTERS_PER_SECOND = 14.0
"""Speaking speed for estimates before the voices exist. Source: measured on this project's two Kokoro voices."""

DEFAULT_SHOT_SECONDS = 3
"""Length of a shot that says `duration: auto` and has no lines."""


def spoken_seconds(text: str, speed: float) -> float:
    """Return about how long a line takes to say."""
    return max(0.5, len(text) / CHARACTERS_PER_SECOND / speed)


def shot_frames(shot: Shot, library: Library, rate: FrameRate) -> tuple[int, bool]:
    """Return how many frames a shot has, and whether that is an estimate from the words that are spoken in it."""
    if shot.duration is not None:
        return shot.duration, False
    if not shot.lines:
        return rate.frames(DEFAULT_SHOT_SECONDS), False
    spoken = (spoken_seconds(line.text, _speed(line, library)) for line in shot.lines)
    return pace(tuple(rate.frames_covering(seconds) for seconds in spoken), rate)[1], True


def _speed(line: Line, library: Library) -> float:
    """Return how fast whoever says a line speaks; 1 where that is not known yet."""
    wanted = AssetName.parse(line.asset or line.who)
    character = library.character(wanted.name, wanted.version)
    return character.voice.speed if character and character.voice else 1.0
