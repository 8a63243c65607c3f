"""Picks the model for each shot: hard constraints first, then a score, and the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from charforge.errors import PlanError

if TYPE_CHECKING:
    from charforge.domain.script import Shot
    from charforge.planner.catalogue import Catalogue, Model, Need

Kind = Literal["still", "clip", "voice", "head"]


@dataclass(frozen=True, slots=True)
class Route:
    """The model for one job, and why."""

    model: Model
    reason: str


def route(shot: Shot, kind: Kind, catalogue: Catalogue, ready: frozenset[str], pin: str | None) -> Route:
    """Return the best model for a shot; raise PlanError when none can make it.

    `ready` names the installed backends of this kind; a pin names the only model to consider.
    """
    if pin is not None:
        return Route(_pinned(pin, kind, catalogue, ready), "pinned by name")
    refused: list[str] = []
    able: list[Model] = []
    for model in catalogue.models:
        if kind not in model.kinds or model.only_pinned:
            continue
        reason = _obstacle(model, shot, ready)
        if reason is None:
            able.append(model)
        else:
            refused.append(f"{model.name}: {reason}")
    if not able:
        message = f"no model can make the {kind} of shot {shot.id}" + (f" ({'; '.join(refused)})" if refused else "")
        raise PlanError(message, "see: charforge backends")
    wanted = needs(shot)
    best = max(able, key=lambda m: (_score(m, wanted), m.name))
    others = len(able) - 1
    strengths = ", ".join(f"{need} {best.strengths.get(need, 0):.1f}" for need in wanted) or "nothing special asked"
    return Route(
        best, f"{best.name} for {strengths}" + (f"; ahead of {others} more" if others else "; the only one ready")
    )


def needs(shot: Shot) -> tuple[Need, ...]:
    """Return what a shot asks of a model."""
    found: list[Need] = []
    if shot.lines and not all(line.voice_over for line in shot.lines):
        found.append("talking-head" if shot.framing in ("close", "medium-close", "extreme-close") else "dialogue")
    if shot.framing == "insert":
        found.append("insert")
    if shot.framing in ("wide", "extreme-wide", "medium-wide"):
        found.append("wide")
    if len(shot.characters) > 1:
        found.append("group")
    if shot.characters:
        found.append("identity")
    return tuple(found)


def _score(model: Model, wanted: tuple[Need, ...]) -> float:
    return sum(model.strengths.get(need, 0.0) for need in wanted)


def _obstacle(model: Model, shot: Shot, ready: frozenset[str]) -> str | None:
    if model.name not in ready:
        return "its backend is not installed"
    if len(shot.characters) > model.slots.characters:
        return f"takes {model.slots.characters} characters, the shot has {len(shot.characters)}"
    return None


def _pinned(pin: str, kind: Kind, catalogue: Catalogue, ready: frozenset[str]) -> Model:
    model = catalogue.named(pin)
    if model is None or kind not in model.kinds:
        known = ", ".join(m.name for m in catalogue.models if kind in m.kinds)
        message = f"there is no {kind} model {pin!r} in the catalogue"
        raise PlanError(message, f"there are: {known}")
    if pin not in ready:
        message = f"the {kind} backend {pin!r} is not installed"
        raise PlanError(message, "see: charforge backends")
    return model
