"""Decides what to try when a head is the wrong face, and whether it helped. Pure, but for reading its data."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import Field

from charforge.domain.jobs import Draft, Settings, StillJob
from charforge.domain.takes import FixStep, GiveUp, Remedy, Verdict
from charforge.domain.value import Value

Step = Literal["better-candidate", "next-best-reference", "smaller-turn", "identity-search"]

REDUCED = 2 / 3
"""What is left of a turn at each try of `smaller-turn`."""
LEAST_TURN = 5.0
"""Degrees below which a smaller turn is no turn."""
STEPS = 24
"""Steps of the first identity search; the next one gets as many more."""
NOISE = 0.01
"""Gain of a score below which nothing was gained."""
WORSE = {"pass": 0, "not-scorable": 1, "fix": 2, "fail": 3}


class Rung(Value):
    """One step of the ladder."""

    step: Step
    tries: int = Field(ge=1)
    seconds: float = Field(ge=0)
    """Measured cost of one try."""


class Policy(Value):
    """The ladder and its budget."""

    charforge: Literal[1] = 1
    tries: int = Field(ge=0)
    """Tries in all."""
    steps: tuple[Rung, ...]
    seconds: float = Field(default=120.0, ge=0)
    """Time in all, as the rungs count it; a try that would end beyond it is not begun."""


def policy(seconds: float) -> Policy:
    """Return the shipped ladder with this many seconds to spend on one take."""
    return Policy.model_validate(_shipped() | {"seconds": seconds})


def remedy(draft: Draft, verdict: Verdict, attempts: tuple[FixStep, ...], policy: Policy) -> Remedy | GiveUp:
    """Return the next thing to try on a head that failed; `draft` is as planned, `attempts` what was tried since.

    Each try changes the planned draft, whatever the tries before it did, so that one that is undone leaves no trace.
    """
    if draft.stage != "head" or not isinstance(draft.job, StillJob):
        return GiveUp(reason=f"the ladder mends heads; {draft.id} is a {draft.stage}")
    if verdict.outcome not in {"fix", "fail"}:
        return GiveUp(reason=f"there is nothing to mend: {verdict.outcome}")
    if len(attempts) >= policy.tries:
        return GiveUp(reason=f"{len(attempts)} things were tried, as many as the ladder allows")
    # What a try is known to cost, not what it took: a busy machine, or a run taken up again, makes the same film.
    costs: dict[str, float] = {rung.step: rung.seconds for rung in policy.steps}
    left = policy.seconds - sum(costs.get(a.step, a.seconds) for a in attempts)
    dear = False
    for rung in policy.steps:
        done = sum(a.step == rung.step for a in attempts)
        changed = _CHANGES[rung.step](draft, done) if done < rung.tries else None
        if changed is None:
            continue
        if rung.seconds <= left:
            return Remedy(step=rung.step, draft=changed, settings=changed.job.settings)
        dear = True
    if dear:
        return GiveUp(reason=f"the next try would take longer than the {max(left, 0):.0f} seconds that are left")
    return GiveUp(reason="everything on the ladder was tried")


def keeps(before: Verdict, after: Verdict, second_before: Verdict, second_after: Verdict) -> bool:
    """Return whether a try helped: to the first judge, and to the second, who had no part in making it.

    It must not be judged worse by either, and must raise the second judge's lowest margin, or carry both over the bar.
    """
    if WORSE[after.outcome] > WORSE[before.outcome] or after.outcome == "not-scorable":
        return False
    gained, second_gained = margin(after) - margin(before), margin(second_after) - margin(second_before)
    if after.passed() and not before.passed() and second_after.passed():
        return True
    return gained > 0 and second_gained > NOISE and WORSE[second_after.outcome] <= WORSE[second_before.outcome]


def margin(verdict: Verdict) -> float:
    """Return how far the least alike face stands above its bar; -1 where no face was scored."""
    return min((s.value - s.bar for s in verdict.scores), default=-1.0)


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    text = (resources.files("charforge.qa") / "ladder.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _candidate(draft: Draft, done: int) -> Draft | None:
    """Return the draft drawn again with another seed, or None for a locked pose, which seeds do not change."""
    if draft.job.settings.get("strategy") == "locked":
        return None
    return draft.changed(job=draft.job.changed(seed=draft.job.seed + done + 1))


def _searched(draft: Draft, done: int) -> Draft | None:
    """Return the draft drawn by the search under an identity constraint, with more steps at each try."""
    searched = _with(draft, {"strategy": "constrained", "steps": STEPS * (done + 1)}, None)
    return searched.changed(job=searched.job.changed(seed=draft.job.seed + done))


def _reference(draft: Draft, done: int) -> Draft | None:
    """Return the draft with the nearest locked pose not yet used, or None when there is none."""
    settings = draft.job.settings
    turn = _turn(draft)
    used = settings.get("pose") if settings.get("strategy") == "locked" else None
    others = sorted((a for a in draft.alternatives if a.pose != used), key=lambda a: abs(a.turn - turn))
    if done >= len(others):
        return None
    chosen = others[done]
    return _with(draft, {"strategy": "locked", "pose": chosen.pose, "turn": chosen.turn}, chosen.turn)


def _smaller(draft: Draft, done: int) -> Draft | None:
    """Return the draft with a third less turn at each try, or None when hardly any is left."""
    turn = round(_turn(draft) * REDUCED ** (done + 1), 1)
    if abs(turn) < LEAST_TURN:
        return None
    return _with(draft, {"strategy": "plain", "turn": turn}, turn)


_CHANGES: dict[Step, Callable[[Draft, int], Draft | None]] = {
    "better-candidate": _candidate,
    "next-best-reference": _reference,
    "smaller-turn": _smaller,
    "identity-search": _searched,
}


def _turn(draft: Draft) -> float:
    return float(draft.job.settings.get("turn", 0.0))


def _with(draft: Draft, settings: Settings, turn: float | None) -> Draft:
    """Return the draft with these settings, and its face expected at this turn."""
    expected = tuple(e if turn is None else e.changed(turn=turn) for e in draft.expected)
    return draft.changed(job=draft.job.changed(settings=draft.job.settings | settings), expected=expected)
