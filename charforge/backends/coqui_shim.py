"""Makes coqui-tts importable beside any build of torch.

coqui-tts imports torchaudio, of which it needs only what is written in Python. The common wheel of torchaudio is
linked against CUDA and will not load beside a torch for the CPU; its compiled part is then left out, for this process
only, and reading and writing sound goes through soundfile. torchcodec, which coqui-tts wants to be installed, is never
imported. Where torchaudio imports by itself nothing is changed.
"""

from __future__ import annotations

import logging
import sys
import threading
import types
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from charforge.errors import BackendMissing

INSTALL = "pip install 'charforge[tts]'"
NEEDED = {
    "TTS": "coqui-tts",
    "torch": "torch",
    "torchaudio": "torchaudio",
    "torchcodec": "torchcodec",
    "six": "six",
    "safetensors": "safetensors",
}
"""Module -> package; torchaudio, torchcodec and six are imported by coqui-tts 0.28 without being declared."""
_lock = threading.RLock()


def release() -> str:
    """Return the versions of coqui-tts and torch that are installed, importing neither; raise BackendMissing."""
    parts = []
    for package in ("coqui-tts", "torch"):
        try:
            parts.append(f"{package}-{'.'.join(version(package).split('+')[0].split('.')[:2])}")
        except PackageNotFoundError:
            raise BackendMissing(f"{package} is not installed", INSTALL) from None
    return ";".join(parts)


def prepare() -> None:
    """Import torch, torchaudio and TTS so that any part of coqui-tts can be imported; raise BackendMissing."""
    with _lock:
        for module, package in NEEDED.items():
            if module not in sys.modules and find_spec(module) is None:
                raise BackendMissing(f"{package} is not installed", INSTALL)
        for logger in ("TTS", "trainer"):
            # Without a handler Python writes their warnings to the terminal; a log that somebody set up still has them.
            if not logging.getLogger(logger).handlers:
                logging.getLogger(logger).addHandler(logging.NullHandler())
        mend_torchaudio()
        try:
            import TTS  # noqa: F401
        except ImportError as error:
            hint = "pip uninstall coqpit; pip install coqpit-config" if "coqpit" in str(error) else INSTALL
            raise BackendMissing(f"coqui-tts cannot be imported: {' '.join(str(error).split())}", hint) from error


def mend_torchaudio() -> None:
    """Import torchaudio where it is installed, without its compiled part where that will not load.

    transformers (and with it the pipelines of diffusers) imports torchaudio wherever it is installed, and fails with
    it; so whoever imports one of them calls this first.
    """
    if "torchaudio" in sys.modules or find_spec("torchaudio") is None:
        return
    with _lock:
        import torch  # noqa: F401 - torchaudio wants it first

        try:
            import torchaudio  # noqa: F401
        except (OSError, RuntimeError):
            _import_without_extension()


def _import_without_extension() -> None:
    """Import torchaudio with a stand-in for its compiled part."""
    for name in [n for n in sys.modules if n == "torchaudio" or n.startswith("torchaudio.")]:
        del sys.modules[name]
    stand_in = types.ModuleType("torchaudio._extension")
    stand_in.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        _check_cuda_version=lambda: None,
        fail_if_no_align=lambda function: function,
    )
    sys.modules["torchaudio._extension"] = stand_in
    import torchaudio

    torchaudio.load = _load
    torchaudio.save = _save


def _load(
    uri: Any,  # noqa: ANN401 - a path or an open file
    frame_offset: int = 0,
    num_frames: int = -1,
    normalize: bool = True,  # noqa: ARG001
    channels_first: bool = True,
    **_ignored: object,
) -> tuple[Any, int]:
    """Read a sound file as torchaudio does: (channels, samples) float32, and its rate."""
    import soundfile
    import torch

    samples, rate = soundfile.read(uri, start=frame_offset, frames=num_frames, dtype="float32", always_2d=True)
    return torch.from_numpy(samples.T.copy() if channels_first else samples), int(rate)


def _save(uri: Any, src: Any, sample_rate: int, channels_first: bool = True, **_ignored: object) -> None:  # noqa: ANN401
    """Write a sound file as torchaudio does, from (channels, samples)."""
    import soundfile

    samples = src.detach().cpu().numpy()
    soundfile.write(uri, samples.T if channels_first and samples.ndim == 2 else samples, sample_rate)
