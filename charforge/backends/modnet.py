"""Cuts people out: MODNet (photographic portrait matting) under onnxruntime.

The picture is brought to about 512 pixels on its short side, sides a multiple of 32; the matte is brought back to the
picture's size. Source: MODNet by Ke et al., Apache-2.0.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.errors import BackendMissing

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB, Alpha, Home

SHORT_SIDE = 512
LONG_SIDE = 1024
"""A very long picture is not searched larger than this."""
STEP = 32
KEPT = 2
"""Pictures whose mattes are kept."""


class ModNet:
    """MatteBackend `modnet`; safe to share between threads."""

    name: ClassVar[str] = "modnet"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ("modnet",)
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._session: Any = None
        self._known: dict[bytes, Alpha] = {}

    @property
    def revision(self) -> str:
        """Names the runtime's version and the model file."""
        from importlib.metadata import version

        runtime = ".".join(version("onnxruntime").split(".")[:2])
        return f"1;onnxruntime-{runtime};{self._home.weight_digest('modnet')[:12]}"

    def matte(self, pixels: RGB) -> Alpha:
        """Return (height, width) float32, 1 where a person is; that of the last pictures is kept.

        A photograph is checked, then measured beside the master: each is asked about twice.
        """
        digest = hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).digest()
        with self._lock:
            found = self._known.get(digest)
        if found is None:
            found = self._seen(pixels)
            with self._lock:
                self._known[digest] = found
                while len(self._known) > KEPT:
                    del self._known[next(iter(self._known))]
        return found.copy()

    def _seen(self, pixels: RGB) -> Alpha:
        import cv2

        height, width = pixels.shape[:2]
        extent = _extent(width, height)
        shrinking = extent[0] * extent[1] < width * height
        small = cv2.resize(pixels, extent, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
        # The network was trained on values from -1 to 1.
        feed = ((small.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)[None]
        (found,) = self._loaded().run(None, {"input": np.ascontiguousarray(feed)})
        matte = cv2.resize(
            found[0, 0], (width, height), interpolation=cv2.INTER_LINEAR if shrinking else cv2.INTER_AREA
        )
        return np.clip(np.asarray(matte, np.float32), 0, 1)

    def _loaded(self) -> Any:  # noqa: ANN401 - onnxruntime has no types
        with self._lock:
            if self._session is None:
                try:
                    import onnxruntime
                except ImportError as error:
                    raise BackendMissing("onnxruntime is not installed", "pip install 'charforge[embedded]'") from error
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self._home.threads
                options.inter_op_num_threads = 1
                # The arena would keep its largest moment for the rest of the run.
                options.enable_cpu_mem_arena = False
                options.log_severity_level = 3
                file = str(self._home.weight("modnet"))
                self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
            return self._session


def _extent(width: int, height: int) -> tuple[int, int]:
    """Return the size the network looks at: width and height, multiples of 32."""
    scale = min(SHORT_SIDE / min(width, height), LONG_SIDE / max(width, height))
    return max(round(width * scale / STEP), 1) * STEP, max(round(height * scale / STEP), 1) * STEP
