"""Checks every file of a pack, and puts them into a library once all of them are right."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charforge.documents import write_atomic
from charforge.documents.emit import emit
from charforge.documents.files import unwritable
from charforge.documents.yaml import MAX_BYTES, parse, plain
from charforge.errors import InputError, Problem, StoreError
from charforge.library.definitions import define, defined
from charforge.library.folders import KINDS, AssetFolder, bad_name, walk
from charforge.library.holding import held
from charforge.library.packs.contents import Part, script, wrong_content
from charforge.library.packs.manifest import FILES, described
from charforge.library.packs.naming import printable
from charforge.library.packs.reading import AGAIN, Pack, content, refusal

Step = Callable[[str, int, int], None]

_FREE = 64 * 1024 * 1024
"""Bytes of a disk that stay free."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An asset that came out of a pack."""

    folder: Path
    already: bool
    """True when the same files were there, and nothing was written."""


def check(stream: BinaryIO, pack: Pack, step: Step) -> None:
    """Read every byte of a pack and write nothing; raise InputError with everything that is wrong in it."""
    manifest = pack.manifest
    folder = AssetFolder(manifest.kind, manifest.name, Path(pack.place))
    own, data = FILES + folder.file.name, b""
    problems: list[Problem] = []
    total, done = sum(entry.size for entry in pack.entries.values()), 0
    for name in pack.digests():
        entry = pack.entries[name]
        step(name, done, total)
        try:
            reason = wrong_content(name, Part(stream, entry.start, entry.size)) if name.startswith(FILES) else ""
            if name == own and entry.size > MAX_BYTES:
                reason = f"is larger than {MAX_BYTES >> 20} MiB"
            problems += [Problem(f"{name} {reason}", pack.place)] if reason else []
            for chunk in content(stream, pack, name):
                done += len(chunk)
                step(name, done, total)
                data += chunk if name == own and not reason else b""
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems, "do not use it; have it packed again, or copied again where it is damaged")
    _refuse_other(pack, folder, data)


def unpack(  # noqa: PLR0913 - what, where and how
    stream: BinaryIO, pack: Pack, root: Path, step: Step, *, name: str | None = None, force: bool = False
) -> Unpacked:
    """Put the asset of a pack into a library, under another name if one is given.

    An asset that is there with the same files stays; with others it is replaced only with `force`. Raises InputError
    where the pack is wrong or the name is taken, StoreError when the library cannot be written; nothing is left then.
    """
    manifest = pack.manifest
    target = AssetFolder(manifest.kind, name or manifest.name, root / KINDS[manifest.kind] / (name or manifest.name))
    misnamed = bad_name(target)
    if misnamed:
        raise InputError([misnamed])
    check(stream, pack, lambda file, done, total: step(file, done, 2 * total))
    size, done = sum(file.bytes for file in manifest.files), 0
    with _beside(target, size) as scratch:
        made = AssetFolder(manifest.kind, manifest.name, scratch / manifest.name)
        for file in manifest.files:
            step(file.name, size + done, 2 * size)
            done += file.bytes
            # Read anew and compared anew: the pack could have changed since it was checked.
            _write(content(stream, pack, FILES + file.name), made.path / file.name)
        if target.name != manifest.name:
            made = _renamed(made, target.name)
        with held(root):
            there = _there(target)
            if there == _there(made):
                return Unpacked(target.path, already=True)
            if there is not None and not force:
                raise _taken(target, there, _there(made) or {})
            _placed(made.path, target.path, scratch / "before")
    return Unpacked(target.path, already=False)


def scripts(pack: Pack) -> tuple[str, ...]:
    """Return the files of a pack that run when a set is rendered or a person opens them."""
    return tuple(file.name for file in pack.manifest.files if script(file.name))


def _write(chunks: Iterator[bytes], to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("xb") as out:
        for chunk in chunks:
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def _refuse_other(pack: Pack, folder: AssetFolder, data: bytes) -> None:
    """Raise InputError when the asset's own file is wrong, or says otherwise than the manifest."""
    manifest, own = pack.manifest, FILES + folder.file.name
    if own not in pack.entries:
        raise refusal(pack.place, f"it holds no {own}, which says what the {manifest.kind} is", AGAIN)
    names = {file.name for file in manifest.files}
    try:
        definition, problems = defined(folder, parse(data, own), names)
    except InputError as error:
        definition, problems = None, error.problems
    if definition is None or problems:
        told = [Problem(f"{own}: {printable(p.message)}", pack.place, p.line, printable(p.hint)) for p in problems]
        raise InputError(told, "do not use it; have it packed again")
    said, is_so = manifest.about, described(definition.written)
    other = [key for key in type(said).model_fields if getattr(said, key) != getattr(is_so, key)]
    newest = max(version.id for version in definition.written.versions)
    other += ["version"] if newest != manifest.version else []
    if other:
        message = f"its manifest says otherwise than {folder.file.name} on: {', '.join(other)}"
        raise refusal(pack.place, message, "do not use it; have it packed again")


@contextmanager
def _beside(target: AssetFolder, size: int) -> Iterator[Path]:
    """Give an empty folder on the target's disk, and clear it away."""
    parent = target.path.parent
    scratch = parent / f".{uuid.uuid4().hex}.tmp"
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    try:
        scratch.mkdir(parents=True)
        free = shutil.disk_usage(scratch).free
        if size + _FREE > free:
            message = f"{parent} has {free >> 20} MiB free, and the pack needs {size >> 20}"
            raise StoreError(message, "free some disk space, or choose another library: --library PATH")
        yield scratch
    except OSError as error:
        raise unwritable(target.path, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        # What was made only for this, such as characters/ of a new library, goes where nothing came into it.
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _renamed(folder: AssetFolder, name: str) -> AssetFolder:
    """Give an unpacked asset another name, in its file and of its folder."""
    data = folder.file.read_bytes()
    line = rb"^name:[ \t]*([\"']?)" + re.escape(folder.name.encode()) + rb"\1(?=[ \t]*(#.*)?\r?$)"
    changed, count = re.subn(line, b"name: " + name.encode(), data, count=1, flags=re.MULTILINE)
    if not count:
        changed = emit({**plain(parse(data, folder.file).root), "name": name}).encode()
    write_atomic(folder.file, changed)
    renamed = AssetFolder(folder.kind, name, folder.path.with_name(name))
    folder.path.rename(renamed.path)
    definition, problems = define(renamed)
    if definition is None or problems:
        raise InputError(problems)
    return renamed


def _there(folder: AssetFolder) -> dict[str, str] | None:
    """Return the sha256 of each file of an asset, or None where nothing is; raise InputError for what is no folder."""
    if not os.path.lexists(folder.path):
        return None
    if not folder.path.is_dir():
        raise InputError([Problem("is not a folder, and stands where the asset goes", folder.path)], "move it away")
    if not any(folder.path.iterdir()):
        return None
    found, _ = walk(folder)
    digests = {}
    for file in found:
        with file.path.open("rb") as stream:
            digests[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return digests


def _taken(target: AssetFolder, there: dict[str, str], packed: dict[str, str]) -> InputError:
    other = sorted(name for name in there.keys() | packed.keys() if there.get(name) != packed.get(name))
    shown = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
    message = f"{target.name} is in the library already, and differs in {shown}"
    return InputError([Problem(message, target.path)], "keep both with --as NAME, or replace it with --force")


def _placed(made: Path, target: Path, before: Path) -> None:
    """Put an unpacked asset in its place; what was there is cleared away afterwards, and comes back if that fails."""
    try:
        if target.exists():
            target.rename(before)
        made.rename(target)
    except BaseException:
        # Ctrl-C can come right after the first renaming, too; without this the old asset would be cleared away.
        if before.exists() and not target.exists():
            before.rename(target)
        raise
    with suppress(OSError):
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
