"""Repairs a take that failed: up the ladder, each rung scored again and undone when it does not help.

A head is mended twice over: alone, as soon as it is drawn, and again when the still it was put into fails, since light,
size and blur cost likeness too. Both climb the same ladder within the same budget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from charforge.domain.jobs import Draft
from charforge.domain.takes import FixStep, GiveUp, Take, Verdict
from charforge.events import Fixed, Noted
from charforge.planner import with_turns
from charforge.qa import keeps, policy, remedy
from charforge.studio.desk import Desk


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it is now: the draft as planned, the draft that was kept, its take, and what was tried."""

    planned: Draft
    draft: Draft
    take: Take
    verdict: Verdict
    steps: tuple[FixStep, ...] = ()

    @property
    def turn(self) -> float:
        """Degrees that the kept head is turned, as asked for."""
        return self.draft.expected[0].turn


@dataclass(frozen=True, slots=True)
class _Try:
    """One look at a head: the head, the take QA judged for it, and both judges' verdicts."""

    head: Head
    still: Take | None
    verdict: Verdict
    second: Callable[[], Verdict]


@dataclass(frozen=True, slots=True)
class Mended:
    """A still and the heads in it after the ladder."""

    draft: Draft
    still: Take
    verdict: Verdict
    heads: dict[str, Head]
    """By draft id."""


def fix_head(desk: Desk, draft: Draft, take: Take) -> Head:
    """Return the head itself where it passes, else the best that the ladder finds within its budget."""
    head = Head(draft, draft, take, desk.verdict(draft, take))

    def look(changed: Head) -> _Try:
        return _Try(changed, None, changed.verdict, lambda: desk.confirmed(changed.draft, changed.take))

    return _climb(desk, look(head), look).head


def fix_still(desk: Desk, draft: Draft, still: Take, heads: dict[str, Head]) -> Mended:
    """Return the still with its failing heads mended as far as the ladder goes; `heads` are those in it by draft id."""
    best = Mended(draft, still, desk.verdict(draft, still), dict(heads))
    for name, head in heads.items():
        who = head.draft.expected[0].who
        if _of(best.verdict, who).passed():
            continue
        current = best

        def look(changed: Head, name: str = name, who: str = who, current: Mended = current) -> _Try:
            known = {**current.heads, name: changed}
            turned = with_turns(draft, {i: h.turn for i, h in known.items()})
            made = desk.runner.run((turned,), {i: h.take for i, h in known.items()})[draft.id]
            seen = _of(desk.verdict(turned, made), who)
            return _Try(changed, made, seen, lambda: _of(desk.confirmed(turned, made), who))

        tried = _climb(desk, look(head), look)
        known = {**current.heads, name: tried.head}
        turned = with_turns(draft, {i: h.turn for i, h in known.items()})
        made = tried.still or still
        best = Mended(turned, made, desk.verdict(turned, made), known)
    return best


def _climb(desk: Desk, best: _Try, look: Callable[[Head], _Try]) -> _Try:
    """Return the best try; every rung starts from the head as planned, and is kept only where both judges gain."""
    rules = policy(desk.project.settings.fix_seconds)
    steps = best.head.steps
    planned = best.head.planned
    while best.verdict.outcome in ("fix", "fail"):
        wanted = remedy(planned, best.verdict, steps, rules)
        if isinstance(wanted, GiveUp):
            desk.reporter(Noted(f"{planned.id}: {wanted.reason}"))
            break
        began = monotonic()
        take = desk.runner.run((wanted.draft,), origin=wanted.step)[planned.id]
        new = look(Head(planned, wanted.draft, take, desk.verdict(wanted.draft, take)))
        kept = keeps(best.verdict, new.verdict, best.second(), new.second())
        step = FixStep(
            step=wanted.step,
            before=_lowest(best.verdict),
            after=_lowest(new.verdict),
            judge=desk.project.settings.judges[0],
            kept=kept,
            seconds=monotonic() - began,
        )
        steps = (*steps, step)
        desk.reporter(Fixed(planned.id, step))
        best = new if kept else best
    return replace(best, head=replace(best.head, steps=steps))


def _of(verdict: Verdict, who: str) -> Verdict:
    """Return what a verdict says of one person, so that nobody is kept or undone for somebody else's face."""
    findings = tuple(f for f in verdict.findings if f.who == who)
    scores = tuple(s for s in verdict.scores if s.who == who)
    return verdict.changed(scores=scores, findings=findings, outcome=verdict.outcome if findings else "pass")


def _lowest(verdict: Verdict) -> float:
    return min((s.value for s in verdict.scores), default=0.0)
