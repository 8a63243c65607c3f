"""An asset as its YAML file says it, before files are found and digests known."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from charforge.documents.schema import Number, Whole, Written, refuse
from charforge.domain.assets import Reach, Step
from charforge.domain.names import Name
from charforge.domain.script import Position
from charforge.domain.value import Digest


def _inside(text: str) -> str:
    parts = text.split("/")
    if not text or "\\" in text or "\0" in text or any(part in ("", ".", "..") for part in parts):
        refuse(f"{text!r} is not a path within the asset's folder; write it like headshot/front.png")
    return text


Inside = Annotated[str, AfterValidator(_inside)]
Unit = Annotated[Number, Field(ge=0, le=1)]
Degrees = Annotated[Number, Field(ge=-180, le=180)]


class WrittenRights(Written):
    """Who may use it."""

    licence: str
    release: Literal["synthetic", "own-work", "signed", "licensed", "public-domain", "none"] = "none"
    file: Inside | None = None
    """The signed release, within the asset's folder."""
    hosted: Literal["allow", "forbid"] = "allow"


class WrittenFit(Written):
    """Where a head sits on a body."""

    chin_x: Unit
    chin_y: Unit
    face: Unit
    collar: Unit


class WrittenOrigin(Written):
    """How a reference came to be."""

    backend: str | None = None
    revision: str | None = None
    model: str | None = None
    seed: Annotated[Whole, Field(ge=0)] | None = None
    settings: dict[str, Any] | None = None
    take: str | None = None
    original: Inside | None = None
    derived: str | None = None
    forced: Number | None = None


class WrittenReference(Written):
    """One file and what it shows."""

    file: Inside
    step: Step
    turn: Degrees | None = None
    pitch: Degrees | None = None
    expression: Name | None = None
    wardrobe: Name | None = None
    view: Name | None = None
    place: Name | None = None
    light: Name | None = None
    layer: Literal["background", "foreground"] | None = None
    reach: Reach | None = None
    fit: WrittenFit | None = None
    made_from: Inside | None = Field(default=None, alias="from")
    score: Number | None = None
    second: Number | None = None
    origin: WrittenOrigin | None = None


class WrittenVersion(Written):
    """One numbered version of an asset; what it extends holds where it says nothing else."""

    id: Annotated[Whole, Field(ge=1)]
    extends: Annotated[Whole, Field(ge=1)] | None = None
    references: tuple[WrittenReference, ...] = ()

    def files(self) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
        """Return every file it names, with the place where it is named."""
        return tuple((r.file, ("references", i, "file")) for i, r in enumerate(self.references))


class WrittenEmbedding(Written):
    """What every score is taken against."""

    primary: Inside | None = None
    """The picture that stands for the person; beside `merge`, the one that is drawn from."""
    merge: tuple[tuple[Inside, Annotated[Number, Field(gt=0)]], ...] = ()

    @model_validator(mode="after")
    def _either(self) -> WrittenEmbedding:
        if self.primary is None and not self.merge:
            refuse("write primary: or merge:")
        if len({file for file, _ in self.merge}) < min(2, len(self.merge) * 2):
            refuse("a merge takes two or more different pictures, each with a weight")
        return self

    def files(self) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
        """Return every file it names, with the place where it is named."""
        primary = ((self.primary, ("primary",)),) if self.primary else ()
        return (*primary, *((file, ("merge", i)) for i, (file, _) in enumerate(self.merge)))

    @property
    def picture(self) -> str:
        """The one picture that stands for the person: the primary one, else the heaviest of the merge."""
        return self.primary or max(self.merge, key=lambda share: share[1])[0]


class WrittenCharacterVersion(WrittenVersion):
    """One version of a character."""

    state: Name = "default"
    """Left out, the state of the version it extends."""
    from_episode: Name | None = None
    rig: Inside | None = None
    embedding: WrittenEmbedding | None = None
    """Where the face itself is another from this version on, as after ten years."""

    def files(self) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
        """Return every file it names, with the place where it is named."""
        rig = ((self.rig, ("rig",)),) if self.rig else ()
        shown = self.embedding.files() if self.embedding else ()
        return (*super().files(), *rig, *((file, ("embedding", *place)) for file, place in shown))


class WrittenAsset(Written):
    """What every asset's file says."""

    name: Name
    rights: WrittenRights
    notes: dict[str, str | tuple[str, ...]] = {}
    """What people should know; only a character's reaches the planner."""
    versions: tuple[WrittenVersion, ...]

    def files(self) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
        """Return every file it names, with the place where it is named."""
        released = ((self.rights.file, ("rights", "file")),) if self.rights.file else ()
        return released + tuple(
            (file, ("versions", i, *place))
            for i, version in enumerate(self.versions)
            for file, place in version.files()
        )


class WrittenLora(Written):
    """A LoRA of this character."""

    file: Inside
    base: Name
    """Backend whose models it fits."""
    weights: Digest | None = None
    """The very weights that it was trained on."""
    trigger: str
    scale: Annotated[Number, Field(ge=-2, le=2)] = 1.0


class WrittenPromptNote(Written):
    """What was learned about describing the character to one model."""

    text: str
    model: str
    date: str


class WrittenVoice(Written):
    """The one voice of a character."""

    engine: Name
    style: Inside | None = None
    """Left out where the engine's own speakers are all there is, as with a VITS."""
    model: Digest | None = None
    """sha256 of the engine's weights when it was locked."""
    speed: Annotated[Number, Field(gt=0.3, lt=3)] = 1.0
    pitch: Annotated[Number, Field(ge=-12, le=12)] = 0.0
    """Semitones."""
    sample: Inside | None = None
    settings: dict[str, str] = {}


class WrittenCharacter(WrittenAsset):
    """The content of ``character.yaml``."""

    embedding: WrittenEmbedding | None = None
    voice: WrittenVoice | None = None
    loras: tuple[WrittenLora, ...] = ()
    prompts: tuple[WrittenPromptNote, ...] = ()
    versions: tuple[WrittenCharacterVersion, ...]

    def files(self) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
        """Return every file it names, with the place where it is named."""
        found = list(super().files())
        if self.embedding:
            found += [(file, ("embedding", *place)) for file, place in self.embedding.files()]
        found += [(lora.file, ("loras", i, "file")) for i, lora in enumerate(self.loras)]
        if self.voice:
            said = (("style", self.voice.style), ("sample", self.voice.sample))
            found += [(file, ("voice", key)) for key, file in said if file]
        return tuple(found)


class WrittenMark(Written):
    """Where a person can be."""

    x: Unit
    y: Unit
    head: Annotated[Number, Field(gt=0, lt=1)]
    depth: Annotated[Number, Field(gt=0)]


class WrittenView(Written):
    """One camera position."""

    marks: dict[Position, WrittenMark] = {}
    horizon: Unit = 0.5
    background_depth: Annotated[Number, Field(gt=0)] = 5.0
    front_depth: Annotated[Number, Field(gt=0)] = 1.0
    shows: Reach = "waist"
    of: Name | None = None
    """The view whose place its camera takes, where it was rendered for one framing of it."""


def _scene(text: str) -> str:
    if not text.endswith((".py", ".blend")):
        refuse(f"{text!r} is no set; give a script (.py) or a scene (.blend) within the asset's folder")
    return _inside(text)


class WrittenSet(Written):
    """The 3-D scene that a location's plates are rendered from; everything beside it in its folder belongs to it."""

    file: Annotated[str, AfterValidator(_scene)]
    shared: dict[Inside, Digest] = {}
    """Further files that the script imports, from the library's own folder, each with its sha256."""


class WrittenLocation(WrittenAsset):
    """The content of ``location.yaml``."""

    views: dict[Name, WrittenView]
    set: WrittenSet | None = None

    def files(self) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
        """Return every file it names, with the place where it is named."""
        return (*super().files(), *(((self.set.file, ("set", "file")),) if self.set else ()))


class WrittenProp(WrittenAsset):
    """The content of ``prop.yaml``."""


class WrittenLookVersion(WrittenVersion):
    """One version of a look."""

    lut: Inside | None = None
    """A 3-D look-up table in the .cube format."""
    palette: tuple[Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")], ...] = ()
    grain: Annotated[Number, Field(ge=0, le=1)] = 0.0

    def files(self) -> tuple[tuple[str, tuple[str | int, ...]], ...]:
        """Return every file it names, with the place where it is named."""
        return (*super().files(), *(((self.lut, ("lut",)),) if self.lut else ()))


class WrittenLook(WrittenAsset):
    """The content of ``look.yaml``."""

    versions: tuple[WrittenLookVersion, ...]
