"""One spelling of a JSON value, so that equal values have equal digests."""

from __future__ import annotations

import json
import unicodedata
from typing import Any


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return the value as UTF-8 JSON: sorted keys, no spaces, NFC text.

    Raises ValueError on NaN, infinities and keys that become equal, TypeError on what JSON cannot hold.
    """
    text = json.dumps(_normalised(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def _normalised(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, (list, tuple)):
        return [_normalised(v) for v in value]
    if not isinstance(value, dict):
        return value
    if not all(isinstance(key, str) for key in value):
        message = "a JSON object has text for keys"
        raise TypeError(message)
    normal = {unicodedata.normalize("NFC", key): _normalised(v) for key, v in value.items()}
    if len(normal) != len(value):
        message = "two keys of a JSON object are the same text, composed differently"
        raise ValueError(message)
    return normal
