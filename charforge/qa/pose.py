"""Reads a head's pose and size off five points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from charforge.backends.protocols import Detection

Pose = Literal["frontal", "three-quarter", "profile"]
FRONTAL = 20.0
"""Degrees up to which a head counts as frontal."""
THREE_QUARTER = 45.0
"""Degrees up to which a head counts as three-quarter."""
NOSE = 0.65
"""How far the nose tip stands before the eyes, in frontal eye distances.

Fitted to 478-point landmarks on 473 portraits: 3.2 degrees root mean square apart, correlation 0.96.
"""


def turn(face: Detection) -> float:
    """Return the head's turn in degrees, -90 to 90; negative when the face points to the left edge.

    A nose NOSE before the eyes moves sideways by NOSE x tan(turn) of the eye distance that is left, which is taken
    along the line of the eyes, so that a leaning head counts as it would upright.
    """
    points = face.points.astype(np.float64)
    across = points[1] - points[0]
    apart = float(np.linalg.norm(across))
    if apart < 1e-6:
        return 90.0
    middle = (points[0] + points[1]) / 2
    down = (points[3] + points[4]) / 2 - middle
    axis = np.array([-across[1], across[0]]) / apart
    lean = float(np.dot(down, across / apart)) / max(float(np.dot(down, axis)), 1e-6)
    nose = points[2] - middle
    offset = float(np.dot(nose, across / apart)) - 0.35 * lean * float(np.dot(nose, axis))
    return float(np.degrees(np.arctan(offset / apart / NOSE)))


def eye_distance(face: Detection) -> float:
    """Return how far the eyes are apart in pixels, as they would be were the head turned to the front."""
    apart = float(np.linalg.norm(face.points[1] - face.points[0]))
    return apart / max(float(np.cos(np.radians(turn(face)))), 0.5)


def pose(degrees: float) -> Pose:
    """Return the name of a turn, as calibrations use it."""
    if abs(degrees) <= FRONTAL:
        return "frontal"
    return "three-quarter" if abs(degrees) <= THREE_QUARTER else "profile"
