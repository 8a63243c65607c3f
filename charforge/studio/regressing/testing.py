"""Compares pinned shots with what this machine makes or says of them now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Literal

from charforge.documents import write_atomic
from charforge.domain.assets import Library
from charforge.domain.takes import Take
from charforge.errors import CharforgeError, InputError, Problem
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.runners import Toolbox
from charforge.studio import machine
from charforge.studio.check import load_episode, load_library
from charforge.studio.desk import Desk
from charforge.studio.project import Project, find
from charforge.studio.regressing import pins as files
from charforge.studio.regressing.cases import as_junit
from charforge.studio.regressing.changes import job_changes, machine_changes, take_changes
from charforge.studio.regressing.looking import desk_of, judges, looked, packages
from charforge.studio.regressing.page import regression_page
from charforge.studio.regressing.pins import Kind, Pin, PinnedJudge, Pins, Which
from charforge.studio.regressing.renewing import Made, episode_of, renewed
from charforge.studio.regressing.report import Case, Regression
from charforge.studio.regressing.shelf import Shelf, shelf
from charforge.studio.regressing.shifts import limit_of
from charforge.studio.regressing.weighing import shifts, worse
from charforge.studio.render import Options
from charforge.studio.reports.place import refuse_unwritable

How = Literal["auto", "judge", "render"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks of a test."""

    how: How = "auto"
    """`judge` looks at the pinned takes again, `render` makes new ones; `auto` judges those that are still there."""
    options: Options = field(default_factory=Options)
    """Models to render with, as in a render."""
    update: bool = False
    """Accept what there is now."""
    page: Path | None = None
    junit: Path | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class _Room:
    """What one test works with."""

    project: Project
    library: Library
    pins: Pins
    places: Shelf
    tools: Toolbox
    asked: Asked
    tell: Reporter


def compare(near: Path, asked: Asked, tell: Reporter) -> Regression:
    """Return how every pinned shot compares with its pin; with `update`, write the new state into the pins.

    Raises InputError for pins, shot lists or a library that cannot be used, or where nothing is pinned, and what the
    judges raise; a shot that can no longer be made or judged is a case that fails.
    """
    began = monotonic()
    _writable(asked.page, ".html")
    _writable(asked.junit, ".xml")
    project = find(near)
    file = asked.file or project.root / files.FILE
    pins = files.read(file)
    if not any(pins.takes()):
        hint = "pin shots: charforge test --pin SHOT, or charforge test --pin-all EPISODE"
        raise InputError([Problem("pins no shot: nothing is tested", file)], hint)
    if asked.update:
        refuse_unwritable(file, "identity", ".yaml")
    library = load_library(project)
    tools = machine.toolbox(project)
    now, here = judges(project, tools), packages()
    with shelf(project, file) as places:
        room = _Room(project, library, pins, places, tools, asked, tell)
        cases = tuple(case for name in sorted(pins.episodes) for case in _episode(room, name))
        found = tuple(shifts(pins, cases, now))
        done = Regression(
            pins=str(file),
            cases=cases,
            shifts=found,
            judges={which: judge.name for which, judge in now.items()},
            changes=tuple(machine_changes(pins, now, here)),
            notes=tuple(dict.fromkeys(note for shift in found for note in shift.notes)),
            seconds=monotonic() - began,
            updated=asked.update,
        )
        if asked.page is not None:
            write_atomic(asked.page, regression_page(done, places))
        if asked.junit is not None:
            write_atomic(asked.junit, as_junit(done))
        if asked.update:
            _accept(room, done)
            write_atomic(file, files.written(_accepted(pins, cases, now, here)))
    return done


def _writable(file: Path | None, ending: str) -> None:
    """Raise InputError, before anything is tested, where a report cannot be written or takes another file's place."""
    if file is None:
        return
    refuse_unwritable(file, "identity", ending)
    if file.exists() and file.suffix.lower() != ending:
        raise InputError([Problem(f"is there already, and is no {ending} file", file)], f"choose another: x{ending}")


def _episode(room: _Room, name: str) -> Iterator[Case]:
    """Yield the cases of one episode: pinned takes that are there are judged, the others made anew."""
    pinned = [(slate, kind, pin) for slate, kind, pin in room.pins.takes() if episode_of(slate) == name]
    if not pinned:
        return
    episode = load_episode(room.project.root / room.pins.episodes[name], room.project, room.library)
    desk = desk_of(room.project, room.library, episode, room.places, room.tell)
    desk.toolbox = room.tools
    desk.judge.meet()
    there: dict[tuple[str, Kind], Take] = {}
    if room.asked.how != "render":
        found = ((slate, kind, room.places.find(slate, kind, pin)) for slate, kind, pin in pinned)
        there = {(slate, kind): take for slate, kind, take in found if take is not None}
    made: Made = {}
    if room.asked.how != "judge":
        gone = [(slate, kind) for slate, kind, _ in pinned if (slate, kind) not in there]
        made = renewed(desk, gone, room.asked.options) if gone else {}
    began = monotonic()
    room.tell(StageStarted("judge", len(pinned)))
    for number, (slate, kind, pin) in enumerate(pinned):
        room.tell(Progressed("judge", f"{slate} {kind}", number, len(pinned)))
        take = there.get((slate, kind)) or made.get((slate, kind))
        yield _case(room, desk, (slate, kind, pin), take, how="judged" if (slate, kind) in there else "rendered")
    room.tell(StageEnded("judge", monotonic() - began))


def _case(
    room: _Room,
    desk: Desk,
    pinned: tuple[str, Kind, Pin],
    take: Take | CharforgeError | None,
    *,
    how: Literal["judged", "rendered"],
) -> Case:
    slate, kind, before = pinned
    began = monotonic()
    if take is None:
        wrong = "the pinned take is neither in the store nor beside the pins; to make it anew: charforge test --render"
        return Case(shot=slate, kind=kind, how="missing", before=before, wrong=(wrong,))
    try:
        if isinstance(take, CharforgeError):
            raise take
        after = looked(desk, slate, kind, take)
    except CharforgeError as error:
        verb = "rendered" if isinstance(take, CharforgeError) else "judged"
        told = f"can no longer be {verb}: {'; '.join(error.message.splitlines())}"
        hint = f" ({error.hint})" if error.hint else ""
        return Case(shot=slate, kind=kind, how="missing", before=before, wrong=(f"{told}{hint}",))
    old = room.places.film.record(before.take) if how == "rendered" else None
    return Case(
        shot=slate,
        kind=kind,
        how=how,
        before=before,
        after=after,
        same=before.picture == after.picture,
        changes=(*take_changes(before, after), *job_changes(old, take, _names(desk))),
        wrong=tuple(worse(before, after)),
        seconds=take.seconds if how == "rendered" else monotonic() - began,
    )


def _names(desk: Desk) -> Callable[[str], str | None]:
    """Return what calls locked files by their paths."""
    return lambda digest: desk.locked[digest].name if digest in desk.locked else None


def _accept(room: _Room, done: Regression) -> None:
    """Lay the new pictures beside the pins."""
    for case in done.cases:
        if case.after is None or case.same:
            continue
        take = room.places.test.find(case.after.take)
        if take is None:
            continue
        file, kept = room.places.test.blob(take.blob), room.places.kept(case.shot, case.kind)
        room.places.drop(case.shot, case.kind)
        room.places.show(case.shot, case.kind, take, file)
        if kept:
            room.places.keep(case.shot, case.kind, take, file)


def _accepted(pins: Pins, cases: Iterable[Case], now: Mapping[Which, PinnedJudge], here: Mapping[str, str]) -> Pins:
    """Return the pins with the new state of every case that has one."""
    shots = {slate: dict(kinds) for slate, kinds in pins.shots.items()}
    for case in cases:
        if case.after is not None:
            shots[case.shot][case.kind] = case.after
    limits = {judge.name: pins.limits.get(judge.name) or limit_of(judge.name) for judge in now.values()}
    return pins.model_copy(
        update={"shots": shots, "judges": dict(now), "packages": dict(here), "limits": {**pins.limits, **limits}}
    )
