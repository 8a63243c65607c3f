"""Job settings for models whose weights the project brings: what its settings say, then what the catalogue says."""

from __future__ import annotations

import hashlib
from math import ceil, sqrt
from typing import TYPE_CHECKING

from charforge.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.jobs import Settings
    from charforge.domain.models import OwnModel
    from charforge.domain.script import Shot
    from charforge.planner.catalogue import Model, Size


GUESSED = 1.5
"""How far off the length of a shot may be, either way, before its lines were spoken."""


def own_settings(model: Model, own: Mapping[str, OwnModel], width: int = 0, height: int = 0) -> Settings:
    """Return the settings that run a model of the project's own; none for every other model."""
    if not model.own:
        return {}
    settings = {**model.defaults, **own[model.name].settings}
    if model.size is not None:
        settings["working"] = list(working(width, height, model.size))
    if model.clip is not None and model.clip.rate is not None:
        settings["rate"] = model.clip.rate
        settings["max_frames"] = ceil(model.clip.max_seconds * model.clip.rate) + 1
    return settings


def working(width: int, height: int, size: Size) -> tuple[int, int]:
    """Return a size that a model draws well, as near as can be to a picture's own size and shape."""
    pixels = width * height
    scale = sqrt(max(min(pixels, size.max_pixels), min(size.min_pixels, size.max_pixels)) / pixels)
    across, down = (max(round(side * scale / size.multiple), 1) for side in (width, height))
    while across * down * size.multiple**2 > size.max_pixels and max(across, down) > 1:
        across, down = (across - 1, down) if across > down else (across, down - 1)
    return across * size.multiple, down * size.multiple


def refuse_long_clip(shot: Shot, model: Model, frames: int, fps: float, *, estimated: bool = False) -> None:
    """Raise PlanError for a shot that is longer than the model's clips; an estimate may be off by GUESSED."""
    longest = model.clip.max_seconds if model.clip else float("inf")
    if frames > longest * fps * (GUESSED if estimated else 1):
        length = f"{'about ' if estimated else ''}{frames / fps:.1f} s"
        message = f"shot {shot.id} is {length} long, clips of {model.name} are at most {longest:g} s"
        raise PlanError(message, "split the shot, shorten its lines, or choose another model: --clip NAME")


def own_seed(shot: str) -> int:
    """Return a seed from a scene's and a shot's ids: equal noise makes pictures of two scenes alike."""
    return int.from_bytes(hashlib.sha256(shot.encode()).digest()[:4], "big") % 2**31
