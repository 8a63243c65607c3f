"""Reads what a safetensors file holds without loading it, and says in words why a file is none.

A file: 8 bytes of length, a JSON header of that length, the numbers. Source: the safetensors format description,
github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

from charforge.errors import Problem, WeightsError

MAX_HEADER = 100_000_000
"""Bytes; the format's own limit."""
MOST = 1 << 62
"""Bytes or numbers that any file may claim."""
BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}
"""Kind of number -> bits of one."""
AGAIN = "fetch or copy the file again"
CONVERT = (
    "use the .safetensors file of the same model; where there is none, convert this one, which runs nothing that it "
    "holds: charforge weights convert FILE"
)
_OTHERS = (
    (b"PK\x03\x04", "is a pickle (in a zip, as torch.save writes it); charforge loads safetensors only", CONVERT),
    (b"GGUF", "is a GGUF file; charforge loads safetensors only", "use the .safetensors file of the same model"),
    (b"\x89HDF", "is an HDF5 file; charforge loads safetensors only", "use the .safetensors file of the same model"),
    (
        b"version https://git-lfs",
        "is only a git-lfs pointer, not the file itself",
        "run `git lfs pull` in the folder it was cloned into",
    ),
    (b"<", "is a page of a web site, not the file itself", "fetch it again with: charforge weights pull, or git lfs"),
)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A block of numbers in a file."""

    dtype: str
    """`F32`, `F16`, `BF16` …"""
    shape: tuple[int, ...]
    begin: int
    """Bytes from the end of the header."""
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file holds."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    bytes: int = 0
    """Size of the file."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of every block of numbers by its name."""
        return {name: tensor.shape for name, tensor in self.tensors.items()}


class _WrongError(ValueError):
    """Says why a file is refused, and what to do."""

    def __init__(self, reason: str, hint: str = AGAIN) -> None:
        super().__init__(reason)
        self.hint = hint


def header(path: Path) -> Header:
    """Return what a file holds; raise WeightsError when it is not a whole safetensors file."""
    try:
        return _read(path)
    except _WrongError as error:
        raise WeightsError(f"{path} {error}", error.hint) from error


def examine(path: Path) -> Header | Problem:
    """Return what a file holds, or what is wrong with it."""
    try:
        return _read(path)
    except _WrongError as error:
        return Problem(str(error), path, hint=error.hint)


def _read(path: Path) -> Header:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            first = stream.read(32)
            length = int.from_bytes(first[:8], "little")
            _plausible(first, length, size)
            stream.seek(8)
            raw = stream.read(length)
    except FileNotFoundError:
        reason = "is a link to a file that is gone" if path.is_symlink() else "does not exist"
        raise _WrongError(reason) from None
    except OSError as error:
        raise _WrongError(f"cannot be read: {error.strerror or error}", "check its permissions") from error
    data = _parsed(raw)
    metadata = data.pop("__metadata__", None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _WrongError("is damaged: its __metadata__ is not text by name")
    tensors = {name: _tensor(name, entry) for name, entry in data.items()}
    _whole(tensors, size - 8 - length)
    return Header(tensors, metadata, size)


def _plausible(first: bytes, length: int, size: int) -> None:
    """Refuse a file by its beginning."""
    if not first:
        raise _WrongError("is empty")
    if first[8:9] == b"{":
        if length > MAX_HEADER:
            raise _WrongError(f"is damaged: it claims a header of {length:,} bytes")
        if length > size - 8:
            raise _WrongError(f"is cut off: its header alone has {length:,} bytes, the file has {size:,}")
        return
    for magic, reason, hint in _OTHERS:
        if first.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(magic):
            raise _WrongError(reason, hint)
    # A pickle's first opcode is PROTO and its number. Source: Lib/pickletools.py.
    if first[0] == 0x80 and first[1:2] <= b"\x05":
        raise _WrongError("is a pickle; charforge loads safetensors only", CONVERT)
    raise _WrongError("is not a safetensors file")


def _parsed(raw: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise _WrongError("is damaged: its header names something twice")
        return found

    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _WrongError("is damaged: its header cannot be read") from error
    except ValueError as error:
        # Python refuses whole numbers of more than 4300 digits.
        raise error if isinstance(error, _WrongError) else _WrongError("is damaged: its header is absurd") from error
    if not isinstance(data, dict):
        raise _WrongError("is damaged: its header is not a table")
    return data


def _tensor(name: str, entry: object) -> Tensor:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _WrongError(f"is damaged: its header says nothing sensible of {_short(name)}")
    dtype, shape, span = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise _WrongError(f"holds {_short(name)} in an unknown kind of number, {_short(dtype)}")
    if not _counts(shape) or prod(n for n in shape if n) >= MOST or not _counts(span) or len(span) != 2:
        raise _WrongError(f"is damaged: {_short(name)} has an impossible shape or place")
    begin, end = span
    bits = prod(shape) * BITS[dtype]
    if bits % 8 or end - begin != bits // 8:
        raise _WrongError(f"is damaged: {_short(name)} has {end - begin:,} bytes, its shape wants {bits // 8:,}")
    return Tensor(dtype, tuple(shape), begin, end)


def _counts(numbers: object) -> bool:
    return (
        isinstance(numbers, list)
        and all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)
        and all(0 <= number < MOST for number in numbers)
    )


def _whole(tensors: Mapping[str, Tensor], size: int) -> None:
    """Refuse numbers that lie outside the file or on each other, and bytes that belong to nothing."""
    spans = sorted((tensor.begin, tensor.end, name) for name, tensor in tensors.items())
    end = spans[-1][1] if spans else 0
    if end > size:
        raise _WrongError(f"is cut off: {end - size:,} of {end:,} bytes are missing")
    if spans and spans[0][0] != 0:
        raise _WrongError("is damaged: its first bytes belong to nothing")
    for (_, before, one), (begin, _, other) in pairwise(spans):
        if begin < before:
            raise _WrongError(f"is damaged: {_short(one)} and {_short(other)} lie on each other")
        if begin > before:
            raise _WrongError(f"is damaged: bytes between {_short(one)} and {_short(other)} belong to nothing")
    if end < size:
        raise _WrongError(f"is damaged: its last {size - end:,} bytes belong to nothing")


def _short(name: object) -> str:
    text = repr(name)
    return text if len(text) <= 80 else text[:77] + "…"
