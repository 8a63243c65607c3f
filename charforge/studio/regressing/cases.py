"""A test of pinned shots as JUnit's cases: one for each take, and one for each character by each judge."""

from __future__ import annotations

from charforge.documents.junit import Case as JUnitCase
from charforge.documents.junit import junit
from charforge.studio.regressing.report import Case, Regression
from charforge.studio.regressing.shifts import Shift


def as_junit(done: Regression) -> bytes:
    """Return the XML; what was changed on the machine stands in its properties."""
    facts = {f"changed {number}": text for number, text in enumerate(done.changes, 1)}
    rows = [*(_take(case) for case in done.cases), *(_shift(shift) for shift in done.shifts)]
    return junit("identity", rows, {"pins": done.pins, **facts})


def _take(case: Case) -> JUnitCase:
    scores = (
        f"{who}: {face.first} -> {now.first if (now := case.after and case.after.people.get(who)) else None}, second "
        f"{face.second} -> {now.second if now else None}"
        for who, face in case.before.people.items()
    )
    told = (f"{case.how}, {'the same picture' if case.same else 'another picture'}", *scores, *case.changes)
    return JUnitCase(
        name=case.place,
        group=f"identity.{case.shot.split('_', 1)[0]}",
        seconds=case.seconds,
        outcome="error" if case.after is None else "failure" if case.wrong else "pass",
        message=case.wrong[0] if case.wrong else "",
        kind=case.how if case.after is None else "verdict" if case.wrong else "",
        details="\n".join(case.wrong),
        output="\n".join(told),
    )


def _shift(shift: Shift) -> JUnitCase:
    told = (
        f"median {shift.before:.4f} -> {shift.after:.4f} over {shift.shots} shots",
        f"shift {shift.shift:+.4f} ({shift.low:+.4f} to {shift.high:+.4f}, limit {shift.limit:.4f})",
        f"lowest {shift.lowest_before:.4f} -> {shift.lowest_after:.4f} in {shift.lowest_at}",
        *shift.notes,
    )
    return JUnitCase(
        name=f"{shift.who} by {shift.judge}",
        group="identity.characters",
        outcome="failure" if shift.wrong else "pass",
        message=shift.wrong[0] if shift.wrong else "",
        kind="shift" if shift.wrong else "",
        details="\n".join(shift.wrong),
        output="\n".join(told),
    )
