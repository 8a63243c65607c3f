"""Results as JSON on standard output, failures as words on standard error."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charforge.errors import CharforgeError


def print_json(result: object) -> None:
    """Print a value, or a list of values, as indented JSON."""
    # Where the output is not Unicode, JSON's own escapes carry what it lacks.
    narrow = not sys.stdout.encoding.lower().startswith("utf")
    print(json.dumps(plain(result), ensure_ascii=narrow, allow_nan=False, indent=2))


def fail(error: CharforgeError) -> int:
    """Print what went wrong and the hint; return the exit code."""
    print(f"error: {error}", file=sys.stderr)
    return error.exit_code


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value as JSON knows it; a number that JSON has no word for becomes null."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in fields(value)}
    match value:
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None
        case Path():
            return str(value)
    return value
