"""Says what this machine has: backends, model files, ffmpeg, and what to type for the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

from charforge import media
from charforge import weights as files
from charforge.backends import registry
from charforge.backends.protocols import ROLES
from charforge.errors import BackendMissing, CharforgeError, InputError
from charforge.events import Reporter
from charforge.studio.project import Project, Settings, find
from charforge.studio.report import Doctor, DoctorRow, PullReport, ReadyRow, WeightRow


def home(project: Project) -> files.LocalHome:
    """Return the house as backends see it in this project."""
    settings = project.settings
    return files.LocalHome(settings.device, project.threads, offline=settings.offline, commercial=settings.commercial)


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


def pull(names: tuple[str, ...], reporter: Reporter) -> PullReport:
    """Fetch model files."""
    settings = _settings()
    fetched = files.pull(names, reporter, offline=settings.offline, commercial=settings.commercial)
    return PullReport(
        folder=str(files.home_folder(None)), fetched=tuple(f.name for f in fetched), bytes=sum(f.bytes for f in fetched)
    )


def verify_weights(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a line for each model file that is here but is not the registered one."""
    states = files.verify(names)
    return tuple(
        f"{name}: corrupt; charforge weights pull {name} replaces it" for name, s in states.items() if s == "corrupt"
    )


def backends() -> tuple[ReadyRow, ...]:
    """Return every installed backend and what it still needs."""
    return tuple(_ready(role, name) for role in ROLES for name in sorted(registry.listed(role)))


def doctor() -> Doctor:
    """Return what this machine can do; it is well when the embedded models can render an episode."""
    rows = [_ffmpeg(), *(_backend_row(row) for row in backends())]
    free = shutil.disk_usage(Path.cwd()).free
    rows.append(
        DoctorRow(what="disk", state=f"{free / 1e9:.0f} GB free", ok=free > 2e9, hint="" if free > 2e9 else "free 2 GB")
    )
    return Doctor(rows=tuple(rows), ok=all(row.ok for row in rows))


def _ready(role: str, name: str) -> ReadyRow:
    try:
        backend = registry.backend_class(role, name)
    except BackendMissing as error:
        return ReadyRow(role=role, name=name, licence="", installed=False, hint=error.hint)
    missing = tuple(w for w in backend.weights if files.state(files.named((w,))[0], None) != "present")
    hint = f"charforge weights pull {' '.join(missing)}" if missing else _runtime_hint(backend)
    return ReadyRow(
        role=role,
        name=name,
        licence=backend.licence,
        installed=True,
        weights=tuple(backend.weights),
        missing=missing,
        hint=hint,
    )


def _runtime_hint(backend: type) -> str:
    """Return what to type when a backend's runtime library is not installed: its revision names the version."""
    try:
        _ = backend(files.LocalHome()).revision
    except (ImportError, CharforgeError):
        return "pip install 'charforge[embedded]'"
    return ""


def _backend_row(row: ReadyRow) -> DoctorRow:
    state = "ready" if not row.hint else ("model files missing" if row.missing else "not installed")
    return DoctorRow(what=f"{row.role} {row.name}", state=state, ok=not row.hint, hint=row.hint)


def _ffmpeg() -> DoctorRow:
    try:
        binary = media.ffmpeg()
        media.run(["-version"])
    except CharforgeError as error:
        return DoctorRow(what="ffmpeg", state="missing or broken", ok=False, hint=error.hint)
    return DoctorRow(what="ffmpeg", state=str(binary), ok=True)


def _settings() -> Settings:
    """Return the settings of the project that holds the current folder, or the defaults outside any."""
    try:
        return find(Path.cwd()).settings
    except InputError as error:
        if "not inside" in error.message:
            return Settings()
        raise
