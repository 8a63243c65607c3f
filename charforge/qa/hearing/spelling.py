"""Brings what is written and what is heard to one spelling, so that only what sounds different differs. Pure.

Small letters without signs; English contractions are written out and English number words become digits, since a
transcript writes them as it likes. Other languages keep their words as they are.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache

from charforge.qa.hearing.counting import numbered

CONTRACTED = (
    (r"\bwon't\b", "will not"), (r"\bshan't\b", "shall not"), (r"\bcan't\b|\bcannot\b", "can not"),
    (r"\blet's\b", "let us"), (r"n't\b", " not"), (r"'ll\b", " will"), (r"'ve\b", " have"),
    (r"'m\b", " am"), (r"\bgonna\b", "going to"), (r"\bwanna\b", "want to"), (r"\bgotta\b", "got to"),
    (r"\bmr\b\.?", "mister"), (r"\bmrs\b\.?", "missus"), (r"\bdr\b\.?", "doctor"), (r"\bok\b", "okay"),
)  # fmt: skip
QUOTES = {0x2018: "'", 0x2019: "'"}
"""Typographic apostrophes."""
MONEY = frozenset(("dollar", "dollars", "pound", "pounds", "euro", "euros"))
"""Words that are left out after a number: a transcript writes `$9` where nobody said dollars."""


def spelled(text: str, language: str = "eng") -> tuple[str, ...]:
    """Return the words of a text in the spelling in which two texts are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(QUOTES)
    if language == "eng":
        plain = _written_out(plain)
    words = re.findall(r"[\w']+", plain.replace("_", " "))
    bare = [word.replace("'", "") for word in words]
    kept = [word for word in bare if word]
    if language != "eng":
        return tuple(kept)
    counted = numbered(kept)
    return tuple(w for n, w in enumerate(counted) if not (n and w in MONEY and counted[n - 1].isdigit()))


def _written_out(text: str) -> str:
    for pattern, full in CONTRACTED:
        text = re.sub(pattern, full, text)
    text = re.sub(r"[$£€]\s?(?=\d)", "", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"(?<=\d)[:.](?=\d)", " ", text)
    return text.replace("%", " percent ").replace("&", " and ")


@cache
def sound_of(word: str) -> str:
    """Return a rough key of how a word sounds: spellings of one sound fall together, vowels to one sign."""
    if word.isdigit():
        return word
    key = word
    for pattern, one in (
        (r"^kn|^gn", "n"), (r"^wr", "r"), (r"^wh", "w"), (r"ough|augh", "o"), (r"gh", ""), (r"ph", "f"),
        (r"c(?=[eiy])|z", "s"), (r"ck|q|c(?!h)", "k"), (r"x", "ks"), (r"dg|j", "g"), (r"tch", "ch"),
        (r"e$|(?<=[a-z])es$", ""), (r"[aeiouy]+(w(?![aeiou]))?h?", "a"), (r"(.)\1+", r"\1"),
    ):  # fmt: skip
        key = re.sub(pattern, one, key)
    return key or word


@cache
def alike(one: str, other: str) -> float:
    """Return how alike two words sound, 0 to 1; numbers are alike or not."""
    if one == other:
        return 1.0
    if any(letter.isdigit() for letter in one + other):
        return 0.0
    a, b = sound_of(one), sound_of(other)
    row = [float(n) for n in range(len(b) + 1)]
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], float(i)
        for j, right in enumerate(b, 1):
            change = 0.0 if left == right else 1.0
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + change)
    return 1 - row[-1] / max(len(a), len(b))


def as_letters(one: str, other: str) -> float:
    """Return how alike two words are letter by letter, 0 to 1."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
