"""Numbered versions in a project: who shows them, what keeps them, and what differs between them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import imaging
from charforge import library as assets
from charforge.backends.fake import headshot
from charforge.domain.assets import Reference
from charforge.errors import InputError
from charforge.library import NewVersion
from charforge.studio import library, versioning

Run = Callable[..., Any]
COAT = Reference(file="body/coat.png", step="body", wardrobe="coat", turn=0.0)


@pytest.fixture
def root(episode: Path) -> Path:
    """Return a project in which mia has a coat as version 2 and was older, without it, as version 3."""
    root = episode.parents[1]
    coat = root / "library/characters/mia/body/coat.png"
    coat.parent.mkdir()
    coat.write_bytes(imaging.encode_png(headshot("mia in a coat")))
    assets.record(root / "library", "mia", [COAT], new=NewVersion())
    assets.record(root / "library", "mia", new=NewVersion(extends=1, state="older", from_episode="e09"))
    return root


def rewrite(file: Path, old: str, new: str) -> None:
    """Change a word of a shot list."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def refused(root: Path, name: str, number: int) -> list[str]:
    """Return why a version is not deleted, as file:line: message."""
    with pytest.raises(InputError) as caught:
        versioning.delete(root, name, number)
    return [f"{Path(p.file).name}:{p.line}: {p.message}" for p in caught.value.problems]


def test_versions_say_what_they_are_and_who_shows_them(root: Path) -> None:
    """One row each, the oldest first; what was added since is not locked."""
    report = versioning.versions(root, "mia")
    assert [(r.version, r.state, r.extends, r.wardrobes, r.references, r.total) for r in report.versions] == [
        (1, "default", None, (), 1, 1),
        (2, "default", 1, ("coat",), 1, 2),
        (3, "older", 1, (), 0, 1),
    ]
    assert [r.locked for r in report.versions] == ["yes", "no", "no"]
    assert [r.used_by for r in report.versions] == [("shotlists/e01.yaml",), (), ()]
    library.lock(root, ["mia"])
    assert [r.locked for r in versioning.versions(root, "mia").versions] == ["yes", "yes", "yes"]
    (root / "library/characters/mia/body/coat.png").write_bytes(imaging.encode_png(headshot("another")))
    assert [r.locked for r in versioning.versions(root, "mia").versions] == ["yes", "changed", "yes"]


def test_who_names_no_version_shows_the_one_that_holds(root: Path, episode: Path) -> None:
    """In the first episode mia is not yet older."""
    rewrite(episode, "mia: mia@1", "mia: mia")
    assert [bool(r.used_by) for r in versioning.versions(root, "mia").versions] == [False, True, False]


def test_a_version_that_a_shot_list_names_is_kept(root: Path, episode: Path) -> None:
    """Every line that names it is told."""
    rewrite(episode, "mia: mia@1", "mia: mia@2")
    assert refused(root, "mia", 2) == [f"e01.yaml:{line}: e01 names mia@2" for line in (18, 21)]


@pytest.mark.parametrize(
    ("number", "word", "told"),
    [(2, "wardrobe: coat", "has no wardrobe 'coat'"), (3, "state: older", "has no state 'older'")],
)
def test_a_version_that_alone_knows_a_word_is_kept(
    root: Path, episode: Path, number: int, word: str, told: str
) -> None:
    """A wardrobe or a state in a shot list is a reference like its number."""
    rewrite(episode, "mia: mia@1", "mia: mia")
    rewrite(episode, "{who: mia, position: left}", f"{{who: mia, position: left, {word}}}")
    (only,) = refused(root, "mia", number)
    assert only.startswith(f"e01.yaml:18: without version {number}, ")
    assert told in only


def test_a_shot_list_that_cannot_be_read_keeps_every_version(root: Path, episode: Path) -> None:
    """Nobody knows what it names."""
    (root / "drafts").mkdir()
    (root / "drafts/e02.yaml").write_text("scenes: [\nmia@2")
    assert refused(root, "mia", 2) == ["e02.yaml:0: cannot be read, so it may need mia@2"]
    (root / "drafts/e02.yaml").write_text("services: {web: {}}\n")
    assert versioning.delete(root, "mia", 2).version == 2


def test_a_deleted_version_says_what_it_leaves_and_who_shows_another_now(root: Path, episode: Path) -> None:
    """Files stay; an episode that named no version shows the one before."""
    rewrite(episode, "mia: mia@1", "mia: mia")
    report = versioning.delete(root, "mia", 2)
    assert report.kept == ("body/coat.png",)
    assert report.moved == {"shotlists/e01.yaml": "mia@1"}
    assert [r.version for r in versioning.versions(root, "mia").versions] == [1, 3]


def test_a_location_that_is_named_is_kept(root: Path) -> None:
    """Scenes name places as shots name people."""
    place = Reference(file="plates/table-day.png", step="plate", view="table", light="day", layer="background")
    assets.record(root / "library", "cafe", [place], kind="location", new=NewVersion())
    assert [r.used_by for r in versioning.versions(root, "cafe").versions] == [("shotlists/e01.yaml",), ()]
    assert versioning.delete(root, "cafe", 2).kept == ()
    with pytest.raises(InputError, match="cafe has no version 2"):
        versioning.delete(root, "cafe", 2)


def test_differences_are_measured_in_colour(root: Path) -> None:
    """The same pixels in another file are told as such; a brighter picture by how much."""
    folder = root / "library/characters/mia"
    pixels = headshot("mia")
    (folder / "headshot/same.png").write_bytes(imaging.encode_png(pixels, 0))
    (folder / "headshot/bright.png").write_bytes(imaging.encode_png(pixels // 2 + 127))
    for name in ("same", "bright"):
        front = Reference(file=f"headshot/{name}.png", step="headshot", turn=0.0)
        assets.record(root / "library", "mia", [front], new=NewVersion(extends=1))
    same, bright = (versioning.diff(root, "mia", 1, number).changes[0] for number in (4, 5))
    assert (same.change, same.colour, same.same_pixels) == ("replaced", 0.0, True)
    assert bright.colour is not None
    assert (bright.colour > 10, bright.same_pixels) == (True, False)
    added = versioning.diff(root, "mia", 3, 2)
    assert [(c.shows, c.change) for c in added.changes] == [("body coat turned 0", "added")]
    assert added.said == {"state": ("older", "default"), "from episode": ("e09", "")}
    with pytest.raises(InputError, match="no version 9"):
        versioning.diff(root, "mia", 1, 9)


def test_the_commands_say_what_to_type_next(root: Path, charforge: Run) -> None:
    """From looking to locking."""
    assert "next: charforge lock mia" in charforge("versions", "mia").stdout
    assert charforge("revert", "mia", "2").stdout.splitlines() == [
        "mia@4 is mia@2 again",
        "from e09 on mia@3 still holds where a shot list writes no version",
        "next: charforge lock mia",
    ]
    assert "mia@2 and mia@4 are the same" in charforge("diff", "mia", "2", "4").stdout
    assert "mia@4 is deleted" in charforge("versions", "mia", "--delete", "4").stdout
    assert re.fullmatch(
        r"locked 1 asset, \d+ files: mia@3; 2 more in the lock, as before\n", charforge("lock", "mia").stdout
    )
    assert "every file is as it was locked" in charforge("verify", "mia").stdout
    assert "did you mean mia?" in charforge("verify", "mai", code=2).stderr
    assert "--kind" in charforge("versions", "mia", "--kind", "person", code=2).stderr
    assert "hint: mia is a character" in charforge("versions", "mia", "--kind", "look", code=2).stderr


def test_a_change_is_found_without_reading_what_has_not_changed(
    root: Path, charforge: Run, result: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2; with --deep what is remembered is not believed."""
    monkeypatch.setattr("charforge.library.stamps._SETTLED_NS", -1)
    library.lock(root)
    (root / "library/characters/mia/voice/style.f32").write_bytes(b"x")
    assert [p["message"] for p in result("verify", code=2)] == ["mia: voice/style.f32 has changed since it was locked"]
    assert result("verify", "theo") == []
    stamps = root / ".charforge/library-stamps.json"
    known = json.loads(stamps.read_text())
    stamps.write_text(json.dumps({path: [*stamp[:4], "0" * 64] for path, stamp in known.items()}))
    assert len(result("verify", code=2)) >= len(known) > 5
    assert len(json.loads(charforge("verify", "--deep", "--json", code=2).stdout)) == 1
