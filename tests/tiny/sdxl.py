"""An SDXL of a few megabytes with random weights, with adapters and LoRAs for it, laid out as the real ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiny import tokenizers

from charforge import imaging
from charforge.backends import fake
from charforge.backends.diffusers_common import prepare
from charforge.domain.jobs import Input, RepairJob, StillJob

if TYPE_CHECKING:
    from pathlib import Path

    from contract_samples import Case

SETTINGS = {"dtype": "float32", "steps": 2, "guidance": 5.0, "working": [64, 48]}
"""What the planner writes for the tiny model, besides its digest."""
WIDTH, HEIGHT = 160, 96
CROSS = 64
"""Width of its cross-attention: that of both text encoders together; the real one's is 2048."""


def build(folder: Path, seed: int = 0) -> Path:
    """Save the model in `folder` and return it; its VAE scales by 8, as the real one does."""
    prepare()
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    tokenizer = tokenizers.clip()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        StableDiffusionXLPipeline(
            vae=_vae(),
            text_encoder=CLIPTextModel(CLIPTextConfig(**_text(tokenizer))),
            text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**_text(tokenizer), hidden_act="gelu")),
            tokenizer=tokenizer,
            tokenizer_2=tokenizer,
            unet=_unet(),
            scheduler=EulerDiscreteScheduler(
                beta_schedule="scaled_linear",
                beta_start=0.00085,
                beta_end=0.012,
                steps_offset=1,
                timestep_spacing="leading",
            ),
            add_watermarker=False,
        ).save_pretrained(folder)
    return folder


def build_faceid(file: Path, base: Path, seed: int = 0, *, cross: int = CROSS, lora: bool = False) -> Path:
    """Save a FaceID adapter for a base in the layout of the published ones; `lora` adds the LoRA that some carry."""
    prepare()
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file

    noise = _noise(seed)
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


def build_lora(file: Path, base: Path, seed: int = 0, *, cross: int = CROSS, kohya: bool = False) -> Path:
    """Save a LoRA for the attention of a base's UNet, named as diffusers or as kohya's scripts write it."""
    prepare()
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file

    noise = _noise(seed)
    found = {}
    unet = UNet2DConditionModel.from_pretrained(base / "unet", local_files_only=True)
    for name in unet.attn_processors:
        place = name.removesuffix(".processor")
        width = unet.get_submodule(place).to_q.out_features
        for part in ("to_q", "to_k", "to_v"):
            into = cross if "attn2" in name and part != "to_q" else width
            layer = f"{place}.{part}"
            start = f"lora_unet_{layer.replace('.', '_')}" if kohya else f"unet.{layer}"
            found[f"{start}.{'lora_down' if kohya else 'lora_A'}.weight"] = noise(4, into)
            found[f"{start}.{'lora_up' if kohya else 'lora_B'}.weight"] = noise(width, 4)
            if kohya:
                found[f"{start}.alpha"] = torch.tensor(4.0)
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


def _noise(seed: int) -> Any:
    """Return a source of normal numbers of a shape."""
    import torch

    source = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(*shape, generator=source) * 0.3


def _text(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": CROSS // 2,
        "intermediate_size": 37,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 77,
        "projection_dim": 32,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _unet() -> Any:
    """Return a UNet with two levels; its text-and-time input is the pooled text and six numbers of eight each."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=32 + 6 * 8,
        cross_attention_dim=CROSS,
        norm_num_groups=8,
    )


def _vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
        layers_per_block=1,
    )
