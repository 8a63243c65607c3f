"""Holds what there is now against what was pinned: verdicts shot by shot, scores character by character. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from charforge.studio.regressing.pins import Pin, PinnedJudge, Pins, Which
from charforge.studio.regressing.report import Case
from charforge.studio.regressing.shifts import Pair, Shift, compared, limit_of

RANK = ("pass", "fix", "not-scorable", "fail")
"""Verdicts, best first."""


def worse(before: Pin, after: Pin) -> Iterator[str]:
    """Yield why a take is worse than its pin, apart from scores."""
    if RANK.index(after.verdict) > RANK.index(before.verdict):
        new = [code for code in after.findings if code not in before.findings]
        yield f"verdict {before.verdict} -> {after.verdict}{': ' + ', '.join(new) if new else ''}"
    for who, face in before.people.items():
        now = after.people.get(who)
        if now is None:
            yield f"{who} is no longer expected in it; if that is meant: charforge test --update"
        elif face.first is not None and now.first is None:
            yield f"{who} can no longer be scored"


def shifts(pins: Pins, cases: Iterable[Case], now: Mapping[Which, PinnedJudge]) -> Iterator[Shift]:
    """Yield what became of every character's scores, by both judges."""
    done = [case for case in cases if case.after is not None]
    people = sorted({who for case in done for who in case.before.people})
    for who in people:
        for which, judge in pins.judges.items():
            if which == "second" and judge == pins.judges["first"] and now["first"] == now["second"]:
                # One judge twice says everything once.
                continue
            # Another calibration moves the bars, not the numbers.
            margins = (judge.name, judge.revision) != (now[which].name, now[which].revision)
            pairs = [pair for case in done if (pair := _pair(case, who, which, margins=margins)) is not None]
            if not pairs:
                continue
            limit = pins.limits.get(now[which].name) or limit_of(now[which].name)
            shift = compared(who, now[which].name, pairs, limit, margins=margins)
            bars = [bar for case in done if (bar := _bar(case, who, which)) is not None]
            yield shift.changed(bar=0.0 if margins else max(bars, default=None))


def _pair(case: Case, who: str, which: Which, *, margins: bool) -> Pair | None:
    """Return somebody's scores in a take before and now, or their distances from the bar; None without either."""
    before, after = case.before.people.get(who), case.after and case.after.people.get(who)
    if before is None or not after:
        return None
    one, other = before.score(which), after.score(which)
    if one is None or other is None:
        return None
    if margins:
        one, other = one - (before.bar(which) or 0.0), other - (after.bar(which) or 0.0)
    return Pair(place=case.place, before=one, after=other, same=case.same)


def _bar(case: Case, who: str, which: Which) -> float | None:
    face = case.after.people.get(who) if case.after else None
    return None if face is None else face.bar(which)
