"""What a pack may not hold is refused by name, and nothing is written."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from conftest_library import locked_library
from pack_samples import Parts, checked, framed, nothing, opened, packed, parts_of, tree, unpacked

from charforge.errors import BackendMissing, InputError
from charforge.library import packs
from charforge.library.packs.contents import wrong_content
from charforge.library.packs.layout import Entry, directory, header
from charforge.library.packs.manifest import spelled
from charforge.library.packs.reading import MAX_FILES

Change = Callable[[dict[str, Any], Parts], None]


@pytest.fixture(scope="module")
def theo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return Theo's pack: a manifest, character.yaml, a headshot and a voice."""
    base = tmp_path_factory.mktemp("theo")
    root, _ = locked_library(base / "library")
    return packed(root, "character", "theo", base / "theo.charpack").read_bytes()


def retold(data: bytes, change: Change) -> bytes:
    """Return a pack whose manifest and files were changed, framed as charforge does."""
    parts = parts_of(data)
    manifest = json.loads(parts[0][1])
    change(manifest, parts)
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return framed([("manifest.json", text.encode()), *parts[1:]])


def renamed(data: bytes, name: str) -> bytes:
    """Return a pack in which the voice has another name, in the zip and in the manifest."""

    def change(manifest: dict[str, Any], parts: Parts) -> None:
        manifest["files"][-1]["name"] = name
        parts[-1] = (f"files/{name}", parts[-1][1])

    return retold(data, change)


def refilled(data: bytes, name: str, content: bytes) -> bytes:
    """Return a pack with another file in it, with its size and sha256."""

    def change(manifest: dict[str, Any], parts: Parts) -> None:
        at = next(i for i, file in enumerate(manifest["files"]) if file["name"] == name)
        digest = hashlib.sha256(content).hexdigest()
        manifest["files"][at] = {"name": name, "bytes": len(content), "sha256": digest}
        parts[at + 1] = (f"files/{name}", content)

    return retold(data, change)


def by_zipfile(data: bytes, **options: Any) -> bytes:
    """Return the parts of a pack, written by Python's zipfile with other fields."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts_of(data):
            info = zipfile.ZipInfo(name)
            for key, value in options.items():
                setattr(info, key, value)
            archive.writestr(info, content)
    return out.getvalue()


def refused(data: bytes, reason: str, tmp_path: Path) -> InputError:
    """Assert that a pack is refused for a reason, with a hint, and that nothing was written."""
    with pytest.raises(InputError, match=reason) as caught:
        unpacked(data, tmp_path / "library")
    assert caught.value.hint
    assert tree(tmp_path) == {}
    return caught.value


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../escaped", "leads out of its folder"),
        ("a/../../b", "leads out of its folder"),
        ("/etc/escaped", "is empty|absolute"),
        ("C:/escaped", "holds ':'"),
        ("a\\b", "not every system allows"),
        ("x\0y", "cannot be printed"),
        ("x\ny", "cannot be printed"),
        ("\u202egnp.exe", "cannot be printed"),
        ("e\u0301.f32", "not composed"),
        ("nul", "device on Windows"),
        ("aux.f32", "device on Windows"),
        ("a//b", "is empty"),
        ("./b", "is empty"),
        (".git/config", "begins with a dot"),
        ("b.", "ends with one"),
        ("a" * 300, "longer than 200 bytes"),
        ("/".join("abcdefghijklmnopqrst"), "folders deep"),
        ("HEADSHOT/Front.png", "would fall on the place of"),
        ("headshot/front.png", "would fall on the place of"),
        ("headshot", "would fall on the place of"),
        ("voice/theo.pkl", "is a pickle"),
        ("voice/theo.PT", "is a pickle"),
    ],
)
def test_a_hostile_name_is_refused(theo: bytes, tmp_path: Path, name: str, reason: str) -> None:
    """A name that leads out, falls on another's place or cannot be held everywhere is told."""
    refused(renamed(theo, name), reason, tmp_path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("/etc/x", "absolute path"), ("C:x", "drive letter"), ("../x", "leads out"), ("files", "place of")],
)
def test_a_hostile_name_beside_the_files_is_refused(theo: bytes, tmp_path: Path, name: str, reason: str) -> None:
    """So is one that stands in the zip alone."""
    refused(framed([*parts_of(theo), (name, b"x")]), reason, tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"compress_type": zipfile.ZIP_DEFLATED}, "is compressed"),
        ({"compress_type": zipfile.ZIP_BZIP2}, "is compressed"),
        ({"external_attr": 0o120777 << 16}, "is a link"),
        ({"external_attr": 0o060644 << 16}, "is not a plain file"),
        ({"external_attr": 0x10}, "is not a plain file"),
        ({"date_time": (2026, 1, 1, 0, 0, 0)}, "not as charforge writes it"),
        ({"comment": b"hello"}, "not as charforge writes it"),
        ({"extra": b"\x55\x54\x05\0\x03\0\0\0\0"}, "not as charforge writes it"),
    ],
)
def test_what_other_tools_add_is_refused(theo: bytes, tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    """Links, compression and anything else that charforge never writes are no part of a pack."""
    refused(by_zipfile(theo, **options), reason, tmp_path)


def test_a_bomb_is_refused_unopened(theo: bytes, tmp_path: Path) -> None:
    """A file that would grow a thousandfold is never read."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", dict(parts_of(theo))["manifest.json"])
        archive.writestr("files/character.yaml", bytes(50_000_000))
    refused(out.getvalue(), "so that none can grow", tmp_path)


def test_an_encrypted_file_is_refused(theo: bytes, tmp_path: Path) -> None:
    """The flag alone is enough."""
    data = bytearray(theo)
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    refused(bytes(data), "is encrypted", tmp_path)


def test_files_that_lie_over_each_other_are_refused(theo: bytes, tmp_path: Path) -> None:
    """Many names for the same bytes are another kind of bomb."""
    data = bytearray(theo)
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 42, 0)
    refused(bytes(data), "lies over", tmp_path)


def test_a_header_that_differs_from_the_directory_is_refused(theo: bytes, tmp_path: Path) -> None:
    """A reader that trusts one and a reader that trusts the other would see two packs."""
    data = bytearray(theo)
    at = data.rindex(b"PK\x03\x04") + 30
    assert data[at : at + 5] == b"files"
    data[at + 6] ^= 1
    refused(bytes(data), "differs from the directory", tmp_path)


@pytest.mark.parametrize("extra", [b"\0", b"PK\x05\x06" + bytes(18), b"a comment that nobody sees"])
def test_nothing_may_follow_the_end(theo: bytes, tmp_path: Path, extra: bytes) -> None:
    """Neither junk nor a second end."""
    refused(theo + extra, "follows its end|no charpack|damaged", tmp_path)


def test_nothing_may_stand_before_the_beginning(theo: bytes, tmp_path: Path) -> None:
    """A program that carries a pack at its end is no pack."""
    refused(b"MZ" + theo, "not as charforge writes it|damaged", tmp_path)


def test_more_files_than_the_limit_are_refused(theo: bytes, tmp_path: Path) -> None:
    """The count is looked at before the directory is read."""
    many = [*parts_of(theo), *((f"files/{i}", b"") for i in range(MAX_FILES + 100))]
    refused(framed(many), f"the limit is {MAX_FILES}", tmp_path)


def test_a_file_that_claims_to_be_huge_is_refused(theo: bytes, tmp_path: Path) -> None:
    """A size beyond the limit is not believed, wherever it comes from."""
    manifest = dict(parts_of(theo))["manifest.json"]
    first = Entry("manifest.json", len(manifest), zlib.crc32(manifest))
    huge = Entry("files/x", 1 << 45, 0, first.end)
    refused(header(first) + manifest + header(huge) + directory([first, huge]), "larger than|damaged", tmp_path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is no charpack"),
        (b"hello", "is no charpack"),
        (b"\x89PNG" + bytes(100), "is no charpack"),
        (b"PK\x05\x06" + bytes(18), "its directory is damaged"),
        (framed([("a.txt", b"x")]), "manifest.json is not its first file"),
        (framed([("manifest.json", b"{}")]), "manifest.json is damaged"),
        (framed([("manifest.json", b"[" * 100_000)]), "manifest.json is damaged"),
        (framed([("manifest.json", b'{"charpack": 1}')]), "manifest.json is damaged"),
        (framed([("manifest.json", b" " * (17 << 20))]), "larger than"),
    ],
)
def test_what_is_no_pack_is_told_so(data: bytes, reason: str, tmp_path: Path) -> None:
    """Any other file, and an empty one, are refused with what to do."""
    refused(data, reason, tmp_path)


def test_a_pack_of_a_newer_charforge_says_what_to_type(theo: bytes, tmp_path: Path) -> None:
    """Whatever else is new in it, the version is understood first."""

    def newer(manifest: dict[str, Any], parts: Parts) -> None:
        manifest.update({"charpack": 2, "something": ["new"]})
        parts.append(("something", b"new"))

    error = refused(retold(theo, newer), "made by a newer charforge: it is a pack of version 2", tmp_path)
    assert "pip install --upgrade charforge" in error.hint


def test_a_key_of_the_manifest_cannot_write_on_the_terminal(theo: bytes, tmp_path: Path) -> None:
    """Unknown keys are told escaped."""
    error = refused(retold(theo, lambda manifest, parts: manifest.update({"\x1b[2J": 1})), "x1b", tmp_path)
    assert "\x1b" not in str(error)


def _release(manifest: dict[str, Any], parts: Parts) -> None:
    manifest["about"]["rights"]["release"] = "public-domain"


def _name(manifest: dict[str, Any], parts: Parts) -> None:
    manifest["name"] = "mia"


def _digest(manifest: dict[str, Any], parts: Parts) -> None:
    manifest["files"][1]["sha256"] = "0" * 64


def _dropped(manifest: dict[str, Any], parts: Parts) -> None:
    del parts[-1]


def _untold(manifest: dict[str, Any], parts: Parts) -> None:
    del manifest["files"][-1]


def _embedding(manifest: dict[str, Any], parts: Parts) -> None:
    entry: dict[str, Any] = {
        "model": "a" * 64,
        "backend": "x",
        "licence": "x",
        "dimension": 1,
        "rows": ["x"],
        "sha256": "0" * 64,
    }
    entry["without"] = []
    manifest["embeddings"] = [entry]
    parts.insert(1, (f"embeddings/{'a' * 64}.f32", b"\0\0\0\0"))


def _moved(manifest: dict[str, Any], parts: Parts) -> None:
    parts[1:] = reversed(parts[1:])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_release, r"says otherwise than character\.yaml on: rights"),
        (_name, "the name 'theo' differs"),
        (_digest, r"headshot/front\.png is damaged: its sha256"),
        (_dropped, r"voice/theo\.f32 is not in it"),
        (_untold, r"voice/theo\.f32 is not in its manifest"),
        (_embedding, r"embeddings/a+\.f32 is damaged"),
        (_moved, "differ in sizes or order"),
    ],
)
def test_a_manifest_that_is_not_true_is_refused(theo: bytes, tmp_path: Path, change: Change, reason: str) -> None:
    """What it says of rights, names and files is compared with the files themselves."""
    refused(retold(theo, change), reason, tmp_path)


def test_a_manifest_that_says_a_thing_twice_is_refused(theo: bytes, tmp_path: Path) -> None:
    """Two readers could take two different values."""
    parts = parts_of(theo)
    text = parts[0][1].replace(b'"charpack": 1', b'"charpack": 1,\n "charpack": 1')
    refused(framed([("manifest.json", text), *parts[1:]]), "not written as charforge writes it", tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"name: theo\n", "'rights' is missing"),
        (b"\xff\xfe", "UTF-8"),
        (b"&a [*a]", "."),
        (b"x: " + b"{a: " * 5000, "."),
        (
            b"name: theo\nrights: {licence: x}\nversions: [{id: 1, references: [{file: ../x, step: headshot}]}]\n",
            r"\.\./x",
        ),
    ],
)
def test_the_asset_s_own_file_is_read_as_strictly_as_any(theo: bytes, tmp_path: Path, text: bytes, reason: str) -> None:
    """A pack is no way around the checks of a library."""
    refused(refilled(theo, "character.yaml", text), reason, tmp_path)


def _numpy(save: Callable[..., None], *args: Any, **kwargs: Any) -> bytes:
    stream = io.BytesIO()
    save(stream, *args, **kwargs)
    return stream.getvalue()


def _rare() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", _numpy(np.save, np.arange(3)))
    return stream.getvalue()


def _torch() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"weight": 1}))
        archive.writestr("archive/data/0", b"\0\0\0\0")
    return stream.getvalue()


NAMED = np.zeros(3, [("Opacity", "<f4"), ("On", "?")])
OBJECTS = np.array([{"a": 1}, None], dtype=object)


@pytest.mark.parametrize("content", [
    pickle.dumps({"a": [1, 2]}, 2), pickle.dumps(print, 0), pickle.dumps([print] * 3, 5),
    pickle.dumps(list(range(99_999)), 4), _numpy(np.save, OBJECTS), _numpy(np.savez, a=OBJECTS),
    _numpy(np.savez_compressed, b=np.zeros(3), a=OBJECTS),
    _torch(), _rare(), b"PK\x03\x04 broken", b"\x93NUMPY\x01\x00",
])  # fmt: skip
def test_a_pickle_is_refused_whatever_it_is_called(theo: bytes, tmp_path: Path, content: bytes) -> None:
    """It is known by its bytes: Python's own, numpy's objects and torch's archives."""
    refused(refilled(theo, "voice/theo.f32", content), "pickle|archive that cannot be read", tmp_path)


@pytest.mark.parametrize("content", [
    b"", b"(", b"c", b"plain text, with a full stop.", b"\x80\x02", np.arange(64, dtype="<f4").tobytes(), b"\x80" * 100,
    _numpy(np.save, np.arange(5)), _numpy(np.save, NAMED), _numpy(np.savez, a=np.zeros(3), b=np.ones((2, 2), np.uint8)),
    np.random.default_rng(1).bytes(100_000), b"\x89PNG\r\n\x1a\n" + bytes(64),
])  # fmt: skip
def test_plain_numbers_and_pictures_are_no_pickles(content: bytes) -> None:
    """What only looks a little like one is let through."""
    assert wrong_content("voice/theo.f32", io.BytesIO(content)) == ""


class Counting(io.RawIOBase):
    """A file that counts what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self.file, self.count = file, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go somewhere."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """Return where it is."""
        return self.file.tell()

    def read(self, size: int = -1) -> bytes:
        """Read and count."""
        data = self.file.read(size)
        self.count += len(data)
        return data


def test_a_pack_of_gigabytes_is_inspected_by_its_directory(theo: bytes, tmp_path: Path) -> None:
    """Of 8 GB, zip64 sizes and places among them, only the directory and the manifest are read."""
    sizes = [5 << 30, 3 << 30, 7]
    listed = [{"name": f"big/{i}.bin0", "bytes": size, "sha256": "0" * 64} for i, size in enumerate(sizes)]
    manifest = json.loads(parts_of(theo)[0][1]) | {"files": listed}
    data = spelled(packs.Manifest.model_validate(manifest))
    file = tmp_path / "big.charpack"
    with file.open("wb") as out:
        entries = [Entry("manifest.json", len(data), zlib.crc32(data))]
        out.write(header(entries[0]) + data)
        for told in listed:
            entries.append(Entry(f"files/{told['name']}", told["bytes"], 0, entries[-1].end))
            out.seek(entries[-1].offset)
            out.write(header(entries[-1]))
        out.seek(entries[-1].end)
        out.write(directory(entries))
    assert file.stat().st_size > 8 << 30
    with file.open("rb") as stream, zipfile.ZipFile(stream) as archive:
        assert [info.file_size for info in archive.infolist()[1:]] == sizes
    with file.open("rb") as stream:
        counted = Counting(stream)
        pack = packs.open_pack(counted, "big.charpack")  # type: ignore[arg-type]
        assert [pack.entries[f"files/{told['name']}"].size for told in listed] == sizes
        assert counted.count < 4096


class TestSignatures:
    """Who packed it can be known, and a changed manifest shows."""

    @pytest.fixture
    def key(self, tmp_path: Path) -> Path:
        """Write a private key and its public half."""
        from cryptography.hazmat.primitives import serialization as s
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        private = Ed25519PrivateKey.generate()
        plain = private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
        (tmp_path / "key.pem").write_bytes(plain)
        public = private.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / "key.pub").write_bytes(public)
        locked = s.BestAvailableEncryption(b"secret")
        (tmp_path / "locked.pem").write_bytes(private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, locked))
        return tmp_path / "key.pem"

    @pytest.fixture
    def signed(self, key: Path, tmp_path: Path) -> bytes:
        """Return Theo's pack, signed."""
        root, _ = locked_library(tmp_path / "library")
        made = packed(root, "character", "theo", tmp_path / "theo.charpack", signer=packs.Signer(key))
        again = packed(root, "character", "theo", tmp_path / "again.charpack", signer=packs.Signer(key))
        assert made.read_bytes() == again.read_bytes()
        return made.read_bytes()

    def test_the_signer_is_known_by_the_key(self, signed: bytes, key: Path) -> None:
        """The fingerprint is that of the public half."""
        pack = checked(signed)
        assert pack.signed == packs.Signed(key=packs.trusted_key(key.with_suffix(".pub")), checked=True)
        assert list(pack.entries)[:2] == ["manifest.json", "signature.json"]

    def test_a_manifest_that_was_changed_afterwards_is_refused(self, signed: bytes) -> None:
        """Even where everything else was made to fit."""

        def change(manifest: dict[str, Any], parts: Parts) -> None:
            manifest["episode"] = "e09"

        with pytest.raises(InputError, match="its signature does not fit"):
            opened(retold(signed, change))

    @pytest.mark.parametrize("text", [b"{}", b"x", b'{"algorithm": "none"}\n'])
    def test_a_broken_signature_is_refused(self, signed: bytes, text: bytes) -> None:
        """A pack that claims to be signed must be."""
        parts = parts_of(signed)
        with pytest.raises(InputError, match="its signature is damaged"):
            opened(framed([parts[0], ("signature.json", text), *parts[2:]]))

    def test_a_taken_off_signature_shows(self, signed: bytes) -> None:
        """The pack is whole then, and signed by nobody."""
        parts = parts_of(signed)
        assert checked(framed([parts[0], *parts[2:]])).signed is None

    def test_without_the_extra_a_signature_is_told_but_not_checked(
        self, signed: bytes, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Signing and trusting ask for what to install; reading says that nothing was checked."""
        known = packs.trusted_key(key.with_suffix(".pub"))
        for name in [name for name in sys.modules if name.startswith("cryptography")]:
            monkeypatch.setitem(sys.modules, name, None)
        assert opened(signed).signed == packs.Signed(key=known, checked=False)
        with pytest.raises(BackendMissing, match="signatures of packs need it") as caught:
            packs.Signer(key)
        assert caught.value.hint == "pip install 'charforge[sign]'"

    @pytest.mark.parametrize(
        ("name", "reason"), [("locked.pem", "password"), ("key.pub", "no private key"), ("none.pem", "cannot be read")]
    )
    def test_a_key_that_cannot_sign_is_told(self, key: Path, name: str, reason: str) -> None:
        """With the command that makes one."""
        with pytest.raises(InputError, match=reason) as caught:
            packs.Signer(key.with_name(name))
        assert "openssl" in caught.value.hint

    def test_a_private_key_is_not_what_is_trusted(self, key: Path) -> None:
        """The public half is asked for, so that nobody hands the other one around."""
        with pytest.raises(InputError, match="no public key"):
            packs.trusted_key(key)


def test_the_pack_that_is_broken_here_is_whole(theo: bytes, tmp_path: Path) -> None:
    """Each refusal above has its own reason."""
    assert checked(theo).manifest.name == "theo"
    assert checked(retold(theo, lambda manifest, parts: None)).manifest.name == "theo"
    assert unpacked(renamed(theo, "voice/theo.f32"), tmp_path).folder.name == "theo"
    assert nothing("", 0, 0) is None


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_numbers_behind_an_arrays_header_are_no_part_of_it(version: tuple[int, int]) -> None:
    """An array whose first numbers read as backslashes is plain all the same; one of objects is refused."""
    plain, objects = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(plain, np.full(8, 0x5C5C5C5C, np.uint32), version=version)
    assert wrong_content("a.npy", plain) == ""
    np.lib.format.write_array(objects, np.array([None]), version=version)
    assert "Python objects" in wrong_content("a.npy", objects)
