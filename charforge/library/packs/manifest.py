"""What a pack says of itself: the first file in it, readable without the others."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from charforge.documents.schema import Written
from charforge.domain.assets import Kind, PromptNote
from charforge.domain.names import Name
from charforge.domain.value import Digest, Text, Value
from charforge.errors import InputError, Problem
from charforge.library.written import (
    WrittenAsset,
    WrittenCharacter,
    WrittenCharacterVersion,
    WrittenLocation,
    WrittenVersion,
)

MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
FILES = "files/"
EMBEDDINGS = "embeddings/"
VERSION = 1
MAX_MANIFEST = 16 * 1024 * 1024


V = TypeVar("V", bound=Value)
Finite = Annotated[float, Field(allow_inf_nan=False)]


class PackedFile(Value):
    """A file of the asset."""

    name: str
    """Path within the asset's folder; it lies in the pack under ``files/``."""
    bytes: int = Field(ge=0)
    sha256: Digest


class PackedVersion(Value):
    """One numbered version."""

    id: int
    extends: int | None = None
    state: str | None = None
    from_episode: str | None = None
    references: int
    """How many it adds to what it extends."""


class PackedRights(Value):
    """Licence and likeness release."""

    licence: str
    release: str
    hosted: str
    file: str | None = None
    """The signed release."""


class PackedVoice(Value):
    """The one voice of a character."""

    engine: str
    style: str | None = None
    model: Digest | None = None
    speed: Finite
    pitch: Finite
    sample: str | None = None
    settings: dict[str, str] = {}


class PackedLora(Value):
    """A LoRA of the character."""

    file: str
    base: str
    trigger: str
    scale: Finite
    weights: str | None = None
    """sha256 of the weights that it was trained on."""


class About(Value):
    """What the asset's file says, for those who read only the manifest."""

    rights: PackedRights
    versions: tuple[PackedVersion, ...]
    notes: dict[str, Text | tuple[Text, ...]] = {}
    primary: str | None = None
    """The picture that stands for the person; scores are taken against it where nothing is merged."""
    merge: tuple[tuple[str, Finite], ...] = ()
    """Pictures that are merged into the one embedding that scores are taken against, with their weights."""
    voice: PackedVoice | None = None
    loras: tuple[PackedLora, ...] = ()
    prompts: tuple[PromptNote, ...] = ()
    shared: dict[str, Digest] | None = None
    """Files of its library, beside the asset, that a location's set is rendered with; the pack does not carry them."""


class PackedFaces(Value):
    """The embeddings of one face model: rows of little-endian float32."""

    model: Digest
    """sha256 of the model file that made them."""
    backend: str
    licence: str
    dimension: int = Field(ge=1, le=65536)
    rows: tuple[str, ...]
    """The picture of each row; `merged` is the weighted mean of the merged ones."""
    without: tuple[str, ...] = ()
    """Pictures in which no face was found."""
    sha256: Digest

    @property
    def entry(self) -> str:
        """The file's name in the pack."""
        return f"{EMBEDDINGS}{self.model}.f32"

    @property
    def bytes(self) -> int:
        """The file's size."""
        return 4 * self.dimension * len(self.rows)


class Manifest(Value):
    """The content of ``manifest.json``."""

    charpack: Literal[1] = 1
    kind: Kind
    name: Name
    version: int = Field(ge=1)
    """The newest version."""
    episode: Name | None = None
    """The episode at whose end it was packed."""
    about: About
    embeddings: tuple[PackedFaces, ...] = ()
    files: tuple[PackedFile, ...]


def described(written: WrittenAsset) -> About:
    """Return what the manifest says of an asset's file."""
    known: dict[str, object] = {
        "rights": _said(PackedRights, written.rights),
        "versions": tuple(_version(v) for v in written.versions),
        "notes": written.notes,
    }
    if isinstance(written, WrittenCharacter):
        if written.embedding:
            known |= {"primary": written.embedding.primary, "merge": written.embedding.merge}
        known |= {
            "voice": None if written.voice is None else _said(PackedVoice, written.voice),
            "loras": tuple(_said(PackedLora, lora) for lora in written.loras),
            "prompts": tuple(_said(PromptNote, note) for note in written.prompts),
        }
    if isinstance(written, WrittenLocation) and written.set and written.set.shared:
        known["shared"] = dict(written.set.shared)
    return About.model_validate(known)


def spelled(value: Value) -> bytes:
    """Return a value as it stands in a pack: JSON with sorted keys, indented by one space, ending in a new line."""
    plain = value.model_dump(mode="json", exclude_none=True)
    return (json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_manifest(data: bytes, place: str) -> Manifest:
    """Return a manifest; raise InputError when a newer charforge made it, or it is damaged."""
    try:
        version = _AnyVersion.model_validate_json(data).charpack
        if version > VERSION:
            hint = "pip install --upgrade charforge"
            message = f"made by a newer charforge: it is a pack of version {version}, and this one reads {VERSION}"
            raise InputError([Problem(message, place)], hint)
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        # Keys are as foreign as values: what cannot be printed is escaped.
        where = ascii(".".join(str(step) for step in first["loc"]))[1:100].rstrip("'\"")
        message = f"its {MANIFEST} is damaged: {f'{where}: ' if where else ''}{first['msg'][:200]}"
        raise InputError([Problem(message, place)], "copy it again, or have it packed again") from error
    if spelled(manifest) != data:
        message = f"its {MANIFEST} is not written as charforge writes it"
        raise InputError([Problem(message, place)], "have it packed again: charforge pack NAME")
    return manifest


class _AnyVersion(BaseModel):
    """Of a manifest of any version, its version."""

    charpack: int = Field(strict=True, ge=1)


def _version(version: WrittenVersion) -> PackedVersion:
    known: dict[str, Any] = {"id": version.id, "extends": version.extends, "references": len(version.references)}
    if isinstance(version, WrittenCharacterVersion):
        known |= {"state": version.state, "from_episode": version.from_episode}
    return PackedVersion(**known)


def _said(kind: type[V], written: Written) -> V:
    """Return what a manifest says of a part of an asset's file: the fields that it knows."""
    return kind.model_validate({name: getattr(written, name) for name in kind.model_fields if hasattr(written, name)})
