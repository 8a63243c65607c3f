"""Calibrations as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.cli import tables
from charforge.qa.calibration import AT_LIKENESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.qa.calibration import Bar, Between, Calibration
    from charforge.qa.fitting import Held
    from charforge.studio.calibrating import CalibrationReport

TOO_FEW = "under 10 errors"
MEANINGS = (
    (100.0, "the same picture"),
    (90.0, "as the median picture of the right person"),
    (AT_LIKENESS, "good enough to keep (likeness bar)"),
    (50.0, "this person at all (verification bar)"),
    (25.0, "somebody like this person"),
)
COLUMNS = ("pose", "faces", "bar", "strangers over it", "of", "right ones under it", "of", "likeness bar", "people")


def report(made: CalibrationReport) -> None:
    """Print a calibration, how it does on other people, and what to do with it."""
    calibration(made.calibration)
    print(f"\nno face to score in {made.undetected} of {made.pictures} pictures\n")
    tables.table(
        ("pose", "strangers: promised, found on other people", "ratio", "right ones: promised, found", "ratio"),
        [_held(held) for held in made.held],
    )
    if made.file:
        print(f"\nwritten: {made.file}; to use it, write into charforge.yaml: calibrations: [{made.file}]")


def calibrations(found: Sequence[Calibration]) -> None:
    """Print several judges' bars, and what their scores mean as percentages."""
    for each in found:
        calibration(each)
        print()
    marks = [(each.judge, [_score(each, mark) for mark, _ in MEANINGS]) for each in found]
    head = ("frontal faces score", *(judge for judge, _ in marks))
    rows = [(f"{mark:g} %: {what}", *(m[i] for _, m in marks)) for i, (mark, what) in enumerate(MEANINGS)]
    tables.table(head, rows)


def calibration(found: Calibration) -> None:
    """Print a judge's bars with their error rates."""
    print(f"{found.version}: {found.made_on}\n")
    rows = [_bar(pose, "", bar) for pose, bar in found.bars.items()]
    rows += [_bar(p, f"under {s.below:g} px", bar) for s in found.sizes for p, bar in s.bars.items()]
    tables.table(COLUMNS, rows)


def _score(calibration: Calibration, mark: float) -> str:
    """Return from which score on a frontal face has a percentage; nothing where none has."""
    if mark == AT_LIKENESS and calibration.likeness(0.0) is None:
        return "-"
    scores = (step / 100 for step in range(-20, 101))
    return next((f"{score:.2f}" for score in scores if calibration.percent(score) >= mark - 1e-6), "")


def _bar(pose: str, faces: str, bar: Bar) -> tuple[str, ...]:
    likeness = "-" if bar.likeness is None else f"{bar.likeness:.2f}"
    return (
        pose, faces, f"{bar.bar:.2f}", rate(bar.far, bar.far_between), str(bar.different),
        rate(bar.frr, bar.frr_between), str(bar.same), likeness, str(bar.people),
    )  # fmt: skip


def rate(share: float | None, between: Between | None) -> str:
    """Return a rate with its interval, or that too few stand behind it."""
    if share is None:
        return TOO_FEW
    inner = "" if between is None else f" ({between[0]:.2%} to {between[1]:.2%})"
    return f"{share:.2%}{inner}"


def _held(held: Held) -> tuple[str, ...]:
    return (
        held.pose,
        _two(held.promised_far, held.found_far),
        _ratio(held.far_ratio),
        _two(held.promised_frr, held.found_frr),
        _ratio(held.frr_ratio),
    )


def _two(promised: float | None, found: float | None) -> str:
    return TOO_FEW if promised is None or found is None else f"{promised:.2%}, {found:.2%}"


def _ratio(ratio: tuple[float, float, float] | None) -> str:
    return "-" if ratio is None else f"{ratio[1]:.2f} ({ratio[0]:.2f} to {ratio[2]:.2f})"
