"""Folders of voice models: what is taken, and what is refused."""

# ruff: noqa: E402 - what is not installed is not imported; typographic signs are meant as they stand

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("TTS")

from coqui_desk import MANY, ONE, Evil, House, Table, line, refused, same, two_vits
from tiny import coqui as tiny

from charforge.backends.coqui import Coqui, files
from charforge.errors import BackendMissing, WeightsError


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of a VITS for one speaker and one for two."""
    return two_vits(tmp_path_factory.mktemp("voices"))


@pytest.mark.parametrize("spoil", ["pickle", "evil", "half", "page", "empty", "other model"])
def test_a_model_file_that_is_none_is_refused(tmp_path: Path, folders: dict[str, Path], spoil: str) -> None:
    """Pickles, cut and foreign files are told apart; no code in them runs."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_bytes((folders[ONE] / "config.json").read_bytes())
    whole, file = (folders[ONE] / "model.pth").read_bytes(), folder / "model.pth"
    if spoil == "evil":
        torch.save({"model": Evil()}, file)
    elif spoil == "other model":
        torch.save({"model": {"weight": torch.ones(3)}}, file)
    else:
        contents = {"pickle": pickle.dumps(Evil()), "half": whole[:9999], "page": b"<html>", "empty": b""}
        file.write_bytes(contents[spoil])
    said = refused(Coqui(House({ONE: folder})), line(), kind=WeightsError)
    expected = {
        "pickle": "holds more than weights",
        "evil": "holds more than weights: posix.mkdir",
        "half": "not whole",
        "page": "not a model file",
        "empty": "not whole",
        "other model": "cannot be loaded as vits",
    }
    assert expected[spoil] in said
    assert not Path(__file__).with_name("evil").exists()


def test_a_pickle_beside_the_model_is_refused_too(tmp_path: Path) -> None:
    """The list of speakers is a .pth file as well."""
    folder = tiny.build_vits(tmp_path / "model", ("mara", "tom"))
    torch.save(Evil(), folder / "speakers.pth")
    said = refused(Coqui(House({ONE: folder})), line(settings={"speaker": "mara"}), kind=WeightsError)
    assert "speakers.pth holds more than weights" in said


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, "has no config.json"),
        ("{", "is not whole"),
        ("[]", "holds a model None"),
        ('{"model": "bark"}', "holds a model 'bark'"),
        ('{"_class_name": "UNet2DConditionModel"}', "holds a model None"),
    ],
)
def test_a_folder_of_another_kind_is_refused(tmp_path: Path, config: str | None, said: str) -> None:
    """A folder that coqui-tts did not write is told without loading anything."""
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    assert said in refused(Coqui(House({ONE: tmp_path})), line(), kind=WeightsError)


def test_a_diffusers_folder_and_a_file_are_told(tmp_path: Path) -> None:
    """The commonest slips are named."""
    (tmp_path / "model_index.json").write_text("{}")
    assert "diffusers" in refused(Coqui(House({ONE: tmp_path})), line(), kind=WeightsError)
    file = tmp_path / "model_index.json"
    assert "is not a folder" in refused(Coqui(House({ONE: file})), line(), kind=WeightsError)


def test_without_a_model_file_or_with_several_the_folder_is_refused(tmp_path: Path) -> None:
    """Which file holds the weights is never guessed; a single one may have any name."""
    with pytest.raises(WeightsError, match="no model file"):
        files.model_file(tmp_path)
    for name in ("speakers.pth", "best_1.pth"):
        (tmp_path / name).touch()
    assert files.model_file(tmp_path).name == "best_1.pth"
    (tmp_path / "best_2.pth").touch()
    with pytest.raises(WeightsError, match=r"best_1\.pth, best_2\.pth"):
        files.model_file(tmp_path)


def test_a_config_reaches_neither_for_code_nor_out_of_its_folder(tmp_path: Path, folders: dict[str, Path]) -> None:
    """A class of somebody else's is refused; files elsewhere, even on the network, are not read."""
    folder = tiny.build_vits(tmp_path / "model", ("mara", "tom"), seed=1)
    file = folder / "config.json"
    written = json.loads(file.read_text())
    written["speakers_file"] = written["model_args"]["speakers_file"] = "https://example.com/speakers.pth"
    file.write_text("// from an old model\n" + json.dumps(written))
    job = line(weights=MANY, settings={"speaker": "tom"})
    assert same(Coqui(House({MANY: folder})).voice(job, Table()), Coqui(House(folders)).voice(job, Table()))
    written["characters"]["characters_class"] = "antigravity.Alphabet"
    file.write_text(json.dumps(written))
    assert "antigravity" in refused(Coqui(House({MANY: folder})), job, kind=WeightsError)
    assert "antigravity" not in sys.modules


def test_a_model_that_no_phonemizer_serves_says_what_to_install(tmp_path: Path) -> None:
    """Models of phonemes need a program that knows how words are pronounced."""
    folder = tiny.build_vits(tmp_path / "model")
    written = json.loads((folder / "config.json").read_text())
    written |= {"use_phonemes": True, "phoneme_language": "tlh"}
    (folder / "config.json").write_text(json.dumps(written))
    assert "espeak-ng" in refused(Coqui(House({ONE: folder})), line(), kind=BackendMissing)
