"""Says whether a found head is what was wished for: pose, expression, both judges, and colours that hold.

Colours are medians in CIE Lab (D65) of three regions: the face within its outline, hair above the forehead, and what
the person wears at the picture's lower edge; their differences are CIE76's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.basis import EXPRESSIONS
from charforge.backends.portrait.people import Held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from charforge.backends.portrait.people import Target
    from charforge.backends.protocols import RGB, Alpha, Landmarks

NEAR = 5.0
"""Degrees within which an angle counts as reached."""
WIDE = 50.0
"""Degrees beyond which a head counts as turned to a profile, as far as identity holds."""
SHOWN = {"happy": 0.45, "surprised": 0.3, "sad": 0.06, "focused": 0.25}
"""Least rise over the master of an expression's strength (`strength`)."""
LIMITS = Held(hair=14.0, skin=8.0, garment=14.0)
"""Largest colour differences that count as held."""
PERSON = 0.8
LEAST = 0.002
"""Share of the picture under which a region is not in view."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Median Lab colours of a head's regions; None where one is not in view."""

    hair: NDArray[np.float32] | None
    skin: NDArray[np.float32] | None
    garment: NDArray[np.float32] | None


def strength(expression: str, marks: Landmarks) -> float:
    """Return how strong an expression is, 0 to 1: the mean of the strengths it is read from."""
    return float(np.mean([marks.blendshapes[n] for n in EXPRESSIONS[expression]]))


def colours(pixels: RGB, matte: Alpha, marks: Landmarks, like: Colours | None = None) -> Colours:
    """Return the colours of a head; what is worn is told from hair and skin by those of `like`, or else its own."""
    import cv2

    side = 256
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    person = cv2.resize(matte.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > PERSON
    points = marks.points[:, :2] * (side / pixels.shape[0])
    rows = np.mgrid[:side, :side][0]
    oval = np.zeros((side, side), np.uint8)
    hull = cv2.convexHull(points)
    cv2.fillConvexPoly(oval, hull.astype(np.int32), 1)
    inner = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(inner, (hull.mean(0) + 0.8 * (hull - hull.mean(0))).astype(np.int32), 1)
    height = float(np.linalg.norm(points[10] - points[152]))
    hair = _median(lab, person & (rows < points[10, 1] - 0.08 * height))
    skin = _median(lab, inner > 0)
    known = like or Colours(hair, skin, None)
    worn = person & (oval == 0) & (rows > max(points[152, 1] + 0.02 * height, 0.93 * side))
    for colour in (known.hair, known.skin):
        if colour is not None:
            worn &= np.linalg.norm(lab - colour, axis=2) > 14.0
    return Colours(hair, skin, _median(lab, worn))


def held(master: Colours, found: Colours) -> Held:
    """Return how far a head's colours are from the master's."""
    return Held(*(_apart(getattr(master, n), getattr(found, n)) for n in ("hair", "skin", "garment")))


def shortfalls(  # noqa: PLR0913 - everything a head is graded by
    target: Target,
    marks: Landmarks,
    base: Landmarks,
    *,
    scores: tuple[float, float],
    bars: tuple[float, float],
    kept: Held,
) -> tuple[str, ...]:
    """Return in words what a head falls short in; nothing when it is what was wished for."""
    found = [*_pose_shortfalls(target, marks)]
    if target.expression in EXPRESSIONS:
        rise = strength(target.expression, marks) - strength(target.expression, base)
        if rise < SHOWN[target.expression]:
            found.append(f"{target.expression} by {rise:.2f}, not {SHOWN[target.expression]:.2f}")
    for which, score, bar in zip(("first", "second"), scores, bars, strict=True):
        if score < bar:
            found.append(f"{which} judge {score:.2f} under {bar:.2f}")
    for region in ("hair", "skin", "garment"):
        apart, limit = getattr(kept, region), getattr(LIMITS, region)
        if apart is not None and apart > limit:
            found.append(f"{region} colour {apart:.0f} off, more than {limit:.0f}")
    return tuple(found)


def _pose_shortfalls(target: Target, marks: Landmarks) -> tuple[str, ...]:
    found = []
    if target.turn is not None and target.open_ended:
        if abs(marks.turn) < WIDE or marks.turn * target.turn < 0:
            found.append(f"turned {marks.turn:.0f} degrees, not {WIDE:.0f}")
    elif target.turn is not None and abs(marks.turn - target.turn) > NEAR:
        found.append(f"turned {marks.turn:.0f} degrees, not {target.turn:.0f}")
    if target.pitch is not None and abs(marks.pitch - target.pitch) > NEAR:
        found.append(f"chin up {marks.pitch:.0f} degrees, not {target.pitch:.0f}")
    return tuple(found)


def front_of(heads: Mapping[float, float] | list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the trade-off's front: the pairs (reach, likeness) that no other pair beats in both, by rising reach."""
    pairs = list(heads.items()) if hasattr(heads, "items") else list(heads)
    kept: list[tuple[float, float]] = []
    for reach, likeness in sorted(pairs, key=lambda p: (-p[0], -p[1])):
        if not kept or likeness > kept[-1][1]:
            kept.append((float(reach), float(likeness)))
    return tuple(reversed(kept))


def _median(lab: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32] | None:
    if where.sum() < LEAST * where.size:
        return None
    return np.asarray(np.median(lab[where], axis=0), np.float32)


def _apart(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> float | None:
    return None if one is None or other is None else float(np.linalg.norm(one - other))
