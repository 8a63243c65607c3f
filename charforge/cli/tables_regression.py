"""A test of pinned shots as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from charforge.cli.tables import STYLE, out, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from charforge.studio.regressing.report import Case, Pinned, Regression
    from charforge.studio.regressing.shifts import Shift


def pinned(made: Pinned) -> None:
    """Print what was pinned, and what was not."""
    for slate in made.pinned:
        out().print(f"pinned {slate}", highlight=False)
    for slate in made.unpinned:
        out().print(f"forgot {slate}", highlight=False)
    for line in made.left_out:
        out().print(Text("left out ", style="yellow") + Text(line))
    out().print(f"{made.file}: {made.total} takes; commit it with the folder beside it", highlight=False)
    if made.total:
        out().print("next: charforge test", highlight=False)


def compared(done: Regression, files: Sequence[Path | None]) -> None:
    """Print what changed, every shot, every character's shift, and the verdict."""
    for line in done.changes:
        out().print(Text("changed: ", style="yellow") + Text(line))
    table(("shot", "how", "verdict", "pinned -> now", "what is different"), [_case(case) for case in done.cases])
    if done.shifts:
        out().print()
        headers = ("character", "judge", "shots", "median", "shift (between)", "limit", "lowest", "largest fall", "")
        table(headers, [_shift(shift) for shift in done.shifts])
    for note in done.notes:
        out().print(Text("note: ", style="dim") + Text(note))
    wrong = done.wrong()
    for line in wrong:
        out().print(
            Text("accepted: " if done.updated else "wrong: ", style="yellow" if done.updated else "red") + Text(line)
        )
    for file in files:
        if file is not None:
            out().print(str(file), highlight=False)
    out().print(_verdict(done, len(wrong)), highlight=False)


def _verdict(done: Regression, wrong: int) -> str:
    took = f"{len(done.cases)} {'take' if len(done.cases) == 1 else 'takes'}, {done.seconds:.1f} s"
    if done.updated:
        left = sum(case.after is None for case in done.cases)
        kept = f"; {left} have none and stay as they were" if left else ""
        return f"{done.pins}: the new state is written{kept} ({took}); look at the changed lines before you commit them"
    if not wrong:
        return f"identity held ({took})"
    found = "1 finding" if wrong == 1 else f"{wrong} findings"
    return f"identity did not hold: {found} ({took}); to accept it: charforge test --update"


def _case(case: Case) -> tuple[str | Text, ...]:
    now = "none" if case.after is None else case.after.verdict
    same = now == case.before.verdict
    verdict = Text(now if same else f"{case.before.verdict} -> {now}", "" if same else STYLE.get(now, "red"))
    how = f"{case.how}{', same bytes' if case.same and case.how == 'rendered' else ''}"
    return case.place, how, verdict, "\n".join(_scores(case)), "\n".join((*case.changes, *case.wrong))


def _scores(case: Case) -> list[str]:
    lines = []
    for who, face in case.before.people.items():
        now = case.after.people.get(who) if case.after else None
        one, other = _told(face.first), _told(now.first if now else None)
        two, second = _told(face.second), _told(now.second if now else None)
        lines.append(f"{who} {one} -> {other}, second {two} -> {second}")
    return lines


def _shift(shift: Shift) -> tuple[str | Text, ...]:
    verdict = Text("shifted" if shift.moved else "fell" if shift.wrong else "held", "red" if shift.wrong else "green")
    fall = f"{shift.drop:.3f} {shift.drop_at}" if shift.drop > 0 else "none"
    return (
        shift.who,
        f"{shift.judge}{' (over its bar)' if shift.margins else ''}",
        str(shift.shots),
        f"{shift.before:.3f} -> {shift.after:.3f}",
        f"{shift.shift:+.4f} ({shift.low:+.4f} to {shift.high:+.4f})",
        f"{shift.limit:.3f}",
        f"{shift.lowest_before:.3f} -> {shift.lowest_after:.3f}",
        fall,
        verdict,
    )


def _told(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
