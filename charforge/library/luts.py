"""Checks 3-D look-up tables in the .cube format. Source: Adobe, "Cube LUT specification 1.0", 2013."""

from __future__ import annotations

import math
from pathlib import Path

LARGEST = 129
"""Points on a side; ffmpeg reads up to 256, the specification allows as many, and no grade needs more."""
MOST_BYTES = 200 << 20


def cube_problem(file: Path) -> str | None:
    """Return what is wrong with a table, or None."""
    if file.stat().st_size > MOST_BYTES:
        return "is too large to be a look-up table"
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        return "is not text, so no look-up table in the .cube format"
    written = [(n, line.split()) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    sizes = [(n, words) for n, words in written if words[0] in {"LUT_1D_SIZE", "LUT_3D_SIZE"}]
    colours = [(n, words) for n, words in written if not words[0][0].isalpha()]
    wrong = next((n for n, words in colours if not _colour(words)), None)
    return _size_problem(sizes, len(colours)) or (f"line {wrong} is not three numbers" if wrong else None)


def _size_problem(sizes: list[tuple[int, list[str]]], colours: int) -> str | None:
    if not sizes:
        return "has no LUT_3D_SIZE, so it is no 3-D table in the .cube format"
    number, words = sizes[0]
    if words[0] == "LUT_1D_SIZE":
        return "is a 1-D table; a look takes a 3-D one"
    side = int(words[1]) if len(words) == 2 and words[1].isdigit() else 0
    if not 2 <= side <= LARGEST:
        return f"line {number}: the size must be a whole number from 2 to {LARGEST}"
    return None if colours == side**3 else f"has {colours} colours, a table of {side} x {side} x {side} has {side**3}"


def _colour(words: list[str]) -> bool:
    try:
        return len(words) == 3 and all(math.isfinite(float(word)) for word in words)
    except ValueError:
        return False
