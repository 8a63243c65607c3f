"""A take that can be found is whole; anything else counts as missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from charforge.domain.jobs import StillJob
from charforge.domain.takes import Take
from charforge.errors import Busy, StoreError
from charforge.store import Store, key, locked

JOB = StillJob(backend="fake", width=8, height=8, prompt="Mia")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / ".charforge")


def added(store: Store, seed: int = 0, payload: bytes = b"a picture") -> Take:
    """Store a take with one attachment."""
    job = JOB.changed(seed=seed)
    take = Take(
        key=key("fake", "1", job),
        job=job,
        blob=store.blobs.put(payload),
        media="image/png",
        size=len(payload),
        backend="fake",
        revision="1",
        attachments={"style": store.blobs.put(b"style of " + payload)},
        notes={"score": 0.5},
    )
    store.add(take)
    return take


def spoiled(path: Path, data: bytes = b"rubbish") -> None:
    """Overwrite a read-only file."""
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_stored_take_is_found_as_it_was(store: Store) -> None:
    """Everything that was known of a take comes back."""
    take = added(store)
    assert Store(store.root).find(take.key) == take
    assert store.blob(take.blob).read_bytes() == b"a picture"


def test_what_was_never_stored_is_not_found(store: Store) -> None:
    """An unknown key has no take, and its store need not exist."""
    assert store.find("0" * 64) is None
    assert not store.root.exists()


@pytest.mark.parametrize("part", ["blob", "style"])
@pytest.mark.parametrize("how", ["missing", "corrupt"])
def test_a_take_without_its_bytes_is_missing(store: Store, part: str, how: str) -> None:
    """A take is only as good as its bytes and its attachments."""
    take = added(store)
    path = store.blobs.path(take.blob if part == "blob" else take.attachments["style"])
    if how == "missing":
        path.unlink()
    else:
        spoiled(path)
    assert store.find(take.key) is None
    assert store.record(take.key) == take


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"key": "x"}', b"\xff\xfe"])
def test_a_broken_record_counts_as_missing(store: Store, data: bytes) -> None:
    """A record that cannot be read is rendered again, never an error."""
    take = added(store)
    (record,) = store.root.glob("takes/??/*.json")
    record.write_bytes(data)
    assert store.find(take.key) is None


def test_a_record_under_another_key_is_not_believed(store: Store) -> None:
    """A copied or renamed record does not pass for another take."""
    take, other = added(store, 1), added(store, 2)
    target = store.root / "takes" / other.key[:2] / f"{other.key}.json"
    target.write_bytes((store.root / "takes" / take.key[:2] / f"{take.key}.json").read_bytes())
    assert store.find(other.key) is None


def test_a_record_is_json_that_a_person_can_read(store: Store) -> None:
    """The record holds the whole job and what made it."""
    added(store)
    (record,) = store.root.glob("takes/??/*.json")
    content = json.loads(record.read_text("utf-8"))
    assert content["job"]["prompt"] == "Mia"
    assert content["revision"] == "1"


def test_bytes_come_before_the_record(store: Store) -> None:
    """A record of bytes that are not there is refused."""
    take = added(store)
    with pytest.raises(StoreError, match="not in the store"):
        store.add(take.changed(blob="0" * 64))


def test_a_missing_blob_is_an_error_when_it_is_wanted(store: Store) -> None:
    """Asking for bytes that are gone says what to do."""
    with pytest.raises(StoreError) as caught:
        store.blob("0" * 64)
    assert caught.value.hint


def test_verify_lists_all_damage(store: Store) -> None:
    """Every byte is read, and each thing that is wrong is named."""
    good, bad, gone, broken = (added(store, n, f"picture {n}".encode()) for n in range(4))
    assert store.verify() == ()
    spoiled(store.blobs.path(bad.blob))
    store.blobs.path(gone.blob).unlink()
    (store.root / "takes" / broken.key[:2] / f"{broken.key}.json").write_text("{")
    found = {(d.what, d.name) for d in store.verify()}
    assert found == {("blob", bad.blob), ("take", gone.key), ("take", broken.key)}
    assert good.key not in {name for _, name in found}


def test_sweeping_keeps_what_is_asked_and_frees_the_rest(store: Store) -> None:
    """Unused takes go with bytes that nobody else names."""
    keep, drop = added(store, 1, b"kept"), added(store, 2, b"dropped")
    swept = store.sweep({keep.key})
    assert (swept.takes, swept.blobs, swept.bytes) == (1, 2, len(b"dropped") + len(b"style of dropped"))
    assert store.find(keep.key) == keep
    assert store.find(drop.key) is None
    assert store.verify() == ()


def test_sweeping_keeps_bytes_that_a_kept_take_shares(store: Store) -> None:
    """Two takes with equal bytes do not lose them together."""
    keep, _ = added(store, 1, b"same"), added(store, 2, b"same")
    store.sweep({keep.key})
    assert store.find(keep.key) == keep


def test_nothing_is_swept_under_a_render(store: Store) -> None:
    """Bytes that wait for their record are not collected."""
    with locked(store, "e01"), pytest.raises(Busy):
        store.sweep(set())


def test_an_episode_is_held_by_one_process_at_a_time(store: Store) -> None:
    """A second render is told which process holds the episode; another episode may go on."""
    script = (
        "import sys, time, pathlib\nfrom charforge.store import Store, locked\n"
        "with locked(Store(pathlib.Path(sys.argv[1])), 'e01'):\n    print('held', flush=True)\n    time.sleep(600)\n"
    )
    argv = [sys.executable, "-c", script, str(store.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Busy, match=f"process {other.pid}") as caught, locked(store, "e01"):
            pass
        assert f"kill {other.pid}" in caught.value.hint
        with locked(store, "e02"):
            pass
        other.kill()
    with locked(store, "e01"):
        pass


def test_a_held_episode_clears_what_a_killed_process_left(store: Store) -> None:
    """Unfinished files of the episode go; those of another stay."""
    for episode in ("e01", "e02"):
        (store.scratch / episode / "abc").mkdir(parents=True)
        (store.scratch / episode / "abc" / "clip.mkv").write_bytes(b"half")
    with locked(store, "e01"):
        assert [p.name for p in store.scratch.iterdir()] == ["e02"]
