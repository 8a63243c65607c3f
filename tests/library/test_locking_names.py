"""Names are told when another disk would write them otherwise, with the name to use."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from conftest_library import build_library, write

from charforge import library
from charforge.errors import InputError
from charforge.library.folders import usable


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("The Cup", "the-cup"),
        ("zoé", "zoe"),
        (unicodedata.normalize("NFD", "zoé"), "zoe"),
        ("MIA", "mia"),
        ("mia/../theo", "mia-theo"),
        ("2nd_unit", "nd-unit"),
        ("Straße 7", "strae-7"),
        ("美亜", ""),
        (" - ", ""),
    ],
)
def test_any_text_has_a_name_to_use(name: str, better: str) -> None:
    """Accents go, other signs become hyphens; where nothing is left, nothing is guessed."""
    assert usable(name) == better


@pytest.mark.parametrize(
    ("name", "hint"),
    [("The Cup", "the-cup"), (unicodedata.normalize("NFD", "café"), "cafe"), ("Cup", "cup-2"), ("美亜", "coffee-shop")],
)
def test_a_folder_with_a_wrong_name_is_told_with_the_name_to_use(tmp_path: Path, name: str, hint: str) -> None:
    """Where the better name is taken, the next one is told."""
    root = build_library(tmp_path)
    write(root / "props" / name / "prop.yaml", b"name: cup\n")
    with pytest.raises(InputError) as caught:
        library.lock(root)
    (problem,) = caught.value.problems
    assert "is not an asset name" in problem.message
    assert problem.hint.endswith(f"such as {hint}")


def test_names_that_differ_in_capitals_are_told(tmp_path: Path) -> None:
    """Disks of Macs and Windows keep only one of them."""
    root = build_library(tmp_path)
    write(root / "props/cup/Inserts/coffee-shop-night.webp", b"x")
    write(root / "props/cup/inserts/Coffee-shop-night.webp", b"x")
    with pytest.raises(InputError) as caught:
        library.lock(root)
    assert ["differ only in capitals" in p.message for p in caught.value.problems] == [True, True]


def test_a_name_with_separate_accents_is_told(tmp_path: Path) -> None:
    """A name copied from an old Mac looks right and is found by nobody."""
    root = build_library(tmp_path)
    write(root / "props/cup/inserts" / unicodedata.normalize("NFD", "tür.webp"), b"x")
    with pytest.raises(InputError) as caught:
        library.lock(root)
    (problem,) = caught.value.problems
    assert "separate accents (NFD)" in problem.message
    assert unicodedata.normalize("NFC", "inserts/tür.webp") in problem.hint


def test_the_same_name_in_both_forms_is_told(tmp_path: Path) -> None:
    """Two names that look the same are one on many disks."""
    root = build_library(tmp_path)
    for form in ("NFC", "NFD"):
        write(root / "props/cup/inserts" / unicodedata.normalize(form, "tür.webp"), form.encode())
    with pytest.raises(InputError, match="how accents are written"):
        library.lock(root)


def test_a_file_written_with_other_capitals_is_told_with_the_nearest(tmp_path: Path) -> None:
    """What the YAML names must be what lies there, letter by letter."""
    root = build_library(tmp_path)
    file = root / "props/cup/prop.yaml"
    file.write_text(file.read_text().replace("inserts/coffee", "inserts/Coffee"))
    with pytest.raises(InputError) as caught:
        library.lock(root)
    assert caught.value.problems[0].hint == "did you mean inserts/coffee-shop-night.webp?"


def test_a_reference_that_is_never_locked_is_told(tmp_path: Path) -> None:
    """What an editor leaves behind is no part of an asset, even where it is listed."""
    root = build_library(tmp_path)
    file = root / "props/cup/prop.yaml"
    file.write_text(file.read_text().replace("night.webp", "night.webp~"))
    write(root / "props/cup/inserts/coffee-shop-night.webp~", b"x")
    library.lock(root)
    with pytest.raises(InputError, match="is no file of the asset"):
        library.refuse_unsound(library.load(root), ("prop", "cup"))


def test_names_with_spaces_and_accents_are_locked(tmp_path: Path) -> None:
    """Files may be called anything that every disk writes the same way."""
    root = build_library(tmp_path)
    write(root / "props/cup/inserts/die Tür, 2. Versuch.webp", b"x")
    assert "inserts/die Tür, 2. Versuch.webp" in library.lock(root).assets[-1].files
