"""Tells a judgement as tests, for continuous integration."""

from __future__ import annotations

from pathlib import Path

from charforge.documents.junit import Case, junit
from charforge.studio.judging.wording import numbers, scored
from charforge.studio.reports.judging import FileVerdict, JudgeReport


def junit_report(report: JudgeReport) -> bytes:
    """Return the report: a case for each file, by its folder; a file that cannot be judged is an error.

    What does not pass is a failure, also what a person is asked about: as much makes the command's exit code 1.
    """
    facts = {"cast": ", ".join(report.cast), "files": str(report.total), "stopped": "yes" if report.stopped else "no"}
    return junit("charforge judge", [_case(row) for row in report.rows], facts)


def _case(row: FileVerdict) -> Case:
    path = Path(row.file)
    found = row.verdict.findings
    return Case(
        name=path.name,
        group=str(path.parent),
        seconds=row.seconds,
        outcome="error" if row.broken else "pass" if row.verdict.outcome == "pass" else "failure",
        message=row.error or "; ".join(f.message for f in found),
        kind=found[0].code if found else "",
        details=row.hint if row.broken else "\n".join(f"{f.code}: {f.message} {numbers(f)}".rstrip() for f in found),
        output="\n".join(scored(meaning) for meaning in row.meanings),
    )
