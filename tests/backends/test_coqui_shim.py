"""coqui-tts beside other libraries."""

# ruff: noqa: E402 - what is not installed is not imported; typographic signs are meant as they stand

from __future__ import annotations

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("TTS")

from coqui_desk import run
from tiny import coqui as tiny


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording that a voice can be made from."""
    return tiny.reference(tmp_path_factory.mktemp("reference") / "mia.wav")


DIFFUSERS = """
from charforge.backends.torchaudio_mend import mend_torchaudio; mend_torchaudio()
import diffusers, transformers
from diffusers import StableDiffusionXLPipeline
"""
COQUI = """
from charforge.backends.coqui.shim import prepare; prepare()
import TTS.api, TTS.tts.models.vits, TTS.tts.models.xtts
"""
AFTERWARDS = """
import sys
sys.exit('torchcodec' in sys.modules)
"""


@pytest.mark.parametrize("first", ["diffusers", "coqui"])
def test_coqui_and_diffusers_live_in_one_process(first: str) -> None:
    """Whichever comes first, both import, torchcodec is not loaded, and nothing is printed to stdout."""
    pytest.importorskip("diffusers")
    order = DIFFUSERS + COQUI if first == "diffusers" else COQUI + DIFFUSERS
    found = run(order + AFTERWARDS)
    assert found.returncode == 0, found.stderr
    assert found.stdout == ""


def test_a_torchaudio_that_imports_is_left_alone(tmp_path: Path) -> None:
    """Where nothing is broken nothing is changed."""
    (tmp_path / "torchaudio").mkdir()
    (tmp_path / "torchaudio" / "__init__.py").write_text("load = 'its own'\n")
    code = "from charforge.backends.torchaudio_mend import mend_torchaudio; mend_torchaudio(); import torchaudio, sys; "
    found = run(code + "print(torchaudio.load, 'torchaudio._extension' in sys.modules)", PYTHONPATH=str(tmp_path))
    assert found.stdout == "its own False\n", found.stderr


def test_a_mended_torchaudio_reads_and_writes_sound(tmp_path: Path, recording: Path) -> None:
    """coqui-tts' own functions that read recordings work beside any torch."""
    from charforge.backends.coqui.shim import prepare

    prepare()
    import torchaudio

    if "torchaudio._extension" in sys.modules and hasattr(sys.modules["torchaudio._extension"], "__file__"):
        pytest.skip("torchaudio is whole here")
    sound, rate = torchaudio.load(recording)
    torchaudio.save(tmp_path / "again.wav", sound, rate)
    again, _ = torchaudio.load(str(tmp_path / "again.wav"), frame_offset=100, num_frames=50)
    assert sound.shape == (1, 24_000)
    assert torch.allclose(again, sound[:, 100:150], atol=1e-4)


def test_without_its_packages_the_voice_says_what_to_install(tmp_path: Path) -> None:
    """In a Python without coqui-tts the module imports, and its revision names the command."""
    code = "from charforge.backends.coqui import Coqui\ntry: Coqui(None).revision\nexcept Exception as e: print(e)\n"
    block = "import importlib.metadata as m\ndef gone(name): raise m.PackageNotFoundError(name)\nm.version = gone\n"
    found = run(block + code)
    assert "coqui-tts is not installed" in found.stdout
    assert "pip install 'charforge[tts]'" in found.stdout
