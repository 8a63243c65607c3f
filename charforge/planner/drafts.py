"""Writes the jobs of one shot: heads, the still, the clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.domain.assets import Library, Location
from charforge.domain.blocking import Blocking, Speech
from charforge.domain.jobs import ClipJob, Draft, Input, StillJob, TakeOf
from charforge.planner.gathering import Gathered, ShotPlan, layers, references_of, seed_of
from charforge.planner.lookups import cast_of, place_of, prop_of
from charforge.planner.loras import taught
from charforge.planner.own import own_seed, own_settings
from charforge.planner.prompts import prompt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.models import OwnModel
    from charforge.planner.catalogue import Model
    from charforge.planner.load import Knowledge


@dataclass(frozen=True, slots=True)
class Pictures:
    """The picture drafts of one shot and what was chosen for them."""

    drafts: tuple[Draft, ...]
    references: tuple[str, ...]
    reasons: tuple[str, ...]
    template: str


def picture_drafts(plan: ShotPlan, library: Library, knowledge: Knowledge, own: Mapping[str, OwnModel]) -> Pictures:
    """Return the head, still and clip drafts of a shot; raise PlanError where a reference is missing."""
    cast = tuple((person, cast_of(person, plan.shot, library)) for person in plan.shot.characters)
    place = _place(plan, library)
    props = tuple(p for p in (prop_of(name, plan.shot, library) for name in plan.shot.props))
    video = plan.episode.video
    settings = own_settings(plan.still, own, video.width, video.height)
    known = taught(plan.still, cast, settings)
    if plan.still.composites and place is not None:
        gathered = layers(plan, cast, place, props, _lenders(library))
    else:
        gathered = references_of(plan, cast, place, props, adapter="adapter" in settings)
    words, template = prompt(plan, plan.still, cast, place, knowledge, triggers=known.triggers)
    still = Draft(
        id=f"{plan.id}/still",
        shot=plan.id,
        stage="still",
        job=StillJob(
            backend=plan.still.run_by,
            prompt=words,
            seed=seed_of(plan.shot.id) if plan.still.composites else own_seed(plan.id),
            width=video.width,
            height=video.height,
            inputs=gathered.inputs,
            settings={**blocked(gathered.blocking), **settings, **gathered.settings, **known.settings},
        ),
        expected=gathered.expected,
        faces=plan.shot.faces,
        estimate=plan.still.seconds.still,
    )
    drafts = [*gathered.heads, still]
    if plan.clip is not None:
        words, _ = prompt(plan, plan.clip, cast, place, knowledge)
        drafts.append(_clip(plan, plan.clip, gathered, words, own))
    # Whom a model has learned, it needs no adapter for.
    reasons = known.reasons if known.triggers else (*gathered.reasons, *known.reasons)
    return Pictures(tuple(drafts), gathered.references, reasons, template)


def _lenders(library: Library) -> tuple[str, ...]:
    """Return the names of those who have bodies."""
    return tuple(sorted({c.name for c in library.characters if any(r.step == "body" for r in c.references)}))


def _place(plan: ShotPlan, library: Library) -> Location | None:
    """Return a shot's location; a model that reads text can do without where the shot names none."""
    if plan.shot.location is None and not plan.still.composites:
        return None
    return place_of(plan.shot, library)


def _clip(plan: ShotPlan, model: Model, gathered: Gathered, prompt: str, own: Mapping[str, OwnModel]) -> Draft:
    video = plan.episode.video
    speech = tuple(
        Speech(who=line.who, name=f"{line.who}/{number}", start=start)
        for number, (line, start) in enumerate(zip(plan.shot.lines, plan.starts, strict=True), 1)
        if not line.voice_over
    )
    voices = tuple(
        Input(role="voice", name=f"{line.who}/{number}", source=TakeOf(draft=draft.id, part="sound"))
        for number, (line, draft) in enumerate(zip(plan.shot.lines, plan.spoken, strict=True), 1)
        if not line.voice_over
    )
    first = Input(role="first", source=TakeOf(draft=f"{plan.id}/still"))
    # A model that moves a finished picture reads nothing else.
    inputs = (*gathered.inputs, first, *voices) if model.composites else (first,)
    layers = gathered.blocking if model.composites else None
    blocking = layers.changed(speech=speech) if layers else None
    frames = plan.frames + plan.tail
    per_frame = model.seconds.per_frame
    return Draft(
        id=f"{plan.id}/clip",
        shot=plan.id,
        stage="clip",
        job=ClipJob(
            backend=model.run_by,
            prompt=prompt,
            seed=seed_of(plan.shot.id) if model.composites else own_seed(plan.id),
            width=video.width,
            height=video.height,
            frames=frames,
            rate=video.rate,
            inputs=inputs,
            settings={**blocked(blocking), **own_settings(model, own, video.width, video.height)},
        ),
        expected=gathered.expected,
        faces=plan.shot.faces,
        estimate=None if per_frame is None else per_frame * frames,
    )


def blocked(blocking: Blocking | None) -> dict[str, object]:
    """Return the settings of a job with this blocking."""
    return {} if blocking is None else {"blocking": blocking.model_dump(mode="json", exclude_none=True)}
