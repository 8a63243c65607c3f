"""What a safetensors file holds, and why a file is none."""

from __future__ import annotations

import os
import pickle
import tempfile
import zipfile
from pathlib import Path

import model_folders as folders
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charforge.checkpoints.safetensors import Header, Tensor, examine, header
from charforge.errors import Problem, WeightsError


def _entry(begin: int, end: int, shape: tuple[int, ...] = (2,), dtype: str = "F16") -> dict[str, object]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def _refusal(path: Path, content: bytes) -> WeightsError:
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        header(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


def test_names_shapes_kinds_and_notes_are_read(tmp_path: Path) -> None:
    """The numbers themselves are not read."""
    path = folders.safetensors(tmp_path / "m.safetensors", {"a.weight": (3, 4), "b": (2,)}, format="pt")
    found = header(path)
    assert found.tensors == {"a.weight": Tensor("F16", (3, 4), 0, 24), "b": Tensor("F16", (2,), 24, 28)}
    assert found.metadata == {"format": "pt"}
    assert found.bytes == path.stat().st_size


def test_a_file_of_many_gigabytes_is_looked_at_in_no_time(tmp_path: Path) -> None:
    """Only the header is read, however much follows."""
    path = tmp_path / "m.safetensors"
    size = 40 << 30
    entries = {"v": _entry(0, size // 2, (size // 4,)), "w": _entry(size // 2, size, (size // 4,))}
    path.write_bytes(folders.raw(entries))
    os.truncate(path, path.stat().st_size + size)
    assert header(path).tensors["w"].shape == (size // 4,)


def test_a_file_of_the_real_library_is_read(tmp_path: Path) -> None:
    """What the library writes is understood, with kinds of numbers of several widths."""
    library = pytest.importorskip("safetensors.numpy")
    arrays = {"a": np.ones((2, 3), np.float32), "b": np.zeros((), np.int64), "c": np.zeros((0, 4), np.uint8)}
    library.save_file(arrays, tmp_path / "m.safetensors", {"made by": "a test"})
    found = header(tmp_path / "m.safetensors")
    assert {name: (t.dtype, t.shape) for name, t in found.tensors.items()} == {
        "a": ("F32", (2, 3)),
        "b": ("I64", ()),
        "c": ("U8", (0, 4)),
    }


def test_a_file_that_was_not_fetched_to_its_end_is_refused(tmp_path: Path) -> None:
    """The error counts what is missing."""
    whole = folders.raw({"w": _entry(0, 4_000_000, (2_000_000,))}, bytes(4_000_000))
    error = _refusal(tmp_path / "m.safetensors", whole[:-1_500_000])
    assert "is cut off: 1,500,000 of 4,000,000 bytes are missing" in error.message
    assert "again" in error.hint
    assert "is cut off" in _refusal(tmp_path / "m.safetensors", whole[:30]).message


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_is_refused_by_its_content(tmp_path: Path, protocol: int) -> None:
    """The name does not help it; the hint says how to convert it without running what is in it."""
    error = _refusal(tmp_path / "m.safetensors", pickle.dumps({"weights": [1.0] * 50}, protocol))
    assert "is a pickle; charforge loads safetensors only" in error.message
    assert "charforge weights convert" in error.hint


def test_a_zip_of_pickles_is_refused_by_its_content(tmp_path: Path) -> None:
    """This is what torch.save writes today."""
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    error = _refusal(tmp_path / "adapter.bin", (tmp_path / "z").read_bytes())
    assert "is a pickle (in a zip" in error.message
    assert "charforge weights convert" in error.hint


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "is only a git-lfs pointer"),
        (b"<!doctype html><title>Access denied</title>", "is a page of a web site"),
        (b"\n  <html>", "is a page of a web site"),
        (b"GGUF\x03\x00\x00\x00aaaaaaaaaaaaaa", "is a GGUF file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "is an HDF5 file"),
        (b"just a letter to a friend", "is not a safetensors file"),
        (b"abc", "is not a safetensors file"),
        (bytes(100), "is not a safetensors file"),
        (folders.raw(b"{}", length=1 << 60), "claims a header of 1,152,921,504,606,846,976 bytes"),
        (folders.raw(b"{}", length=99_000_000), "is cut off: its header alone has 99,000,000 bytes"),
        (folders.raw(b'{"w": '), "its header cannot be read"),
        (folders.raw(b'{"\xff": 1}'), "its header cannot be read"),
        (folders.raw(b'{"w":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "its header cannot be read"),
        (folders.raw(b'{"w":' + b"9" * 5000 + b"}"), "its header is absurd"),
        (folders.raw(b'{"w": 1, "w": 2}'), "names something twice"),
        (folders.raw({"w": 3}), "says nothing sensible of 'w'"),
        (folders.raw({"w": _entry(0, 4) | {"more": 1}}, bytes(4)), "says nothing sensible of 'w'"),
        (folders.raw({"__metadata__": [1]}), "__metadata__ is not text"),
        (folders.raw({"__metadata__": {"a": 1}}), "__metadata__ is not text"),
        (folders.raw({"w": _entry(0, 4, dtype="F12")}, bytes(4)), "unknown kind of number, 'F12'"),
        (folders.raw({"w": _entry(0, 6)}, bytes(6)), "'w' has 6 bytes, its shape wants 4"),
        (folders.raw({"w": _entry(4, 0)}, bytes(4)), "'w' has -4 bytes"),
        (folders.raw({"w": _entry(0, 4, (-2,))}, bytes(4)), "impossible shape"),
        (folders.raw({"w": _entry(0, 4, (1 << 40, 1 << 40))}, bytes(4)), "impossible shape"),
        (folders.raw({"w": {"dtype": "F16", "shape": [2.0], "data_offsets": [0, 4]}}, bytes(4)), "impossible shape"),
        (folders.raw({"w": {"dtype": "F16", "shape": [2], "data_offsets": [0]}}, bytes(4)), "impossible shape"),
        (folders.raw({"w": _entry(0, 4), "v": _entry(2, 6)}, bytes(6)), "'w' and 'v' lie on each other"),
        (
            folders.raw({"w": _entry(0, 4), "v": _entry(6, 10)}, bytes(10)),
            "bytes between 'w' and 'v' belong to nothing",
        ),
        (folders.raw({"w": _entry(2, 6)}, bytes(6)), "its first bytes belong to nothing"),
        (folders.raw({"w": _entry(0, 4)}, bytes(9)), "its last 5 bytes belong to nothing"),
        (folders.raw({}, bytes(9)), "its last 9 bytes belong to nothing"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, content: bytes, reason: str) -> None:
    """Each kind of damage has its own sentence."""
    assert reason in _refusal(tmp_path / "m.safetensors", content).message


def test_a_missing_file_and_a_link_to_nowhere_are_told_apart(tmp_path: Path) -> None:
    """A cache whose content was deleted leaves links behind."""
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    missing, dangling, folder = (examine(tmp_path / name) for name in ("none", "link", "."))
    assert isinstance(missing, Problem)
    assert missing.message == "does not exist"
    assert isinstance(dangling, Problem)
    assert dangling.message == "is a link to a file that is gone"
    assert isinstance(folder, Problem)
    assert "cannot be read" in folder.message


def _offsets() -> st.SearchStrategy[object]:
    number = st.integers(-2, 40)
    entry = st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F16", "F32", "U8", "F4", "F6_E2M3", "NO"]),
            "shape": st.lists(st.integers(0, 5), max_size=3),
            "data_offsets": st.lists(number, min_size=2, max_size=2),
        }
    )
    return st.dictionaries(st.text(max_size=3), entry | st.none(), max_size=4)


@settings(max_examples=300)
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.builds(folders.raw, _offsets(), st.binary(max_size=60)),
        st.builds(folders.raw, st.binary(max_size=40).map(lambda b: b"{" + b), st.binary()),
    )
)
def test_any_bytes_give_a_header_or_a_sentence(content: bytes) -> None:
    """Nothing else comes out, and what is accepted here the real library accepts too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.safetensors"
        path.write_bytes(content)
        found = examine(path)
        if isinstance(found, Problem):
            assert found.message
            assert found.hint
            return
        assert isinstance(found, Header)
        library = pytest.importorskip("safetensors")
        with library.safe_open(path, framework="numpy") as opened:
            assert set(opened.keys()) == set(found.tensors)


@settings(max_examples=100)
@given(place=st.integers(0, 200), value=st.integers(0, 255))
def test_one_changed_byte_of_a_header_is_noticed_or_harmless(place: int, value: int) -> None:
    """A flipped byte never leads outside the file."""
    whole = bytearray(folders.raw({"alpha": _entry(0, 4), "beta": _entry(4, 16, (2, 3))}, bytes(16)))
    whole[place % (len(whole) - 16)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.safetensors"
        path.write_bytes(whole)
        found = examine(path)
        if isinstance(found, Header):
            assert max((t.end for t in found.tensors.values()), default=0) <= len(whole) - 8
