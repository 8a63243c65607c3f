"""Lights, views and materials of the potter's workshop: colours are linear RGB, lengths metres. Licence: CC0."""

from __future__ import annotations

from typing import Any

import furniture as fu
import materials as mt

LIGHTS = {
    "afternoon": {
        "sun": ((-0.82, -0.22, -0.53), 22.0, (1.0, 0.82, 0.58)),
        "sky": (0.55, (0.84, 0.92, 1.0)),
        "lamps": 0.0,
        "beam": 3200,
        "fill": (7, (1.0, 0.96, 0.9)),
        "kiln": 0.4,
        "exposure": 0.5,
    },
    "golden-hour": {
        "sun": ((-0.93, -0.22, -0.25), 17.0, (1.0, 0.53, 0.21)),
        "sky": (0.17, (0.80, 0.76, 0.95)),
        "lamps": 0.25,
        "beam": 2400,
        "fill": (2.5, (0.8, 0.86, 1.0)),
        "kiln": 0.6,
        "exposure": 0.7,
    },
    "night": {
        "sun": None,
        "sky": (0.08, (0.22, 0.42, 1.0)),
        "lamps": 1.2,
        "fill": (2.5, (1.0, 0.76, 0.5)),
        "kiln": 1.0,
        "exposure": 0.75,
    },
}
VIEWS = {
    "table": {
        "cam": (0.0, -2.35, 1.2),
        "aim": (0.0, 0.3),
        "lens": 40,
        "horizon": 0.37,
        "fstop": 2.8,
        "front": ["hero"],
        "hide": ["near"],
        "marks": {"left": (-0.50, 0.33), "right": (0.50, 0.33), "centre": (0.0, 0.36)},
    },
    "window": {
        "cam": (0.75, -0.55, 1.22),
        "aim": (1.97, 1.65),
        "lens": 44,
        "horizon": 0.39,
        "fstop": 2.4,
        "front": ["board"],
        "hide": ["near", "hero"],
        "marks": {"centre": (1.97, 1.66), "left": (1.66, 1.80), "right": (2.28, 1.52)},
    },
    "wide": {
        "cam": (-0.75, -4.55, 1.42),
        "aim": (0.12, 0.1),
        "lens": 29,
        "horizon": 0.42,
        "fstop": 0,
        "front": ["hero", "near"],
        "hide": [],
        "marks": {"left": (-0.50, 0.33), "right": (0.50, 0.33), "centre": (0.0, 0.36)},
    },
}


def materials() -> dict[str, Any]:
    """Give the materials by name."""
    return {
        "pine": mt.wood("pine", (0.26, 0.14, 0.065), (0.50, 0.32, 0.17), rough=0.6),
        "old": mt.wood("old", (0.10, 0.058, 0.033), (0.27, 0.17, 0.10), rough=0.65),
        "oldz": mt.wood("oldz", (0.10, 0.058, 0.033), (0.27, 0.17, 0.10), along="z", rough=0.65),
        "floor": mt.plaster("floor", (0.25, 0.225, 0.20), rough=0.55, stain=0.4),
        "brick": mt.bricks(
            "brick",
            (0.66, 0.58, 0.47),
            (0.48, 0.41, 0.33),
            (0.52, 0.46, 0.38),
            "xz",
            (0.23, 0.075),
            rough=0.85,
            gap=0.008,
            relief=0.012,
        ),
        "bricky": mt.bricks(
            "bricky",
            (0.66, 0.58, 0.47),
            (0.48, 0.41, 0.33),
            (0.52, 0.46, 0.38),
            "yz",
            (0.23, 0.075),
            rough=0.85,
            gap=0.008,
            relief=0.012,
        ),
        "ceiling": mt.plaster("ceiling", (0.50, 0.47, 0.43)),
        "frame": mt.plain("frame", (0.03, 0.04, 0.042), 0.45),
        "steel": mt.plain("steel", (0.55, 0.55, 0.54), 0.38, 1),
        "iron": mt.plain("iron", (0.035, 0.033, 0.032), 0.5, 0.6),
        "enamel": mt.plain("enamel", (0.10, 0.16, 0.20), 0.3),
        "canvas": mt.plaster("canvas", (0.46, 0.41, 0.33), rough=1.0, stain=0.3),
        "clay": mt.plaster("clay", (0.30, 0.215, 0.16), rough=0.5, stain=0.25),
        "wet": mt.plaster("wet", (0.22, 0.15, 0.11), rough=0.28, stain=0.25),
        "terra": mt.plaster("terra", (0.42, 0.17, 0.085), rough=0.85),
        "bisque": mt.plaster("bisque", (0.64, 0.50, 0.38), rough=0.9, stain=0.1),
        "grey": mt.plaster("grey", (0.34, 0.31, 0.285), rough=0.8),
        "celadon": mt.glaze(
            "celadon", (0.28, 0.42, 0.34), (0.36, 0.44, 0.34), (0.33, 0.2, 0.12), line=0.06, foot=0.008
        ),
        "cup": fu.cup_glaze(),
        "cream": mt.glaze(
            "cream", (0.70, 0.64, 0.52), (0.60, 0.48, 0.34), (0.33, 0.2, 0.12), line=0.05, foot=0.008, wave=0.02
        ),
        "ash": mt.glaze(
            "ash", (0.07, 0.12, 0.19), (0.20, 0.11, 0.05), (0.33, 0.2, 0.12), line=0.08, foot=0.008, wave=0.03
        ),
        "leaf": mt.leaf("leaf", (0.035, 0.10, 0.03)),
        "paper": mt.plain("paper", (0.70, 0.66, 0.56), 0.9),
        "sponge": mt.plaster("sponge", (0.66, 0.42, 0.12), rough=1.0, stain=0.4),
        "water": mt.plain("water", (0.16, 0.12, 0.09), 0.05),
        "plastic": mt.plain("plastic", (0.20, 0.23, 0.25), 0.35),
    }
