"""One hunt: steps through styles towards what is hoped for, on a linear model that every head drawn corrects.

Moves are tied: the four coarse resolutions go together, and apart only at a price (`TIE`), since turned heads whose
resolutions disagree fool the judges with faces nobody would take for one. Expressions need them loose.

The model starts as the neighbourhood of the master and is corrected by all heads drawn near the best one (kernel ridge
regression on what it got wrong).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.search import COARSE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from charforge.backends.portrait.search import Around
    from charforge.backends.portrait.views import Hope, View, Viewer

    Doubles = NDArray[np.float64]

TIE = 0.9
"""Correlation of the four resolutions' moves."""
STEP = 0.3
"""Spread of the heads that are drawn to learn."""
NEAR, SMOOTH = 5.0, 4.0
"""How far heads count for the model, and its ridge."""


def tied(size: int) -> Doubles:
    """Return the matrix that makes moves of tied numbers: equal for all resolutions at the least price."""
    count = len(COARSE)
    values, vectors = np.linalg.eigh(np.eye(count) * (1 - TIE) + TIE)
    return np.kron(vectors @ np.diag(np.sqrt(values)) @ vectors.T, np.eye(size))


@dataclass(slots=True)
class Trail:
    """All heads drawn around one master, and the model of them."""

    around: Around
    viewer: Viewer
    base: View
    slopes: Doubles
    """(moves, numbers) of the neighbourhood, in tied moves."""
    ties: Doubles
    heads: list[View] = field(default_factory=list)
    drawn: int = 0
    tick: Callable[[], None] = lambda: None

    def loosened(self) -> Trail:
        """Return a trail whose resolutions move each for itself, with the same neighbourhood and no heads yet."""
        slopes = np.asarray(np.linalg.solve(self.ties, self.slopes), np.float64)
        return Trail(self.around, self.viewer, self.base, slopes, np.eye(len(self.ties)), tick=self.tick)

    def style(self, move: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the style of a tied move, (8, 512)."""
        return self.around.moved((self.ties @ move).astype(np.float32))

    def draw(self, move: NDArray[np.floating]) -> View | None:
        """Sketch and measure a move; None when there is no face."""
        self.tick()
        self.drawn += 1
        view = self.viewer.view(self.style(move), move.astype(np.float32))
        if view is not None:
            self.heads.append(view)
        return view

    def solve(self, best: View, hope: Hope, steps: int) -> View:
        """Go where the model says the hope is met, as far as it has been right lately; return the best head."""
        trust = 1.0
        for _ in range(steps):
            found = self._better(best, hope, best.move + trust * self._step(self._model(best, hope), best, hope))
            trust = trust * 0.4 if found is None else min(1.0, trust * 1.5)
            best = found or best
        return best

    def learn(self, best: View, hope: Hope, heads: int, seed: int) -> View:
        """Draw heads evenly around the best one, for the model's sake; return the best of all."""
        size = len(self.ties)
        directions, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
        start = best.move
        for number in range(heads):
            move = start + directions[number % size] * np.sqrt(size) * STEP
            best = self._better(best, hope, move) or best
        return best

    def vary(self, best: View, hope: Hope, tries: int, seed: int) -> View:
        """Try steps the model thinks harmless, every fourth leaning towards the hope; return the best head."""
        chance, reach = np.random.default_rng(seed), 0.5
        for number in range(tries):
            model = self._model(best, hope)
            values, vectors = np.linalg.eigh(model @ model.T + hope.ridge * np.eye(len(model)))
            noise = (vectors / np.sqrt(values + 1e-3)) @ chance.normal(size=len(values))
            step = noise * reach * np.sqrt(max(hope.cost(best), 1e-3) / len(noise))
            if number % 4 == 0:
                step = step / 2 + self._step(model, best, hope) * chance.uniform(0.2, 0.8)
            found = self._better(best, hope, best.move + step)
            reach = max(0.1, reach * 0.97) if found is None else min(1.5, reach * 1.15)
            best = found or best
        return best

    def _better(self, best: View, hope: Hope, move: Doubles) -> View | None:
        view = self.draw(move)
        return view if view is not None and hope.cost(view) < hope.cost(best) else None

    def _model(self, best: View, hope: Hope) -> Doubles:
        """Return the slopes of what is hoped for at the best head, weighted; (moves, numbers that count)."""
        used = np.flatnonzero(hope.weight > 0)
        slopes = self.slopes[:, used]
        away = [h.move - best.move for h in self.heads]
        near = [i for i, a in enumerate(away) if 1e-9 < a @ a < (2.2 * NEAR) ** 2]
        if near:
            moves = np.array([away[i] for i in near], np.float64)
            wrong = np.array([self.heads[i].numbers[used] - best.numbers[used] for i in near]) - moves @ slopes
            doubt = SMOOTH * np.exp((moves**2).sum(1) / (2 * NEAR**2))
            slopes = slopes + moves.T @ np.linalg.solve(moves @ moves.T + np.diag(doubt), wrong)
        return np.asarray(slopes * hope.weight[used], np.float64)

    def _step(self, model: Doubles, best: View, hope: Hope) -> Doubles:
        used = np.flatnonzero(hope.weight > 0)
        away = (best.numbers[used] - hope.target[used]) * hope.weight[used]
        curve = model @ model.T + hope.ridge * np.eye(len(model))
        return np.asarray(-np.linalg.solve(curve, model @ away + hope.ridge * best.move))
