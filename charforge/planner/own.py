"""Job settings for models whose weights the project brings: what its settings say, then what the catalogue says."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from charforge.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.jobs import Settings
    from charforge.domain.models import OwnModel
    from charforge.domain.script import Shot
    from charforge.planner.catalogue import Model


def own_settings(model: Model, own: Mapping[str, OwnModel], width: int = 0, height: int = 0) -> Settings:
    """Return the settings that run a model of the project's own; none for every other model."""
    if not model.own:
        return {}
    settings = {**model.defaults, **own[model.name].settings}
    if model.size is not None:
        settings["working"] = list(working(width, height, model.size.max_pixels, model.size.multiple))
    if model.clip is not None and model.clip.rate is not None:
        settings["rate"] = model.clip.rate
        settings["max_frames"] = round(model.clip.max_seconds * model.clip.rate) + 1
    return settings


def working(width: int, height: int, max_pixels: int, multiple: int) -> tuple[int, int]:
    """Return the largest size a model draws well that has nearly the shape of a picture, and is no larger than it."""
    scale = min(1.0, sqrt(max_pixels / (width * height)))
    return _steps(width * scale, multiple), _steps(height * scale, multiple)


def refuse_long_clip(shot: Shot, model: Model, frames: int, fps: float) -> None:
    """Raise PlanError for a shot that is longer than the model's clips."""
    if model.clip is not None and frames > model.clip.max_seconds * fps:
        longest = model.clip.max_seconds
        message = f"shot {shot.id} is {frames / fps:.1f} s long, clips of {model.name} are at most {longest:g} s"
        raise PlanError(message, "split the shot, shorten its lines, or choose another model: --clip NAME")


def _steps(length: float, multiple: int) -> int:
    return max(int(length / multiple + 1e-6), 1) * multiple
