"""Remembers the sha256 of files whose size and times have not changed since they were hashed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from pathlib import Path

from charforge.documents import write_atomic
from charforge.errors import StoreError
from charforge.library.folders import FoundFile

_SETTLED_NS = 2_000_000_000
"""A file younger than this is not remembered: it could change again within one tick of a coarse file system's clock."""


class Stamps:
    """Digests by path and stamp; kept in a file outside the library, or only for this run."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.known: dict[str, list[int | str]] = {}
        self.seen: dict[str, list[int | str]] = {}
        if file is not None:
            # A damaged memory only means hashing again.
            with contextlib.suppress(OSError, ValueError):
                kept = json.loads(file.read_bytes())
                self.known = kept if isinstance(kept, dict) else {}

    def digest(self, found: FoundFile, *, deep: bool = False) -> str:
        """Return a file's sha256; with `deep`, from its bytes whatever is remembered. Raises OSError."""
        key = str(found.path.absolute())
        known = self.known.get(key)
        if not deep and isinstance(known, list) and len(known) == 4 and tuple(known[:3]) == found.stamp:
            self.seen[key] = known
            return str(known[3])
        with found.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if time.time_ns() - found.stamp[2] > _SETTLED_NS:
            self.seen[key] = [*found.stamp, digest]
        return digest

    def save(self) -> None:
        """Write what was learned; files that were not seen this time are forgotten."""
        if self.file is None or self.seen == self.known:
            return
        # Where this cannot be written, the next run hashes again and is right all the same.
        with contextlib.suppress(StoreError):
            write_atomic(self.file, json.dumps(self.seen).encode())
        self.known = self.seen
