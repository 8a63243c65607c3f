"""Judges files from any tool against locked characters, or against a picture of somebody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from charforge import library as assets
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Library
from charforge.domain.jobs import ExpectedFace
from charforge.domain.names import AssetName
from charforge.domain.takes import Finding, Verdict
from charforge.errors import InputError, MediaError
from charforge.qa import Judge, calibrated
from charforge.studio import machine
from charforge.studio.check import load_library
from charforge.studio.project import Project, Settings, find
from charforge.studio.report import FileVerdict

CLIPS = {".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v"}
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}


def judge(near: Path, files: Sequence[Path], cast: tuple[str, ...]) -> tuple[FileVerdict, ...]:
    """Return a verdict for each file; folders stand for the pictures and clips in them.

    Each of `cast` names a locked character, with its version or without, or is a picture of somebody.
    """
    if not cast:
        raise InputError("nobody is expected", "name the cast: --cast mia,theo")
    pictures = {name: Path(name) for name in cast if Path(name).suffix.lower() in PICTURES}
    project = _project(near, needed=len(pictures) < len(cast))
    masters = {hashlib.sha256(_read(path)).hexdigest(): path for path in pictures.values()}
    by_picture = {path: digest for digest, path in masters.items()}
    expected: list[ExpectedFace] = []
    if len(pictures) < len(cast):
        library = load_library(project)
        masters = {**assets.located(project.libraries, library), **masters}
        expected += [_character(name, library) for name in cast if name not in pictures]
    expected += [ExpectedFace(who=p.stem, asset=p.name, master=by_picture[p]) for p in pictures.values()]
    desk = judges(project, lambda digest: masters[digest])
    found = _all(files, cast)
    return tuple(_judged(desk, file, expected, alone=len(found) == 1) for file in found)


def _judged(desk: Judge, file: Path, expected: Sequence[ExpectedFace], *, alone: bool) -> FileVerdict:
    """Return a file's verdict; among several, one that cannot be read fails without stopping the others."""
    began = monotonic()
    look = desk.clip if file.suffix.lower() in CLIPS else desk.still
    try:
        verdict = look(file, expected)
    except (InputError, MediaError) as error:
        if alone:
            raise
        unreadable = Finding(code="unreadable", message=error.message.splitlines()[0])
        nothing = hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()
        verdict = Verdict(take=nothing, outcome="fail", findings=(unreadable,))
    return FileVerdict(file=str(file), verdict=verdict, seconds=monotonic() - began)


def judges(project: Project, files: Callable[[str], Path]) -> Judge:
    """Return the project's two face judges, who find masters by digest in `files`."""
    tools = machine.toolbox(project)
    first, second = (tools.get("face", name) for name in project.settings.judges)
    return Judge(first, second, calibrated(first), calibrated(second), files)


def _character(name: str, library: Library) -> ExpectedFace:
    try:
        wanted = AssetName.parse(name)
    except ValueError as error:
        raise InputError(str(error)) from error
    assets.refuse_unsound(library, ("character", wanted.name))
    found = library.character(wanted.name, wanted.version)
    if found is None or found.primary is None:
        known = sorted({c.name for c in library.characters})
        hint = did_you_mean(wanted.name, known) or f"there are: {', '.join(known) or 'none'}"
        versions = ", ".join(str(c.version) for c in library.characters if c.name == wanted.name)
        if versions:
            raise InputError(f"{wanted.name} has no version {wanted.version}", f"there are: {versions}")
        raise InputError(f"there is no character {name!r} in the library", hint)
    return ExpectedFace.of(found)


def _project(near: Path, *, needed: bool) -> Project:
    """Return the project of a folder; without one, judging pictures against a picture still works."""
    try:
        return find(near)
    except InputError:
        if needed:
            raise
        return Project(near, Settings())


def _all(files: Sequence[Path], cast: Sequence[str]) -> list[Path]:
    """Return the files, with each folder replaced by what can be judged in it."""
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            inside = sorted(f for f in file.iterdir() if f.suffix.lower() in CLIPS | PICTURES)
            if not inside:
                raise InputError(f"{file} holds no picture and no clip")
            found += inside
        elif not file.exists():
            raise InputError(f"{file}: there is no such file", _instead(file, cast))
        else:
            found.append(file)
    return found


def _instead(file: Path, cast: Sequence[str]) -> str:
    """Return what was probably meant by a file that is not there."""
    if file.name == str(file) and not file.suffix:
        return f"check the path; if it is one of --cast, write them without spaces: {','.join((*cast, file.name))}"
    if not file.parent.is_dir():
        return f"there is no folder {file.parent}; paths start in {Path.cwd()}"
    near = did_you_mean(file.name, [other.name for other in file.parent.iterdir()])
    return near or f"look into the folder {file.parent.resolve()}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
