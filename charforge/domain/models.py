"""Models that the user of a project brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A model that the project names under `models:` in charforge.yaml: its user's own files, in no registry."""

    name: str
    path: Path
    """A folder, or a single file."""
    digest: str
    """sha256 of the file, or of the folder's list of files and their sha256."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What charforge.yaml says besides where it lies."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """sha256 -> file of its adapter and its LoRAs."""
