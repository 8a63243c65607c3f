"""A tiny InsightFace pack that really sees: painted faces, told apart by what is painted on them.

A painted face says in red and green how far right and how far down each of its pixels lies, so that a detector of a few
differences knows its box at any size. Its blue holds 11 x 11 light and dark cells that spell who it is; the recogniser
reads them, and the swapper writes them from an embedding.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge import imaging
from charforge.backends import fake
from charforge.domain.jobs import Input, RepairJob

if TYPE_CHECKING:
    from pathlib import Path

    from contract_samples import Case
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB

CELLS, CELL = 11, 8
"""A face fills 88 x 88 pixels of an aligned crop: CELLS cells of CELL pixels each way."""
LEFT, TOP = 12, 21
"""Where it lies in the recogniser's crop of 112; in the swapper's of 128 it is 8 further right."""
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
POINTS = (TEMPLATE - [LEFT, TOP]) / (CELLS * CELL)
"""The five points of a face, in shares of its box."""
NUMBERS = 512


def build(folder: Path, seed: int = 0) -> Path:
    """Save a detector and a recogniser; recognisers of other seeds give other embeddings."""
    folder.mkdir(parents=True, exist_ok=True)
    build_detector(folder / "det_tiny.onnx")
    build_recogniser(folder / "rec_tiny.onnx", seed)
    return folder


def recogniser(folder: Path) -> str:
    """Return the sha256 of a pack's recogniser, which swappers and adapters name as their `face_model`."""
    return hashlib.sha256((folder / "rec_tiny.onnx").read_bytes()).hexdigest()


def headshot(who: str, side: int = 256) -> RGB:
    """Return a picture of one painted person."""
    pixels = fake.gradient(side, side, who)
    paint(pixels, who, (side * 0.2, side * 0.2), side * 0.6)
    return pixels


def paint(pixels: RGB, who: str, corner: tuple[float, float], side: float) -> None:
    """Paint a face into a picture, its upper left corner at x, y."""
    left, top, width = round(corner[0]), round(corner[1]), round(side)
    ramp = np.round((np.arange(width) + 0.5) / width * 255).astype(np.uint8)
    at = np.arange(width) * CELLS // width
    face = np.empty((width, width, 3), np.uint8)
    face[..., 0], face[..., 1] = ramp[None, :], ramp[:, None]
    face[..., 2] = np.where(spelling(who)[np.ix_(at, at)], 217, 38)
    pixels[top : top + width, left : left + width] = face


def spelling(who: str) -> NDArray[np.bool_]:
    """Return the cells of a name, (CELLS, CELLS), half of them light."""
    number = int.from_bytes(hashlib.sha256(who.encode()).digest()[:4], "big")
    cells = np.arange(CELLS * CELLS) % 2 == 0
    return np.random.default_rng(number).permutation(cells).reshape(CELLS, CELLS)


def build_detector(path: Path, side: int = 0, *, points: bool = True) -> None:
    """Save an SCRFD-shaped detector: scores, boxes and points of 2 anchors on 3 grids; only the finest grid sees.

    `side` fixes what it takes; without `points` it gives none.
    """
    graph = _Graph()
    looks = np.zeros((6, 3, 3, 3), np.float32)  # red across and down, green across and down, red, green
    for channel in (0, 1):
        looks[2 * channel, channel, 1, ::2] = looks[2 * channel + 1, channel, ::2, 1] = (-128 / 255, 128 / 255)
        looks[4 + channel, channel, 1, 1] = 128 / 255
    mean = graph.node("AveragePool", "picture", kernel_shape=[8, 8], strides=[8, 8])
    seen = graph.node("Conv", mean, graph.table(looks), graph.table([0, 0, 0, 0, 0.5, 0.5]), pads=[1, 1, 1, 1])
    rows = graph.node("Reshape", graph.node("Transpose", seen, perm=[0, 2, 3, 1]), graph.table([-1, 6], np.int64))
    straight = graph.node("MatMul", rows, graph.table([[0.5], [0], [0], [0.5], [0], [0]]))
    askew = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, 0, 0], [0, 0, 0]]
    crooked = graph.node("ReduceSum", graph.node("Abs", graph.node("MatMul", rows, graph.table(askew))), axes=[1])
    middle = graph.node("MatMul", rows, graph.table(np.eye(6)[:, 4:]))
    found = {"score": _score(graph, straight, crooked, middle), **_places(graph, straight, middle)}
    if not points:
        del found["kps"]
    for kind, row in found.items():
        width = {"score": 1, "box": 4, "kps": 10}[kind]
        for stride in (8, 16, 32):
            twice = graph.node("Concat", row, row, axis=1) if stride == 8 else _nothing(graph, stride, 2 * width)
            graph.node("Reshape", twice, graph.table([-1, width], np.int64), name=f"{kind}{stride}")
            graph.give(f"{kind}{stride}", ["n", width])
    graph.save(path, {"picture": [1, 3, side or "h", side or "w"]})


def build_recogniser(path: Path, seed: int = 0) -> None:
    """Save an ArcFace-shaped recogniser: the light of the cells, spread over 512 numbers."""
    graph = _Graph()
    starts, ends = [2, TOP, LEFT], [3, TOP + CELLS * CELL, LEFT + CELLS * CELL]
    bounds = [graph.table(values, np.int64) for values in (starts, ends, [1, 2, 3])]
    cells = graph.node("AveragePool", graph.node("Slice", "crop", *bounds), kernel_shape=[CELL] * 2, strides=[CELL] * 2)
    row = graph.node("Flatten", cells)
    level = graph.node("MatMul", row, graph.table(np.eye(CELLS**2) - 1 / CELLS**2))
    graph.node("MatMul", level, graph.table(_spread(seed)), name="embedding")
    graph.give("embedding", ["n", NUMBERS])
    graph.save(path, {"crop": ["n", 3, 112, 112]})


def build_swapper(path: Path, seed: int = 0, *, gives: float = 1.0) -> Path:
    """Save a swapper for the recogniser of this seed; `gives` scales what it gives: 0 is black, NaN no numbers."""
    graph = _Graph()
    back = np.linalg.pinv(_spread(seed)) * np.sqrt(NUMBERS * CELLS**2) * 0.35
    cells = graph.node(
        "Reshape", graph.node("MatMul", "source", graph.table(back)), graph.table([1, 1, CELLS, CELLS], np.int64)
    )
    light = graph.node("Add", cells, graph.table([0.5]))
    large = graph.node("ConvTranspose", light, graph.table(np.ones((1, 1, CELL, CELL))), strides=[CELL, CELL])
    left, width = LEFT + 8, CELLS * CELL
    around = [0, 2, TOP, left, 0, 0, 128 - TOP - width, 128 - left - width]
    new = graph.node("Pad", large, graph.table(around, np.int64))
    kept = np.ones((1, 3, 128, 128))
    kept[:, 2, TOP : TOP + width, left : left + width] = 0
    whole = graph.node("Add", graph.node("Mul", "target", graph.table(kept)), new)
    graph.node("Mul", whole, graph.table([gives]), name="swapped")
    graph.give("swapped", [1, 3, 128, 128])
    graph.table(np.eye(NUMBERS))  # insightface takes the last table for the one that embeddings go through
    graph.save(path, {"target": [1, 3, 128, 128], "source": [1, NUMBERS]})
    return path


def job(case: Case, seed: int = 1) -> RepairJob:
    """Return a swap of the larger of two people for somebody else."""
    pixels = fake.gradient(320, 192, "set")
    paint(pixels, "theo", (24, 40), 112)
    paint(pixels, "ana", (208, 60), 72)
    picture, master = (case.desk.put(imaging.encode_png(p)) for p in (pixels, headshot("mia")))
    return RepairJob(
        backend="inswapper",
        seed=seed,
        step="swap",
        box=(20, 36, 120, 120),
        inputs=(Input(role="picture", source=picture), Input(role="master", name="mia", source=master)),
        settings={"face_model": case.desk.toolbox.get("face", "insightface").model},
    )


def _score(graph: _Graph, straight: str, crooked: str, middle: str) -> str:
    """Return 1 where both colours rise alike, steeply enough, and their middle is near; 0 elsewhere."""
    steep = graph.node("Sub", straight, graph.table([[0.03]]))
    even = graph.node("Sub", graph.node("Mul", straight, graph.table([[0.3]])), crooked)
    away = graph.node("ReduceMax", graph.node("Abs", graph.node("Sub", middle, graph.table([[0.5]]))), axes=[1])
    near = graph.node("Sub", graph.table([[0.25]]), away)
    least = graph.node("Min", steep, even, near)
    return graph.node("Clip", graph.node("Mul", least, graph.table([[1e4]])), graph.table(0.0), graph.table(0.9))


def _places(graph: _Graph, straight: str, middle: str) -> dict[str, str]:
    """Return boxes as distances to their four sides, and points as distances from the corner of the cell."""
    size = graph.node("Div", graph.table([[2.0]]), graph.node("Max", straight, graph.table([[0.01]])))
    sides = np.array([[1, 0, -1, 0], [0, 1, 0, -1]])
    found = {}
    for kind, turns, shares, corner in (
        ("box", sides, [0, 0, 1, 1], [-0.5, -0.5, 0.5, 0.5]),
        ("kps", -np.tile(np.eye(2), 5), POINTS.ravel(), [0.5]),
    ):
        share = graph.node("Add", graph.node("MatMul", middle, graph.table(turns)), graph.table([shares]))
        found[kind] = graph.node("Add", graph.node("Mul", share, size), graph.table([corner]))
    return found


def _nothing(graph: _Graph, stride: int, width: int) -> str:
    """Return a row of zeros for each cell of a grid."""
    mean = graph.node("AveragePool", "picture", kernel_shape=[stride] * 2, strides=[stride] * 2)
    zeros = graph.node("Conv", mean, graph.table(np.zeros((width, 3, 1, 1))))
    return graph.node("Transpose", zeros, perm=[0, 2, 3, 1])


@functools.cache
def _spread(seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(CELLS * CELLS, NUMBERS))


class _Graph:
    """Nodes, tables and results of a model that is being made."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.tables: list[Any] = []
        self.results: list[Any] = []

    def node(self, kind: str, *inputs: str, name: str = "", axes: list[int] | None = None, **attributes: Any) -> str:
        """Add a node and return the name of its result."""
        from onnx import helper

        if kind == "ReduceSum" and axes is not None:  # the one reduction whose axes are an input in opset 17
            inputs += (self.table(axes, np.int64),)
        elif axes is not None:
            attributes["axes"] = axes
        name = name or f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def table(self, values: Any, kind: Any = np.float32) -> str:
        """Add numbers and return their name."""
        from onnx import numpy_helper

        name = f"table{len(self.tables)}"
        self.tables.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def give(self, name: str, shape: list[Any]) -> None:
        """Name a node's result as one of the model's."""
        from onnx import TensorProto, helper

        self.results.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def save(self, path: Path, inputs: dict[str, list[Any]]) -> None:
        """Write the model."""
        import onnx
        from onnx import TensorProto, helper

        taken = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
        graph = helper.make_graph(self.nodes, path.stem, taken, self.results, self.tables)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, path)
