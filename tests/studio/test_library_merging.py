"""Two pictures of a character become one identity, and what that does to the scores is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from headshots import MASTERS
from typer.testing import CliRunner

from charforge import imaging
from charforge import library as assets
from charforge.cli.app import app
from charforge.domain.assets import Reference
from charforge.errors import InputError
from charforge.studio import library, merging
from charforge.studio.check import load_library
from charforge.studio.judge import judge
from charforge.studio.project import find

Run = Callable[..., Any]
SHARES = (("headshot/front.png", 3.0), ("angles/side.png", 1.0))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with mia, an angle of hers and a picture without a face."""
    folder = tmp_path / "library/characters/mia"
    front = imaging.decode(MASTERS["mia"])
    pictures = {"headshot/front.png": front, "angles/side.png": front[:, ::-1], "body/coat.png": front[:40, :40]}
    for name, pixels in pictures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(imaging.encode_png(pixels))
    steps = ("headshot", "angle", "body")
    references = [Reference(file=name, step=step) for name, step in zip(pictures, steps, strict=True)]  # type: ignore[arg-type]
    assets.record(tmp_path / "library", "mia", references)
    (folder / "notes.txt").write_text("x")
    assets.lock(tmp_path / "library")
    return tmp_path


def digest(root: Path, name: str) -> str:
    """Return the sha256 of a file of mia's."""
    return hashlib.sha256((root / "library/characters/mia" / name).read_bytes()).hexdigest()


@pytest.mark.models
def test_a_merge_is_written_used_and_undone(root: Path) -> None:
    """The picture that is drawn from stays; the scores move towards what was merged in, and back."""
    done = merging.merge(root, "mia", SHARES)
    assert done.merge == (("headshot/front.png", 0.75), ("angles/side.png", 0.25))
    assert [row.file for row in done.references] == ["headshot/front.png", "angles/side.png"]
    assert done.without_face == ("body/coat.png",)
    front, side = done.references
    for eye in (0, 1):
        assert front.before[eye] == pytest.approx(1, abs=1e-3)
        assert front.after[eye] < front.before[eye]
        assert side.after[eye] > side.before[eye]
    library.lock(root)
    mia = load_library(find(root)).character("mia")
    assert mia is not None
    assert mia.primary == digest(root, "headshot/front.png")
    assert [(s.digest, s.weight) for s in mia.merge] == [(digest(root, name), weight) for name, weight in SHARES]
    (row,) = judge(root, [root / "library/characters/mia/headshot/front.png"], ("mia",))
    assert row.verdict.scores[0].value == pytest.approx(front.after[0], abs=1e-4)
    back = merging.undo(root, "mia")
    assert back.references[0].after == pytest.approx(front.before)
    assert "merge" not in (root / "library/characters/mia/character.yaml").read_text()
    with pytest.raises(InputError, match="mia is not merged"):
        merging.undo(root, "mia")


@pytest.mark.models
def test_trying_a_merge_writes_nothing(root: Path) -> None:
    """The scores are the same as those of the merge."""
    before = (root / "library/characters/mia/character.yaml").read_bytes()
    tried = merging.merge(root, "mia", SHARES, write=False)
    assert not tried.written
    assert (root / "library/characters/mia/character.yaml").read_bytes() == before
    assert merging.merge(root, "mia", SHARES).references == tried.references


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((("headshot/front.png", 1.0),), "two or more different pictures"),
        ((("headshot/front.png", 1.0), ("headshot/front.png", 2.0)), "two or more different pictures"),
        ((("headshot/front.png", 1.0), ("angles/sode.png", 1.0)), "mia has no file angles/sode.png"),
        ((("headshot/front.png", 1.0), ("notes.txt", 1.0)), "notes.txt is no picture"),
        ((("headshot/front.png", 1.0), ("angles/side.png", 0.0)), "0 is no weight"),
    ],
)
def test_what_cannot_be_merged_is_refused(root: Path, shares: tuple[tuple[str, float], ...], words: str) -> None:
    """Before any model is loaded."""
    with pytest.raises(InputError) as caught:
        merging.merge(root, "mia", shares)
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("words", [[], ["front.png"], ["front.png=x"], ["=1"], ["a=1", "--undo"], ["a=1e9999", "b=1"]])
def test_a_merge_written_wrongly_is_told(root: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, and how it is written."""
    monkeypatch.chdir(root)
    told = CliRunner().invoke(app, ["library", "merge", "mia", *words])
    assert told.exit_code == 2
    assert "FILE=WEIGHT" in told.output


@pytest.mark.models
def test_a_version_with_a_face_of_its_own_is_not_merged_beside_it(root: Path) -> None:
    """The merge of the character would change no score of the newest version, so it is not written."""
    file = root / "library/characters/mia/character.yaml"
    own = "\n  - id: 2\n    extends: 1\n    embedding: {primary: angles/side.png}\n"
    file.write_text(file.read_text("utf-8").rstrip() + own, "utf-8")
    before = file.read_bytes()
    for refused in (lambda: merging.merge(root, "mia", SHARES), lambda: merging.undo(root, "mia")):
        with pytest.raises(InputError, match="mia@2 has a face of its own") as caught:
            refused()
        assert "of version 2, in" in caught.value.hint
    assert file.read_bytes() == before


def test_a_picture_without_a_face_is_refused(root: Path) -> None:
    """And nothing is written."""
    with pytest.raises(InputError, match="no face is found"):
        merging.merge(root, "mia", (SHARES[0], ("body/coat.png", 1.0)))
    assert "merge" not in (root / "library/characters/mia/character.yaml").read_text()
