"""Builds a tiny library in a folder, for tests of every room: import it with ``from conftest_library import …``."""

from __future__ import annotations

import hashlib
from pathlib import Path

from charforge import library
from charforge.domain.assets import Lock

MIA = """\
name: mia
notes: {hair_length: chin, eyes: brown, permanent: [scar-left-brow]}
rights: {release: synthetic, licence: CC0-1.0, hosted: allow}
embedding: {primary: headshot/front.png}
voice: {engine: fake, style: voice/mia.f32, speed: 0.95, sample: voice/sample.wav}
versions:
  - id: 1
    state: default
    from_episode: e01
    references:
      - {file: headshot/front.png, step: headshot, turn: 0, expression: neutral}
      - {file: angles/left25.png, step: angle, turn: -25, from: headshot/front.png}
      - {file: expressions/happy.png, step: expression, expression: happy, from: headshot/front.png}
      - file: body/navy-0.webp
        step: body
        wardrobe: navy
        turn: 0
        reach: waist
        fit: {chin_x: 0.5, chin_y: 0.3, face: 0.155, collar: 0.335}
    rig: rig/mia.npz
  - id: 2
    extends: 1
    state: after-the-fire
    from_episode: e05
    references:
      - {file: headshot/burnt.png, step: headshot, turn: 0, expression: neutral}
"""

THEO = """\
name: theo
rights: {release: synthetic, licence: CC0-1.0}
voice: {engine: fake, style: voice/theo.f32}
versions:
  - {id: 1, references: [{file: headshot/front.png, step: headshot}]}
"""

SHOP = """\
name: coffee-shop
rights: {licence: CC0-1.0, release: own-work}
views:
  table:
    marks:
      left: {x: 0.33, y: 0.40, head: 0.17, depth: 2.1}
      right: {x: 0.66, y: 0.41, head: 0.165, depth: 2.2}
    horizon: 0.45
  wide:
    marks: {left: {x: 0.4, y: 0.5, head: 0.06, depth: 5}, right: {x: 0.6, y: 0.5, head: 0.06, depth: 5}}
    shows: full
versions:
  - id: 1
    references:
      - {file: plates/table-night.webp, step: plate, view: table, light: night, layer: background}
      - {file: plates/table-night-front.webp, step: plate, view: table, light: night, layer: foreground}
      - {file: probes/table-night.png, step: probe, view: table, light: night}
      - {file: plates/wide-golden-hour.webp, step: plate, view: wide, light: golden-hour, layer: background}
"""

CUP = """\
name: cup
rights: {licence: CC0-1.0, release: own-work}
versions:
  - id: 1
    references:
      - {file: inserts/coffee-shop-night.webp, step: insert, place: coffee-shop, light: night, layer: background}
"""

FILES: dict[str, tuple[str, ...]] = {
    "characters/mia": (
        "headshot/front.png",
        "headshot/burnt.png",
        "angles/left25.png",
        "expressions/happy.png",
        "body/navy-0.webp",
        "rig/mia.npz",
        "voice/mia.f32",
        "voice/sample.wav",
    ),
    "characters/theo": ("headshot/front.png", "voice/theo.f32"),
    "locations/coffee-shop": (
        "plates/table-night.webp",
        "plates/table-night-front.webp",
        "plates/wide-golden-hour.webp",
        "probes/table-night.png",
        "set/scene.py",
    ),
    "props/cup": ("inserts/coffee-shop-night.webp",),
}
"""Every file of the tiny library but its YAML; the content of each is its own path."""

WRITTEN = {
    "characters/mia/character.yaml": MIA,
    "characters/theo/character.yaml": THEO,
    "locations/coffee-shop/location.yaml": SHOP,
    "props/cup/prop.yaml": CUP,
}


def build_library(root: Path) -> Path:
    """Write mia (two versions), theo, the coffee shop and the cup into a folder, unlocked, and return it.

    The files are not pictures: their bytes are their names. Write real ones over them where a test needs them.
    """
    for name, text in WRITTEN.items():
        write(root / name, text.encode())
    for folder, names in FILES.items():
        for name in names:
            write(root / folder / name, f"{folder}/{name}".encode())
    return root


def locked_library(root: Path) -> tuple[Path, Lock]:
    """Write the tiny library and lock it."""
    return build_library(root), library.lock(root)


def digest_of(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path: Path, data: bytes) -> None:
    """Write a file, making its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
