"""Says whether a found head is what was wished for: pose, expression, both judges, and colours that hold.

Colours are taken in CIE Lab (D65) of three regions: the median of the face within its outline and of hair above the
forehead, the mean of what the person wears at the picture's lower edge. Their differences are CIE94's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.basis import EXPRESSIONS
from charforge.backends.portrait.people import Held
from charforge.backends.portrait.views import mimic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from charforge.backends.portrait.people import Target
    from charforge.backends.protocols import RGB, Alpha, Landmarks

NEAR = 5.0
"""Degrees within which an angle counts as reached."""
WIDE = 50.0
"""Degrees beyond which a head counts as turned to a profile, as far as identity holds."""
FULL: dict[str, tuple[tuple[float, float, float, float], float]] = {
    "happy": ((0.0, 0.0, 0.0, 0.0), 1.0),
    "surprised": ((0.0, 5.0, 5.0, 0.0), 0.0),
    "sad": ((-10.0, 8.0, -4.0, 0.0), 0.0),
    "focused": ((0.0, -12.0, 0.0, -12.0), 0.0),
}
"""What an expression's strength is made of: the face's `MIMIC`, and the mean smile; 1 over the master is all of it.

Brows a tenth of the eye span higher are surprise; sad are lower corners and brows raised inside; focused, brows drawn
down and together.
"""
SHOWN = 0.45
"""Least rise over the master of an expression's strength."""
LIMITS = Held(hair=9.0, skin=6.0, garment=20.0)
"""Largest colour differences that count as held: about what a quarter of pairs of strangers stay under in each."""
SIDE = 256
"""Side of the pictures that colours are taken from."""
PERSON = 0.8
UNLIKE = 12.0
"""How far in Lab a garment's colour is from hair; from skin without its lightness, as necks lie in shadow."""
LEAST = 0.002
"""Share of the picture under which a region is not in view."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Median Lab colours of a head's regions; None where one is not in view."""

    hair: NDArray[np.float32] | None
    skin: NDArray[np.float32] | None
    garment: NDArray[np.float32] | None


def strength(expression: str, marks: Landmarks) -> float:
    """Return how strong an expression is; 1 more than in the calm master is all of it."""
    parts, smile = FULL[expression]
    smiling = np.mean([marks.blendshapes[n] for n in EXPRESSIONS["happy"]])
    return float(mimic(marks.points) @ np.array(parts) + smile * smiling)


def colours(pixels: RGB, matte: Alpha, marks: Landmarks, like: Colours | None = None) -> Colours:
    """Return the colours of a head; what is worn is told from hair and skin by those of `like`, or else its own."""
    import cv2

    lab, person = _small(pixels, matte)
    points = marks.points[:, :2] * (SIDE / pixels.shape[0])
    inner = np.zeros((SIDE, SIDE), np.uint8)
    hull = cv2.convexHull(points)
    cv2.fillConvexPoly(inner, (hull.mean(0) + 0.8 * (hull - hull.mean(0))).astype(np.int32), 1)
    height = float(np.linalg.norm(points[10] - points[152]))
    rows = np.mgrid[:SIDE, :SIDE][0]
    hair = _middle(lab, person & (rows < points[10, 1] - 0.08 * height), np.median)
    skin = _middle(lab, inner > 0, np.median)
    known = like or Colours(hair, skin, None)
    return Colours(hair, skin, _middle(lab, worn(pixels, matte, marks, known), np.mean))


def worn(pixels: RGB, matte: Alpha, marks: Landmarks, like: Colours) -> NDArray[np.bool_]:
    """Return where the person's garment is, (SIDE, SIDE): below the chin, and unlike hair and skin, shaded or not."""
    import cv2

    lab, person = _small(pixels, matte)
    points = marks.points[:, :2] * (SIDE / pixels.shape[0])
    oval = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillConvexPoly(oval, cv2.convexHull(points).astype(np.int32), 1)
    height = float(np.linalg.norm(points[10] - points[152]))
    low = np.mgrid[:SIDE, :SIDE][0] > max(points[152, 1] + 0.02 * height, 0.93 * SIDE)
    found = person & (oval == 0) & low
    if like.hair is not None:
        found &= np.linalg.norm(lab - like.hair, axis=2) > UNLIKE
    if like.skin is not None:
        found &= np.linalg.norm((lab - like.skin)[..., 1:], axis=2) > UNLIKE
    return np.asarray(found)


def held(master: Colours, found: Colours) -> Held:
    """Return how far a head's colours are from the master's."""
    return Held(*(_apart(getattr(master, n), getattr(found, n)) for n in ("hair", "skin", "garment")))


def missed(  # noqa: PLR0913 - everything a head is graded by
    target: Target,
    marks: Landmarks,
    base: Landmarks,
    *,
    scores: tuple[float, float],
    bars: tuple[float, float],
    kept: Held,
) -> dict[str, str]:
    """Return what a head falls short in: the part (a key of `measures.CHANNELS`, `second` or `worn`) and in words."""
    found = _pose_missed(target, marks)
    if target.expression in FULL:
        rise = strength(target.expression, marks) - strength(target.expression, base)
        if rise < SHOWN:
            found["shapes"] = f"{target.expression} by {rise:.2f}, not {SHOWN:.2f}"
    for part, which, score, bar in zip(("face", "second"), ("first", "second"), scores, bars, strict=True):
        if score < bar:
            found[part] = f"{which} judge {score:.2f} under {bar:.2f}"
    for part, region in (("hair", "hair"), ("skin", "skin"), ("worn", "garment")):
        apart, limit = getattr(kept, region), getattr(LIMITS, region)
        if apart is not None and apart > limit:
            found[part] = f"{region} colour {apart:.0f} off, more than {limit:.0f}"
    return found


def _pose_missed(target: Target, marks: Landmarks) -> dict[str, str]:
    found = []
    if target.turn is not None and target.open_ended:
        if abs(marks.turn) < WIDE or marks.turn * target.turn < 0:
            found.append(f"turned {marks.turn:.1f} degrees, not {WIDE:.0f}")
    elif target.turn is not None and abs(marks.turn - target.turn) > NEAR:
        found.append(f"turned {marks.turn:.1f} degrees, not {target.turn:.0f}")
    if target.pitch is not None and abs(marks.pitch - target.pitch) > NEAR:
        found.append(f"chin up {marks.pitch:.1f} degrees, not {target.pitch:.0f}")
    return {"pose": "; ".join(found)} if found else {}


def lack(target: Target, marks: Landmarks, base: Landmarks) -> float:
    """Return how much of the pose or expression is missing, 0 when it is shown; 1 is 10 degrees or as much strength."""
    if target.expression in FULL:
        rise = strength(target.expression, marks) - strength(target.expression, base)
        return max(0.0, SHOWN * 1.1 - rise)
    turn = target.turn or 0.0
    if target.open_ended:
        off = max(0.0, WIDE + 2 - marks.turn * float(np.sign(turn)))
    else:
        off = max(0.0, abs(marks.turn - turn) - NEAR + 1)
    if target.pitch is not None:
        off += max(0.0, abs(marks.pitch - target.pitch) - NEAR + 1)
    return off / 10


def front_of(heads: Mapping[float, float] | list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the trade-off's front: the pairs (reach, likeness) that no other pair beats in both, by rising reach."""
    pairs = list(heads.items()) if hasattr(heads, "items") else list(heads)
    kept: list[tuple[float, float]] = []
    for reach, likeness in sorted(pairs, key=lambda p: (-p[0], -p[1])):
        if not kept or likeness > kept[-1][1]:
            kept.append((float(reach), float(likeness)))
    return tuple(reversed(kept))


def _small(pixels: RGB, matte: Alpha) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the picture in Lab and where the person is, both at SIDE."""
    import cv2

    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    person = cv2.resize(matte.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(lab, np.float32), np.asarray(person > PERSON)


def _middle(
    lab: NDArray[np.float32], where: NDArray[np.bool_], of: Callable[..., NDArray[np.float32]]
) -> NDArray[np.float32] | None:
    if where.sum() < LEAST * where.size:
        return None
    return np.asarray(of(lab[where], axis=0), np.float32)


def _apart(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> float | None:
    if one is None or other is None:
        return None
    light = float(one[0] - other[0])
    chroma, there = (float(np.hypot(*c[1:])) for c in (one, other))
    hue = max(float(((one[1:] - other[1:]) ** 2).sum()) - (chroma - there) ** 2, 0.0)
    mean = (chroma * there) ** 0.5
    return float((light**2 + ((chroma - there) / (1 + 0.045 * mean)) ** 2 + hue / (1 + 0.015 * mean) ** 2) ** 0.5)
