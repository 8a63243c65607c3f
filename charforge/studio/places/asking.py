"""What a project wants of a set: the views and lights of its shot lists, or a camera for each framing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Mark
from charforge.domain.names import AssetName
from charforge.domain.script import Episode, Scene, Shot
from charforge.errors import InputError
from charforge.events import Noted, Reporter
from charforge.library.written import WrittenLocation
from charforge.planner.cameras import SetCamera, set_camera, view_name
from charforge.shotlist import read_episode
from charforge.studio.places.standing import Standing
from charforge.studio.project import Project

SIZE = (1920, 1080)
"""Pixels of a plate where no shot list says another size."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

    views: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    samples: int | None = None
    size: tuple[int, int] | None = None
    every: bool = False
    episode: Path | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One view to be rendered in one light."""

    view: str
    """What it is called in the location."""
    base: str
    """The set's own view that it is, or whose place its camera takes."""
    light: str
    camera: SetCamera | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What the set has."""

    views: tuple[str, ...]
    lights: tuple[str, ...]


def asked(project: Project, asset: Standing, wanted: Wanted, offer: Offered, tell: Reporter) -> tuple[Frame, ...]:
    """Return what to render, each frame once; raise InputError for views and lights that the set does not have."""
    if wanted.episode is not None:
        episode = read_episode(wanted.episode, cache=project.state / "parsed")
        found = list(_framings(asset, episode, offer, tell))
    elif wanted.every or wanted.views or wanted.lights:
        views, lights = wanted.views or offer.views, wanted.lights or offer.lights
        found = [Frame(view, view, light) for light in lights for view in views]
    else:
        found = list(_of_shot_lists(project, asset, offer, tell))
    frames = tuple(dict.fromkeys(found))
    for frame in frames:
        _refuse_unknown("view", frame.base, offer.views, asset.name)
        _refuse_unknown("light", frame.light, offer.lights, asset.name)
    return frames


def size_of(project: Project, wanted: Wanted) -> tuple[int, int]:
    """Return the size of the plates: as asked for, else that of the first shot list that can be read."""
    if wanted.size is not None:
        return wanted.size
    for file in (wanted.episode,) if wanted.episode else _shot_lists(project):
        try:
            video = read_episode(file, cache=project.state / "parsed").video
        except InputError:
            continue
        return video.width, video.height
    return SIZE


def _shot_lists(project: Project) -> list[Path]:
    return sorted((project.root / "shotlists").glob("*.yaml"))


def _of_shot_lists(project: Project, asset: Standing, offer: Offered, tell: Reporter) -> Iterator[Frame]:
    """Yield the view and light of every shot that plays in the place."""
    read = 0
    for file in _shot_lists(project):
        try:
            episode = read_episode(file, cache=project.state / "parsed")
        except InputError:
            tell(Noted(f"{file.name} cannot be read and is left out; see: charforge check {file}"))
            continue
        read += 1
        for _, shot in _here(episode, asset.name):
            # A framing's own view is made by --for.
            view = _base(shot.view, offer) or _first(asset, offer)
            yield Frame(view, view, shot.light or offer.lights[0])
    if not read:
        hint = (
            f"write one, or ask for views: charforge build {asset.name} --view {offer.views[0]} --light NAME, or --all"
        )
        raise InputError(f"no shot list in {project.root / 'shotlists'} says what is wanted of {asset.name}", hint)


def _framings(asset: Standing, episode: Episode, offer: Offered, tell: Reporter) -> Iterator[Frame]:
    """Yield a frame with a camera of its own for every shot that frames somebody."""
    aspect = episode.video.width / episode.video.height
    for scene, shot in _here(episode, asset.name):
        base = _base(shot.view, offer) or _first(asset, offer)
        light = shot.light or offer.lights[0]
        camera = set_camera(shot, _marks(asset, base), aspect)
        if camera is None:
            tell(Noted(f"{scene.id}/{shot.id} is {shot.framing}: it keeps the camera of {base}"))
            yield Frame(base, base, light)
        else:
            yield Frame(view_name(base, shot, camera), base, light, camera)


def _here(episode: Episode, name: str) -> Iterator[tuple[Scene, Shot]]:
    for scene, shot in episode.shots():
        if shot.location and AssetName.parse(shot.location).name == name:
            yield scene, shot


def _base(view: str | None, offer: Offered) -> str | None:
    """Return the set's view that a shot names, also through the view of a framing; any other name as it is."""
    if view is None or view in offer.views:
        return view
    return max((v for v in offer.views if view.startswith(f"{v}-")), key=len, default=view)


def _first(asset: Standing, offer: Offered) -> str:
    """Return the view of shots that name none: the location's first, as the planner takes it."""
    described = tuple(asset.written.views) if isinstance(asset.written, WrittenLocation) else ()
    return next((view for view in described if view in offer.views), offer.views[0])


def _marks(asset: Standing, view: str) -> dict[str, Mark]:
    described = asset.written.views.get(view) if isinstance(asset.written, WrittenLocation) else None
    if described is None:
        hint = f"first: charforge build {asset.name} --view {view}"
        raise InputError(f"{asset.name} does not say yet where people stand in the view {view!r}", hint)
    return {name: Mark(**mark.model_dump()) for name, mark in described.marks.items()}


def _refuse_unknown(what: str, name: str, known: Sequence[str], place: str) -> None:
    if name not in known:
        hint = did_you_mean(name, known) or f"it has: {', '.join(known) or 'none'}"
        raise InputError(f"the set of {place} has no {what} {name!r}", hint)
