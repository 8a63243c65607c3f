"""One picture that a build made or was given, with everything that was measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.backends.portrait.casting import TARGETS
from charforge.domain.assets import Origin, Reach, Reference, Step
from charforge.domain.checks import Checked

if TYPE_CHECKING:
    from charforge.backends.portrait.casting import Held
    from charforge.backends.protocols import RGB, Vector
    from charforge.studio.building.bench import Scores

FOLDERS: dict[Step, str] = {
    "headshot": "headshot",
    "angle": "angles",
    "wardrobe": "wardrobes",
    "expression": "expressions",
    "id-photo": "id",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of the character."""

    name: str
    step: Step
    pixels: RGB
    origin: Origin
    made_from: str
    """The master, within the character's folder."""
    scores: Scores | None = None
    turn: float = 0.0
    pitch: float = 0.0
    expression: str | None = None
    wardrobe: str | None = None
    reach: Reach | None = None
    short: tuple[str, ...] = ()
    """What it falls short in; empty when it is as wished."""
    held: Held | None = None
    curve: tuple[tuple[float, float], ...] = ()
    checked: Checked | None = None
    seconds: float = 0.0
    drawn: int = 0
    style: Vector | None = None
    """Of the embedded generator, for the rig."""
    kept_as: str = ""
    """A file that is in the folder already, such as a photograph that was taken in."""

    @property
    def file(self) -> str:
        """Path within the character's folder; the stem is the pose's name."""
        if self.kept_as:
            return self.kept_as
        folder = f"{FOLDERS[self.step]}/{self.wardrobe}" if self.step == "wardrobe" else FOLDERS[self.step]
        return f"{folder}/{self.name}.webp"

    def reference(self) -> Reference:
        """Return how the character's file names it."""
        return Reference(
            file=self.file,
            step=self.step,
            turn=None if self.step == "id-photo" else float(round(self.turn)),
            pitch=float(round(self.pitch)) if abs(self.pitch) >= PITCHED else None,
            expression=self.expression,
            wardrobe=self.wardrobe,
            reach=self.reach,
            made_from=self.made_from or None,
            score=None if self.scores is None else round(self.scores.first, 3),
            second=None if self.scores is None else round(self.scores.second, 3),
            origin=self.origin,
        )


PITCHED = 8.0
"""Degrees from which a head counts as raised or lowered; less is how people hold it."""
BY_NAME = {target.name: target for target in TARGETS}
