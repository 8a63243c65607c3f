"""Photographs, references and whole casts are checked, and what is said of them is just."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import pytest
from headshots import CHARACTERS, MASTERS, master
from typer.testing import CliRunner

from charforge import imaging, library
from charforge.cli.library import app
from charforge.domain.assets import Fit, Origin, Reference
from charforge.errors import InputError
from charforge.studio import checking
from charforge.studio.project import find
from charforge.weights import LocalHome

pytestmark = pytest.mark.models
HEADSHOT = Reference(file="headshot/front.png", step="headshot", turn=0.0)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, home: LocalHome) -> Path:
    """Return a project with mia, her mirror image tess, theo, a stranger among mia's references, and nothing locked."""
    root = tmp_path_factory.mktemp("cast")
    (root / "charforge.yaml").write_text("offline: true\nthreads: 1\n")
    for name, pixels in (("mia", master("mia")), ("tess", master("mia")[:, ::-1]), ("theo", master("theo"))):
        folder = root / "library" / "characters" / name
        (folder / "headshot").mkdir(parents=True)
        (folder / HEADSHOT.file).write_bytes(imaging.encode_png(pixels.copy()))
        library.record(root / "library", name, (HEADSHOT,))
    mia = root / "library" / "characters" / "mia"
    for source in ("angles/left25.webp", "body/navy-0.webp"):
        (mia / source).parent.mkdir()
        shutil.copy(CHARACTERS / "mia" / source, mia / source)
    shutil.copy(MASTERS["theo"], mia / "angles" / "stranger.png")
    fit = Fit(chin_x=0.5, chin_y=0.08, face=0.18, collar=0.11)
    library.record(
        root / "library",
        "mia",
        (
            Reference(file="angles/left25.webp", step="angle", turn=-23.0, made_from=HEADSHOT.file),
            Reference(file="angles/stranger.png", step="angle", turn=0.0, origin=Origin(original="originals/s.png")),
            Reference(file="body/navy-0.webp", step="body", wardrobe="navy", fit=fit),
        ),
    )
    return root


@pytest.fixture(scope="module")
def mia(project: Path) -> checking.CheckedAsset:
    """Return what is said of mia."""
    return checking.check_asset(project, "mia")


def test_every_reference_is_checked_by_its_own_step(mia: checking.CheckedAsset) -> None:
    """A headshot is checked as one, an angle about its turn, a headless body as a thing."""
    seen = {checked.file: checked for checked in mia.references}
    assert {file: checked.step for file, checked in seen.items()} == {
        "headshot/front.png": "headshot",
        "angles/left25.webp": "angle",
        "angles/stranger.png": "angle",
        "body/navy-0.webp": "picture",
    }
    assert seen["headshot/front.png"].ok
    assert seen["angles/left25.webp"].rule("wanted-turn") is not None
    assert [rule.name for rule in seen["body/navy-0.webp"].rules] == ["size"]


def test_somebody_else_among_the_references_is_found_by_both_judges(mia: checking.CheckedAsset) -> None:
    """Identity is taken against the master, with the bar of the pose; the right person passes."""
    seen = {checked.file: checked for checked in mia.references}
    for file, outcome in (("angles/left25.webp", "ok"), ("angles/stranger.png", "fail")):
        found = [seen[file].rule(name) for name in ("identity", "identity-second")]
        assert [rule and rule.outcome for rule in found] == [outcome, outcome]
    assert not mia.ok


def test_two_who_look_alike_are_named_with_the_number(project: Path, mia: checking.CheckedAsset) -> None:
    """A mirror image is the same person to the judge; theo is nobody's double."""
    (pair,) = checking.lookalikes(find(project))
    assert (pair.one, pair.other) == ("mia", "tess")
    assert pair.value > pair.limit
    assert mia.alike == (pair,)
    assert checking.lookalikes(find(project), "theo") == ()


def test_a_character_without_a_master_to_be_seen_is_left_out(project: Path, tmp_path: Path) -> None:
    """A half-made character keeps nobody from being told apart."""
    root = tmp_path / "film"
    shutil.copytree(project, root)
    broken = root / "library" / "characters" / "theo" / "headshot" / "front.png"
    broken.write_bytes(imaging.encode_png(master("theo")[:100, :100].copy()))
    assert [(pair.one, pair.other) for pair in checking.lookalikes(find(root))] == [("mia", "tess")]


def test_a_broken_master_and_a_broken_file_are_told_by_their_own_rules(project: Path, tmp_path: Path) -> None:
    """Nothing is scored against a master without a face, and a damaged reference hides no other."""
    root = tmp_path / "film"
    shutil.copytree(project, root)
    mia = root / "library" / "characters" / "mia"
    (mia / "headshot" / "front.png").write_bytes(imaging.encode_png(master("mia")[:100, :100].copy()))
    (mia / "angles" / "left25.webp").write_bytes(b"RIFF")
    told = {checked.file: checked for checked in checking.check_asset(root, "mia").references}
    assert "one-face" in {rule.name for rule in told["headshot/front.png"].failed()}
    assert [rule.name for rule in told["angles/left25.webp"].failed()] == ["readable"]
    assert told["angles/stranger.png"].rule("identity") is None


def test_a_photograph_is_checked_outside_any_project(tmp_path: Path, home: LocalHome) -> None:
    """A picture needs no library; its file is read as a photograph is."""
    photo = tmp_path / "mia.jpg"
    data = cv2.imencode(".jpg", master("mia")[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 30])[1].tobytes()
    photo.write_bytes(data)
    report = checking.check(tmp_path, [str(photo)], "headshot")
    assert report.photos[0].file == str(photo)
    assert {rule.name for rule in report.photos[0].warned()} >= {"compression"}


def test_one_unreadable_photograph_does_not_stop_the_others(tmp_path: Path, home: LocalHome) -> None:
    """Among several it fails by itself; alone it is an error with a hint."""
    shutil.copy(MASTERS["mia"], tmp_path / "a.png")
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    (tmp_path / "c.png").write_text("not a picture")
    first, last = checking.check(tmp_path, [str(tmp_path)], "headshot").photos
    assert last.rules[0].name == "readable"
    assert "not a picture" in last.rules[0].fix
    assert first.rule("one-face") is not None
    with pytest.raises(InputError, match="HEIC") as refused:
        checking.check(tmp_path, [str(tmp_path / "b.heic")], "headshot")
    assert "JPEG" in refused.value.hint


@pytest.mark.parametrize(
    ("what", "message", "hint"),
    [
        ("maia", "neither a file nor an asset", "did you mean mia"),
        ("maia.png", "no such file", "check the path"),
        ("quite-another", "neither a file nor an asset", "assets: mia, tess, theo"),
    ],
)
def test_what_is_not_there_is_told(what: str, message: str, hint: str, project: Path) -> None:
    """A name that is none gets a suggestion, a file that is none its path."""
    with pytest.raises(InputError, match=message) as refused:
        checking.check(project, [what], "headshot")
    assert hint in str(refused.value)


def test_the_command_fails_where_a_rule_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: LocalHome) -> None:
    """Every rule stands in the table with its number, and the exit code says whether one fails."""
    small = cv2.resize(master("mia"), (300, 300), interpolation=cv2.INTER_AREA)
    (tmp_path / "small.png").write_bytes(imaging.encode_png(small))
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["check", "small.png"])
    assert told.exit_code == 1
    assert "300 px" in told.stdout
    assert "give a larger picture" in told.stdout
    as_json = CliRunner().invoke(app, ["check", "small.png", "--json"])
    rules = json.loads(as_json.stdout)["photos"][0]["rules"]
    assert next(r for r in rules if r["name"] == "size") == {
        "name": "size",
        "outcome": "fail",
        "number": 300.0,
        "unit": "px",
        "limit": "at least 1024, refused under 512",
        "fix": "give a larger picture, or the original file rather than a copy from a chat or a web page",
    }
