"""The house as backends see it while they load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from charforge.errors import BackendMissing, InputError, WeightsError
from charforge.weights import LocalHome, named, path_of, state, verify

if TYPE_CHECKING:
    from pathlib import Path


def _planted(cache: Path, name: str, *, size: int | None = None) -> Path:
    (file,) = named((name,))
    path = path_of(file)
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(file.bytes if size is None else size))
    return path


def test_a_missing_file_says_how_to_fetch_it(cache: Path) -> None:
    """The error carries the command to type; nothing is fetched by itself."""
    with pytest.raises(BackendMissing) as caught:
        LocalHome().weight("modnet")
    assert caught.value.hint == "charforge weights pull modnet"


@pytest.mark.parametrize("size", [None, 10])
def test_a_wrong_file_is_never_handed_out(cache: Path, size: int | None) -> None:
    """A file of the wrong size or content is refused with the way to replace it."""
    _planted(cache, "yunet", size=size)
    with pytest.raises(WeightsError) as caught:
        LocalHome().weight("yunet")
    assert "charforge weights pull yunet" in caught.value.hint


def test_a_commercial_project_refuses_the_face_generator_by_name(cache: Path) -> None:
    """The error names the file, its terms and the way out, even while the file is not here."""
    with pytest.raises(WeightsError) as caught:
        LocalHome(commercial=True).weight("stylegan-mapping")
    assert "stylegan-mapping may not be used in a commercial project" in caught.value.message
    assert "Flickr-Faces-HQ" in caught.value.message


def test_digests_need_no_files(cache: Path) -> None:
    """Keys can be computed on a machine without the models."""
    assert LocalHome().weight_digest("yunet").startswith("8f2383e4dd3cfbb4")


def test_an_unknown_file_is_a_mistake_of_the_backend(cache: Path) -> None:
    """A name that is not registered is refused."""
    with pytest.raises(InputError):
        LocalHome().weight("nonsense")


@pytest.mark.models
def test_a_registered_file_is_handed_out_verified(home: LocalHome) -> None:
    """The path leads to the registered bytes."""
    path = home.weight("yunet")
    assert path.name == "face_detection_yunet_2023mar.onnx"
    assert path.stat().st_size == 232_589


@pytest.mark.models
def test_verify_hashes_anew_what_looks_unchanged(home: LocalHome, cache: Path) -> None:
    """A file that was changed under an unchanged size and time is trusted until it is verified."""
    (file,) = named(("yunet",))
    path = path_of(file)
    path.parent.mkdir(parents=True)
    path.write_bytes(home.weight("yunet").read_bytes())
    assert state(file) == "present"
    times = path.stat().st_mtime_ns
    with path.open("r+b") as stream:
        stream.write(b"changed")
    os.utime(path, ns=(times, times))
    assert state(file) == "present"
    assert verify(("yunet",)) == {"yunet": "corrupt"}
    assert state(file) == "corrupt"
