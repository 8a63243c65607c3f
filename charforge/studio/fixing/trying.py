"""Climbs the ladder: tries what it names, has both judges look, keeps what helped and writes down what did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from charforge.domain.jobs import Draft
from charforge.domain.takes import FixStep, GiveUp, Remedy, Take, Verdict
from charforge.errors import BackendError, MediaError, PlanError, WeightsError
from charforge.events import Fixed, Noted
from charforge.qa.ladder import Policy, Situation, lowest, margin, neighbours, of, remedy, undone, worsened
from charforge.studio.desk import Desk

FAILURES = (BackendError, WeightsError, PlanError, MediaError)
"""What a try may end with, so that the next one is begun."""


@dataclass(frozen=True, slots=True)
class State:
    """A take as it is now: the draft it is judged by, its verdict, and what was tried."""

    draft: Draft
    take: Take
    verdict: Verdict
    steps: tuple[FixStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Climb:
    """How one kind of take is tried and judged."""

    desk: Desk
    planned: Draft
    policy: Policy
    situation: Callable[[State], Situation]
    make: Callable[[State, Remedy], State]
    second: Callable[[State], Verdict]
    """The second judge's verdict."""
    harm: Callable[[State, State, Remedy], str]
    """What a repair harmed besides, or nothing."""
    forced: bool = False
    """A person asks for a try although the take passes."""


def climbed(climb: Climb, state: State) -> State:
    """Return the best that the ladder finds within its budget; the state itself where there is nothing to mend."""
    rules = climb.policy
    while True:
        if state.verdict.outcome not in {"fix", "fail"} and not (climb.forced and not state.steps):
            return state
        wanted = remedy(climb.situation(state), state.steps, rules)
        if isinstance(wanted, GiveUp):
            climb.desk.reporter(Noted(f"{climb.planned.id}: {wanted.reason}"))
            return state
        state = tried(climb, state, wanted)


def tried(climb: Climb, state: State, wanted: Remedy) -> State:
    """Return the take after one try, or as it was; either way with the step written down."""
    began = monotonic()
    new: State | None = None
    seconds: tuple[Verdict, Verdict] | None = None
    try:
        new = climb.make(state, wanted)
        seconds = climb.second(state), climb.second(new)
        reason = _undone(climb, (state, new), seconds, wanted)
    except FAILURES as error:
        reason = error.message
    mine = [of(v.verdict, wanted.who) if wanted.who else v.verdict for v in (state, new or state)]
    theirs = [of(v, wanted.who) if wanted.who else v for v in seconds or ()]
    step = FixStep(
        step=wanted.step,
        before=lowest(mine[0]) or 0.0,
        after=lowest(mine[1]) or 0.0,
        judge=climb.desk.project.settings.judges[0],
        kept=not reason,
        seconds=monotonic() - began,
        second_before=lowest(theirs[0]) if theirs else None,
        second_after=lowest(theirs[1]) if theirs else None,
        who=wanted.who,
        reason=reason,
        backend=wanted.draft.job.backend,
        take=new.take.key if new is not None else "",
        counted=wanted.seconds,
        price=wanted.price,
    )
    climb.desk.reporter(Fixed(climb.planned.id, step))
    best = new if new is not None and step.kept else state
    return replace(best, steps=(*state.steps, step))


def kept_steps(desk: Desk, draft: str, steps: tuple[FixStep, ...]) -> None:
    """Write down what was tried on a draft; the time that it took is no news."""
    if not steps:
        return
    known = desk.ledger.note("fixes", draft) or []
    new = [step.model_dump(mode="json", exclude_none=True) for step in steps]
    if [_timeless(s) for s in known] != [_timeless(s) for s in new]:
        desk.ledger.keep("fixes", draft, new)


def _timeless(step: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in step.items() if name != "seconds"}


def _undone(climb: Climb, states: tuple[State, State], seconds: tuple[Verdict, Verdict], wanted: Remedy) -> str:
    """Return why a try is undone, or nothing."""
    before, after = states
    who, limits = wanted.who, climb.policy.limits
    one, other, second_one, second_other = (of(v, who) if who else v for v in (before.verdict, after.verdict, *seconds))
    helped = _better if climb.forced and before.verdict.passed() else undone
    reason = helped(one, other, second_one, second_other)
    if reason:
        return reason
    for pair in ((before.verdict, after.verdict), seconds):
        told = neighbours(*pair, who, limits) if who else ""
        if told:
            return told
    return harmed(climb.desk, (before.verdict, after.verdict), seconds, who) or climb.harm(before, after, wanted)


def harmed(desk: Desk, first: tuple[Verdict, Verdict], second: tuple[Verdict, Verdict], who: str) -> str:
    """Return what either judge finds worse of a whole take after a try, or nothing; `who` as of `worsened`."""
    company = desk.judge.company(())
    told = worsened(*first, company.calibration, who)
    return told or worsened(*second, company.second or company.calibration, who)


def _better(before: Verdict, after: Verdict, second_before: Verdict, second_after: Verdict) -> str:
    """Return why a take that passed already was not made better by both judges' numbers."""
    if not after.passed():
        return f"it made a {after.outcome} of a {before.outcome}"
    if margin(after) <= margin(before) or margin(second_after) <= margin(second_before):
        return "it passed before, and not both judges like it better now"
    return ""
