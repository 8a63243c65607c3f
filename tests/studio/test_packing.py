"""A person packs a character of one film and unpacks it into another, from the command line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import library as assets
from charforge.backends.protocols import FaceBackend
from charforge.domain.assets import Reference
from charforge.errors import InputError, LockMismatch, StoreError
from charforge.events import silent
from charforge.runners import Toolbox
from charforge.studio import packing, wrapping
from charforge.weights import LocalHome

Command = Callable[..., subprocess.CompletedProcess[str]]
PILOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_face_models(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the judges' model files be missing, which saves loading them, but for tests that are about them."""
    if request.node.get_closest_marker("models") is None:
        monkeypatch.setenv("CHARFORGE_WEIGHTS", str(tmp_path / "no weights"))


@pytest.fixture
def root(episode: Path) -> Path:
    """Return the project's folder."""
    return episode.parents[1]


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_character_is_carried_into_another_film(root: Path, charforge: Command) -> None:
    """Packed, deleted, unpacked and locked, everything is as it was: the same takes are rendered, to the byte."""
    charforge("render", "shotlists/e01.yaml")
    library, blobs = tree(root / "library"), tree(root / ".charforge/blobs")
    assert "mia@" in charforge("pack", "mia", "-o", "mia.charpack").stdout
    shutil.rmtree(root / "library/characters/mia")
    shutil.rmtree(root / ".charforge")
    charforge("render", "shotlists/e01.yaml", code=2)
    assert "next: look it over, then: charforge lock mia" in charforge("unpack", "mia.charpack").stdout
    assets.lock(root / "library")
    assert tree(root / "library") == library
    charforge("render", "shotlists/e01.yaml")
    assert tree(root / ".charforge/blobs") == blobs


def test_inspect_shows_rows_for_people(charforge: Command) -> None:
    """Kind, versions, licence, release, files and signer stand one under the other."""
    charforge("pack", "mia", "-o", "mia.charpack", "--episode", "e01")
    shown = charforge("inspect", "mia.charpack").stdout.splitlines()
    labels = [line.split("  ")[0] for line in shown]
    assert labels[:2] == ["file", "character"]
    assert {"episode", "licence", "release", "files", "signed"} <= set(labels)
    assert "signed       by nobody" in shown


def test_a_pack_cannot_write_on_the_terminal(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a stranger wrote is shown without the characters that move cursors or turn text round."""
    from charforge.cli import tables_packs

    report = packing.pack(root, "mia", silent, to=root / "mia.charpack")
    about = report.manifest.about.changed(notes={"eyes": "brown\x1b[2J\u202e\x9b"})
    tables_packs.inspected(report.changed(manifest=report.manifest.changed(about=about)))
    shown = capsys.readouterr().out
    assert "brown\ufffd[2J\ufffd\ufffd" in shown
    assert not {"\x1b", "\u202e", "\x9b"} & set(shown)


def test_a_signed_pack_names_its_signer(root: Path, charforge: Command) -> None:
    """The trusted key is asked for at every door."""
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    for name in ("one", "two"):
        key = Ed25519PrivateKey.generate()
        (root / f"{name}.pem").write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
        public = key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
        (root / f"{name}.pub").write_bytes(public)
    charforge("pack", "theo", "-o", "theo.charpack", "--sign", "one.pem")
    assert "signed: by the key" in charforge("verify", "theo.charpack", "--trusted", "one.pub").stdout
    assert "not by the trusted key" in charforge("verify", "theo.charpack", "--trusted", "two.pub", code=2).stderr
    unsigned = packing.pack(root, "mia", silent, to=root / "mia.charpack").file
    for file, reason in ((root / "theo.charpack", "not by the trusted key"), (Path(unsigned), "is signed by nobody")):
        with pytest.raises(InputError, match=reason):
            packing.inspect(file, trusted=root / "two.pub")
        with pytest.raises(InputError, match=reason):
            packing.unpack(root, file, silent, trusted=root / "two.pub")


def test_an_episode_is_wrapped(root: Path, result: Callable[..., Any]) -> None:
    """Everybody in it is packed with the episode's name, twice with the same bytes; wrap.json lists each."""
    done = result("wrap", "e01")
    assert [pack["name"] for pack in done["packs"]] == ["mia", "theo"]
    folder = root / "build/wrap/e01"
    before = tree(folder)
    assert sorted(before) == ["mia.charpack", "theo.charpack", "wrap.json"]
    listed = json.loads(before["wrap.json"])
    assert listed["episode"] == "e01"
    assert {packing.inspect(folder / pack["file"]).manifest.episode for pack in listed["packs"]} == {"e01"}
    wrapping.wrap(root, "e01", silent)
    assert tree(folder) == before
    more = wrapping.wrap(root, "e01", silent, everything=True)
    assert [(pack.kind, pack.name, pack.used) for pack in more.packs] == [
        ("character", "mia", (1,)),
        ("character", "theo", (1,)),
        ("location", "cafe", (1,)),
    ]


def test_a_look_is_wrapped_with_everything(root: Path, episode: Path) -> None:
    """Without it the film could not be graded again."""
    look = root / "library/looks/dusk/look.yaml"
    look.parent.mkdir(parents=True)
    look.write_text("name: dusk\nrights: {licence: CC0-1.0}\nversions: [{id: 1, grain: 0.2}]\n")
    episode.write_text(episode.read_text("utf-8").replace("episode: e01\n", "episode: e01\nlook: dusk\n", 1), "utf-8")
    assets.lock(root / "library")
    made = wrapping.wrap(root, "e01", silent, everything=True)
    assert ("look", "dusk", (1,)) in {(pack.kind, pack.name, pack.used) for pack in made.packs}
    assert "look" not in {pack.kind for pack in wrapping.wrap(root, "e01", silent).packs}


def test_everything_is_packed_at_once(root: Path) -> None:
    """Each locked asset has a file of its own; two of one name have their kind in it."""
    shutil.copytree(root / "library/characters/theo", root / "library/characters/cup")
    text = (root / "library/characters/cup/character.yaml").read_text()
    (root / "library/characters/cup/character.yaml").write_text(text.replace("name: theo", "name: cup"))
    prop = root / "library/props/cup"
    prop.mkdir(parents=True, exist_ok=True)
    (prop / "prop.yaml").write_text("name: cup\nrights: {licence: CC0-1.0}\nversions: [{id: 1, references: []}]\n")
    lock = assets.lock(root / "library")
    made = packing.pack_all(root, silent)
    assert len(made) == len(lock.assets)
    names = {path.name for path in (root / "build/packs").iterdir()}
    assert names >= {"mia.charpack", "theo.charpack", "cup-character.charpack", "cup-prop.charpack"}
    with pytest.raises(InputError, match="more than one thing: character, prop"):
        packing.pack(root, "cup", silent)


def test_a_person_without_a_release_is_told_of_and_a_thing_is_not(root: Path) -> None:
    """Only a person has a likeness."""
    for path in (root / "library").rglob("*.yaml"):
        path.write_text(re.sub("release: [a-z-]+", "release: none", path.read_text("utf-8")), "utf-8")
    assets.lock(root / "library")
    made = {report.manifest.name: report.warnings for report in packing.pack_all(root, silent)}
    assert made["mia"] == ("mia: there is no likeness release (rights: release: none); ask before publishing",)
    assert made["cafe"] == ()


def test_no_other_zip_is_written_over(root: Path) -> None:
    """A zip of somebody's holidays stays; a pack, even a damaged one, is replaced."""
    file = root / "photos.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("beach.jpg", b"sand")
    before = file.read_bytes()
    with pytest.raises(InputError, match="is no pack"):
        packing.pack(root, "mia", silent, to=file)
    assert file.read_bytes() == before
    damaged = root / "mia.charpack"
    damaged.write_bytes(b"PK")
    packing.pack(root, "mia", silent, to=damaged)
    packing.pack(root, "mia", silent, to=damaged)
    assert packing.verify(damaged).manifest.name == "mia"


def test_a_library_that_is_only_shared_is_not_unpacked_into(root: Path) -> None:
    """Whoever owns it unpacks it there; a library of nobody's is written to."""
    made = packing.pack(root, "mia", silent, to=root / "mia.charpack")
    shared = root.parent / "shared"
    shared.mkdir()
    assets.lock(shared)
    with (root / "charforge.yaml").open("a") as settings:
        settings.write('libraries: ["../shared"]\n')
    with pytest.raises(InputError, match="only reads it") as caught:
        packing.unpack(root, Path(made.file), silent, library=root / "../shared")
    assert "--library" in caught.value.hint
    assert [path.name for path in shared.iterdir()] == ["library.lock"]
    assert not packing.unpack(root, Path(made.file), silent, library=root.parent / "new").already


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("mai", {}, "did you mean mia?"),
        ("mia@1", {}, "a pack holds every version of mia"),
        ("mia", {"to": "library/mia.charpack"}, "lies in a library"),
        ("mia", {"to": "shotlists/e01.yaml"}, "is there already, and is no pack"),
        ("mia", {"episode": "E 01"}, "is not an episode's name"),
        ("mia", {"kind": "prop"}, "has no prop 'mia'"),
        ("mia", {"key": "shotlists/e01.yaml"}, "holds no private key"),
    ],
)
def test_what_cannot_be_packed_is_told(root: Path, name: str, options: dict[str, Any], reason: str) -> None:
    """The reason and what to type; nothing is written."""
    before = tree(root)
    paths = {key: root / value if key in {"to", "key"} else value for key, value in options.items()}
    with pytest.raises(InputError) as caught:
        packing.pack(root, name, silent, **paths)
    assert reason in str(caught.value)
    assert caught.value.hint
    assert tree(root) == before


@pytest.mark.parametrize(
    ("file", "reason"),
    [("none.charpack", "cannot be read"), ("library", "is not a file"), ("shotlists/e01.yaml", "is no charpack")],
)
def test_what_is_no_pack_is_told(root: Path, file: str, reason: str) -> None:
    """Looked into, checked or unpacked."""
    for look in (packing.inspect, packing.verify, lambda path: packing.unpack(root, path, silent)):
        with pytest.raises(InputError, match=reason) as caught:
            look(root / file)
        assert caught.value.hint


def test_wrong_words_exit_with_two(charforge: Command) -> None:
    """So do a kind that is none and an episode that is not there."""
    assert "one of character, location, prop, look" in charforge("pack", "mia", "--kind", "person", code=2).stderr
    assert "only packs are signed" in charforge("verify", "--trusted", "key.pub", code=2).stderr
    assert "name one asset, or give --all" in charforge("pack", code=2).stderr
    assert "there is no episode 'e99'" in charforge("wrap", "e99", code=2).stderr


def test_a_changed_file_is_not_packed(root: Path) -> None:
    """The pack would not be the locked asset."""
    with (root / "library/characters/mia/character.yaml").open("a") as file:
        file.write("\n# changed\n")
    with pytest.raises(LockMismatch, match="has changed since it was locked") as caught:
        packing.pack(root, "mia", silent)
    assert "charforge lock" in caught.value.hint


def test_unpacking_into_a_new_library(root: Path) -> None:
    """A library that does not exist yet is made, outside of any project."""
    made = packing.pack(root, "mia", silent, to=root / "mia.charpack")
    done = packing.unpack(Path("/"), Path(made.file), silent, library=root / "shared", name="ada")
    assert (done.name, done.already) == ("ada", False)
    assert [a.name for a in assets.lock(root / "shared").assets] == ["ada"]


def test_a_library_that_cannot_be_written_is_told(root: Path) -> None:
    """A file stands where its folder is wanted; nothing is left beside it."""
    made = packing.pack(root, "mia", silent, to=root / "mia.charpack")
    (root / "shared").write_bytes(b"a file")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        packing.unpack(root, Path(made.file), silent, library=root / "shared")
    assert "a file stands where a folder is wanted" in caught.value.hint


@pytest.mark.models
def test_every_face_model_of_this_machine_sees_the_pictures(home: LocalHome, tmp_path: Path) -> None:
    """A pack of the pilot's Mia holds what both judges see, to the bit, each under its model's sha256."""
    shutil.copytree(PILOT / "library/characters/mia", tmp_path / "library/characters/mia")
    assets.record(tmp_path / "library", "mia", [Reference(file="headshot/front.png", step="headshot", turn=0.0)])
    assets.lock(tmp_path / "library")
    one, two = (packing.pack(tmp_path, "mia", silent, to=tmp_path / f"{n}.charpack") for n in "ab")
    assert Path(one.file).read_bytes() == Path(two.file).read_bytes()
    sface: FaceBackend = Toolbox(home).get("face", "sface")
    seen = {faces.model: faces for faces in one.manifest.embeddings}
    assert {faces.backend for faces in seen.values()} == {"sface", "dlib"}
    assert "headshot/front.png" in seen[sface.model].rows
    assert seen[sface.model].without == ()
