"""Model folders of the user's own, written by hand without a model library."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Shapes = "Mapping[str, tuple[int, ...]]"


def safetensors(path: Path, shapes: Mapping[str, tuple[int, ...]], **metadata: str) -> Path:
    """Write a safetensors file of float16 zeros."""
    entries: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    place = 0
    for name, shape in shapes.items():
        size = 2 * int(np.prod(shape, dtype=np.int64))
        entries[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [place, place + size]}
        place += size
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw(entries, bytes(place)))
    return path


def raw(header: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Return a file with this header, true or not."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def document(path: Path, content: object) -> Path:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path
