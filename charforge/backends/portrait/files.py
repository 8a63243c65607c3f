"""The files of a built character, as they lie in its folder, and the references that name them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from charforge.backends.portrait import rig
from charforge.errors import RenderFailed
from charforge.imaging import encode_png

if TYPE_CHECKING:
    from charforge.backends.portrait.casting import Built, Master, Pose
    from charforge.backends.protocols import RGB

QUALITY = 92
FOLDERS = {"headshot": "headshot", "angle": "angles", "expression": "expressions"}

Reference = dict[str, str | float]


def file_of(pose: Pose) -> str:
    """Return a pose's path in the character's folder; its stem is the pose's name in the rig."""
    return f"{FOLDERS[pose.step]}/{pose.name}.{'png' if pose.step == 'headshot' else 'webp'}"


def contents(
    name: str, person: Master, built: Built, *, apart: str = "", retakes: dict[str, int] | None = None
) -> dict[str, bytes]:
    """Return path -> bytes of everything built: master, angles, expressions, rig, and the recipe they came from."""
    made = {file_of(p): encode_png(p.pixels, 9) if p.step == "headshot" else _webp(p.pixels) for p in built.poses}
    made[f"rig/{name}.npz"] = rig.written(built.rig)
    made["rig/recipe.json"] = (
        json.dumps(_recipe(person, built) | {"apart_from": apart, "retakes": retakes or {}}, indent=1) + "\n"
    ).encode()
    return made


def references(built: Built) -> tuple[Reference, ...]:
    """Return the entries of a character's `references`, the master first."""
    first, *others = built.poses
    entries: list[Reference] = [{"file": file_of(first), "step": first.step, "turn": 0}]
    for pose in others:
        entry: Reference = {"file": file_of(pose), "step": pose.step, "turn": round(pose.turn)}
        if pose.step == "expression":
            entry["expression"] = pose.name
        entries.append(entry | {"from": file_of(first), "score": round(pose.likeness, 3)})
    return tuple(entries)


def _recipe(person: Master, built: Built) -> dict[str, object]:
    scores = {
        p.name: {"turn": round(p.turn, 1), "likeness": round(p.likeness, 3), "second_judge": round(p.second, 3)}
        for p in (*built.poses, *built.deltas)
    }
    return {
        "seed": person.seed,
        "truncation": person.truncation,
        "likeness_to_bare_seed": round(person.likeness, 3),
        "scores": scores,
    }


def _webp(pixels: RGB) -> bytes:
    import cv2

    done, encoded = cv2.imencode(".webp", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    if not done:
        message = "this OpenCV cannot write WebP"
        raise RenderFailed(message, "install opencv-python-headless again")
    return bytes(encoded)
