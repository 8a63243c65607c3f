"""Finds which shot lists of a project use which version of an asset."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from charforge.domain.assets import Asset, Kind, Library
from charforge.domain.names import AssetName
from charforge.domain.script import Episode, Season, Shot
from charforge.errors import InputError, Problem
from charforge.shotlist import check_names, peek, read_episode, settle
from charforge.studio.project import Project
from charforge.studio.season import season_of

_VERSION = re.compile(r"@[0-9]+")
_NOT_WRITTEN_BY_HAND = {"node_modules", "__pycache__"}


@dataclass
class Uses:
    """The shot lists of a project, and what they want of one asset."""

    project: Project
    kind: Kind
    versions: tuple[Asset, ...]
    season: Season = field(init=False)

    def __post_init__(self) -> None:
        self.season = season_of(self.project)

    @cached_property
    def read(self) -> tuple[tuple[Path, Episode | InputError], ...]:
        """Every shot list under the project's folder, by its file, or why it cannot be read."""
        return tuple(self._read(file) for file in _shot_lists(self.project))

    def by_version(self) -> dict[int, tuple[str, ...]]:
        """Return the shot lists that show each version; one that cannot be read shows none."""
        found: dict[int, list[str]] = {version.version: [] for version in self.versions}
        library = _library(self.kind, self.versions)
        for file, episode in self.read:
            if isinstance(episode, InputError):
                continue
            settled = settle(episode, library, self.season)
            ids = {text for _, shot in settled.shots() for text, _ in _names(shot, self.kind)} | _look(
                settled, self.kind
            )
            for number in {self._meant(text) for text in ids}:
                if number in found:
                    found[number].append(self.project.relative(file))
        return {number: tuple(files) for number, files in found.items()}

    def needing(self, number: int) -> tuple[Problem, ...]:
        """Return where a version is named, where a word is used that only it knows, and shot lists nobody can read."""
        problems: list[Problem] = []
        gone = f"{self.versions[0].name}@{number}"
        for file, episode in self.read:
            if isinstance(episode, InputError):
                message = f"cannot be read, so it may need {gone}"
                problems.append(Problem(message, file, hint=f"first: charforge check {file}"))
                continue
            lines = [line for _, shot in episode.shots() for text, line in _names(shot, self.kind) if text == gone]
            problems += [Problem(f"{episode.id} names {gone}", file, line) for line in sorted(set(lines))]
            if gone in _look(episode, self.kind):
                problems.append(Problem(f"{episode.id} names {gone}", file))
            if not lines:
                problems += self._missed(episode, file, number)
        return tuple(problems)

    def _missed(self, episode: Episode, file: Path, number: int) -> Iterator[Problem]:
        """Yield what an episode would lack without a version: states, wardrobes, views and lights that only it has."""
        before = {_VERSION.sub("", p.message) for p in self._lacking(episode, self.versions)}
        for problem in self._lacking(episode, [v for v in self.versions if v.version != number]):
            if _VERSION.sub("", problem.message) not in before:
                yield Problem(f"without version {number}, {problem.message}", file, problem.line)

    def _lacking(self, episode: Episode, versions: Sequence[Asset]) -> tuple[Problem, ...]:
        library = _library(self.kind, versions)
        return check_names(settle(episode, library, self.season), library)

    def _meant(self, text: str) -> int | None:
        """Return the version that a name in a settled episode stands for; None where it is another asset's."""
        try:
            wanted = AssetName.parse(text)
        except ValueError:
            return None
        if wanted.name != self.versions[0].name:
            return None
        return wanted.version or max(version.version for version in self.versions)

    def _read(self, file: Path) -> tuple[Path, Episode | InputError]:
        try:
            return file, read_episode(file, cache=self.project.state / "parsed")
        except InputError as error:
            return file, error


def _library(kind: Kind, versions: Sequence[Asset]) -> Library:
    return Library.model_validate({f"{kind}s": tuple(versions)})


def _names(shot: Shot, kind: Kind) -> Iterator[tuple[str, int]]:
    """Yield the assets of a kind that a shot names, each with its line."""
    if kind == "character":
        yield from ((person.asset, person.line or shot.line) for person in shot.characters)
        yield from ((line.asset or line.who, line.line or shot.line) for line in shot.lines)
    elif kind == "location" and shot.location:
        yield shot.location, shot.where.get("location", shot.line)
    elif kind == "prop":
        yield from ((name, shot.where.get("props", shot.line)) for name in shot.props)


def _look(episode: Episode, kind: Kind) -> set[str]:
    return {episode.look} if kind == "look" else set()


def _shot_lists(project: Project) -> Iterator[Path]:
    """Yield the shot lists under a project's folder; its own products, libraries and hidden folders are left out."""
    apart = {path.resolve() for path in (project.build, project.state, *project.libraries.values())}
    folders = [project.root]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            hidden = path.name.startswith(".") or path.name in _NOT_WRITTEN_BY_HAND
            if path.is_dir() and not path.is_symlink() and not hidden and path.resolve() not in apart:
                folders.append(path)
            elif path.suffix in (".yaml", ".yml") and path.is_file() and _is_shot_list(path):
                yield path


def _is_shot_list(path: Path) -> bool:
    """Return whether a file looks like a shot list, although it may be damaged."""
    try:
        return peek(path) is not None
    except InputError:
        return re.search(rb"^scenes\s*:", path.read_bytes(), re.MULTILINE) is not None
