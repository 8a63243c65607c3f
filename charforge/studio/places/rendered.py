"""Renders the views of a location's set and records them as its plates, foreground layers, depth and edges."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal, get_args

from charforge import imaging
from charforge.documents import write_atomic
from charforge.domain.assets import Origin, Reference, Step
from charforge.domain.jobs import Draft, Input, StillJob
from charforge.domain.script import Position
from charforge.domain.takes import Take
from charforge.errors import InputError, Problem
from charforge.events import Reporter, StageEnded, StageStarted
from charforge.library.locking import digests
from charforge.library.written import WrittenLocation, WrittenReference, WrittenSet
from charforge.planner.cameras import settings as camera_settings
from charforge.runners import Runner, Toolbox
from charforge.store import Ledger, Store, locked
from charforge.studio import machine
from charforge.studio.places.asking import Frame, Offered, Wanted, asked, size_of
from charforge.studio.places.report import How, PlaceReport, PlaceRow
from charforge.studio.places.standing import Standing, free_name, keep, show, webp
from charforge.studio.project import Project

__all__ = ["Wanted", "render"]

Layer = Literal["background", "foreground"]

SAMPLES = 24
"""Rays a pixel before the denoiser; the pilot's plates were made with 8 to 14."""
SEED = 1


@dataclass(frozen=True, slots=True)
class SetFiles:
    """The files of a set, by the paths under which Blender finds them."""

    main: str
    digests: Mapping[str, str]
    paths: Mapping[str, Path]

    @property
    def digest(self) -> str:
        """The sha256 of all of it: another set gives other plates."""
        return hashlib.sha256(json.dumps(sorted(self.digests.items())).encode()).hexdigest()

    def inputs(self) -> tuple[Input, ...]:
        """Return the set as inputs of a job, the file to open first."""
        names = sorted(self.digests, key=lambda n: (n != self.main, n))
        return tuple(Input(role="set" if n == self.main else "helper", name=n, source=self.digests[n]) for n in names)


def render(project: Project, asset: Standing, wanted: Wanted, tell: Reporter) -> PlaceReport:
    """Render what is wanted of the set and not there yet, or was made from another state of it.

    Raises InputError where the location has no set, BackendMissing where there is no Blender.
    """
    files = _files(project, asset)
    toolbox = machine.toolbox(project)
    blender = toolbox.get("still", "blender")
    offer = _offer(project, blender, files)
    frames = asked(project, asset, wanted, offer, tell)
    rows = [_kept(r, f) for f in frames if (r := _there(asset, f, files.digest, wanted))]
    missing = tuple(f for f in frames if not _there(asset, f, files.digest, wanted))
    if not missing:
        return PlaceReport(name=asset.name, kind="location", rows=tuple(rows), sheet=show(project, asset, {}))
    takes = _rendered(project, asset, toolbox, files, missing, wanted, tell)
    made: list[Reference] = []
    for frame in missing:
        new, row = _taken(project, asset, frame, takes[_id(asset, frame)], files.digest, made)
        made += new
        rows.append(row)
    version = keep(asset, made, _views(project, asset, missing, takes)) if made else 1
    sheet = show(project, asset, {r.file: "rendered" for r in made})
    return PlaceReport(name=asset.name, kind="location", rows=tuple(rows), sheet=sheet, version=version)


def _files(project: Project, asset: Standing) -> SetFiles:
    """Return the files of the location's set; raise InputError where one is missing or is not the one it names."""
    written: WrittenSet | None = asset.written.set if isinstance(asset.written, WrittenLocation) else None
    if written is None:
        hint = (
            f"write set: {{file: set/scene.blend}} into {asset.folder.file}, or give photographs: "
            f"charforge build {asset.name} --from photos/, or grade: --light night --from-light afternoon"
        )
        raise InputError(f"{asset.name} has no set to be rendered", hint)
    inside = written.file.rpartition("/")[0]
    own = {
        name: digest
        for name, digest in digests(asset.folder, stamps=project.stamps).items()
        if name == written.file or (inside and name.startswith(f"{inside}/"))
    }
    paths = {name: asset.folder.path / name for name in own}
    problems = []
    for name, digest in written.shared.items():
        path = asset.root / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        if found != digest:
            said = f"the set's file {name} is {'another than' if found else 'not there, and'} location.yaml names it"
            problems.append(Problem(said, asset.folder.file, hint=f"restore it, or write {name}: {found or digest}"))
        own[f"library/{name}"], paths[f"library/{name}"] = digest, path
    if problems:
        raise InputError(problems, "a set is locked with all that it is made of")
    return SetFiles(written.file, own, paths)


def _offer(project: Project, blender: Any, files: SetFiles) -> Offered:  # noqa: ANN401 - a backend with one more verb
    """Return what the set has, asked once for each state of it."""
    known = project.state / "sets" / f"{files.digest}.json"
    try:
        said = json.loads(known.read_bytes())
        return Offered(tuple(said["views"]), tuple(said["lights"]))
    except (OSError, ValueError, KeyError, TypeError):
        scratch = project.state / "scratch" / f"set-{files.digest[:16]}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True, exist_ok=True)
        try:
            found = blender.offer(files.main, files.paths, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    if not found.views:
        raise InputError(f"{files.main} has no view", "name its cameras like table or bar-counter; see docs/sets.md")
    write_atomic(known, json.dumps({"views": found.views, "lights": found.lights}).encode())
    return Offered(found.views, found.lights)


def _there(asset: Standing, frame: Frame, digest: str, wanted: Wanted) -> WrittenReference | None:
    """Return the plate of a frame, unless it was graded, made from another state of the set, or is not to be kept."""
    plate = asset.picture("plate", frame.view, frame.light, "background")
    if plate is None or wanted.force:
        return None
    origin = plate.origin
    if origin is None or origin.original is not None:
        return plate
    said = (origin.settings or {}).get("set")
    return plate if origin.derived is None and said in {None, digest} else None


def _kept(reference: WrittenReference, frame: Frame) -> PlaceRow:
    return PlaceRow(file=reference.file, step="plate", view=frame.view, light=frame.light, how="kept")


def _rendered(  # noqa: PLR0913, PLR0917 - what to render, with what, and whom to tell
    project: Project,
    asset: Standing,
    toolbox: Toolbox,
    files: SetFiles,
    frames: tuple[Frame, ...],
    wanted: Wanted,
    tell: Reporter,
) -> dict[str, Take]:
    width, height = size_of(project, wanted)
    drafts = [_draft(asset, frame, files, width, height, wanted.samples or SAMPLES) for frame in frames]
    store = Store(project.state)
    by_digest = {digest: files.paths[name] for name, digest in files.digests.items()}
    began = monotonic()
    with locked(store, _ledger(asset)):
        ledger = Ledger(store, _ledger(asset))
        tell(StageStarted("set", len(drafts), "views"))
        takes = Runner(store, ledger, toolbox, by_digest.__getitem__, tell, stage="set").run(drafts)
        tell(StageEnded("set", monotonic() - began))
    return takes


def _draft(  # noqa: PLR0913, PLR0917 - a job and what it is for
    asset: Standing, frame: Frame, files: SetFiles, width: int, height: int, samples: int
) -> Draft:
    settings: dict[str, Any] = {"view": frame.base, "light": frame.light, "samples": samples}
    if frame.camera is not None:
        settings["camera"] = camera_settings(frame.camera)
    job = StillJob(backend="blender", seed=SEED, width=width, height=height, inputs=files.inputs(), settings=settings)
    return Draft(id=_id(asset, frame), shot=asset.name, stage="still", job=job, faces="none", estimate=None)


def _id(asset: Standing, frame: Frame) -> str:
    return f"{asset.name}/{frame.view}-{frame.light}"


def _ledger(asset: Standing) -> str:
    return f"set {asset.name}"


def _taken(  # noqa: PLR0913, PLR0917 - a take, and where it goes
    project: Project, asset: Standing, frame: Frame, take: Take, digest: str, made: list[Reference]
) -> tuple[list[Reference], PlaceRow]:
    """Write a take's pictures into the asset's folder, and return their references."""
    origin = Origin(
        backend=take.backend,
        revision=take.revision,
        seed=take.job.seed,
        settings={**take.job.settings, "width": take.width, "height": take.height, "set": digest},
    )
    pictures = _pictures(Store(project.state), frame, take)
    new: list[Reference] = []
    for (step, layer), (file, data) in pictures.items():
        light = None if step in {"depth", "edges"} else frame.light
        how = origin.changed(settings={**(origin.settings or {}), "unit": "mm"}) if step == "depth" else origin
        wanted = Reference(file=file, step=step, view=frame.view, light=light, layer=layer, origin=how)
        reference = _kept_file(asset, wanted, data, made)
        new += [reference] if reference else []
    how_made: How = "rendered" if any(r.step == "plate" for r in new) else "kept"
    return new, PlaceRow(
        file=new[0].file if new else pictures["plate", "background"][0],
        step="plate",
        view=frame.view,
        light=frame.light,
        how=how_made,
        seconds=take.seconds if how_made == "rendered" else 0.0,
    )


def _pictures(store: Store, frame: Frame, take: Take) -> dict[tuple[Step, Layer | None], tuple[str, bytes]]:
    """Return the file name and the bytes of every picture of a take, by step and layer."""
    parts = {name: store.blob(found).read_bytes() for name, found in take.attachments.items()}
    stem = f"{frame.view}-{frame.light}"
    found: dict[tuple[Step, Layer | None], tuple[str, bytes]] = {
        ("plate", "background"): (f"plates/{stem}.webp", webp(imaging.decode(store.blob(take.blob))))
    }
    if "front" in parts:
        found["plate", "foreground"] = f"plates/{stem}-front.webp", webp(imaging.decode_rgba(parts["front"]))
    if "probe" in parts:
        found["probe", None] = f"probes/{stem}.png", parts["probe"]
    found["depth", None] = f"depth/{frame.view}.png", parts["depth"]
    found["edges", None] = f"edges/{frame.view}.png", parts["edges"]
    return found


def _kept_file(asset: Standing, new: Reference, data: bytes, made: list[Reference]) -> Reference | None:
    """Write a picture under a name of its own; None where these very bytes are recorded already."""
    if any((r.step, r.view, r.light, r.layer) == (new.step, new.view, new.light, new.layer) for r in made):
        return None
    there = asset.picture(new.step, new.view or "", new.light or "", new.layer)
    if there is not None and (asset.folder.path / there.file).read_bytes() == data:
        return None
    recorded = {r.file for r in asset.references()}
    file = new.file
    # A file that nothing lists was left by a run that was ended before it was recorded.
    if file in recorded:
        file = free_name(asset, file)
    write_atomic(asset.folder.path / file, data)
    return new.changed(file=file)


def _views(
    project: Project, asset: Standing, frames: tuple[Frame, ...], takes: Mapping[str, Take]
) -> dict[str, dict[str, object]]:
    """Return what location.yaml says of the views it did not describe yet."""
    known = asset.written.views if isinstance(asset.written, WrittenLocation) else {}
    blobs = Store(project.state)
    found: dict[str, dict[str, object]] = {}
    for frame in frames:
        if frame.view in known or frame.view in found:
            continue
        said = json.loads(blobs.blob(takes[_id(asset, frame)].attachments["view"]).read_bytes())
        found[frame.view] = described(said, known.get(frame.base))
        if frame.camera is not None:
            found[frame.view]["of"] = frame.base
    return found


def described(said: Mapping[str, Any], base: Any = None) -> dict[str, object]:  # noqa: ANN401 - a written view
    """Return a view as location.yaml describes it, from what the camera saw; people outside the frame have no mark."""
    marks = {
        name: mark
        for name, mark in said["marks"].items()
        if name in get_args(Position) and 0 <= mark["x"] <= 1 and 0 <= mark["y"] <= 1 and 0 < mark["head"] < 1
    }
    view: dict[str, object] = {"marks": marks, "horizon": min(1.0, max(0.0, said["horizon"]))}
    for key in ("background_depth", "front_depth"):
        if said.get(key):
            view[key] = said[key]
    shows = said.get("shows") or (base.shows if base is not None else None)
    return {**view, "shows": shows} if shows else view
