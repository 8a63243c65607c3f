"""Small projects on disk that the fake backends can film, for tests and for measuring what the house itself costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from charforge import imaging
from charforge import library as assets
from charforge.backends.fake import headshot

CHARACTER = """\
name: {name}
notes: {{}}
rights: {{release: synthetic, licence: CC0-1.0}}
embedding: {{primary: headshot/front.png}}
voice: {{engine: fake, style: voice/style.f32}}
versions:
  - id: 1
    references:
      - {{file: headshot/front.png, step: headshot, turn: 0}}
"""

LOCATION = """\
name: cafe
rights: {release: own-work, licence: CC0-1.0}
views:
  table:
    marks:
      left: {x: 0.3, y: 0.4, head: 0.2, depth: 2.0}
      right: {x: 0.7, y: 0.4, head: 0.2, depth: 2.0}
versions:
  - id: 1
    references:
      - {file: plates/table-day.png, step: plate, view: table, light: day, layer: background}
      - {file: plates/table-night.png, step: plate, view: table, light: night, layer: background}
"""

EPISODE = """\
charforge: 1
season: 1
episode: e01
title: Two Scenes
language: eng
video: {rate: 24, size: 320x180}
title_card: {text: Two Scenes, duration: 12f}
cast: {mia: mia@1, theo: theo@1}
scenes:
  - id: s01
    title: Day
    location: cafe@1
    view: table
    light: day
    shots:
      - id: "0010"
        framing: two-shot
        characters: [{who: mia, position: left}, {who: theo, position: right}]
        action: "Mia slides the cup towards Theo."
        lines:
          - {who: mia, text: "You kept it."}
          - {who: theo, text: "Of course."}
      - {id: "0020", framing: insert, faces: none, action: "The cup.", duration: 24f}
  - id: s02
    title: Night
    location: cafe@1
    view: table
    light: night
    shots:
      - id: "0010"
        framing: close
        characters: [{who: theo}]
        action: "Theo waits."
        duration: 30f
        transition: {kind: dissolve, frames: 6}
"""

SETTINGS = """\
judges: [fake, fake]
still: fake
clip: fake
voice: fake
encoder: fast
"""


def make(root: Path) -> Path:
    """Write a project of two scenes and lock its library; return its shot list."""
    return _written(root, EPISODE)


def make_long(root: Path, shots: int) -> Path:
    """Write a project of one scene with this many shots of two frames at 160x90; return its shot list."""
    head = EPISODE.split("scenes:", maxsplit=1)[0].replace("320x180", "160x90")
    scene = "scenes:\n  - {id: s01, location: cafe@1, view: table, light: day, shots: ["
    rows = [
        f'{{id: "{number * 10:05d}", framing: close, characters: [{{who: {("mia", "theo")[number % 2]}}}], '
        f'action: "Take {number}.", duration: 2f}}'
        for number in range(1, shots + 1)
    ]
    return _written(root, head + scene + ",\n".join(rows) + "]}\n")


def _written(root: Path, episode: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name in ("mia", "theo"):
        folder = root / "library/characters" / name
        (folder / "headshot").mkdir(parents=True)
        (folder / "voice").mkdir()
        (folder / "character.yaml").write_text(CHARACTER.format(name=name), "utf-8")
        (folder / "headshot/front.png").write_bytes(imaging.encode_png(headshot(name)))
        (folder / "voice/style.f32").write_bytes(np.full(4, len(name), np.float32).tobytes())
    place = root / "library/locations/cafe"
    (place / "plates").mkdir(parents=True)
    (place / "location.yaml").write_text(LOCATION, "utf-8")
    for number, light in enumerate(("day", "night")):
        plate = np.full((180, 320, 3), 90 + 60 * number, np.uint8)
        (place / f"plates/table-{light}.png").write_bytes(imaging.encode_png(plate))
    (root / "charforge.yaml").write_text(SETTINGS, "utf-8")
    (root / "shotlists").mkdir()
    file = root / "shotlists/e01.yaml"
    file.write_text(episode, "utf-8")
    assets.lock(root / "library")
    return file
