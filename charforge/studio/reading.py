"""Reads an episode and finds what is wrong with its text, its names and its continuity."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from charforge.domain.assets import Library
from charforge.domain.script import Episode, Season
from charforge.errors import InputError, Problem
from charforge.shotlist import check_names, lint, read_episode, settle
from charforge.studio.project import Project


@dataclass(frozen=True, slots=True)
class Reading:
    """An episode and everything that was found in it."""

    episode: Episode | None
    """With exact versions; None where the text cannot be made into shots."""
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def read(file: Path, project: Project, library: Library, season: Season) -> Reading:
    """Return an episode with what is wrong in it; raise nothing for what was written."""
    try:
        written = read_episode(file, cache=project.state / "parsed")
    except InputError as error:
        return Reading(None, error.problems)
    episode = settle(written, library, season)
    errors = (*check_names(episode, library), *_music(project, episode))
    return Reading(episode, errors, lint(episode))


def _music(project: Project, episode: Episode) -> tuple[Problem, ...]:
    """Return a problem for each cue whose file is not there."""
    return tuple(
        Problem(f"there is no music file {cue.music}", episode.source, shot.line, f"paths start at {project.root}")
        for _, shot in episode.shots()
        for cue in shot.cues
        if cue.music != "stop" and not (project.root / cue.music).is_file()
    )
