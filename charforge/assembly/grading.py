"""Gives the programme its look: a 3-D look-up table and grain, as ffmpeg's filters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GRAIN = 30
"""Strength of ffmpeg's noise filter, of 100, for the coarsest grain; a taste of ours, looked at on the pilot."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What every frame after the title card is given."""

    lut: Path | None = None
    grain: float = 0.0
    """0 to 1."""


def grade_filters(grade: Grade, first: int = 0) -> list[str]:
    """Return the filters that grade BT.709 yuv420p frames from frame `first` on; none for a grade that does nothing."""
    when = f":enable='gte(n,{first})'" if first else ""
    filters = []
    if grade.lut is not None:
        table = f"lut3d=file={escaped(str(grade.lut))}:interp=tetrahedral{when}"
        filters += ["scale=in_color_matrix=bt709:in_range=tv", "format=gbrp", table]
        filters += ["scale=out_color_matrix=bt709:out_range=tv", "format=yuv420p"]
    strength = round(GRAIN * grade.grain)
    if strength:
        filters.append(f"noise=c0s={strength}:c0f=t:c0_seed=7{when}")
    return filters


def escaped(text: str) -> str:
    """Return text as a filter's option takes it. Source: ffmpeg-filters, "Notes on filtergraph escaping"."""
    for special in "\\':":
        text = text.replace(special, f"\\{special}")
    for special in "\\'[],;":
        text = text.replace(special, f"\\{special}")
    return text
