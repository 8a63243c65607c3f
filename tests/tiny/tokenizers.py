"""A tokenizer that spells everything letter by letter, made in memory: no vocabulary has to be fetched.

It is the very class that a real model's folder names, saved and loaded as there.
"""

from __future__ import annotations

from string import ascii_lowercase, digits
from typing import Any


def t5(length: int = 512) -> Any:
    """Return a T5Tokenizer of lower-case letters, digits and marks."""
    from transformers import T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(letter, -6.0) for letter in f"{ascii_lowercase}{digits}.,!?'-"]
    return T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=length)
