"""Reads the arrays of a file that torch saved before version 1.6, without torch; nothing that it names is ever run.

Such a file is five pickles (a magic number, a version, the machine, the object, the storages' keys), then the bytes of
each storage after its length. Source: torch/serialization.py of PyTorch (BSD-3-Clause), `_legacy_load`.
"""

from __future__ import annotations

import collections
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from charforge.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64}


@dataclass(slots=True)
class _Array:
    """A tensor whose numbers are still to be read."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(slots=True)
class _Storages:
    kinds: dict[str, type] = field(default_factory=dict)


def arrays(file: Path, under: str) -> dict[str, NDArray[Any]]:
    """Return the arrays by name under one key of the saved object; raise WeightsError for anything else in it."""
    storages = _Storages()
    try:
        with file.open("rb") as stream:
            magic, _, _ = (_Reader(stream, storages).load() for _ in range(3))
            if magic != MAGIC:
                raise WeightsError(f"{file} is not a file that an old torch saved", "fetch it again")
            saved = _Reader(stream, storages).load()
            keys = _Reader(stream, storages).load()
            numbers = {key: _numbers(stream, storages.kinds[key]) for key in keys}
        return {name: _shaped(array, numbers) for name, array in saved[under].items()}
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise WeightsError(f"{file} cannot be read: {error}", "fetch it again: charforge weights pull") from error


class _Reader(pickle.Unpickler):
    """Makes plain containers and placeholders of tensors, and nothing else."""

    def __init__(self, stream: Any, storages: _Storages) -> None:  # noqa: ANN401 - a binary file
        super().__init__(stream)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - what the name stands for
        """Return what stands for a name in the pickle; refuse all but three."""
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Array(storage, offset, shape, strides)
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid: Any) -> str:  # noqa: ANN401 - a tuple of torch's making
        """Return the key of a storage, remembering its kind of number."""
        _, kind, key, *_ = pid
        self._storages.kinds[key] = kind
        return str(key)


def _numbers(stream: Any, kind: type) -> NDArray[Any]:  # noqa: ANN401 - a binary file
    count = int.from_bytes(stream.read(8), "little")
    size = np.dtype(kind).itemsize
    raw = stream.read(count * size)
    if len(raw) != count * size:
        _cut_short()
    return np.frombuffer(raw, kind)


def _cut_short() -> NoReturn:
    raise EOFError("it is cut short")


def _shaped(array: _Array, numbers: dict[str, NDArray[Any]]) -> NDArray[Any]:
    plain = numbers[array.storage][array.offset : array.offset + int(np.prod(array.shape))]
    whole = plain.reshape(array.shape)
    if tuple(s // whole.itemsize for s in whole.strides) != tuple(array.strides) and whole.size > 1:
        raise ValueError("a tensor does not lie whole in memory")
    return whole
