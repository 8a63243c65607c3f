"""Measures compositing, encoding and judging on the clips of a rendered pilot."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from charforge import library as assets
from charforge import media
from charforge.backends.protocols import Frames
from charforge.bench.figures import Figure
from charforge.domain.jobs import ClipJob, ExpectedFace
from charforge.domain.takes import Take
from charforge.qa import Judge, calibrated
from charforge.runners.tools import Toolbox, WorkKit
from charforge.store import Ledger, Store
from charforge.studio.check import load_library
from charforge.studio.machine import home
from charforge.studio.project import Project, find

PILOT = "pilot"
MISSING = "first: charforge render shotlists/pilot.yaml"


def compositing(near: Path) -> tuple[Figure, ...]:
    """Return how fast the compositor draws and encodes a talking close-up and a two-shot of the rendered pilot."""
    project = find(near)
    takes = _clips(project)
    if not takes:
        return (Figure(what="compositing", value=0, unit="frames/s", note=MISSING),)
    chosen = sorted(takes, key=lambda t: (-len(_people(t)), -(t.frames or 0)))
    return tuple(f for take in (chosen[0], chosen[-1]) for f in _composited(project, take))


def judging(near: Path) -> tuple[Figure, ...]:
    """Return how much faster than it plays a clip of the rendered pilot is judged."""
    project = find(near)
    talking = [t for t in _clips(project) if len(_people(t)) == 1]
    if not talking:
        return (Figure(what="judging", value=0, unit="x real time", note=MISSING),)
    take = max(talking, key=lambda t: t.frames or 0)
    tools = Toolbox(home(project), {"face": project.settings.judges[0]})
    first, second = (tools.get("face", name) for name in project.settings.judges)
    files = assets.located(project.libraries)
    judge = Judge(first, second, calibrated(first), calibrated(second), files.__getitem__)
    library = load_library(project)
    expected = [ExpectedFace.of(c) for c in library.characters if c.name in _people(take) and c.primary is not None]
    path = Store(project.state).blob(take.blob)
    judge.clip(path, expected)  # loads the models and the masters
    began = time.perf_counter()
    judge.clip(path, expected)
    seconds = (take.frames or 0) / float(media.probe(path).rate)
    ratio = seconds / (time.perf_counter() - began)
    return (Figure(what=f"judging a {seconds:.1f} s clip", value=ratio, unit="x real time", aim="at least 2"),)


def _composited(project: Project, take: Take) -> Iterator[Figure]:
    """Time drawing alone, drawing and encoding, and encoding the same frames alone."""
    job = take.job
    assert isinstance(job, ClipJob)
    who = " and ".join(_people(take)) or "nobody"
    with tempfile.TemporaryDirectory(prefix="charforge-bench-") as folder:
        scratch = Path(folder)
        began = time.perf_counter()
        made = _drawn(project, job, scratch)
        iterator = iter(made.frames)
        kept = [bytes(next(iterator))]
        prepared = time.perf_counter() - began
        began = time.perf_counter()
        kept += [bytes(frame) for frame in iterator]
        drawing = (len(kept) - 1) / (time.perf_counter() - began)
        alone = _encoded(replace(made, frames=iter(kept), count=len(kept)), scratch / "alone.mkv")
        again = _drawn(project, job, scratch)
        waiting = iter(again.frames)
        first = bytes(next(waiting))
        both = _encoded(replace(again, frames=_after(first, waiting)), scratch / "both.mkv")
    label = f"{job.width}x{job.height}, {who}, {len(kept)} frames"
    notes = ", ".join(
        f"{k} {v}" for k, v in sorted(made.notes.items()) if "frame" in k or "drawn" in k or "reused" in k
    )
    yield Figure(what=f"loading models, drawing faces, first frame ({label})", value=prepared, unit="s", note=notes)
    yield Figure(what="drawing", value=drawing, unit="frames/s")
    yield Figure(what="drawing and encoding", value=both, unit="frames/s", aim="at least 24")
    yield Figure(what="encoding the same raw frames alone", value=alone, unit="frames/s")
    yield Figure(what="drawing and encoding, as a share of encoding alone", value=both / alone, unit="")


def _drawn(project: Project, job: ClipJob, scratch: Path) -> Frames:
    tools = Toolbox(home(project), {"face": project.settings.judges[0]})
    backend = tools.get("clip", job.backend)
    store = Store(project.state)
    locked = assets.located(project.libraries)

    def file(digest: str) -> Path:
        return locked.get(digest) or store.blob(digest)

    frames: Frames = backend.clip(job, WorkKit(scratch, file, tools, tuple(backend.needs), lambda _done, _total: None))
    return frames


def _encoded(frames: Frames, path: Path) -> float:
    began = time.perf_counter()
    media.encode_clip(frames, path)
    return frames.count / (time.perf_counter() - began)


def _after(first: bytes, rest: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    yield first
    yield from rest


def _clips(project: Project) -> list[Take]:
    store = Store(project.state)
    ledger = Ledger(store, PILOT)
    latest = (ledger.latest(d) for d in ledger.drafts() if d.endswith("/clip"))
    found = [store.find(key) for key in latest if key is not None]
    return [take for take in found if take is not None]


def _people(take: Take) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i.name for i in take.job.inputs if i.role == "head"))
