"""Judges files from any tool against locked characters, or against a picture of somebody."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from time import monotonic

from charforge.documents import write_atomic
from charforge.domain.jobs import ExpectedFace
from charforge.errors import InputError
from charforge.events import Counted, Judged, Noted, Reporter, StageEnded, StageStarted, silent
from charforge.qa import Calibration, Judge
from charforge.qa.masters import Masters
from charforge.qa.watchers import Eyes
from charforge.runners import Toolbox
from charforge.studio import calibrating, machine
from charforge.studio.interrupts import untorn
from charforge.studio.judging import cast as casting
from charforge.studio.judging import files as finding
from charforge.studio.judging.cast import Cast
from charforge.studio.judging.crew import STAGE, Crew, Seat
from charforge.studio.judging.memory import Memory
from charforge.studio.judging.paging import page_of
from charforge.studio.judging.scenery import dressed, parsed
from charforge.studio.judging.testing import junit_report
from charforge.studio.judging.viewing import View
from charforge.studio.project import Project
from charforge.studio.reports.judging import FileVerdict, JudgeReport
from charforge.studio.reports.place import refuse_unwritable


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be judged, and how."""

    cast: tuple[str, ...]
    """Locked characters, with their version or without, or pictures of somebody."""
    library: Path | None = None
    """Where the characters are locked; without it, the project's libraries."""
    some: bool = False
    """A file may show any of the cast; otherwise all of them are expected in each."""
    wardrobes: tuple[str, ...] = ()
    """What people wear: ``mia=navy``."""
    at: str = ""
    """The place, and the light that wardrobes are worn in: ``coffee-shop/night``."""
    lips: bool = False
    """Clips are of one shot each in which whatever is heard is said on screen: look at the lips."""
    recursive: bool = False
    """Folders stand for what is in their folders, too."""
    workers: int = 0
    """Judges side by side; 0 means as many as pay off."""
    page: Path | None = None
    """Write a page of all that was found there."""
    junit: Path | None = None
    """Write a report for continuous integration there."""


def judge(near: Path, files: Sequence[Path], cast: tuple[str, ...]) -> tuple[FileVerdict, ...]:
    """Return a verdict for each file; folders stand for the pictures and clips in them.

    Raises InputError for a single file that cannot be judged; among several, it fails without stopping the others.
    """
    report = judged(near, files, Wanted(cast))
    if report.total == 1 and report.broken:
        raise InputError(f"{report.rows[0].file}: {report.rows[0].error}", report.rows[0].hint)
    return report.rows


def judged(
    near: Path,
    files: Sequence[Path],
    wanted: Wanted,
    reporter: Reporter = silent,
    told: Callable[[FileVerdict], None] = lambda _: None,
) -> JudgeReport:
    """Return what QA says of files and folders; `told` hears each file's verdict as soon as it is known, in order.

    When it is interrupted, the report holds what is known by then; so do the page and the report for continuous
    integration, also when a model or the disk gives out.
    """
    began = monotonic()
    for path in filter(None, (wanted.page, wanted.junit)):
        refuse_unwritable(path, "judged")
    cast = casting.gathered(near, wanted.cast, wanted.library, placed=bool(wanted.at))
    found = finding.gathered(files, wanted.cast, recursive=wanted.recursive)
    crew, notes = _hired(cast, reporter, wanted, len(found.files))
    for note in notes:
        reporter(Noted(f"warning: {note}"))
    reporter(StageStarted(STAGE, len(found.files), "files"))
    rows: list[FileVerdict] = []
    views: dict[str, View] = {}

    def report(*, stopped: bool) -> JudgeReport:
        return JudgeReport(
            cast=tuple(face.who for face in cast.expected),
            rows=tuple(rows),
            total=len(found.files),
            skipped=found.skipped,
            notes=notes,
            seconds=monotonic() - began,
            stopped=stopped,
        )

    stopped = True
    try:
        for row, view in crew.judged(found.files):
            with untorn():
                rows.append(row)
                views |= {row.file: view} if view else {}
                told(row)
                reporter(Judged(row.file, row.verdict))
                reporter(Counted(STAGE, row.file, len(rows), len(found.files)))
        reporter(StageEnded(STAGE, monotonic() - began))
        stopped = False
    except KeyboardInterrupt:
        pass
    finally:
        _write(report(stopped=stopped), wanted, views, crew.calibration)
    return report(stopped=stopped)


def _write(report: JudgeReport, wanted: Wanted, views: Mapping[str, View], calibration: Calibration) -> None:
    if wanted.junit is not None:
        write_atomic(wanted.junit, junit_report(report))
    if wanted.page is not None:
        write_atomic(wanted.page, page_of(report, views, calibration))


def workers(files: int) -> int:
    """Return how many judges pay off: models that are loaded twice cost a second."""
    return min(2, os.cpu_count() or 1) if files >= 8 else 1


def judges(project: Project, files: Callable[[str], Path], cast: Sequence[ExpectedFace] = ()) -> Judge:
    """Return the project's two face judges, who find masters by digest in `files`."""
    return _judge(project, machine.toolbox(project), files, cast)


def _judge(project: Project, tools: Toolbox, files: Callable[[str], Path], cast: Sequence[ExpectedFace]) -> Judge:
    first, second = (tools.get("face", name) for name in project.settings.judges)
    one, other = (calibrating.of(project, face) for face in (first, second))
    return Judge(first, second, one, other, files, cast=cast)


def _seat(cast: Cast, tools: Toolbox, *, lips: bool) -> Seat:
    face = tools.get("face", cast.project.settings.judges[0])
    eyes = Eyes(face, landmark=tools.ready("landmark") if lips else None)
    return Seat(_judge(cast.project, tools, cast.file, cast.expected), eyes)


def _hired(cast: Cast, reporter: Reporter, wanted: Wanted, files: int) -> tuple[Crew, tuple[str, ...]]:
    """Return who judges, and what they say of the cast; raise InputError when a master does not show one face."""
    tools = machine.toolbox(cast.project)
    first = tools.get("face", cast.project.settings.judges[0])
    calibration = calibrating.of(cast.project, first)
    masters = Masters(first, first, cast.file)
    seen = {face.who: masters.face(face) for face in cast.expected}
    pairs = {(a, b): first.similarity(seen[a], seen[b]) for a, b in combinations(seen, 2)}
    crew = Crew(
        lambda: _seat(cast, machine.toolbox(cast.project), lips=wanted.lips),
        replace(
            dressed(parsed(wanted.wardrobes), wanted.at, cast.characters, cast.library, cast.file), lips=wanted.lips
        ),
        calibration,
        cast.expected,
        reporter,
        workers=wanted.workers or workers(files),
        some=wanted.some,
        memory=Memory(cast.project.state / "judged" if cast.at_home else None),
        pictures=wanted.page is not None,
    )
    crew.take_on(_seat(cast, tools, lips=wanted.lips))
    return crew, tuple(casting.alike(pairs, calibration.bar(0.0)))
