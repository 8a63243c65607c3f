"""What each model can do and costs, read from one YAML file per model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from charforge.domain.value import Value

Need = Literal["dialogue", "talking-head", "insert", "wide", "group", "motion", "identity"]


class Slots(Value):
    """How many references of each kind a model takes."""

    characters: int
    places: int
    props: int


class ClipLimits(Value):
    """What clips a model makes."""

    max_seconds: float


class Price(Value):
    """What a model charges; `usd` is None while unknown, never zero by default."""

    usd: float | None
    per: Literal["run", "image", "second"]


class Seconds(Value):
    """How long a model takes on the reference machine (2 CPU cores)."""

    still: float = 0.0
    per_frame: float = 0.0


class Model(Value):
    """One entry of the catalogue."""

    name: str
    title: str
    date: str
    source: str
    kinds: tuple[Literal["still", "clip", "voice", "head"], ...]
    licence: str
    composites: bool
    """True when it puts heads, bodies and plates together; false when it reads references and text."""
    reads_text: bool
    only_pinned: bool = False
    """Never chosen unless asked for by name."""
    slots: Slots
    clip: ClipLimits | None = None
    price: Price
    seconds: Seconds = Seconds()
    strengths: dict[Need, float] = Field(default_factory=dict)
    """0 to 1 for each need of a shot; what is not named counts as 0."""
    template: str
    widest_turn: float | None = None
    """Degrees to which it can turn a head; None where it has no such limit."""
    looks: tuple[str, ...] | None = None
    """Grades it can give a film; None when the look is words for the prompt."""


class Catalogue(Value):
    """Every model that is known."""

    models: tuple[Model, ...]

    def named(self, name: str) -> Model | None:
        """Return the model of this name."""
        return next((m for m in self.models if m.name == name), None)
