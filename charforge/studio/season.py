"""Finds a project's episodes and the order in which the story tells them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from charforge.documents.schema import did_you_mean
from charforge.domain.names import natural
from charforge.domain.script import Season
from charforge.errors import InputError, Problem
from charforge.shotlist import peek, read_season
from charforge.studio.project import SEASON_FILE, Project

SHOT_LISTS = "shotlists"


@dataclass(frozen=True, slots=True)
class Told:
    """A season and the files of its episodes."""

    season: Season
    files: dict[str, Path]
    """By the episode's id, in order; ids that season.yaml lists and no file has are left out."""
    missing: tuple[Problem, ...] = ()
    """Listed episodes that are not there."""
    title: str = ""


def season_of(project: Project) -> Season:
    """Return the order of the episodes as ``season.yaml`` gives it; without the file, ids are counted.

    Raises InputError when the file is wrong.
    """
    file = project.root / SEASON_FILE
    if not file.is_file():
        return Season()
    listed = read_season(file)
    ids = (entry.id or _name(entry.file) for entry in listed.entries)
    return Season(number=listed.number, episodes=tuple(name for name in ids if name))


def told(project: Project, number: int | None = None) -> Told:
    """Return the season that ``season.yaml`` lists, or all episodes in shotlists/, those of one season if asked.

    Raises InputError when season.yaml is wrong, or two files hold the same episode.
    """
    file = project.root / SEASON_FILE
    found = _found(project, number if not file.is_file() else None)
    if not file.is_file():
        names = sorted(found, key=natural)
        return Told(Season(number=number or 1, episodes=tuple(names)), {name: found[name] for name in names})
    listed = read_season(file)
    files: dict[str, Path] = {}
    missing: list[Problem] = []
    for entry in listed.entries:
        name = entry.id or _name(entry.file)
        path = entry.file if entry.file is not None and entry.file.is_file() else found.get(name)
        if path is None:
            wanted = entry.id or str(entry.file)
            hint = did_you_mean(entry.id, found) or f"write {SHOT_LISTS}/{name or 'e01'}.yaml, or name its file"
            missing.append(Problem(f"there is no episode {wanted}", file, entry.line, hint))
        else:
            files[name or path.stem] = path
    return Told(season_of(project), files, tuple(missing), listed.title)


def find_episode(project: Project, wanted: str) -> Path:
    """Return the shot list that is named by its file or by its episode's id; raise InputError when there is none."""
    near = Path(wanted)
    if near.suffix in (".yaml", ".yml") or is_file(near):
        return near
    listed = told(project).files if (project.root / SEASON_FILE).is_file() else {}
    files = {**_found(project, None), **listed}
    if wanted in files:
        return files[wanted]
    hint = did_you_mean(wanted, files) or f"there are: {', '.join(sorted(files, key=natural)) or 'none'}"
    raise InputError(f"there is no episode {wanted!r} in {SHOT_LISTS}/", hint)


def is_file(path: Path) -> bool:
    """Return whether a file is there; a name that is too long for any has none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _name(file: Path | None) -> str:
    """Return the id of the episode in a file, or nothing where it cannot be read."""
    try:
        return (peek(file) or ("", ""))[0] if file is not None else ""
    except InputError:
        return ""


def _found(project: Project, number: int | None) -> dict[str, Path]:
    """Return the shot lists of a project by episode; one that cannot be read is known by its file's name."""
    found: dict[str, Path] = {}
    for file in sorted((project.root / SHOT_LISTS).rglob("*.y*ml")):
        try:
            held = peek(file)
        except InputError:
            held = "", str(number)
        if held is None or (number is not None and held[1] != str(number)):
            continue
        name = held[0] or file.stem
        if name in found:
            raise InputError([Problem(f"the episode {name} is also in {found[name]}", file)], "give one another id")
        found[name] = file
    return found
