"""Angles and expressions of a person whom the embedded generator made up: hunted under an identity constraint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge import imaging
from charforge import library as assets
from charforge.backends.portrait import casting as faces
from charforge.backends.portrait import rig as rigs
from charforge.documents import write_atomic
from charforge.domain.assets import Origin
from charforge.errors import InputError
from charforge.library.standing import present
from charforge.studio.building import drawing
from charforge.studio.building.bench import STAGE, Scores, embedding
from charforge.studio.building.shot import Shot
from charforge.studio.library import root_of

if TYPE_CHECKING:
    from charforge.backends.portrait.casting import Built, Master, Pose, Target
    from charforge.backends.protocols import Vector
    from charforge.studio.building.bench import Bench
    from charforge.studio.building.work import Work

RECIPE, STYLE = "rig/recipe.json", "rig/master.f32"
SAME = 6.0
"""Mean difference of the pixels, 0 to 255, up to which a headshot is the one that the recipe draws; another machine's
rounding is under 1, another face over 20."""
LEVELS, WIDTH = 8, 512


def hunt(work: Work, targets: Iterable[Target]) -> None:
    """Find what is wished for and keep every head as it is found; the rig is written at the end.

    `targets` is asked for the next one only when the last is kept. Raises InputError for a master that the embedded
    generator did not draw.
    """
    bench = work.bench
    recipe = _recipe(bench)
    with bench.stage(STAGE, "character") as telling:
        person = _person(work, recipe, telling)
        by_name: dict[str, Target] = {}

        def handed() -> Iterable[Target]:
            for target in targets:
                by_name[target.name] = target
                yield target

        def found(pose: Pose) -> None:
            work.take(_shot(work, recipe, by_name[pose.name], pose))

        how = {"seconds": work.options.seconds, "quick": work.options.quick, "retakes": recipe.get("retakes", {})}
        built = faces.hunt(bench.studio, person, handed(), telling, each=found, **how)
    _write_rig(work, recipe, built)


def drawn_here(bench: Bench) -> bool:
    """Tell whether the embedded generator drew the master."""
    return (bench.folder / RECIPE).is_file()


def ask_again(bench: Bench, names: Iterable[str]) -> None:
    """Note in the recipe that these heads are wanted from other randomness."""
    recipe = _recipe(bench)
    retakes = recipe.get("retakes", {})
    recipe["retakes"] = {**retakes, **{name: int(retakes.get(name, 0)) + 1 for name in names}}
    write_atomic(bench.folder / RECIPE, json.dumps(recipe, indent=1).encode() + b"\n")


def _recipe(bench: Bench) -> dict[str, Any]:
    """Return how the master was made; raise InputError, with what can turn its head, for another's."""
    file = bench.folder / RECIPE
    if not file.is_file():
        raise InputError(*_cannot_turn(bench))
    try:
        recipe = json.loads(file.read_text("utf-8"))
    except ValueError:
        recipe = None
    if not isinstance(recipe, dict) or not recipe.keys() >= {"seed", "truncation", "apart_from"}:
        raise InputError(f"{file} is damaged", f"restore it, or make it anew: charforge cast {bench.name} --pick SEED")
    return recipe


def _cannot_turn(bench: Bench) -> tuple[str, str]:
    """Return in words why a photographed head cannot be turned here, and what can."""
    name = bench.name
    message = (
        f"{name}'s master was not drawn by the embedded generator, which can only turn heads that it made up itself"
    )
    able = drawing.able(bench.project, references=True)
    ready = drawing.ready(bench.project, references=True)
    photos = f"with photographs named by what they show (left45.jpg, happy.jpg): charforge build {name} --from FOLDER"
    if ready:
        return message, f"{photos}; or with a model that is ready: charforge build {name} --still {ready[0]}"
    need = f"one of {', '.join(able)} once charforge.yaml names its weights" if able else "no model is known"
    return message, f"{photos}; or with a model that looks at pictures: {need} (see: charforge backends)"


def _person(work: Work, recipe: Mapping[str, Any], telling: Callable[[str, int, int], None]) -> Master:
    """Return the master as the generator knows it; raise InputError when the headshot is another picture."""
    bench = work.bench
    style = _style(work)
    if style is None:
        apart = recipe["apart_from"]
        away = None if not apart else _face_of(bench, apart)
        return faces.master(bench.studio, recipe["seed"], telling, away, recipe["truncation"])
    pixels = bench.studio.portrait.generate(style)
    headshot = imaging.decode(bench.folder / work.present.primary)
    if headshot.shape != pixels.shape or float(np.abs(headshot.astype(int) - pixels).mean()) > SAME:
        message = f"{work.present.primary} is not the face that {RECIPE} describes"
        raise InputError(message, f"restore it, or cast anew: charforge cast {bench.name} --pick SEED --force")
    seen = bench.master.first
    likeness = float(recipe.get("likeness_to_bare_seed", 1.0))
    return faces.Master(recipe["seed"], recipe["truncation"], style, pixels, seen, likeness)


def _style(work: Work) -> Vector | None:
    """Return the style of the master, from its file or from the rig; None where only the recipe has it."""
    file = work.bench.folder / STYLE
    if file.is_file():
        raw = np.frombuffer(file.read_bytes(), "<f4")
        if raw.size in (WIDTH, LEVELS * WIDTH):
            return np.array(raw.reshape(-1, WIDTH) if raw.size > WIDTH else raw, np.float32)
    old = _old_rig(work)
    return None if old is None else old.pose("front")


def _old_rig(work: Work) -> rigs.Rig | None:
    file = work.bench.folder / work.present.rig if work.present.rig else None
    return rigs.read(file.read_bytes()) if file is not None and file.is_file() else None


def _face_of(bench: Bench, name: str) -> Vector:
    there = present(root_of(bench.project, "character", name), name)
    return embedding(bench, there.folder / there.primary)


def _shot(work: Work, recipe: Mapping[str, Any], target: Target, pose: Pose) -> Shot:
    """Return a found head as a shot."""
    portrait = work.bench.studio.portrait
    retake = recipe.get("retakes", {}).get(target.name, 0)
    settings = {"truncation": recipe["truncation"], "wished": pose.wished} | ({"retake": retake} if retake else {})
    return Shot(
        name=target.name,
        step="expression" if target.step == "expression" else "angle",
        pixels=pose.pixels,
        origin=Origin(backend=portrait.name, revision=portrait.revision, seed=recipe["seed"], settings=settings),
        made_from=work.present.primary,
        scores=Scores(pose.likeness, pose.second, work.bench.bars(pose.turn)),
        turn=pose.turn,
        pitch=pose.pitch if target.pitch is not None else 0.0,
        expression=target.expression,
        short=pose.short,
        held=pose.held,
        curve=pose.curve,
        seconds=pose.seconds,
        drawn=pose.drawn,
        style=pose.style,
    )


def finish(work: Work) -> None:
    """Write the rig anew where heads that an interrupted build kept are not in it yet."""
    old = _old_rig(work)
    if old is not None and not work.styles().keys() <= old.poses.keys():
        _keep_rig(work, old, old)


def _write_rig(work: Work, recipe: dict[str, Any], built: Built) -> None:
    """Write the rig with every head that was kept, now or before, and what the recipe says of them."""
    old = _old_rig(work)
    if old is not None and not np.allclose(old.poses["front"], built.rig.poses["front"], atol=1e-4):
        old = None  # of another master
    rig = _keep_rig(work, built.rig, old)
    kept = {p.name: p for p in (*built.poses, *built.deltas) if p.step == "rig" or p.name in rig.poses}
    scores = {
        n: {"turn": round(p.turn, 1), "likeness": round(p.likeness, 3), "second_judge": round(p.second, 3)}
        for n, p in kept.items()
    }
    recipe["scores"] = {**recipe.get("scores", {}), **scores}
    write_atomic(work.bench.folder / RECIPE, json.dumps(recipe, indent=1).encode() + b"\n")


def _keep_rig(work: Work, made: rigs.Rig, old: rigs.Rig | None) -> rigs.Rig:
    """Write and record a rig: the front and the moves of `made`, the heads that were kept now, and those of `old`."""
    bench = work.bench
    poses, turns = (dict(old.poses), dict(old.turns)) if old else ({}, {})
    poses["front"], turns["front"] = made.poses["front"], made.turns["front"]
    for name, (style, turn) in work.styles().items():
        poses[name], turns[name] = style, turn
    rig = rigs.Rig(poses, made.deltas or (old.deltas if old else {}), turns, made.slopes)
    place = work.placed(f"rig/{bench.name}.npz")
    write_atomic(bench.folder / place, rigs.written(rig))
    assets.record(bench.project.library, bench.name, rig=place)
    return rig
