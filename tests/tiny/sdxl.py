"""An SDXL of a few megabytes with random weights, with adapters and LoRAs for it, laid out as the real ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charforge import imaging
from charforge.backends import fake
from charforge.backends.diffusers_common import prepare
from charforge.backends.diffusers_tiny import CROSS, build, build_lora, numbers
from charforge.domain.jobs import Input, RepairJob, StillJob

if TYPE_CHECKING:
    from pathlib import Path

    from contract_samples import Case

__all__ = ["CROSS", "build", "build_faceid", "build_lora", "job", "repair"]

SETTINGS = {"dtype": "float32", "steps": 2, "guidance": 5.0, "working": [64, 48]}
"""What the planner writes for the tiny model, besides its digest."""
WIDTH, HEIGHT = 160, 96


def build_faceid(file: Path, base: Path, seed: int = 0, *, cross: int = CROSS, lora: bool = False) -> Path:
    """Save a FaceID adapter for a base in the layout of the published ones; `lora` adds the LoRA that some carry."""
    prepare()
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file

    noise = numbers(seed)
    found = {
        "image_proj.proj.0.weight": noise(1024, 512) * 0.2,
        "image_proj.proj.0.bias": noise(1024) * 0.2,
        "image_proj.proj.2.weight": noise(4 * cross, 1024) * 0.2,
        "image_proj.proj.2.bias": noise(4 * cross) * 0.2,
        "image_proj.norm.weight": torch.ones(cross),
        "image_proj.norm.bias": torch.zeros(cross),
    }
    unet = UNet2DConditionModel.from_pretrained(base / "unet", local_files_only=True)
    for number, name in enumerate(unet.attn_processors):
        layer = unet.get_submodule(name.removesuffix(".processor"))
        width = layer.to_q.out_features
        if "attn2" in name:
            found[f"ip_adapter.{number}.to_k_ip.weight"] = noise(width, cross)
            found[f"ip_adapter.{number}.to_v_ip.weight"] = noise(width, cross)
        for part in ("to_q", "to_k", "to_v", "to_out") if lora else ():
            into = width if part in {"to_q", "to_out"} else layer.to_k.in_features
            found[f"ip_adapter.{number}.{part}_lora.down.weight"] = noise(4, into)
            found[f"ip_adapter.{number}.{part}_lora.up.weight"] = noise(width, 4)
    save_file(found, file)
    return file


def job(case: Case, seed: int = 1, weights: str = "0" * 64, **settings: Any) -> StillJob:
    """Return a still of somebody."""
    face = Input(role="master", name="mia", source=case.desk.put(imaging.encode_png(fake.headshot("mia"))))
    whole = {"weights": weights, **SETTINGS, **settings}
    return StillJob(backend="sdxl", prompt="Mia", seed=seed, width=WIDTH, height=HEIGHT, inputs=(face,), settings=whole)


def repair(case: Case, seed: int = 1, weights: str = "0" * 64, **settings: Any) -> RepairJob:
    """Return the repair of a face in the middle of a picture."""
    pictures = {"picture": fake.gradient(WIDTH, HEIGHT, "take"), "master": fake.headshot("mia")}
    inputs = tuple(
        Input(role=role, name="mia" if role == "master" else "", source=case.desk.put(imaging.encode_png(pixels)))
        for role, pixels in pictures.items()
    )
    whole = {"weights": weights, **SETTINGS, "working": [64, 64], **settings}
    return RepairJob(backend="sdxl", step="inpaint", seed=seed, box=(60, 30, 32, 40), inputs=inputs, settings=whole)
