"""The steps of the fix ladder by name."""

from __future__ import annotations

from typing import Literal

Step = Literal[
    "restore",
    "transfer",
    "second-anchor",
    "stronger-reference",
    "simpler-prompt",
    "better-reference",
    "best-of-n",
    "smaller-turn",
    "identity-search",
    "other-model",
]
