"""Finds what charforge.yaml says of models that is wrong, before any of them is looked into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from charforge.backends import registry
from charforge.backends.protocols import ROLES
from charforge.documents.schema import did_you_mean
from charforge.errors import BackendMissing, Problem
from charforge.planner import Model, load
from charforge.studio.project import SETTINGS_FILE, NamedModel, Project


def written_wrong(project: Project) -> tuple[Problem, ...]:
    """Return a problem for each model that no backend runs, and each judge whose model is not named."""
    file = project.root / SETTINGS_FILE
    problems = [
        Problem(
            f"judges: {name} runs weights that are not named", file, hint=f"models: {{{name}: {{weights: FOLDER}}}}"
        )
        for name in project.settings.judges
        if name not in project.settings.models and _runs(name)
    ]
    for name, named in project.settings.models.items():
        wanted = named.backend or name
        if not _runs(wanted):
            runnable = sorted({name for role in ROLES for name in registry.listed(role) if _brings(role, name)})
            hint = did_you_mean(wanted, runnable) or f"those that run models of yours: {', '.join(runnable)}"
            what = f"models: {name}: there is no backend {wanted!r} that runs models of the project's own"
            problems.append(Problem(what, file, hint=f"{hint}; or write backend: under {name}"))
        else:
            problems += _misread(name, named, file)
    return tuple(problems)


def _misread(name: str, named: NamedModel, file: Path) -> Iterator[Problem]:
    """Yield what is written of a model that nothing would read."""
    catalogue, wanted = load().catalogue, named.backend or name
    known, model = catalogue.named(name), catalogue.named(wanted)
    if known is not None and known.run_by != wanted:
        message = f"models: {name}: this is the name of another model, which {known.run_by} runs"
        yield Problem(message, file, hint="give it a name of its own")
    elif model is None and name != wanted:
        yield Problem(f"models: {name}: {wanted} runs one model, under its own name", file, hint=f"write: {wanted}:")
    read = _read_keys(model)
    useless = sorted(named.model_fields_set - read - {"backend", "weights", "licence"})
    if useless:
        hint = f"remove it; read there: {', '.join(sorted(read)) or 'weights only'}"
        yield Problem(f"models: {name}: {wanted} does not read {', '.join(useless)}", file, hint=hint)


def _read_keys(model: Model | None) -> frozenset[str]:
    """Return what may be written of a model; one that the catalogue does not know is a judge or a swapper."""
    if model is None:
        return frozenset({"face_model"})
    if not model.pipelines:
        return frozenset({"speaker", "language"})
    sizes = {"max_pixels", "multiple"} if model.size else set()
    lengths = {"max_seconds", "rate"} if model.clip else set()
    return frozenset({"dtype", "steps", "guidance", "adapter", "loras"} | sizes | lengths)


def _runs(name: str) -> bool:
    """Tell whether a backend runs models of the project's own; only those of this name are imported for it."""
    return any(_brings(role, name) for role in ROLES)


def _brings(role: str, name: str) -> bool:
    try:
        return bool(registry.backend_class(role, name).brings)
    except BackendMissing:
        return False
