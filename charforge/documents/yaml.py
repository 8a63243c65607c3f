"""Reads YAML strictly: scalars stay the text that was written, every node knows its line, limits hold.

A value such as ``0040``, ``16:9`` or ``on`` is never turned into a number or a truth value here; the schema
that asks for it decides. Duplicate keys, tags, alias bombs, deep nesting and huge files are refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from charforge.documents.nodes import Document, Mapping, Node, Scalar, Sequence, line_of, node_at, plain
from charforge.errors import InputError, Problem

__all__ = ["Document", "Mapping", "Node", "Scalar", "Sequence", "line_of", "load", "node_at", "parse", "plain", "read"]

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_PROBLEMS = 100
"""More than this is not read by anybody."""
MAX_ALIASED = 100_000
"""Nodes that all aliases of a file may stand for together."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Characters that only an escape in double quotes can bring in."""

_Event = Any
"""An event of libyaml; the stubs know none of its fields."""


def read(path: Path) -> Node:
    """Return the tree of a file; raise InputError with everything that is wrong in it."""
    document = load(path)
    if document.problems:
        raise InputError(document.problems)
    return document.root


def load(path: Path) -> Document:
    """Return the tree of a file and its duplicate keys; raise InputError when it cannot be read as YAML at all."""
    return parse(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Return a file's content; raise InputError when it is missing, unreadable or over the limit."""
    try:
        # Asked before reading, so that a huge file costs nothing.
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _too_big(path, size)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError([Problem("there is no such file", path, hint=_neighbour(path))]) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(f"cannot be read: {reason}", path)]) from error
    if len(data) > MAX_BYTES:
        raise _too_big(path, len(data))
    return data


def parse(data: bytes, path: Path | str = "") -> Document:
    """Return the tree in some bytes; raise InputError when they are not one YAML document."""
    text = _decoded(data, path)
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise InputError([_syntax(error, text, path)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = error.character if isinstance(error.character, int) else ord(error.character[:1])
        raise InputError([Problem(f"the character U+{code:04X} is not allowed in YAML", path, line)]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise InputError([Problem(f"is not YAML: {error}", path)]) from error
    return builder.document()


class _Open:
    """A collection whose end has not come yet."""

    __slots__ = ("anchor", "children", "expanded", "is_map", "line")

    def __init__(self, line: int, anchor: str | None, *, is_map: bool) -> None:
        self.line = line
        self.anchor = anchor
        self.is_map = is_map
        self.children: list[Node] = []
        self.expanded = 1


class _Builder:
    """Builds the tree from libyaml's events without recursion."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.aliased = 0
        self.documents = 0
        self.root: Node | None = None
        self.problems: list[Problem] = []

    def take(self, event: _Event) -> None:
        """Take the next event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._tag(event)
            if event.style == '"' and (control := _CONTROL.search(event.value)):
                self._refuse(f"the control character U+{ord(control[0]):04X} is not text", event)
            self._add(Scalar(event.value, event.start_mark.line + 1, not event.style), event.anchor, 1)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, is_map=kind is yaml.MappingStartEvent)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self._refuse("a second document starts here", event, "keep one document in a file, without ---")

    def document(self) -> Document:
        """Return the finished tree."""
        if self.root is None or (isinstance(self.root, Scalar) and self.root.null):
            raise InputError([Problem("the file is empty", self.path)])
        return Document(self.root, tuple(self.problems))

    def _open(self, event: _Event, *, is_map: bool) -> None:
        self._tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(f"is nested more than {MAX_DEPTH} levels deep", event)
        self.stack.append(_Open(event.start_mark.line + 1, event.anchor, is_map=is_map))
        if event.anchor:
            # An alias to a collection that is still open would contain itself.
            self.anchors.pop(event.anchor, None)

    def _close(self) -> None:
        top = self.stack.pop()
        node = self._mapping(top) if top.is_map else Sequence(tuple(top.children), top.line)
        self._add(node, top.anchor, top.expanded)

    def _note(self, message: str, line: int) -> None:
        self.problems.append(Problem(message, self.path, line))
        if len(self.problems) >= MAX_PROBLEMS:
            raise InputError([*self.problems, Problem("there may be more; the rest was not read", self.path)])

    def _mapping(self, top: _Open) -> Mapping:
        fields: dict[str, Node] = {}
        lines: dict[str, int] = {}
        pairs = iter(top.children)
        for key, value in zip(pairs, pairs, strict=True):
            if not isinstance(key, Scalar):
                self._note("a key must be text, not a list or mapping", key.line)
            elif key.text in fields:
                first = lines[key.text]
                self._note(f"the key {key.text!r} is here twice; it first stands on line {first}", key.line)
            else:
                fields[key.text] = value
                lines[key.text] = key.line
        return Mapping(fields, lines, top.line)

    def _alias(self, event: _Event) -> None:
        found = self.anchors.get(event.anchor)
        if found is None:
            open_above = any(o.anchor == event.anchor for o in self.stack)
            reason = "contains itself" if open_above else "has no anchor before it"
            self._refuse(f"the alias *{event.anchor} {reason}", event)
            return
        node, size = found
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            self._refuse(f"aliases stand for more than {MAX_ALIASED} values", event, "write the values out")
        self._add(node, None, size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        if anchor:
            self.anchors[anchor] = (node, size)
        if self.stack:
            self.stack[-1].children.append(node)
            self.stack[-1].expanded += size
        else:
            self.root = node

    def _tag(self, event: _Event) -> None:
        if event.tag is not None:
            self._refuse(f"the tag {event.tag} is not used here", event, "remove it, and quote the value if need be")

    def _refuse(self, message: str, event: _Event, hint: str = "") -> None:
        raise InputError([Problem(message, self.path, event.start_mark.line + 1, hint), *self.problems])


def _decoded(data: bytes, path: Path | str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "save the file as UTF-8"
        raise InputError([Problem(f"is not UTF-8 text (byte 0x{data[error.start]:02X})", path, line, hint)]) from error


def _syntax(error: yaml.MarkedYAMLError, text: str, path: Path | str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    message = " ".join(part for part in (error.context, error.problem) if part)
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Problem("a tab is used to indent", path, line, "indent with spaces")
    hint = "a value that contains ': ' or starts with one of @ ` % & * ! | > [ { needs quotes" if written else ""
    return Problem(f"is not YAML: {message}", path, line, hint)


def _too_big(path: Path, size: int) -> InputError:
    message = f"is {size / 1e6:.1f} MB; a written file may have {MAX_BYTES // 1024 // 1024} MiB"
    return InputError([Problem(message, path, hint="split it into several episodes")])


def _neighbour(path: Path) -> str:
    def names() -> Iterator[str]:
        if path.parent.is_dir():
            yield from (p.name for p in path.parent.iterdir())

    close = difflib.get_close_matches(path.name, list(names()), n=1)
    return f"did you mean {path.parent / close[0]}?" if close else ""
