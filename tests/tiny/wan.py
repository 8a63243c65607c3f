"""Wan image-to-video models of a few hundred kilobytes with random weights, laid out as the real ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tiny import tokenizers

from charforge import imaging
from charforge.backends import fake
from charforge.backends.diffusers_common import prepare
from charforge.domain.jobs import ClipJob, Input

if TYPE_CHECKING:
    from pathlib import Path

    from contract_samples import Case

Kind = Literal["first", "first-last", "experts", "dense", "text"]
"""`first`: Wan 2.1 I2V; `first-last`: Wan 2.1 FLF2V; `experts`: Wan 2.2 A14B; `dense`: Wan 2.2 TI2V 5B; `text`: Wan 2.1
T2V, which takes no frames."""

SETTINGS = {"dtype": "float32", "steps": 2, "guidance": 3.5, "working": [48, 32], "rate": "16", "max_frames": 81}
"""What the planner writes for the tiny model, besides its digest."""
WIDTH, HEIGHT, FRAMES, RATE = 160, 96, 5, "24000/1001"
LIVELY = 2.5
"""Times torch's usual start of a layer, under which a signal halves from layer to layer."""


def build(folder: Path, seed: int = 0, kind: Kind = "first") -> Path:
    """Save a model in `folder` and return it."""
    prepare()
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        made = _made(kind)
    made.save_pretrained(folder)
    return folder


def job(case: Case, seed: int = 1, weights: str = "0" * 64) -> ClipJob:
    """Return a clip that starts from a still, at a rate that is not the model's."""
    first = Input(role="first", source=case.desk.put(imaging.encode_png(fake.gradient(WIDTH, HEIGHT, "still"))))
    sizes = {"width": WIDTH, "height": HEIGHT, "frames": FRAMES, "rate": RATE}
    settings = {"weights": weights, **SETTINGS}
    return ClipJob(backend="wan-i2v", prompt="Mia turns", seed=seed, inputs=(first,), settings=settings, **sizes)


def _made(kind: Kind) -> Any:
    from diffusers import UniPCMultistepScheduler, WanImageToVideoPipeline, WanPipeline

    tokenizer = tokenizers.t5()
    parts = {
        "tokenizer": tokenizer,
        "text_encoder": _text_encoder(tokenizer),
        "scheduler": UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=3.0
        ),
        "vae": _vae(),
    }
    if kind == "text":
        return WanPipeline(**parts, transformer=_transformer(in_channels=16))
    if kind == "dense":  # its real folder says WanPipeline, since it also makes clips from text alone
        return WanPipeline(**parts, transformer=_transformer(in_channels=16), expand_timesteps=True)
    if kind == "experts":
        experts = {"transformer": _transformer(), "transformer_2": _transformer()}
        return WanImageToVideoPipeline(**parts, **experts, boundary_ratio=0.9)
    looking = {"image_dim": 4, "added_kv_proj_dim": 24, "pos_embed_seq_len": 34 if kind == "first-last" else None}
    return WanImageToVideoPipeline(**parts, **_eyes(), transformer=_transformer(**looking))


def _text_encoder(tokenizer: Any) -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    config = UMT5Config(vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4)
    return UMT5EncoderModel(config)


def _transformer(**config: Any) -> Any:
    """Return a transformer for 16 latent channels and, unless told, as many of the first frame and 4 of its mask."""
    from diffusers import WanTransformer3DModel

    return WanTransformer3DModel(
        **{
            "patch_size": (1, 2, 2),
            "num_attention_heads": 2,
            "attention_head_dim": 12,
            "in_channels": 36,
            "out_channels": 16,
            "text_dim": 32,
            "freq_dim": 32,
            "ffn_dim": 32,
            "num_layers": 1,
            "cross_attn_norm": True,
            "qk_norm": "rms_norm_across_heads",
            "rope_max_seq_len": 32,
            **config,
        }
    )


def _vae() -> Any:
    """Return a VAE whose weights are large enough for a picture to be told from another after so many layers."""
    from diffusers import AutoencoderKLWan

    made = AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    for name, values in made.named_parameters():
        if name.endswith("weight"):
            values.data *= LIVELY
    return made


def _eyes() -> dict[str, Any]:
    """Return what Wan 2.1 looks at its pictures with."""
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=4,
        projection_dim=4,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=4,
        intermediate_size=16,
        patch_size=1,
    )
    processor = CLIPImageProcessorPil(crop_size={"height": 4, "width": 4}, size={"shortest_edge": 4})
    return {"image_encoder": CLIPVisionModel(config), "image_processor": processor}
