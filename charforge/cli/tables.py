"""Results as tables for people, on standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from charforge.bench.faces import FaceBench
    from charforge.bench.figures import Figure
    from charforge.domain.jobs import Plan
    from charforge.studio.report import (
        CheckReport,
        Doctor,
        DoctorRow,
        ReadyRow,
        RenderReport,
        ShotRow,
        WeightRow,
    )

STYLE = {"pass": "green", "fix": "yellow", "fail": "red", "not-scorable": "yellow"}


def check(report: CheckReport) -> None:
    """Print problems, then what the episode holds."""
    for line in report.errors:
        out().print(Text("error: ", style="red") + Text(line))
    for line in report.warnings:
        out().print(Text("warning: ", style="yellow") + Text(line))
    for line in report.notes:
        out().print(Text("note: ", style="dim") + Text(line))
    verdict = f"{len(report.errors)} errors" if report.errors else "ok"
    out().print(f"{report.episode}: {report.scenes} scenes, {report.shots} shots, {verdict}", highlight=False)


def plan(made: Plan) -> None:
    """Print one row per shot: model, references, length, price, reasons."""
    rows = [
        (
            choice.slate,
            choice.framing,
            " + ".join(dict.fromkeys(filter(None, (choice.still, choice.clip)))),
            f"{'~' if choice.estimated else ''}{choice.frames}f",
            "unknown" if choice.price is None else f"${choice.price:.2f}",
            "unknown" if choice.seconds is None else f"{choice.seconds:.0f} s",
            "\n".join(choice.references),
            "; ".join(choice.reasons),
        )
        for choice in made.choices
    ]
    table(("shot", "framing", "model", "length", "price", "time", "references", "why"), rows)
    times = [c.seconds for c in made.choices]
    work = "unknown time" if None in times else f"about {sum(t for t in times if t is not None):.0f} s of work"
    prices = [c.price for c in made.choices]
    money = "unknown" if None in prices else f"${sum(p for p in prices if p is not None):.2f}"
    out().print(f"{len(made.choices)} shots, {work}, {money}", highlight=False)


def render(report: RenderReport) -> None:
    """Print one row per shot and the finished film."""
    if report.up_to_date and report.master is not None:
        out().print(f"{report.episode}: nothing to render, {report.master.path} is up to date", highlight=False)
        return
    table(
        ("shot", "model", "seconds", "identity", "verdict", "fixed"),
        [
            (
                row.slate,
                row.model,
                f"{row.seconds:.1f}",
                _identity(row),
                _styled(row.verdict, row.findings),
                _fixes(row),
            )
            for row in report.shots
        ],
    )
    made = (
        f"{report.rendered} takes rendered, {report.reused} reused"
        if report.rendered
        else "nothing rendered: every take was in the store"
    )
    out().print(f"{made}, {report.seconds:.1f} s", highlight=False)
    if report.stills:
        out().print(
            f"stills: {report.stills} (contact.png shows all; choose one: charforge circle SHOT TAKE)", highlight=False
        )
    if report.master is not None:
        master = report.master
        out().print(
            f"{master.path}: {master.frames} frames, {master.loudness:.1f} LUFS, {master.true_peak:.1f} dBTP, "
            f"{master.size / 1e6:.1f} MB",
            highlight=False,
        )


def reasons(found: dict[str, tuple[str, ...]]) -> None:
    """Print for each take of a shot why it would be rendered again."""
    for draft, why in found.items():
        out().print(f"{draft}: {'; '.join(why) or 'up to date'}", highlight=False)


def backends(rows: Sequence[ReadyRow]) -> None:
    """Print the installed backends."""
    table(
        ("role", "name", "state", "licence", "to make it ready"),
        [(r.role, r.name, Text(r.state, "yellow" if r.hint else "green"), r.licence, r.hint) for r in rows],
    )


def weights(rows: Sequence[WeightRow]) -> None:
    """Print the registered model files."""
    table(
        ("name", "here", "MB", "commercial", "licence", "sources"),
        [
            (
                r.name,
                r.state,
                f"{r.bytes / 1e6:.1f}",
                "yes" if r.commercial else "no",
                r.licence,
                ", ".join("address" if s.startswith("https:") else s.split()[0] for s in r.sources),
            )
            for r in rows
        ],
    )


def doctor(report: Doctor) -> None:
    """Print what this machine can do and what to type for the rest."""
    table(
        ("what", "state", "to type"),
        [(row.what, Text(row.state, _lamp(row)), row.hint) for row in report.rows],
    )
    out().print("ready to render" if report.ok else "not ready to render: see the rows above", highlight=False)


def _lamp(row: DoctorRow) -> str:
    """Return the colour of a row: what is optional and not there is neither good nor bad."""
    return "yellow" if not row.ok else "dim" if row.hint else "green"


def face_bench(rows: Sequence[FaceBench]) -> None:
    """Print the face judges side by side."""
    sides = [dict(row.rows()) for row in rows]
    names = list(dict.fromkeys(name for side in sides for name in side))
    table(("figure", *(r.backend for r in rows)), [(n, *(side.get(n, "") for side in sides)) for n in names[1:]])


def speed(rows: Sequence[Figure]) -> None:
    """Print the measured figures."""
    table(
        ("what", "figure", "aim", "note"),
        [(r.what, f"{r.value:.2f} {r.unit}".strip(), r.aim, r.note) for r in rows],
    )


def _identity(row: ShotRow) -> str:
    return "\n".join(f"{who} {value:.2f} (bar {row.bar.get(who, 0):.2f})" for who, value in row.identity.items()) or "-"


def _fixes(row: ShotRow) -> str:
    return "\n".join(f"{f.step} {f.before:.2f} -> {f.after:.2f}{'' if f.kept else ' (undone)'}" for f in row.fixes)


def _styled(outcome: str, findings: Sequence[str] = ()) -> Text:
    text = Text(outcome, STYLE.get(outcome, ""))
    return text + Text("".join(f"\n{f}" for f in findings))


def out() -> Console:
    """Return standard output; a file or pipe gets lines long enough for whole rows."""
    return Console() if sys.stdout.isatty() else Console(width=160)


def table(headers: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print rows under headers; long cells fold."""
    shown = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for header in headers:
        shown.add_column(header, overflow="fold")
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    out().print(shown)
