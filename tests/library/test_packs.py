"""A locked asset goes into one file and comes out as it was; the same asset gives the same bytes."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest_library import build_library, locked_library, write
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_samples import checked, nothing, opened, packed, parts_of, tree, unpacked

from charforge import library
from charforge.errors import InputError, LockMismatch, StoreError
from charforge.library import packs
from charforge.library.packs.naming import clashes, wrong_name

MODEL = "ab" * 32
VECTORS = {"headshot/front.png": np.array([1, 2, 3], np.float32), "angles/left25.png": np.array([4, 5, 6], np.float32)}
FACES = packs.Faces(MODEL, "sface", "Apache-2.0", VECTORS, ("headshot/burnt.png",))

PROP = """\
name: box
rights: {licence: CC0-1.0, release: own-work}
versions: [{id: 1, references: []}]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tiny locked library."""
    return locked_library(tmp_path / "library")[0]


@pytest.fixture
def mia(root: Path, tmp_path: Path) -> bytes:
    """Return Mia's pack, with embeddings."""
    return packed(root, "character", "mia", tmp_path / "mia.charpack", faces=[FACES], episode="e01").read_bytes()


def test_packed_twice_the_bytes_are_the_same(mia: bytes, root: Path, tmp_path: Path) -> None:
    """Neither the clock nor the files' times are in a pack."""
    for path in root.rglob("*"):
        os.utime(path, (1, 1))
    again = packed(root, "character", "mia", tmp_path / "again.charpack", faces=[FACES], episode="e01")
    assert again.read_bytes() == mia


def test_an_asset_comes_out_as_it_went_in(mia: bytes, root: Path, tmp_path: Path) -> None:
    """Every file of the folder is there again, byte for byte, and nothing else."""
    done = unpacked(mia, tmp_path / "other")
    assert done == packs.Unpacked(tmp_path / "other/characters/mia", already=False)
    assert tree(done.folder) == tree(root / "characters/mia")
    assert library.lock(tmp_path / "other").assets == library.read_lock(root).assets[:1]


def test_other_tools_read_a_pack(mia: bytes) -> None:
    """It is a plain zip: stored, in 1980, without extra fields, the manifest first."""
    with zipfile.ZipFile(io.BytesIO(mia)) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
    assert [i.filename for i in infos[:2]] == ["manifest.json", f"embeddings/{MODEL}.f32"]
    assert [i.filename for i in infos[2:]] == sorted(i.filename for i in infos[2:])
    told = {(i.compress_type, i.date_time, i.extra, i.external_attr >> 16) for i in infos}
    assert told == {(zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), b"", 0o100644)}


def test_the_bytes_are_those_that_the_page_describes(tmp_path: Path) -> None:
    """A pack written from docs/pack.md alone is the one that charforge writes."""
    root = tmp_path / "library"
    write(root / "props/box/prop.yaml", PROP.encode())
    library.lock(root)
    made = packed(root, "prop", "box", tmp_path / "box.charpack").read_bytes()
    page = (Path(__file__).parents[2] / "docs/pack.md").read_text("utf-8")
    shown = re.search(r"```text\n(?P<dump>50 4b 03 04.*?)```", page, re.DOTALL)
    assert shown is not None
    lines = [line.split("  ")[0] for line in shown["dump"].splitlines()]
    assert bytes.fromhex("".join(lines)) == made


def test_the_manifest_tells_what_is_in_the_pack(mia: bytes) -> None:
    """Versions, rights, voice and embeddings can be read without the other files."""
    manifest = opened(mia).manifest
    assert (manifest.charpack, manifest.kind, manifest.name, manifest.version) == (1, "character", "mia", 2)
    assert manifest.episode == "e01"
    assert [(v.id, v.extends, v.state) for v in manifest.about.versions] == [
        (1, None, "default"),
        (2, 1, "after-the-fire"),
    ]
    assert manifest.about.rights.release == "synthetic"
    assert manifest.about.voice is not None
    assert manifest.about.voice.sample == "voice/sample.wav"
    assert manifest.about.notes["permanent"] == ("scar-left-brow",)


def test_embeddings_are_rows_of_plain_numbers(mia: bytes) -> None:
    """Each row is a picture's, in the order of the manifest, as little-endian float32."""
    faces = opened(mia).manifest.embeddings[0]
    data = dict(parts_of(mia))[faces.entry]
    assert (faces.rows, faces.dimension) == (("angles/left25.png", "headshot/front.png"), 3)
    assert struct.unpack("<6f", data) == (4, 5, 6, 1, 2, 3)
    assert faces.without == ("headshot/burnt.png",)


def test_merge_prompts_and_loras_are_told(root: Path, tmp_path: Path) -> None:
    """What a character's file says of them stands in the manifest."""
    file = root / "characters/mia/character.yaml"
    text = file.read_text().replace(
        "embedding: {primary: headshot/front.png}",
        "embedding: {merge: [[headshot/front.png, 0.7], [headshot/burnt.png, 0.3]]}\n"
        "loras: [{file: lora/mia.safetensors, base: sdxl, trigger: mia woman}]\n"
        "prompts: [{text: a scar over the left brow, model: sdxl, date: 2026-03-01}]",
    )
    file.write_text(text)
    write(root / "characters/mia/lora/mia.safetensors", b"numbers")
    library.lock(root)
    about = checked(packed(root, "character", "mia", tmp_path / "x.charpack").read_bytes()).manifest.about
    assert about.merge == (("headshot/front.png", 0.7), ("headshot/burnt.png", 0.3))
    assert [(lora.base, lora.trigger) for lora in about.loras] == [("sdxl", "mia woman")]
    assert [(note.model, note.date) for note in about.prompts] == [("sdxl", "2026-03-01")]


@pytest.mark.parametrize(("kind", "name"), [("location", "coffee-shop"), ("prop", "cup"), ("character", "theo")])
def test_every_kind_packs(root: Path, tmp_path: Path, kind: Any, name: str) -> None:
    """Places and things travel as people do."""
    data = packed(root, kind, name, tmp_path / "x.charpack").read_bytes()
    assert tree(unpacked(data, tmp_path / "other").folder) == tree(root / f"{kind}s" / name)


def test_scripts_are_named(root: Path, tmp_path: Path) -> None:
    """A set's script runs when it is rendered, so whoever takes it in is told."""
    data = packed(root, "location", "coffee-shop", tmp_path / "x.charpack").read_bytes()
    assert packs.scripts(opened(data)) == ("set/scene.py",)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: write(folder / "set/scene.py", b"locations/coffee-shop/set/SCENE.py"), "has changed"),
        (lambda folder: (folder / "set/scene.py").unlink(), "is missing"),
        (lambda folder: write(folder / "extra.txt", b"x"), "is extra"),
    ],
)
def test_only_what_is_locked_is_packed(root: Path, tmp_path: Path, spoil: Any, reason: str) -> None:
    """A changed, missing or extra file is refused with the command that accepts it; the old pack stays."""
    target = packed(root, "location", "coffee-shop", tmp_path / "packs/shop.charpack")
    before = target.read_bytes()
    spoil(root / "locations/coffee-shop")
    with pytest.raises(LockMismatch, match=reason) as caught:
        packed(root, "location", "coffee-shop", target)
    assert "charforge lock" in caught.value.hint
    assert tree(target.parent) == {"shop.charpack": before}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\\b.png", "not every system allows"),
        ("COM1.png", "device on Windows"),
        (".hidden", "begins with a dot"),
        ("old.pkl", "is a pickle"),
    ],
)
def test_what_could_not_be_unpacked_everywhere_is_not_packed(
    root: Path, tmp_path: Path, name: str, reason: str
) -> None:
    """Names that another system would refuse or mix up, and pickles, are found before anything is written."""
    write(root / "characters/mia" / name, b"x")
    library.lock(root)
    with pytest.raises(InputError, match=re.escape(reason)) as caught:
        packed(root, "character", "mia", tmp_path / "packs/mia.charpack")
    assert caught.value.hint
    assert not list((tmp_path / "packs").glob("*"))


def test_a_pack_that_cannot_be_written_leaves_nothing(root: Path, tmp_path: Path) -> None:
    """A file where a folder is wanted is told of, with what to do."""
    write(tmp_path / "packs", b"a file")
    with pytest.raises(StoreError, match="cannot be written"):
        packed(root, "character", "mia", tmp_path / "packs/mia.charpack")


def test_the_same_asset_is_already_here(mia: bytes, root: Path) -> None:
    """Unpacking over the same files writes nothing."""
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert unpacked(mia, root).already
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before | {
        root / "characters": (root / "characters").stat().st_mtime_ns
    }


def test_another_asset_of_the_name_is_not_replaced(mia: bytes, root: Path) -> None:
    """A difference is told, with how to keep both; with force the packed one takes its place."""
    write(root / "characters/mia/headshot/front.png", b"somebody else")
    before = tree(root)
    with pytest.raises(InputError, match=r"differs in headshot/front\.png") as caught:
        unpacked(mia, root)
    assert "--as NAME" in caught.value.hint
    assert tree(root) == before
    assert not unpacked(mia, root, force=True).already
    assert (root / "characters/mia/headshot/front.png").read_bytes() == b"characters/mia/headshot/front.png"
    assert not list(root.glob("*/.*"))


@pytest.mark.parametrize("when", [1, 2])
def test_an_interrupt_loses_no_asset(mia: bytes, root: Path, monkeypatch: pytest.MonkeyPatch, when: int) -> None:
    """Ctrl-C after the old asset was put aside, or after the new one was put in its place, leaves one of them whole."""
    write(root / "characters/mia/headshot/front.png", b"somebody else")
    before = tree(root)
    rename, seen = Path.rename, []

    def interrupted(path: Path, to: Path) -> Path:
        made = rename(path, to)
        if not seen.append(to) and len(seen) == when:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        unpacked(mia, root, force=True)
    assert (tree(root) == before) is (when == 1)
    assert (root / "characters/mia/character.yaml").is_file()
    assert not list(root.glob("*/.*"))


def test_what_is_no_asset_is_not_replaced_either(mia: bytes, root: Path) -> None:
    """A file or a link that leads nowhere stays where it is, an empty folder is filled."""
    other = root.parent / "other"
    write(other / "characters/mia", b"a file")
    with pytest.raises(InputError, match="is not a folder") as caught:
        unpacked(mia, other, force=True)
    assert caught.value.hint == "move it away"
    assert tree(other) == {"characters/mia": b"a file"}
    (other / "characters/ada").symlink_to("nowhere")
    with pytest.raises(InputError, match="is not a folder"):
        unpacked(mia, other, name="ada", force=True)
    (other / "characters/eve").mkdir()
    assert not unpacked(mia, other, name="eve").already


@pytest.mark.parametrize("first", ["name: box", "name: 'box'  # a comment", 'name: "box"'])
def test_an_asset_can_be_given_another_name(tmp_path: Path, first: str) -> None:
    """Its file says the new name, and the rest of it stays as it was written."""
    write(tmp_path / "library/props/box/prop.yaml", PROP.replace("name: box", first).encode())
    library.lock(tmp_path / "library")
    data = packed(tmp_path / "library", "prop", "box", tmp_path / "x.charpack").read_bytes()
    done = unpacked(data, tmp_path / "library", name="crate")
    text = (done.folder / "prop.yaml").read_text()
    assert text.splitlines()[0].startswith("name: crate")
    assert text.splitlines()[1:] == PROP.splitlines()[1:]
    assert unpacked(data, tmp_path / "library", name="crate").already


def test_a_file_in_one_line_can_be_given_another_name(tmp_path: Path) -> None:
    """Where the name stands within a flow mapping, the file is written anew."""
    text = "{name: box, rights: {licence: CC0-1.0}, versions: [{id: 1}]}\n"
    write(tmp_path / "library/props/box/prop.yaml", text.encode())
    library.lock(tmp_path / "library")
    data = packed(tmp_path / "library", "prop", "box", tmp_path / "x.charpack").read_bytes()
    assert unpacked(data, tmp_path / "library", name="crate").folder.name == "crate"
    assert {a.name for a in library.lock(tmp_path / "library").assets} == {"box", "crate"}


@pytest.mark.parametrize("name", ["../mia", "Mia", "a b", "", "mia/x"])
def test_another_name_must_be_one(mia: bytes, tmp_path: Path, name: str) -> None:
    """A name that is none is refused, and nothing is written."""
    if not name:
        assert unpacked(mia, tmp_path / "other", name=name).folder.name == "mia"
        return
    with pytest.raises(InputError, match="is not an asset name"):
        unpacked(mia, tmp_path / "other", name=name)
    assert not (tmp_path / "other").exists()


class Changing(io.BytesIO):
    """A pack that becomes another one after it was checked."""

    def turn(self, at: int) -> None:
        """Change a byte."""
        view = self.getbuffer()
        view[at] ^= 1
        view.release()


def test_a_pack_that_changes_while_it_is_read_leaves_nothing(mia: bytes, tmp_path: Path) -> None:
    """What is written is compared once more, and cleared away."""
    stream = Changing(mia)
    pack = packs.open_pack(stream, "x.charpack")
    last = pack.entries["files/voice/sample.wav"]

    def step(name: str, done: int, total: int) -> None:
        # The check has passed; this is the first file that is written.
        if name == "angles/left25.png":
            stream.turn(last.start)

    with pytest.raises(InputError, match=r"voice/sample\.wav is damaged"):
        packs.unpack(stream, pack, tmp_path / "other", step)
    assert not (tmp_path / "other").exists()


NAMES = st.lists(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8),
    min_size=1,
    max_size=3,
).map("/".join)
TREES = st.dictionaries(
    NAMES.filter(lambda name: not wrong_name(name) and name != "prop.yaml"), st.binary(max_size=300), max_size=6
).filter(lambda files: not clashes([*files, "prop.yaml"]))


@settings(max_examples=25)
@given(files=TREES)
def test_any_files_come_out_as_they_went_in(files: dict[str, bytes]) -> None:
    """Whatever the names and bytes, twice packed is the same, and unpacked is what was packed."""
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        for name, data in {**files, "prop.yaml": PROP.encode()}.items():
            write(base / "library/props/box" / name, data)
        library.lock(base / "library")
        try:
            one, other = (packed(base / "library", "prop", "box", base / name).read_bytes() for name in "ab")
        except InputError as error:
            assert "pickle" in str(error) or "archive" in str(error)  # noqa: PT017 - the one reason that content can give
            return
        assert one == other
        assert tree(unpacked(one, base / "other").folder) == tree(base / "library/props/box")


@settings(max_examples=300)
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255))
def test_any_changed_byte_is_found(place: float, value: int) -> None:
    """There is no byte in a pack that may be another one."""
    data = bytearray(_sample())
    data[int(place * len(data))] ^= value
    with pytest.raises(InputError):
        checked(bytes(data))


@settings(max_examples=100)
@given(place=st.floats(0, 1, exclude_max=True))
def test_any_cut_is_found(place: float) -> None:
    """A pack that is not whole is refused."""
    data = _sample()
    with pytest.raises(InputError):
        checked(data[: int(place * len(data))])


_SAMPLES: list[bytes] = []


def _sample() -> bytes:
    """Return one pack, made once."""
    if not _SAMPLES:
        with tempfile.TemporaryDirectory() as scratch:
            root = build_library(Path(scratch) / "library")
            library.lock(root)
            _SAMPLES.append(packed(root, "character", "mia", Path(scratch) / "x.charpack", faces=[FACES]).read_bytes())
    return _SAMPLES[0]


def test_the_sample_is_whole() -> None:
    """What the two properties break is right before, and its manifest is JSON."""
    checked(_sample())
    assert json.loads(parts_of(_sample())[0][1])["charpack"] == 1


def test_progress_is_told(root: Path, tmp_path: Path) -> None:
    """Each file is named before it is packed, with how far it is."""
    told: list[tuple[str, int, int]] = []
    packed(root, "character", "mia", tmp_path / "x.charpack", step=lambda *step: told.append(step))
    assert list(dict.fromkeys(name for name, _, _ in told)) == sorted(tree(root / "characters/mia"))
    assert told[0][:2] == ("angles/left25.png", 0)
    assert told[-1][1] == told[-1][2]
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert nothing("", 0, 0) is None
