"""The speaker encoder in numpy."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from charforge.backends.resemblyzer import LAYERS, _lstm, _mel
from charforge.backends.torch_legacy import MAGIC, arrays
from charforge.errors import WeightsError


def test_the_layers_compute_what_torch_computes() -> None:
    """Three layers over random numbers give the states that torch's LSTM gives."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.nn.LSTM(40, 64, LAYERS, batch_first=True)
    given = torch.randn(2, 30, 40)
    with torch.no_grad():
        wanted = theirs(given)[0].numpy()
    ours = given.numpy()
    for layer in range(LAYERS):
        parts = (f"{name}_l{layer}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        ours = _lstm(ours, *(getattr(theirs, part).detach().numpy() for part in parts))
    assert np.abs(ours - wanted).max() < 1e-5


def test_the_spectrum_is_librosas() -> None:
    """The mel spectrum is the one the weights were trained on."""
    librosa = pytest.importorskip("librosa")
    sound = np.random.default_rng(0).normal(size=16_000).astype(np.float32)
    wanted = librosa.feature.melspectrogram(y=sound, sr=16_000, n_fft=400, hop_length=160, n_mels=40).T
    assert np.allclose(_mel(sound), wanted, rtol=1e-4, atol=1e-4 * wanted.max())


def test_an_old_file_of_torch_is_read_without_torch(tmp_path: Path) -> None:
    """Arrays saved in the legacy form come back by name, number for number."""
    torch = pytest.importorskip("torch")
    saved = {"model": {"a": torch.arange(6.0).reshape(2, 3), "b": torch.arange(3)}, "step": 7}
    torch.save(saved, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    found = arrays(tmp_path / "old.pt", "model")
    assert {name: array.tolist() for name, array in found.items()} == {"a": [[0, 1, 2], [3, 4, 5]], "b": [0, 1, 2]}


def test_a_pickle_that_names_anything_else_is_refused(tmp_path: Path) -> None:
    """Nothing that a file names is run."""
    file = tmp_path / "hostile.pt"
    named = b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR."
    file.write_bytes(b"".join(pickle.dumps(part, 2) for part in (MAGIC, 1001, {})) + named)
    with pytest.raises(WeightsError, match="system"):
        arrays(file, "model")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("damage", ["short", "empty", "text"])
def test_a_damaged_file_is_told(tmp_path: Path, damage: str) -> None:
    """A file that is cut short, empty or no pickle at all raises one clear error."""
    torch = pytest.importorskip("torch")
    file = tmp_path / "old.pt"
    torch.save({"model": {"a": torch.zeros(100)}}, file, _use_new_zipfile_serialization=False)
    whole = file.read_bytes()
    file.write_bytes({"short": whole[:-100], "empty": b"", "text": b"hello"}[damage])
    with pytest.raises(WeightsError, match=str(file)):
        arrays(file, "model")


def test_a_length_that_lies_is_told(tmp_path: Path) -> None:
    """A storage that says it is larger than the file raises one clear error."""
    torch = pytest.importorskip("torch")
    file = tmp_path / "old.pt"
    torch.save({"model": {"a": torch.zeros(4)}}, file, _use_new_zipfile_serialization=False)
    whole = file.read_bytes()
    file.write_bytes(whole.replace(struct.pack("<q", 4), struct.pack("<q", 1 << 20)))
    with pytest.raises(WeightsError, match="cut short"):
        arrays(file, "model")
