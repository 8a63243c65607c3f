"""Reads English number words as digits. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
ORDINALS = {
    "first": "one", "second": "two", "third": "three", "fourth": "four", "fifth": "five", "sixth": "six",
    "seventh": "seven", "eighth": "eight", "ninth": "nine", "tenth": "ten", "eleventh": "eleven", "twelfth": "twelve",
    "thirteenth": "thirteen", "fourteenth": "fourteen", "fifteenth": "fifteen", "sixteenth": "sixteen",
    "seventeenth": "seventeen", "eighteenth": "eighteen", "nineteenth": "nineteen", "twentieth": "twenty",
    "thirtieth": "thirty", "fortieth": "forty", "fiftieth": "fifty", "sixtieth": "sixty", "seventieth": "seventy",
    "eightieth": "eighty", "ninetieth": "ninety", "hundredth": "hundred", "thousandth": "thousand",
}  # fmt: skip


def numbered(words: Sequence[str]) -> list[str]:
    """Return words with every run of number words as digits; ordinals end in `th`, years stay two numbers."""
    out: list[str] = []
    at = 0
    while at < len(words):
        number = _Number()
        end = at
        while end < len(words) and (taken := number.take(words, end)):
            end += taken
        written = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", words[at])
        out.append(number.text() if end > at else f"{written[1]}th" if written else words[at])
        at = max(end, at + 1)
    return out


class _Number:
    """A number as far as it has been read."""

    def __init__(self) -> None:
        self._total = 0
        self._part = 0
        self._begun = False
        self._ended = False
        self._ordinal = False

    def text(self) -> str:
        """Return it in digits."""
        return f"{self._total + self._part}{'th' * self._ordinal}"

    def take(self, words: Sequence[str], at: int) -> int:
        """Take the word at this place, with the next where only both fit; return how many were taken."""
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        if word == "a" and not self._begun and following in LARGE:
            self._part, self._begun = 1, True
            return 1
        if word == "and" and self._part and self._part % 100 == 0 and (following in SMALL or following in TENS):
            return 1
        plain = ORDINALS.get(word, word)
        if self._ended or not self._fits(plain):
            return 0
        # "one second" is no ordinal of one: a unit takes none that it could not take as a number.
        self._ordinal = self._ended = word in ORDINALS
        self._ended = self._ended or plain == "zero"
        self._begun = True
        return 1

    def _fits(self, word: str) -> bool:
        """Return whether a number word goes on with the number, and add it."""
        if word in SMALL and (
            self._part % 100 == 0 or (self._part % 100 >= 20 and self._part % 10 == 0 < SMALL[word] < 10)
        ):
            self._part += SMALL[word]
        elif word in TENS and self._part % 100 == 0:
            self._part += TENS[word]
        elif word == "hundred" and 0 < self._part < 100:
            self._part *= 100
        elif word in LARGE and word != "hundred" and self._part:
            self._total, self._part = self._total + self._part * LARGE[word], 0
        else:
            return False
        return True
