"""Pins takes of a film: judges each now, and writes down who is in it and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from charforge.documents import write_atomic
from charforge.domain.assets import Library
from charforge.domain.names import Slate
from charforge.domain.script import Episode
from charforge.domain.takes import Take
from charforge.errors import InputError
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.runners import Toolbox
from charforge.store import Ledger, Store
from charforge.studio import machine
from charforge.studio.check import load_episode, load_library
from charforge.studio.circle import slate_of
from charforge.studio.desk import Desk
from charforge.studio.project import Project, find
from charforge.studio.regressing import pins as files
from charforge.studio.regressing.looking import desk_of, judges, looked, packages, shot_of
from charforge.studio.regressing.pins import Kind, Pin, Pins
from charforge.studio.regressing.report import Pinned
from charforge.studio.regressing.shelf import Shelf, shelf
from charforge.studio.regressing.shifts import limit_of
from charforge.studio.reports.place import refuse_unwritable
from charforge.studio.season import find_episode


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants pinned, or no longer pinned."""

    shots: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    """Ids or files; every shot of theirs that shows somebody."""
    unpin: tuple[str, ...] = ()
    clips: bool = False
    """Pin clips, too, where there are any."""
    keep: bool = False
    """Lay whole takes beside the pins, so that they can be judged where the store is not."""
    file: Path | None = None


def pin(near: Path, wanted: Wanted, tell: Reporter) -> Pinned:
    """Judge the chosen takes of the wanted shots and write them into the pins.

    Raises InputError for shots that are not there or not rendered, and where the judges are no longer those of the
    pins, since numbers of two judges cannot stand side by side.
    """
    project = find(near)
    file = wanted.file or project.root / files.FILE
    refuse_unwritable(file, "identity", ".yaml")
    library = load_library(project)
    tools = machine.toolbox(project)
    held = _held(project, file, tools)
    slates = {str(s): s.episode for s in (_shot(text) for text in wanted.shots)}
    with shelf(project, file) as places:
        known = _unpinned(held, wanted.unpin, places, file)
        work = _Work(project, library, places, tell, tools)
        left_out: list[str] = []
        for listed in _listed(work, wanted, slates):
            made, missing = _pinned(work, listed, wanted, known)
            known = made
            left_out += missing
        shots = tuple(slate for slate, _, _ in known.takes())
        write_atomic(file, files.written(known))
    chosen = tuple(dict.fromkeys(slate for slate in shots if slate in work.done))
    return Pinned(file=str(file), pinned=chosen, unpinned=wanted.unpin, left_out=tuple(left_out), total=len(shots))


@dataclass
class _Work:
    """What one pinning works with, and the shots that it pinned."""

    project: Project
    library: Library
    places: Shelf
    tell: Reporter
    tools: Toolbox
    done: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The shots of one episode that are to be pinned."""

    episode: Episode
    file: Path
    slates: tuple[str, ...]
    asked: bool
    """Whether they were named one by one, so that one without a take is a mistake."""


def _shot(text: str) -> Slate:
    slate = slate_of(text)
    if slate.take is not None:
        shot = Slate(slate.episode, slate.scene, slate.shot)
        raise InputError(f"{text} is a take; a shot is pinned, with its circled take", f"write: --pin {shot}")
    return slate


def _held(project: Project, file: Path, tools: Toolbox) -> Pins:
    """Return the pins there are, or none yet; raise InputError where they were made by other judges."""
    now = judges(project, tools)
    if not file.is_file():
        limits = {judge.name: limit_of(judge.name) for judge in now.values()}
        return Pins(limits=limits, judges=now, packages=packages(), episodes={}, shots={})
    held = files.read(file)
    if held.judges != now and held.shots:
        hint = "first look at what that did, and accept it: charforge test, then charforge test --update"
        raise InputError(f"the judges are not those of {file.name}", hint)
    return held


def _unpinned(held: Pins, names: Iterable[str], places: Shelf, file: Path) -> Pins:
    shots = dict(held.shots)
    for name in names:
        if name not in shots:
            raise InputError(f"{name} is not pinned in {file.name}", f"there are: {', '.join(shots) or 'none'}")
        for kind in shots.pop(name):
            places.drop(name, kind)
    return _changed(held, shots)


def _changed(pins: Pins, shots: dict[str, dict[Kind, Pin]], episodes: dict[str, str] | None = None) -> Pins:
    return pins.model_copy(update={"shots": shots, "episodes": pins.episodes if episodes is None else episodes})


def _listed(work: _Work, wanted: Wanted, slates: dict[str, str]) -> Iterator[_Listed]:
    """Yield the shots to pin, episode by episode."""
    for name in wanted.episodes:
        file = find_episode(work.project, name)
        episode = load_episode(file, work.project, work.library)
        peopled = [(scene, shot) for scene, shot in episode.shots() if shot.characters and shot.faces == "expected"]
        yield _Listed(episode, file, tuple(str(Slate(episode.id, a.id, b.id)) for a, b in peopled), asked=False)
    for name in dict.fromkeys(slates.values()):
        rendered = Ledger(work.places.film, name).note("shot list", name)
        known = work.project.root / rendered if rendered else None
        file = known if known is not None and known.is_file() else find_episode(work.project, name)
        episode = load_episode(file, work.project, work.library)
        yield _Listed(episode, file, tuple(s for s, of in slates.items() if of == name), asked=True)


def _pinned(work: _Work, listed: _Listed, wanted: Wanted, known: Pins) -> tuple[Pins, list[str]]:
    """Return the pins with an episode's shots, and those that were left out."""
    episode, places = listed.episode, work.places
    desk = desk_of(work.project, work.library, episode, places, work.tell)
    desk.toolbox = work.tools
    shots, left_out = dict(known.shots), []
    began = monotonic()
    work.tell(StageStarted("pin", len(listed.slates), "shots"))
    for number, slate in enumerate(listed.slates):
        work.tell(Progressed("pin", slate, number, len(listed.slates)))
        if listed.asked and not shot_of(episode, slate)[0].characters:
            raise InputError(f"nobody is in {slate}, so there is no identity to pin", "pin shots that show somebody")
        takes = _takes(desk, slate, places.film, clips=wanted.clips)
        if "still" not in takes:
            if listed.asked:
                raise InputError(f"{slate} has no still yet", f"render it first: charforge render {listed.file}")
            left_out.append(f"{slate}: not rendered yet")
            continue
        shots[slate] = {kind: _state(work, desk, (slate, kind, take), keep=wanted.keep) for kind, take in takes.items()}
        work.done.add(slate)
    work.tell(StageEnded("pin", monotonic() - began))
    episodes = {**known.episodes, episode.id: work.project.relative(listed.file)}
    return _changed(known, shots, episodes), left_out


def _takes(desk: Desk, slate: str, film: Store, *, clips: bool) -> dict[Kind, Take]:
    """Return a shot's circled takes, else its latest."""
    ledger = Ledger(film, desk.episode.id)
    name = shot_of(desk.episode, slate)[1]
    kinds: tuple[Kind, ...] = ("still", "clip") if clips else ("still",)
    found: dict[Kind, Take] = {}
    for kind in kinds:
        key = ledger.circled(f"{name}/{kind}") or ledger.latest(f"{name}/{kind}")
        take = film.find(key) if key else None
        if take is not None:
            found[kind] = take
    return found


def _state(work: _Work, desk: Desk, pinned: tuple[str, Kind, Take], *, keep: bool) -> Pin:
    """Judge a take, lay its picture beside the pins, and return what is to be pinned."""
    slate, kind, take = pinned
    places, file = work.places, work.places.film.blob(take.blob)
    places.take_over(take)
    found = looked(desk, slate, kind, take)
    places.drop(slate, kind)
    places.show(slate, kind, take, file)
    if keep:
        places.keep(slate, kind, take, file)
    return found
