"""Measures whether a repaired face looks pasted: its seam, grain, sharpness, colour, expression and pose.

Everything is compared with the same place in the picture before the repair, so that no figure rests on what a face
ought to look like. Lengths are in eye spans. Pure, but for OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.domain.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Landmarks

MESH = 468
RING = (0.78, 1.06)
"""The seam lies somewhere between these shares of the face's outline."""
SEAM = 1.25
"""How much steeper the ring's steepest slopes may become."""
GRAIN = (0.6, 1.6)
"""Grain and fine detail may change by these factors."""
COLOUR = 6.0
"""How much more the skin within may differ in colour from the skin around it (CIE 1976, over both halves)."""
MIME, POSE = 0.3, 6.0
"""Change of any watched expression strength, 0 to 1, and of the head's pose in degrees, that counts as harm."""
MIMED = (
    "jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthPucker", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookInLeft",
    "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookDownLeft", "eyeLookDownRight",
)  # fmt: skip


class Pasted(Value):
    """What a repair did to a picture besides whom it shows."""

    seam: float
    """Steepest slopes along the outline, after over before."""
    grain: float
    sharpness: float
    """After over before."""
    colour: float
    """By how much more the inside differs from the outside than before."""
    mime: float
    """Largest change of an expression strength."""
    pose: float
    """Largest change of turn, pitch or roll in degrees."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Return what of it would be seen."""
        wrong = {
            "seam": self.seam > SEAM,
            "grain": not GRAIN[0] <= self.grain <= GRAIN[1],
            "sharpness": not GRAIN[0] <= self.sharpness <= GRAIN[1],
            "colour": self.colour > COLOUR,
            "expression": self.mime > MIME,
            "pose": self.pose > POSE,
        }
        return tuple(name for name, found in wrong.items() if found)


SMALLEST = 12.0
"""Pixels between the eyes' outer corners below which nothing of all this can be measured."""
NAMED = {
    "seam": "an edge shows around it",
    "grain": "its grain is not the picture's",
    "sharpness": "it is not as sharp as the picture",
    "colour": "its colour is not that of the skin around it",
    "expression": "its expression is another",
    "pose": "the head moved",
}


@dataclass(frozen=True, slots=True)
class _Zones:
    ring: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    rims: tuple[tuple[NDArray[np.bool_], NDArray[np.bool_]], ...]
    """Left and right half of the band within the ring, and beyond it."""


def pasted(before: RGB, after: RGB, marks: Landmarks, then: Landmarks) -> Pasted:
    """Return what changed; `marks` are the face's landmarks before, `then` after."""
    zones, span = _zones(marks, before.shape[:2]), _span(marks)
    one, other = (p.astype(np.float32) for p in (before, after))
    ratios = [_ratio(measure(p, zones, span) for p in (one, other)) for measure in (_slopes, _grain, _detail)]
    strengths = [abs(then.blendshapes[n] - marks.blendshapes[n]) for n in MIMED]
    pose = max(abs(then.turn - marks.turn), abs(then.pitch - marks.pitch), abs(then.roll - marks.roll))
    colour = _step(after, zones) - _step(before, zones)
    return Pasted(
        seam=ratios[0], grain=ratios[1], sharpness=ratios[2], colour=colour, mime=max(strengths), pose=pose
    )  # fmt: skip


def shows(before: RGB, after: RGB, marks: Landmarks | None, then: Landmarks | None) -> str:
    """Return why a repaired face would be seen to be one, or nothing; what cannot be measured is not seen."""
    if marks is None or then is None or _span(marks) < SMALLEST or before.shape != after.shape:
        return ""
    faults = [NAMED[f] for f in pasted(before, after, marks, then).faults]
    return f"the repair would be seen: {' and '.join(faults)}" if faults else ""


def _ratio(values: object) -> float:
    before, after = values  # type: ignore[misc]
    return float((after + 0.05) / (before + 0.05))  # type: ignore[has-type]


def _span(marks: Landmarks) -> float:
    return float(np.linalg.norm(marks.points[33] - marks.points[263]))


def _zones(marks: Landmarks, size: tuple[int, int]) -> _Zones:
    import cv2

    hull = cv2.convexHull(marks.points[:MESH, :2].astype(np.float32))
    middle = hull.mean(0)

    def within(share: float) -> NDArray[np.bool_]:
        mask = np.zeros(size, np.uint8)
        cv2.fillConvexPoly(mask, np.round(middle + (hull - middle) * share).astype(np.int32), 1)
        return mask > 0

    inner, outer = (within(share) for share in RING)
    columns = np.arange(size[1])[None, :] < middle[0, 0]
    lower = np.arange(size[0])[:, None] > marks.points[[33, 263], 1].mean()
    # Above the eyes there is hair as often as skin: colours are compared along the cheeks and jaw.
    bands = [(within(0.82) & ~within(0.68) & lower, within(1.0) & ~within(0.9) & lower)]
    rims = tuple((a & half, b & half) for a, b in bands for half in (columns, ~columns))
    return _Zones(outer & ~inner, within(0.85), rims)


def _slopes(picture: NDArray[np.float32], zones: _Zones, span: float) -> float:
    import cv2

    grey = cv2.GaussianBlur(picture.mean(-1), (0, 0), max(0.8, 0.012 * span))
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *d) for d in ((1, 0), (0, 1)))
    return float(np.percentile(np.hypot(across, down)[zones.ring], 90))


def _grain(picture: NDArray[np.float32], zones: _Zones, _span: float) -> float:
    import cv2

    grey = picture.mean(-1)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.0)
    return float(np.median(np.abs(fine[zones.inside]))) * 1.4826


def _detail(picture: NDArray[np.float32], zones: _Zones, span: float) -> float:
    import cv2

    grey, size = picture.mean(-1), max(1.0, 0.01 * span)
    band = cv2.GaussianBlur(grey, (0, 0), size) - cv2.GaussianBlur(grey, (0, 0), 2 * size)
    inside = np.abs(band[zones.inside])
    return float(np.sqrt(np.mean(np.minimum(inside, np.percentile(inside, 98)) ** 2)))


def _step(picture: RGB, zones: _Zones) -> float:
    import cv2

    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    steps = [
        float(np.linalg.norm(np.median(lab[a], axis=0) - np.median(lab[b], axis=0)))
        for a, b in zones.rims
        if a.sum() > 20 and b.sum() > 20
    ]
    return max(steps, default=0.0)
