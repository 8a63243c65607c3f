"""A film made with assets of a library that several projects share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import library as assets
from charforge.errors import InputError
from charforge.studio import library, versioning
from charforge.studio.check import check, load_library
from charforge.studio.fresh import fingerprint
from charforge.studio.judge import judge
from charforge.studio.project import find

Run = Callable[..., Any]


@pytest.fixture
def root(episode: Path) -> Path:
    """Return the project after theo and the cafe were moved into a shared library beside it, which is read-only."""
    root = episode.parents[1]
    shared = root.parent / "shared things"
    for name in ("characters/theo", "locations/cafe"):
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root / "library" / name, shared / name)
    assets.lock(shared)
    assets.lock(root / "library")
    for path in (*shared.rglob("*"), shared):
        path.chmod(0o555 if path.is_dir() else 0o444)
    with (root / "charforge.yaml").open("a") as settings:
        settings.write('libraries: ["../shared things"]\n')
    return root


def test_a_film_is_made_from_both(root: Path, episode: Path, result: Run) -> None:
    """Planned, rendered, judged; nothing is left to do the second time."""
    report = result("render", str(episode))
    assert [row["verdict"] for row in report["shots"]] == ["pass", "pass", "pass"]
    assert result("render", str(episode))["rendered"] == 0
    assert set(map(tuple, result("why", "e01_s02_0010").values())) == {()}


def test_a_shared_lock_that_changes_is_looked_at_again(root: Path, episode: Path) -> None:
    """Theo gets a new version there, and the film is no longer known to be up to date."""
    before = fingerprint(find(root), episode, "")
    shared = root.parent / "shared things"
    for path in (shared, *shared.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assets.record(shared, "theo", new=assets.NewVersion(state="older", from_episode="e09"))
    assets.lock(shared)
    assert fingerprint(find(root), episode, "") != before


def test_everything_is_listed_with_where_it_comes_from(root: Path) -> None:
    """The project's own mia hides the shared one."""
    other = root.parent / "more"
    shutil.copytree(root / "library", other)
    text = (root / "charforge.yaml").read_text().replace('["../shared things"]', f'["../shared things", "{other}"]')
    (root / "charforge.yaml").write_text(text)
    found = library.overview(root)
    assert list(found.libraries) == ["library", "../shared things", str(other)]
    assert [(r.name, r.library, r.locked, r.hidden_by) for r in found.assets] == [
        ("mia", "library", "yes", ""),
        ("theo", "../shared things", "yes", ""),
        ("cafe", "../shared things", "yes", ""),
        ("mia", str(other), "yes", "library"),
    ]
    notes = check(root / "shotlists/e01.yaml").notes
    assert notes == (f"mia: the character of library is used, not the one of {other}",)


def test_the_list_shows_each_library_once(root: Path, charforge: Run) -> None:
    """A line for each asset, then the folders in the order in which they are searched."""
    *rows, own, shared = charforge("library", "list").stdout.splitlines()
    assert [row.split()[:2] for row in rows[1:]] == [
        ["character", "mia@1"],
        ["character", "theo@1"],
        ["location", "cafe@1"],
    ]
    assert own == f"library: {root}/library"
    assert shared.startswith("../shared things: ")


def test_faces_are_judged_against_shared_masters(root: Path) -> None:
    """Theo's headshot is found where it lies."""
    headshot = root.parent / "shared things/characters/theo/headshot/front.png"
    (row,) = judge(root, [headshot], ("theo",))
    assert row.verdict.passed()


def test_a_shared_asset_is_only_read(root: Path) -> None:
    """To lock, return or delete there is refused with what to do; looking is not."""
    assert [r.used_by for r in versioning.versions(root, "theo").versions] == [("shotlists/e01.yaml",)]
    for change in (
        lambda: library.lock(root, ["theo"]),
        lambda: versioning.revert(root, "theo", 1),
        lambda: versioning.delete(root, "theo", 1),
    ):
        with pytest.raises(InputError, match=r"shared library \.\./shared things, which is only read"):
            change()


def test_what_is_wrong_in_a_shared_library_is_told(root: Path) -> None:
    """Verification goes through all of them; a missing one is told at the settings."""
    assert library.verify(root, deep=True) == ()
    file = root.parent / "shared things/characters/theo/voice/style.f32"
    file.chmod(0o644)
    file.write_bytes(b"x")
    (problem,) = library.verify(root)
    assert "owner" in problem.hint
    assert library.verify(root, ["mia"]) == ()
    assert len(library.verify(root, ["theo"])) == 1
    (root / "charforge.yaml").write_text("libraries: [nowhere, ~/no such, library]\n")
    with pytest.raises(InputError) as caught:
        load_library(find(root))
    assert [p.message.rsplit("/", 1)[-1] for p in caught.value.problems] == ["nowhere", "no such"]
    assert "/~/" not in caught.value.problems[1].message


@pytest.mark.parametrize("gone", ["library.lock", "."])
def test_a_shared_library_that_cannot_be_read_is_not_to_be_locked_from_here(root: Path, gone: str) -> None:
    """Whatever looks at it says whose it is, not to lock the project's own."""
    shared = root.parent / "shared things"
    for path in (shared, *shared.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(shared) if gone == "." else (shared / gone).unlink()
    looks: list[Callable[[], object]] = [lambda: library.verify(root), lambda: load_library(find(root))]
    if gone == ".":
        looks = [lambda: library.verify(root), lambda: library.overview(root), lambda: library.verify(root, ["mia"])]
    for look in looks:
        with pytest.raises(InputError) as caught:
            look()
        assert "../shared things is shared: its owner locks it" in caught.value.hint
