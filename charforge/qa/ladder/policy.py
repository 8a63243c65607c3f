"""What the ladder consists of, as data: the shipped file, and what a project changes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import Field

from charforge.domain.steps import Step
from charforge.domain.value import Value

Stage = Literal["head", "still", "clip"]
REPAIRS: frozenset[Step] = frozenset({"restore", "transfer"})
"""Steps that change the face in a finished take; every other step makes the take anew."""


class Rung(Value):
    """One step of the ladder."""

    step: Step
    stages: tuple[Stage, ...]
    tries: int = Field(ge=0)
    seconds: float | None = Field(default=None, ge=0)
    """What one try counts; None means as long as the catalogue says of the model."""
    per_frame: float = Field(default=0.0, ge=0)
    """What it counts besides for each frame of a clip that it changes."""
    backends: tuple[str, ...] = ()
    """Repairs to use, the best first."""


class Limits(Value):
    """What a repair may change besides who it is."""

    expression: float = Field(ge=0)
    pose: float = Field(ge=0)
    neighbour: float = Field(ge=0)
    outside: float = Field(ge=0)


class Shared(Value):
    """When the drift of several shots counts as one."""

    shots: int = Field(ge=2)
    alike: float = Field(ge=-1, le=1)


class Policy(Value):
    """The ladder, its budget and its stop rule."""

    charforge: Literal[1] = 1
    tries: int = Field(ge=0)
    """Tries in all."""
    idle: int = Field(ge=1)
    """Tries in a row that may gain nothing."""
    seconds: float = Field(ge=0)
    """Time in all, as the rungs count it; a try that would end beyond it is not begun."""
    money: float = Field(ge=0)
    """US dollars in all."""
    unknown_seconds: float = Field(ge=0)
    small: float
    heavier: float = Field(ge=1)
    heaviest: float
    calmer: float = Field(gt=0, le=1)
    phrases: dict[str, str]
    limits: Limits
    fade: int = Field(ge=0)
    smooth: int = Field(ge=0)
    shared: Shared
    steps: tuple[Rung, ...]

    def only(self, step: str) -> Policy:
        """Return the ladder with this step alone, which nothing but the budget stops."""
        return self.changed(steps=tuple(r for r in self.steps if r.step == step))


def shipped() -> Policy:
    """Return the ladder that comes with the package."""
    return Policy.model_validate(_file())


def tuned(
    ladder: Policy,
    values: Mapping[str, float | None],
    order: Sequence[str] | None = None,
    rungs: Mapping[str, Mapping[str, Any]] | None = None,
) -> Policy:
    """Return the ladder as a project has it: `values` by field, the steps in this `order` and no other, and `rungs`.

    What is None stays as it is.
    """
    changes = rungs or {}
    steps = tuple(rung.changed(**changes.get(rung.step, {})) for rung in ladder.steps)
    if order is not None:
        steps = tuple(rung for name in order for rung in steps if rung.step == name)
    return ladder.changed(steps=steps, **{name: value for name, value in values.items() if value is not None})


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    text = (resources.files("charforge.qa") / "ladder.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
