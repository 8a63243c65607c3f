"""Measures what grouping takes by their weights saves, and what the runner adds to a bare loop over the pipeline.

With tiny random models where no folders are given, so that it runs on any machine; with folders of the user's own on
any device, where the same ratios say what they cost at real size.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charforge import weights
from charforge.backends import diffusers_tiny as tiny
from charforge.bench.figures import Figure
from charforge.domain.jobs import Draft, StillJob
from charforge.domain.models import OwnModel
from charforge.runners import Runner, Toolbox
from charforge.store import Ledger, Store
from charforge.weights import LocalHome

SHOTS = 12
RUNS = 5


PROMPT = "A woman at a table in a coffee shop, evening light."
GUIDANCE = 5.0


@dataclass(frozen=True, slots=True)
class Run:
    """How the models are run."""

    device: str = "cpu"
    dtype: str = "float32"
    steps: int = 4
    size: tuple[int, int] = (64, 64)
    threads: int = 1


@dataclass(frozen=True, slots=True)
class _Setup:
    """Models, LoRAs that fit each of them, and how they are run."""

    models: tuple[OwnModel, ...]
    loras: tuple[str, ...]
    run: Run


def models(folders: Sequence[Path], loras: Sequence[Path], run: Run) -> tuple[Figure, ...]:
    """Return the figures of two SDXL folders and two LoRAs; of tiny random ones where none are given."""
    with tempfile.TemporaryDirectory(prefix="charforge-bench-") as name:
        scratch = Path(name)
        setup = _setup(folders, loras, run) if folders else _tiny(scratch, run)
        _rendered(setup, scratch / "warm", [(_draft(setup, 0, 0, 0),)])
        naive, grouped = _grouping(setup, scratch)
        shot, added = _overhead(setup, scratch)
    size = f"{run.size[0]}x{run.size[1]}"
    how = f"{'own' if folders else 'tiny random'} weights, {run.steps} steps at {size} on {run.device}"
    what = f"{SHOTS} shots over {len(setup.models)} models x {len(setup.loras)} LoRAs"
    return (
        Figure(what=f"{what}, loaded for each shot", value=naive, unit="s", note=how),
        Figure(what=f"{what}, grouped by the runner", value=grouped, unit="s", note="each model is loaded once"),
        Figure(what="grouped against loading for each shot", value=naive / grouped, unit="x", aim="at least 2"),
        Figure(what="a shot in a bare loop over the resident pipeline", value=shot, unit="s", note=how),
        Figure(what="what the runner adds to it", value=100 * added, unit="%", aim="at most 10 tiny, 3 at real size"),
    )


def _tiny(scratch: Path, run: Run) -> _Setup:
    folders = [tiny.build(scratch / f"model-{n}", n) for n in range(2)]
    loras = [tiny.build_lora(scratch / f"lora-{n}.safetensors", folders[0], n) for n in range(2)]
    return _setup(folders, loras, run)


def _setup(folders: Sequence[Path], loras: Sequence[Path], run: Run) -> _Setup:
    files = {weights.digest(file): file for file in loras}
    own = tuple(OwnModel(folder.name, folder, weights.digest(folder), files=files) for folder in folders)
    return _Setup(own, tuple(files), run)


def _grouping(setup: _Setup, scratch: Path) -> tuple[float, float]:
    """Return the seconds of shots that alternate between models and LoRAs, loaded for each and grouped; medians."""
    count = len(setup.models)
    shots = [_draft(setup, n, n % count, n // count) for n in range(SHOTS)]
    naive, grouped = [], []
    for number in range(RUNS):
        naive.append(_rendered(setup, scratch / f"naive-{number}", [(shot,) for shot in shots]))
        grouped.append(_rendered(setup, scratch / f"grouped-{number}", [shots]))
    return statistics.median(naive), statistics.median(grouped)


def _overhead(setup: _Setup, scratch: Path) -> tuple[float, float]:
    """Return the seconds of a shot in the bare loop, and the share that the runner adds; loading is in neither.

    Both take turns, so that a busy machine is busy for both.
    """
    run, own = setup.run, setup.models[0]
    home = LocalHome(run.device, run.threads, models={own.name: own})
    runner = _runner(home, scratch / "resident")
    runner.run((_draft(setup, 999, 0, None),))
    words = {"prompt": PROMPT, "width": run.size[0], "height": run.size[1], "num_inference_steps": run.steps}
    call = tiny.bare(own.path, run.device, run.dtype, run.threads)
    call(999, **words, guidance_scale=GUIDANCE)
    plain, ours = [], []
    for number in range(RUNS * SHOTS):
        began = time.perf_counter()
        call(number, **words, guidance_scale=GUIDANCE)
        between = time.perf_counter()
        runner.run((_draft(setup, 1000 + number, 0, None),))
        plain.append(between - began)
        ours.append(time.perf_counter() - between)
    bare = statistics.median(plain)
    return bare, statistics.median(ours) / bare - 1


def _rendered(setup: _Setup, folder: Path, groups: Sequence[Sequence[Draft]]) -> float:
    """Return the seconds of rendering groups of shots, each group by a house of its own that has loaded nothing."""
    began = time.perf_counter()
    for drafts in groups:
        home = LocalHome(setup.run.device, setup.run.threads, models={own.name: own for own in setup.models})
        _runner(home, folder).run(drafts)
    return time.perf_counter() - began


def _runner(home: LocalHome, folder: Path) -> Runner:
    store = Store(folder)
    return Runner(store, Ledger(store, "bench"), Toolbox(home), _no_file)


def _no_file(digest: str) -> Path:
    """Refuse: these shots read no files."""
    raise KeyError(digest)


def _draft(setup: _Setup, number: int, model: int, lora: int | None) -> Draft:
    run = setup.run
    settings: dict[str, Any] = {
        "weights": setup.models[model].digest,
        "dtype": run.dtype,
        "steps": run.steps,
        "guidance": GUIDANCE,
        "working": list(run.size),
    }
    if lora is not None:
        settings["loras"] = [{"weights": setup.loras[lora % len(setup.loras)], "scale": 1.0}]
    width, height = run.size
    job = StillJob(backend="sdxl", prompt=PROMPT, seed=number, width=width, height=height, settings=settings)
    shot = f"s01/{number:04d}"
    return Draft(id=f"{shot}/still", shot=shot, stage="still", job=job)
