"""What was accepted is written into a character's file."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest_library import build_library, write

from charforge import library
from charforge.domain.assets import Fit, Reference
from charforge.errors import InputError

FRONT = Reference(file="headshot/front.png", step="headshot", turn=0.0, expression="neutral", score=1.0)
LEFT = Reference(file="angles/left25.png", step="angle", turn=-25.0, made_from="headshot/front.png", score=0.7345678)
BODY = Reference(
    file="body/navy.webp",
    step="body",
    wardrobe="navy",
    reach="waist",
    fit=Fit(chin_x=0.5, chin_y=0.3, face=0.155, collar=0.335),
)


def test_a_new_character_is_written_and_can_be_locked(tmp_path: Path) -> None:
    """From a headshot to a loaded character, with references, rig and voice."""
    folder = tmp_path / "characters" / "ann"
    for name in ("headshot/front.png", "angles/left25.png", "body/navy.webp", "rig/ann.npz", "voice/ann.f32"):
        write(folder / name, name.encode())
    library.record(tmp_path, "ann", [FRONT])
    library.record(
        tmp_path, "ann", [LEFT, BODY], rig="rig/ann.npz", voice={"engine": "kokoro", "style": "voice/ann.f32"}
    )
    library.lock(tmp_path)
    ann = library.load(tmp_path).character("ann")
    assert ann is not None
    bare = [r.model_copy(update={"digest": None}) for r in ann.references]
    assert bare == [FRONT, LEFT.model_copy(update={"score": 0.734568}), BODY]
    assert ann.primary == ann.references[0].digest
    assert ann.rig is not None
    assert ann.voice is not None


def test_a_file_that_is_listed_already_is_replaced_in_its_place(tmp_path: Path) -> None:
    """Recording again changes an entry instead of adding one, and keeps everything else."""
    root = build_library(tmp_path)
    changed = Reference(file="headshot/burnt.png", step="headshot", turn=0.0, expression="sad")
    file = library.record(root, "mia", [changed])
    library.lock(root)
    loaded = library.load(root)
    first, second = loaded.character("mia", 1), loaded.character("mia", 2)
    assert first is not None
    assert second is not None
    assert [r.expression for r in second.references if r.file == "headshot/burnt.png"] == ["sad"]
    assert first.notes["permanent"] == ("scar-left-brow",)
    assert file.read_text().count("burnt.png") == 1


def test_recording_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    """A rebuild of the library shows no difference where nothing differs."""
    root = build_library(tmp_path)
    before = library.record(root, "theo", [FRONT]).read_bytes()
    assert library.record(root, "theo", [FRONT]).read_bytes() == before


def test_a_wrong_file_is_not_written_over(tmp_path: Path) -> None:
    """What a person wrote wrongly is theirs to correct."""
    root = build_library(tmp_path)
    write(root / "characters/mia/character.yaml", b"name: mia\nversions: 1\n")
    with pytest.raises(InputError, match="a list is wanted"):
        library.record(root, "mia", [FRONT])
    assert (root / "characters/mia/character.yaml").read_bytes() == b"name: mia\nversions: 1\n"


@pytest.mark.parametrize(
    "reference", [Reference(file="../x.png", step="angle"), Reference(file="x", step="angle", turn=999)]
)
def test_what_would_make_the_file_wrong_is_refused(tmp_path: Path, reference: Reference) -> None:
    """A reference that could not be read back is not written."""
    with pytest.raises(InputError, match="would become wrong"):
        library.record(tmp_path, "ann", [FRONT, reference])
    assert not (tmp_path / "characters").exists()


def test_a_wrong_name_is_refused(tmp_path: Path) -> None:
    """A character's name is checked before its folder is made."""
    with pytest.raises(InputError, match="not an asset name"):
        library.record(tmp_path, "../Ann", [FRONT])


def test_what_a_character_says_of_its_voice_is_read_as_written(tmp_path: Path) -> None:
    """So that a new voice can keep what was said beside it; who is not there is told with the nearest name."""
    root = build_library(tmp_path)
    assert library.written_voice(root, "mia")["speed"] == "0.95"
    library.record(root, "ann", [FRONT])
    assert library.written_voice(root, "ann") == {}
    with pytest.raises(InputError, match="did you mean theo"):
        library.written_voice(root, "teo")
    with pytest.raises(InputError, match="no character"):
        library.written_voice(root, "../mia")
