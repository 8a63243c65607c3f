"""Measures how loud a file is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.errors import MediaError
from charforge.media.run import run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Loudness:
    """Programme loudness after EBU R 128; -inf for silence."""

    integrated: float
    """LUFS."""
    true_peak: float
    """dBTP."""
    spread: float
    """LU, the loudness range."""


def loudness(path: Path) -> Loudness:
    """Return the loudness of a file's first sound track; raise MediaError when it has none."""
    measure = "loudnorm=print_format=json"
    log = run(["-i", str(path), "-map", "0:a:0", "-af", measure, "-f", "null", "-"], loglevel="info")
    return parse(log)


def parse(log: str) -> Loudness:
    """Return the measurement that loudnorm printed as the last JSON object of its log."""
    start, end = log.rfind("{"), log.rfind("}")
    if start < 0 or end < start:
        raise MediaError("ffmpeg measured no loudness", tail="\n".join(log.splitlines()[-5:]))
    found = json.loads(log[start : end + 1])
    return Loudness(float(found["input_i"]), float(found["input_tp"]), float(found["input_lra"]))
