"""A pack from anywhere, however broken, is refused with words or is whole; nothing is written beside its place.

$CHARFORGE_FUZZ is how many mutants are tried (2,000 if it is not set), $CHARFORGE_FUZZ_SEED the first one's seed.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest_library import locked_library
from pack_mutants import Sample, mutant
from pack_samples import nothing, packed, tree

from charforge.errors import InputError, StoreError
from charforge.library import packs
from charforge.library.folders import KINDS

COUNT = int(os.environ.get("CHARFORGE_FUZZ", "2000"))
FIRST = int(os.environ.get("CHARFORGE_FUZZ_SEED", "0"))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    """Return a character with embeddings and a location, packed."""
    base = tmp_path_factory.mktemp("samples")
    root, lock = locked_library(base / "library")
    vectors = {"headshot/front.png": np.arange(4, dtype=np.float32), "merged": np.ones(4, np.float32)}
    faces = [packs.Faces("ab" * 32, "sface", "Apache-2.0", vectors)]
    files = [
        packed(root, a.kind, a.name, base / f"{a.name}.charpack", faces=faces if a.name == "mia" else [], episode="e01")
        for a in lock.assets
    ]
    return tuple(Sample.of(file.read_bytes()) for file in files)


def tried(data: bytes, sandbox: Path, *, write: bool) -> str:
    """Check some bytes, or unpack them; return how that ended, or fail where anything lies where it may not."""
    root = sandbox / "deep/library"
    stream = io.BytesIO(data)
    pack = None
    refused: Exception | None = None
    try:
        pack = packs.open_pack(stream, "x.charpack")
        if write:
            packs.unpack(stream, pack, root, nothing)
        else:
            packs.check(stream, pack, nothing)
    except (InputError, StoreError) as error:
        refused = error
    if refused is not None:
        assert "hint: " in str(refused)
        assert pack is None or tree(sandbox) == {}, "something was left behind"
        return "refused unopened" if pack is None else "refused"
    assert pack is not None
    if write:
        manifest = pack.manifest
        place = f"deep/library/{KINDS[manifest.kind]}/{manifest.name}"
        there = {name: hashlib.sha256(found).hexdigest() for name, found in tree(sandbox).items()}
        assert there == {f"{place}/{file.name}": file.sha256 for file in manifest.files}
        shutil.rmtree(root)
    return "whole"


def test_no_mutant_surprises_the_reader(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    """Every mutant is refused with a reason, or unpacks to exactly what its manifest says."""
    (tmp_path / "deep").mkdir()
    ends: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + COUNT):
        how, data = mutant(seed, samples)
        try:
            # Writing is slow; what is whole is written the first times, then each twentieth.
            ends[tried(data, tmp_path, write=ends["whole"] % 20 < 2)] += 1
        except Exception as error:
            error.add_note(f"seed {seed}: {how}")
            raise
    sys.stdout.write(f"\n{COUNT} mutants: {dict(ends)}\n")
    assert ends["refused unopened"] > COUNT // 4
    assert ends["refused"] > 0
    assert ends["whole"] > 0


def test_the_samples_themselves_are_whole(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    """What is mutated is right before."""
    (tmp_path / "deep").mkdir()
    assert {tried(sample.data, tmp_path, write=True) for sample in samples} == {"whole"}
