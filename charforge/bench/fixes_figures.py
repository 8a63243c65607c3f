"""What a bench of fixes comes to: by pose, by drift, and against the aim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charforge.bench.figures import Figure
from charforge.domain.value import Value

if TYPE_CHECKING:
    from charforge.bench.fixes import TakeRow

REACH = 20.0
"""Degrees of pose within which the aim is stated."""
POSES = ((0.0, 10.0), (10.0, 20.0), (20.0, 30.0), (30.0, 90.0))
SHARES = (0.3, 0.45, 0.6)
AIM = "at least 80 %"
NOISE = 0.01
"""A change of similarity that is none."""
ABSENT = "no third model: --third names a folder with scrfd-500m and w600k-mbf (charforge weights pull … --to FOLDER)"


class Group(Value):
    """Takes of one pose difference and one drift."""

    poses: tuple[float, float]
    """Degrees between take and master."""
    share: float | None
    """Drift; None for all."""
    takes: int
    passed_before: int
    passed: int
    """By the third model, of what stands after the fix."""
    kept: int
    refused: int
    pasted: int
    """Repairs that would have been seen, and were undone."""
    worse: int
    """Takes that the third model finds less alike than before."""
    before: float
    after: float
    """Mean similarity by the third model."""


def groups(rows: Sequence[TakeRow], bar: float) -> tuple[Group, ...]:
    """Return the takes by pose and drift, then by pose alone; `bar` is the third model's."""
    wanted = [(p, s) for p in POSES for s in (*SHARES, None)]
    found = (_group([r for r in rows if _belongs(r, *w)], *w, bar) for w in wanted)
    return tuple(g for g in found if g.takes)


def figures(rows: Sequence[TakeRow], bar: float | None) -> tuple[Figure, ...]:
    """Return the totals; `bar` is the third model's, None where there is none."""
    if bar is None:
        return (Figure(what="takes", value=len(rows), unit="", note=ABSENT),)
    near = [r for r in rows if r.apart <= REACH and r.before.third is not None]
    failed = [r for r in near if not _passes(r.before.third, bar)]
    every = _group([r for r in rows if r.before.third is not None], (0.0, 90.0), None, bar)
    mean = sum(r.seconds for r in rows) / max(len(rows), 1)
    return (
        _share("takes within 20 degrees that pass after the fix", _count(near, bar), len(near), AIM, f"bar {bar:g}"),
        _share("the same before it", sum(_passes(r.before.third, bar) for r in near), len(near)),
        _share("of those that failed, pass after the fix", _count(failed, bar), len(failed)),
        Figure(what="takes made worse, all poses", value=every.worse, unit=f"of {every.takes}", aim="0"),
        Figure(what="repairs that would be seen, undone", value=every.pasted, unit=f"of {every.takes}"),
        Figure(what="refused with a reason", value=every.refused, unit=f"of {every.takes}"),
        Figure(what="seconds a fix, mean", value=mean, unit="s", note="judging it not included"),
    )


def _belongs(row: TakeRow, poses: tuple[float, float], share: float | None) -> bool:
    near = poses[0] <= row.apart < poses[1] and row.before.third is not None
    return near and (share is None or row.share == share)


def _group(rows: Sequence[TakeRow], poses: tuple[float, float], share: float | None, bar: float) -> Group:
    before = [r.before.third or 0.0 for r in rows]
    after = [r.stands.third or 0.0 for r in rows]
    return Group(
        poses=poses,
        share=share,
        takes=len(rows),
        passed_before=sum(_passes(r.before.third, bar) for r in rows),
        passed=_count(rows, bar),
        kept=sum(r.kept for r in rows),
        refused=sum(bool(r.refused) for r in rows),
        pasted=sum(r.pasted is not None and bool(r.pasted.faults) for r in rows),
        worse=sum(b - a > NOISE for b, a in zip(before, after, strict=True)),
        before=sum(before) / max(len(rows), 1),
        after=sum(after) / max(len(rows), 1),
    )


def _passes(score: float | None, bar: float) -> bool:
    return score is not None and score >= bar


def _count(rows: Sequence[TakeRow], bar: float) -> int:
    return sum(_passes(r.stands.third, bar) for r in rows)


def _share(what: str, part: int, whole: int, aim: str = "", note: str = "") -> Figure:
    counted = f"{part} of {whole}"
    told = f"{counted}; {note}" if note else counted
    return Figure(what=what, value=100 * part / max(whole, 1), unit="%", aim=aim, note=told)
