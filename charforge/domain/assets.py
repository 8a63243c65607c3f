"""What is locked: characters, locations, props, voices and the lock itself."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import Field, InstanceOf

from charforge.domain.names import Name
from charforge.domain.value import Digest, Fraction01, Text, Value
from charforge.errors import Problem

Kind = Literal["character", "location", "prop", "look"]
Step = Literal[
    "headshot", "angle", "wardrobe", "expression", "body", "id-photo", "motion",
    "plate", "probe", "depth", "edges", "insert", "picture", "style",
]  # fmt: skip
Reach = Literal["face", "bust", "waist", "full"]
"""How much of a body a picture shows, from little to much."""

REACHES: tuple[Reach, ...] = ("face", "bust", "waist", "full")


class Rights(Value):
    """Who may use an asset and for what."""

    licence: str
    release: str = "none"
    """Of the likeness: `synthetic` (nobody real), `own-work`, `signed`, `licensed`, `public-domain`, or `none`."""
    hosted: Literal["allow", "forbid"] = "allow"
    """Whether its files may be sent to a hosted model."""


class Fit(Value):
    """Where a head sits on a body picture; every number is a fraction of that picture's width."""

    chin_x: Fraction01
    chin_y: Fraction01
    face: Fraction01
    """Ear-to-ear width of a frontal face."""
    collar: Fraction01
    """Row of the collar's front upper edge."""


class Origin(Value):
    """How a reference came to be; every field that does not apply is None."""

    backend: str | None = None
    """Backend that drew it."""
    revision: str | None = None
    model: str | None = None
    """Name of the model in charforge.yaml, where the backend runs one of the project's own."""
    seed: int | None = None
    settings: dict[str, Any] | None = None
    """As the backend was given them; read back from a file, numbers are text."""
    take: str | None = None
    """Slate of the take that was promoted."""
    original: str | None = None
    """The capture it was resized from, within the asset's folder."""
    derived: str | None = None
    """What made it from another file without a model, such as `recoloured` or `graded`."""
    forced: float | None = None
    """Score with which a person took it in against the checks."""


class Reference(Value):
    """One file of an asset and what it shows."""

    file: str
    """Path within the asset's folder, with forward slashes."""
    digest: Digest | None = None
    """Filled in from the lock when the library is loaded."""
    step: Step
    turn: float | None = None
    """Degrees; negative when the face points to the left edge of the picture."""
    pitch: float | None = None
    expression: str | None = None
    wardrobe: str | None = None
    view: str | None = None
    place: str | None = None
    light: str | None = None
    layer: Literal["background", "foreground"] | None = None
    reach: Reach | None = None
    fit: Fit | None = None
    made_from: str | None = None
    """The file this one was generated from."""
    score: float | None = None
    """Identity against the master when it was accepted, by the first face judge."""
    second: float | None = None
    """The same by the second, independent judge."""
    origin: Origin | None = None


class Mark(Value):
    """A place in a view where a person can be; positions are fractions of the plate."""

    x: Fraction01
    y: Fraction01
    """Centre of the face."""
    head: float = Field(gt=0, lt=1)
    """Crown to chin, as a fraction of the plate's height."""
    depth: float = Field(gt=0)
    """Metres from the camera."""


class View(Value):
    """One camera position in a location, as its plates were made."""

    name: str
    marks: dict[str, Mark]
    horizon: Fraction01 = 0.5
    background_depth: float = Field(default=5.0, gt=0)
    front_depth: float = Field(default=1.0, gt=0)
    shows: Reach = "waist"
    """How much of a body the foreground leaves visible."""
    of: str | None = None
    """The view whose place its camera takes, where it was made for one framing of it."""


class Voice(Value):
    """The one locked voice of a character."""

    engine: str
    style: Digest | None = None
    """What the engine speaks as; none where it has voices of its own."""
    model: Digest | None = None
    """sha256 of the engine's weights when the voice was locked; another model would speak as somebody else."""
    speed: float = Field(default=1.0, gt=0.3, lt=3)
    pitch: float = Field(default=0.0, ge=-12, le=12)
    """Semitones."""
    sample: Digest | None = None
    settings: dict[str, str | float | int] = {}


class Asset(Value):
    """What every locked asset has, at one version."""

    name: str
    version: int
    folder: str
    """Path of the asset's folder within the library."""
    rights: Rights
    references: tuple[Reference, ...]
    library: str = ""
    """The library it comes from, as charforge.yaml names it."""

    @property
    def id(self) -> str:
        """The exact name: ``mia@2``."""
        return f"{self.name}@{self.version}"


class Share(Value):
    """One picture of a merged identity."""

    digest: Digest
    weight: float = Field(gt=0)


class Lora(Value):
    """A LoRA that was trained on a character's references."""

    digest: Digest
    base: str
    """Backend whose models it fits, such as `sdxl`."""
    weights: Digest | None = None
    """The very weights that it was trained on, where that is known; it is used with no others."""
    trigger: str
    scale: float = 1.0


class PromptNote(Value):
    """What was learned about describing a character to one model."""

    text: Text
    model: str
    date: str


class Character(Asset):
    """A person of the cast."""

    state: str = "default"
    from_episode: str | None = None
    notes: dict[str, Text | tuple[Text, ...]] = {}
    primary: Digest | None = None
    """The master headshot: what is drawn from, and what scores are taken against where nothing is merged."""
    merge: tuple[Share, ...] = ()
    """Pictures whose embeddings are weighted into the one that every score is taken against; empty: `primary` alone."""
    voice: Voice | None = None
    rig: Digest | None = None
    loras: tuple[Lora, ...] = ()
    prompts: tuple[PromptNote, ...] = ()


class Location(Asset):
    """A place, as plates of its views in several lights."""

    views: dict[str, View]


class Prop(Asset):
    """A thing that stays the same from shot to shot."""


class Look(Asset):
    """A film's style: colour, grain and pictures that a model may follow."""

    lut: Digest | None = None
    """A 3-D look-up table in the .cube format."""
    palette: tuple[str, ...] = ()
    """Colours as `#rrggbb`, the most important first."""
    grain: float = Field(default=0.0, ge=0, le=1)


class Unsound(Value):
    """An asset that is left out of a loaded library: its files are not as they were locked, or it is not locked yet."""

    kind: Kind
    name: str
    library: str = ""
    """The library that it lies in, as charforge.yaml names it."""
    problems: tuple[InstanceOf[Problem], ...]
    """Every file that differs; that it is not locked yet is one problem."""
    hint: str
    """What makes it sound."""

    def __str__(self) -> str:
        """Return it in words."""
        why = (
            self.problems[0].message
            if len(self.problems) == 1
            else f"{self.name}: {len(self.problems)} files differ from the lock"
        )
        return f"{why}; the {self.kind} is left out ({self.hint})"


class Library(Value):
    """Every asset at every version that the lock holds."""

    characters: tuple[Character, ...] = ()
    locations: tuple[Location, ...] = ()
    props: tuple[Prop, ...] = ()
    looks: tuple[Look, ...] = ()
    unsound: tuple[Unsound, ...] = ()
    """What is not among these, since nothing may be made of it as it is; in the order of the libraries."""

    def character(self, name: str, version: int | None = None) -> Character | None:
        """Return the character at this version, or at its newest."""
        return _pick(self.characters, name, version)

    def location(self, name: str, version: int | None = None) -> Location | None:
        """Return the location at this version, or at its newest."""
        return _pick(self.locations, name, version)

    def prop(self, name: str, version: int | None = None) -> Prop | None:
        """Return the prop at this version, or at its newest."""
        return _pick(self.props, name, version)

    def look(self, name: str, version: int | None = None) -> Look | None:
        """Return the look at this version, or at its newest."""
        return _pick(self.looks, name, version)

    def left_out(self, kind: Kind, name: str) -> Unsound | None:
        """Return why an asset of this name is not here although it lies in a library; None where that is not so."""
        here: dict[Kind, tuple[Asset, ...]] = {
            "character": self.characters, "location": self.locations, "prop": self.props, "look": self.looks,
        }  # fmt: skip
        if any(asset.name == name for asset in here[kind]):
            return None
        return next((u for u in self.unsound if (u.kind, u.name) == (kind, name)), None)


A = TypeVar("A", bound=Asset)


def _pick(assets: tuple[A, ...], name: str, version: int | None) -> A | None:
    found = [a for a in assets if a.name == name and version in (None, a.version)]
    return max(found, key=lambda a: a.version, default=None)


class LockedAsset(Value):
    """The files of one asset, as they were when it was locked."""

    kind: Kind
    name: Name
    version: int
    """The newest version the asset had."""
    files: dict[str, Digest]
    """Path within the asset's folder -> sha256."""


class Lock(Value):
    """The content of ``library.lock``."""

    charforge_lock: Literal[1] = 1
    assets: tuple[LockedAsset, ...]
