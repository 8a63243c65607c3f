"""Remembers the sha256 of files whose size, times and inode have not changed since they were hashed."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from charforge.documents import sha256, write_atomic
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

    def digests(self, files: Collection[FoundFile], *, deep: bool = False) -> dict[Path, str | OSError]:
        """Return each file's sha256, or why it cannot be read; with `deep`, from its bytes whatever is remembered.

        Files are hashed on every processor core at once, the largest first.
        """
        result: dict[Path, str | OSError] = {}
        unknown: list[FoundFile] = []
        for found in files:
            key = os.fspath(found.path.absolute())
            known = self.known.get(key)
            if not deep and isinstance(known, list) and len(known) == 5 and tuple(known[:4]) == found.stamp:
                self.seen[key] = known
                result[found.path] = str(known[4])
            else:
                unknown.append(found)
        unknown.sort(key=lambda found: -found.stamp[0])
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            result |= zip((f.path for f in unknown), pool.map(self._hashed, unknown), strict=True)
        return result

    def _hashed(self, found: FoundFile) -> str | OSError:
        try:
            digest = sha256(found.path)
        except OSError as error:
            return error
        if time.time_ns() - found.stamp[2] > _SETTLED_NS:
            self.seen[os.fspath(found.path.absolute())] = [*found.stamp, digest]
        return digest

    def save(self, *walked: Path) -> None:
        """Write what was learned; files of the walked folders that were not seen this time are forgotten."""
        if self.file is None:
            return
        inside = tuple(f"{os.fspath(folder.absolute())}{os.sep}" for folder in walked)
        others = {key: known for key, known in self.known.items() if not key.startswith(inside)}
        kept = others | self.seen
        if kept == self.known:
            return
        # Where this cannot be written, the next run hashes again and is right all the same.
        with contextlib.suppress(StoreError):
            write_atomic(self.file, json.dumps(kept).encode())
        self.known = kept
