"""Puts finished files in their place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def publish(temporary: Path, path: Path) -> None:
    """Move a finished file to its name in one step, its bytes on the disk first; raises OSError."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
