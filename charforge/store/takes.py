"""Takes by their key: what was made, by what, and where its bytes are.

    takes/ab/abcd….json   key -> take record
    blobs/12/1234…        bytes by their sha256, read-only
    state/<episode>.jsonl the ledger of an episode
    scratch/              what is not whole yet

A record is written after its bytes, so a take that can be found is whole. Corrupt is the same as missing.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from charforge.documents import write_atomic
from charforge.documents.files import unwritable
from charforge.domain.takes import Take
from charforge.errors import StoreError
from charforge.store.blobs import Blobs
from charforge.store.locks import alone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in the store that is not as it was written."""

    what: str
    """`take` or `blob`."""
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What a clearing of the store removed."""

    takes: int
    blobs: int
    bytes: int


class Store:
    """The takes of a project."""

    def __init__(self, root: Path) -> None:
        """Take the project's state folder; it is made when something is written."""
        self.root = root
        self._folder = root / "takes"
        self.scratch = root / "scratch"
        self.state = root / "state"
        self.blobs = Blobs(root / "blobs", self.scratch)

    def find(self, key: str) -> Take | None:
        """Return the take with this key, or None when it is missing or anything of it is not as it was."""
        take = self.record(key)
        if take is None or not self.blobs.has(take.blob, take.size):
            return None
        return take if all(self.blobs.has(d) for d in take.attachments.values()) else None

    def record(self, key: str) -> Take | None:
        """Return what is written about a take, whether or not its bytes are here."""
        try:
            with open(f"{self._folder}/{key[:2]}/{key}.json", "rb") as stream:  # noqa: PTH123 - thousands of files
                take = Take.model_validate_json(stream.read())
        except (OSError, ValidationError):
            return None
        return take if take.key == key else None

    def add(self, take: Take) -> None:
        """Write down a take whose bytes are stored already; raise StoreError when they are not."""
        missing = [d for d in (take.blob, *take.attachments.values()) if not self.blobs.has(d)]
        if missing:
            message = f"take {take.key[:12]} names bytes that are not in the store: {missing[0][:12]}"
            raise StoreError(message, "render it again")
        self.note(take)

    def note(self, take: Take) -> None:
        """Write down a take whether or not its bytes are here; without them it has a record and cannot be found."""
        write_atomic(self._path(take.key), take.model_dump_json(exclude_none=True, indent=1).encode() + b"\n")

    def blob(self, digest: str) -> Path:
        """Return a read-only file with this content; raise StoreError when it is missing or corrupt."""
        if not self.blobs.has(digest):
            message = f"{self.blobs.path(digest)} is missing or not what was written"
            raise StoreError(message, "run the same command again; what is missing is rendered again")
        return self.blobs.path(digest)

    def has(self, digest: str) -> bool:
        """Return whether the bytes with this digest are here and whole."""
        return self.blobs.has(digest)

    def listed(self) -> Iterator[str]:
        """Yield the keys of all takes."""
        for path in sorted(self._folder.glob("??/*.json")):
            yield path.stem

    def verify(self) -> tuple[Damage, ...]:
        """Return everything that is not as it was written, reading every byte."""
        found = [Damage("blob", d, "its bytes are not what was written") for d in self.blobs.listed()]
        found = [damage for damage in found if not self.blobs.whole(damage.name)]
        for key in self.listed():
            take = self.record(key)
            if take is None:
                found.append(Damage("take", key, "its record cannot be read"))
                continue
            missing = [d for d in (take.blob, *take.attachments.values()) if not self.blobs.path(d).is_file()]
            found.extend(Damage("take", key, f"blob {d[:12]} is missing") for d in missing)
        return tuple(found)

    def sweep(self, keep: Collection[str]) -> Swept:
        """Delete every take whose key is not to be kept, bytes that no take names, and unfinished files.

        Raises Busy while an episode is being worked on.
        """
        with alone(self):
            return self._swept(keep)

    def _swept(self, keep: Collection[str]) -> Swept:
        used: set[str] = set()
        takes = 0
        for key in tuple(self.listed()):
            take = self.record(key)
            if key in keep and take is not None:
                used.update((take.blob, *take.attachments.values()))
                continue
            takes += 1
            self._remove(self._path(key))
        unused = [d for d in tuple(self.blobs.listed()) if d not in used]
        freed = sum(self.blobs.drop(d) for d in unused)
        shutil.rmtree(self.scratch, ignore_errors=True)
        return Swept(takes, len(unused), freed)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
