"""Reads what an ONNX file takes and gives without loading it, so that a wrong or half downloaded one is named early.

Source: onnx.proto3 of the ONNX project; field numbers are the format's own.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Protocol buffers' wire types; groups are older than ONNX."""
LONGEST = 10
"""Bytes of the longest varint."""
HIGHEST = 30
"""No field of a model has a higher number; a pickle's first bytes read as one."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A name and its extents; an extent that a run decides is 0."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a model takes and gives."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    last_table: tuple[int, ...]
    """Extents of the last table of numbers stored in the file; empty when there is none."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of the file that holds one message."""

    data: mmap.mmap
    start: int
    end: int

    def fields(self) -> Iterator[tuple[int, int | _Span]]:
        """Yield each field's number and value; raise EOFError where the file ends too early, ValueError at nonsense."""
        at = self.start
        while at < self.end:
            tag, at = _varint(self.data, at, self.end)
            number, wire = tag >> 3, tag & 7
            if wire == VARINT:
                value, at = _varint(self.data, at, self.end)
                yield number, value
                continue
            if wire == BYTES:
                length, at = _varint(self.data, at, self.end)
            elif wire in {FIXED64, FIXED32}:
                length = 8 if wire == FIXED64 else 4
            else:
                raise ValueError(wire)
            if at + length > self.end:
                raise EOFError
            yield number, _Span(self.data, at, at + length)
            at += length

    def within(self, number: int) -> Iterator[_Span]:
        """Yield the messages that a field of this message holds."""
        for found, value in self.fields():
            if found == number and isinstance(value, _Span):
                yield value

    def text(self, number: int) -> str:
        """Return a text field; empty where there is none."""
        span = next(self.within(number), None)
        return "" if span is None else self.data[span.start : span.end].decode("utf-8", "replace")

    def numbers(self, number: int) -> Iterator[int]:
        """Yield a repeated whole number, however it is packed."""
        for found, value in self.fields():
            if found != number:
                continue
            if isinstance(value, int):
                yield value
                continue
            at = value.start
            while at < value.end:
                one, at = _varint(self.data, at, value.end)
                yield one


def outline(file: Path) -> Outline:
    """Return what a model takes and gives; raise WeightsError when it is no ONNX file or only a part of one."""
    try:
        if file.stat().st_size == 0:
            raise WeightsError(f"{file} is empty", "download it again")
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _outline(_Span(data, 0, len(data)))
    except EOFError:
        raise WeightsError(f"{file} is cut short", "it is half downloaded: download it again") from None
    except ValueError:
        hint = "it may be a web page or a pointer file in its place: download the model itself"
        raise WeightsError(f"{file} is not an ONNX model", hint) from None
    except OSError as error:
        raise WeightsError(f"{file} cannot be read: {error.strerror}", "check the path and its rights") from error


def _outline(model: _Span) -> Outline:
    graph, opset = None, False
    for number, value in model.fields():
        if number > HIGHEST:
            raise ValueError(number)
        opset = opset or number == 8
        if number == 7 and isinstance(value, _Span):
            graph = value
    if graph is None or not opset:
        # Fields are written in the order of their numbers: what ends before the opset has lost its end.
        raise EOFError if graph is not None else ValueError
    stored: set[str] = set()
    last: tuple[int, ...] = ()
    for table in graph.within(5):
        stored.add(table.text(8))
        last = tuple(table.numbers(1))
    # Files of older makers list their tables among the inputs as well.
    inputs = tuple(t for t in map(_tensor, graph.within(11)) if t.name not in stored)
    return Outline(inputs, tuple(map(_tensor, graph.within(12))), last)


def _tensor(value: _Span) -> Tensor:
    extents = [
        next(extent.numbers(1), 0)
        for kind in value.within(2)
        for tensor in kind.within(1)
        for shape in tensor.within(2)
        for extent in shape.within(1)
    ]
    return Tensor(value.text(1), tuple(extents))


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    """Return a whole number and where it ends."""
    value = 0
    for place in range(LONGEST):
        if at >= end:
            raise EOFError
        byte = data[at]
        value |= (byte & 0x7F) << (7 * place)
        at += 1
        if byte < 0x80:
            return value, at
    raise ValueError(value)
