"""The tree that a YAML file becomes: frozen nodes that know their lines."""

from __future__ import annotations

from typing import Any, NamedTuple

from charforge.errors import Problem

NULLS = ("", "~", "null", "Null", "NULL")
"""Plain words for nothing. Source: YAML 1.2 core schema, section 10.3.2."""


class Scalar(NamedTuple):
    """A piece of text as it was written."""

    text: str
    line: int
    """1-based."""
    plain: bool = True
    """False when it was quoted or is a block."""

    @property
    def null(self) -> bool:
        """Whether it stands for nothing: left empty, or a plain ``null`` or ``~``."""
        return self.plain and self.text in NULLS


class Sequence(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    line: int


class Mapping(NamedTuple):
    """Keys and values; `lines` says where each key stands."""

    fields: dict[str, Node]
    lines: dict[str, int]
    line: int


Node = Scalar | Sequence | Mapping


class Document(NamedTuple):
    """A parsed file, with what is wrong in it although its shape could be read."""

    root: Node
    problems: tuple[Problem, ...] = ()


def plain(node: Node) -> Any:  # noqa: ANN401 - dict, list, str or None
    """Return a tree as dicts, lists, text and None; numbers and truth values stay text."""
    if type(node) is Scalar:
        return None if node.plain and node.text in NULLS else node.text
    if type(node) is Mapping:
        return {key: plain(value) for key, value in node.fields.items()}
    return [plain(item) for item in node.items]  # type: ignore[union-attr]


def node_at(root: Node, place: tuple[str | int, ...]) -> Node | None:
    """Return what stands at a place such as ``("scenes", 0, "id")``, or None."""
    node: Node | None = root
    for step in place:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.fields.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def line_of(root: Node, place: tuple[str | int, ...], *, key: bool = False) -> int:
    """Return the line of what stands at a place such as ``("scenes", 0, "id")``, or of the nearest thing above it.

    With `key`, the line of the last step's key instead of its value.
    """
    node, line = root, root.line
    for step in place:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.fields:
            line, node = node.lines[step], node.fields[step]
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
            line = node.line
        else:
            return node.line if isinstance(node, Scalar) else line
    return line if key or isinstance(node, (Mapping, Sequence)) else node.line
