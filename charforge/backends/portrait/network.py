"""The face generator itself: a seed becomes a style, a style becomes a head.

Source: MobileStyleGAN (Belousov 2021, FFHQ weights) as OpenVINO models; its one style is fed to each of its eight
resolutions apart, as StyleGAN2's extended space W+ does (Abdal et al. 2019).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from charforge.backends.portrait.sketch import Sketcher
    from charforge.backends.protocols import RGB, Vector

WIDTH = 512
"""Numbers in a style."""
LEVELS = 8
"""Resolutions a style acts on, 4 to 512 pixels. The first three make the pose, the last four colour and texture."""
SIDE = 1024


class Network:
    """Loads on first use; safe to share between threads, which then take turns."""

    def __init__(self, mapping: tuple[Path, Path], synthesis: tuple[Path, Path], threads: int) -> None:
        self._files = (mapping, synthesis)
        self._threads = threads
        self._lock = threading.RLock()
        self._models: tuple[Any, Any] | None = None

    def style(self, seed: int) -> Vector:
        """Return the untruncated style of a seed, (512,) float32."""
        noise = np.random.default_rng(seed).normal(size=(1, WIDTH)).astype(np.float32)
        with self._lock:
            return np.array(self._loaded()[0]([noise])[0][0], np.float32)

    def draw(self, style: Vector) -> RGB:
        """Return the head of a style, (1024, 1024, 3) uint8; the style is (512,) or (8, 512), flat or not."""
        levels = spread(style)
        with self._lock:
            planes = self._loaded()[1]([levels[i : i + 1] for i in range(LEVELS)])[0][0]
        unit = np.clip((planes.transpose(1, 2, 0) + 1) / 2, 0, 1)
        return np.ascontiguousarray(np.round(unit * 255), np.uint8)

    def sketcher(self, styles: Sequence[Vector]) -> Sketcher:
        """Return a generator of half-size heads near these styles, in half the time; fitted to their real heads."""
        import openvino

        from charforge.backends.portrait.sketch import Sketcher

        core = openvino.Core()
        xml, weights = self._files[1]
        model = _one_input_per_level(core.read_model(str(xml), str(weights)))
        return Sketcher(model, lambda made: core.compile_model(made, "CPU", self._settings()), styles)

    def _settings(self) -> dict[str, Any]:
        # Single precision everywhere: the default on some processors is bfloat16, which draws other pixels there,
        # visibly noisier ones, and is not faster on these small layers.
        return {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": self._threads, "NUM_STREAMS": 1}

    def _loaded(self) -> tuple[Any, Any]:
        with self._lock:
            if self._models is None:
                import openvino

                core = openvino.Core()
                settings = self._settings()
                mapping, synthesis = (core.read_model(str(xml), str(weights)) for xml, weights in self._files)
                self._models = (
                    core.compile_model(mapping, "CPU", settings),
                    core.compile_model(_one_input_per_level(synthesis), "CPU", settings),
                )
            return self._models


def spread(style: Vector) -> Vector:
    """Return a style as (8, 512), one row a resolution; raise RenderFailed when it is not a style."""
    flat = np.ascontiguousarray(style, np.float32).reshape(-1)
    if flat.size not in (WIDTH, LEVELS * WIDTH) or not np.isfinite(flat).all():
        message = f"a style is {WIDTH} or {LEVELS} x {WIDTH} finite numbers; this one has {flat.size}"
        raise RenderFailed(message, "build the character's rig again")
    return np.broadcast_to(flat.reshape(-1, WIDTH), (LEVELS, WIDTH)).copy()


def _one_input_per_level(model: Any) -> Any:  # noqa: ANN401 - openvino.Model
    """Return the synthesis network with its style input replaced by one per resolution."""
    import openvino
    from openvino import opset13

    style = model.inputs[0]
    users = sorted(style.get_target_inputs(), key=lambda port: _number(port.get_node().get_friendly_name()))
    inputs = [opset13.parameter([1, WIDTH], openvino.Type.f32, name=f"style{i}") for i in range(LEVELS)]
    layers = [port for port in users if port.get_node().get_type_name() == "MatMul"]
    for port in users:
        # Layers stand in drawing order: one at 4 pixels, then three a resolution, and the last colours the picture.
        level = min((layers.index(port) + 2) // 3, LEVELS - 1) if port in layers else 0
        port.replace_source_output(inputs[level].output(0))
    return openvino.Model(list(model.get_results()), inputs, "levels")


def _number(name: str) -> int:
    digits = "".join(c if c.isdigit() else " " for c in name.partition("/")[0]).split()
    return int(digits[-1]) if digits else 0
