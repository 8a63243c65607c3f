"""Pictures without a shot list, as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.cli.tables import table

if TYPE_CHECKING:
    from charforge.studio.editing import EditReport
    from charforge.studio.portraits import PortraitSeries
    from charforge.studio.screentest import ScreenTest


def screen_test(made: ScreenTest) -> None:
    """Print likeness and build with their limits, then what is out of them and where to look."""
    found = made.geometry
    rows = [
        ("likeness, first judge", _number(made.lowest), _number(made.middle), _bars(made)),
        ("likeness, second judge", _number(made.second_lowest), _number(made.second_middle), ""),
    ]
    if found.middle is not None and found.worst is not None:
        for what, limit in (("eyes", found.eyes_limit), ("jaw", found.jaw_limit)):
            worst, middle = (
                f"{getattr(d, what):+.1f} px, {getattr(d, f'{what}_share'):+.1f} %" for d in (found.worst, found.middle)
            )
            name = "eye distance" if what == "eyes" else "jawline"
            rows.append((name, worst, middle, f"{limit:g} px"))
    table((f"{made.character} by {made.model}", "worst", "median", "limit"), rows)
    print(f"{found.frames} of {found.of} judged frames look as {made.against} does, and were compared in build")
    for line in made.wrong:
        print(f"fail: {line}")
    print(f"{'pass' if made.passed() else 'fail'}: {made.clip}, {made.page}, {made.still}")


def portraits(made: PortraitSeries) -> None:
    """Print one row per portrait, then the sheet."""
    rows = []
    for number, picture in enumerate(made.pictures, 1):
        first = next(iter(picture.row.identity.values()), None)
        bar = next(iter(picture.row.bar.values()), None)
        scores = (_number(first), _number(picture.second), _number(bar))
        rows.append(
            (f"{number:02d}", picture.background, picture.mood, *scores, picture.row.verdict, picture.row.slate)
        )
    table(("", "background", "mood", "likeness", "second judge", "bar", "verdict", "take"), rows)
    for picture in made.pictures:
        if picture.row.verdict != "pass":
            print(f"{picture.file}: {'; '.join(picture.row.findings)}; tried {picture.tries} times")
    print(f"{made.sheet}, {made.page}")


def edit(made: EditReport) -> None:
    """Print likeness before and after, what was put back, and the file."""
    judged = (("original", made.original), ("edited", made.edited))
    rows = [(name, _number(found.first), _number(found.second), f"{made.bar:.2f}") for name, found in judged]
    table((f"{made.who} by {made.model}", "likeness", "second judge", "bar"), rows)
    for step in made.steps:
        kept = "put back" if step.kept else "not put back, since it did not help"
        print(f"{step.step}: {step.before:.2f} -> {step.after:.2f}, {kept}")
    for finding in made.findings:
        print(f"  {finding}")
    print(f"{made.verdict}: {made.file}{f' ({made.slate})' if made.slate else ''}")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _bars(made: ScreenTest) -> str:
    bars = sorted({f"{seen.bar:.2f}" for seen in made.seen if seen.bar is not None})
    return " to ".join(dict.fromkeys((bars[0], bars[-1]))) if bars else ""
