"""Lights, views and materials of the coffee shop: colours are linear RGB, lengths metres. Licence: CC0."""

from __future__ import annotations

from typing import Any

import furniture as fu
import materials as mt

LIGHTS = {
    "afternoon": {
        "sun": ((0.80, -0.28, -0.62), 11.0, (1.0, 0.88, 0.70)),
        "sky": (0.75, (0.86, 0.93, 1.0)),
        "lamps": 0.25,
        "beam": 3000,
        "fill": (26, (1.0, 0.95, 0.88)),
        "exposure": 0.35,
    },
    "golden-hour": {
        "sun": ((0.93, -0.22, -0.25), 17.0, (1.0, 0.54, 0.22)),
        "sky": (0.24, (0.80, 0.76, 0.95)),
        "lamps": 0.38,
        "beam": 2400,
        "fill": (2.5, (0.80, 0.86, 1.0)),
        "exposure": 0.7,
    },
    "night": {
        "sun": None,
        "sky": (0.085, (0.22, 0.42, 1.0)),
        "lamps": 1.25,
        "fill": (1.2, (1.0, 0.75, 0.5)),
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
        "cam": (-0.75, -0.55, 1.22),
        "aim": (-1.97, 1.65),
        "lens": 44,
        "horizon": 0.39,
        "fstop": 2.4,
        "front": ["bar"],
        "hide": ["near", "hero"],
        "marks": {"centre": (-1.97, 1.66), "left": (-2.28, 1.52), "right": (-1.66, 1.80)},
    },
    "wide": {
        "cam": (0.75, -4.55, 1.42),
        "aim": (-0.12, 0.1),
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
        "oak": mt.wood("oak", (0.17, 0.08, 0.033), (0.40, 0.22, 0.10), rough=0.38),
        "walnut": mt.wood("walnut", (0.045, 0.020, 0.010), (0.15, 0.07, 0.033), rough=0.35),
        "slat": mt.wood("slat", (0.05, 0.022, 0.01), (0.16, 0.075, 0.035), along="z", rough=0.45),
        "floor": mt.bricks(
            "floor",
            (0.16, 0.085, 0.042),
            (0.24, 0.135, 0.07),
            (0.03, 0.016, 0.01),
            "xy",
            (1.3, 0.14),
            rough=0.38,
            offset=0.37,
            gap=0.003,
            relief=0.002,
        ),
        "wall": mt.plaster("wall", (0.60, 0.50, 0.37)),
        "green": mt.plain("green", (0.030, 0.085, 0.066), 0.45),
        "tile": mt.bricks(
            "tile",
            (0.70, 0.68, 0.60),
            (0.58, 0.57, 0.52),
            (0.42, 0.40, 0.36),
            "xz",
            (0.2, 0.075),
            rough=0.14,
            gap=0.004,
            relief=0.003,
        ),
        "frame": mt.plain("frame", (0.022, 0.024, 0.024), 0.4),
        "brass": mt.plain("brass", (0.72, 0.46, 0.16), 0.28, 1),
        "steel": mt.plain("steel", (0.62, 0.62, 0.60), 0.22, 1),
        "stone": mt.plaster("stone", (0.10, 0.10, 0.095), rough=0.18),
        "black": mt.plain("black", (0.012, 0.012, 0.013), 0.35),
        "white": mt.plain("white", (0.78, 0.75, 0.69), 0.25),
        "leaf": mt.leaf("leaf", (0.030, 0.10, 0.028)),
        "terra": mt.plaster("terra", (0.42, 0.17, 0.085), rough=0.8),
        "coffee": mt.plain("coffee", (0.05, 0.018, 0.006), 0.12),
        "paper": mt.plain("paper", (0.72, 0.66, 0.54), 0.9),
        "kraft": mt.plain("kraft", (0.36, 0.21, 0.10), 0.85),
        "chalk": mt.plain("chalk", (0.75, 0.72, 0.66), 1.0),
        "board": mt.plaster("board", (0.022, 0.026, 0.024), rough=0.8, stain=0.4),
        "cup": fu.cup_glaze(),
        "cream": mt.glaze("cream", (0.70, 0.64, 0.52), (0.62, 0.52, 0.38), (0.30, 0.18, 0.10), line=0.03, foot=0.005),
        "sea": mt.glaze("sea", (0.20, 0.36, 0.33), (0.32, 0.38, 0.30), (0.30, 0.18, 0.10), line=0.05, foot=0.006),
        "linen": mt.plaster("linen", (0.56, 0.49, 0.40), rough=1.0),
    }
