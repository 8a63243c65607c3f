"""Changes drafts to what was made or chosen since they were planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.domain.blocking import Blocking
from charforge.domain.jobs import TakeOf
from charforge.planner.drafts import blocked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.jobs import Draft, Job, Plan


def with_turns(draft: Draft, turns: Mapping[str, float]) -> Draft:
    """Return a draft whose people are turned as their heads came out; `turns` is by head draft, in degrees."""
    new = {
        i.name: turns[i.source.draft]
        for i in draft.job.inputs
        if isinstance(i.source, TakeOf) and i.source.draft in turns
    }
    if not new or "blocking" not in draft.job.settings:
        return draft
    blocking = Blocking.model_validate(draft.job.settings["blocking"])
    people = tuple(p.changed(turn=new.get(p.who, p.turn)) for p in blocking.people)
    expected = tuple(e.changed(turn=new.get(e.who, e.turn)) for e in draft.expected)
    return draft.changed(job=draft.job.changed(settings=blocked(blocking.changed(people=people))), expected=expected)


def of_still(clip: Draft, still: Job) -> Draft:
    """Return a clip made of what a chosen still was made of: its people, clothes, places and light, by content.

    What happens in time stays as planned: length, voices, the camera's move. Models that start from the still itself
    read nothing else.
    """
    own = tuple(i for i in clip.job.inputs if i.role in ("first", "voice"))
    if "blocking" not in still.settings or "blocking" not in clip.job.settings:
        return clip
    planned = Blocking.model_validate(clip.job.settings["blocking"])
    seen = Blocking.model_validate(still.settings["blocking"])
    turns = {p.who: p.turn for p in seen.people}
    expected = tuple(e.changed(turn=turns.get(e.who, e.turn)) for e in clip.expected)
    job = clip.job.changed(
        inputs=(*still.inputs, *own), settings=blocked(seen.changed(speech=planned.speech, move=planned.move))
    )
    return clip.changed(job=job, expected=expected)


def reseeded(plan: Plan, by: int) -> Plan:
    """Return the plan with this much added to the seed of every picture; voices stay."""
    if not by:
        return plan
    drafts = (d if d.stage == "voice" else d.changed(job=d.job.changed(seed=d.job.seed + by)) for d in plan.drafts)
    return plan.changed(drafts=tuple(drafts))


def constrained(plan: Plan) -> Plan:
    """Return the plan with every head that is not locked searched for under an identity constraint from the start."""
    drafts = (
        d.changed(job=d.job.changed(settings={**d.job.settings, "strategy": "constrained"}))
        if d.stage == "head" and d.job.settings.get("strategy") == "plain"
        else d
        for d in plan.drafts
    )
    return plan.changed(drafts=tuple(drafts))
