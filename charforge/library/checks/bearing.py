"""Measures how the head is held and what the face does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.library.checks.sitting import LEFT_CHEEK, LEFT_EYE, RIGHT_CHEEK, RIGHT_EYE

if TYPE_CHECKING:
    from charforge.library.checks.sitting import Sitting

ACTING = (
    ("mouthSmileLeft", "mouthSmileRight"),
    ("mouthFrownLeft", "mouthFrownRight"),
    ("browDownLeft", "browDownRight"),
    ("browOuterUpLeft", "browOuterUpRight"),
    ("eyeWideLeft", "eyeWideRight"),
    ("noseSneerLeft", "noseSneerRight"),
    ("jawOpen",),
    ("mouthPucker",),
    ("mouthFunnel",),
    ("cheekPuff",),
)
"""Blendshapes that make an expression, both sides of one together."""


def turn(sitting: Sitting) -> float | None:
    """Return the head's turn in degrees; negative when it points to the left edge."""
    return sitting.landmarks.turn if sitting.landmarks else None


def off_turn(sitting: Sitting) -> float | None:
    """Return by how many degrees the turn misses the one that was asked for."""
    if sitting.landmarks is None or sitting.wanted_turn is None:
        return None
    return sitting.landmarks.turn - sitting.wanted_turn


def farthest(sitting: Sitting) -> float | None:
    """Return by how many degrees the head is turned or raised, whichever is more."""
    return None if sitting.landmarks is None else max(abs(sitting.landmarks.turn), abs(sitting.landmarks.pitch))


def pitch(sitting: Sitting) -> float | None:
    """Return the head's pitch in degrees; positive when it looks up."""
    return sitting.landmarks.pitch if sitting.landmarks else None


def roll(sitting: Sitting) -> float | None:
    """Return the head's roll in degrees; positive when it leans clockwise in the picture."""
    return sitting.landmarks.roll if sitting.landmarks else None


def eyes_shut(sitting: Sitting) -> float | None:
    """Return how far the more closed eye is shut, 0 to 1."""
    if sitting.landmarks is None:
        return None
    shapes = sitting.landmarks.blendshapes
    return max(shapes.get("eyeBlinkLeft", 0.0), shapes.get("eyeBlinkRight", 0.0))


def acting(sitting: Sitting) -> float | None:
    """Return the strength of the strongest expression, 0 to 1."""
    if sitting.landmarks is None:
        return None
    shapes = sitting.landmarks.blendshapes
    return max(float(np.mean([shapes.get(name, 0.0) for name in names])) for names in ACTING)


def eye_contrast(sitting: Sitting) -> float | None:
    """Return how much light and dark there is in the flatter eye, over the brightness of the cheeks.

    An open eye shows white, iris and lid; a lens that is dark or mirrors the sky, a strand of hair or a hand does not.
    Clear glasses without glare leave the number as it is.
    """
    if sitting.light is None:
        return None
    cheeks = sitting.light[sitting.region(LEFT_CHEEK, RIGHT_CHEEK)]
    eyes = [sitting.light[sitting.region(eye, swollen=1.15)] for eye in (LEFT_EYE, RIGHT_EYE)]
    if not cheeks.size or not all(eye.size for eye in eyes):
        return None
    spread = min(float(np.percentile(eye, 95) - np.percentile(eye, 5)) for eye in eyes)
    return spread / max(float(np.median(cheeks)), 1e-3)


def eye_shade(sitting: Sitting) -> float | None:
    """Return by how many stops the darker eye's surroundings lie under the cheeks."""
    if sitting.light is None:
        return None
    cheeks = sitting.light[sitting.region(LEFT_CHEEK, RIGHT_CHEEK)]
    rings = [
        sitting.light[sitting.region(eye, swollen=2.2) & ~sitting.region(eye, swollen=1.2)]
        for eye in (LEFT_EYE, RIGHT_EYE)
    ]
    if not cheeks.size or not all(ring.size for ring in rings):
        return None
    return float(np.log2(max(float(np.median(cheeks)), 1e-4) / max(min(float(np.median(r)) for r in rings), 1e-4)))
