"""Model folders of the user's own, written by hand without a model library."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Shapes = "Mapping[str, tuple[int, ...]]"


def safetensors(path: Path, shapes: Mapping[str, tuple[int, ...]], **metadata: str) -> Path:
    """Write a safetensors file of float16 zeros."""
    entries: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    place = 0
    for name, shape in shapes.items():
        size = 2 * int(np.prod(shape, dtype=np.int64))
        entries[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [place, place + size]}
        place += size
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw(entries, bytes(place)))
    return path


def raw(header: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Return a file with this header, true or not."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def document(path: Path, content: object) -> Path:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def attention(cross: int, blocks: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, ...]]:
    """Return the attention layers of a UNet: block -> its width and how many transformer blocks it has."""
    found: dict[str, tuple[int, ...]] = {}
    for block, (width, depth) in blocks.items():
        for number in range(depth):
            start = f"{block}.transformer_blocks.{number}"
            for letter, into in (("q", width), ("k", width), ("v", width), ("out.0", width)):
                found[f"{start}.attn1.to_{letter}.weight"] = (width, into)
            for letter, into in (("q", width), ("k", cross), ("v", cross), ("out.0", width)):
                found[f"{start}.attn2.to_{letter}.weight"] = (width, into)
    return found


BLOCKS = {
    "down_blocks.1.attentions.0": (16, 2),
    "mid_block.attentions.0": (24, 2),
    "up_blocks.0.attentions.0": (24, 11),
    "up_blocks.1.attentions.0": (16, 1),
}
"""A UNet that is narrow where it costs; more than ten in a row, so that their order by number matters."""


def sdxl(path: Path, cross: int = 2048, blocks: Mapping[str, tuple[int, int]] = BLOCKS, **changed: object) -> Path:
    """Write a folder in diffusers' layout as Stable Diffusion XL has it."""
    index = {
        "_class_name": "StableDiffusionXLPipeline",
        "_diffusers_version": "0.42.1",
        "force_zeros_for_empty_prompt": True,
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizerFast"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    document(path / "model_index.json", index | changed)
    document(path / "scheduler" / "scheduler_config.json", {})
    for name, width in (("text_encoder", 40), ("text_encoder_2", 56)):
        document(path / name / "config.json", {})
        layer = "text_model.encoder.layers.0"
        shapes = {f"{layer}.self_attn.q_proj.weight": (width, width), f"{layer}.mlp.fc1.weight": (2 * width, width)}
        safetensors(path / name / "model.safetensors", shapes)
    for name in ("tokenizer", "tokenizer_2"):
        document(path / name / "tokenizer_config.json", {})
        document(path / name / "vocab.json", {})
    document(path / "unet" / "config.json", {"cross_attention_dim": cross})
    unet = attention(cross, blocks) | {"conv_in.weight": (16, 4, 3, 3), "conv_in.bias": (16,)}
    safetensors(path / "unet" / "diffusion_pytorch_model.safetensors", unet)
    document(path / "vae" / "config.json", {})
    safetensors(path / "vae" / "diffusion_pytorch_model.safetensors", {"decoder.conv_in.weight": (8, 4, 3, 3)})
    return path


FLUX = {f"transformer_blocks.{n}.attn.to_q.weight": (32, 32) for n in range(2)} | {
    f"single_transformer_blocks.{n}.attn.to_qkv_mlp_proj.weight": (288, 32) for n in range(3)
}
WAN = {f"blocks.{n}.attn{m}.to_{letter}.weight": (24, 24) for n in range(2) for m in (1, 2) for letter in "qkv"}


def transformer(path: Path, pipeline: str, kind: str, shapes: Mapping[str, tuple[int, ...]]) -> Path:
    """Write a folder in diffusers' layout that has a transformer and nothing else."""
    document(path / "model_index.json", {"_class_name": pipeline, "transformer": ["diffusers", kind]})
    document(path / "transformer" / "config.json", {})
    safetensors(path / "transformer" / "diffusion_pytorch_model.safetensors", shapes)
    return path


def sharded(part: Path, stem: str, shapes: Mapping[str, tuple[int, ...]]) -> Path:
    """Spread a part's weights over two files and write the list of them."""
    names = sorted(shapes)
    files = {name: f"{stem}-0000{1 + (n >= len(names) // 2)}-of-00002.safetensors" for n, name in enumerate(names)}
    for file in set(files.values()):
        safetensors(part / file, {name: shapes[name] for name in names if files[name] == file})
    (part / f"{stem}.safetensors").unlink(missing_ok=True)
    return document(part / f"{stem}.safetensors.index.json", {"metadata": {}, "weight_map": files})
