"""Puts a test of pinned shots onto a page, with the pictures before and after side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from charforge.errors import CharforgeError
from charforge.pages import inline
from charforge.pages.regression import Before, Moved, Row, before_after_page
from charforge.pages.shifts import Move, moves
from charforge.studio.regressing.report import Case, Regression
from charforge.studio.regressing.shelf import WIDTH, Shelf, fitted, picture, seen
from charforge.studio.regressing.shifts import Shift

if TYPE_CHECKING:
    from charforge.pages.cards import Tone

HOW = {"judged": "judged again", "rendered": "made anew", "missing": "missing"}


def regression_page(done: Regression, places: Shelf) -> bytes:
    """Return the page; what fails stands first."""
    wrong = done.wrong()
    verdict = "Accepted as the new state." if done.updated else "Passed." if not wrong else "Failed."
    lead = (
        f"{verdict} {len(done.cases)} pinned takes of {done.pins.rsplit('/', 1)[-1]}: "
        f"{sum(c.how == 'judged' for c in done.cases)} judged again, {sum(c.how == 'rendered' for c in done.cases)} "
        f"made anew, {sum(c.after is None for c in done.cases)} missing; {len(wrong)} "
        f"{'finding' if len(wrong) == 1 else 'findings'}."
    )
    people = [_moved(shift) for shift in sorted(done.shifts, key=lambda s: not s.wrong)]
    shots = [_shot(case, places, done) for case in sorted(done.cases, key=lambda c: not c.wrong)]
    title = "Identity test"
    return before_after_page(title, lead, people, shots, changes=done.changes, notes=done.notes)


def _moved(shift: Shift) -> Moved:
    unit = " over the bar" if shift.margins else ""
    sure = f"{shift.confidence:.0%}" if shift.shots > 1 else "nothing sure"
    facts = (
        f"median {shift.before:.3f} → {shift.after:.3f}{unit}, shift {shift.shift:+.3f} (limit {shift.limit:.3f})",
        f"between {shift.low:+.3f} and {shift.high:+.3f} over {shift.shots} shots ({sure})",
        f"lowest {shift.lowest_before:.3f} → {shift.lowest_after:.3f} in {shift.lowest_at}",
        f"largest fall {max(shift.drop, 0.0) + 0.0:.3f} (limit {shift.drop_limit:.3f})",
    )
    lines = [
        Move(p.place, p.before, p.after, wrong=any(t.startswith(f"{p.place}:") for t in shift.wrong))
        for p in shift.pairs
    ]
    title = f"{shift.who} by {shift.judge}"
    tone: Tone = "bad" if shift.wrong else "good"
    plot = moves(lines, bar=shift.bar, title=f"{title}: scores before and after")
    return Moved(title, tone, "shifted" if shift.moved else "fell" if shift.wrong else "held", facts, plot, shift.wrong)


def _shot(case: Case, places: Shelf, done: Regression) -> Before:
    small = seen(places.small(case.shot, case.kind))
    now = "none" if case.after is None else case.after.verdict
    verdict = now if now == case.before.verdict else f"{case.before.verdict} → {now}"
    fell = tuple(t for s in done.shifts for t in s.wrong if t.startswith(f"{case.place}:"))
    tone: Tone = "bad" if case.wrong or fell else "good" if case.before.verdict == now == "pass" else "warn"
    how = f"{HOW[case.how]}{', the same picture' if case.same and case.how == 'rendered' else ''}"
    return Before(
        title=case.place,
        old="" if small is None else inline(small, WIDTH),
        new=_new(case, places),
        how=how,
        tone=tone,
        verdict=verdict,
        rows=tuple(_rows(case, done)),
        changes=case.changes,
        wrong=(*case.wrong, *fell),
    )


def _new(case: Case, places: Shelf) -> str:
    """Return the picture of what there is now; of a take that was judged again it is the take itself."""
    if case.after is None:
        return ""
    take = places.test.record(case.after.take)
    if take is None:
        return ""
    try:
        return inline(fitted(picture(take, places.test.blob(case.after.picture))), WIDTH)
    except CharforgeError:
        return ""


def _rows(case: Case, done: Regression) -> Iterator[Row]:
    limits = {(s.who, s.judge): s for s in done.shifts}
    for who, face in case.before.people.items():
        now = case.after.people.get(who) if case.after else None
        for which, judge in done.judges.items():
            one, other = face.score(which), now.score(which) if now else None
            if one is None and other is None:
                continue
            shift = limits.get((who, judge))
            change = None if one is None or other is None else other - one
            fell = change is not None and shift is not None and -change > shift.drop_limit
            tone: Tone = "bad" if fell or other is None else "plain"
            bar = now.bar(which) if now else None
            words = ("" if change is None else f"{change:+.3f}", "" if bar is None else f"{bar:.2f}")
            yield Row(who, judge, _told(one), _told(other), *words, tone=tone)


def _told(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
