"""Names of assets and slates, and how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""Lower-case words joined by hyphens: `mia`, `coffee-shop`."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]

_NUMBER = re.compile(r"([0-9]+)")
_REFERENCE = re.compile(r"^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?:@([1-9][0-9]*))?$")
_SLATE = re.compile(r"^([a-z0-9-]+)_([a-z0-9-]+)_([A-Za-z0-9-]+)(?:_t([0-9]{2,}))?$")


def natural(text: str) -> tuple[str | int, ...]:
    """Return what puts names in the order people count them in: ``e2`` before ``e10``."""
    return tuple(int(part) if part.isdecimal() else part for part in _NUMBER.split(text))


@dataclass(frozen=True, slots=True, order=True)
class AssetName:
    """The name of a locked asset, with its version where one was written."""

    name: str
    version: int | None = None

    @classmethod
    def parse(cls, text: str) -> AssetName:
        """Return the name in ``mia`` or ``mia@2``; raise ValueError on anything else."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            message = f"{text!r} is not an asset name; write it like mia or mia@2"
            raise ValueError(message)
        return cls(match[1], int(match[2]) if match[2] else None)

    def __str__(self) -> str:
        """Return ``mia`` or ``mia@2``."""
        return self.name if self.version is None else f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, order=True)
class Slate:
    """The printed label of a shot, or of one of its takes: ``e01_s03_0040_t02``."""

    episode: str
    scene: str
    shot: str
    take: int | None = None
    """Counts from 1; None labels the shot itself."""

    @classmethod
    def parse(cls, text: str) -> Slate:
        """Return the slate written in text; raise ValueError when it is none."""
        match = _SLATE.fullmatch(text)
        if match is None:
            message = f"{text!r} is not a slate; write it like e01_s03_0040_t02"
            raise ValueError(message)
        return cls(match[1], match[2], match[3], int(match[4]) if match[4] else None)

    def __str__(self) -> str:
        """Return the label as it is printed."""
        label = f"{self.episode}_{self.scene}_{self.shot}"
        return label if self.take is None else f"{label}_t{self.take:02d}"
