"""Puts a shot into words for a model that reads text."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.assets import Location
    from charforge.planner.catalogue import Model
    from charforge.planner.gathering import Cast, ShotPlan
    from charforge.planner.load import Knowledge


def prompt(  # noqa: PLR0913 - a shot, who and where, and in whose words
    plan: ShotPlan,
    model: Model,
    cast: Cast,
    place: Location | None,
    knowledge: Knowledge,
    *,
    triggers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, str]:
    """Return the prompt and the id of its template; a model that reads no text gets none, so text cannot stale it."""
    template = knowledge.templates.get(model.template)
    if template is None or not model.reads_text:
        return "", "none"
    style = plan.look is not None and model.slots.looks and any(r.step == "style" for r in plan.look.references)
    text = template.template.render(
        shot=plan.shot,
        people=plan.shot.characters,
        place=place,
        look=plan.look,
        style=bool(style),
        triggers=triggers,
        notes=noted(cast, model),
    )
    return text.strip(), template.id


def noted(cast: Cast, model: Model) -> tuple[str, ...]:
    """Return what was learned of describing these people to this model."""
    names = {model.name, model.run_by}
    return tuple(note.text for _, character in cast for note in character.prompts if note.model in names)
