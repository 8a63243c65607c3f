"""A voice model is fetched from the hub by its name in charforge.yaml: its weights come as .pth files only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_hub import COMMIT, Hub

pytest.importorskip("huggingface_hub")

VOICE = {"config.json": b'{"model": "xtts"}', "model.pth": b"weights", "vocab.json": b"{}"}
OTHERS = {"README.md": b"# A voice", "model.onnx": b"another format", "samples/en.wav": b"sound"}

Pull = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Serve a hub with a voice model."""
    served = Hub()
    served.cards["acme/voice"] = {"license": "other", "license_name": "cpml"}
    served.files = VOICE | OTHERS
    yield served
    served.close()


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """Return where a fetched model lies."""
    return tmp_path / f"hf/hub/models--acme--voice/snapshots/{COMMIT}"


@pytest.fixture
def pull(hub: Hub, tmp_path: Path) -> Pull:
    """Return what runs `charforge weights pull` in a project."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "XDG_"))}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "NO_PROXY": "127.0.0.1", "CI": "true"}
    environment |= {"HF_HUB_DISABLE_TELEMETRY": "1", "CHARFORGE_WEIGHTS": str(tmp_path / "w")}

    def run(name: str, models: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "charforge.yaml").write_text(f"models: {models}\n", "utf-8")
        words = [sys.executable, "-m", "charforge", "weights", "pull", name]
        return subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("coqui", "{coqui: {weights: acme/voice}}"),
        ("ada", "{ada: {backend: coqui, weights: acme/voice}}"),
        ("acme/voice", "{ada: {backend: coqui, weights: acme/voice}}"),
    ],
)
def test_a_voice_model_is_fetched_with_its_pth_files(pull: Pull, snapshot: Path, name: str, models: str) -> None:
    """What it speaks with, and nothing else; its licence is told."""
    done = pull(name, models)
    assert done.returncode == 0, done.stderr
    assert "cpml" in done.stderr
    here = {str(f.relative_to(snapshot)): f.read_bytes() for f in snapshot.rglob("*") if f.is_file()}
    assert here == VOICE


def test_pth_files_of_any_other_model_stay_where_they_are(pull: Pull, snapshot: Path) -> None:
    """Only coqui-tts reads them, and reads them safely."""
    done = pull("sdxl", "{sdxl: {weights: acme/voice}, coqui: {weights: elsewhere/voice}}")
    assert done.returncode == 3
    assert "has no weights as safetensors" in done.stderr
    assert not snapshot.exists()
