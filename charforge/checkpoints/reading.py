"""Which files of a model its loaders read, told by their names.

Two copies of one model hold the same of them, whatever else lies beside; only these are hashed and fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

INDEX = "model_index.json"
READ = (".json", ".safetensors", ".txt", ".model", ".jinja", ".tiktoken")
"""What loaders read in the folder of a diffusers model's part."""
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".msgpack", ".h5", ".gguf")
UNREAD = (".md", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4", ".py", ".pyc", ".incomplete", ".lock")
_WEIGHTS = re.compile(
    r"[^.]+(\.(?P<early>[\w-]+?))?(-\d{5}-of-\d{5})?\.safetensors(\.index(\.(?P<late>[\w-]+))?\.json)?", re.ASCII
)


def read_by_loaders(names: Iterable[str], parts: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return which files of a model a loader reads: `parts` are a diffusers model's folders, None for another model."""
    chosen = [name for name in names if not any(step.startswith(".") for step in name.split("/"))]
    if parts is None:
        return tuple(name for name in chosen if not _ornament(name))
    kept = [name for name in chosen if _of_a_part(name, parts)]
    skipped = _other_variants(kept)
    return tuple(name for name in chosen if name == INDEX or (name in kept and name not in skipped))


def variant_of(file: str) -> str | None:
    """Return the variant of a file of weights, such as `fp16`, empty for the plain one; None for any other file."""
    found = _WEIGHTS.fullmatch(file)
    return (found["early"] or found["late"] or "") if found else None


def variant_read(parts: Iterable[Iterable[str | None]]) -> str:
    """Return the variant that a loader is told to prefer, by those of each part; empty while plain ones do."""
    named = ({variant for variant in part if variant is not None} for part in parts)
    return min((min(variants) for variants in named if variants and "" not in variants), default="")


def _other_variants(names: list[str]) -> set[str]:
    """Return the weights that no loader reads since the same ones come in another variant."""
    held: dict[str, dict[str, str]] = {}
    for name in names:
        part, _, file = name.partition("/")
        variant = variant_of(file)
        if variant is not None:
            held.setdefault(part, {})[name] = variant
    preferred = variant_read(variants.values() for variants in held.values())
    return {
        name
        for variants in held.values()
        for name, variant in variants.items()
        if variant != (preferred if preferred in variants.values() else "")
    }


def parts_of(index: Path) -> tuple[str, ...] | None:
    """Return the folders that a model_index.json names; None when there is none that can be read."""
    try:
        content = json.loads(index.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    return tuple(key for key, value in content.items() if isinstance(value, list) and any(value) and key[:1] != "_")


def _of_a_part(name: str, parts: tuple[str, ...]) -> bool:
    folder, _, file = name.partition("/")
    return folder in parts and file.endswith(READ) and not _ornament(file)


def _ornament(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return last.endswith(UNREAD) or last.startswith(("readme", "license", "licence"))
