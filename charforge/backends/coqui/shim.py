"""Makes coqui-tts importable beside any build of torch, and quiet.

coqui-tts imports torchaudio, of which it needs only what is written in Python: see torchaudio_mend. torchcodec, which
coqui-tts wants to be installed, is never imported.
"""

from __future__ import annotations

import logging
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from charforge.backends.torchaudio_mend import mend_torchaudio
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
