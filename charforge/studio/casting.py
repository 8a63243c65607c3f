"""Casts people who do not exist, and builds what a film needs of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from charforge import imaging
from charforge import library as assets
from charforge.backends.portrait import casting as faces
from charforge.backends.portrait import files as written
from charforge.documents import write_atomic
from charforge.domain.assets import Reference
from charforge.domain.names import NAME_PATTERN
from charforge.errors import InputError
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.pages import contact_sheet
from charforge.runners import Toolbox
from charforge.studio.machine import home
from charforge.studio.project import Project, find
from charforge.studio.report import CastReport, PoseReport


def cast(near: Path, name: str, candidates: int, first_seed: int, tell: Reporter) -> CastReport:
    """Draw faces of people who do not exist on one contact sheet."""
    project = find(near)
    _folder(project, name)
    with _stage(tell, "casting", "contact sheet") as telling:
        found = faces.candidates(_studio(project), range(first_seed, first_seed + candidates), telling)
    if not found:
        raise InputError("no face was drawn that can be measured", "try more candidates, or another --first-seed")
    labelled = [(f"{c.seed}{'' if c.usable else '  (cropped)'}", c.pixels) for c in found]
    file = project.build / "casting" / f"{name}.png"
    write_atomic(file, imaging.encode_png(contact_sheet(labelled)))
    return CastReport(
        sheet=str(file), seeds=tuple(c.seed for c in found), usable=tuple(c.seed for c in found if c.usable)
    )


def pick(near: Path, name: str, seed: int, apart_from: str | None, tell: Reporter) -> Path:
    """Make the person of a seed the character's master headshot, calm and frontal; return its file."""
    project = find(near)
    folder = _folder(project, name)
    studio = _studio(project)
    apart = None if apart_from is None else _embedding(studio, project, apart_from)
    with _stage(tell, "master", "picture") as telling:
        master = faces.master(studio, seed, telling, apart)
    headshot = folder / "headshot/front.png"
    write_atomic(headshot, imaging.encode_png(master.pixels, 9))
    recipe = {"seed": seed, "truncation": master.truncation, "apart_from": apart_from or "", **_retakes(folder, seed)}
    write_atomic(folder / "rig/recipe.json", json.dumps(recipe, indent=1).encode() + b"\n")
    assets.record(project.library, name, (Reference(file="headshot/front.png", step="headshot", turn=0.0),))
    return headshot


def build(near: Path, name: str, tell: Reporter) -> tuple[PoseReport, ...]:
    """Find a character's angles, expressions and rig around the master; return how alike each came out."""
    project = find(near)
    folder = _folder(project, name)
    recipe = _recipe(folder, name)
    studio = _studio(project)
    with _stage(tell, "build", "character") as telling:
        apart = _embedding(studio, project, recipe["apart_from"]) if recipe["apart_from"] else None
        person = faces.master(studio, recipe["seed"], telling, apart, recipe["truncation"])
        retakes = recipe.get("retakes", {})
        built = faces.build(studio, person, telling, retakes)
    for path, data in written.contents(name, person, built, apart=recipe["apart_from"], retakes=retakes).items():
        write_atomic(folder / path, data)
    references = (Reference.model_validate({"made_from": r.pop("from", None), **r}) for r in written.references(built))
    assets.record(project.library, name, references, rig=f"rig/{name}.npz")
    return tuple(PoseReport(name=p.name, turn=p.turn, likeness=p.likeness, second=p.second) for p in built.poses)


def _retakes(folder: Path, seed: int) -> dict[str, Any]:
    """Return what an earlier recipe of the same person says of poses that were searched for again."""
    try:
        known = json.loads((folder / "rig/recipe.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {"retakes": known["retakes"]} if known.get("seed") == seed and "retakes" in known else {}


def _recipe(folder: Path, name: str) -> dict[str, Any]:
    """Return how a character's master was made; raise InputError without one."""
    file = folder / "rig/recipe.json"
    try:
        recipe = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{name} has no master yet", f"first: charforge library cast {name}") from error
    except ValueError:
        recipe = None
    if not isinstance(recipe, dict) or not recipe.keys() >= {"seed", "truncation", "apart_from"}:
        raise InputError(f"{file} is damaged", f"make it anew: charforge library cast {name}")
    return recipe


@contextmanager
def _stage(tell: Reporter, stage: str, unit: str) -> Iterator[Callable[[str, int, int], None]]:
    """Tell of one long piece of work, and give a listener that turns its steps into events."""
    began = monotonic()
    tell(StageStarted(stage, 1, unit))
    yield lambda item, done, total: tell(Progressed(stage, item, done, total))
    tell(StageEnded(stage, monotonic() - began))


def _studio(project: Project) -> faces.Studio:
    first, second = project.settings.judges
    tools = Toolbox(home(project), {"face": first})
    return faces.Studio(
        tools.get("generator", "portrait"),
        tools.get("face", first),
        tools.get("face", second),
        tools.tool("landmark"),
        tools.tool("matte"),
    )


def _embedding(studio: faces.Studio, project: Project, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the face of another character, whom the new one must not resemble."""
    pixels = imaging.decode(_folder(project, name) / "headshot/front.png")
    found = studio.face.detect(pixels)
    if not found:
        raise InputError(f"{name}'s headshot shows no face")
    return studio.face.embed(pixels, found[0])


def _folder(project: Project, name: str) -> Path:
    """Return a character's folder; raise InputError when the name is none."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise InputError(f"{name!r} is not a character's name", "use lower-case words joined by hyphens")
    return project.library / "characters" / name
