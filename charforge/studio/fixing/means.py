"""Says what could be tried on a still or a clip here: what its model can do, other models, other pictures, repairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from charforge import planner, weights
from charforge.backends import registry
from charforge.backends.insightface_models.inswapper import TRAINED_WITH
from charforge.domain.jobs import Choice, ClipJob, Draft, ExpectedFace, Input, Settings, StillJob
from charforge.domain.names import AssetName
from charforge.domain.script import Episode
from charforge.domain.takes import Take
from charforge.domain.timing import FrameRate
from charforge.errors import BackendError, CharforgeError, InputError, PlanError, WeightsError
from charforge.planner import Pins, plan_pictures
from charforge.planner.own import own_settings
from charforge.planner.references import poses
from charforge.qa.ladder import Fixer, Model, Other, Policy, Spare
from charforge.studio import machine
from charforge.studio.check import means
from charforge.studio.desk import Desk

SIDE = 1024
"""Pixels that a model which draws a face anew is given to draw it at."""
PICTURES = {"still": 3, "clip": 1}
"""Locked pictures that a repair is shown besides the master; of a clip it looks at them again in every frame."""


@dataclass(frozen=True)
class Chances:
    """What could be tried on one shot's still or clip."""

    desk: Desk
    planned: Draft
    choice: Choice
    takes: Mapping[str, Take]
    policy: Policy
    anchor: Input | None = None

    @cached_property
    def model(self) -> Model | None:
        """What the draft's model can be asked for."""
        name = self.choice.still if self.planned.stage == "still" else self.choice.clip
        known = self.desk.catalogue.named(name)
        return None if known is None else _asked(known, self.planned)

    @cached_property
    def fixers(self) -> tuple[Fixer, ...]:
        """Every repair that the ladder names, and why those that cannot be used cannot."""
        names = dict.fromkeys(name for rung in self.policy.steps for name in rung.backends)
        return tuple(_fixer(self.desk, name, self.planned) for name in names)

    @cached_property
    def simple(self) -> str:
        """The prompt without what happens, what lies about and how it is graded."""
        if self.model is None or not self.model.words:
            return ""
        found = self._again(Pins(still=self.choice.still, clip=self.choice.clip or None), bare=True)
        return found.job.prompt if found is not None and isinstance(found.job, StillJob | ClipJob) else ""

    @cached_property
    def others(self) -> tuple[Other, ...]:
        """The same take by every other model that could make it here, without its neighbours noticing."""
        if self.model is None or self.model.composites:
            return ()
        moving = self.desk.catalogue.named(self.choice.clip)
        found = []
        for known in self.desk.catalogue.models:
            own, kind = known.name == self.model.name, self.planned.stage
            if own or kind not in known.kinds or known.composites or known.only_pinned:
                continue
            if kind == "still" and moving is not None and moving.composites:
                continue
            pins = Pins(still=known.name, clip=self.choice.clip or None)
            draft = self._again(pins if kind == "still" else Pins(still=self.choice.still, clip=known.name))
            if draft is not None:
                found.append(Other(model=_asked(known, draft), draft=draft))
        return tuple(sorted(found, key=lambda o: -_identity(self.desk, o)))

    def spares(self, who: tuple[str, ...]) -> tuple[Spare, ...]:
        """Return locked pictures of these people that the model was not shown, the nearest in pose first."""
        shown = {i.name: i for i in self.planned.job.inputs if i.role in ("head", "master")}
        found = []
        for face in (f for f in self.planned.expected if f.who in who and f.who in shown):
            used = shown[face.who].source
            found += [
                Spare(label=f"{face.asset} {label}", given=Input(role="head", name=face.who, source=digest))
                for label, digest in pictures(self.desk, face)
                if digest != used
            ]
        return tuple(found)

    def references(self, face: ExpectedFace) -> tuple[Input, ...]:
        """Return whose face a repair is to show: the master, then other locked pictures, the nearest in pose first."""
        others = [digest for _, digest in pictures(self.desk, face) if digest != face.master][
            : PICTURES[self.planned.stage]
        ]
        return (
            Input(role="master", name=face.who, source=face.master),
            *(Input(role="head", name=face.who, source=digest) for digest in others[: PICTURES[self.planned.stage]]),
        )

    def _again(self, pins: Pins, *, bare: bool = False) -> Draft | None:
        """Return the shot's draft of this stage as it would be planned with other models or in fewer words."""
        scene, shot = next((s, h) for s, h in self.desk.episode.shots() if f"{s.id}/{h.id}" == self.planned.shot)
        if bare:
            shot = shot.changed(action="", props=(), view=shot.view)
        alone: Episode = self.desk.episode.changed(scenes=(scene.changed(shots=(shot,)),))
        planning = means(self.desk.project, self.desk.library, pins, self.desk.models)
        clip = self.planned.stage == "clip"
        try:
            plan = plan_pictures(alone, planning, clips=clip)
        except (PlanError, InputError, BackendError, WeightsError):
            return None
        found = next((d for d in plan.drafts if d.id == self.planned.id), None)
        if found is None or not isinstance(found.job, ClipJob):
            return found
        assert isinstance(self.planned.job, ClipJob)
        return found.changed(job=_as_long(found.job, self.planned.job))


def pictures(desk: Desk, face: ExpectedFace) -> Iterator[tuple[str, str]]:
    """Yield file and digest of somebody's locked level heads, the nearest in turn first."""
    wanted = AssetName.parse(face.asset)
    character = desk.library.character(wanted.name, wanted.version)
    known = () if character is None else poses(character)
    for pose in sorted(known, key=lambda p: abs(p.turn - face.turn)):
        if pose.reference.digest:
            yield pose.reference.file, pose.reference.digest


def _asked(known: planner.Model, draft: Draft) -> Model:
    """Return what the catalogue says of a model, for one draft."""
    price = known.price.usd
    if price is not None and known.price.per == "second" and isinstance(draft.job, ClipJob):
        price *= float(draft.job.frames / FrameRate.parse(draft.job.rate).fps)
    return Model(
        name=known.name,
        composites=known.composites,
        words=known.reads_text,
        weight=known.reference_weight,
        motion=known.motion,
        seeds=not known.composites,
        seconds=draft.estimate,
        price=price,
    )


def _as_long(other: ClipJob, planned: ClipJob) -> ClipJob:
    """Return another model's clip at the planned length, seen from the same take, with the same voices."""
    return other.changed(frames=planned.frames, rate=planned.rate)


def _identity(desk: Desk, other: Other) -> float:
    known = desk.catalogue.named(other.model.name)
    return 0.0 if known is None else known.strengths.get("identity", 0.0)


def _fixer(desk: Desk, name: str, planned: Draft) -> Fixer:
    """Return a repair with its settings, or with why it cannot be used; nothing is loaded."""
    if name not in registry.listed("repair"):
        return Fixer(name=name, missing="not installed")
    try:
        backend = registry.backend_class("repair", name)
        missing = machine.to_install("repair", name) if not backend.brings else ""
        absent = [w for w in backend.weights if weights.state(weights.named((w,))[0], None) != "present"]
        if missing or absent:
            return Fixer(name=name, missing=missing or f"charforge weights pull {' '.join(absent)}")
        if backend.brings and name not in desk.models:
            return Fixer(name=name, missing="charforge.yaml names no weights for it")
        settings = _settings(desk, name, planned) if backend.brings else {}
        _ = desk.toolbox.get("repair", name).revision
    except CharforgeError as error:
        return Fixer(name=name, missing=error.message)
    if desk.project.settings.commercial and not all(w.commercial for w in weights.named(tuple(backend.weights))):
        return Fixer(name=name, missing="its model files may not be used commercially")
    return Fixer(name=name, settings=settings)


def _settings(desk: Desk, name: str, planned: Draft) -> Settings:
    """Return the settings of a repair that runs a model of the project's own; raise what is wrong with its files."""
    own = desk.models[name]
    known = desk.catalogue.named(name)
    if known is None:
        return {"weights": own.digest, "face_model": own.settings.get("face_model", TRAINED_WITH)}
    words = {"prompt": planned.job.prompt} if isinstance(planned.job, StillJob | ClipJob) and planned.job.prompt else {}
    return {**own_settings(known, desk.models, SIDE, SIDE), **words}
