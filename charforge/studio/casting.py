"""Casts people who do not exist, and builds what a film needs of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from charforge import imaging
from charforge import library as assets
from charforge.backends.portrait import casting as faces
from charforge.backends.portrait import files as written
from charforge.documents import write_atomic
from charforge.domain.assets import Reference
from charforge.errors import InputError
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.pages import contact_sheet
from charforge.runners import Toolbox
from charforge.studio.machine import home
from charforge.studio.project import Project, find

STEPS = 1000
"""Units of a bar whose work is not known beforehand."""


def cast(near: Path, name: str, candidates: int, first_seed: int, tell: Reporter) -> str:
    """Draw faces of people who do not exist on one contact sheet; return what was done, in words."""
    project = find(near)
    tell(StageStarted("casting", STEPS, "faces"))
    seeds = range(first_seed, first_seed + candidates)
    found = faces.candidates(_studio(project), seeds, _telling(tell, "casting"))
    tell(StageEnded("casting", 0.0))
    if not found:
        raise InputError("no face was drawn that can be measured", "try more candidates, or another --first-seed")
    labelled = [(f"{c.seed}{'' if c.usable else '  (cropped)'}", c.pixels) for c in found]
    file = project.build / "casting" / f"{name}.png"
    write_atomic(file, imaging.encode_png(contact_sheet(labelled)))
    usable = [str(c.seed) for c in found if c.usable]
    return (
        f"{file}\n{len(usable)} of {len(found)} show a whole head: {', '.join(usable[:8]) or 'none'}\n"
        f"next: charforge library cast {name} --pick SEED"
    )


def pick(near: Path, name: str, seed: int, apart_from: str | None, tell: Reporter) -> str:
    """Make the person of a seed the character's master headshot, calm and frontal."""
    project = find(near)
    studio = _studio(project)
    apart = None if apart_from is None else _embedding(studio, project, apart_from)
    tell(StageStarted("master", STEPS, "drawings"))
    master = faces.master(studio, seed, _telling(tell, "master"), apart)
    tell(StageEnded("master", 0.0))
    folder = _folder(project, name)
    write_atomic(folder / "headshot/front.png", imaging.encode_png(master.pixels, 9))
    recipe = {"seed": seed, "truncation": master.truncation, "apart_from": apart_from or ""}
    write_atomic(folder / "rig/recipe.json", json.dumps(recipe, indent=1).encode() + b"\n")
    assets.record(project.library, name, (Reference(file="headshot/front.png", step="headshot", turn=0.0),))
    return f"{folder / 'headshot/front.png'}\nnext: charforge library build {name}"


def build(near: Path, name: str, tell: Reporter) -> str:
    """Find a character's angles, expressions and rig around the master; return how alike each came out."""
    project = find(near)
    folder = _folder(project, name)
    try:
        recipe = json.loads((folder / "rig/recipe.json").read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{name} has no master yet", f"first: charforge library cast {name}") from error
    studio = _studio(project)
    telling = _telling(tell, "build")
    tell(StageStarted("build", STEPS, "drawings"))
    apart = _embedding(studio, project, recipe["apart_from"]) if recipe["apart_from"] else None
    person = faces.master(studio, recipe["seed"], telling, apart, recipe["truncation"])
    retakes = recipe.get("retakes", {})
    built = faces.build(studio, person, telling, retakes)
    tell(StageEnded("build", 0.0))
    for path, data in written.contents(name, person, built, apart=recipe["apart_from"], retakes=retakes).items():
        write_atomic(folder / path, data)
    references = (Reference.model_validate({"made_from": r.pop("from", None), **r}) for r in written.references(built))
    assets.record(project.library, name, references, rig=f"rig/{name}.npz")
    lines = [f"{p.name:10} turn {p.turn:+6.1f}   {p.likeness:.3f}   second judge {p.second:.3f}" for p in built.poses]
    return "\n".join([*lines, "next: charforge library lock"])


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
    return project.library / "characters" / name


def _telling(tell: Reporter, stage: str) -> Callable[[str, int, int], None]:
    """Return a listener that turns the searches' steps into events."""

    def told(item: str, done: int, total: int) -> None:
        tell(Progressed(stage, f"{item} {done}/{total}", done, total))

    return told
