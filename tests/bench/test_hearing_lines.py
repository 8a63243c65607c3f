"""The lines that hearing is measured with, and how the figures are counted."""

from __future__ import annotations

from charforge.bench.hearing import FAULTS, TUNED, Said, _figures, lines
from charforge.domain.takes import Finding, Verdict
from charforge.qa.hearing.spelling import spelled

TAKE = "a" * 64


def said(kind: str, *codes: str, wanted: str = "", errors: float = 0.0) -> Said:
    """Return a take with these findings."""
    found = tuple(Finding(code=code, message="x") for code in codes)
    return Said(kind, Verdict(take=TAKE, outcome="pass", findings=found), wanted, errors, 10)


def test_there_are_enough_lines_to_hold_out() -> None:
    """All different, with numbers, names and contractions, from one word to fifteen and more."""
    written = lines()
    assert len(set(written)) == len(written) >= 100 + TUNED
    lengths = [len(spelled(line)) for line in written]
    assert min(lengths) == 1
    assert max(lengths) >= 14
    assert sum(any(c.isdigit() for c in line) for line in written) >= 10
    assert sum("'" in line for line in written) >= 30


def test_shares_are_counted_by_kind_and_code() -> None:
    """A good line with any finding is raised; a fault is found only by the finding that names it."""
    takes = [
        said("good"),
        said("good", "silence", errors=2),
        said("good", "not-scorable"),
        said(FAULTS[0], "words", wanted="words"),
        said(FAULTS[0], "voice", wanted="words"),
        said(FAULTS[4], "voice", wanted="voice"),
    ]
    figures = {f.what: (round(f.value, 1), f.note) for f in _figures(takes)}
    assert figures["word error rate of good lines"] == (6.7, "2 of 30 words, 3 lines")
    assert figures["good lines raised"] == (33.3, "1 of 3")
    assert figures[f"{FAULTS[0]}: found"] == (50.0, "1 of 2")
    assert figures[f"{FAULTS[4]}: found"] == (100.0, "1 of 1")
