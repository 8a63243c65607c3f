"""Compares the words that are heard with the script's. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from charforge.qa.hearing.spelling import alike, as_letters, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.protocols import Word

SAME = 0.6
"""Words that sound at least so much alike may be one word, spelled or heard otherwise."""
JOINED = 0.9
"""Words that are written as one or as several are so much alike, letter by letter."""
ALONE = 0.85
"""A part that is so much alike the whole is the whole."""
LONGEST_JOIN = 3


@dataclass(frozen=True, slots=True)
class Heard:
    """One word that was heard, in the spelling that is compared."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch where script and sound differ or agree."""

    kind: Literal["same", "near", "missing", "extra", "wrong"]
    """`near`: otherwise spelled, but it sounds alike."""
    script: tuple[str, ...]
    heard: tuple[Heard, ...]
    time: float
    """Seconds at which it is, or would be, said."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a take's words compare with its script."""

    edits: tuple[Edit, ...]
    script: tuple[str, ...]

    @property
    def errors(self) -> float:
        """The word error rate: words that are missing, extra, wrong or otherwise spelled, over those of the script."""
        wrong = sum(max(len(e.script), len(e.heard)) for e in self.edits if e.kind != "same")
        return wrong / max(len(self.script), 1)

    def places(self) -> frozenset[int]:
        """Return the places in the script at which something sounds different; beside extra words, both neighbours."""
        found: set[int] = set()
        at = 0
        for edit in self.edits:
            if edit.kind not in ("same", "near"):
                found |= set(range(at, at + len(edit.script))) if edit.script else {at - 1, at}
            at += len(edit.script)
        return frozenset(found)

    def agreed(self) -> Wording:
        """Return the same with every difference taken for a way of writing."""
        return Wording(tuple(replace(e, kind="near") if e.kind != "same" else e for e in self.edits), self.script)

    def time(self, at: int) -> float:
        """Return when the script's word at this place is said, or would be."""
        seen = 0
        for edit in self.edits:
            seen += len(edit.script)
            if seen > at:
                return edit.time
        return self.edits[-1].time if self.edits else 0.0

    def faults(self) -> tuple[Edit, ...]:
        """Return what sounds different, in order."""
        return tuple(e for e in self.edits if e.kind not in ("same", "near"))


def compared(script: str, words: Sequence[Word], language: str = "eng") -> Wording:
    """Return how what was heard compares with the script, by the cheapest alignment."""
    wanted = spelled(script, language)
    heard = _spread(words, language)
    return Wording(_edits(wanted, heard), wanted)


def _spread(words: Sequence[Word], language: str) -> tuple[Heard, ...]:
    """Return the words heard in the compared spelling; a number that runs over several of them is one."""
    whole = spelled(" ".join(w.text for w in words), language)
    parts = [(part, word) for word in words for part in spelled(word.text, language)]
    if len(parts) == len(whole):
        return tuple(Heard(text, w.start, w.end, w.confidence) for text, (_, w) in zip(whole, parts, strict=True))
    out: list[Heard] = []
    at = 0
    for text in whole:
        taken = [parts[at][1]] if at < len(parts) else [words[-1]]
        if at < len(parts) and parts[at][0] == text:
            at += 1
        else:
            # Number words: as many as make this number.
            size = next((n for n in range(1, 9) if spelled(" ".join(p for p, _ in parts[at : at + n])) == (text,)), 1)
            taken = [w for _, w in parts[at : at + size]] or taken
            at += size
        out.append(Heard(text, taken[0].start, taken[-1].end, min(w.confidence for w in taken)))
    return tuple(out)


def _edits(wanted: Sequence[str], heard: Sequence[Heard]) -> tuple[Edit, ...]:
    texts = [h.text for h in heard]
    rows, columns = len(wanted) + 1, len(texts) + 1
    best: list[list[tuple[float, int, int]]] = [[(0.0, 0, 0)] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            if i or j:
                best[i][j] = min((best[i - a][j - b][0] + cost, a, b) for a, b, cost in _steps(wanted[:i], texts[:j]))
    edits: list[Edit] = []
    i, j = rows - 1, columns - 1
    while i or j:
        _, a, b = best[i][j]
        edits.append(_edit(tuple(wanted[i - a : i]), tuple(heard[j - b : j]), heard, j))
        i, j = i - a, j - b
    return tuple(reversed(edits))


def _steps(wanted: Sequence[str], texts: Sequence[str]) -> list[tuple[int, int, float]]:
    """Return what may stand last: how many words of each, and what it costs."""
    steps: list[tuple[int, int, float]] = []
    if wanted and texts:
        steps.append((1, 1, _cost(wanted[-1], texts[-1])))
        for n in range(2, LONGEST_JOIN + 1):
            if len(wanted) >= n and _joined(wanted[-n:], texts[-1]):
                steps.append((n, 1, 0.1))
            if len(texts) >= n and _joined(texts[-n:], wanted[-1]):
                steps.append((1, n, 0.1))
    if wanted:
        steps.append((1, 0, 1.0))
    if texts:
        steps.append((0, 1, 1.0))
    return steps


def _joined(parts: Sequence[str], whole: str) -> bool:
    """Return whether words are one word in parts; a long word beside a short one is no two parts of itself."""
    alone = max(as_letters(part, whole) for part in parts)
    return as_letters("".join(parts), whole) >= JOINED and alone < ALONE


def _cost(one: str, other: str) -> float:
    if one == other:
        return 0.0
    likeness = alike(one, other)
    # A little more than nothing, so that the very word is preferred to one that sounds like it.
    return 0.05 + (1 - likeness) if likeness >= SAME else 1.3


def _edit(script: tuple[str, ...], heard: tuple[Heard, ...], everything: Sequence[Heard], at: int) -> Edit:
    time = heard[0].start if heard else _after(everything, at)
    if not heard or not script:
        return Edit("missing" if script else "extra", script, heard, time)
    texts = tuple(h.text for h in heard)
    if texts == script:
        return Edit("same", script, heard, time)
    one = len(script) == len(texts) == 1
    near = not one or alike(script[0], texts[0]) >= SAME
    return Edit("near" if near else "wrong", script, heard, time)


def _after(heard: Sequence[Heard], at: int) -> float:
    """Return when the word before this place ends, or the first begins."""
    if at:
        return heard[at - 1].end
    return heard[0].start if heard else 0.0
