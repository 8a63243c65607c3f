"""Where a face's points belong: the master's proportions, wearing the take's pose and expression.

The master's points are laid over the take's by what expressions do not move. Where the two make different faces (lips,
lids, brows), the take's own shape is kept and only moved to where the master has that part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.transfer.cover import EYES, INNER_LIPS, LEFT_BROW, LEFT_LIDS, OUTER_LIPS, RIGHT_BROW, RIGHT_LIDS
from charforge.imaging import meshes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import Landmarks
    from charforge.backends.transfer.seen import Places, Seen

# fmt: off
FIRM = (10, 151, 9, 8, 109, 338, 67, 297, 103, 332, 54, 284, 21, 251, 162, 389, 127, 356, 168, 6, 197, 195, 5, 4, 1, 2,
        98, 327, 117, 346, 50, 280, 101, 330)
"""Points that expressions hardly move."""
PARTS = (
    ((*OUTER_LIPS, *INNER_LIPS), (0.08, 0.45), ("jaw", "mouth")),
    (LEFT_LIDS, (0.03, 0.12), ("eyeBlink", "eyeSquint", "eyeWide")),
    (RIGHT_LIDS, (0.03, 0.12), ("eyeBlink", "eyeSquint", "eyeWide")),
    (LEFT_BROW, (0.04, 0.2), ("brow",)),
    (RIGHT_BROW, (0.04, 0.2), ("brow",)),
)
# fmt: on
"""What moves with expressions: its points, the eye spans over which its surroundings follow it less and less, and the
strengths that tell of it."""
UNLIKE = (0.12, 0.4)
"""Difference of strengths, 0 to 1, between which a part passes from the master's shape to the take's."""
MOST = 1.0
"""Share of the way to the master's proportions."""


def placed(take: Seen, master: Seen) -> Places:
    """Return where the take's points belong for it to be the master's face, (478, 3) in the take's pixels."""
    own = take.points
    moves = MOST * (meshes.turned(master.points, own, FIRM) - own)
    for points, reach, names in PARTS:
        keeps = _unlike(take.marks, master.marks, names)
        if keeps:
            weight = _near(own, points, reach, take.span)[:, None]
            middle = (moves * weight).sum(0) / weight.sum()
            moves = moves - keeps * weight * (moves - middle)
    wanted = own + moves
    for _, first, corners in EYES:
        eye, other = own[list(corners)], wanted[list(corners)]
        size = np.linalg.norm(other[0] - other[1]) / max(float(np.linalg.norm(eye[0] - eye[1])), 1e-6)
        wanted[first : first + 5] = other.mean(0) + (own[first : first + 5] - eye.mean(0)) * size
    return np.asarray(wanted)


def _unlike(one: Landmarks, other: Landmarks, names: tuple[str, ...]) -> float:
    """Return how unlike two faces' expressions are by these strengths, 0 to 1."""
    strengths = [n for n in one.blendshapes if n.startswith(names)]
    apart = max(abs(one.blendshapes[n] - other.blendshapes.get(n, 0.0)) for n in strengths)
    return float(meshes.fade(np.array(apart), *UNLIKE))


def _near(points: Places, part: tuple[int, ...], reach: tuple[float, float], span: float) -> NDArray[np.float64]:
    """Return how much each point belongs to a part, 0 to 1."""
    away = np.linalg.norm(points[:, None, :2] - points[None, list(part), :2], axis=2).min(1) / span
    return np.asarray(1 - meshes.fade(away, *reach))
