"""What a face judge's numbers mean: bars by pose, with the error rates they were measured at."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import yaml

from charforge.domain.value import Digest, Text, Value
from charforge.qa.pose import Pose, pose

if TYPE_CHECKING:
    from charforge.backends.protocols import FaceBackend


class Bar(Value):
    """The verification bar of one pose."""

    bar: float
    """At or above it, two faces are the same person."""
    far: float | None = None
    """Share of strangers at or above the bar; None where too few were measured."""
    frr: float | None = None
    """Share of the same people under the bar."""
    same: int = 0
    """Pairs of the same person behind `frr`."""
    different: int = 0
    """Pairs of strangers behind `far`."""


class Calibration(Value):
    """One judge's bars and the limits of what it can judge."""

    version: str
    """Changes whenever a number below does."""
    judge: str
    model: Digest | None = None
    """sha256 of the model file it belongs to."""
    made_on: Text = ""
    bars: dict[Pose, Bar]
    fix_band: float
    """A score this little under the bar is a near miss: worth repairing rather than a stranger."""
    stranger: float
    """Below it a face is not even a drifted likeness of the character, but somebody else."""
    smallest_eyes: float = 12.0
    """Eye distance in pixels below which a face cannot be scored."""
    widest_turn: float = 60.0
    """Degrees beyond which a face cannot be scored."""
    least_detail: float = 0.0
    """Detail (see `qa.quality`) below which a face is too blurred to be scored."""

    def bar(self, turn: float) -> float:
        """Return the bar for a head turned by so many degrees."""
        return self.bars[pose(turn)].bar


def calibrated(face: FaceBackend) -> Calibration:
    """Return the calibration shipped for a model that the backend's revision names, or one that says there is none.

    A calibration's file is named by the model's sha256; a revision names at least its first 12 digits.
    """
    shipped = resources.files("charforge.qa") / "calibrations"
    for file in sorted(shipped.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml") and file.name[:12] in face.revision:
            return Calibration.model_validate(yaml.safe_load(file.read_text("utf-8")))
    return uncalibrated(face)


def uncalibrated(face: FaceBackend) -> Calibration:
    """Return one flat bar, the backend's own default, for a judge nobody has measured."""
    bar = Bar(bar=face.bar)
    bars: dict[Pose, Bar] = {"frontal": bar, "three-quarter": bar, "profile": bar}
    return Calibration(
        version=f"uncalibrated-{face.name}", judge=face.name, bars=bars, fix_band=0.1, stranger=face.bar / 2
    )
