"""What a hunt sees of a sketched head: all that a search sees, the second judge's view, and what is worn.

The numbers are those of `measures`, then the second judge's embedding, colours of 16 cells along the lower edge, and
the `MIMIC` of the face, ten times the eye span: strengths of expressions hardly change near a calm face, points do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.measures import GRID, LENGTH, PARTS, measure_half

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from charforge.backends.portrait.search import Wish
    from charforge.backends.protocols import RGB, FaceBackend, LandmarkBackend, Landmarks, Vector

    Floats = NDArray[np.float32]

EDGE = 16
"""Cells along the lower edge."""
MIMIC = ("corners", "inner brows", "outer brows", "between brows")
"""How far the mouth's corners stand over the lips' middle, the brows over the eyes, and the brows apart."""


@dataclass(frozen=True, slots=True)
class View:
    """A sketched head and what was measured on it."""

    numbers: Floats
    marks: Landmarks
    first: Vector
    second: Vector
    move: Floats
    """From the master, in the hunt's own units."""


@dataclass(frozen=True, slots=True)
class Hope:
    """What a head shall measure and how much each number matters."""

    target: Floats
    weight: Floats
    ridge: float
    """Price of moving away from the master."""

    def cost(self, view: View) -> float:
        """Return how far a head is from what is hoped for."""
        away = (view.numbers - self.target) * self.weight
        return float(away @ away + self.ridge * view.move @ view.move)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Draws sketches and measures them with both judges."""

    draw: Callable[[Vector], RGB]
    face: FaceBackend
    judge: FaceBackend
    landmark: LandmarkBackend

    def view(self, style: Vector, move: Floats) -> View | None:
        """Return what is seen of a style; None when there is no measurable face."""
        half = self.draw(style)
        seen = measure_half(half, half, self.face, self.landmark)
        if seen is None:
            return None
        second = self.judge.embed(half, seen.found)
        worn = seen.numbers[PARTS["grid"]].reshape(GRID, GRID, 3)[-3:].mean(0).reshape(EDGE, -1, 3).mean(1)
        numbers = np.concatenate([seen.numbers, second, worn.ravel(), mimic(seen.marks.points) * 10])
        return View(numbers.astype(np.float32), seen.marks, seen.face, second, np.asarray(move, np.float32))


def mimic(points: Floats) -> Floats:
    """Return MIMIC of (478, 3) points, in distances between the outer eye corners."""
    flat = points[:, :2].astype(np.float64)
    span = max(float(np.linalg.norm(flat[33] - flat[263])), 1e-6)
    up = flat[10] - flat[152]
    height = flat @ (up / max(float(np.linalg.norm(up)), 1e-6)) / span
    pairs = (((61, 291), (0, 17)), ((55, 285), (133, 362)), ((105, 334), (33, 263)))
    heights = [height[list(over)].mean() - height[list(under)].mean() for over, under in pairs]
    return np.array([*heights, float(np.linalg.norm(flat[55] - flat[285])) / span], np.float32)


def hoped(wish: Wish, base: View, *, second: float, worn: float, ridge: float) -> Hope:
    """Return a search's wish as a hunt's; the second judge and what is worn take part with these weights."""
    extra = np.full(len(base.second), second), np.full(EDGE * 3, worn), np.zeros(len(MIMIC))
    weight = np.concatenate([wish.weight, *extra])
    target = np.concatenate([wish.target, base.numbers[LENGTH:]])
    return Hope(target.astype(np.float32), weight.astype(np.float32), ridge)
