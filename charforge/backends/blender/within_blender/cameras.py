"""Cameras of a set: a view's own, those that a script writes down, and one for each framing of a shot."""

from __future__ import annotations

import math
import re
from typing import Any

import bpy
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Matrix, Vector

SENSOR = 36.0
"""Millimetres across; a camera of the film-maker's own keeps its own."""
CROWN, CHIN = 0.14, -0.09
"""Above the centre of a face, in metres."""
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class WrongSet(Exception):
    """Says what a set lacks."""


def cameras() -> list[Any]:
    """Return the cameras whose names can be names of views."""
    return [o for o in bpy.context.scene.objects if o.type == "CAMERA" and NAME.fullmatch(o.name)]


def groups(obj: Any) -> set[str]:
    """Return the names of an object's collections, those around them, and its own property `group`."""
    names = {str(obj.get("group", ""))}
    held = list(obj.users_collection)
    while held:
        collection = held.pop()
        names.add(collection.name)
        held += [c for c in bpy.data.collections if collection.name in c.children]
    return names


def marks(prefix: str) -> dict[str, tuple[float, ...]]:
    """Return the empties named ``mark:NAME`` or ``mark:VIEW:NAME``: centres of faces."""
    found = [o for o in bpy.context.scene.objects if o.type == "EMPTY" and o.name.startswith(prefix)]
    return {o.name[len(prefix) :]: tuple(o.matrix_world.translation) for o in found if ":" not in o.name[len(prefix) :]}


def written_camera(said: dict[str, Any]) -> Any:
    """Make the camera that a script writes down: level where `aim` has no height, the horizon moved by lens shift."""
    loc = Vector(said["cam"])
    aim = Vector(said["aim"]) if len(said["aim"]) == 3 else Vector((*said["aim"], loc.z))
    shift = -(0.5 - float(said.get("horizon", 0.5))) * 9 / 16
    return stand(loc, aim, float(said["lens"]), shift, float(said.get("fstop", 0)), (aim - loc).length)


def stand(loc: Any, aim: Any, lens: float, shift: float, fstop: float, focus: float, roll: float = 0.0) -> Any:  # noqa: PLR0913, PLR0917
    """Make a camera at a place, looking at another; `shift` in sensor widths, `roll` in degrees."""
    data = bpy.data.cameras.new("charforge")
    data.lens, data.sensor_width, data.sensor_fit, data.shift_y = lens, SENSOR, "HORIZONTAL", shift
    data.clip_start, data.clip_end = 0.05, 1000.0
    if fstop:
        data.dof.use_dof, data.dof.aperture_fstop, data.dof.focus_distance = True, fstop, focus
    camera = bpy.data.objects.new("charforge", data)
    bpy.context.scene.collection.objects.link(camera)
    camera.location = loc
    turned = (Vector(aim) - Vector(loc)).to_track_quat("-Z", "Y").to_matrix() @ Matrix.Rotation(
        math.radians(roll), 3, "Z"
    )
    camera.rotation_euler = turned.to_euler()
    return camera


def reframe(look: dict[str, Any], wanted: dict[str, Any], aspect: float) -> None:
    """Stand a camera of its own for one framing on the line from the marks to the view's camera."""
    unknown = [m for m in wanted["marks"] if m not in look["marks"]]
    if unknown:
        raise WrongSet(f"the view has no mark {unknown[0]!r}; it has: {', '.join(look['marks']) or 'none'}")
    points = [Vector(look["marks"][m]) for m in wanted["marks"]]
    face = sum(points, Vector()) / len(points)
    base = look["camera"]
    away = base.matrix_world.translation - face
    away.z = 0
    away.normalize()
    flat = math.sqrt(max(wanted["distance_m"] ** 2 - wanted["height_m"] ** 2, 0.01))
    loc = face + away * flat + Vector((0, 0, wanted["height_m"]))
    shift = -(0.5 - wanted["face_y"]) / aspect
    fstop = base.data.dof.aperture_fstop if base.data.dof.use_dof else 0.0
    look["camera"] = stand(loc, face, wanted["lens_mm"], shift, fstop, (face - loc).length, wanted.get("roll", 0.0))
    bpy.context.scene.camera = look["camera"]
    bpy.context.view_layer.update()


def project(point: Any) -> tuple[float, float, float]:
    """Return where the camera sees a point: fractions from the top left corner, and metres ahead."""
    scene = bpy.context.scene
    x, y, depth = world_to_camera_view(scene, scene.camera, Vector(point))
    return x, 1 - y, depth


def described(look: dict[str, Any]) -> dict[str, Any]:
    """Return the marks as the camera sees them, and the height of its horizon."""
    marks = {}
    for name, (x, y, z) in look["marks"].items():
        at_x, at_y, depth = project((x, y, z))
        top, low = project((x, y, z + CROWN))[1], project((x, y, z + CHIN))[1]
        if depth > 0.05:
            marks[name] = {"x": at_x, "y": at_y, "head": low - top, "depth": depth}
    ahead = look["camera"].matrix_world.to_3x3() @ Vector((0, 0, -1))
    ahead.z = 0
    far = look["camera"].matrix_world.translation + ahead.normalized() * 1e4
    return {"marks": marks, "horizon": project(far)[1], "shows": look["shows"]}
