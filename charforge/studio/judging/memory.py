"""Remembers verdicts by content, so that a folder that was judged before costs little, and Ctrl-C loses nothing."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from charforge.documents import write_atomic
from charforge.domain.takes import Verdict
from charforge.errors import StoreError

LOOKING = "looking-1"
"""Changes whenever other frames are looked at, or are decoded otherwise."""


class Memory:
    """Verdicts in a project's folder; without one, nothing is remembered."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def verdict(self, key: str) -> Verdict | None:
        """Return what was said before, or None; what cannot be read any more is forgotten."""
        if self._folder is None:
            return None
        try:
            return Verdict.model_validate_json(self._file(self._folder, key).read_bytes())
        except (OSError, ValueError):
            return None

    def keep(self, key: str, verdict: Verdict) -> None:
        """Write a verdict down; where that cannot be done, it is found again the next time."""
        if self._folder is not None:
            with suppress(StoreError):
                write_atomic(self._file(self._folder, key), verdict.model_dump_json(exclude_none=True).encode())

    @staticmethod
    def _file(folder: Path, key: str) -> Path:
        name = hashlib.sha256(f"{LOOKING}|{key}".encode()).hexdigest()
        return folder / name[:2] / f"{name}.json"
