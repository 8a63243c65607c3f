"""Tokenizers that spell everything letter by letter, made in memory: no vocabulary has to be fetched.

Each is the very class that a real model's folder names, saved and loaded as there.
"""

from __future__ import annotations

from string import ascii_lowercase, digits
from typing import Any

QWEN_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
QWEN_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The turns of a conversation as Qwen writes them, without its tools and thoughts."""


def t5(length: int = 512) -> Any:
    """Return a T5Tokenizer of lower-case letters, digits and marks."""
    from transformers import T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(letter, -6.0) for letter in f"{ascii_lowercase}{digits}.,!?'-"]
    return T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=length)


def qwen(length: int = 1024) -> Any:
    """Return a Qwen2Tokenizer of every byte and the marks of its chat template."""
    from transformers import Qwen2Tokenizer

    made = Qwen2Tokenizer(
        vocab=_numbered([*_bytes(), *QWEN_MARKS]),
        merges=[],
        model_max_length=length,
        eos_token="<|im_end|>",
    )
    made.chat_template = QWEN_CHAT
    return made


def _bytes() -> list[str]:
    """Return the letters that stand for the 256 bytes in byte-level vocabularies."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


def _numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(pieces)}
