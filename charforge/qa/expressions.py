"""Tells a face's expression from its blendshapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charforge.backends.protocols import Landmarks

EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "happy": ("mouthSmileLeft", "mouthSmileRight"),
    "surprised": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "sad": ("mouthFrownLeft", "mouthFrownRight"),
    "focused": ("browDownLeft", "browDownRight"),
}
"""Blendshapes by which an expression is told."""
RISE = 0.25
"""By how much they must rise over the master's. Source: the pilot's happy, and mia's surprised and focused, rise by
0.28 to 0.61, its angles by at most 0.12; theo's quieter expressions stay below and are not told."""
FRONTAL = 15.0
"""Degrees beyond which blendshapes are no measure: a turned mouth is read as another one."""


def shown_expression(face: Landmarks, master: Landmarks | None) -> str:
    """Return the expression by which a face differs from the same person's master; `neutral` where it shows none."""
    if master is None or abs(face.turn) > FRONTAL:
        return "neutral"
    rises = {name: _strength(face, name) - _strength(master, name) for name in EXPRESSIONS}
    best = max(rises, key=lambda name: rises[name])
    return best if rises[best] >= RISE else "neutral"


def _strength(face: Landmarks, expression: str) -> float:
    names = EXPRESSIONS[expression]
    return sum(face.blendshapes.get(name, 0.0) for name in names) / len(names)
