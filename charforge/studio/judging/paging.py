"""Lays a judgement out as a page: what it came to, then every file, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from charforge.domain.takes import Outcome, Score
from charforge.pages.drift import Track, drift_curve
from charforge.pages.judged import Cause, JudgedCard, Judgement, Meter, Reason, Section, Share, Unread, judged_page
from charforge.qa import Calibration
from charforge.qa.calibration import AT_BAR, AT_LIKENESS, WORDS
from charforge.qa.severity import severities
from charforge.studio.judging.crew import meaning
from charforge.studio.judging.viewing import TONES, View
from charforge.studio.judging.wording import CODES, numbers
from charforge.studio.reports.judging import FileVerdict, JudgeReport, Meaning

if TYPE_CHECKING:
    from markupsafe import Markup

    from charforge.pages.cards import Tone

SECTIONS: dict[Outcome, tuple[str, str, Tone]] = {
    "fail": ("Fails", "Somebody else, nobody, one too many, or pictures that cannot be used.", "bad"),
    "fix": ("Worth repairing", "A near miss: the right person, a little off.", "warn"),
    "not-scorable": (
        "Cannot be scored",
        "Too small, blurred or turned away, another place, other clothes: a person has to look.",
        "warn",
    ),
    "pass": ("Passes", "Everybody is who they should be.", "good"),
}
FEW = 6
"""So many files that pass are shown as large as the others."""


def page_of(report: JudgeReport, views: Mapping[str, View], calibration: Calibration) -> bytes:
    """Return the page of a report; `views` are its pictures by file."""
    judged = [row for row in report.rows if not row.broken]
    counts = report.counts()
    shares = [Share(_counted(outcome), count, SECTIONS[outcome][2]) for outcome, count in counts.items()]
    if report.broken:
        shares.insert(0, Share("cannot be judged", len(report.broken), "plain"))
    codes = Counter(code for row in judged for code in {finding.code for finding in row.verdict.findings})
    marks = [f"{mark:g} %" for mark, _ in WORDS]
    return judged_page(
        Judgement(
            title=f"Judged: {_places(report)}",
            lead=_lead(report),
            notes=_notes(report),
            shares=shares,
            causes=[Cause(code, CODES[code], count) for code, count in codes.most_common()],
            unread=[Unread(row.file, row.error, row.hint) for row in report.broken],
            sections=[_section(outcome, judged, views, calibration) for outcome in counts],
            scale=[(f"from {mark}", words) for mark, (_, words) in zip(marks, WORDS, strict=True)]
            + [("50 %", "the verification bar of that pose and size of face; 75 %, marked paler, the likeness bar")],
        )
    )


def _counted(outcome: Outcome) -> str:
    return outcome if outcome in {"pass", "fail"} else SECTIONS[outcome][0].lower()


def _places(report: JudgeReport) -> str:
    folders = sorted({str(Path(row.file).parent) for row in report.rows})
    if len(report.rows) == 1:
        return Path(report.rows[0].file).name
    named = [folder for folder in folders if folder != "."]
    return ", ".join(named) if named and len(folders) <= 3 else f"{report.total} files"


def _lead(report: JudgeReport) -> str:
    files = "1 file" if report.total == 1 else f"{report.total:,} files"
    done = f"{len(report.rows):,} of {files}" if report.stopped else files
    return f"{done} against {' and '.join(report.cast)}, in {report.seconds:.0f} s."


def _notes(report: JudgeReport) -> list[str]:
    notes = list(report.notes)
    if report.stopped:
        notes.insert(0, f"It was interrupted: {report.total - len(report.rows):,} files were not judged.")
    if report.skipped:
        notes.append(f"Left alone in the folders, since neither pictures nor clips: {report.skipped:,}.")
    return notes


def _section(
    outcome: Outcome, judged: Sequence[FileVerdict], views: Mapping[str, View], calibration: Calibration
) -> Section:
    title, lead, tone = SECTIONS[outcome]
    rows = sorted((r for r in judged if r.verdict.outcome == outcome), key=_worst)
    several = len({Path(row.file).parent for row in judged}) > 1
    cards = tuple(_card(row, views.get(row.file), tone, calibration, several=several) for row in rows)
    return Section(title, lead, tone, cards, small=outcome == "pass" and len(rows) > FEW)


def _worst(row: FileVerdict) -> tuple[float, str]:
    return min((m.percent for m in row.meanings), default=0.0), row.file


def _card(row: FileVerdict, view: View | None, tone: Tone, calibration: Calibration, *, several: bool) -> JudgedCard:
    path = Path(row.file)
    return JudgedCard(
        title=path.name,
        place=str(path.parent) if several else "",
        verdict=row.verdict.outcome,
        tone=tone,
        picture=view.picture if view else "",
        caption=view.caption if view else "",
        boxes=view.boxes if view else (),
        meters=tuple(_meter(found) for found in row.meanings),
        reasons=tuple(
            Reason(f.code, f.message, numbers(f), TONES[severities()[f.code]])  # type: ignore[arg-type] # a tone
            for f in row.verdict.findings
        ),
        plot=_plot(row.verdict.curve, calibration),
    )


def _meter(found: Meaning) -> Meter:
    score = found.score
    tone: Tone = "bad" if score.value < score.bar else "good"
    likeness = ""
    if score.likeness is not None:
        tone = "warn" if score.bar <= score.value < score.likeness else tone
        likeness = f", likeness {score.likeness:.2f}"
    when = "" if score.frame is None else f"frame {score.frame}: "
    if score.frame is not None and score.time is not None:
        when = f"at {score.time:.2f} s: "
    turned = "" if score.turn is None else f", turned {score.turn:+.0f}°"
    text = f"{when}{score.value:.2f}, bar {score.bar:.2f}{likeness}{turned}"
    who = score.who if score.frame is None else f"{score.who}, worst"
    return Meter(who, found.percent, found.words, text, tone)


def _plot(curve: Sequence[Score], calibration: Calibration) -> Markup | None:
    """Return the drift curve of a clip; None where too few frames were scored for one."""
    timed = [(score, meaning(score, calibration).percent) for score in curve if score.time is not None]
    if len(timed) < 2:
        return None
    tracks = [
        Track(who, tuple((s.time or 0.0, percent) for s, percent in timed if s.who == who))
        for who in dict.fromkeys(score.who for score, _ in timed)
    ]
    lowest, least = min(timed, key=lambda each: each[1])
    bars = [(AT_BAR, "bar"), (AT_LIKENESS, "likeness")]
    if all(score.likeness is None for score, _ in timed):
        bars.pop()
    return drift_curve(tracks, max(s.time or 0.0 for s, _ in timed), bars, (lowest.time or 0.0, least))
