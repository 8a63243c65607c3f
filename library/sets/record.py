"""Writes location.yaml from the set's own geometry: marks are 3-D points projected through each view's camera."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import kit
import stage

LIGHTS = ("afternoon", "golden-hour", "night")
FAR = {"table": 5.5, "window": 4.6, "wide": 7.0}
NEAR = {"table": 1.9, "window": 1.8, "wide": 3.2}
SHARED = ("furniture", "kit", "materials", "outside")
"""Scripts of this folder that every place imports; the location's file says which state of them it means."""


def marks(view: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Give each mark's face centre, head height (crown to chin) and depth as seen by a view."""
    stage.view_camera(view, fstop=0)
    out = {}
    for name, at in view["marks"].items():
        x, y, depth = stage.project((*at, stage.FACE))
        top, low = stage.project((*at, stage.CROWN))[1], stage.project((*at, stage.CHIN))[1]
        out[name] = {"x": round(x, 4), "y": round(y, 4), "head": round(low - top, 4), "depth": round(depth, 3)}
    return out


def location(name: str) -> str:
    """Give the text of a location's record, listing the pictures that are there."""
    module = stage.place(name)
    kit.reset(module.SEED)
    root = stage.LIBRARY / "locations" / name
    lines = [f"name: {name}", "rights: {licence: CC0-1.0, release: own-work}", "views:"]
    for view, spec in module.VIEWS.items():
        lines += [f"  {view}:", "    marks:"]
        for mark, m in marks(spec).items():
            lines.append(f"      {mark}: {{x: {m['x']}, y: {m['y']}, head: {m['head']}, depth: {m['depth']}}}")
        lines += [
            f"    horizon: {spec['horizon']}",
            f"    background_depth: {FAR[view]}",
            f"    front_depth: {NEAR[view]}",
        ]
    lines += ["set:", "  file: set/scene.py", "  shared:"]
    for script in SHARED:
        digest = hashlib.sha256((stage.LIBRARY / "sets" / f"{script}.py").read_bytes()).hexdigest()
        lines.append(f"    sets/{script}.py: {digest}")
    lines += ["versions:", "  - id: 1", "    references:"]
    for light in LIGHTS:
        for view in module.VIEWS:
            lines += _references(root, view, light)
    return "\n".join(lines) + "\n"


def _references(root: Path, view: str, light: str) -> list[str]:
    """List a view's pictures in one light, as far as they exist."""
    out = []
    for file, layer in (
        (f"plates/{view}-{light}.webp", "background"),
        (f"plates/{view}-{light}-front.webp", "foreground"),
    ):
        if (root / file).exists():
            out.append(f"      - {{file: {file}, step: plate, view: {view}, light: {light}, layer: {layer}}}")
    file = f"probes/{view}-{light}.png"
    if (root / file).exists():
        out.append(f"      - {{file: {file}, step: probe, view: {view}, light: {light}}}")
    return out
