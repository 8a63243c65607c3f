"""What a face judge's numbers mean: two bars by pose and face size, with the error rates they were measured at.

At or above the *verification* bar it is this person; at or above the *likeness* bar the picture is good enough to keep.
`qa.fitting` makes calibrations from compared pairs; they are YAML files, whose version follows from what they say.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import Field

from charforge.documents.emit import emit
from charforge.domain.value import Digest, Text, Value
from charforge.errors import InputError, Problem
from charforge.qa.pose import FRONTAL, Pose, pose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from charforge.backends.protocols import FaceBackend

Rate = Annotated[float, Field(ge=0, le=1)]
Between = tuple[Rate, Rate]
"""The lower and the upper end of a 95 per cent interval, from other drawings of the same number of people."""
STRAIGHT = 10.0
"""Degrees up to which a head looks straight on: what it scores falls fast from there to a three-quarter view."""
AT_BAR, AT_LIKENESS, AT_MEDIAN = 50.0, 75.0, 90.0
"""Per cent at the verification bar, at the likeness bar, and of the median picture of the right person."""
WORDS = (
    (AT_LIKENESS, "surely the same person"),
    (AT_BAR, "this person, drifted"),
    (25.0, "somebody like this person"),
    (0.0, "somebody else"),
)
"""What a percentage means, from this many on."""


class Bar(Value):
    """The two bars of one pose, and what they rest on."""

    bar: float
    """At or above it, two faces are the same person."""
    likeness: float | None = None
    """At or above it, a picture is good enough to keep; None where too few were measured. Of the frontal pose: that of
    heads that look straight on."""
    far: Rate | None = None
    """Share of strangers at or above the bar; None where too few were measured."""
    far_between: Between | None = None
    frr: Rate | None = None
    """Share of the same people under the bar; None where too few were measured."""
    frr_between: Between | None = None
    kept: int = 0
    """Pairs of the same person behind `likeness`."""
    same: int = 0
    """Pairs of the same person behind `frr`."""
    different: int = 0
    """Pairs of strangers behind `far`."""
    people: int = 0
    """Identities behind both, which the intervals are drawn from."""
    typical: float | None = None
    """What the median pair of the same person scores."""


class SizedBars(Value):
    """Bars of faces that are smaller than the others."""

    below: float
    """Eye distance in pixels."""
    bars: dict[Pose, Bar]


class Calibration(Value):
    """One judge's bars and the limits of what it can judge."""

    version: str = ""
    """Names the judge, and changes whenever anything else here does."""
    judge: str
    model: Digest | None = None
    """sha256 of the model file it belongs to."""
    made_on: Text = ""
    bars: dict[Pose, Bar]
    sizes: tuple[SizedBars, ...] = ()
    """For smaller faces, the smallest first; where none is for a face's size and pose, `bars` holds."""
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

    def at(self, turn: float, eyes: float | None = None) -> Bar:
        """Return the bars for a head turned by so many degrees, its eyes so many pixels apart (None: large)."""
        name = pose(turn)
        fitting = (s.bars[name] for s in self.sizes if eyes is not None and eyes < s.below and name in s.bars)
        return next(fitting, self.bars[name])

    def bar(self, turn: float, eyes: float | None = None) -> float:
        """Return the verification bar: at or above it, it is this person."""
        return self.at(turn, eyes).bar

    def likeness(self, turn: float, eyes: float | None = None) -> float | None:
        """Return the likeness bar: at or above it, a picture is good enough to keep; None where none is known.

        It falls along a straight line from heads that look straight on to those that count as three-quarter.
        """
        return self._sloping(turn, eyes, lambda bar: bar.likeness)

    def _sloping(self, turn: float, eyes: float | None, part: Callable[[Bar], float | None]) -> float | None:
        """Return a part of the bars, between straight and three-quarter heads in proportion to the turn."""
        own, beside = part(self.at(turn, eyes)), part(self.at(FRONTAL + 1, eyes))
        share = (abs(turn) - STRAIGHT) / (FRONTAL - STRAIGHT)
        if own is None or beside is None or not 0 < share <= 1:
            return own
        return own + (beside - own) * share

    def percent(self, value: float, turn: float = 0.0, eyes: float | None = None) -> float:
        """Return a score as a percentage, 0 to 100, that means the same for every judge, pose and size.

        0 is a score that half of all strangers reach, 50 the verification bar, 75 the likeness bar, 90 what the median
        picture of the right person scores, and 100 the same picture; straight lines between. A mark that is not known
        is left out.
        """
        found = self.at(turn, eyes)
        likeness, typical = self.likeness(turn, eyes), self._sloping(turn, eyes, lambda bar: bar.typical)
        marks = [(self.stranger, 0.0), (found.bar, AT_BAR), (likeness, AT_LIKENESS), (typical, AT_MEDIAN)]
        line: list[tuple[float, float]] = []
        for score, share in (*marks, (1.0, 100.0)):
            if score is not None and (not line or score > line[-1][0]):
                line.append((score, share))
        for (low, least), (high, most) in pairwise(line):
            if value < high:
                return max(0.0, least + (most - least) * (value - low) / (high - low))
        return 100.0

    def words(self, value: float, turn: float = 0.0, eyes: float | None = None) -> str:
        """Return what a score says about who it is."""
        share = self.percent(value, turn, eyes)
        return next(text for least, text in WORDS if share >= least)

    def stamped(self) -> Calibration:
        """Return it with the version that follows from all the rest."""
        content = json.dumps(self.model_dump(mode="json", exclude={"version"}, exclude_none=True), sort_keys=True)
        return self.changed(version=f"{self.judge}-{hashlib.sha256(content.encode()).hexdigest()[:8]}")


def calibrated(face: FaceBackend, own: Sequence[Calibration] = ()) -> Calibration:
    """Return a judge's calibration: the project's own, else the one shipped for its model, else one that says no more.

    A shipped calibration's file is named by the model's sha256; a revision names at least its first 12 digits. One of
    the project's `own` that names no model belongs to every model of its judge.
    """
    revision = face.revision
    for calibration in own:
        mine = calibration.judge == face.name if calibration.model is None else calibration.model[:12] in revision
        if mine:
            return calibration
    shipped = resources.files("charforge.qa") / "calibrations"
    for file in sorted(shipped.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml") and file.name[:12] in revision:
            return Calibration.model_validate(yaml.safe_load(file.read_text("utf-8"))).stamped()
    return uncalibrated(face)


def uncalibrated(face: FaceBackend) -> Calibration:
    """Return one flat bar, the backend's own default, for a judge nobody has measured."""
    bar = Bar(bar=face.bar)
    bars: dict[Pose, Bar] = {"frontal": bar, "three-quarter": bar, "profile": bar}
    return Calibration(
        version=f"uncalibrated-{face.name}", judge=face.name, bars=bars, fix_band=0.1, stranger=face.bar / 2
    )


def read(file: Path) -> Calibration:
    """Return the calibration in a file; raise InputError when it is none."""
    try:
        return Calibration.model_validate(yaml.safe_load(file.read_text("utf-8"))).stamped()
    except OSError as error:
        problem = Problem(f"the calibration cannot be read: {error.strerror}", file=file)
        raise InputError([problem], "charforge calibrate --pairs PAIRS.csv -o FILE makes one") from error
    except (ValueError, yaml.YAMLError) as error:
        first = str(error).splitlines()[0]
        problem = Problem(f"this is no calibration: {first}", file=file)
        raise InputError([problem], "charforge calibrate --pairs PAIRS.csv -o FILE makes one") from error


def written(calibration: Calibration) -> bytes:
    """Return a calibration as the YAML file it is kept in."""
    return emit(_texts(calibration.stamped().model_dump(mode="json", exclude_none=True))).encode()


def _texts(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a tree with its numbers as text, rounded to what was measured."""
    match value:
        case dict():
            return {key: _texts(item) for key, item in value.items() if item not in ([], {})}
        case list():
            return [_texts(item) for item in value]
        case float():
            return f"{value:.6g}"
        case int():
            return str(value)
    return value
