"""A FLUX.2 klein of a few kilobytes with random weights, in the layout of the real one's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiny import tokenizers

from charforge import imaging
from charforge.backends import fake
from charforge.backends.diffusers_common import prepare
from charforge.domain.jobs import Input, StillJob

if TYPE_CHECKING:
    from pathlib import Path

    from contract_samples import Case

SETTINGS = {"dtype": "float32", "steps": 2, "guidance": 4.0, "working": [96, 64]}
"""What the planner writes for the tiny model, besides its digest."""
WIDTH, HEIGHT = 160, 96
LAYERS = 4
"""Of the text encoder; the real one has 36. Three of them are stacked, as there."""


def build(
    folder: Path, seed: int = 0, *, distilled: bool = False, cached: bool = False, layers: int = LAYERS, width: int = 16
) -> Path:
    """Save the model in `folder` and return it.

    `cached` writes it as the variant that keeps its references' keys; `layers` and `width` are the text encoder's.
    """
    prepare()
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, Flux2KleinKVPipeline, Flux2KleinPipeline

    tokenizer = tokenizers.qwen()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        parts = {
            "scheduler": FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
            "tokenizer": tokenizer,
            "text_encoder": _text_encoder(tokenizer, layers, width),
            "transformer": _transformer(),
            "vae": _vae(),
        }
    made = Flux2KleinKVPipeline(**parts) if cached else Flux2KleinPipeline(**parts, is_distilled=distilled)
    made.save_pretrained(folder)
    return folder


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


def _text_encoder(tokenizer: Any, layers: int, width: int) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=1024,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def _transformer() -> Any:
    from diffusers import Flux2Transformer2DModel

    return Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * 16,
        timestep_guidance_channels=256,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )


def _vae() -> Any:
    """Return a VAE that scales by 8, as the real one does, so that sizes obey the same rules."""
    from diffusers import AutoencoderKLFlux2

    return AutoencoderKLFlux2(
        sample_size=64,
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=1,
        layers_per_block=1,
    )
