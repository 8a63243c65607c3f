"""Finds reference pictures and look-up tables that cannot be used, before they are locked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from charforge.errors import InputError, Problem
from charforge.library.definitions import Definition, define
from charforge.library.folders import assets
from charforge.library.luts import cube_problem
from charforge.library.written import WrittenLookVersion

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"}


def unreadable(root: Path, only: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return a problem for every listed picture or look-up table that is damaged, too large or none, reading each."""
    definitions = (define(folder)[0] for folder in assets(root) if not only or folder.name in only)
    return tuple(p for definition in definitions if definition for p in _unreadable(definition))


def _unreadable(definition: Definition) -> Iterator[Problem]:
    # Imported here: to verify a library takes no numpy.
    from charforge import imaging

    files = {r.file for version in definition.written.versions for r in version.references}
    for name in sorted(f for f in files if Path(f).suffix.lower() in PICTURES):
        try:
            imaging.decode(definition.folder.path / name)
        except InputError as error:
            for problem in error.problems:
                yield Problem(problem.message, problem.file, hint=error.hint)
    for version in definition.written.versions:
        if isinstance(version, WrittenLookVersion) and version.lut is not None:
            file = definition.folder.path / version.lut
            wrong = cube_problem(file)
            if wrong is not None:
                yield Problem(wrong, file, hint="export it again from the grading program, as a 3-D .cube table")
