"""Measures how fast a large library is verified, against bare hashing of as many bytes in the same run."""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from charforge import library as assets
from charforge.bench.figures import Figure
from charforge.domain.assets import Reference
from charforge.process import run

RUNS = 3
PER_ASSET = 50
_BLOCK = 1 << 20
_SETTLED = 2.5
"""Seconds after which a written file is old enough to be remembered."""


def library(count: int, megabytes: int) -> tuple[Figure, ...]:
    """Return how fast a library of this many files and bytes is verified; it is made in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="charforge-bench-") as folder:
        root = Path(folder)
        files = _made(root / "library", count, megabytes * 1_000_000)
        assets.lock(root / "library")
        time.sleep(_SETTLED)
        return tuple(_figures(root, files))


def _figures(root: Path, files: list[Path]) -> Iterator[Figure]:
    total, stamps = sum(file.stat().st_size for file in files), root / "stamps.json"
    cores = os.cpu_count() or 1

    def verify() -> None:
        assert assets.verify(root / "library", stamps=stamps) == ()

    def cold() -> None:
        stamps.unlink(missing_ok=True)
        verify()

    # In turns, so that whatever else the machine does slows both.
    pairs = [(_seconds(lambda: _bare(total, cores)), _seconds(cold)) for _ in range(RUNS)]
    bare, hashed = (statistics.median(times) for times in zip(*pairs, strict=True))
    share = statistics.median(one / other for one, other in pairs)
    size = f"{len(files)} files, {total / 1e9:.2f} GB"
    yield Figure(what=f"bare sha256 of {size}, on {cores} cores", value=bare, unit="s", note="of one block in memory")
    yield Figure(what="verify, every file hashed", value=hashed, unit="s")
    yield Figure(what="verify, as a share of the speed of bare hashing", value=share, unit="", aim="near 1")
    _forget(files)
    yield Figure(what="the same, files not in memory", value=_seconds(cold), unit="s", note="the disk decides")
    warm = statistics.median(_seconds(verify) for _ in range(RUNS))
    yield Figure(what="verify, nothing changed", value=warm, unit="s", aim="at most 0.5")
    command = [sys.executable, "-m", "charforge", "verify"]
    run(command, timeout=1800, folder=root)
    whole = statistics.median(_seconds(lambda: run(command, timeout=1800, folder=root)) for _ in range(RUNS))
    yield Figure(what="charforge verify, nothing changed, the whole command", value=whole, unit="s")


def _made(root: Path, count: int, size: int) -> list[Path]:
    """Write props with this many files in all, of random bytes, and return the files."""
    files: list[Path] = []
    # One block of noise, begun elsewhere in each file: quick to make, and no two files are the same.
    noise = os.urandom(_BLOCK)
    each = max(16, size // count)
    for start in range(0, count, PER_ASSET):
        name = f"prop-{start // PER_ASSET}"
        names = [f"inserts/{number:05d}.bin" for number in range(start, min(start + PER_ASSET, count))]
        for file in names:
            path = root / "props" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            head = path.name.encode().ljust(16)
            path.write_bytes((head + noise * (each // _BLOCK + 1))[:each])
            files.append(path)
        assets.record(root, name, [Reference(file=file, step="insert") for file in names], kind="prop")
    return files


def _bare(total: int, cores: int) -> None:
    """Hash this many bytes of memory on every core at once."""
    block = bytes(_BLOCK)

    def part(_: int) -> str:
        known = hashlib.sha256()
        for _ in range(total // cores // _BLOCK):
            known.update(block)
        return known.hexdigest()

    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(part, range(cores)))


def _forget(files: list[Path]) -> None:
    """Ask the system to drop the files from memory, where it can be asked."""
    if not hasattr(os, "posix_fadvise"):
        return
    for file in files:
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
