"""Chooses what to try next on a take that failed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from charforge.domain.takes import FixStep, GiveUp, Remedy
from charforge.qa.ladder.policy import REPAIRS, Policy, Rung
from charforge.qa.ladder.rungs import CHANGES, Ask, repaired
from charforge.qa.ladder.situation import Face, Situation, Tryable


def remedy(situation: Situation, attempts: Sequence[FixStep], policy: Policy) -> Remedy | GiveUp:
    """Return the next thing to try on a take that failed; `attempts` are what was tried since it was planned.

    What makes a take anew changes the planned draft, whatever the tries before it did; a repair starts from the best
    so far, never from an earlier repair of its kind. So what is undone leaves no trace.
    """
    stopped = _stopped(situation, attempts, policy)
    if stopped:
        return GiveUp(reason=stopped)
    seconds, money = sum(a.counted for a in attempts), sum(a.price for a in attempts)
    dear: list[Tryable] = []
    for found in considered(situation, attempts, policy):
        if found.draft is None:
            continue
        if found.affordable(policy, seconds, money):
            return Remedy(
                step=found.step,
                draft=found.draft,
                settings=found.draft.job.settings,
                who=found.who,
                seconds=found.seconds,
                price=found.price or 0.0,
            )
        dear.append(found)
    if not dear:
        return GiveUp(reason="everything on the ladder was tried" if attempts else "nothing on the ladder applies")
    if dear[0].price is None:
        return GiveUp(reason=f"nobody knows what {dear[0].step} costs: the price of {dear[0].backend} is unknown")
    if dear[0].price + money > policy.money:
        return GiveUp(reason=f"the next try would cost more than the ${max(policy.money - money, 0):.2f} that are left")
    left = max(policy.seconds - seconds, 0)
    return GiveUp(reason=f"the next try would take longer than the {left:.0f} seconds that are left")


def considered(situation: Situation, attempts: Sequence[FixStep], policy: Policy) -> Iterator[Tryable]:
    """Yield every rung in order, for each face where it repairs one: what it would do and cost, or why it does not."""
    here = {rung.step for rung in policy.steps if situation.stage in rung.stages}
    for rung in policy.steps:
        if situation.stage not in rung.stages and rung.step in here:
            continue
        if situation.stage not in rung.stages:
            yield Tryable(step=rung.step, reason=f"it is for {' and '.join(f'{s}s' for s in rung.stages)} only")
        elif rung.step in REPAIRS:
            yield from _repairs(situation, attempts, policy, rung)
        else:
            yield _anew(situation, attempts, policy, rung)


def _stopped(situation: Situation, attempts: Sequence[FixStep], policy: Policy) -> str:
    """Return why nothing more is tried whatever there is, or nothing."""
    if situation.stage is None:
        return f"the ladder mends pictures; {situation.planned.id} is a {situation.planned.stage}"
    if situation.verdict.outcome not in {"fix", "fail"} and not situation.forced:
        return f"there is nothing to mend: {situation.verdict.outcome}"
    if len(attempts) >= policy.tries:
        return f"{len(attempts)} things were tried, as many as the ladder allows"
    idle = next((n for n, a in enumerate(reversed(attempts)) if a.kept), len(attempts))
    if idle >= policy.idle:
        return f"the last {idle} tries gained nothing"
    return ""


def _anew(situation: Situation, attempts: Sequence[FixStep], policy: Policy, rung: Rung) -> Tryable:
    done = sum(a.step == rung.step for a in attempts)
    if done >= rung.tries:
        return Tryable(step=rung.step, reason=_often(done))
    found = CHANGES[rung.step](Ask(situation, policy, done))
    if isinstance(found, str):
        return Tryable(step=rung.step, reason=found)
    model = situation.others[done].model if rung.step == "other-model" else situation.model
    seconds = rung.seconds if rung.seconds is not None else model.seconds if model is not None else None
    return Tryable(
        step=rung.step,
        backend=found.job.backend,
        draft=found,
        seconds=policy.unknown_seconds if seconds is None else seconds,
        price=0.0 if model is None else model.price,
    )


def _repairs(situation: Situation, attempts: Sequence[FixStep], policy: Policy, rung: Rung) -> Iterator[Tryable]:
    if not situation.faces:
        yield Tryable(step=rung.step, reason="it is nobody's face that failed")
    ready = situation.changed(fixers=tuple(f for name in rung.backends for f in situation.fixers if f.name == name))
    for face in situation.faces:
        # A take that was made anew since has not been repaired yet.
        done = sum(a.step == rung.step and a.who == face.who for a in _since_anew(attempts))
        if done >= rung.tries:
            yield Tryable(step=rung.step, who=face.who, reason=_often(done))
            continue
        found, backend = repaired(rung.step, ready, policy, face, done)
        if isinstance(found, str):
            yield Tryable(step=rung.step, who=face.who, reason=found)
            continue
        yield Tryable(step=rung.step, who=face.who, backend=backend, draft=found, seconds=_counted(rung, face))


def _counted(rung: Rung, face: Face) -> float:
    return (rung.seconds or 0.0) + rung.per_frame * len(face.track)


def _since_anew(attempts: Sequence[FixStep]) -> list[FixStep]:
    """Return the attempts since the last one that was kept and made the take anew."""
    anew = [n for n, a in enumerate(attempts) if a.kept and a.step not in REPAIRS]
    return list(attempts[anew[-1] + 1 :] if anew else attempts)


def _often(done: int) -> str:
    return f"tried {'once' if done == 1 else f'{done} times'}, as often as the ladder allows" if done else "left out"
