"""Finds drift that shots of a scene share, and a picture of its first shot that the others can be shown besides.

A second anchor needs a model that takes several pictures of one person. The embedded compositor draws every head from
the locked rig, which no picture changes: where its heads drift alike, the rig or the master is at fault, and that is
what is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from charforge import imaging
from charforge.domain.jobs import Choice, Draft, ExpectedFace, Input, Plan
from charforge.domain.takes import Take, Verdict
from charforge.errors import CharforgeError
from charforge.events import Noted
from charforge.qa.ladder import Offset, shared
from charforge.studio.desk import Desk
from charforge.studio.fixing.faces import nearest
from charforge.studio.fixing.trying import FAILURES


def anchors(
    desk: Desk, plan: Plan, takes: Mapping[str, Take], verdicts: Mapping[str, Verdict]
) -> dict[tuple[str, str], Input]:
    """Return by shot and person the second picture that a shot's still is to be drawn from.

    Only shots that share a drift with others of their scene have one, and only by models that can use it.
    """
    policy = desk.project.ladder
    if all(rung.step != "second-anchor" for rung in policy.steps):
        return {}
    stills = {d.shot: d for d in plan.drafts if d.stage == "still" and d.id in verdicts}
    choices = {c.shot: c for c in plan.choices}
    found: dict[tuple[str, str], Input] = {}
    offsets = [o for shot in stills for o in _offsets(desk, stills[shot], choices[shot], takes, verdicts)]
    for group in shared(offsets, policy.shared):
        who, model = group[0].who, desk.catalogue.named(group[0].model)
        scene = group[0].shot.split("/")[0]
        told = f"{scene}: {who} drifts the same way in {', '.join(o.shot for o in group)}"
        if model is None or not model.slots.anchors:
            why = "draws every head from the locked rig" if model and model.composites else "takes one picture of them"
            desk.reporter(Noted(f"{told}; {group[0].model} {why}, so a second anchor means nothing to it"))
            continue
        first = next(s for s in stills if s.startswith(f"{scene}/") and any(e.who == who for e in stills[s].expected))
        blob = _first(desk, stills[first], who, takes, verdicts)
        if blob is None:
            desk.reporter(Noted(f"{told}; its first shot {first} does not pass when drawn from the master either"))
            continue
        desk.reporter(Noted(f"{told}: {first} is their second anchor"))
        for offset in group:
            if offset.shot != first:
                found[offset.shot, who] = Input(role="head", name=who, source=blob)
    return found


def _first(
    desk: Desk, draft: Draft, who: str, takes: Mapping[str, Take], verdicts: Mapping[str, Verdict]
) -> str | None:
    """Return the still of a scene's first shot where both judges know everybody in it, else drawn from the master."""
    made = takes[draft.id]
    if verdicts[draft.id].passed() and desk.confirmed(draft, made).passed():
        return made.blob
    master = next(e.master for e in draft.expected if e.who == who)
    inputs = tuple(
        Input(role="master", name=who, source=master) if (i.role, i.name) in {("head", who), ("master", who)} else i
        for i in draft.job.inputs
    )
    again = draft.changed(job=draft.job.changed(inputs=inputs))
    try:
        made = desk.runner.run((again,), takes, origin="second-anchor")[draft.id]
    except FAILURES as error:
        desk.reporter(Noted(f"{draft.id}: {error.message}"))
        return None
    passed = desk.verdict(again, made).passed() and desk.confirmed(again, made).passed()
    # The ledger's newest take is the one that is in use.
    desk.runner.run((draft,), takes)
    return made.blob if passed else None


def _offsets(
    desk: Desk, draft: Draft, choice: Choice, takes: Mapping[str, Take], verdicts: Mapping[str, Verdict]
) -> Iterator[Offset]:
    """Yield how everybody who fails in a still is off, by the first judge."""
    verdict = verdicts[draft.id]
    off = {s.who for s in verdict.scores if s.value < max(s.bar, s.likeness or s.bar)}
    if verdict.outcome not in {"fix", "fail"} or not off:
        return
    pixels = imaging.decode(desk.store.blob(takes[draft.id].blob))
    detected = desk.toolbox.tool("face").detect(pixels)
    for face, seen in zip(draft.expected, desk.judge.found(pixels, draft.expected), strict=True):
        at = None if seen is None or face.who not in off else nearest(detected, seen.box)
        master = _master(desk, face) if at is not None else None
        if at is not None and master is not None:
            vector = desk.toolbox.tool("face").embed(pixels, at)
            yield Offset.of(vector, master, draft.shot, (face.who, face.asset), choice.still)


def _master(desk: Desk, face: ExpectedFace) -> Any:  # noqa: ANN401 - an embedding
    judge = desk.toolbox.tool("face")
    try:
        pixels = imaging.decode(desk.file(face.master))
        found = judge.detect(pixels)
    except CharforgeError:
        return None
    return judge.embed(pixels, found[0]) if found else None
