"""Where styles vary, and the directions a naive model moves along: measured once, shipped beside this file.

`basis.npz` holds, all float32: `mean` (512), the mean of the styles of seeds 0 to 499; `parts` (48, 512) and `spread`
(48), the first principal components of 2,000 styles and their standard deviations at truncation 0.7; `turn` (512) and
one vector an expression, the change of style that goes with one degree of turn or with the whole expression in 400
drawn heads (ridge regression). Made by `fit` below, from the generator and 478 landmarks alone.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.network import WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from charforge.backends.portrait.network import Network
    from charforge.backends.protocols import Landmarks, Vector

COMPONENTS = 48
EXPRESSIONS = {
    "happy": ("mouthSmileLeft", "mouthSmileRight"),
    "surprised": ("browInnerUp", "jawOpen", "eyeWideLeft", "eyeWideRight"),
    "sad": ("mouthFrownLeft", "mouthFrownRight"),
    "focused": ("browDownLeft", "browDownRight"),
}
"""Which strengths an expression is read from when directions are fitted."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Styles as the generator's own population has them."""

    mean: Vector
    parts: NDArray[np.float32]
    spread: Vector
    directions: dict[str, Vector] = field(default_factory=dict)

    def step(self, amounts: NDArray[np.float32]) -> Vector:
        """Return the change of style for standard deviations along each component."""
        return np.asarray((amounts * self.spread) @ self.parts, np.float32)

    def truncated(self, style: Vector, truncation: float) -> Vector:
        """Return a style drawn towards the mean; 1 leaves it, 0 is the mean."""
        return np.asarray(self.mean + np.float32(truncation) * (style - self.mean), np.float32)


@cache
def shipped() -> Basis:
    """Return the basis that is part of the package."""
    raw = files("charforge.backends.portrait").joinpath("basis.npz").read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
        known = {name: stored[name].astype(np.float32) for name in stored.files}
    directions = {n: v for n, v in known.items() if n not in ("mean", "parts", "spread")}
    return Basis(known["mean"], known["parts"], known["spread"], directions)


@cache
def digest() -> str:
    """Return the sha256 of the shipped basis."""
    return hashlib.sha256(files("charforge.backends.portrait").joinpath("basis.npz").read_bytes()).hexdigest()


def fit(network: Network, look: Callable[[Vector], Landmarks | None], seeds: Iterable[int] = range(400)) -> Basis:
    """Measure the basis anew; `look` draws a style and returns its landmarks."""
    mean = np.asarray(np.mean([network.style(s) for s in range(500)], axis=0, dtype=np.float64), np.float32)
    cloud = 0.7 * (np.stack([network.style(s) for s in range(3000, 5000)]) - mean)
    parts = np.linalg.svd(cloud, full_matrices=False)[2][:COMPONENTS].astype(np.float32)
    spread = (cloud @ parts.T).std(0).astype(np.float32)
    basis = Basis(mean, parts, spread)
    styles, seen = [], []
    for seed in seeds:
        style = basis.truncated(network.style(seed), 0.6)
        marks = look(style)
        if marks is not None:
            styles.append((style - mean) @ parts.T / spread)
            seen.append(
                [marks.turn, *(np.mean([marks.blendshapes[n] for n in names]) for names in EXPRESSIONS.values())]
            )
    z, read = np.array(styles), np.array(seen)
    slopes = np.linalg.solve(z.T @ z + 60 * np.eye(COMPONENTS), z.T @ (read - read.mean(0)))
    directions = {}
    for name, slope in zip(("turn", *EXPRESSIONS), slopes.T, strict=True):
        whole = 1.0 if name == "turn" else 0.6
        directions[name] = basis.step((slope / (slope @ slope) * whole).astype(np.float32))
    return Basis(mean, parts, spread, directions)


def written(basis: Basis) -> bytes:
    """Return the content of ``basis.npz``."""
    out = io.BytesIO()
    arrays = {"mean": basis.mean, "parts": basis.parts, "spread": basis.spread, **basis.directions}
    assert all(a.shape[-1] in (WIDTH, COMPONENTS) for a in arrays.values())
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()
