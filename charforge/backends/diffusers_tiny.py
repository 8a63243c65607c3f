"""An SDXL of a few megabytes with random weights, laid out as the real ones are, and the plain loop over a pipeline.

What the house adds to a model can so be measured and tried on any machine; what it draws is noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charforge.backends.diffusers_common import prepare, require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CROSS = 64
"""Width of its cross-attention: that of both text encoders together; the real one's is 2048."""


def build(folder: Path, seed: int = 0) -> Path:
    """Save the model in `folder` and return it; its VAE scales by 8, as the real one does."""
    require("diffusers", "torch", "transformers")
    prepare()
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    words = tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        StableDiffusionXLPipeline(
            vae=_vae(),
            text_encoder=CLIPTextModel(CLIPTextConfig(**_text(words))),
            text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**_text(words), hidden_act="gelu")),
            tokenizer=words,
            tokenizer_2=words,
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


def build_lora(file: Path, base: Path, seed: int = 0, *, cross: int = CROSS, kohya: bool = False) -> Path:
    """Save a LoRA for the attention of a base's UNet, named as diffusers or as kohya's scripts write it."""
    prepare()
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file

    noise = numbers(seed)
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


def bare(folder: Path, device: str, dtype: str, threads: int) -> Callable[..., None]:
    """Return a call of a resident pipeline and nothing else, as a plain loop makes it; `seed` becomes its generator."""
    prepare()
    import torch
    from diffusers import StableDiffusionXLPipeline

    torch.set_num_threads(threads)
    pipe = StableDiffusionXLPipeline.from_pretrained(
        folder, dtype=getattr(torch, dtype), use_safetensors=True, local_files_only=True
    ).to(device)
    pipe.set_progress_bar_config(disable=True)

    def call(seed: int, **words: Any) -> None:  # noqa: ANN401 - what the pipeline takes
        pipe(**words, generator=torch.Generator("cpu").manual_seed(seed), output_type="np")

    return call


def tokenizer() -> Any:  # noqa: ANN401 - transformers' own
    """Return a CLIP tokenizer that knows every byte, alone and at the end of a word, and nothing else."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: n for n, word in enumerate(words)}, merges=[], model_max_length=77)


def numbers(seed: int) -> Any:  # noqa: ANN401 - a function of a shape
    """Return a source of normal numbers of a shape."""
    import torch

    source = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(*shape, generator=source) * 0.3


def _text(words: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "vocab_size": len(words),
        "hidden_size": CROSS // 2,
        "intermediate_size": 37,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 77,
        "projection_dim": 32,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }


def _unet() -> Any:  # noqa: ANN401
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


def _vae() -> Any:  # noqa: ANN401
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
