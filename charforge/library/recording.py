"""Writes what was accepted for a character into its YAML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from charforge.documents import write_atomic
from charforge.documents.emit import emit
from charforge.documents.schema import did_you_mean, validate
from charforge.documents.yaml import load, parse, plain
from charforge.domain.assets import Reference
from charforge.errors import InputError, Problem
from charforge.library.folders import KINDS, AssetFolder, assets, bad_name
from charforge.library.written import WrittenCharacter

_NEW = {"licence": "CC0-1.0", "release": "synthetic"}
"""Rights of a person whom a generator made up."""


def record(
    root: Path,
    name: str,
    references: Iterable[Reference] = (),
    *,
    rig: str | None = None,
    voice: Mapping[str, Any] | None = None,
) -> Path:
    """Add references, a rig and a voice to the newest version of a character, and return the file.

    The file is made where there is none; a reference to a file that is already listed replaces the old entry, in
    its place. Comments in the file are lost. The library must be locked anew afterwards. Raises InputError when the
    file that is there is wrong, or would become so.
    """
    folder = AssetFolder("character", name, root / KINDS["character"] / name)
    misnamed = bad_name(folder)
    if misnamed:
        raise InputError([misnamed])
    content = _content(folder)
    version = max(content["versions"], key=lambda v: int(v["id"]))
    listed = {r["file"]: r for r in version.get("references", [])}
    listed |= {reference.file: _entry(reference) for reference in references}
    version["references"] = list(listed.values())
    if rig is not None:
        version["rig"] = rig
    if voice is not None:
        content["voice"] = dict(voice)
    headshot = next((r["file"] for r in listed.values() if r["step"] == "headshot"), None)
    if headshot and "embedding" not in content:
        content = {**content, "embedding": {"primary": headshot}}
    # The versions are the longest part and stand last, as people write them.
    content["versions"] = content.pop("versions")
    text = emit(content).encode()
    _refuse_wrong(text, folder.file)
    write_atomic(folder.file, text)
    return folder.file


def written_voice(root: Path, name: str) -> dict[str, Any]:
    """Return what a character's file says of its voice, as it is written; empty when it says nothing.

    Raises InputError when there is no such character, or its file is wrong.
    """
    folder = AssetFolder("character", name, root / KINDS["character"] / name)
    if bad_name(folder) or not folder.file.is_file():
        known = [found.name for found in assets(root) if found.kind == "character"]
        hint = did_you_mean(name, known) or f"characters: {', '.join(known) or 'none yet'}"
        raise InputError(f"the library has no character {name!r}", f"{hint}; a new one: charforge library cast NAME")
    found: dict[str, Any] = _content(folder).get("voice", {})
    return found


def _content(folder: AssetFolder) -> dict[str, Any]:
    if not folder.file.is_file():
        return {"name": folder.name, "rights": dict(_NEW), "versions": [{"id": "1", "references": []}]}
    document = load(folder.file)
    _, problems = validate(WrittenCharacter, document, folder.file)
    if problems:
        raise InputError(problems)
    content: dict[str, Any] = plain(document.root)
    return content


def _entry(reference: Reference) -> dict[str, Any]:
    """Return a reference as it is written: only what it says, numbers in plain digits."""
    said = reference.model_dump(exclude_none=True, exclude={"digest", "made_from"})
    entry = {key: _written(value) for key, value in said.items()}
    return {**entry, "from": reference.made_from} if reference.made_from else entry


def _written(value: Any) -> Any:  # noqa: ANN401 - text, number or a mapping of them
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _refuse_wrong(text: bytes, file: Path) -> None:
    _, problems = validate(WrittenCharacter, parse(text, file), file)
    if problems:
        raise InputError([Problem(f"would become wrong: {p.message}", p.file, p.line, p.hint) for p in problems])
