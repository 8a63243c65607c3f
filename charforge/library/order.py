"""The order in which a character comes to be: headshot, angles, wardrobes, expressions; each made of those before it.

What is permitted next follows from what exists and what was looked at, never from a flag. What lies in the library
from before counts once it is locked as it is; what the running build made and judged itself counts at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, Protocol

from charforge.domain.assets import Step
from charforge.errors import InputError

Stage = Literal["headshot", "angles", "wardrobes", "expressions"]
STAGES: tuple[Stage, ...] = ("headshot", "angles", "wardrobes", "expressions")
LEAST: dict[Stage, int] = {"headshot": 1, "angles": 2, "wardrobes": 1, "expressions": 1}
"""Pictures with which a stage is done: with the headshot, two angles are three views; what the master wears is a
wardrobe too."""
_STAGE: dict[Step, Stage] = {
    "headshot": "headshot",
    "angle": "angles",
    "wardrobe": "wardrobes",
    "body": "wardrobes",
    "expression": "expressions",
}
_ONE = {"headshot": "headshot", "angles": "angle", "wardrobes": "wardrobe", "expressions": "expression"}


class Shown(Protocol):
    """A reference: its file and the step it belongs to."""

    @property
    def file(self) -> str:
        """Path within the asset's folder."""

    @property
    def step(self) -> Step:
        """What it shows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a character is."""

    name: str
    made: Mapping[Stage, tuple[str, ...]]
    """The files of each stage."""
    accepted: frozenset[str] = frozenset()
    """Files that are locked as they are, or that the running build made and judged."""
    spared: frozenset[Stage] = field(default_factory=frozenset)
    """Stages that the running build tried and, by a measured reason, cannot make."""

    def with_made(self, stage: Stage, files: Iterable[str]) -> Standing:
        """Return how far the character is once these files were made and judged."""
        new = tuple(files)
        made = {**self.made, stage: tuple(dict.fromkeys((*self.made.get(stage, ()), *new)))}
        return Standing(self.name, made, self.accepted | set(new), self.spared)

    def sparing(self, stage: Stage) -> Standing:
        """Return how far the character is once a stage was tried in vain."""
        return Standing(self.name, self.made, self.accepted, self.spared | {stage})


@dataclass(frozen=True, slots=True)
class Missing:
    """What stands between a character and a stage."""

    stage: Stage
    message: str
    hint: str


def stage_of(step: Step) -> Stage | None:
    """Return the stage that a reference belongs to; None for what may come at any time, such as an ID photo."""
    return _STAGE.get(step)


def standing(name: str, references: Iterable[Shown], accepted: Iterable[str]) -> Standing:
    """Return how far a character with these references is."""
    made: dict[Stage, tuple[str, ...]] = {}
    for reference in references:
        stage = stage_of(reference.step)
        if stage is not None:
            made[stage] = (*made.get(stage, ()), reference.file)
    return Standing(name, made, frozenset(accepted))


def missing(found: Standing, stage: Stage) -> Missing | None:
    """Return what must be done before a stage, the first thing first; None when it is permitted."""
    for before in STAGES[: STAGES.index(stage)]:
        lacking = _lacking(found, before) or _unseen(found, before)
        if lacking is not None:
            return lacking
    return None


def permitted(found: Standing) -> tuple[Stage, ...]:
    """Return the stages that may be worked on now."""
    return tuple(stage for stage in STAGES if missing(found, stage) is None)


def demand(found: Standing, stage: Stage) -> None:
    """Raise InputError with what is missing, and the command that makes it, where a stage is not permitted."""
    lacking = missing(found, stage)
    if lacking is not None:
        raise InputError(f"{found.name}'s {stage} cannot be made yet: {lacking.message}", lacking.hint)


def _lacking(found: Standing, stage: Stage) -> Missing | None:
    """Return that a stage is not done."""
    have = len(found.made.get(stage, ()))
    if have >= LEAST[stage] or stage in found.spared:
        return None
    name = found.name
    if stage == "headshot":
        hint = f"charforge cast {name}, then charforge cast {name} --pick SEED"
        return Missing(
            stage, f"{name} has no master headshot", f"first: {hint}; your own: charforge cast {name} --from PHOTO"
        )
    some = f"only {have} of the {LEAST[stage]} {stage} it takes" if have else f"no {stage}"
    hint = f"charforge build {name} --step {stage}; or your own: charforge build {name} --step {stage} --from FOLDER"
    return Missing(stage, f"{name} has {some}", f"first: {hint}")


def _unseen(found: Standing, stage: Stage) -> Missing | None:
    """Return that somebody has yet to look at what a stage left."""
    unseen = [file for file in found.made.get(stage, ()) if file not in found.accepted]
    if not unseen:
        return None
    what = f"{_ONE[stage] if len(unseen) == 1 else stage}"
    names = "" if stage == "headshot" else f" {', '.join(PurePosixPath(file).stem for file in unseen)}"
    they, be = ("it", "is") if len(unseen) == 1 else ("them", "are")
    message = f"{found.name}'s {what}{names} {be} not locked"
    return Missing(stage, message, f"look at {they}, then: charforge lock {found.name}")
