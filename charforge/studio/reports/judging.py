"""What QA says of files, as values for tables, pages, JSON and tests."""

from __future__ import annotations

from charforge.domain.takes import Outcome, Score, Verdict
from charforge.domain.value import Text, Value


class Meaning(Value):
    """What a score says, on a scale that is the same for every judge, pose and size of face."""

    score: Score
    percent: float
    """0 what half of all strangers reach, 50 the verification bar, 75 the likeness bar."""
    words: Text


class FileVerdict(Value):
    """What QA says of one file."""

    file: str
    verdict: Verdict
    seconds: float
    kind: str = "picture"
    """`picture` or `clip`."""
    known: bool = False
    """Whether the same bytes were judged before in this project, in the same way."""
    error: Text = ""
    """Why the file cannot be judged at all; empty when it was."""
    hint: Text = ""
    """What to do about it."""
    meanings: tuple[Meaning, ...] = ()
    """Of the verdict's scores, in their order."""

    @property
    def broken(self) -> bool:
        """Return whether the file could not be judged."""
        return bool(self.error)


class JudgeReport(Value):
    """What QA says of files and folders."""

    cast: tuple[str, ...]
    rows: tuple[FileVerdict, ...]
    """In the order of the files; those that were judged before it was stopped."""
    total: int
    """Files that were to be judged."""
    skipped: int = 0
    """Other files in the folders, which are neither pictures nor clips."""
    notes: tuple[Text, ...] = ()
    """What to know of the cast, such as two who look alike."""
    seconds: float
    stopped: bool = False
    """Whether it was interrupted."""

    @property
    def broken(self) -> tuple[FileVerdict, ...]:
        """Return the files that could not be judged."""
        return tuple(row for row in self.rows if row.broken)

    def counts(self) -> dict[Outcome, int]:
        """Return how many judged files came to each outcome, those without any left out."""
        outcomes: tuple[Outcome, ...] = ("fail", "fix", "not-scorable", "pass")
        judged = [row.verdict.outcome for row in self.rows if not row.broken]
        return {outcome: judged.count(outcome) for outcome in outcomes if outcome in judged}

    def passed(self) -> bool:
        """Return whether every file passes."""
        return all(row.verdict.passed() for row in self.rows)
