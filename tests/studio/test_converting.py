"""A pickle of tensors becomes safetensors; what it holds besides is never run."""

# ruff: noqa: E402 - what is not installed is not imported

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import load_file, save_file

from charforge.errors import CharforgeError, InputError, WeightsError
from charforge.studio.converting import convert


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def adapter() -> dict[str, Any]:
    """Return what an IP-Adapter holds: two parts, one of their tensors a view of another."""
    whole = torch.arange(24, dtype=torch.float16).reshape(6, 4)
    return {
        "image_proj": {"proj.weight": whole, "proj.turned": whole.t()},
        "ip_adapter": {"1.to_k_ip.weight": whole[2:4], "1.same": whole, "1.none": torch.zeros(0)},
    }


def refused(file: Path, to: Path | None = None, kind: type[CharforgeError] = WeightsError) -> str:
    """Return what is said when a file is not converted; nothing is left beside it."""
    before = sorted(file.parent.iterdir())
    with pytest.raises(kind) as caught:
        convert(file, to)
    assert caught.value.hint
    assert sorted(file.parent.iterdir()) == before
    return str(caught.value)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "as torch once saved"])
def test_every_tensor_arrives_under_its_whole_name(tmp_path: Path, *, zipped: bool) -> None:
    """Parts are joined by dots; tensors that shared memory lie apart; the file may be read by whoever read the old."""
    file, held = tmp_path / "ip-adapter-faceid_sdxl.bin", adapter()
    torch.save(held, file, _use_new_zipfile_serialization=zipped)
    made = convert(file)
    assert made.file == str(tmp_path / "ip-adapter-faceid_sdxl.safetensors")
    assert (made.tensors, made.numbers) == (5, ("F16", "F32"))
    found = load_file(made.file)
    assert found.keys() == {f"{part}.{name}" for part, tensors in held.items() for name in tensors}
    assert all(torch.equal(found[f"{part}.{n}"], t) for part, tensors in held.items() for n, t in tensors.items())
    assert Path(made.file).stat().st_mode == file.stat().st_mode
    assert made.bytes == Path(made.file).stat().st_size
    assert sorted(f.name for f in tmp_path.iterdir()) == [file.name, "ip-adapter-faceid_sdxl.safetensors"]


def test_a_lone_state_dict_is_unwrapped(tmp_path: Path) -> None:
    """As training scripts save a LoRA; `to` names the new file."""
    torch.save({"state_dict": {"lora.down": torch.nn.Parameter(torch.ones(2))}}, tmp_path / "lora.ckpt")
    made = convert(tmp_path / "lora.ckpt", tmp_path / "mia.safetensors")
    assert load_file(tmp_path / "mia.safetensors").keys() == {"lora.down"}
    assert made.file == str(tmp_path / "mia.safetensors")


@pytest.mark.parametrize("plain", [True, False], ids=["pickle", "torch"])
def test_code_in_a_pickle_is_named_and_not_run(tmp_path: Path, *, plain: bool) -> None:
    """Whether torch or pickle itself saved it."""
    file, evil = tmp_path / "evil.bin", Evil(tmp_path / "run")
    file.write_bytes(pickle.dumps(evil, 2)) if plain else torch.save({"a": torch.ones(2), "b": evil}, file)
    assert "holds more than numbers: posix.mkdir; nothing of it was run" in refused(file)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (torch.ones(2), "a single tensor, not tensors by name"),
        ([torch.ones(2)], "a value of type list"),
        ({}, "holds no tensors"),
        ({"a": torch.ones(2), "epoch": 3}, "a value of type int as 'epoch'"),
        ({"a": {"b": {"c": torch.ones(2)}}}, "parts within parts as 'a.b'"),
        ({1: torch.ones(2)}, "holds a single tensor as '1'"),
        ({"a.b": torch.ones(2), "a": {"b": torch.ones(2)}}, "two tensors that would be called 'a.b'"),
        ({"a": torch.ones(2).to_sparse()}, "sparse or quantized"),
        ({"__metadata__": torch.ones(2)}, "__metadata__"),
    ],
)
def test_what_is_not_tensors_by_name_is_refused(tmp_path: Path, held: object, words: str) -> None:
    """Nothing is left out silently, and no name is lost."""
    torch.save(held, tmp_path / "other.pt")
    assert words in refused(tmp_path / "other.pt")


def test_a_cut_pickle_is_refused(tmp_path: Path) -> None:
    """In either form that torch saves."""
    for zipped in (True, False):
        torch.save(adapter(), tmp_path / "whole.pt", _use_new_zipfile_serialization=zipped)
        for share in (0.3, 0.95):
            data = (tmp_path / "whole.pt").read_bytes()
            (tmp_path / "cut.pt").write_bytes(data[: int(len(data) * share)])
            assert "is not a whole file of torch" in refused(tmp_path / "cut.pt")


def test_what_is_no_pickle_is_refused(tmp_path: Path) -> None:
    """By what it is: safetensors already, text, a page, nothing at all."""
    save_file({"a": torch.ones(2)}, tmp_path / "done.safetensors")
    for name, content, words in (
        ("notes.txt", b"some words", "notes.txt: is not a pickle"),
        ("page.bin", b"<html>", "a page of a web site"),
        ("empty.bin", b"", "is empty"),
        ("model.gguf", b"GGUF0000", "is a GGUF file"),
    ):
        (tmp_path / name).write_bytes(content)
        assert words in refused(tmp_path / name, kind=InputError)
    assert "safetensors already" in refused(tmp_path / "done.safetensors", kind=InputError)
    assert "does not exist" in refused(tmp_path / "gone.bin", kind=InputError)
    assert "cannot be read" in refused(tmp_path, kind=InputError)


def test_no_file_is_written_over(tmp_path: Path) -> None:
    """Nor one named otherwise, nor into a folder that is not there."""
    file = tmp_path / "lora.pt"
    torch.save(adapter(), file)
    (tmp_path / "lora.safetensors").write_bytes(b"mine")
    (tmp_path / "link.safetensors").symlink_to(tmp_path / "gone")
    assert "is there already" in refused(file, kind=InputError)
    assert "is there already" in refused(file, tmp_path / "link.safetensors", InputError)
    assert "--to" in refused(file, tmp_path / "mia.bin", InputError)
    assert "there is no folder" in refused(file, tmp_path / "gone" / "mia.safetensors", InputError)
    assert (tmp_path / "lora.safetensors").read_bytes() == b"mine"


def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    """From the command line, as a film-maker sees it."""
    torch.save(adapter(), tmp_path / "lora.pt")
    code = (
        "import sys; sys.modules['torch'] = None; sys.argv = ['charforge', 'weights', 'convert', 'lora.pt']\n"
        "from charforge.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "torch is not installed" in done.stderr
    assert "pip install 'charforge[diffusers]'" in done.stderr


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    """One line, with the new file."""
    torch.save(adapter(), tmp_path / "lora.pt")
    words = [sys.executable, "-m", "charforge", "weights", "convert", "lora.pt"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "wrote lora.safetensors: 5 tensors, 0.0 MB of F16, F32\n"
