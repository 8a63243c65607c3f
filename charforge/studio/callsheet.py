"""Writes call sheets: who appears where, as values, CSV and a page to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from charforge import imaging, pages
from charforge import library as assets
from charforge.documents import write_atomic
from charforge.domain.assets import Library
from charforge.domain.names import AssetName
from charforge.domain.sheets import CallSheet, EpisodeSheet, SceneSheet
from charforge.errors import InputError, Problem
from charforge.shotlist import peek
from charforge.studio.calls import character_sheets, scene_sheets
from charforge.studio.check import load_library
from charforge.studio.project import Project, find
from charforge.studio.reading import Reading, read, read_all
from charforge.studio.season import Told, find_episode, told

COLUMNS = (
    "season", "episode", "scene", "title", "story_time", "location", "views", "light", "weather", "character",
    "version", "state", "wardrobe", "props", "shots", "seconds", "lines", "heard", "scene_shots", "scene_seconds",
)  # fmt: skip
THUMB = 160
"""Pixels across of a picture beside a name: twice what is printed, for sharp screens."""


def call_sheet(near: Path, wanted: str | None, *, season: bool = False) -> CallSheet:
    """Return the call sheet of an episode, named by its id or file, or of its season.

    What is wrong in an episode is told in its row. Raises InputError when there is no such episode, or no season.
    """
    project = find(near)
    library = load_library(project)
    path = find_episode(project, wanted) if wanted else None
    if season:
        listed = _season(project, path)
        files = tuple(listed.files.values())
        readings = read_all(files, project, library, listed.season)
        episodes = tuple(_episode(*pair, project, library) for pair in zip(files, readings, strict=True))
        title, number = listed.title or _numbers(episodes), listed.season.number
        return _sheet(title, number, episodes, library, _told(listed.missing, project))
    if path is None:
        raise InputError("which episode?", "write its id or file, or --season for all of them")
    episode = _episode(path, read(path, project, library), project, library)
    return _sheet(episode.title, episode.season, (episode,), library)


def _sheet(
    title: str, number: int, episodes: tuple[EpisodeSheet, ...], library: Library, errors: tuple[str, ...] = ()
) -> CallSheet:
    characters = character_sheets((scene for episode in episodes for scene in episode.scenes), library)
    return CallSheet(title=title, season=number, episodes=episodes, characters=characters, errors=errors)


def write_csv(sheet: CallSheet, file: Path) -> None:
    """Write a row for every character in every scene, and one for a scene without people.

    Raises InputError where a file stands that is no CSV file by its name, such as the shot list itself.
    Source: RFC 4180 (commas, CRLF, double quotes where they are needed), as UTF-8.
    """
    if file.exists() and file.suffix.lower() != ".csv":
        raise InputError(
            [Problem("is there already, and is no CSV file", file)], "choose another: --csv call-sheet.csv"
        )
    write_atomic(file, csv_text(sheet).encode())


def csv_text(sheet: CallSheet) -> str:
    """Return the content of the CSV file."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for scene in sheet.scenes():
        rows.writerows(_rows(scene))
    return out.getvalue()


def write_page(near: Path, sheet: CallSheet, file: Path | None = None) -> Path:
    """Write the page, with each character's master and each place's plate in it; return its file."""
    project = find(near)
    library = load_library(project)
    name = sheet.episodes[0].episode if len(sheet.episodes) == 1 else f"season-{sheet.season}"
    file = file or project.build / f"call-sheet-{name}.html"
    write_atomic(file, pages.call_sheet_page(sheet, _pictures(sheet, library, project)))
    return file


def _season(project: Project, path: Path | None) -> Told:
    """Return the season that an episode belongs to; raise InputError when it has none of its episodes."""
    found = told(project, _number(path))
    if not found.files and not found.missing:
        raise InputError(f"there are no episodes in {project.root}", "write shotlists/e01.yaml")
    if path is not None and path.resolve() not in {file.resolve() for file in found.files.values()}:
        raise InputError(f"{path} is not in this season", f"it has: {', '.join(found.files) or 'none'}")
    return found


def _number(path: Path | None) -> int | None:
    """Return the season that a shot list says it belongs to, or None where that cannot be read."""
    try:
        held = peek(path) if path else None
        return int(held[1]) if held else None
    except (InputError, ValueError):
        return None


def _numbers(episodes: tuple[EpisodeSheet, ...]) -> str:
    numbers = sorted({episode.season for episode in episodes})
    return f"season {', '.join(str(number) for number in numbers)}"


def _episode(file: Path, found: Reading, project: Project, library: Library) -> EpisodeSheet:
    episode = found.episode
    scenes = scene_sheets(episode, library) if episode else ()
    return EpisodeSheet(
        season=episode.season if episode else _number(file) or 1,
        episode=episode.id if episode else file.stem,
        title=episode.title if episode else "",
        file=project.relative(file),
        scenes=scenes,
        shots=sum(scene.shots for scene in scenes),
        seconds=round(sum(scene.seconds for scene in scenes), 3),
        lines=sum(scene.lines for scene in scenes),
        errors=_told(found.errors, project),
        warnings=_told(found.warnings, project),
        notes=_told(found.notes, project),
    )


def _told(problems: Iterable[Problem], project: Project) -> tuple[str, ...]:
    """Return problems in words, their files as they lie in the project: a call sheet is read on other machines."""
    named = (p if not p.file else replace(p, file=project.relative(Path(p.file))) for p in problems)
    return tuple(str(problem) for problem in named)


def _rows(scene: SceneSheet) -> Iterable[tuple[str | int | float, ...]]:
    where = (
        scene.season, scene.episode, scene.scene, scene.title, scene.story_time, _joined(scene.places),
        _joined(scene.views), _joined(scene.lights), _joined(scene.weather),
    )  # fmt: skip
    whole = scene.shots, scene.seconds
    for part in scene.parts:
        who = part.character, part.asset, part.state, _joined(part.wardrobes), _joined(part.props)
        yield (*where, *who, part.shots, part.seconds, part.lines, part.heard, *whole)
    if not scene.parts:
        yield (*where, "", "", "", "", _joined(scene.props), 0, 0, scene.lines, 0, *whole)


def _joined(words: Iterable[str]) -> str:
    return "; ".join(words)


def _pictures(sheet: CallSheet, library: Library, project: Project) -> dict[str, str]:
    """Return small pictures by the exact names of who and what they show; places also by light."""
    wanted: dict[str, str] = {}
    for scene in sheet.scenes():
        for part in scene.parts:
            name = AssetName.parse(part.asset)
            character = library.character(name.name, name.version)
            if character is not None:
                front = next((r.digest for r in character.references if r.step == "headshot"), None)
                wanted[part.asset] = front or character.primary or ""
        for place, view, light in ((p, v, li) for p in scene.places for v in scene.views for li in scene.lights):
            name = AssetName.parse(place)
            location = library.location(name.name, name.version)
            plates = location.references if location else ()
            fitting = (r for r in plates if (r.step, r.view, r.light, r.layer) == ("plate", view, light, "background"))
            found = next(fitting, None)
            if found is not None and found.digest:
                wanted.setdefault(f"{place}/{light}", found.digest)
    where = assets.located(project.libraries, library)
    small = {digest: pages.inline(imaging.decode(where[digest]), THUMB) for digest in {*wanted.values()} & where.keys()}
    return {name: small[digest] for name, digest in wanted.items() if digest in small}
