"""The models that a project names in charforge.yaml: where they lie, what they are, and how they are run."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from charforge import checkpoints, weights
from charforge.backends.coqui import files as coqui_files
from charforge.backends.coqui import models as coqui_models
from charforge.domain.models import OwnModel
from charforge.errors import BackendMissing, InputError, NotCommercial, Problem, WeightsError
from charforge.events import Reporter, silent
from charforge.planner import Catalogue, Knowledge, load
from charforge.studio.project import SETTINGS_FILE, NamedModel, Project

PASSED_ON = ("steps", "guidance", "speaker", "language", "face_model")
"""Keys of a model in charforge.yaml that are settings of its jobs as they stand."""


class OwnModels(Mapping[str, OwnModel]):
    """A project's own models by name, each looked into when it is first asked for.

    Asking for one raises BackendMissing when it is not on this machine, and InputError with everything that is wrong
    with its files, so that nothing broken is found halfway through a render.
    """

    def __init__(self, project: Project, tell: Reporter = silent) -> None:
        self._project = project
        self._tell = tell
        self._found: dict[str, OwnModel] = {}

    def __getitem__(self, name: str) -> OwnModel:
        """Return a model, its files checked and hashed."""
        if name not in self._found:
            self._found[name] = _look_into(self._project, name, self._project.settings.models[name], self._tell)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        """Yield every name, those that were looked into first."""
        yield from self._found
        yield from (name for name in self._project.settings.models if name not in self._found)

    def __len__(self) -> int:
        return len(self._project.settings.models)

    def __contains__(self, name: object) -> bool:
        """Tell whether charforge.yaml names a model, without looking into it."""
        return name in self._project.settings.models

    def used(self) -> tuple[Path, ...]:
        """Return every file of the models that were asked for."""
        found = self._found.values()
        return tuple(file for own in found for file in (*weights.read_files(own.path).values(), *own.files.values()))


def knowledge(project: Project) -> Knowledge:
    """Return the shipped catalogue and templates, with the project's models under their own names and limits."""
    shipped = load()
    models = {model.name: model for model in shipped.catalogue.models}
    for name, named in project.settings.models.items():
        base = models.get(named.backend or name)
        if base is None:
            continue
        limits: dict[str, Any] = {}
        if base.clip is not None:
            seconds, rate = named.max_seconds or base.clip.max_seconds, named.rate or base.clip.rate
            limits["clip"] = base.clip.changed(max_seconds=seconds, rate=rate)
        if base.size is not None:
            pixels, multiple = named.max_pixels or base.size.max_pixels, named.multiple or base.size.multiple
            limits["size"] = base.size.changed(max_pixels=pixels, multiple=multiple)
        models[name] = base.changed(name=name, backend=base.run_by, **limits)
    return replace(shipped, catalogue=Catalogue(models=tuple(models.values())))


def device(project: Project) -> str:
    """Return where the models of the extras run: what charforge.yaml says, or a graphics card that torch can use."""
    said = project.settings.device
    if said != "auto":
        return said
    torch = torch_version()
    if torch and "+cpu" not in torch and has_card(Path("/dev")):
        return "cuda"
    return "mps" if torch and (sys.platform, platform.machine()) == ("darwin", "arm64") else "cpu"


def has_card(devices: Path) -> bool:
    """Tell whether a machine's device files name a graphics card that CUDA may run on."""
    # In a container the only card may have any number; dxg is that of a Linux within Windows.
    return any(True for name in ("nvidia[0-9]*", "dxg") for _ in devices.glob(name))


def device_problem(project: Project) -> tuple[str, str] | None:
    """Return why torch cannot compute on the device that charforge.yaml names, and what to do; torch is not loaded."""
    wanted, torch = device(project), torch_version()
    if wanted.startswith("cuda") and "+cpu" in torch:
        hint = "install a torch that is built for CUDA, or write device: cpu in charforge.yaml"
        return f"device: {wanted}: torch {torch} is built for the CPU alone", hint
    if wanted.startswith("cuda") and not has_card(Path("/dev")):
        return f"device: {wanted}: this machine shows no NVIDIA graphics card", "write device: cpu in charforge.yaml"
    if wanted == "mps" and sys.platform != "darwin":
        return "device: mps: this is no Macintosh", "write device: cpu in charforge.yaml"
    return None


def torch_version() -> str:
    """Return the version of torch, with the kind of its build, without loading it; empty when it is not installed."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return ""


def own_terms(project: Project, name: str) -> str:
    """Return the licence of a model that must be agreed to before it is fetched, in words; else nothing."""
    named = _weights(project, name)
    return f"{named}: {coqui_models.licence(named)}" if coqui_models.is_name(named) else ""


def is_own(project: Project, name: str) -> bool:
    """Tell whether a name is that of a model in charforge.yaml, a hub id or a voice name."""
    return name in project.settings.models or "/" in name


def fetch_own(project: Project, name: str, tell: Reporter, *, agreed: bool) -> Path | None:
    """Fetch a model by its name in charforge.yaml, a hub id or a voice name; return where it lay, if nothing was done.

    Raises WeightsError when it cannot be had, or when its licence was not agreed to.
    """
    named, offline = _weights(project, name), project.settings.offline
    if coqui_models.is_name(named):
        _permit(project, named)
        with suppress(BackendMissing):
            return coqui_models.folder(named)
        coqui_models.fetch(named, accepted=agreed, offline=offline)
        return None
    if not weights.hub_id(named, project.root)[0]:
        return weights.locate(named, project.root, name)
    terms = {"offline": offline, "commercial": project.settings.commercial}
    found = weights.pull_hub(named, tell, **terms, also=_pickles(project, name))
    return found if offline else None


def _look_into(project: Project, name: str, named: NamedModel, tell: Reporter) -> OwnModel:
    """Return a model whose files are whole and of a kind that its backend takes."""
    path = _path(project, name, named.weights)
    model = knowledge(project).catalogue.named(name)
    problems: list[Problem] = []
    if model is not None and model.run_by == "coqui":
        _listen(project, path)
    if model is not None and project.settings.commercial and not coqui_models.is_name(named.weights):
        _licensed(name, named)
    if model is not None and model.pipelines:
        problems += checkpoints.folder_problems(path, model.pipelines, backend=model.run_by, name=name)
    extras = [("lora", project.root / Path(lora.file).expanduser()) for lora in named.loras]
    if named.adapter is not None:
        extras.append(("adapter", project.root / Path(named.adapter.file).expanduser()))
    for kind, file in extras:
        check = checkpoints.adapter_problems if kind == "adapter" else checkpoints.lora_problems
        problems += check(file, path)
    if problems:
        raise InputError(problems, f"{project.root / SETTINGS_FILE} names them under models: {name}")
    digests = {extra: weights.digest(extra, tell) for _, extra in extras}
    settings: dict[str, Any] = {"weights": weights.digest(path, tell)}
    settings |= {key: said for key in PASSED_ON if (said := getattr(named, key)) is not None}
    if model is None:
        # A judge or a swapper knows its own terms; a planned model's are told by the catalogue.
        settings["commercial"] = project.settings.commercial
    if model is not None and model.pipelines:
        settings |= _diffused(project, named, [digests[extra] for _, extra in extras])
    return OwnModel(name, path, settings["weights"], settings, {digest: extra for extra, digest in digests.items()})


def _licensed(name: str, named: NamedModel) -> None:
    """Raise WeightsError for weights that a commercial project may not use, by the licence that was written down."""
    if named.licence is None:
        message = f"charforge.yaml does not say under which licence {name} may be used, and the project is commercial"
        hint = f"read the licences of its weights, adapter and LoRAs, then write licence: … under models: {name}"
        raise WeightsError(message, hint)
    if weights.non_commercial(named.licence):
        raise NotCommercial(name, named.licence)


def _listen(project: Project, path: Path) -> None:
    """Raise WeightsError for a folder that holds no voice of coqui-tts, or one that this project may not use."""
    family = coqui_files.family(path)
    coqui_files.model_file(path)
    if project.settings.commercial and family == "xtts":
        raise NotCommercial(str(path), f"every XTTS is under {coqui_models.TERMS['cpml']}", "a VITS")


def _diffused(project: Project, named: NamedModel, digests: Sequence[str]) -> dict[str, Any]:
    """Return the settings of a diffusers model: precision, LoRAs and adapter; `digests` of the files of both."""
    usual = "bfloat16" if device(project).startswith("cuda") else "float32"
    settings: dict[str, Any] = {"dtype": named.dtype or usual}
    if named.loras:
        settings["loras"] = [{"weights": d, "scale": lora.scale} for d, lora in zip(digests, named.loras, strict=False)]
    if named.adapter is not None:
        settings["adapter"] = {"weights": digests[-1], "scale": named.adapter.scale}
        settings["face_model"] = named.adapter.face_model
    return settings


def _pickles(project: Project, name: str) -> tuple[str, ...]:
    """Return which files are fetched beside safetensors: coqui-tts has its models in no other form than .pth."""
    settings = project.settings.models
    meant = {key: model for key, model in settings.items() if name in (key, model.weights)}
    return ("*.pth",) if any((model.backend or key) == "coqui" for key, model in meant.items()) else ()


def _weights(project: Project, name: str) -> str:
    found = project.settings.models.get(name)
    return found.weights if found else name


def _path(project: Project, name: str, named: str) -> Path:
    """Return where the weights lie; raise WeightsError for a voice that a commercial project may not use."""
    if not coqui_models.is_name(named):
        return weights.locate(named, project.root, name)
    _permit(project, named)
    return coqui_models.folder(named)


def _permit(project: Project, named: str) -> None:
    """Raise WeightsError for a voice by name that a commercial project may not use."""
    if project.settings.commercial and not coqui_models.commercial(named):
        raise NotCommercial(named, coqui_models.licence(named), "another voice model")
