"""Looks whether a report can be written where it is wanted, before the work that it tells of is done."""

from __future__ import annotations

import os
from pathlib import Path

from charforge.errors import InputError


def refuse_unwritable(path: Path, name: str, ending: str = ".html") -> None:
    """Raise InputError for a file that could not be written once all is done; `name` is what to call it in a folder."""
    folder = next(place for place in path.absolute().parents if place.exists())
    if path.is_dir():
        raise InputError(f"{path} is a folder", f"name a file in it: {path / name}{path.suffix or ending}")
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(f"{path} cannot be written: {folder} is no folder that can be", "choose another place")
