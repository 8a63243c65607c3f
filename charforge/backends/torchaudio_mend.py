"""Makes torchaudio importable beside any build of torch, for whatever imports it.

The common wheel of torchaudio is linked against CUDA and will not load beside a torch for the CPU; its compiled part is
then left out, for this process only, and reading and writing sound goes through soundfile. Where torchaudio imports by
itself nothing is changed.
"""

from __future__ import annotations

import sys
import threading
import types
from importlib.util import find_spec
from typing import Any

_lock = threading.RLock()


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
