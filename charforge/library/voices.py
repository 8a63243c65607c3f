"""Finds the voices of a library, locked or not."""

from __future__ import annotations

from pathlib import Path

from charforge.library.definitions import define
from charforge.library.folders import assets
from charforge.library.written import WrittenCharacter, WrittenVoice


def voices(root: Path) -> dict[str, tuple[Path, WrittenVoice]]:
    """Return the folder and the voice of every character that has one, by name."""
    found = {}
    for folder in assets(root):
        definition, _ = define(folder) if folder.kind == "character" else (None, ())
        if definition is not None and isinstance(definition.written, WrittenCharacter) and definition.written.voice:
            found[folder.name] = (folder.path, definition.written.voice)
    return found
