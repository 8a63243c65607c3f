"""Measures what charforge itself costs: start-up, a render with nothing to do, compositing, judging.

Medians of several runs; whatever can be is a ratio within one run, since machines are shared and differ.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from charforge.bench import fakefilm
from charforge.bench.figures import Figure
from charforge.bench.filming import compositing, judging
from charforge.process import run

SHOTS = 1000
RUNS = 5


def speed(project: Path, shots: int = SHOTS) -> tuple[Figure, ...]:
    """Return every figure; a figure that needs the pilot's library or model files says so when they are missing."""
    return (
        Figure(
            what="machine",
            value=os.cpu_count() or 1,
            unit="cores",
            note=f"{_processor()}, Python {platform.python_version()}",
        ),
        _startup(),
        *_nothing_to_do(shots),
        *compositing(project),
        *judging(project),
    )


def _startup() -> Figure:
    return Figure(what="charforge --help", value=_seconds(["--help"], Path.cwd()), unit="s", aim="at most 0.25")


def _nothing_to_do(shots: int) -> tuple[Figure, ...]:
    """Render an episode of many shots with the fakes, then time doing nothing about it."""
    with tempfile.TemporaryDirectory(prefix="charforge-bench-") as folder:
        root = Path(folder)
        episode = fakefilm.make_long(root, shots)
        first = _once(["render", str(episode)], root)
        idle = _seconds(["render", str(episode)], root)
        warm = _seconds(["render", str(episode), "--stage", "stills"], root)
        cold = _seconds(["render", str(episode), "--stage", "stills"], root, before=lambda: _forget(root))
    return (
        Figure(what=f"render of {shots} fake shots, first time", value=first, unit="s"),
        Figure(what=f"render of {shots} shots, nothing to do", value=idle, unit="s", aim="at most 0.6"),
        Figure(
            what="the same, planned anew and every still looked up", value=warm, unit="s", note="parsed episode cached"
        ),
        Figure(what="the same, cold", value=cold, unit="s", note="shot list parsed and every locked file hashed anew"),
    )


def _forget(root: Path) -> None:
    shutil.rmtree(root / ".charforge/parsed", ignore_errors=True)
    (root / ".charforge/library-stamps.json").unlink(missing_ok=True)


def _seconds(words: list[str], folder: Path, before: Callable[[], None] = lambda: None) -> float:
    """Return the median wall time of the whole process."""
    times = []
    for _ in range(RUNS):
        before()
        times.append(_once(words, folder))
    return statistics.median(times)


def _once(words: list[str], folder: Path) -> float:
    began = time.perf_counter()
    done = run([sys.executable, "-m", "charforge", *words], timeout=1800, folder=folder)
    if done.code:
        message = f"charforge {' '.join(words)} ended with {done.code}: {done.stderr[-400:]}"
        raise RuntimeError(message)
    return time.perf_counter() - began


def _processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
