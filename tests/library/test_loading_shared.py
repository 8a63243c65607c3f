"""Several libraries in order: the project's own first, shared ones only read."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest_library import build_library, digest_of, locked_library, write

from charforge import library
from charforge.domain.assets import Reference
from charforge.errors import InputError, LockMismatch

FRONT = Reference(file="headshot/front.png", step="headshot", turn=0.0)


@pytest.fixture
def libraries(tmp_path: Path) -> dict[str, Path]:
    """Return the project's own library, with a mia of its own and ann, and the tiny one as a shared one."""
    own = tmp_path / "film/library"
    for name in ("ann", "mia"):
        write(own / "characters" / name / "headshot/front.png", f"own {name}".encode())
        library.record(own, name, [FRONT])
    library.lock(own)
    return {"library": own, "~/shared": locked_library(tmp_path / "shared")[0]}


def test_assets_come_from_the_first_library_that_has_them(libraries: dict[str, Path]) -> None:
    """The project's own mia is used at all her versions; everything else is added."""
    loaded = library.load(libraries)
    assert {(c.id, c.library) for c in loaded.characters} == {
        ("ann@1", "library"),
        ("mia@1", "library"),
        ("theo@1", "~/shared"),
    }
    assert [p.library for p in loaded.props] == ["~/shared"]


def test_digests_of_every_library_are_found(libraries: dict[str, Path]) -> None:
    """Each leads to a file with these bytes."""
    found = library.located(libraries)
    assert all(digest_of(path) == digest for digest, path in found.items())
    assert {root for path in found.values() for root in libraries.values() if path.is_relative_to(root)} == set(
        libraries.values()
    )


def test_what_is_hidden_is_told(libraries: dict[str, Path]) -> None:
    """A shared asset that the project has its own of."""
    (told,) = library.hidden(libraries)
    assert str(told) == "mia: the character of library is used, not the one of ~/shared"


def test_a_kind_of_its_own_hides_nothing(libraries: dict[str, Path]) -> None:
    """A prop called theo is no character."""
    own = libraries["library"]
    write(own / "props/theo/prop.yaml", b"name: theo\nrights: {licence: x}\nversions: [{id: 1}]\n")
    library.lock(own)
    assert len(library.hidden(libraries)) == 1
    assert library.folder_of(libraries, "character", "theo") == (
        "~/shared",
        libraries["~/shared"] / "characters/theo",
    )
    assert library.folder_of(libraries, "prop", "ann") is None


def test_what_an_owner_has_not_locked_yet_is_not_there(libraries: dict[str, Path]) -> None:
    """Somebody builds a character in the shared library, and no film stops for it."""
    write(libraries["~/shared"] / "characters/zoe/headshot/front.png", b"half built")
    assert library.load(libraries).character("zoe") is None


def test_a_changed_shared_file_is_told_as_its_owners(libraries: dict[str, Path]) -> None:
    """To lock it from here would be wrong."""
    write(libraries["~/shared"] / "characters/theo/voice/theo.f32", b"x")
    with pytest.raises(LockMismatch, match=r"theo: voice/theo\.f32 has changed") as caught:
        library.refuse_unsound(library.load(libraries), ("character", "theo"))
    assert all("owner" in p.hint for p in caught.value.problems)
    assert "charforge lock" not in caught.value.hint


def test_a_shared_library_that_is_not_locked_is_told(libraries: dict[str, Path]) -> None:
    """With who must lock it."""
    (libraries["~/shared"] / "library.lock").unlink()
    with pytest.raises(InputError, match="not locked") as caught:
        library.load(libraries)
    assert "~/shared is shared: its owner locks it" in caught.value.hint


def test_nothing_is_written_into_a_shared_library(libraries: dict[str, Path], tmp_path: Path) -> None:
    """It may be on a read-only disk."""
    shared = libraries["~/shared"]
    before = {p: p.stat().st_mtime_ns for p in (shared, *shared.rglob("*"))}
    library.load(libraries, stamps=tmp_path / "stamps.json")
    library.verify(shared, shared=True, deep=True, stamps=tmp_path / "stamps.json")
    assert {p: p.stat().st_mtime_ns for p in (shared, *shared.rglob("*"))} == before


def test_one_folder_alone_is_loaded_as_before(tmp_path: Path) -> None:
    """A single library needs no name."""
    root = build_library(tmp_path)
    library.lock(root)
    assert {c.library for c in library.load(root).characters} == {""}
