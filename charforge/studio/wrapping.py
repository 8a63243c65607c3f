"""Archives an episode's cast when it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from charforge.documents import write_atomic
from charforge.domain.assets import Asset, Kind, Library
from charforge.domain.script import Episode
from charforge.domain.value import Digest, Value
from charforge.errors import InputError, Problem
from charforge.events import Reporter
from charforge.library.packs.manifest import spelled
from charforge.shotlist import named
from charforge.studio.check import load_episode, load_library
from charforge.studio.packing import Packer, file_names, outside
from charforge.studio.project import find
from charforge.studio.season import find_episode


class WrappedPack(Value):
    """One pack of an episode's archive."""

    file: str
    kind: Kind
    name: str
    used: tuple[int, ...]
    """Versions that are in the episode."""
    bytes: int
    sha256: Digest


class Wrapped(Value):
    """The content of ``wrap.json``."""

    charforge_wrap: int = 1
    episode: str
    shot_list: Digest
    """sha256 of the shot list."""
    packs: tuple[WrappedPack, ...]


class WrapReport(Value):
    """An episode that was archived."""

    episode: str
    folder: str
    packs: tuple[WrappedPack, ...]
    warnings: tuple[str, ...] = ()


def wrap(  # noqa: PLR0913 - one option each
    near: Path,
    wanted: str,
    tell: Reporter,
    *,
    everything: bool = False,
    to: Path | None = None,
    key: Path | None = None,
) -> WrapReport:
    """Pack every character of an episode, with `everything` its places, props and look too, beside a list of them."""
    project = find(near)
    file = find_episode(project, wanted)
    library = load_library(project)
    episode = load_episode(file, project, library)
    folder = outside(project, to or project.build / "wrap" / episode.id)
    used = _used(library, episode, everything=everything)
    if not used:
        raise InputError([Problem("nobody is in this episode", file)], "with its places, props and look: --everything")
    packer = Packer(project, tell, episode=episode.id, key=key)
    names = file_names(used)
    packs: list[WrappedPack] = []
    warnings: list[str] = []
    for (kind, name), versions in sorted(used.items()):
        made = packer.pack(*packer.wanted(name, kind), folder / names[kind, name])
        warnings += made.warnings
        packs.append(_listed(folder / names[kind, name], kind, name, tuple(sorted(versions))))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    write_atomic(folder / "wrap.json", spelled(Wrapped(episode=episode.id, shot_list=digest, packs=tuple(packs))))
    return WrapReport(episode=episode.id, folder=str(folder), packs=tuple(packs), warnings=tuple(warnings))


def _listed(file: Path, kind: Kind, name: str, used: tuple[int, ...]) -> WrappedPack:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return WrappedPack(file=file.name, kind=kind, name=name, used=used, bytes=file.stat().st_size, sha256=digest)


def _used(library: Library, episode: Episode, *, everything: bool) -> dict[tuple[Kind, str], set[int]]:
    """Return what an episode shows or hears, and at which versions."""
    found: dict[tuple[Kind, str], set[int]] = {}
    for kind, wanted in named(episode):
        if kind != "character" and not everything:
            continue
        asset = _look_up(library, kind)(wanted.name, wanted.version)
        if asset is not None:
            found.setdefault((kind, wanted.name), set()).add(asset.version)
    return found


def _look_up(library: Library, kind: Kind) -> Callable[[str, int | None], Asset | None]:
    found: dict[Kind, Callable[[str, int | None], Asset | None]] = {
        "character": library.character,
        "location": library.location,
        "prop": library.prop,
        "look": library.look,
    }
    return found[kind]
