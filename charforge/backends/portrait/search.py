"""Finds styles that show what is wished for while everything else stays: the person first of all.

Around a base style, every measurement is modelled as linear in the style (fitted to random neighbours once).
A search then solves for the wish, draws the answer, corrects the model by what it saw (Broyden 1965) and solves again;
what is left of its budget goes into random steps shaped by the model, so that they change the person least.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.measures import LENGTH, PARTS
from charforge.backends.portrait.network import spread
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from charforge.backends.portrait.basis import Basis
    from charforge.backends.portrait.measures import Eye, Measured
    from charforge.backends.protocols import Vector

    Floats = NDArray[np.float32]
    Tick = Callable[[int, int], None]

COARSE = (0, 1, 2, 3)
"""Levels a search moves: up to 32 pixels, where pose and shape are made. Colour and texture stay as they are."""
STEP = 0.3
"""Spread of the random neighbours, in standard deviations of each component."""
SMOOTHING = 0.3
"""Ridge of the linear model, as a share of its data."""


def _quiet(_done: int, _total: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class Budget:
    """How many heads may be drawn, from which randomness, and whom to tell."""

    seed: int
    neighbours: int = 0
    """Heads to fit the linear model to."""
    solves: int = 0
    tries: int = 0
    tick: Tick = _quiet


@dataclass(slots=True)
class Wish:
    """What a head shall measure and how much each number matters."""

    target: Floats
    weight: Floats
    ridge: float = 0.01
    """Price of moving the style."""

    def cost(self, numbers: Floats, move: Floats) -> float:
        """Return how far a head is from the wish."""
        return float(np.sum(((numbers - self.target) * self.weight) ** 2) + self.ridge * np.dot(move, move))


@dataclass(slots=True)
class Around:
    """A linear model of everything measured, around one style."""

    style: Floats
    """(8, 512)."""
    base: Measured
    slopes: Floats
    """(moves, LENGTH): change of each measurement for one standard deviation of each component."""
    basis: Basis

    def moved(self, move: Floats) -> Floats:
        """Return the style after a move, (8, 512)."""
        style = self.style.copy()
        for row, level in enumerate(COARSE):
            size = len(self.basis.spread)
            style[level] += self.basis.step(move[row * size : (row + 1) * size])
        return style


@dataclass(slots=True)
class Found:
    """The best head of a search."""

    move: Floats
    style: Floats
    seen: Measured
    cost: float
    drawn: int
    likeness: float
    """Similarity to the base by the guiding face model."""
    trace: list[float] = field(default_factory=list)


def explore(style: Vector, basis: Basis, eye: Eye, budget: Budget, known: Floats | None = None) -> Around:
    """Draw random neighbours of a style and fit the linear model; raise RenderFailed when no face is in the style.

    `known` are slopes from elsewhere, which the neighbours then only correct.
    """
    base = eye.see(style)
    if base is None:
        message = "there is no measurable face in this style"
        raise RenderFailed(message, "cast another seed")
    around = Around(spread(style), base, np.zeros((0, 0), np.float32), basis)
    size = len(COARSE) * len(basis.spread)
    moves, changes = [], []
    for number, move in enumerate(directions(size, budget.neighbours, budget.seed)):
        budget.tick(number, budget.neighbours)
        seen = eye.see(around.moved(move))
        if seen is not None:
            moves.append(move)
            changes.append(seen.numbers - base.numbers)
    z, change = np.array(moves, np.float64), np.array(changes, np.float64)
    ridge = SMOOTHING * STEP**2 * len(moves)
    if known is not None:
        change -= z @ known
    slopes = np.linalg.solve(z.T @ z + ridge * np.eye(size), z.T @ change)
    around.slopes = (slopes if known is None else known + slopes).astype(np.float32)
    return around


def search(around: Around, wish: Wish, eye: Eye, budget: Budget, start: Floats | None = None) -> Found:
    """Return the best head for a wish after the budget's solutions and random steps."""
    hunt = _Hunt(around, wish, eye, start)
    whole = budget.solves + budget.tries
    for number in range(budget.solves):
        budget.tick(number, whole)
        hunt.solve()
    chance = np.random.default_rng(budget.seed)
    shape = hunt.shape()
    for number in range(budget.tries):
        budget.tick(budget.solves + number, whole)
        hunt.vary(chance, shape, number)
    likeness = float(np.dot(hunt.seen.face, around.base.face))
    return Found(hunt.move, around.moved(hunt.move), hunt.seen, hunt.cost, hunt.drawn, likeness, hunt.trace)


class _Hunt:
    """One search as it goes."""

    def __init__(self, around: Around, wish: Wish, eye: Eye, start: Floats | None) -> None:
        self._around, self._wish, self._eye = around, wish, eye
        self._used = np.flatnonzero(wish.weight > 0)
        self._weight = wish.weight[self._used].astype(np.float64)
        self._slopes = around.slopes[:, self._used].astype(np.float64)
        self.move = np.zeros(len(around.slopes), np.float32)
        self.seen, self.drawn, self._trust, self._reach = around.base, 0, 1.0, 0.5
        self.cost = wish.cost(around.base.numbers, self.move)
        self.trace = [self.cost]
        if start is not None:
            self._try(start)

    def solve(self) -> None:
        """Go where the model says the wish is met, as far as it has been right lately."""
        took = self._try(self.move + self._trust * self._step())
        self._trust = min(1.0, self._trust * 1.5) if took else self._trust * 0.4

    def vary(self, chance: np.random.Generator, shape: NDArray[np.float64], number: int) -> None:
        """Try a random step that the model thinks harmless; every fourth also leans towards the wish."""
        step = shape @ chance.normal(size=len(shape)) * self._reach * np.sqrt(max(self.cost, 1e-3) / len(shape))
        if number % 4 == 0:
            step = step / 2 + self._step() * chance.uniform(0.2, 0.8)
        took = self._try(self.move + step, learn=0.5)
        self._reach = self._reach * 1.15 if took else max(0.1, self._reach * 0.97)

    def shape(self) -> NDArray[np.float64]:
        """Return the matrix that turns even noise into noise the cost is equally indifferent to."""
        values, vectors = np.linalg.eigh(self._curvature())
        return np.asarray(vectors / np.sqrt(values + 1e-3))

    def _curvature(self) -> NDArray[np.float64]:
        pulled = self._slopes * self._weight
        return np.asarray(pulled @ pulled.T + self._wish.ridge * np.eye(len(pulled)))

    def _step(self) -> NDArray[np.float64]:
        away = (self.seen.numbers - self._wish.target)[self._used] * self._weight
        pull = (self._slopes * self._weight) @ away + self._wish.ridge * self.move
        return np.asarray(np.linalg.solve(self._curvature(), -pull))

    def _try(self, move: NDArray[np.float64] | Floats, learn: float = 1.0) -> bool:
        move = np.asarray(move, np.float32)
        seen = self._eye.see(self._around.moved(move))
        self.drawn += 1
        if seen is None:
            return False
        step = (move - self.move).astype(np.float64)
        surprise = (seen.numbers - self.seen.numbers)[self._used] - step @ self._slopes
        self._slopes += learn * np.outer(step, surprise) / (step @ step + 1e-6)
        cost = self._wish.cost(seen.numbers, move)
        self.trace.append(min(cost, self.cost))
        if cost >= self.cost:
            return False
        self.move, self.seen, self.cost = move, seen, cost
        return True


def no_weight() -> Floats:
    """Return weights that ask for nothing."""
    return np.zeros(LENGTH, np.float32)


def weigh(weight: Floats, **parts: float) -> None:
    """Set the weight of whole parts of the measurement."""
    for name, value in parts.items():
        weight[PARTS[name]] = value


def directions(size: int, count: int, seed: int) -> Floats:
    """Return `count` moves of spread STEP; each block of `size` is at right angles to one another."""
    chance = np.random.default_rng(seed)
    blocks: list[Floats] = []
    while len(blocks) * size < count:
        turned, _ = np.linalg.qr(chance.normal(size=(size, size)))
        blocks.append((turned * np.sqrt(size) * STEP).astype(np.float32))
    return np.concatenate(blocks)[:count]
