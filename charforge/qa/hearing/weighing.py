"""Asks of every word of a script whether the sound fits the line better without it, or with it said twice. Pure.

A transcript writes what people would write: it leaves out what is said twice and mends what is left out. How likely the
sound makes the very script, and the script with one word fewer or more, tells what it mends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from charforge.qa.hearing.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from charforge.qa.hearing.limits import WordLimits

    Weigh = Callable[[tuple[str, ...]], Sequence[float]]
    """Returns how likely each text is to be what is said, as a logarithm."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word that does not seem to be said once."""

    kind: Literal["dropped", "doubled"]
    word: str
    at: int
    """Place among the script's words in the spelling that is compared."""
    number: float
    """By how much the line without it, or with it twice, is likelier than the script."""
    limit: float


def doubts(script: str, quick: Weigh, close: Weigh, limits: WordLimits) -> Iterator[Doubt]:
    """Yield the words of a script that are not heard, or heard twice, in their order; weighed `quick`, then `close`."""
    # Nobody hears quotation marks, and a transcript that has them is less likely for it.
    plain = re.sub('["\u201c\u201d\u201e\u00ab\u00bb]', "", script)
    words = (plain if re.search(r"[.?!]\W*$", plain) else f"{plain}.").split()
    said = [k for k, word in enumerate(words) if spelled(word)]
    fewer = {k: _without(words, k) for k in said if len(said) > 1}
    more = {k: _twice(words, k) for k in said}
    base, *found = quick((" ".join(words), *fewer.values(), *more.values()))
    gains = [value - base for value in found]
    dropped = dict(zip(fewer, gains[: len(fewer)], strict=True))
    maybe = [k for k, gain in zip(more, gains[len(fewer) :], strict=True) if gain > limits.maybe]
    doubled: dict[int, float] = {}
    if maybe:
        base, *found = close((" ".join(words), *(more[k] for k in maybe)))
        # What is said twice makes its neighbours likelier twice, too; it is the likeliest of them.
        most, k = max((value - base, -k) for k, value in zip(maybe, found, strict=True))
        doubled = {-k: most}
    for k in said:
        at, word = len(spelled(" ".join(words[:k]))), _bare(words[k])
        if dropped.get(k, limits.dropped) > limits.dropped:
            yield Doubt("dropped", word, at, dropped[k], limits.dropped)
        elif doubled.get(k, limits.doubled) > limits.doubled:
            yield Doubt("doubled", word, at, doubled[k], limits.doubled)


def _without(words: Sequence[str], at: int) -> str:
    """Return a line without a word; the sign after it stays, or a line would be likelier for ending sooner."""
    left = list(words[:at])
    sign = re.search(r"[.?!,;:]+$", words[at])
    if sign and left:
        left[-1] = re.sub(r"[.?!,;:]+$", "", left[-1]) + sign[0]
    return " ".join((*left, *words[at + 1 :]))


def _twice(words: Sequence[str], at: int) -> str:
    return " ".join((*words[:at], _bare(words[at]), *words[at:]))


def _bare(word: str) -> str:
    """Return a word without the signs around it."""
    return re.sub(r"^\W+|[^\w%]+$", "", word)
