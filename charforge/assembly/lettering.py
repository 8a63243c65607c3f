"""Sets words: the house's own fonts, letter-spacing, right-to-left scripts, emoji."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.ImageFont import FreeTypeFont

FACES = {
    "title": ("Jost-Light.ttf", "DejaVuSans.ttf", "NotoEmoji-Light.ttf"),
    "text": ("Jost-Regular.ttf", "DejaVuSans.ttf", "NotoEmoji-Light.ttf"),
}
"""The fonts of each face, first the one that sets the look, then those that cover what it lacks."""

SPACED = ("LATIN", "GREEK", "CYRILLIC", "DIGIT")
"""Scripts whose letters may stand apart; in others letters join."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """How words are set."""

    face: Literal["title", "text"]
    size: float
    """Pixels of the em."""
    spacing: float
    """Between letters, as a fraction of the em."""
    width: float
    """Pixels; longer words are set on two rows, then smaller."""


def draw(text: str, how: Lettering) -> NDArray[np.float32]:
    """Return the words' ink, (height, width) float32 from 0 to 1, the rows centred."""
    words = " ".join(text.split())
    if not words:
        return np.zeros((1, 1), np.float32)
    size = how.size
    rows = _rows(words, how, size)
    while max(_extent(row, how, size) for row in rows) > how.width and size > 6:
        size *= 0.94
        rows = _rows(words, how, size)
    leading = size * 1.5
    canvas = np.zeros((int(leading * len(rows)), int(how.width) + 2), np.float32)
    for number, row in enumerate(rows):
        ink = _row(row, how, size)
        left, top = (canvas.shape[1] - ink.shape[1]) // 2, int(leading * number)
        canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink[: canvas.shape[0] - top]
    return canvas


def missing(text: str, face: str = "title") -> str:
    """Return the characters that no font of the house can draw."""
    return "".join(dict.fromkeys(c for c in text if _font_of(c, FACES[face]) is None))


def _rows(words: str, how: Lettering, size: float) -> tuple[str, ...]:
    """Return the words on one row, or on two about equally long where one is too wide."""
    parts = words.split(" ")
    if _extent(words, how, size) <= how.width or len(parts) < 2:
        return (words,)
    splits = [(" ".join(parts[:i]), " ".join(parts[i:])) for i in range(1, len(parts))]
    return min(splits, key=lambda pair: abs(_extent(pair[0], how, size) - _extent(pair[1], how, size)))


def _extent(row: str, how: Lettering, size: float) -> float:
    pieces = _pieces(row, how.face)
    loose = how.spacing * size if pieces[-1].apart else 0.0
    return sum(_advance(piece, how, size) for piece in pieces) - loose


def _row(row: str, how: Lettering, size: float) -> NDArray[np.float32]:
    """Return one row's ink."""
    from PIL import Image, ImageDraw

    width = max(1, int(_extent(row, how, size)) + 2)
    image = Image.new("L", (width, int(size * 1.5)))
    pen = ImageDraw.Draw(image)
    at, baseline = 1.0, size * 1.08
    pieces = _pieces(row, how.face)
    for piece in reversed(pieces) if _right_to_left(row) else pieces:
        font = _font(piece.font, round(size))
        pen.text((at, baseline), piece.text, fill=255, font=font, anchor="ls", direction=_direction(row))
        at += _advance(piece, how, size)
    return np.asarray(np.asarray(image) / 255, np.float32)


def _advance(piece: _Piece, how: Lettering, size: float) -> float:
    length = _font(piece.font, round(size)).getlength(piece.text)
    return float(length) + (how.spacing * size if piece.apart else 0.0)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is drawn at once, in one font."""

    text: str
    font: str
    apart: bool
    """Whether the next piece stands apart from it."""


def _pieces(row: str, face: str) -> list[_Piece]:
    """Return the row as single letters where letters may stand apart, else as runs of one font.

    A row with right-to-left letters is all runs: its order is then the shaper's business, which needs whole words.
    """
    mixed = any(unicodedata.bidirectional(c) in {"R", "AL"} for c in row)
    fonts = FACES[face][1:] if mixed else FACES[face]
    pieces: list[_Piece] = []
    for character in row:
        last = pieces[-1] if pieces else None
        font = _font_of(character, fonts) or fonts[0]
        apart = not mixed and _apart(character)
        if last and (_invisible(character) or "\u200d" in last.text[-1:]):
            pieces[-1] = _Piece(last.text + character, last.font, last.apart)
        elif last and not apart and not last.apart and last.font == font:
            pieces[-1] = _Piece(last.text + character, font, apart=False)
        else:
            pieces.append(_Piece(character, font, apart))
    return pieces


def _direction(row: str) -> str | None:
    """Return the base direction for the shaper; None where this machine's Pillow has none."""
    from PIL import features

    if not features.check("raqm"):
        return None
    return "rtl" if _right_to_left(row) else "ltr"


def _apart(character: str) -> bool:
    """Return whether a letter may stand apart from its neighbours."""
    return character.isascii() or unicodedata.name(character, "").startswith(SPACED)


def _right_to_left(row: str) -> bool:
    """Return the row's direction, that of its first letter with one. Source: UAX 9, rule P2."""
    strong = (unicodedata.bidirectional(c) for c in row)
    return next((kind for kind in strong if kind in {"L", "R", "AL"}), "L") != "L"


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cf", "Mn", "Me"} or 0xFE00 <= ord(character) <= 0xFE0F


@cache
def _font_of(character: str, fonts: tuple[str, ...]) -> str | None:
    """Return the first of these fonts with a glyph for the character."""
    if character.isspace() or _invisible(character):
        return fonts[0]
    return next((name for name in fonts if _has(name, character)), None)


@cache
def _has(name: str, character: str) -> bool:
    """Return whether a font draws the character otherwise than as its missing-glyph box."""
    font = _font(name, 24)
    box = font.getmask("\U0010fffe")
    ink = font.getmask(character)
    return (ink.size, bytes(ink)) != (box.size, bytes(box))


@cache
def _font(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    with as_file(files("charforge.assembly").joinpath("fonts", name)) as path:
        return ImageFont.truetype(str(path), max(1, size))
