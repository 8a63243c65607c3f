"""Finds every problem of an episode before anything is rendered or paid for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from charforge import library as assets
from charforge.backends import registry
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Library, Unsound
from charforge.domain.script import Episode
from charforge.errors import BackendMissing, CharforgeError, InputError, PlanError, Problem, WeightsError
from charforge.planner import Means, Pins, Ready, plan_pictures
from charforge.studio import machine
from charforge.studio.named import written_wrong
from charforge.studio.own import OwnModels, knowledge
from charforge.studio.preflight import obstacles
from charforge.studio.project import SETTINGS_FILE, Project, find
from charforge.studio.reading import Reading, read
from charforge.studio.report import CheckReport


def check(file: Path, pins: Pins = Pins()) -> CheckReport:  # noqa: B008 - a frozen value
    """Return what is wrong with an episode: its text, its names, its locks, and whether it can be made here."""
    project = find(file)
    library = load_library(project)
    reading = read(file, project, library)
    errors = [str(p) for p in reading.errors]
    episode = reading.episode
    if episode is None:
        told = (*errors, "names, places and lengths are checked once these are right")
        return CheckReport(episode=file.stem, scenes=0, shots=0, errors=told)
    if not errors:
        errors += _unmakeable(project, library, episode, pins)
    return CheckReport(
        episode=episode.id,
        scenes=len(episode.scenes),
        shots=len(episode.shots()),
        errors=tuple(errors),
        warnings=tuple(str(p) for p in reading.warnings),
        notes=tuple(
            str(told) for told in (*reading.notes, *assets.hidden(project.libraries), *_unused(library, reading))
        ),
    )


def _unused(library: Library, reading: Reading) -> Iterator[Unsound]:
    """Yield what was left out of the library, and the episode does without."""
    for unsound in library.unsound:
        # One that another library's asset hides is missed by nobody.
        if unsound not in reading.unsound and library.left_out(unsound.kind, unsound.name) == unsound:
            yield unsound


def _unmakeable(project: Project, library: Library, episode: Episode, pins: Pins) -> list[str]:
    """Return why an episode cannot be planned, or its plan not be rendered on this machine."""
    models = OwnModels(project)
    planning = means(project, library, pins, models)
    try:
        plan = plan_pictures(episode, planning)
    except PlanError as error:
        # A model that is chosen by name may be broken besides.
        named = (planning.pins.still, planning.pins.clip, planning.pins.voice)
        return [str(error), *(str(e) for name in named if name and name in models and (e := _broken(models, name)))]
    except (InputError, BackendMissing, WeightsError) as error:
        return [str(error)]
    tools = machine.toolbox(project, models)
    return [str(error) for error in obstacles(project, plan, library, models, tools)]


def _broken(models: OwnModels, name: str) -> CharforgeError | None:
    try:
        _ = models[name]
    except CharforgeError as error:
        return error
    return None


def load_library(project: Project) -> Library:
    """Return the locked library, without assets whose files are not as they were locked: those are `unsound`.

    Raises InputError when the settings name what is not there, before anything else is looked at.
    """
    _check_settings(project)
    return assets.load(project.libraries, stamps=project.stamps)


def load_episode(file: Path, project: Project, library: Library) -> Episode:
    """Return an episode whose every name is known; raise InputError with all problems otherwise.

    Raises LockMismatch where anything that it names has a file that is not as it was locked, before all other problems.
    """
    reading = read(file, project, library)
    if reading.unsound:
        raise assets.mismatch(reading.unsound)
    if reading.episode is None or reading.errors:
        raise InputError(reading.errors, f"correct the shot list, then run: charforge check {file}")
    return reading.episode


def means(project: Project, library: Library, pins: Pins, own: OwnModels | None = None) -> Means:
    """Return what the planner has to work with on this machine."""
    settings = project.settings
    wanted = Pins(pins.still or settings.still, pins.clip or settings.clip, pins.voice or settings.voice)
    models = OwnModels(project) if own is None else own
    ready = Ready(*(_runnable(role, project) for role in ("still", "clip", "voice")))
    return Means(library, knowledge(project), ready, wanted, models)


def _runnable(role: str, project: Project) -> frozenset[str]:
    """Return the backends of a role; of those that the project's own models need, the ones that are installed."""
    asked = {named.backend or name for name, named in project.settings.models.items()}
    return frozenset(name for name in registry.listed(role) if name not in asked or not machine.to_install(role, name))


def _check_settings(project: Project) -> None:
    """Raise InputError for judges that are not installed and room tones that are neither built in nor files."""
    from charforge.assembly import TONES

    file = project.root / SETTINGS_FILE
    judges, tones = registry.listed("face"), project.settings.tones
    problems = [
        Problem(f"judges: there is no face backend {name!r}", file, hint=_choose(name, judges))
        for name in project.settings.judges
        if name not in judges
    ]
    problems += [
        Problem(f"tones: {place}: there is no tone and no sound file {tone!r}", file, hint=_choose(tone, TONES))
        for place, tone in tones.items()
        if tone not in TONES and not (project.root / tone).is_file()
    ]
    problems += [
        Problem(f"libraries: there is no folder {root}", file, hint="correct the path, or take it out")
        for root in list(project.libraries.values())[1:]
        if not root.is_dir()
    ]
    problems += written_wrong(project)
    if problems:
        raise InputError(problems, f"correct {file}, then run it again")


def _choose(word: str, known: Iterable[str]) -> str:
    return did_you_mean(word, known) or f"there are: {', '.join(sorted(known))}"
