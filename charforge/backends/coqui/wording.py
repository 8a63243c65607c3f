"""Fits a written line to what a voice model can say: its alphabet, and how much it takes at once."""

# ruff: noqa: RUF001 - typographic signs are meant as they stand

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIGNS = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": " - ", "…": "...", "\u00a0": " "}
"""Typographic signs, written as the alphabets of most models have them."""
ENGLISH = {"%": " percent", "&": " and ", "+": " plus ", "=": " equals ", "@": " at ", "°": " degrees"}
"""How signs are said that an English model's alphabet lacks."""
_JOINER = re.compile("[\u200b-\u200f\u2060\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0000-\U000e007f]")
"""What joins and colours emoji, and marks without a sound."""
WORDS = "write these words as they are said, in letters that the model has"


def speakable(text: str) -> bool:
    """Return whether there is a letter or a figure in a text."""
    return any(sign.isalnum() for sign in text)


def plain(text: str) -> str:
    """Return a text in composed letters, its typographic signs made plain and its emoji left out."""
    text = "".join(SIGNS.get(sign, sign) for sign in unicodedata.normalize("NFC", text))
    return " ".join("".join("" if _JOINER.match(s) else " " if _picture(s) else s for s in text).split())


def fitted(
    text: str, alphabet: Iterable[str], clean: Callable[[str], str], figures: Callable[[str], str] | None
) -> str:
    """Return the text with everything that a model cannot say written otherwise or, where it is no word, left out.

    `clean` is what the model does to a text before it looks letters up; `figures` writes English numbers in words
    and is None in other languages. Raises RenderFailed for words that would be swallowed.
    """
    known = set(alphabet) | {" "}
    text = plain(text)
    lacking = set(clean(text)) - known
    if figures is not None and lacking:
        text = "".join(ENGLISH[sign] if sign in lacking and sign in ENGLISH else sign for sign in text)
        if any(sign.isdigit() for sign in lacking):
            text = figures(text)
        lacking = set(clean(text)) - known
    swapped = {sign: _instead(sign, known) for sign in lacking}
    lost = {sign for sign, instead in swapped.items() if instead is None}
    if lost:
        words = [word.strip('.,;:!?"()') for word in text.split() if lost & set(clean(word))] or sorted(lost)
        raise RenderFailed(f"the model has no letters for {' '.join(words)!r} in {text!r}", WORDS)
    return " ".join("".join(_swap(sign, swapped) for sign in text).split())


def _picture(sign: str) -> bool:
    return sign != "°" and unicodedata.category(sign) in ("So", "Cc", "Co", "Cs")


def _swap(sign: str, swapped: dict[str, str | None]) -> str:
    for form in (sign, sign.lower(), sign.upper()):
        instead = swapped.get(form)
        if instead is not None:
            return instead
    return sign


def _instead(sign: str, known: set[str]) -> str | None:
    """Return what stands for a sign that an alphabet lacks: another case, the letter without its accent, a gap."""
    bare = "".join(s for s in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(s))
    for form in (sign.lower(), sign.upper(), bare, bare.lower(), bare.upper()):
        if form and set(form) <= known:
            return form
    if sign.isalnum():
        return None
    return "" if sign == "'" or unicodedata.combining(sign) else " "


def pieces(sentence: str, fits: Callable[[str], bool]) -> list[str]:
    """Return a sentence in pieces that fit, broken after commas where that is possible, else between words.

    Raises RenderFailed for a single word that does not fit.
    """
    if fits(sentence):
        return [sentence]
    for breaks in (r"(?<=[,;:])\s+", r"\s+"):
        parts = re.split(breaks, sentence)
        if len(parts) > 1:
            return [piece for part in _gathered(parts, fits) for piece in pieces(part, fits)]
    message = f"the word {sentence[:40]!r} is longer than the model can say at once"
    raise RenderFailed(message, "write it in several words")


def _gathered(parts: list[str], fits: Callable[[str], bool]) -> list[str]:
    """Return parts joined to the longest pieces that fit."""
    found = parts[:1]
    for part in parts[1:]:
        longer = f"{found[-1]} {part}"
        if fits(longer):
            found[-1] = longer
        else:
            found.append(part)
    return found
