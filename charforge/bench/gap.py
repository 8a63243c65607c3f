"""Measures the gap between models: one character in the same shots by every model that draws stills here.

A model is compared by what it draws and nothing is mended afterwards, so that a model's own gap shows. Models that are
here with random weights only, to try their plumbing, draw no faces: they have no number and count for no spread.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import gcd
from pathlib import Path
from statistics import median
from time import monotonic

from charforge.bench.gap_rows import Gap, ModelRow
from charforge.domain.assets import Character, Library
from charforge.domain.jobs import Draft
from charforge.domain.script import Framing
from charforge.domain.takes import Score
from charforge.errors import BackendMissing, CharforgeError, InputError
from charforge.events import Reporter, StageEnded, StageStarted
from charforge.planner import Described, Pins, plan_pictures, series_of
from charforge.qa import Calibration
from charforge.store import Ledger, Store
from charforge.studio.check import load_library, means
from charforge.studio.desk import Desk
from charforge.studio.oneoffs import character_named
from charforge.studio.project import NamedModel, Project, find

SERIES = "gap"
FRAMINGS: tuple[Framing, ...] = ("close", "medium-close", "medium")
TURNS = (0.0, -12.0, 18.0, -25.0, 8.0, 30.0, -18.0, 12.0)
MOODS = (None, "happy", "focused", "surprised", "sad")
"""Those that a character has no reference of are left out."""
STEP = 0.618
"""Share of all combinations between a shot and the next, so that any number of them is a fair sample."""
FEWEST = 3
"""Models that the promise is about."""
EMBEDDED = "animatic"
HEADS = "portrait"
PLUMBING = ("sdxl", "flux2-klein")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared."""

    character: str
    shots: int = 40
    size: tuple[int, int] = (640, 360)
    at: str | None = None
    """A locked location; else the first one where a body of the character was lit."""
    models: tuple[str, ...] = ()
    """Still models of the project; else all of them."""
    seconds: float | None = None
    """Give no model more than this; its row then says how many shots it made."""


def gap(near: Path, asked: Asked, tell: Reporter) -> Gap:
    """Return the table; raise InputError for a character, place or model that is not there."""
    project = find(near)
    library = load_library(project)
    character = character_named(asked.character, library)
    own = tuple(project.settings.models)
    unknown = [name for name in asked.models if name not in (EMBEDDED, HEADS, *own)]
    if unknown:
        raise InputError(f"there is no model {unknown[0]!r}", f"there are: {', '.join((EMBEDDED, HEADS, *own))}")
    wishes = shots(asked, character, library)
    with tempfile.TemporaryDirectory(prefix="charforge-bench-") as folder:

        def work(name: str) -> _Work:
            # The heads that the compositor was given are those that the generator is judged by.
            return _Work(project, library, wishes, Path(folder) / (EMBEDDED if name == HEADS else name), asked, tell)

        rows = [_row(work(name), name) for name in asked.models or (EMBEDDED, HEADS, *_stills(project))]
        rows += [_plumbing(work(name), name) for name in PLUMBING if not asked.models and name not in own]
    return _summed(character, project, tuple(rows))


def shots(asked: Asked, character: Character, library: Library) -> tuple[Described, ...]:
    """Return so many different shots of a character: a fair sample of framings, turns and expressions."""
    place = asked.at or _place(character, library)
    known = {r.expression for r in character.references} | {None}
    every = list(product(FRAMINGS, TURNS, [mood for mood in MOODS if mood in known]))
    if not 1 <= asked.shots <= len(every):
        raise InputError(f"{asked.shots} different shots cannot be made", f"from 1 to {len(every)}")
    step = next(n for n in range(round(STEP * len(every)), 2 * len(every)) if gcd(n, len(every)) == 1)
    chosen = [every[number * step % len(every)] for number in range(asked.shots)]
    return tuple(
        Described(
            (asked.character,),
            at=place,
            framing=framing,
            turn=turn,
            expression=mood,
            width=asked.size[0],
            height=asked.size[1],
            name=f"{10 * number:04d}",
        )
        for number, (framing, turn, mood) in enumerate(chosen, 1)
    )


def _place(character: Character, library: Library) -> str | None:
    lit = [r.place for r in character.references if r.step == "body" and r.place]
    known = {location.name: location.id for location in library.locations}
    return next((known[name] for name in lit if name in known), next(iter(known.values()), None))


def _stills(project: Project) -> Iterator[str]:
    """Yield the project's own models that draw stills."""
    from charforge.studio.own import knowledge

    catalogue = knowledge(project).catalogue
    for name in project.settings.models:
        model = catalogue.named(name)
        if model is not None and "still" in model.kinds:
            yield name


@dataclass(frozen=True, slots=True)
class _Work:
    """What one model's row is made with."""

    project: Project
    library: Library
    wishes: tuple[Described, ...]
    folder: Path
    asked: Asked
    tell: Reporter

    def desk(self) -> Desk:
        """Return a desk with a store of its own, so that every picture is really made."""
        desk = Desk(self.project, self.library, series_of(self.wishes, self.library, SERIES), self.tell)
        desk.store = Store(self.folder / "store")
        desk.ledger = Ledger(desk.store, SERIES)
        return desk


@dataclass(frozen=True, slots=True)
class _Seen:
    """What both judges say of one picture."""

    first: Score | None
    second: Score | None
    passed: bool


def _row(work: _Work, name: str, kind: str = "") -> ModelRow:
    """Return what a model's pictures came to; what keeps it from drawing stands in its note."""
    began = monotonic()
    kind = kind or ("embedded" if name in (EMBEDDED, HEADS) else "model")
    stage = "head" if name == HEADS else "still"
    pinned = EMBEDDED if name == HEADS else name
    try:
        desk = work.desk()
        planned = plan_pictures(
            desk.episode, means(work.project, work.library, Pins(still=pinned), desk.models), clips=False
        )
        for obstacle in desk.obstacles(planned):
            raise obstacle
        seen = tuple(_seen(desk, planned.drafts, stage, _until(began, work.asked.seconds)))
    except CharforgeError as error:
        hint = f"; {error.hint}" if error.hint else ""
        return ModelRow(model=name, kind=kind, shots=0, note=f"not run: {error.message.splitlines()[0]}{hint}")
    return _told(name, kind, seen, desk, monotonic() - began)


def _until(began: float, seconds: float | None) -> Callable[[], bool]:
    return lambda: seconds is None or monotonic() - began < seconds


def _seen(desk: Desk, drafts: tuple[Draft, ...], stage: str, more: Callable[[], bool]) -> Iterator[_Seen]:
    """Yield what the judges say of each shot, made one after another while there is time."""
    wanted = [draft for draft in drafts if draft.stage == stage]
    began = monotonic()
    desk.reporter(StageStarted(stage, len(wanted)))
    for draft in wanted:
        if not more():
            break
        needed = tuple(d for d in drafts if d.id in draft.needs())
        takes = desk.runner.run((*needed, draft))
        first, second = desk.verdict(draft, takes[draft.id]), desk.confirmed(draft, takes[draft.id])
        one, other = (next(iter(v.scores), None) for v in (first, second))
        yield _Seen(one, other, first.passed())
    desk.reporter(StageEnded(stage, monotonic() - began))


def _plumbing(work: _Work, name: str) -> ModelRow:
    """Return the row of a model with random weights: whether its way from plan to picture works, and no number."""
    folder = work.folder / "weights"
    try:
        if name == "sdxl":
            from charforge.backends import diffusers_tiny

            diffusers_tiny.build(folder)
        else:
            from charforge.backends import diffusers_tiny_flux2

            diffusers_tiny_flux2.build(folder, distilled=True)
    except BackendMissing as error:
        return ModelRow(model=name, kind="plumbing", shots=0, note=f"not run: {error.message}; {error.hint}")
    tiny = NamedModel.model_validate({"weights": str(folder), "steps": "1", "max_pixels": "8192"})
    settings = work.project.settings.model_copy(update={"models": {name: tiny}, "commercial": False})
    return _row(replace(work, project=replace(work.project, settings=settings)), name, "plumbing")


def _told(name: str, kind: str, seen: tuple[_Seen, ...], desk: Desk, seconds: float) -> ModelRow:
    """Return a row of numbers, or of none where the weights are random or no face could be scored."""
    row = ModelRow(model=name, kind=kind, shots=len(seen), seconds=seconds)
    first = [s.first for s in seen if s.first is not None]
    second = [s.second for s in seen if s.second is not None]
    if kind == "plumbing":
        note = "plumbing: no face drawn" if not first else "plumbing: random weights draw nobody"
        return row.changed(scored=len(first), note=note)
    if not first:
        return row.changed(note="no face could be scored")
    eyes = [_calibration(desk, judge) for judge in desk.project.settings.judges]
    return row.changed(
        scored=len(first),
        median=median(s.value for s in first),
        lowest=min(s.value for s in first),
        second=median(s.value for s in second) if second else None,
        percent=median(_percent(s, eyes[0]) for s in first),
        second_percent=median(_percent(s, eyes[1]) for s in second) if second else None,
        passing=100 * sum(s.passed for s in seen) / len(seen),
        note="heads alone, as the compositor is given them" if name == HEADS else "",
    )


def _calibration(desk: Desk, judge: str) -> Calibration:
    """Return what a judge's numbers mean in this project."""
    from charforge.studio import calibrating

    return calibrating.of(desk.project, desk.toolbox.get("face", judge))


def _percent(score: Score, calibration: Calibration) -> float:
    return calibration.percent(score.value, score.turn or 0.0, score.face_px)


def _summed(character: Character, project: Project, rows: tuple[ModelRow, ...]) -> Gap:
    known = [row for row in rows if row.percent is not None]
    models = [row.model for row in known if row.kind == "model"]
    notes = []
    if {EMBEDDED, HEADS} <= {row.model for row in known}:
        notes.append(f"{EMBEDDED} is given the heads of {HEADS}, so these two are steps of one generator")
    if len(models) < FEWEST:
        notes.append(
            f"{len(models)} models of the project drew faces; the promise is about {FEWEST} and more. Embedded ones "
            "and random weights only show that this can be measured: name models in charforge.yaml, under models:"
        )
    return Gap(
        character=character.id,
        judges=project.settings.judges,
        rows=rows,
        compared=tuple(row.model for row in known),
        tested=len(models) >= FEWEST,
        spread=_spread([row.percent for row in known]),
        second_spread=_spread([row.second_percent for row in known]),
        passing_spread=_spread([row.passing for row in known]),
        notes=tuple(notes),
    )


def _spread(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) - min(known) if len(known) > 1 else None
