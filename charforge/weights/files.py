"""The registered model files, read from registry.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from charforge.documents import yaml
from charforge.documents.schema import Flag, Whole, Written, did_you_mean, validate
from charforge.domain.value import Digest
from charforge.errors import InputError

REGISTRY = Path(__file__).with_name("registry.yaml")

FileName = Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]


class Piece(Written):
    """A file, or a part of one, at one place: in a Python package, in an npm package, or at an address."""

    pypi: Annotated[str, StringConstraints(pattern=r"^[\w.-]+==[\w.]+$")] | None = None
    archive: FileName | None = None
    """File name of the wheel or source archive in the Python package index."""
    npm: Annotated[str, StringConstraints(pattern=r"^(@[\w.-]+/)?[\w.-]+@[\w.-]+$")] | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https://")] | None = None
    member: str | None = None
    """Path inside the archive."""
    packed: Literal["bz2"] | None = None
    """How the bytes at an address are compressed."""

    @model_validator(mode="after")
    def _one_place(self) -> Piece:
        if sum(place is not None for place in (self.pypi, self.npm, self.url)) != 1:
            raise ValueError("a piece lies at exactly one of pypi, npm and url")
        if (self.pypi is None) != (self.archive is None):
            raise ValueError("pypi and archive go together")
        if (self.url is None) == (self.member is None):
            raise ValueError("a package needs a member; an address has none")
        return self

    def __str__(self) -> str:
        """Return the place in words."""
        return self.url or f"{'PyPI' if self.pypi else 'npm'} {self.pypi or self.npm}"


Source = Annotated[tuple[Piece, ...], Field(min_length=1)]
"""Pieces that make up the file when laid end to end."""


class ModelFile(Written):
    """One registered model file."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+$")]
    file: FileName
    """File name in the cache."""
    sha256: Digest
    bytes: Whole
    licence: str
    commercial: Flag
    """Whether its terms allow commercial use, as far as its authors state them."""
    note: str = ""
    """What a lawyer would want to know."""
    purpose: str
    embedded: Flag
    """Whether the embedded models need it; fetched when no names are given."""
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    """Where it can be had, best first."""


class _Registry(Written):
    files: tuple[ModelFile, ...]


@cache
def listed(registry: Path = REGISTRY) -> tuple[ModelFile, ...]:
    """Return every registered model file; raise InputError when the registry is wrong."""
    parsed, problems = validate(_Registry, yaml.load(registry), registry)
    if problems or parsed is None:
        raise InputError(problems)
    names = [file.name for file in parsed.files]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise InputError(f"{registry}: registered twice: {', '.join(doubled)}")
    return parsed.files


def named(names: tuple[str, ...], registry: Path = REGISTRY) -> tuple[ModelFile, ...]:
    """Return the model files with these names, in their order; raise InputError when one is unknown."""
    known = {file.name: file for file in listed(registry)}
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or "see: charforge weights list"
            raise InputError(f"there is no registered model file {name!r}", hint)
    return tuple(known[name] for name in names)
