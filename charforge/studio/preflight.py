"""Finds what would stop a planned render on this machine, before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterator

from charforge import weights as files
from charforge.domain.assets import Library
from charforge.domain.jobs import Plan
from charforge.errors import BackendError, CharforgeError
from charforge.runners import Toolbox
from charforge.studio import voices
from charforge.studio.own import OwnModels, device_problem
from charforge.studio.project import Project


def obstacles(
    project: Project, plan: Plan, library: Library, models: OwnModels, toolbox: Toolbox
) -> Iterator[CharforgeError]:
    """Yield everything that keeps the models of a plan and the judges from working; no model is loaded."""
    yield from _judges(project, models, toolbox)
    jobs = [draft.job for draft in plan.drafts]
    if any("weights" in job.settings for job in jobs):
        problem = device_problem(project)
        if problem is not None:
            yield BackendError(*problem)
    for face_model in sorted({str(job.settings["face_model"]) for job in jobs if "face_model" in job.settings}):
        try:
            toolbox.face(face_model)
        except CharforgeError as error:
            yield error
    yield from voices.changed(project, library, plan, models)
    if project.settings.commercial:
        yield from _forbidden(sorted({(job.kind, job.backend) for job in jobs}), toolbox)


def _judges(project: Project, models: OwnModels, toolbox: Toolbox) -> Iterator[CharforgeError]:
    """Yield why a judge whose model the project names cannot look at faces."""
    for name in project.settings.judges:
        if name not in models:
            continue
        try:
            _ = models[name], toolbox.get("face", name).revision
        except CharforgeError as error:
            yield error


def _forbidden(backends: list[tuple[str, str]], toolbox: Toolbox) -> Iterator[CharforgeError]:
    """Yield each registered model file that the plan needs and a commercial project may not use."""
    used: dict[str, None] = {}
    for role, name in backends:
        backend = toolbox.get(role, name)
        tools = [toolbox.get(need, toolbox.tool_name(need)) for need in backend.needs]
        used |= dict.fromkeys(weight for made in (backend, *tools) for weight in made.weights)
    for file in files.named(tuple(used)):
        if not file.commercial:
            yield files.not_commercial(file)
