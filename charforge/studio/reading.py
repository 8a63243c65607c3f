"""Reads an episode and finds what is wrong with its text, its names and its continuity within the season."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from charforge.domain.assets import Library, Unsound
from charforge.domain.script import Episode, Season
from charforge.errors import InputError, Problem
from charforge.shotlist import Finding, check_names, continuity, lint, named, read_episode, settle
from charforge.studio.project import SEASON_FILE, Project
from charforge.studio.season import season_of, told


@dataclass(frozen=True, slots=True)
class Reading:
    """An episode and everything that was found in it."""

    episode: Episode | None
    """With exact versions; None where the text cannot be made into shots."""
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    unsound: tuple[Unsound, ...] = ()
    """What it names whose files are not as they were locked, or that is not locked yet; all are among the errors."""


def read(file: Path, project: Project, library: Library) -> Reading:
    """Return an episode with what is wrong in it, and in it against the episodes that season.yaml lists.

    Raises InputError only when season.yaml is wrong.
    """
    others = told(project).files.values() if (project.root / SEASON_FILE).is_file() else ()
    files = [other for other in others if other.resolve() != file.resolve()]
    return read_all([*files, file], project, library, season_of(project))[-1]


def read_all(files: Sequence[Path], project: Project, library: Library, season: Season) -> tuple[Reading, ...]:
    """Return episodes, each with what is wrong in it; raise nothing for what was written."""
    readings = [_read(file, project, library, season) for file in files]
    known = sorted((r.episode for r in readings if r.episode), key=lambda episode: season.rank(episode.id))
    found = continuity(known, library, season)
    return tuple(_with(reading, found) for reading in readings)


def _read(file: Path, project: Project, library: Library, season: Season) -> Reading:
    try:
        written = read_episode(file, cache=project.state / "parsed")
    except InputError as error:
        return Reading(None, error.problems)
    episode = settle(written, library, season)
    used = dict.fromkeys((kind, name.name) for kind, name in named(episode))
    unsound = tuple(u for key in used if (u := library.left_out(*key)) is not None)
    changed = (problem for u in unsound for problem in u.problems)
    errors = (*changed, *check_names(episode, library), *_music(project, episode))
    return Reading(episode, errors, lint(episode), unsound=unsound)


def _with(reading: Reading, found: Sequence[Finding]) -> Reading:
    """Return a reading with what continuity found in its file."""
    if reading.episode is None:
        return reading
    own = [finding for finding in found if finding.problem.file == reading.episode.source]
    errors, warnings, notes = (
        tuple(finding.problem for finding in own if finding.level == level) for level in ("error", "warning", "note")
    )
    return replace(reading, errors=(*reading.errors, *errors), warnings=(*reading.warnings, *warnings), notes=notes)


def _music(project: Project, episode: Episode) -> tuple[Problem, ...]:
    """Return a problem for each cue whose file is not there."""
    return tuple(
        Problem(f"there is no music file {cue.music}", episode.source, shot.line, f"paths start at {project.root}")
        for _, shot in episode.shots()
        for cue in shot.cues
        if cue.music != "stop" and not (project.root / cue.music).is_file()
    )
