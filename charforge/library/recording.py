"""Writes what was accepted for an asset into its YAML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from charforge.documents import sha256, write_atomic
from charforge.documents.emit import emit
from charforge.documents.schema import did_you_mean, validate
from charforge.documents.yaml import load, parse, plain
from charforge.domain.assets import Kind, Reference
from charforge.errors import InputError, Problem
from charforge.library.definitions import MODELS
from charforge.library.folders import KINDS, AssetFolder, assets, bad_name
from charforge.library.holding import held
from charforge.library.locking import locked_files

_NEW = {"licence": "CC0-1.0", "release": "synthetic"}
"""Rights of what a generator made up."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """Asks for a new numbered version."""

    extends: int | None = None
    """The version it starts from; None: the newest."""
    state: str | None = None
    """None: as in the version it starts from."""
    from_episode: str | None = None
    """None: as in the version it starts from, unless the state is a new one."""


def record(  # noqa: PLR0913 - one argument for each thing a file says
    root: Path,
    name: str,
    references: Iterable[Reference] = (),
    *,
    kind: Kind = "character",
    rig: str | None = None,
    voice: Mapping[str, Any] | None = None,
    lora: Mapping[str, Any] | None = None,
    prompt: Mapping[str, Any] | None = None,
    embedding: Mapping[str, Any] | None = None,
    rights: Mapping[str, str] | None = None,
    views: Mapping[str, Mapping[str, Any]] | None = None,
    new: NewVersion | None = None,
) -> Path:
    """Add references and more to the newest version of an asset, or to a new one, and return the asset's file.

    The file is made where there is none; a reference to a file that the version lists already replaces the entry, in
    its place. A view that no one described is written with its defaults. Comments in the file are lost. The library
    must be locked anew afterwards. Raises InputError when the file that is there is wrong, or would become so, and
    when a picture that an older version locked has been written over.
    """
    folder = at(root, kind, name)
    root.mkdir(parents=True, exist_ok=True)
    with held(root):
        content = read(folder)
        version = _version(content, new)
        given = tuple(references)
        _refuse_changed(root, folder, content, version, given)
        _list(version, given)
        version |= written({"rig": rig})
        content |= written({"voice": voice, "embedding": embedding, "rights": rights})
        _note(content, "loras", lora, ("file",))
        _note(content, "prompts", prompt, ("text", "model"))
        _complete(kind, content, version, views or {})
        save(folder, content)
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
    found: dict[str, Any] = read(folder).get("voice", {})
    return found


def read(folder: AssetFolder) -> dict[str, Any]:
    """Return what an asset's file says, as written, or what a new one starts with; raise InputError when wrong."""
    if not folder.file.is_file():
        views: dict[str, Any] = {"views": {}} if folder.kind == "location" else {}
        return {"name": folder.name, "rights": dict(_NEW), **views, "versions": [{"id": "1", "references": []}]}
    document = load(folder.file)
    _, problems = validate(MODELS[folder.kind], document, folder.file)
    if problems:
        raise InputError(problems)
    content: dict[str, Any] = plain(document.root)
    return content


def save(folder: AssetFolder, content: dict[str, Any]) -> None:
    """Write what an asset's file says from now on; raise InputError when it could not be read back."""
    # The versions are the longest part and stand last, as people write them.
    content = {**{k: v for k, v in content.items() if k != "versions"}, "versions": content["versions"]}
    text = emit(content).encode()
    _, problems = validate(MODELS[folder.kind], parse(text, folder.file), folder.file)
    if problems:
        raise InputError([Problem(f"would become wrong: {p.message}", p.file, p.line, p.hint) for p in problems])
    write_atomic(folder.file, text)


def apart(file: str, version: int) -> str:
    """Return a name under which a version can keep a file beside that of an older one: ``angles/left25-v2.png``."""
    path = PurePosixPath(file)
    return str(path.with_name(f"{path.stem}-v{version}{path.suffix}"))


def newest(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the version with the highest number, as it is written."""
    found: dict[str, Any] = max(content["versions"], key=lambda v: int(v["id"]))
    return found


def written(value: Any) -> Any:  # noqa: ANN401 - text, number or lists and mappings of them
    """Return a value as it is written: numbers in plain digits."""
    if isinstance(value, Mapping):
        return {str(key): written(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [written(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def at(root: Path, kind: Kind, name: str) -> AssetFolder:
    """Return the folder of an asset, whether it is there or not; raise InputError when the name is none."""
    folder = AssetFolder(kind, name, root / KINDS[kind] / name)
    misnamed = bad_name(folder)
    if misnamed:
        raise InputError([misnamed])
    return folder


def _version(content: dict[str, Any], new: NewVersion | None) -> dict[str, Any]:
    """Return the version that is written to: the newest, or a new one."""
    top = newest(content)
    if new is None:
        return top
    by_id = {int(v["id"]): v for v in content["versions"]}
    extended = by_id.get(new.extends or int(top["id"]))
    if extended is None:
        known = ", ".join(str(number) for number in sorted(by_id))
        raise InputError(f"{content['name']} has no version {new.extends}", f"there are: {known}")
    number = int(top["id"]) + 1
    made: dict[str, Any] = {"id": str(number), "extends": extended["id"]}
    made |= written({"state": new.state, "from_episode": new.from_episode})
    content["versions"] = [*content["versions"], {**made, "references": []}]
    found: dict[str, Any] = content["versions"][-1]
    return found


def _list(version: dict[str, Any], references: Iterable[Reference]) -> None:
    listed = {r["file"]: r for r in version.get("references", [])}
    listed |= {reference.file: _entry(reference) for reference in references}
    version["references"] = list(listed.values())


def _complete(
    kind: Kind, content: dict[str, Any], version: dict[str, Any], views: Mapping[str, Mapping[str, Any]]
) -> None:
    """Add what references call for: views of a location that no one described, the master of a character."""
    if kind == "location":
        named = (r["view"] for r in version["references"] if "view" in r)
        undescribed: dict[str, Any] = {view: {} for view in named if view not in content["views"]}
        content["views"] = {**content["views"], **undescribed, **written(views)}
    headshot = next((r["file"] for r in version["references"] if r["step"] == "headshot"), None)
    if headshot and kind == "character" and "embedding" not in content:
        content["embedding"] = {"primary": headshot}


def _note(content: dict[str, Any], key: str, entry: Mapping[str, Any] | None, same: tuple[str, ...]) -> None:
    """Add an entry to a list of the file; one that agrees in all that `same` names is replaced."""
    if entry is None:
        return
    said = written(entry)
    others = [e for e in content.get(key, []) if any(e.get(word) != said.get(word) for word in same)]
    content[key] = [*others, said]


def _entry(reference: Reference) -> dict[str, Any]:
    """Return a reference as it is written: only what it says."""
    entry: dict[str, Any] = written(reference.model_dump(exclude_none=True, exclude={"digest", "made_from"}))
    return {**entry, "from": reference.made_from} if reference.made_from else entry


def _refuse_changed(
    root: Path, folder: AssetFolder, content: dict[str, Any], version: dict[str, Any], given: tuple[Reference, ...]
) -> None:
    """Raise InputError when a file that is recorded anew was locked in an older version with other bytes."""
    older = {r["file"]: v["id"] for v in content["versions"] if v is not version for r in v.get("references", [])}
    shared = {r.file for r in given} & older.keys()
    if not shared:
        return
    locked = locked_files(root, folder.kind, folder.name)
    wrong = [
        Problem(
            f"{folder.name}: {name} is version {older[name]}'s picture and has been written over",
            folder.path / name,
            hint=f"restore it, and give the new one a name of its own, such as {apart(name, int(version['id']))}",
        )
        for name in sorted(shared)
        if name in locked and locked[name] != sha256(folder.path / name)
    ]
    if wrong:
        raise InputError(wrong)
