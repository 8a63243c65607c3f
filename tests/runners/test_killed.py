"""Killed at any moment, a render is taken up where it stopped and gives the same bytes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakeworld import World

from charforge.domain.takes import Take
from charforge.store import locked

SLOW = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import fakeworld
fakeworld.WIDTH, fakeworld.HEIGHT, fakeworld.FRAMES = 640, 360, 4000
world = fakeworld.World(Path(sys.argv[2]))
tell = fakeworld.Toolbox(fakeworld.BareHome())
runner = fakeworld.Runner(
    world.store, world.ledger, tell, world.cast.__getitem__, lambda event: print(type(event).__name__, flush=True)
)
runner.run(world.drafts(1))
"""

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fakeworld import World
from charforge.store import locked
world = World(Path(sys.argv[2]))
print("ready", flush=True)
with locked(world.store, "e01"):
    world.runner().run(world.drafts(8))
"""


def started(root: Path) -> subprocess.Popen[str]:
    """Start a render of eight shots in another process; return once it begins."""
    argv = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(root)]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Take], float]:
    """Return the takes of an undisturbed render, and how long it took."""
    world = World(tmp_path_factory.mktemp("whole"))
    began = time.monotonic()
    takes = world.runner().run(world.drafts(8))
    return takes, time.monotonic() - began


def test_kills_at_random_moments_change_nothing(tmp_path: Path, whole: tuple[dict[str, Take], float]) -> None:
    """However often SIGKILL comes, what is stored is whole and the film comes out the same."""
    takes, seconds = whole
    moments = random.Random(7)
    kills = 0
    for _ in range(6):
        with started(tmp_path) as child:
            try:
                child.wait(moments.uniform(0, seconds * 0.5))
            except subprocess.TimeoutExpired:
                kills += 1
                child.kill()
        world = World(tmp_path)
        assert [d for d in world.store.verify() if d.what == "blob"] == []
        assert all(world.store.find(key) is not None for key in world.store.listed())
    assert kills
    world = World(tmp_path)
    with locked(world.store, "e01"):
        again = world.runner().run(world.drafts(8))
    assert {n: (t.key, t.blob) for n, t in again.items()} == {n: (t.key, t.blob) for n, t in takes.items()}
    assert world.store.verify() == ()
    assert [world.ledger.takes(d.id) for d in world.drafts(8)] == [(again[d.id].key,) for d in world.drafts(8)]
    assert list((world.store.scratch).rglob("*.mkv")) == []


def test_ctrl_c_in_a_clip_leaves_no_child_and_no_half_file(tmp_path: Path) -> None:
    """SIGINT in the middle of an encode ends it, keeps the finished takes and clears what was begun."""
    argv = [sys.executable, "-c", SLOW, str(Path(__file__).parent), str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        ready = 0
        while ready < 2:
            ready += child.stdout.readline() == "TakeReady\n"
        assert child.stdout.readline() == "Progressed\n"
        child.send_signal(signal.SIGINT)
        child.stdout.read()
        said = child.stderr.read()
    assert said.strip().endswith("KeyboardInterrupt")
    store = World(tmp_path).store
    assert len(list(store.listed())) == 2
    assert store.verify() == ()
    assert not [p for p in store.scratch.rglob("*") if p.is_file()]
    assert not [p for p in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path).encode() in _read(p)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
