"""What a bench of fixes comes to: by pose, by drift, and against the aim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from charforge.bench.figures import Figure
from charforge.domain.value import Value
from charforge.qa.ladder import Pasted

REACH = 20.0
"""Degrees of pose within which the aim is stated."""
POSES = ((0.0, 10.0), (10.0, 20.0), (20.0, 30.0), (30.0, 45.0), (45.0, 90.0))
SHARES = (0.3, 0.45, 0.6)
AIM = "at least 80 %"
NOISE = 0.01
"""A change of similarity that is none."""
ABSENT = "no third model: --third names a folder with scrfd-500m and w600k-mbf (charforge weights pull … --to FOLDER)"


class Scores(Value):
    """How like the master a face is to three models; None where the third does not see it or is not there."""

    first: float
    second: float
    third: float | None = None
    stranger: float | None = None
    """How like the stranger it is, to the third."""


class Bars(Value):
    """What the third model's calibration asks of a face of this pose and size."""

    verification: float
    likeness: float | None


class Step(Value):
    """A rung that was tried."""

    step: str
    kept: bool
    reason: str = ""
    """Why it was undone, or failed."""


class TakeRow(Value):
    """One drifted take and what became of it."""

    person: str
    share: float
    """Drift towards the stranger, 0 to 1."""
    kind: str
    eyes: float
    """Pixels between the eyes."""
    turn: float
    apart: float
    """Degrees of turn or pitch between the take and the master."""
    bars: Bars | None = None
    """None without a third model."""
    before: Scores
    after: Scores
    """Of what stands after the ladder: the mended take where something was kept, else the take."""
    began: str
    """QA's own verdict on the take, by which the ladder is climbed or not."""
    outcome: str
    """QA's own verdict on what stands."""
    steps: tuple[Step, ...] = ()
    pasted: Pasted | None = None
    """How what stands differs from the take besides who it is; None where nothing was kept."""
    outside: str = ""
    """Which pixels outside the face changed, if any."""
    seconds: float = 0.0

    @property
    def climbed(self) -> bool:
        """Whether QA found fault with the take, so that the ladder was climbed."""
        return self.began in {"fix", "fail"}

    @property
    def kept(self) -> bool:
        """Whether the ladder changed the take."""
        return any(s.kept for s in self.steps)

    @property
    def seen(self) -> bool:
        """Whether what the ladder made would be seen to be pasted."""
        return self.kept and (self.pasted is None or bool(self.pasted.faults))

    @property
    def worse(self) -> bool:
        """Whether the ladder did harm: less alike to the third model, or pixels outside the face changed."""
        return bool(self.outside) or (self.after.third or 0.0) < (self.before.third or 0.0) - NOISE

    def verified(self, scores: Scores) -> bool:
        """Return whether the third model takes it for the person."""
        return self.bars is not None and scores.third is not None and scores.third >= self.bars.verification

    def alike(self, scores: Scores) -> bool:
        """Return whether the third model finds it good enough to keep too: over both bars."""
        likeness = None if self.bars is None else self.bars.likeness
        return self.verified(scores) and (likeness is None or (scores.third or 0.0) >= likeness)


class Group(Value):
    """Takes of one pose difference and one drift."""

    poses: tuple[float, float]
    """Degrees between take and master."""
    share: float | None
    """Drift; None for all."""
    takes: int
    verified: tuple[int, int]
    """Over the third model's verification bar, before the ladder and after; what would be seen counts as failed."""
    alike: tuple[int, int]
    """Over its likeness bar besides."""
    climbed: int
    """Takes that QA itself found fault with, so that the ladder was climbed."""
    kept: int
    seen: int
    """Mended takes that would be seen to be pasted."""
    worse: int
    third: tuple[float, float]
    """Mean similarity by the third model, before and after."""


def groups(rows: Sequence[TakeRow]) -> tuple[Group, ...]:
    """Return the takes by pose and drift, then by pose alone; nothing where no third model graded them."""
    graded = [r for r in rows if r.bars is not None and r.before.third is not None]
    wanted = [(p, s) for p in POSES for s in (*SHARES, None)]
    found = (_group([r for r in graded if _belongs(r, *w)], *w) for w in wanted)
    return tuple(g for g in found if g.takes)


def figures(rows: Sequence[TakeRow]) -> tuple[Figure, ...]:
    """Return the totals; without a third model, why there are none."""
    graded = [r for r in rows if r.bars is not None and r.before.third is not None]
    if not graded:
        return (Figure(what="takes", value=len(rows), unit="", note=ABSENT),)
    near = [r for r in graded if r.apart <= REACH]
    nearer = sum((r.before.stranger or 0.0) > (r.before.third or 0.0) for r in graded)
    # A take that was over the bar already says nothing of the fix.
    failed = [r for r in near if not r.verified(r.before)]
    under = [r for r in near if not r.alike(r.before)]
    return (
        _share("within 20 degrees, over the third model's verification bar after the ladder", _verified(near), AIM),
        _share("the same before it", [r.verified(r.before) for r in near]),
        _share("of those that failed it, pass after", _verified(failed), AIM),
        _share("within 20 degrees, over its likeness bar too after the ladder", _alike(near), AIM),
        _share("the same before it", [r.alike(r.before) for r in near]),
        _share("of those that failed either, pass both after", _alike(under), AIM),
        _share("of those that failed either and QA sent up the ladder", _alike([r for r in under if r.climbed]), AIM,
               "QA lets the others be: its own first judge finds them good enough"),
        *(f for kind in sorted({r.kind for r in near}) for f in _of_kind(kind, [r for r in near if r.kind == kind])),
        Figure(what="takes made worse, all poses", value=sum(r.worse for r in graded), unit=f"of {len(graded)}",
               aim="0"),
        Figure(what="mended takes that would be seen, all poses", value=sum(r.seen for r in graded),
               unit=f"of {sum(r.kept for r in graded)}", aim="0"),
        Figure(what="tried and undone, all poses", value=sum(bool(r.steps) and not r.kept for r in graded),
               unit=f"of {sum(bool(r.steps) for r in graded)}", note=_reasons(graded)),
        Figure(what="nearer to the stranger than to the master before", value=nearer, unit=f"of {len(graded)}"),
        Figure(what="seconds a take, mean", value=sum(r.seconds for r in rows) / len(rows), unit="s",
               note="the ladder and all judging in it"),
    )  # fmt: skip


def _reasons(rows: Sequence[TakeRow]) -> str:
    """Return why tries were undone, the most frequent first, without the numbers."""
    told = Counter(s.reason.rpartition("still: ")[2].split(":")[0] for r in rows for s in r.steps if not s.kept)
    return "; ".join(f"{count} {reason}" for reason, count in told.most_common(3))


def _of_kind(kind: str, rows: Sequence[TakeRow]) -> tuple[Figure, ...]:
    named = {"style": "drawn by the generator", "points": "morphed by points"}[kind]
    before = f"{sum(r.verified(r.before) for r in rows)} and {sum(r.alike(r.before) for r in rows)} before"
    return (
        _share(f"{named}: verified", _verified(rows)),
        _share(f"{named}: over both bars", _alike(rows), note=before),
    )


def _belongs(row: TakeRow, poses: tuple[float, float], share: float | None) -> bool:
    return poses[0] <= row.apart < poses[1] and (share is None or row.share == share)


def _group(rows: Sequence[TakeRow], poses: tuple[float, float], share: float | None) -> Group:
    means = [sum(s.third or 0.0 for s in side) / max(len(rows), 1) for side in _sides(rows)]
    return Group(
        poses=poses,
        share=share,
        takes=len(rows),
        verified=(sum(r.verified(r.before) for r in rows), sum(_verified(rows))),
        alike=(sum(r.alike(r.before) for r in rows), sum(_alike(rows))),
        climbed=sum(r.climbed for r in rows),
        kept=sum(r.kept for r in rows),
        seen=sum(r.seen for r in rows),
        worse=sum(r.worse for r in rows),
        third=(means[0], means[1]),
    )


def _sides(rows: Sequence[TakeRow]) -> tuple[list[Scores], list[Scores]]:
    return [r.before for r in rows], [r.after for r in rows]


def _verified(rows: Iterable[TakeRow]) -> list[bool]:
    return [r.verified(r.after) and not r.seen for r in rows]


def _alike(rows: Iterable[TakeRow]) -> list[bool]:
    return [r.alike(r.after) and not r.seen for r in rows]


def _share(what: str, passed: Sequence[bool], aim: str = "", note: str = "") -> Figure:
    counted = f"{sum(passed)} of {len(passed)}"
    told = f"{counted}; {note}" if note else counted
    return Figure(what=what, value=100 * sum(passed) / max(len(passed), 1), unit="%", aim=aim, note=told)
