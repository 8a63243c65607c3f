"""One person on the plate: made ready once, then posed and drawn frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.animatic.speech import Mouth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.animatic.acting import Alive
    from charforge.backends.animatic.camera import Pose
    from charforge.backends.animatic.cards import Canvas, Card
    from charforge.backends.animatic.window import Frame, Window

    Affine = NDArray[np.float64]

BREATH = 0.008
"""How far a chest rises, in head heights."""


@dataclass(slots=True)
class Actor:
    """Cards and schedules of one person; `draw` changes the head card's face in place."""

    who: str
    window: Window
    body: Card | None
    head: Card
    chin: tuple[float, float]
    size: float
    """Head height in pixels of the window."""
    alive: Alive
    mouths: tuple[Mouth, ...] = ()
    lids: tuple[int, ...] = ()
    states: dict[Mouth | int, Card] = field(default_factory=dict)
    """Drawn states of mouth (Mouth) and eyes (int)."""
    _shown: dict[str, Mouth | int] = field(default_factory=lambda: {"mouth": Mouth(), "eyes": 0})

    def draw(self, canvas: Canvas, pose: Pose, frame: Frame, number: int, drift: tuple[float, float]) -> None:
        """Draw the person as they are in frame `number`."""
        placed = self.window.placed(pose, frame, drift)
        mouth = self.mouths[number] if number < len(self.mouths) else Mouth()
        self._show("mouth", mouth)
        self._show("eyes", self.lids[number] if number < len(self.lids) else 0)
        lift = BREATH * self.size * (self.alive.breath(number) - self.alive.breath(0))
        if self.body is not None:
            canvas.merge(self.body, _after(placed, self._breathing(lift)))
        canvas.merge(self.head, _after(placed, self._swaying(number, lift)))

    def _show(self, part: str, state: Mouth | int) -> None:
        if state == self._shown[part] or state not in self.states:
            return
        self.head.paste(self.states[state])
        self._shown[part] = state

    def _breathing(self, lift: float) -> Affine:
        """Stretch the body upwards from its lower edge so that the chin's row rises by `lift`."""
        below = max(self.window.height - self.chin[1], self.size)
        grown = 1 + lift / below
        foot = self.chin[1] + below
        return np.array([[1, 0, 0], [0, grown, foot - grown * foot], [0, 0, 1]], np.float64)

    def _swaying(self, number: int, lift: float) -> Affine:
        talking = sum(m.level for m in self.mouths[max(0, number - 12) : number + 1]) / (13 * 3)
        now, first = self.alive.sway(number, min(1.0, talking)), self.alive.sway(0)
        right, down = ((now[i] - first[i]) * self.size for i in (0, 1))
        turn = np.radians(now[2] - first[2])
        pivot = (self.chin[0], self.chin[1] + 0.12 * self.size)
        cos, sin = np.cos(turn), np.sin(turn)
        return np.array(
            [
                [cos, -sin, pivot[0] - cos * pivot[0] + sin * pivot[1] + right],
                [sin, cos, pivot[1] - sin * pivot[0] - cos * pivot[1] + down - lift],
                [0, 0, 1],
            ],
            np.float64,
        )


def _after(placed: Affine, moved: Affine) -> Affine:
    return placed @ moved
