"""Which part of a card the camera ever sees, and where a card's pixels land in the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.animatic.camera import NEAREST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.animatic.camera import Path, Pose

    Affine = NDArray[np.float64]

SAMPLES = 9
SPARE = 0.03
"""Kept around what is seen, in frame heights, for held-camera drift and moving people."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of the picture in pixels."""

    width: int
    height: int

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a card at working size."""

    left: float
    top: float
    """Of the first pixel's corner, in plate heights from the plate's centre."""
    width: int
    height: int
    """In pixels, even."""
    grain: float
    """Pixels in one plate height."""
    depth: float

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Return where a card point lies on the working picture."""
        return (x - self.left) * self.grain - 0.5, (y - self.top) * self.grain - 0.5

    def placed(self, pose: Pose, frame: Frame, drift: tuple[float, float] = (0.0, 0.0)) -> Affine:
        """Return the map from pixels of this window to pixels of the frame, (2, 3)."""
        near = pose.zoom / max(self.depth - pose.dolly, NEAREST)
        size = near * self.depth / self.grain
        offset = np.array(
            [
                near * (self.depth * (self.left + 0.5 / self.grain) - pose.truck[0]) - pose.shift[0] - drift[0],
                near * (self.depth * (self.top + 0.5 / self.grain) - pose.truck[1]) - pose.shift[1] - drift[1],
            ]
        )
        turn = np.radians(pose.roll)
        roll = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        middle = np.array([frame.width / 2 - 0.5, frame.height / 2 - 0.5])
        return np.column_stack([roll * size * frame.height, roll @ offset * frame.height + middle])


def window(
    path: Path, frame: Frame, depth: float, content: tuple[float, float, float, float] | None = None
) -> Window | None:
    """Return what is ever seen of a card at this depth; None when it is never in the frame.

    `content` is left, top, right, bottom in plate heights from the centre; None stands for an endless card.
    """
    poses = [p for p in (path.at(t / (SAMPLES - 1)) for t in range(SAMPLES)) if depth - p.dolly > NEAREST]
    if not poses:
        return None
    seen = np.array([_seen(p, frame, depth) for p in poses])
    left, top = seen[:, :2].min(0)
    right, bottom = seen[:, 2:].max(0)
    if content is not None:
        left, top = max(left, content[0]), max(top, content[1])
        right, bottom = min(right, content[2]), min(bottom, content[3])
    grain = max(p.scale(depth) for p in poses) * frame.height
    width, height = int((right - left) * grain) // 2 * 2, int((bottom - top) * grain) // 2 * 2
    if width < 4 or height < 4:
        return None
    return Window(float(left), float(top), width, height, float(grain), depth)


def _seen(pose: Pose, frame: Frame, depth: float) -> tuple[float, float, float, float]:
    near = pose.zoom / (depth - pose.dolly)
    turn = abs(np.radians(pose.roll))
    half = np.array(
        [
            frame.aspect / 2 * np.cos(turn) + 0.5 * np.sin(turn) + SPARE,
            frame.aspect / 2 * np.sin(turn) + 0.5 * np.cos(turn) + SPARE,
        ]
    )
    middle, truck = np.array(pose.shift), np.array(pose.truck)
    low, high = ((middle + side * half) / near + truck for side in (-1, 1))
    return (*(low / depth), *(high / depth))
