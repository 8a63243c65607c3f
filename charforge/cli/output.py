"""Results as JSON on standard output, failures as words on standard error."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charforge.errors import CharforgeError


def print_json(result: object) -> None:
    """Print a value, or a list of values, as indented JSON."""
    # Where the output is not Unicode, JSON's own escapes carry what it lacks.
    narrow = not sys.stdout.encoding.lower().startswith("utf")
    print(json.dumps(_plain(result), ensure_ascii=narrow, allow_nan=False, indent=2))


def fail(error: CharforgeError) -> int:
    """Print what went wrong and the hint; return the exit code."""
    print(f"error: {error}", file=sys.stderr)
    return error.exit_code


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
