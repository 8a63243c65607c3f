"""Asks a still model for pictures of a character, through the runner and the store as a film does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging
from charforge.documents import sha256
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Library, Origin
from charforge.domain.jobs import Draft, Input, Plan, StillJob
from charforge.domain.takes import Take
from charforge.errors import InputError
from charforge.planner import Model
from charforge.planner.own import own_settings
from charforge.runners import Runner
from charforge.store import Ledger, Store
from charforge.studio.building import wishes
from charforge.studio.own import knowledge
from charforge.studio.preflight import obstacles
from charforge.studio.project import Project

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.studio.building.bench import Bench

TEMPLATE = "reference"
HEAD, BODY = (1024, 1024), (832, 1216)


@dataclass(frozen=True, slots=True)
class Asked:
    """One picture in words, and the pictures it shall follow."""

    name: str
    """Of the picture, such as `left45`."""
    words: str
    like: tuple[Path, ...] = ()
    """Reference pictures, the master first."""
    described: str = ""
    """Who it shows, where no reference says so."""
    wears: str = ""
    holds: str = ""
    state: str = ""
    size: tuple[int, int] = HEAD


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that a model made."""

    pixels: RGB
    origin: Origin
    take: Take


def able(project: Project, *, references: bool) -> tuple[str, ...]:
    """Return the names of the still models that read text and, where wanted, look at a reference picture."""
    return tuple(
        model.name
        for model in knowledge(project).catalogue.models
        if "still" in model.kinds and model.reads_text and not model.only_pinned
        if not references or model.slots.characters
    )


def ready(project: Project, *, references: bool) -> tuple[str, ...]:
    """Return those of them that can be used as charforge.yaml stands."""
    named = project.settings.models
    catalogue = knowledge(project).catalogue
    return tuple(
        name
        for name in able(project, references=references)
        for model in [catalogue.named(name)]
        if model is not None and (not model.own or name in named)
        if not (references and model.faces_by_adapter and not named[name].adapter)
    )


def model_of(project: Project, name: str, *, references: bool) -> Model:
    """Return a still model by name; raise InputError when it cannot do what is asked, with what to write."""
    model = knowledge(project).catalogue.named(name)
    usable = able(project, references=references)
    if model is None or "still" not in model.kinds or not model.reads_text:
        hint = did_you_mean(name, usable) or f"there are: {', '.join(usable)}"
        raise InputError(
            f"there is no still model {name!r} that draws what it is told", f"{hint}; see: charforge backends"
        )
    if model.own and name not in project.settings.models:
        hint = f"write into charforge.yaml: models: {{{name}: {{weights: FOLDER}}}}; see: charforge backends"
        raise InputError(f"charforge.yaml names no weights for {name}", hint)
    if references and model.faces_by_adapter and not project.settings.models[name].adapter:
        hint = f"write under {name} in charforge.yaml: adapter: {{file: FILE, face_model: SHA256}}"
        raise InputError(f"{name} knows who somebody is through an adapter only, and draws strangers without one", hint)
    return model


@dataclass
class Drawer:
    """One still model at work on one character."""

    bench: Bench
    model: Model

    @cached_property
    def store(self) -> Store:
        """The takes and blobs of the project."""
        return Store(self.bench.project.state)

    @property
    def shelf(self) -> str:
        """The ledger that the takes are noted in."""
        return f"library-{self.bench.name}"

    def draw(self, asked: Asked, seeds: Iterable[int]) -> Iterator[Drawn]:
        """Yield the picture of each seed, made now or found in the store."""
        files: dict[str, Path] = {}
        drafts = tuple(self._draft(asked, seed, files) for seed in seeds)
        bench = self.bench
        plan = Plan(episode=self.shelf, choices=(), drafts=drafts)
        for obstacle in obstacles(bench.project, plan, Library(), bench.models, bench.toolbox):
            raise obstacle
        runner = Runner(self.store, Ledger(self.store, self.shelf), bench.toolbox, files.__getitem__, bench.tell)
        for draft in drafts:
            take = runner.run([draft])[draft.id]
            yield Drawn(imaging.decode(self.store.blob(take.blob)), self._origin(take), take)

    def _draft(self, asked: Asked, seed: int, files: dict[str, Path]) -> Draft:
        width, height = asked.size
        settings = own_settings(self.model, self.bench.models, width, height)
        inputs = self._inputs(asked.like, files)
        job = StillJob(
            backend=self.model.run_by,
            prompt=self._prompt(asked, len(inputs)),
            negative=wishes.NEGATIVE,
            seed=seed,
            width=width,
            height=height,
            inputs=inputs,
            settings=settings,
        )
        name = f"library/{self.bench.name}/{asked.name}"
        return Draft(id=f"{name}/{seed}", shot=name, stage="head", job=job, estimate=self.model.seconds.still)

    def _inputs(self, like: tuple[Path, ...], files: dict[str, Path]) -> tuple[Input, ...]:
        """Return the reference pictures as the model takes them: an adapter sees the master alone."""
        most = 1 if self.model.faces_by_adapter else max(self.model.slots.characters, 1)
        found = []
        for number, path in enumerate(like[:most]):
            digest = sha256(path)
            files[digest] = path
            found.append(Input(role="picture" if number else "master", name=self.bench.name, source=digest))
        return tuple(found)

    def _prompt(self, asked: Asked, references: int) -> str:
        template = knowledge(self.bench.project).templates[TEMPLATE]
        said = template.template.render(
            asked=asked.words,
            described=asked.described,
            like=0 if self.model.faces_by_adapter and asked.described else references,
            wears=asked.wears,
            holds=asked.holds,
            state=asked.state,
        )
        return " ".join(said.split())

    def _origin(self, take: Take) -> Origin:
        job = take.job
        assert isinstance(job, StillJob)
        template = knowledge(self.bench.project).templates[TEMPLATE]
        told: Mapping[str, object] = {**job.settings, "template": template.id, "prompt": job.prompt}
        return Origin(
            backend=take.backend,
            revision=take.revision,
            model=self.model.name if self.model.own else None,
            seed=job.seed,
            settings=dict(told),
        )
