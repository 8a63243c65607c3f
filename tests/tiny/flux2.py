"""Jobs and LoRAs for a FLUX.2 klein of a few kilobytes with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge import imaging
from charforge.backends import fake
from charforge.backends.diffusers_tiny_flux2 import LAYERS, build
from charforge.domain.jobs import Input, StillJob

if TYPE_CHECKING:
    from pathlib import Path

    from contract_samples import Case

__all__ = ["LAYERS", "build", "build_lora", "job"]

SETTINGS = {"dtype": "float32", "steps": 2, "guidance": 4.0, "working": [96, 64]}
"""What the planner writes for the tiny model, besides its digest."""
WIDTH, HEIGHT = 160, 96


def build_lora(file: Path, layer: str, width: int, seed: int = 0) -> Path:
    """Save a LoRA of rank 4 for one square layer of a transformer, named as diffusers or others write it."""
    import torch
    from safetensors.torch import save_file

    noise = torch.Generator("cpu").manual_seed(seed)
    halves = {"lora_A": (4, width), "lora_B": (width, 4)}
    save_file({f"{layer}.{half}.weight": torch.randn(shape, generator=noise) for half, shape in halves.items()}, file)
    return file


def job(case: Case, seed: int = 1, weights: str = "0" * 64) -> StillJob:
    """Return a still of somebody in front of a plate, with two references of different shapes."""
    pictures = (("master", "mia", (64, 64)), ("plate", "attic", (96, 64)))
    inputs = tuple(
        Input(role=role, name=name, source=case.desk.put(imaging.encode_png(fake.gradient(*size, name))))
        for role, name, size in pictures
    )
    settings = {"weights": weights, **SETTINGS}
    return StillJob(
        backend="flux2-klein", prompt="Mia", seed=seed, width=WIDTH, height=HEIGHT, inputs=inputs, settings=settings
    )
