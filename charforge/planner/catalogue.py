"""What each model can do and costs, read from one YAML file per model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from charforge.domain.jobs import Settings
from charforge.domain.value import Value

Need = Literal["dialogue", "talking-head", "insert", "wide", "group", "motion", "identity"]


class Slots(Value):
    """How many references of each kind a model takes."""

    characters: int
    places: int
    props: int
    looks: int = 0
    """Pictures whose style it follows."""
    anchors: int = 0
    """Further pictures of one person."""


class ClipLimits(Value):
    """What clips a model makes."""

    max_seconds: float
    rate: float | None = None
    """Frames per second that it was trained at; None where it makes any."""


class Size(Value):
    """What sizes a model draws well; a larger picture is enlarged from one of these."""

    max_pixels: int
    min_pixels: int = 0
    """Smaller pictures than this come out worse; they are shrunk from one of this size."""
    multiple: int
    """Both sides are multiples of it."""


class Price(Value):
    """What a model charges; `usd` is None while unknown, never zero by default."""

    usd: float | None
    per: Literal["run", "image", "second"]


class Seconds(Value):
    """How long a model takes on the reference machine (2 CPU cores)."""

    still: float | None = 0.0
    per_frame: float | None = 0.0
    """None where nobody has measured it."""


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
    backend: str = ""
    """The backend that runs it, where that has another name."""
    own: bool = False
    """True when it runs weights that the project names in charforge.yaml."""
    pipelines: tuple[str, ...] = ()
    """Kinds of model folder it takes, as model_index.json names them."""
    faces_by_adapter: bool = False
    """True when it knows who somebody is through an adapter only, and draws strangers without one."""
    size: Size | None = None
    defaults: Settings = {}
    """Job settings where charforge.yaml says nothing."""
    edits: bool = False
    """True when it can change a finished picture, which it gets as its input `picture`."""
    only_pinned: bool = False
    """Never chosen unless asked for by name."""
    slots: Slots
    clip: ClipLimits | None = None
    price: Price
    seconds: Seconds = Seconds()
    strengths: dict[Need, float] = Field(default_factory=dict)
    """0 to 1 for each need of a shot; what is not named counts as 0."""
    template: str
    reference_weight: tuple[str, ...] = ()
    """Where in a job's settings stands how much a reference counts, outermost first; empty where nowhere."""
    motion: tuple[str, ...] = ()
    """The same for how much moves in a clip."""
    widest_turn: float | None = None
    """Degrees to which it can turn a head; None where it has no such limit."""
    looks: tuple[str, ...] | None = None
    """Grades it can give a film; None when the look is words for the prompt."""

    @property
    def run_by(self) -> str:
        """The name of its backend."""
        return self.backend or self.name


class Catalogue(Value):
    """Every model that is known."""

    models: tuple[Model, ...]

    def named(self, name: str) -> Model | None:
        """Return the model of this name."""
        return next((m for m in self.models if m.name == name), None)
