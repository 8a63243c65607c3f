"""Cuts text into passages that the voice model can take at once, in phonemes."""

# ruff: noqa: RUF001 - phonemes and typographic quotes are meant as they stand

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

USUAL = 250
"""Phonemes that are spoken in one go where the sentences allow; longer passages are hurried."""

_CLAUSE = re.compile(r"(?<=[,;:—])\s+")


def unspeakable(text: str) -> str:
    """Return the words with letters that are not Latin, joined by spaces; signs and emoji are passed over."""
    words = unicodedata.normalize("NFKC", text).split()
    return " ".join(word for word in words if any(_foreign(letter) for letter in word))


def sayings(written: str) -> dict[str, str]:
    """Return word -> phonemes of ``word = phonemes; word = phonemes``; raise ValueError when it has another form."""
    pairs = [entry.partition("=") for entry in written.split(";") if entry.strip()]
    found = {word.strip().casefold(): phonemes.strip() for word, _, phonemes in pairs}
    if not all(re.fullmatch(r"[\w'’-]+", word) and phonemes for word, phonemes in found.items()):
        raise ValueError(written)
    return found


def said_as(text: str, words: dict[str, str]) -> str:
    """Return the text with the given words marked to be said as their phonemes."""

    def marked(match: re.Match[str]) -> str:
        phonemes = words.get(match[0].casefold())
        return f"[{match[0]}](/{phonemes}/)" if phonemes else match[0]

    return re.sub(r"\w[\w'’-]*", marked, text)


def passages(sentences: Iterable[str], pronounce: Callable[[str], str], longest: int) -> list[str]:
    """Return the phonemes of sentences in passages of at most `longest`, cut at sentences, then clauses, then words.

    Empty when nothing in them is spoken.
    """
    spoken = [pronounce(sentence) for sentence in sentences]
    audible = [phonemes for phonemes in spoken if any(symbol.isalpha() for symbol in phonemes)]
    short = [part for phonemes in audible for part in _shortened(phonemes, longest)]
    return _joined(short, min(USUAL, longest))


def _foreign(letter: str) -> bool:
    return unicodedata.category(letter).startswith("L") and not unicodedata.name(letter, "").startswith(
        ("LATIN", "MODIFIER LETTER")
    )


def _shortened(phonemes: str, longest: int) -> list[str]:
    if len(phonemes) <= longest:
        return [phonemes]
    clauses = _joined(_CLAUSE.split(phonemes), longest)
    words = [part for clause in clauses for part in ([clause] if len(clause) <= longest else clause.split(" "))]
    cut = [word[i : i + longest] for word in words for i in range(0, len(word), longest)]
    return _joined(cut, longest)


def _joined(parts: Iterable[str], longest: int) -> list[str]:
    """Return the parts, neighbours joined by a space as long as they stay within `longest`."""
    joined: list[str] = []
    for part in parts:
        if joined and len(joined[-1]) + 1 + len(part) <= longest:
            joined[-1] += f" {part}"
        else:
            joined.append(part)
    return joined
