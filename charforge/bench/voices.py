"""How well voices are told apart: lines of the registered Kokoro voices, and of blends of two of them."""

from __future__ import annotations

import tempfile
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.kokoro import Kokoro
from charforge.backends.kokoro_voice import blend, spoken
from charforge.backends.resemblyzer import Resemblyzer
from charforge.bench.figures import Figure
from charforge.errors import InputError
from charforge.weights import LocalHome, listed, state

if TYPE_CHECKING:
    from collections.abc import Callable

    from charforge.backends.protocols import Vector

LINES = (
    "You kept it. I looked for it everywhere, even in the kitchen.",
    "The bus leaves at seven, and nobody waits for us this time.",
    "Put the cup on the shelf by the window, where the light is better.",
)
PREFIX = "voice-"
SHARES = (0.5, 0.7)
"""Of the first voice of a blend."""

Spoken = dict[str, tuple["Vector", ...]]


def voices(tell: Callable[[str, int, int], None]) -> tuple[Figure, ...]:
    """Return how alike the same and different voices are; raise InputError with fewer than two voices here.

    Every two of the voices that are here are strangers to each other; blends are of neighbours in the alphabet.
    """
    home = LocalHome()
    names = _here()
    if len(names) < 2:
        hint = f"charforge weights pull {' '.join(f.name for f in listed() if f.name.startswith(PREFIX))}"
        raise InputError("fewer than two Kokoro voices are on this machine", hint)
    mixes = {name: {name: 1.0} for name in names}
    blends = {f"{a}+{b}:{s}": {a: s, b: 1 - s} for a, b in pairwise(names) for s in SHARES}
    everybody = mixes | blends
    kokoro, speaker = Kokoro(home), Resemblyzer(home)
    known: Spoken = {}
    for number, (name, mix) in enumerate(everybody.items()):
        tell(name, number, len(everybody))
        known[name] = _heard(mix, home, kokoro, speaker)
    bar = speaker.bar
    same = _within({n: known[n] for n in names})
    apart = _between(known, tuple(combinations(names, 2)))
    kin = _between(known, tuple((name, next(iter(mix))) for name, mix in blends.items()))
    return (
        Figure(what="one voice, different lines: least alike", value=min(same), unit="", note=f"{len(same)} pairs"),
        Figure(what="one voice, different lines: 5th percentile", value=float(np.quantile(same, 0.05)), unit=""),
        Figure(what="different voices: most alike", value=max(apart), unit="", note=f"{len(apart)} pairs of lines"),
        Figure(what="different voices: 99th percentile", value=float(np.quantile(apart, 0.99)), unit=""),
        Figure(what=f"same voice below the bar of {bar}", value=_share(np.array(same) < bar), unit="%"),
        Figure(what=f"different voices at or above {bar}", value=_share(np.array(apart) >= bar), unit="%"),
        Figure(what="a blend and its larger parent: median", value=float(np.median(kin)), unit=""),
        Figure(what=f"a blend taken for its larger parent at {bar}", value=_share(np.array(kin) >= bar), unit="%"),
    )


def _here() -> tuple[str, ...]:
    """Return the Kokoro voices whose files are on this machine."""
    files = (file for file in listed() if file.name.startswith(PREFIX) and state(file) == "present")
    return tuple(file.name.removeprefix(PREFIX) for file in files)


def _heard(mix: dict[str, float], home: LocalHome, kokoro: Kokoro, speaker: Resemblyzer) -> tuple[Vector, ...]:
    with tempfile.TemporaryDirectory(prefix="charforge-") as folder:
        style = Path(folder) / "style.f32"
        style.write_bytes(blend(mix, home).tobytes())
        return tuple(speaker.embed(spoken(kokoro, style, line)) for line in LINES)


def _within(known: Spoken) -> list[float]:
    return [float(np.dot(a, b)) for lines in known.values() for a, b in combinations(lines, 2)]


def _between(known: Spoken, pairs: tuple[tuple[str, str], ...]) -> list[float]:
    return [float(np.dot(a, b)) for one, other in pairs for a in known[one] for b in known[other]]


def _share(which: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return 100 * float(which.mean())
