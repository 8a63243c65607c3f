"""Teaches a model of the project's own one character, from the locked references."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from time import monotonic

from charforge import library as assets
from charforge.backends import registry
from charforge.backends.protocols import Trained
from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Reference
from charforge.domain.jobs import TrainJob
from charforge.domain.models import OwnModel
from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.runners import Toolbox
from charforge.runners.tools import WorkKit
from charforge.studio.check import load_library
from charforge.studio.library import own as own_place
from charforge.studio.library import place
from charforge.studio.machine import home
from charforge.studio.own import OwnModels
from charforge.studio.project import Project, find

FEWEST, MOST = 10, 20
"""References that a LoRA is trained on. Source: requirement L16."""
STEPS = ("headshot", "angle", "expression", "wardrobe")
STAGE = "training"
FACING = ((-60, "in left profile"), (-15, "turned to the left"), (15, "from the front"), (60, "turned to the right"))


@dataclass(frozen=True, slots=True)
class Lesson:
    """How a character is learned."""

    model: str = "sdxl"
    """A model of charforge.yaml."""
    trigger: str = ""
    """The word that stands for the person; made from the name when empty."""
    steps: int = 1000
    rank: int = 16
    rate: float = 1e-4
    size: int = 1024
    scale: float = 1.0
    """How strongly it is worn afterwards."""
    seed: int = 0


class TrainReport(Value):
    """What was learned."""

    file: str
    trigger: str
    base: str
    """The model of charforge.yaml that it was trained on."""
    references: tuple[str, ...]
    steps: int
    first_loss: float
    last_loss: float
    """Means over the first and the last steps; by itself a lower loss does not make a better likeness."""
    seconds: float


def train(near: Path, name: str, lesson: Lesson, tell: Reporter) -> TrainReport:
    """Train a LoRA on a character's references and add it to the character; the library must be locked anew then.

    Raises InputError for a character with too few references and a model that nothing trains, LockMismatch for files
    that are not as they were locked, and what the trainer raises.
    """
    project = find(near)
    library = load_library(project)
    folder = own_place(place(project, name, "character")).folder.path
    assets.refuse_unsound(library, ("character", name))
    character = library.character(name)
    assert character is not None  # it lies in the project's own library, and is sound
    models = OwnModels(project, tell)
    trainer = _trainer(project, lesson.model)
    own = models[lesson.model]
    chosen = choose(character)
    trigger = lesson.trigger or f"cf{name.replace('-', '')}"
    job = _job(lesson, trainer, own, trigger, chosen)
    began = monotonic()
    tell(StageStarted(STAGE, 1, "LoRA"))
    made = _made((project, models), assets.located(project.libraries, library), job, tell)
    tell(StageEnded(STAGE, monotonic() - began))
    file = f"lora/{lesson.model}-{hashlib.sha256(made.weights).hexdigest()[:12]}.safetensors"
    write_atomic(folder / file, made.weights)
    entry = {"file": file, "base": trainer, "weights": own.digest, "trigger": trigger, "scale": f"{lesson.scale:g}"}
    assets.record(project.library, name, lora=entry)
    return TrainReport(
        file=file,
        trigger=trigger,
        base=lesson.model,
        references=tuple(r.file for r in chosen),
        steps=lesson.steps,
        first_loss=float(made.notes["first_loss"]),
        last_loss=float(made.notes["last_loss"]),
        seconds=monotonic() - began,
    )


def _job(lesson: Lesson, trainer: str, own: OwnModel, trigger: str, chosen: Sequence[Reference]) -> TrainJob:
    return TrainJob(
        backend=trainer,
        weights=own.digest,
        dtype=str(own.settings.get("dtype", "float32")),
        trigger=trigger,
        pictures=tuple(r.digest for r in chosen if r.digest),
        captions=tuple(caption(r, trigger) for r in chosen),
        steps=lesson.steps,
        rank=lesson.rank,
        rate=lesson.rate,
        side=lesson.size,
        seed=lesson.seed,
    )


def choose(character: Character) -> tuple[Reference, ...]:
    """Return up to MOST references, as evenly from each step as can be; raise InputError for fewer than FEWEST."""
    distinct = {r.digest: r for r in reversed(character.references) if r.step in STEPS}
    by_step = ([r for r in reversed(distinct.values()) if r.step == step] for step in STEPS)
    mixed = [r for row in zip_longest(*by_step) for r in row if r is not None]
    if len(mixed) < FEWEST:
        message = f"{character.id} has {len(mixed)} references that show the face; a LoRA takes {FEWEST} to {MOST}"
        hint = f"make more: charforge build {character.name}, or charforge promote TAKE --to {character.name}"
        raise InputError(message, hint)
    return tuple(mixed[:MOST])


def caption(reference: Reference, trigger: str) -> str:
    """Return what a reference shows, in words that are not to become part of the person."""
    facing = next((words for limit, words in FACING if (reference.turn or 0) < limit), "in right profile")
    said = [f"a photograph of {trigger}", facing]
    if reference.expression:
        said.append(f"{reference.expression} expression")
    if reference.wardrobe:
        said.append(f"wearing {reference.wardrobe.replace('-', ' ')}")
    return ", ".join(said)


def _trainer(project: Project, model: str) -> str:
    """Return the backend that trains a model; raise InputError where there is none."""
    named = project.settings.models.get(model)
    if named is None:
        hint = did_you_mean(model, project.settings.models) or (
            f"write into charforge.yaml: models: {{{model}: {{weights: FOLDER}}}}"
        )
        raise InputError(f"charforge.yaml names no model {model!r}", hint)
    trainers = registry.listed("train")
    wanted = named.backend or model
    if wanted not in trainers:
        raise InputError(f"{wanted} cannot be trained here", f"those that can: {', '.join(sorted(trainers))}")
    return wanted


def _made(tools: tuple[Project, OwnModels], files: Mapping[str, Path], job: TrainJob, tell: Reporter) -> Trained:
    toolbox = Toolbox(home(*tools))

    def step(done: int, total: int) -> None:
        tell(Progressed(STAGE, job.trigger, done, total))

    with tempfile.TemporaryDirectory(prefix="charforge-") as scratch:
        kit = WorkKit(Path(scratch), files.__getitem__, toolbox, (), step)
        made: Trained = toolbox.get("train", job.backend).train(job, kit)
    return made
