"""Writes a locked asset into one file, the same bytes every time."""

from __future__ import annotations

import hashlib
import os
import uuid
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from charforge.documents.files import unwritable
from charforge.domain.assets import LockedAsset
from charforge.errors import InputError, LockMismatch, Problem
from charforge.library.definitions import Definition
from charforge.library.folders import walk
from charforge.library.locking import COMMAND
from charforge.library.packs.contents import wrong_content
from charforge.library.packs.layout import Entry, directory, header
from charforge.library.packs.manifest import (
    FILES,
    MANIFEST,
    SIGNATURE,
    Manifest,
    PackedFaces,
    PackedFile,
    described,
    spelled,
)
from charforge.library.packs.naming import clashes, wrong_name
from charforge.library.packs.reading import CHUNK, MAX_FILES
from charforge.library.packs.signing import Signer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Step = Callable[[str, int, int], None]
"""Told which file is being packed, and how many of all bytes are."""


def restore(name: str) -> str:
    """Return what to do about files of an asset that are not as they were locked."""
    return f"restore the files, or look at {name}, then: {COMMAND} {name}"


@dataclass(frozen=True, slots=True)
class Faces:
    """What one face model sees in the pictures of a character."""

    model: str
    """sha256 of the model file."""
    backend: str
    licence: str
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """(n,) float32 by picture; `merged` is the weighted mean of those that are merged."""
    without: tuple[str, ...] = ()
    """Pictures in which no face was found."""


def pack(  # noqa: PLR0913 - what goes in, and how
    definition: Definition,
    locked: LockedAsset,
    target: Path,
    *,
    episode: str | None = None,
    faces: Iterable[Faces] = (),
    signer: Signer | None = None,
    step: Step = lambda name, done, total: None,  # noqa: ARG005
) -> Manifest:
    """Write a locked asset into a pack and return its manifest.

    Raises LockMismatch when a file is not as it was locked, InputError when one may not be in a pack, StoreError when
    the pack cannot be written; the target is as it was then.
    """
    sources = _sources(definition, locked)
    rows = {f.model: _packed(f) for f in sorted(faces, key=lambda f: f.model) if f.vectors}
    manifest = Manifest(
        kind=locked.kind,
        name=locked.name,
        version=max(v.id for v in definition.written.versions),
        episode=episode,
        about=described(definition.written),
        embeddings=tuple(described_rows for described_rows, _ in rows.values()),
        files=tuple(PackedFile(name=n, bytes=p.stat().st_size, sha256=locked.files[n]) for n, p in sources.items()),
    )
    data = spelled(manifest)
    small = {MANIFEST: data}
    if signer is not None:
        small[SIGNATURE] = spelled(signer.sign(data))
    small |= {packed.entry: vectors for packed, vectors in rows.values()}
    _written(target, small, {FILES + name: path for name, path in sources.items()}, manifest, step)
    return manifest


def _sources(definition: Definition, locked: LockedAsset) -> dict[str, Path]:
    """Return every file by name, in the order of the pack; raise LockMismatch when other ones were locked."""
    found, problems = walk(definition.folder)
    wrong = list(problems)
    names = {file.name for file in found}
    place = definition.folder.path
    wrong += [Problem("is missing, it was there when it was locked", place / n) for n in locked.files if n not in names]
    wrong += [Problem("is extra, it was not there when it was locked", place / n) for n in names - locked.files.keys()]
    if wrong:
        raise LockMismatch(sorted(wrong, key=str), restore(locked.name))
    unfit = [Problem(reason, place / n) for n in sorted(names) if (reason := wrong_name(n))]
    unfit += [
        Problem(f"would fall on the place of {other!r}", place / n) for n, other in clashes(sorted(names)).items()
    ]
    if len(names) > MAX_FILES:
        unfit.append(Problem(f"holds {len(names)} files; a pack holds {MAX_FILES}", place))
    if unfit:
        raise InputError(unfit, f"rename them, in {definition.folder.file.name} too, then: {COMMAND} {locked.name}")
    return {file.name: file.path for file in sorted(found, key=lambda f: f.name)}


def _packed(faces: Faces) -> tuple[PackedFaces, bytes]:
    """Return what the manifest says of some embeddings, and their bytes."""
    import numpy as np

    names = sorted(faces.vectors)
    rows = np.stack([np.asarray(faces.vectors[name], "<f4") for name in names])
    if not np.isfinite(rows).all():
        raise InputError(f"the face model {faces.backend} gave numbers that are none", "see: charforge doctor")
    data = rows.astype("<f4").tobytes()
    packed = PackedFaces(
        model=faces.model,
        backend=faces.backend,
        licence=faces.licence,
        dimension=rows.shape[1],
        rows=tuple(names),
        without=tuple(sorted(faces.without)),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return packed, data


def _written(
    target: Path, small: Mapping[str, bytes], sources: Mapping[str, Path], manifest: Manifest, step: Step
) -> None:
    """Write the pack beside its place, then put it there."""
    temporary = target.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as stream:
                _entries(stream, small, sources, manifest, step)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:
        raise unwritable(target, error) from error


def _entries(
    out: BinaryIO, small: Mapping[str, bytes], sources: Mapping[str, Path], manifest: Manifest, step: Step
) -> None:
    listed: list[Entry] = []
    for name, data in small.items():
        entry = Entry(name, len(data), zlib.crc32(data), out.tell())
        out.write(header(entry) + data)
        listed.append(entry)
    total = sum(file.bytes for file in manifest.files)
    done = 0
    for file, (name, path) in zip(manifest.files, sources.items(), strict=True):
        step(file.name, done, total)
        entry = Entry(name, file.bytes, 0, out.tell())
        listed.append(
            _copied(out, entry, path, (manifest.name, file.sha256), partial(_moved, step, file.name, done, total))
        )
        done += file.bytes
    out.write(directory(listed))


def _moved(step: Step, name: str, done: int, total: int, copied: int) -> None:
    step(name, done + copied, total)


def _copied(out: BinaryIO, entry: Entry, path: Path, locked: tuple[str, str], moved: Callable[[int], None]) -> Entry:
    """Copy a file behind its header, `locked` in an asset as this digest; raise LockMismatch when it is another."""
    name, wanted = locked
    out.write(header(entry))
    digest, crc = hashlib.sha256(), 0
    try:
        with path.open("rb") as source:
            reason = wrong_content(path.name, source)
            if reason:
                raise InputError([Problem(reason, path)], f"then accept it: {COMMAND} {name}")
            source.seek(0)
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                crc = zlib.crc32(chunk, crc)
                out.write(chunk)
                moved(min(entry.size, out.tell() - entry.start))
                if out.tell() > entry.end:
                    break
    except OSError as error:
        if error.filename != str(path):
            raise
        raise InputError([Problem(f"cannot be read: {error.strerror}", path)]) from error
    if digest.hexdigest() != wanted or out.tell() != entry.end:
        raise LockMismatch([Problem("has changed since it was locked", path)], restore(name))
    done = replace(entry, crc=crc)
    out.seek(entry.offset)
    out.write(header(done))
    out.seek(done.end)
    return done
