"""What each rung changes: a function of the situation, the policy and the tries before it. Pure.

Each returns the changed draft, or says in words why it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from charforge.domain.jobs import ClipJob, Draft, Input, RepairJob, Settings, StillJob
from charforge.domain.steps import Step
from charforge.qa.ladder.policy import Policy
from charforge.qa.ladder.situation import Face, Fixer, Situation

REDUCED = 2 / 3
"""What is left of a turn at each try of `smaller-turn`."""
LEAST_TURN = 5.0
"""Degrees below which a smaller turn is no turn."""
STEPS = 24
"""Steps of the first identity search; the next one gets as many more."""

Found = Draft | str


@dataclass(frozen=True, slots=True)
class Ask:
    """What a rung is asked."""

    situation: Situation
    policy: Policy
    done: int
    """Tries of it before this one."""


def candidate(ask: Ask) -> Found:
    """Draw it again with another seed."""
    draft = ask.situation.planned
    if draft.job.settings.get("strategy") == "locked":
        return "a locked pose is drawn the same from every seed"
    model = ask.situation.model
    if draft.stage != "head" and (model is None or not model.seeds):
        return f"{draft.job.backend} makes the same of every seed"
    return draft.changed(job=draft.job.changed(seed=draft.job.seed + ask.done + 1))


def searched(ask: Ask) -> Found:
    """Draw the head by the search under an identity constraint, with more steps at each try."""
    draft = ask.situation.planned
    changed = _with(draft, {"strategy": "constrained", "steps": STEPS * (ask.done + 1)}, None)
    return changed.changed(job=changed.job.changed(seed=draft.job.seed + ask.done))


def smaller(ask: Ask) -> Found:
    """Turn the head a third less at each try."""
    draft = ask.situation.planned
    turn = round(_turn(draft) * REDUCED ** (ask.done + 1), 1)
    if abs(turn) < LEAST_TURN:
        return "hardly any turn is left"
    return _with(draft, {"strategy": "plain", "turn": turn}, turn)


def reference(ask: Ask) -> Found:
    """Use the nearest locked picture that was not used yet."""
    draft = ask.situation.planned
    if draft.stage == "head":
        return _pose(draft, ask.done)
    if ask.situation.model is not None and ask.situation.model.composites:
        return f"{ask.situation.model.name} draws heads from their rig: its references are those of the heads"
    if ask.done >= len(ask.situation.spares):
        return "no other locked picture of them is known" if ask.done == 0 else "every locked picture was used"
    spare = ask.situation.spares[ask.done].given
    inputs = tuple(spare if _same_place(i, spare) else i for i in draft.job.inputs)
    return draft.changed(job=draft.job.changed(inputs=inputs))


def stronger(ask: Ask) -> Found:
    """Let the reference count more, let less move, and say in words that the face stays the same."""
    draft, model = ask.situation.planned, ask.situation.model
    if model is None or model.composites:
        return f"{draft.job.backend} has no reference whose weight could be raised: it puts locked layers together"
    settings = draft.job.settings
    weight, motion = _at(settings, model.weight), _at(settings, model.motion)
    if weight is not None and weight < ask.policy.heaviest:
        settings = _put(
            settings, model.weight, round(min(weight * ask.policy.heavier ** (ask.done + 1), ask.policy.heaviest), 4)
        )
    if motion is not None:
        settings = _put(settings, model.motion, round(motion * ask.policy.calmer ** (ask.done + 1), 4))
    phrase = ask.policy.phrases.get(draft.stage, "") if model.words else ""
    changed = draft.changed(job=draft.job.changed(settings=settings))
    if phrase and phrase not in (said := _prompt(draft)):
        changed = _prompted(changed, f"{said} {phrase}".strip())
    if changed == draft:
        return f"{model.name} can neither be told to follow its reference more closely nor to move less"
    if ask.done and changed == stronger(replace(ask, done=ask.done - 1)):
        return "the reference counts as much as it can"
    return changed


def simpler(ask: Ask) -> Found:
    """Say only who is where, without what they do."""
    draft, model = ask.situation.planned, ask.situation.model
    if model is None or not model.words:
        return f"{draft.job.backend} reads no text"
    if not ask.situation.simple or ask.situation.simple == _prompt(draft):
        return "the prompt is as simple as it can be"
    return _prompted(draft, ask.situation.simple)


def anchored(ask: Ask) -> Found:
    """Show the scene's first shot besides the master, where shots of the scene drift the same way."""
    anchor, draft = ask.situation.anchor, ask.situation.planned
    if anchor is None:
        return "no drift is shared with other shots of the scene, or the model takes no second picture of a person"
    inputs: list[Input] = []
    for given in draft.job.inputs:
        inputs.append(given)
        if given.role in ("head", "master") and given.name == anchor.name and anchor not in inputs:
            inputs.append(anchor)
    return draft.changed(job=draft.job.changed(inputs=tuple(inputs)))


def other(ask: Ask) -> Found:
    """Have another model make it."""
    if ask.done >= len(ask.situation.others):
        return "no other model is ready for this shot" if ask.done == 0 else "every other model was tried"
    return ask.situation.others[ask.done].draft


def repaired(step: Step, situation: Situation, policy: Policy, face: Face, done: int) -> tuple[Found, str]:
    """Return the repair of a face by the next backend of a rung, or why there is none, and the backend's name."""
    ready = [f for f in situation.fixers if not f.missing]
    if done >= len(ready):
        told = "; ".join(f"{f.name}: {f.missing}" for f in situation.fixers if f.missing)
        return ("every repair that is ready was tried" if ready else told or "no repair backend is named"), ""
    if face.box is None:
        return f"no face in the picture could be {face.who}'s", ""
    if step == "restore" and not _small(situation, policy, face):
        return f"{face.who}'s face is neither small nor soft", ""
    draft = situation.planned
    if draft.stage == "clip" and not face.track:
        return f"{face.who}'s face cannot be followed through the clip", ""
    return _repair(step, situation, face, ready[done]), ready[done].name


def _repair(step: Step, situation: Situation, face: Face, fixer: Fixer) -> Draft:
    assert face.box is not None
    clip = situation.planned.stage == "clip"
    start = Input(role="clip" if clip else "picture", source=face.starts[step])
    job = RepairJob(
        backend=fixer.name,
        step=step,
        seed=situation.planned.job.seed,
        box=face.box,
        inputs=(start, *face.references),
        settings=fixer.settings,
        track=face.track if clip else None,
    )
    return situation.planned.changed(job=job)


def _small(situation: Situation, policy: Policy, face: Face) -> bool:
    soft = any(f.code in {"soft", "not-scorable"} and f.who in {"", face.who} for f in situation.verdict.findings)
    return soft or (face.eyes is not None and face.eyes < policy.small)


def _pose(draft: Draft, done: int) -> Found:
    settings = draft.job.settings
    used = settings.get("pose") if settings.get("strategy") == "locked" else None
    turn = _turn(draft)
    others = sorted((a for a in draft.alternatives if a.pose != used), key=lambda a: abs(a.turn - turn))
    if done >= len(others):
        return "no other pose with this expression is locked"
    chosen = others[done]
    return _with(draft, {"strategy": "locked", "pose": chosen.pose, "turn": chosen.turn}, chosen.turn)


def _turn(draft: Draft) -> float:
    return float(draft.job.settings.get("turn", 0.0))


def _with(draft: Draft, settings: Settings, turn: float | None) -> Draft:
    """Return the draft with these settings, and its face expected at this turn."""
    expected = tuple(e if turn is None else e.changed(turn=turn) for e in draft.expected)
    return draft.changed(job=draft.job.changed(settings=draft.job.settings | settings), expected=expected)


def _same_place(one: Input, other_: Input) -> bool:
    return one.name == other_.name and {one.role, other_.role} <= {"head", "master"}


def _prompt(draft: Draft) -> str:
    return draft.job.prompt if isinstance(draft.job, StillJob | ClipJob) else ""


def _prompted(draft: Draft, prompt: str) -> Draft:
    return draft.changed(job=draft.job.changed(prompt=prompt))


def _at(settings: Settings, path: tuple[str, ...]) -> float | None:
    """Return the number at a path in nested settings; None where there is none."""
    found: object = settings
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return float(found) if path and isinstance(found, int | float) else None


def _put(settings: Settings, path: tuple[str, ...], value: float) -> Settings:
    if len(path) == 1:
        return {**settings, path[0]: value}
    return {**settings, path[0]: _put(settings[path[0]], path[1:], value)}


CHANGES: dict[Step, Callable[[Ask], Found]] = {
    "best-of-n": candidate,
    "better-reference": reference,
    "smaller-turn": smaller,
    "identity-search": searched,
    "stronger-reference": stronger,
    "simpler-prompt": simpler,
    "second-anchor": anchored,
    "other-model": other,
}
