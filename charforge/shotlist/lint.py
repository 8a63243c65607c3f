"""Warns where a shot says what a locked character looks like: the references say that, and words fight them."""

from __future__ import annotations

import re

from charforge.domain.script import Episode
from charforge.errors import Problem

_COLOUR = "black|brown|blue|green|grey|gray|hazel|amber|dark|light|pale|bright|red|golden|silver|white|auburn"
_HAIR = f"(?:{_COLOUR}|short|long|curly|straight|wavy|blonde?|ginger|shoulder-length|cropped|shaved)"
_PERSON = "man|woman|men|women|girl|boy|lady|gentleman|guy|teenager|person"
_AGE = r"young|old|elderly|middle-aged|teenaged?|aged|youthful|\w+-year-old|\w+-something"
_PATTERNS = (
    re.compile(rf"\b{_HAIR}(?:[ ,]+(?:and +)?{_HAIR})*[ -](?:hair(?:ed)?|curls|bob|ponytail|braids?)\b", re.IGNORECASE),
    re.compile(rf"\b(?:{_COLOUR})[ -]eye[sd]\b|\b(?:{_COLOUR})-eyed\b", re.IGNORECASE),
    re.compile(rf"\b(?:{_AGE})(?:[ ,]+\w+)?[ ,]+(?:{_PERSON})\b", re.IGNORECASE),
    re.compile(
        r"\b(?:blonde|brunette|redhead|freckle[sd]|bearded|moustached|bald|dark-skinned|fair-skinned|olive-skinned)\b",
        re.IGNORECASE,
    ),
)


def lint(episode: Episode) -> tuple[Problem, ...]:
    """Return a warning for each shot whose action re-describes somebody who is locked."""
    return tuple(
        Problem(
            f"shot {shot.id} re-describes a character ({found!r}); words that fight the pictures make faces drift",
            episode.source,
            shot.line,
            "say what they do; put what they look like into the library",
        )
        for _, shot in episode.shots()
        if shot.characters
        for found in _descriptions(shot.action)
    )


def _descriptions(action: str) -> tuple[str, ...]:
    """Return the words of an action that describe a person's looks."""
    return tuple(match[0] for pattern in _PATTERNS for match in pattern.finditer(action))
