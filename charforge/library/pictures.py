"""Finds reference pictures that cannot be used, before they are locked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from charforge import imaging
from charforge.errors import InputError, Problem
from charforge.library.definitions import Definition, define
from charforge.library.folders import assets

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}


def unreadable(root: Path, only: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return a problem for every listed picture that is truncated, too large or no picture, decoding each."""
    definitions = (define(folder)[0] for folder in assets(root) if not only or folder.name in only)
    return tuple(p for definition in definitions if definition for p in _unreadable(definition))


def _unreadable(definition: Definition) -> Iterator[Problem]:
    files = {r.file for version in definition.written.versions for r in version.references}
    for name in sorted(f for f in files if Path(f).suffix.lower() in PICTURES):
        try:
            imaging.decode(definition.folder.path / name)
        except InputError as error:
            for problem in error.problems:
                yield Problem(problem.message, problem.file, hint=error.hint)
