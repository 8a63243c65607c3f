"""Single assets are locked alone, and two people lock one after the other."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest
from conftest_library import build_library, locked_library, write

from charforge import library
from charforge.errors import Busy, InputError
from charforge.library.holding import held


def _lock(root: str, name: str) -> None:
    library.lock(Path(root), only=[name])


def test_one_asset_is_locked_and_the_others_stay(tmp_path: Path) -> None:
    """What changed elsewhere is not accepted with it."""
    root, before = locked_library(tmp_path)
    write(root / "characters/mia/headshot/front.png", b"new")
    write(root / "characters/theo/headshot/front.png", b"new")
    after = {a.name: a for a in library.lock(root, only=["mia"]).assets}
    old = {a.name: a for a in before.assets}
    assert after["mia"] != old["mia"]
    assert {n: a for n, a in after.items() if n != "mia"} == {n: a for n, a in old.items() if n != "mia"}
    assert [p.message for p in library.verify(root)] == ["theo: headshot/front.png has changed since it was locked"]


def test_one_asset_is_locked_although_another_is_wrong(tmp_path: Path) -> None:
    """A half-built character keeps nobody from locking a finished one, and the first lock is made with it."""
    root = build_library(tmp_path)
    write(root / "characters/ann/headshot/front.png", b"x")
    assert [a.name for a in library.lock(root, only=["theo"]).assets] == ["theo"]
    assert {a.name for a in library.lock(root, only=["mia", "cup"]).assets} == {"mia", "theo", "cup"}


def test_the_lock_is_sorted_whatever_came_first(tmp_path: Path) -> None:
    """Locked one by one, it has the bytes of one lock of all."""
    root, _ = locked_library(tmp_path)
    whole = (root / "library.lock").read_bytes()
    (root / "library.lock").unlink()
    for name in ("cup", "theo", "coffee-shop", "mia"):
        library.lock(root, only=[name])
    assert (root / "library.lock").read_bytes() == whole


def test_a_name_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    """Nothing is locked then."""
    root = build_library(tmp_path)
    with pytest.raises(InputError, match="no asset 'teo'") as caught:
        library.lock(root, only=["mia", "teo"])
    assert caught.value.problems[0].hint == "did you mean theo?"
    assert not (root / "library.lock").exists()


def test_two_who_lock_at_once_are_both_in_the_lock(tmp_path: Path) -> None:
    """Each waits for the other, and neither's entry is lost."""
    root = build_library(tmp_path)
    context = multiprocessing.get_context("spawn")
    names = ("mia", "theo", "cup")
    people = [context.Process(target=_lock, args=(str(root), name)) for name in names]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert {a["name"] for a in json.loads((root / "library.lock").read_text())["assets"]} == set(names)


def test_records_made_at_once_are_all_kept(tmp_path: Path) -> None:
    """Whoever writes an asset's file reads it after the one before wrote."""
    root = build_library(tmp_path)
    notes = [{"text": f"note {i}", "model": "sdxl", "date": "2026-01-01"} for i in range(12)]
    threads = [threading.Thread(target=library.record, args=(root, "mia"), kwargs={"prompt": note}) for note in notes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    library.lock(root)
    mia = library.load(root).character("mia")
    assert mia is not None
    assert {note.text for note in mia.prompts} == {note["text"] for note in notes}


def test_waiting_for_ever_ends_with_what_to_do(tmp_path: Path) -> None:
    """Who holds a library for too long is told of."""
    root = build_library(tmp_path)
    with held(root), pytest.raises(Busy, match="being written by another charforge"), held(root, patience=0.1):
        pass
    with held(root, patience=0.1):
        pass


def test_a_hold_leaves_nothing_behind(tmp_path: Path) -> None:
    """A library holds no file that says it was locked once."""
    root, _ = locked_library(tmp_path)
    assert {p.name for p in root.iterdir()} == {"characters", "locations", "props", "library.lock"}


def test_one_asset_is_compared_alone(tmp_path: Path) -> None:
    """That it is not locked yet is a difference; so is that it is not there."""
    root = build_library(tmp_path)
    stamps = tmp_path / "state/stamps.json"
    assert [p.message for p in library.differences(root, "prop", "cup")] == ["cup: the prop is not locked yet"]
    library.lock(root, only=["cup"])
    assert library.differences(root, "prop", "cup", stamps=stamps) == ()
    assert [p.message for p in library.differences(root, "character", "mia")] == [
        "mia: the character is not locked yet"
    ]
    assert [p.message for p in library.differences(root, "prop", "mug")] == [
        "mug: there is no such prop in the library"
    ]
    write(root / "props/cup/inserts/coffee-shop-night.webp", b"x")
    changed = library.differences(root, "prop", "cup", stamps=stamps)
    assert [p.message for p in changed] == ["cup: inserts/coffee-shop-night.webp has changed since it was locked"]


def test_only_named_assets_are_verified(tmp_path: Path) -> None:
    """What is wrong elsewhere is not told then, and what was remembered of it is kept."""
    root, _ = locked_library(tmp_path / "lib")
    stamps = tmp_path / "stamps.json"
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    while time.time_ns() - max(p.stat().st_ctime_ns for p in root.rglob("*")) < 2_100_000_000:
        time.sleep(0.1)
    library.verify(root, stamps=stamps)
    remembered = len(json.loads(stamps.read_text()))
    write(root / "characters/theo/voice/theo.f32", b"x")
    assert library.verify(root, only=["mia"], stamps=stamps) == ()
    assert len(library.verify(root, only=["theo"], stamps=stamps)) == 1
    assert remembered == 20
    # The changed file is too young to be remembered.
    assert len(json.loads(stamps.read_text())) == remembered - 1
