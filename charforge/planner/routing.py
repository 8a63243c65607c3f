"""Picks the model for each shot: hard constraints first, then a score, and the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
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


@dataclass(frozen=True, slots=True)
class Able:
    """What can be made use of for one kind of job."""

    backends: frozenset[str]
    """Those installed."""
    own: frozenset[str] = frozenset()
    """Models whose weights the project brings."""
    still: Model | None = None
    """For a clip: the model of the still it starts from."""


def route(shot: Shot, kind: Kind, catalogue: Catalogue, able: Able, pin: str | None) -> Route:
    """Return the best model for a shot; raise PlanError when none can make it.

    A pin names the only model to consider.
    """
    if pin is not None:
        return Route(_pinned(pin, shot, kind, catalogue, able), "pinned by name")
    refused: list[str] = []
    fit: list[Model] = []
    for model in catalogue.models:
        if kind not in model.kinds or model.only_pinned:
            continue
        reason = _obstacle(model, shot, able)
        if reason is None:
            fit.append(model)
        else:
            refused.append(f"{model.name}: {reason}")
    if not fit:
        message = f"no model can make the {kind} of shot {shot.id}" + (f" ({'; '.join(refused)})" if refused else "")
        raise PlanError(message, "see: charforge backends")
    wanted = needs(shot)
    best = max(fit, key=lambda m: (_score(m, wanted), m.name))
    others = len(fit) - 1
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


def _obstacle(model: Model, shot: Shot, able: Able) -> str | None:
    if model.run_by not in able.backends:
        return "its backend is not installed"
    if model.own and model.name not in able.own:
        return "charforge.yaml names no weights for it"
    if able.still is not None and model.composites and not able.still.composites:
        return f"it moves layers, and {able.still.name} gives a finished picture"
    if "voice" not in model.kinds and len(shot.characters) > model.slots.characters:
        return f"takes {model.slots.characters} characters, the shot has {len(shot.characters)}"
    return None


def _pinned(pin: str, shot: Shot, kind: Kind, catalogue: Catalogue, able: Able) -> Model:
    model = catalogue.named(pin)
    if model is None or kind not in model.kinds:
        known = [m.name for m in catalogue.models if kind in m.kinds]
        message = f"there is no {kind} model {pin!r} in the catalogue"
        close = get_close_matches(pin, known, n=1)
        raise PlanError(message, f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}")
    reason = _obstacle(model, shot, able)
    if reason is not None:
        what = f"write into charforge.yaml: models: {{{pin}: {{weights: FOLDER}}}}; " if "weights" in reason else ""
        raise PlanError(f"{pin} cannot make the {kind} of shot {shot.id}: {reason}", f"{what}see: charforge doctor")
    return model
