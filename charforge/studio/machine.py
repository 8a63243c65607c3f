"""Says what this machine has: backends, model files, ffmpeg, and what to type for the rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from charforge import media
from charforge import weights as files
from charforge.backends import registry
from charforge.backends.protocols import ROLES
from charforge.documents.files import unwritable
from charforge.domain.models import OwnModel
from charforge.errors import BackendMissing, CharforgeError, InputError
from charforge.events import Reporter
from charforge.runners import Toolbox
from charforge.studio.own import OwnModels, device, device_problem, fetch_own, is_own, own_terms, torch_version
from charforge.studio.project import Project, Settings, find
from charforge.studio.report import Doctor, DoctorRow, PullReport, ReadyRow, WeightRow


def home(
    project: Project, models: Mapping[str, OwnModel] | None = None, locked: Callable[[str], Path | None] | None = None
) -> files.LocalHome:
    """Return the house as backends see it in this project; `locked` finds the LoRAs of its characters by digest."""
    settings = project.settings
    return files.LocalHome(
        device(project),
        project.threads,
        offload=settings.offload,
        offline=settings.offline,
        commercial=settings.commercial,
        models=OwnModels(project) if models is None else models,
        blender=settings.blender or "",
        locked=locked or (lambda _: None),
    )


def toolbox(
    project: Project, models: Mapping[str, OwnModel] | None = None, locked: Callable[[str], Path | None] | None = None
) -> Toolbox:
    """Return the backends of this project, each loaded once; faces are found by its first judge."""
    return Toolbox(home(project, models, locked), {"face": project.settings.judges[0]})


def weights() -> tuple[WeightRow, ...]:
    """Return every registered model file and whether it is here."""
    return tuple(
        WeightRow(
            name=file.name,
            state=files.state(file, None),
            bytes=file.bytes,
            commercial=file.commercial,
            licence=file.licence,
            sources=tuple(" + ".join(str(piece) for piece in source) for source in file.sources),
        )
        for file in files.listed()
    )


def terms(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the licences that must be agreed to before these models of the project's own are fetched, in words."""
    project = _project()
    return tuple(text for name in names if is_own(project, name) and (text := own_terms(project, name)))


def pull(names: tuple[str, ...], reporter: Reporter, *, agreed: bool = False, to: Path | None = None) -> PullReport:
    """Fetch registered model files, and models of the project's own that charforge.yaml names by hub id or voice name.

    `agreed` says that the licences of `terms` were read and agreed to; without it such a model raises WeightsError.
    Registered files are copied into the folder `to`, such as one that becomes a pack of face models.
    """
    project = _project()
    settings = project.settings
    own = tuple(name for name in names if is_own(project, name))
    registered = tuple(name for name in names if name not in own)
    fetched: tuple[files.ModelFile, ...] = ()
    if registered or not own:
        fetched = files.pull(registered, reporter, offline=settings.offline, commercial=settings.commercial)
    if to is not None:
        _copied(files.named(registered), to)
    here = {name: fetch_own(project, name, reporter, agreed=agreed) for name in own}
    return PullReport(
        folder=str(to or files.home_folder(None)),
        fetched=(*(f.name for f in fetched), *(name for name in own if here[name] is None)),
        here={name: str(place) for name, place in here.items() if place is not None},
        bytes=sum(f.bytes for f in fetched),
    )


def _copied(wanted: tuple[files.ModelFile, ...], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in wanted:
            shutil.copy(files.path_of(file), folder / file.file)
    except OSError as error:
        raise unwritable(folder, error) from error


def verify_weights(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a line for each model file that is here but is not the registered one."""
    states = files.verify(names)
    return tuple(
        f"{name}: corrupt; charforge weights pull {name} replaces it" for name, s in states.items() if s == "corrupt"
    )


def backends() -> tuple[ReadyRow, ...]:
    """Return every installed backend and what it still needs."""
    project = _project()
    models = OwnModels(project)
    return tuple(_ready(role, name, project, models) for role in ROLES for name in sorted(registry.listed(role)))


def doctor() -> Doctor:
    """Return what this machine can do; it is well when an episode of this project can be rendered on it."""
    rows = [_ffmpeg(), _device(), *(_backend_row(row) for row in backends())]
    free = shutil.disk_usage(Path.cwd()).free
    rows.append(
        DoctorRow(what="disk", state=f"{free / 1e9:.0f} GB free", ok=free > 2e9, hint="" if free > 2e9 else "free 2 GB")
    )
    return Doctor(rows=tuple(rows), ok=all(row.ok for row in rows))


def to_install(role: str, name: str) -> str:
    """Return what to type when a backend's library is not installed, else nothing; its revision names the version."""
    backend = registry.backend_class(role, name)
    try:
        _ = backend(files.LocalHome()).revision
    except ImportError:
        return f"pip install 'charforge[{backend.extra}]'" if backend.extra else "pip install charforge"
    except CharforgeError as error:
        # A model that is not named or not here is another matter.
        return error.hint if error.hint.startswith(("pip install", "python")) else ""
    return ""


def _ready(role: str, name: str, project: Project, models: OwnModels) -> ReadyRow:
    try:
        backend = registry.backend_class(role, name)
    except BackendMissing as error:
        return ReadyRow(role=role, name=name, licence="", installed=False, state="not importable", hint=error.hint)
    missing = tuple(w for w in backend.weights if files.state(files.named((w,))[0], None) != "present")
    named = tuple(n for n, m in project.settings.models.items() if (m.backend or n) == name)
    hint = to_install(role, name)
    state = "not installed" if hint else "ready"
    if missing and not hint:
        state, hint = "model files missing", f"charforge weights pull {' '.join(missing)}"
    elif backend.brings and not hint:
        state, hint = _own_state(backend, named, project, models)
    return ReadyRow(
        role=role,
        name=name,
        licence=backend.licence,
        installed=state != "not installed",
        weights=tuple(backend.weights),
        missing=missing,
        state=state,
        hint=hint,
        needed=bool(named) if backend.brings else not getattr(backend, "optional", False),
    )


def _own_state(
    backend: Any,  # noqa: ANN401 - a class of any role
    named: tuple[str, ...],
    project: Project,
    models: OwnModels,
) -> tuple[str, str]:
    """Return whether the weights that the project names for a backend are here and whole, and what to type."""
    if not named:
        hint = f"write into charforge.yaml: models: {{{backend.name}: {{weights: …}}}} ({backend.brings})"
        return "no weights named", hint
    try:
        paths = ", ".join(str(models[model].path) for model in named)
        # A judge's names what it found in its files.
        _ = backend(home(project, models)).revision
    except CharforgeError as error:
        return "weights not usable", f"{error.message}; {error.hint}" if error.hint else error.message
    return f"ready on {device(project)}: {paths}", ""


def _backend_row(row: ReadyRow) -> DoctorRow:
    return DoctorRow(what=f"{row.role} {row.name}", state=row.state, ok=not row.hint or not row.needed, hint=row.hint)


def _device() -> DoctorRow:
    """Say where the models of the extras run; torch itself is not loaded."""
    project, torch = _project(), torch_version()
    wrong = device_problem(project)
    if wrong is not None:
        return DoctorRow(what="device", state=wrong[0], ok=False, hint=wrong[1])
    return DoctorRow(what="device", state=f"{device(project)}, torch {torch or 'is not installed'}", ok=True)


def _ffmpeg() -> DoctorRow:
    try:
        binary = media.ffmpeg()
        media.run(["-version"])
    except CharforgeError as error:
        return DoctorRow(what="ffmpeg", state="missing or broken", ok=False, hint=error.hint)
    return DoctorRow(what="ffmpeg", state=str(binary), ok=True)


def _project() -> Project:
    """Return the project that holds the current folder, or one with the default settings outside any."""
    try:
        return find(Path.cwd())
    except InputError as error:
        if "not inside" in error.message:
            return Project(Path.cwd(), Settings())
        raise
