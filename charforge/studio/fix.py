"""Repairs a take that failed: up the ladder, each rung scored again and undone when it does not help."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from charforge.domain.jobs import Draft
from charforge.domain.takes import FixStep, GiveUp, Take, Verdict
from charforge.events import Fixed, Noted
from charforge.qa import keeps, policy, remedy
from charforge.studio.desk import Desk


@dataclass(frozen=True, slots=True)
class Repaired:
    """The best take that was found for a draft, and the way there."""

    draft: Draft
    take: Take
    verdict: Verdict
    steps: tuple[FixStep, ...] = ()


def fix(desk: Desk, draft: Draft, take: Take) -> Repaired:
    """Return the take itself where it passes, else the best that the ladder finds within its budget."""
    best = Repaired(draft, take, desk.verdict(draft, take))
    rules = policy(desk.project.settings.fix_seconds)
    attempts: list[FixStep] = []
    while best.verdict.outcome in ("fix", "fail"):
        wanted = remedy(draft, best.verdict, tuple(attempts), rules)
        if isinstance(wanted, GiveUp):
            desk.reporter(Noted(f"{draft.id}: {wanted.reason}"))
            break
        best, step = _tried(desk, best, wanted.step, wanted.draft)
        attempts.append(step)
        desk.reporter(Fixed(draft.id, step))
    return Repaired(best.draft, best.take, best.verdict, tuple(attempts))


def _tried(desk: Desk, best: Repaired, name: str, changed: Draft) -> tuple[Repaired, FixStep]:
    """Render and score one rung; return what is best now, and the step as it went."""
    began = monotonic()
    take = desk.runner.run((changed,), origin=name)[changed.id]
    after = desk.verdict(changed, take)
    kept = keeps(best.verdict, after, desk.confirmed(best.draft, best.take), desk.confirmed(changed, take))
    step = FixStep(
        step=name,
        before=_lowest(best.verdict),
        after=_lowest(after),
        judge=desk.project.settings.judges[0],
        kept=kept,
        seconds=monotonic() - began,
    )
    return (Repaired(changed, take, after) if kept else best), step


def _lowest(verdict: Verdict) -> float:
    return min((s.value for s in verdict.scores), default=0.0)
