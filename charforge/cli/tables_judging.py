"""Judged files as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from charforge.cli.tables import STYLE, out, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from charforge.studio.reports.judging import FileVerdict, JudgeReport

MANY = 30
"""More files than this are told by what does not pass alone."""


def judged(report: JudgeReport) -> None:
    """Print one row per file, those that cannot be judged after them, and what it all came to."""
    rows = [row for row in report.rows if not row.broken]
    passing = sum(row.verdict.passed() for row in rows)
    shown = rows if len(rows) <= MANY else [row for row in rows if not row.verdict.passed()]
    if shown:
        table(("file", "verdict", "scores", "findings", "seconds"), [_row(row) for row in shown])
    for row in report.broken:
        hint = Text(f" ({row.hint})", style="dim") if row.hint else Text()
        out().print(Text("cannot be judged: ", style="red") + Text(f"{row.file}: {row.error}") + hint)
    if len(shown) < len(rows):
        out().print(f"{passing} files that pass are not shown", highlight=False)
    if report.total > 1 or report.stopped:
        out().print(_sum(report), highlight=False)


def written(page: Path | None, junit: Path | None) -> None:
    """Print what was written."""
    for path in filter(None, (page, junit)):
        out().print(f"written: {path}", highlight=False)


def _row(row: FileVerdict) -> Sequence[str | Text]:
    scores = [
        f"{m.score.who} {m.percent:.0f} %, {m.score.value:.3f} (bar {m.score.bar:.3f})"
        + ("" if m.score.time is None else f" at {m.score.time:.2f} s")
        for m in row.meanings
    ]
    verdict = Text(row.verdict.outcome, STYLE.get(row.verdict.outcome, ""))
    findings = "\n".join(f.message for f in row.verdict.findings)
    return row.file, verdict, "\n".join(scores), findings, f"{row.seconds:.2f}"


def _sum(report: JudgeReport) -> str:
    counts = [f"{count} {outcome}" for outcome, count in reversed(report.counts().items())]
    if report.broken:
        counts.append(f"{len(report.broken)} cannot be judged")
    told = f"{len(report.rows)} of {report.total} files" if report.stopped else f"{report.total} files"
    if report.skipped:
        counts.append(f"{report.skipped} other files left alone")
    ending = ", stopped" if report.stopped else ""
    return f"{told}: {', '.join(counts) or 'none judged'} ({report.seconds:.1f} s){ending}"
