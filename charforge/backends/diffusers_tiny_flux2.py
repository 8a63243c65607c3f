"""A FLUX.2 klein of a few kilobytes with random weights, laid out as the real one is; what it draws is noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charforge.backends.diffusers_common import prepare, require

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = 4
"""Of the text encoder; the real one has 36. Three of them are stacked, as there."""
MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The turns of a conversation as Qwen writes them, without its tools and thoughts."""


def build(  # noqa: PLR0913 - what variants there are
    folder: Path, seed: int = 0, *, distilled: bool = False, cached: bool = False, layers: int = LAYERS, width: int = 16
) -> Path:
    """Save the model in `folder` and return it.

    `cached` writes it as the variant that keeps its references' keys; `layers` and `width` are the text encoder's.
    """
    require("diffusers", "torch", "transformers")
    prepare()
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, Flux2KleinKVPipeline, Flux2KleinPipeline

    tokenizer = qwen()
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


def qwen(length: int = 1024) -> Any:  # noqa: ANN401 - transformers' own
    """Return a Qwen2Tokenizer of every byte and the marks of its chat template; no vocabulary has to be fetched."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    pieces = [*sorted(ByteLevel.alphabet()), *MARKS]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    made = Qwen2Tokenizer(vocab=vocabulary, merges=[], model_max_length=length, eos_token=MARKS[-1])
    made.chat_template = CHAT
    return made


def _text_encoder(tokenizer: Any, layers: int, width: int) -> Any:  # noqa: ANN401
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


def _transformer() -> Any:  # noqa: ANN401
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


def _vae() -> Any:  # noqa: ANN401
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
