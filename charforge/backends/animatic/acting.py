"""What keeps people alive between lines: blinks, breath and the small movements of a head; all from the seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

BLINK = (1, 2, 2, 1)
"""Lid by frame at 24 fps: 0 open, 1 half, 2 closed. Source: human blinks last 100 to 200 ms."""


@dataclass(frozen=True, slots=True)
class Alive:
    """One person's small movements."""

    seed: int
    fps: float

    def blinks(self, frames: int) -> tuple[int, ...]:
        """Return the lid of each frame, 0 open to 2 closed; a blink every 3 to 5 seconds."""
        chance = np.random.default_rng([self.seed, 1])
        lids = [0] * frames
        stretch = max(1, round(self.fps / 24))
        when = chance.uniform(0.8, 3.2)
        while when * self.fps < frames:
            for i, lid in enumerate(lid for lid in BLINK for _ in range(stretch)):
                at = int(when * self.fps) + i
                if at < frames:
                    lids[at] = lid
            when += chance.uniform(3.0, 5.0)
        return tuple(lids)

    def breath(self, frame: int) -> float:
        """Return how far the chest is raised, 0 to 1; about 15 breaths a minute."""
        phase, rate = self._phases()[0], 0.25
        return 0.5 - 0.5 * math.cos(2 * math.pi * (rate * frame / self.fps) + phase)

    def sway(self, frame: int, talking: float = 0.0) -> tuple[float, float, float]:
        """Return the head's step right and down in head heights, and its lean in degrees; livelier while talking."""
        t, (_, a, b, c, d) = frame / self.fps, self._phases()
        size = 1 + 0.8 * talking
        right = 0.004 * math.sin(2 * math.pi * 0.11 * t + a) + 0.002 * math.sin(2 * math.pi * 0.31 * t + b)
        down = 0.0025 * math.sin(2 * math.pi * 0.17 * t + c) + 0.0035 * talking * math.sin(2 * math.pi * 0.9 * t + d)
        lean = 0.35 * math.sin(2 * math.pi * 0.13 * t + b) + 0.3 * size * math.sin(2 * math.pi * 0.27 * t + c)
        return right * size, down, lean

    def _phases(self) -> tuple[float, float, float, float, float]:
        a, b, c, d, e = np.random.default_rng([self.seed, 2]).uniform(0, 2 * math.pi, 5)
        return float(a), float(b), float(c), float(d), float(e)


def drift(frame: int, fps: float, seed: int) -> tuple[float, float]:
    """Return how a steadily held camera wanders, right and down, in frame heights."""
    a, b, c, d = np.random.default_rng([seed, 3]).uniform(0, 2 * math.pi, 4)
    t = frame / fps
    right = 0.0011 * math.sin(2 * math.pi * 0.19 * t + a) + 0.0006 * math.sin(2 * math.pi * 0.47 * t + b)
    down = 0.0009 * math.sin(2 * math.pi * 0.23 * t + c) + 0.0005 * math.sin(2 * math.pi * 0.53 * t + d)
    return right, down
