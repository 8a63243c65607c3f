"""Reads a network from ncnn's two files and builds it for OpenVINO, so that no runtime of its own is needed.

Only what SPAN is made of is known: anything else in a file is refused. Source: ncnn's wiki, "param and model file
structure"; SPAN by Wan et al. 2024 (`hongyuanyu/SPAN`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = "7767517"
HALF = 0x01306B47
"""Marks weights stored in half precision."""
ADD, SUBTRACT, MULTIPLY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of the outline."""

    kind: str
    name: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    settings: dict[int, float]

    def whole(self, number: int, otherwise: int = 0) -> int:
        """Return a setting that is a whole number."""
        return int(self.settings.get(number, otherwise))


def outline(text: str) -> tuple[Layer, ...]:
    """Return the layers that an outline lists; raise WeightsError when it is none."""
    lines = text.split("\n")
    if lines[0].strip() != MAGIC:
        raise WeightsError("the upscaler's outline is not one of ncnn's", "charforge weights pull span-x4-outline")
    found = []
    for line in lines[2:]:
        words = line.split()
        if not words:
            continue
        takes, gives = int(words[2]), int(words[3])
        names = words[4 : 4 + takes + gives]
        pairs = (word.split("=", 1) for word in words[4 + takes + gives :])
        settings = {int(key): float(value) for key, value in pairs}
        found.append(Layer(words[0], words[1], tuple(names[:takes]), tuple(names[takes:]), settings))
    return tuple(found)


def built(outline_file: Path, weights_file: Path) -> Any:  # noqa: ANN401 - openvino.Model
    """Return the network: (1, 3, height, width) 0 to 1 RGB in, as many times as large out."""
    import openvino
    from openvino import opset13

    layers = outline(outline_file.read_text("ascii"))
    store = _Store(weights_file.read_bytes())
    start = opset13.parameter(openvino.PartialShape([1, 3, -1, -1]), openvino.Type.f32, name="picture")
    values: dict[str, Any] = {}
    for layer in layers:
        if layer.kind == "Input":
            values[layer.gives[0]] = start
            continue
        made = _made(layer, [values[name] for name in layer.takes], store)
        values |= dict.fromkeys(layer.gives, made)
    if store.left:
        raise WeightsError("the upscaler's weights are not those of its outline", "charforge weights pull span-x4")
    return openvino.Model([values[layers[-1].gives[0]]], [start], "span")


def _made(layer: Layer, given: list[Any], store: _Store) -> Any:  # noqa: ANN401
    from openvino import opset13

    if layer.kind == "MemoryData":
        return opset13.constant(store.plain(layer.whole(2)).reshape(1, -1, 1, 1))
    if layer.kind == "Convolution":
        return _convolved(layer, given[0], store)
    if layer.kind == "BinaryOp":
        other = given[1] if len(given) > 1 else opset13.constant(np.float32(layer.settings[2]))
        how = {ADD: opset13.add, SUBTRACT: opset13.subtract, MULTIPLY: opset13.multiply}
        if layer.whole(0) in how:
            return how[layer.whole(0)](given[0], other)
    simple = {
        "Split": lambda one: one,
        "Sigmoid": opset13.sigmoid,
        "Swish": opset13.swish,
        "PixelShuffle": lambda one: opset13.depth_to_space(one, "depth_first", layer.whole(0, 1)),
    }
    if layer.kind in simple:
        return simple[layer.kind](given[0])
    if layer.kind == "Concat":
        return opset13.concat(given, 1)
    message = f"the upscaler's outline asks for {layer.kind} ({layer.name}), which is not known"
    raise WeightsError(message, "charforge weights pull span-x4-outline")


def _convolved(layer: Layer, given: Any, store: _Store) -> Any:  # noqa: ANN401
    from openvino import opset13

    channels, side, size = layer.whole(0), layer.whole(1), layer.whole(6)
    border = layer.whole(4)
    kernel = store.marked(size).reshape(channels, -1, side, side)
    bias = store.plain(channels).reshape(1, -1, 1, 1)
    done = opset13.convolution(given, opset13.constant(kernel), [1, 1], [border] * 2, [border] * 2, [1, 1])
    return opset13.add(done, opset13.constant(bias))


class _Store:
    """The numbers of a weights file, taken one after the other."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    @property
    def left(self) -> int:
        """Return how many bytes nobody has taken."""
        return len(self._raw) - self._at

    def plain(self, count: int) -> NDArray[np.float32]:
        """Return the next numbers, in single precision."""
        return self._taken(count, np.dtype("<f4")).copy()

    def marked(self, count: int) -> NDArray[np.float32]:
        """Return the next numbers, stored as the mark before them says."""
        mark = int(self._taken(1, np.dtype("<u4"))[0])
        if mark == 0:
            return self.plain(count)
        if mark != HALF:
            raise WeightsError("the upscaler's weights are stored in a way that is not known")
        found = self._taken(count, np.dtype("<f2")).astype(np.float32)
        self._at += -self._at % 4
        return found

    def _taken(self, count: int, kind: np.dtype[Any]) -> NDArray[Any]:
        end = self._at + count * kind.itemsize
        if end > len(self._raw):
            raise WeightsError("the upscaler's weights are cut short", "charforge weights pull span-x4")
        found = np.frombuffer(self._raw, kind, count, self._at)
        self._at = end
        return found
