"""Renders the sets of the library: plates, foreground layers, light probes, bodies and inserts. Licence: CC0.

Run with a Python that has bpy, numpy and Pillow. Every picture is decided by the scripts and their seeds alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bodies
import bpy
import kit
import record
import stage
from PIL import Image

LOCATIONS = ("coffee-shop", "pottery")
VIEWS = ("table", "window", "wide")
KINDS = ("plates", "front", "probes", "bodies", "inserts")
FULL = (1920, 1080)


def keep(png: Path, out: Path, size: tuple[int, int], quality: int = 88) -> None:
    """Store a rendered PNG as webp (or PNG, by its suffix) of the given size."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(png) as raw:
        image = raw.resize(size, Image.Resampling.LANCZOS) if raw.size != size else raw.copy()
    if out.suffix == ".webp":
        image.save(out, quality=quality, method=6)
    else:
        image.save(out, optimize=True)


def open_place(name: str, light: str, args: argparse.Namespace) -> object:
    """Build a place in one light, ready to render, and returns its scene script."""
    module = stage.place(name)
    kit.reset(module.SEED)
    module.build(light)
    stage.setup(args.samples, args.threads, module.LIGHTS[light]["exposure"])
    return module


def views(name: str, light: str, args: argparse.Namespace, scratch: Path) -> None:
    """Render what is asked of the views of one place in one light."""
    module = open_place(name, light, args)
    root = stage.LIBRARY / "locations" / name
    for view in args.view:
        spec = module.VIEWS[view]
        for kind in ("plates", "front"):
            if kind in args.only:
                start = time.time()
                stage.view_camera(spec)
                stage.layer(spec, "plate" if kind == "plates" else "front")
                png = scratch / "picture.png"
                stage.shoot(png, args.width, args.width * 9 // 16, alpha=kind == "front")
                tail = "" if kind == "plates" else "-front"
                keep(
                    png,
                    root / "plates" / f"{view}-{light}{tail}.webp",
                    FULL,
                )
                print(f"{name} {view} {light} {kind} {time.time() - start:.0f} s", flush=True)
        if "probes" in args.only:
            mark = spec["marks"].get("centre") or next(iter(spec["marks"].values()))
            stage.probe(spec, mark, scratch / "probe.png")
            keep(scratch / "probe.png", root / "probes" / f"{view}-{light}.png", (128, 128))


def insert(name: str, light: str, args: argparse.Namespace, scratch: Path) -> None:
    """Render the close picture of the cup on a place's table."""
    start = time.time()
    module = open_place(name, light, args)
    spec = module.INSERT
    at = spec["at"]
    for obj in bpy.context.scene.objects:
        obj.hide_render = obj.get("group") == "near"
    aim = (at[0] - 0.01, at[1], at[2] + 0.055)
    reach = sum((a - b) ** 2 for a, b in zip(aim, spec["cam"], strict=True)) ** 0.5
    stage.camera(spec["cam"], aim, spec["lens"], fstop=spec["fstop"], focus=reach - 0.03)
    stage.shoot(scratch / "insert.png", args.width, args.width * 9 // 16, alpha=False)
    keep(scratch / "insert.png", stage.LIBRARY / "props" / "cup" / "inserts" / f"{name}-{light}.webp", FULL)
    print(f"insert {name} {light} {time.time() - start:.0f} s", flush=True)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--location", nargs="*", default=LOCATIONS, choices=LOCATIONS)
    parser.add_argument("--view", nargs="*", default=VIEWS, choices=VIEWS)
    parser.add_argument("--light", nargs="*", default=record.LIGHTS, choices=record.LIGHTS)
    parser.add_argument("--only", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--width", type=int, default=1280, help="render width; pictures are stored 1920 wide")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turn", nargs="*", type=int, default=bodies.TURNS)
    parser.add_argument("--studio", action=argparse.BooleanOptionalAction, default=True, help="the neutral bodies too")
    return parser.parse_args()


def main() -> None:
    """Render everything asked for, then writes the records."""
    args = options()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for name in args.location:
            for light in args.light:
                if {"plates", "front", "probes"} & set(args.only):
                    views(name, light, args, scratch)
                if "inserts" in args.only:
                    insert(name, light, args, scratch)
                if "bodies" in args.only and (name, light) in bodies.SCENES:
                    open_place(name, light, args)
                    bodies.render(stage.place(name), name, light, bodies.SCENES[name, light], args, scratch)
        if "bodies" in args.only and args.studio:
            bodies.studio(args, scratch)
    for name in args.location:
        (stage.LIBRARY / "locations" / name / "location.yaml").write_text(record.location(name))


if __name__ == "__main__":
    main()
