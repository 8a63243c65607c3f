"""Renders dressed bodies in a place's own light, and says how a head fits on each. Licence: CC0."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import body
import bpy
import builds
import kit
import stage
import wardrobe
from mathutils import Matrix, Vector

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

TURNS = (0, -25, 25)
SPAN = 0.80  # metres across a body's picture at the neck
MIDDLE = 0.745  # height of the picture's middle above the floor
SIZE = 720
SCENES = {
    ("coffee-shop", "golden-hour"): (("mia", "navy", "left"), ("theo", "olive", "right")),
    ("coffee-shop", "night"): (("mia", "navy", "left"), ("theo", "olive", "right")),
    ("pottery", "afternoon"): (("mia", "apron", "left"), ("theo", "grey", "right")),
}
STUDIO = {"cam": (0.0, -2.68, 1.2), "aim": (0.0, 0.0)}


def stand(who: str, wear: str, at: tuple[float, float], turn: int) -> list[Any]:
    """Dress a body and stands it at a mark; turn in degrees, negative faces the picture's left edge."""
    with kit.group("body"):
        objs = wardrobe.WEAR[who, wear]() + body.hollow(who)
    place = Matrix.Translation((*at, 0)) @ Matrix.Rotation(math.radians(turn), 4, "Z")
    bpy.context.view_layer.update()
    for obj in objs:
        obj.matrix_world = place @ obj.matrix_world
    bpy.context.view_layer.update()
    return objs


def fit(who: str, at: tuple[float, float], turn: int) -> dict[str, float]:
    """Give where a head goes, as fractions of the picture's width, through the camera in use."""
    place = Matrix.Translation((*at, 0)) @ Matrix.Rotation(math.radians(turn), 4, "Z")
    chin = stage.project(place @ Vector((0, -body.CHIN_FORWARD, stage.CHIN)))
    rim = body.NECK_Y - builds.BUILD[who]["neck"]
    collar = stage.project(place @ Vector((0, rim, body.COLLAR)))
    ears = [stage.project((at[0] + s * builds.EAR_TO_EAR[who] / 2, at[1], stage.EYE))[0] for s in (-1, 1)]
    values = {"chin_x": chin[0], "chin_y": chin[1], "face": ears[1] - ears[0], "collar": collar[1]}
    return {k: round(v, 4) for k, v in values.items()}


def _shoot(who: str, wear: str, turn: int, scene: tuple[str, str] | None, scratch: Path) -> str:
    """Render the body in view and gives the start of its reference line."""
    from render import keep

    tail = "" if scene is None else f"-{scene[0]}-{scene[1]}"
    file = f"body/{wear}-{turn}{tail}.webp"
    root = stage.LIBRARY / "characters" / who
    stage.shoot(scratch / "body.png", SIZE, SIZE, alpha=True)
    keep(scratch / "body.png", root / file, (SIZE, SIZE), 90)
    where = "" if scene is None else f", place: {scene[0]}, light: {scene[1]}"
    return f"{{file: {file}, step: body, wardrobe: {wear}, turn: {turn}{where}, reach: waist, fit: "


def render(module: Any, name: str, light: str, people: Any, args: argparse.Namespace, scratch: Path) -> None:
    """Render everybody of a scene at a mark of the table view, the set unseen but lighting."""
    view = module.VIEWS["table"]
    stage.layer(view, "none")
    for turn in args.turn:
        for who, wear, mark in people:
            start = time.time()
            at = view["marks"][mark]
            objs = stand(who, wear, at, turn)
            stage.square(view, at, MIDDLE, SPAN)
            note(who, _shoot(who, wear, turn, (name, light), scratch), fit(who, at, turn))
            _drop(objs)
            print(f"body {who} {wear} {turn} {name} {light} {time.time() - start:.0f} s", flush=True)


def studio(args: argparse.Namespace, scratch: Path) -> None:
    """Render every wardrobe once in soft neutral light, facing the camera."""
    for who, wear in wardrobe.WEAR:
        start = time.time()
        kit.reset(7)
        world = stage.setup(args.samples, args.threads, 0.4).world.node_tree.nodes["Background"]
        world.inputs[0].default_value, world.inputs[1].default_value = (0.9, 0.95, 1.0, 1), 0.22
        kit.area((-1.5, -1.6, 1.9), (0, 0, 0.9), (1.4, 1.4), 62, (1, 0.97, 0.93))
        kit.area((1.6, -1.2, 1.3), (0, 0, 0.9), (1.4, 1.4), 16, (0.93, 0.96, 1))
        kit.area((0.5, 1.6, 1.9), (0, 0, 1.0), (1, 1), 40, (1, 1, 1))
        stand(who, wear, (0, 0), 0)
        stage.square(STUDIO, (0, 0), MIDDLE, SPAN)
        note(who, _shoot(who, wear, 0, None, scratch), fit(who, (0, 0), 0))
        print(f"body {who} {wear} 0 studio {time.time() - start:.0f} s", flush=True)


def _drop(objs: list[Any]) -> None:
    """Take a body away again."""
    for obj in objs:
        bpy.data.objects.remove(obj)


def note(who: str, head: str, values: dict[str, float]) -> None:
    """Write or replaces one line of the character's body list (body/references.yaml)."""
    path = stage.LIBRARY / "characters" / who / "body" / "references.yaml"
    old = path.read_text().splitlines() if path.exists() else []
    key = head.split(",", maxsplit=1)[0]
    line = f"- {head}{{{', '.join(f'{k}: {v}' for k, v in values.items())}}}}}"
    lines = sorted([x for x in old if x.startswith("- ") and x[2:].split(",")[0] != key] + [line])
    path.parent.mkdir(parents=True, exist_ok=True)
    top = (
        "# The body references of character.yaml, written by library/sets/render.py: copy them there when they change."
    )
    path.write_text("\n".join([top, *lines]) + "\n")
