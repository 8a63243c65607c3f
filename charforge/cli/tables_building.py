"""What casting and building came to, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.cli.tables import table

if TYPE_CHECKING:
    from charforge.studio.reports.building import BuildReport, CastReport, MasterReport, ShotReport


def casting(name: str, drawn: CastReport) -> None:
    """Print where the contact sheet lies, and which faces can be picked."""
    usable = ", ".join(str(seed) for seed in drawn.usable[:8])
    print(f"{drawn.sheet}\n{drawn.page}")
    print(f"{len(drawn.usable)} of {len(drawn.candidates)} show a whole head{f': {usable}' if usable else ''}")
    if not usable:
        last = max(face.seed for face in drawn.candidates)
        print(f"other faces: charforge cast {name} --first-seed {last + 1}")
    print(f"next: look at the page, then: charforge cast {name} --pick SEED")


def master(report: MasterReport) -> None:
    """Print where the master lies and what the rules find in it."""
    print(report.headshot)
    told = [rule for rule in report.rules if rule.outcome != "ok"]
    print(f"{len(report.rules)} rules of a headshot, {len(report.rules) - len(told)} as they should be")
    for rule in told:
        print(f"  {rule.outcome:4} {rule}")
    print(f"next: {report.next}")


def building(report: BuildReport) -> None:
    """Print every picture with its scores, and what fell short."""
    rows = [(s.name, s.state, _angles(s), _score(s, 0), _score(s, 1), "; ".join(s.short)) for s in report.shots]
    table(("picture", "", "turn", "likeness", "second judge", "falls short in"), rows)
    for note in report.notes:
        print(note)
    for file in filter(None, (report.sheet, report.page)):
        print(file)
    if report.next:
        print(f"next: {report.next}")


def _angles(shot: ShotReport) -> str:
    if shot.turn is None:
        return ""
    return f"{shot.turn:+.0f}" + (f", chin {shot.pitch:+.0f}" if shot.pitch and abs(shot.pitch) >= 8 else "")


def _score(shot: ShotReport, which: int) -> str:
    value = (shot.likeness, shot.second)[which]
    if value is None:
        return ""
    return f"{value:.2f}" + (f" (bar {shot.bars[which]:.2f})" if shot.bars else "")
