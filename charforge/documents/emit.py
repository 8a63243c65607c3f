"""Writes YAML as a person would: one line for what fits on one, quotes only where they are needed."""

from __future__ import annotations

import json
import re
from typing import Any

from charforge.documents.nodes import NULLS

WIDTH = 120
_PLAIN = re.compile(r"[A-Za-z0-9_./+@-][A-Za-z0-9_./+@-]*(?: [A-Za-z0-9_./+@-]+)*")
"""Text that means itself without quotes, in blocks and between braces."""


def emit(value: Any, indent: int = 0) -> str:  # noqa: ANN401 - dict, list, text or None
    """Return the YAML of dicts, lists, text and None, ending in a line break; read back, it is the same tree."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{_scalar(key)}:{_under(item, indent, len(key) + 2)}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}-{_item(item, indent)}" for item in value)
    return f"{pad}{_flow(value)}\n"


def _under(value: Any, indent: int, used: int) -> str:  # noqa: ANN401
    """Return a key's value: on its line where it fits there, else below it."""
    line = _flow(value)
    if indent + used + len(line) <= WIDTH and not _is_list_of_mappings(value):
        return f" {line}\n"
    return "\n" + emit(value, indent + 2) if isinstance(value, (dict, list)) else f" {line}\n"


def _item(value: Any, indent: int) -> str:  # noqa: ANN401
    line = _flow(value)
    if indent + 2 + len(line) <= WIDTH or not isinstance(value, (dict, list)):
        return f" {line}\n"
    # The first key stands beside the dash, where the indent of the rest puts it.
    return f" {emit(value, indent + 2).lstrip(' ')}"


def _is_list_of_mappings(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _flow(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return "~" if value is None else _scalar(value)


def _scalar(text: str) -> str:
    starts = text.startswith(("- ", "---", "...")) or text in ("-", ".", *NULLS)
    if _PLAIN.fullmatch(text) and not starts and not text.startswith("@"):
        return text
    return (
        json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f").replace("\u2028", "\\L").replace("\u2029", "\\P")
    )
