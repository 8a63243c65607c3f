"""Fixed shots as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from charforge.cli.tables import out, table

if TYPE_CHECKING:
    from charforge.domain.takes import FixStep
    from charforge.studio.fixing.report import Attempt, FixReport, Mending


def fixed(report: FixReport) -> None:
    """Print for each take what was tried or would be, and what became of it."""
    for mending in report.mended:
        _would(mending, report) if report.dry else _done(mending)
    if report.hint:
        out().print(report.hint, highlight=False)


def _would(mending: Mending, report: FixReport) -> None:
    money = f", ${report.money:.2f}" if report.money else ""
    out().print(Text(f"{mending.draft} {mending.before}: budget {report.seconds:.0f} s{money}", style="bold"))
    if not mending.would:
        out().print("there is nothing to mend", highlight=False)
        return
    table(("step", "whose", "backend", "seconds", "price", "tried"), [_attempt(a) for a in mending.would])


def _attempt(attempt: Attempt) -> tuple[str, ...]:
    seconds = "" if attempt.seconds is None else f"{attempt.seconds:.0f}"
    price = f"${attempt.price:.2f}" if attempt.price is not None else "" if attempt.reason else "unknown"
    return (
        attempt.step,
        attempt.who,
        attempt.backend,
        seconds,
        price,
        f"no: {attempt.reason}" if attempt.reason else "yes",
    )


def _done(mending: Mending) -> None:
    became = mending.after if mending.after != mending.before else "unchanged"
    out().print(Text(f"{mending.draft} {mending.before} -> {became}", style="bold"))
    if mending.steps:
        table(("step", "whose", "first judge", "second judge", "seconds", "kept"), [_step(s) for s in mending.steps])
    if mending.file:
        out().print(mending.file, highlight=False, soft_wrap=True)


def _step(step: FixStep) -> tuple[str, ...]:
    second = _pair(step.second_before, step.second_after)
    kept = "yes" if step.kept else f"no: {step.reason}"
    return step.step, step.who, _pair(step.before, step.after), second, f"{step.seconds:.1f}", kept


def _pair(before: float | None, after: float | None) -> str:
    return " -> ".join("none" if v is None else f"{v:.3f}" for v in (before, after))
