"""Whether an adapter or a LoRA was made for the base that it is run with."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import model_folders as folders
import pytest

from charforge.checkpoints.fitting import adapter_problems, lora_problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from charforge.errors import Problem

Shapes = "Mapping[str, tuple[int, ...]]"


@pytest.fixture
def xl(tmp_path: Path) -> Path:
    """Return a whole Stable Diffusion XL in small."""
    return folders.sdxl(tmp_path / "sdxl")


def _adapter(cross: int = 2048, widths: tuple[int, ...] | None = None, into: int = 512) -> dict[str, tuple[int, ...]]:
    """Return a FaceID adapter's layers, for a UNet with cross-attention layers of these widths in their order."""
    found: dict[str, tuple[int, ...]] = {
        "image_proj.proj.0.weight": (2 * into, into),
        "image_proj.proj.0.bias": (2 * into,),
        "image_proj.proj.2.weight": (4 * cross, 2 * into),
        "image_proj.proj.2.bias": (4 * cross,),
        "image_proj.norm.weight": (cross,),
        "image_proj.norm.bias": (cross,),
    }
    # down_blocks, then up_blocks, then mid_block.
    for number, width in enumerate(widths or (16, 16, *[24] * 11, 16, 24, 24)):
        for letter in "kv":
            found[f"ip_adapter.{2 * number + 1}.to_{letter}_ip.weight"] = (width, cross)
        found[f"ip_adapter.{2 * number + 1}.to_q_lora.down.weight"] = (4, width)
    return found


def _one(found: tuple[Problem, ...]) -> Problem:
    (problem,) = found
    assert problem.hint
    return problem


def _faceid(tmp_path: Path, **options: object) -> Path:
    return folders.safetensors(tmp_path / "faceid.safetensors", _adapter(**options))  # type: ignore[arg-type]


def test_an_adapter_of_this_base_fits(tmp_path: Path, xl: Path) -> None:
    """Its layers are numbered as diffusers numbers the base's."""
    assert adapter_problems(_faceid(tmp_path), xl) == ()


def test_an_adapter_for_another_base_is_refused_in_words(tmp_path: Path, xl: Path) -> None:
    """By the width of its cross-attention, with the name of the family that has it."""
    found = _one(adapter_problems(_faceid(tmp_path, cross=768), xl))
    assert found.message == (
        "was trained on a base whose cross-attention is 768 wide (Stable Diffusion 1.x); "
        "this one's is 2048 wide (Stable Diffusion XL)"
    )
    assert found.hint == "use an adapter that was trained for StableDiffusionXLPipeline"


def test_an_adapter_for_a_base_of_another_depth_is_refused(tmp_path: Path, xl: Path) -> None:
    """A distilled base has fewer layers."""
    found = _one(adapter_problems(_faceid(tmp_path, widths=(16, 24)), xl))
    assert found.message == "was trained on a base with 2 cross-attention layers; this one has 16"


def test_an_adapter_for_a_base_of_other_widths_is_refused(tmp_path: Path, xl: Path) -> None:
    """As many layers, but not the same ones."""
    widths = (16, 16, *[24] * 12, 16, 24)
    assert (
        "was trained on another base: ip_adapter."
        in _one(adapter_problems(_faceid(tmp_path, widths=widths), xl)).message
    )


def test_an_adapter_that_reads_other_embeddings_is_refused(tmp_path: Path, xl: Path) -> None:
    """A face model gives 512 numbers."""
    found = _one(adapter_problems(_faceid(tmp_path, into=1024), xl))
    assert found.message == "reads embeddings of 1024 numbers; face models give 512"


@pytest.mark.parametrize(
    ("layers", "reads"),
    [
        ({"image_proj.proj.weight": (64, 32), "image_proj.norm.weight": (16,)}, "pictures (plain IP-Adapter)"),
        ({"image_proj.latents": (1, 16, 32), "image_proj.proj_in.weight": (4, 4)}, "pictures (IP-Adapter Plus)"),
        ({"image_proj.proj.0.weight": (8, 8), "image_proj.proj.3.weight": (8,)}, "pictures (IP-Adapter Full Face)"),
        ({"image_proj.perceiver_resampler.proj_in.weight": (4, 4)}, "an embedding and a picture"),
        ({"image_proj.what": (4, 4)}, "something unknown"),
    ],
)
def test_an_adapter_that_reads_no_faces_is_refused(
    tmp_path: Path, xl: Path, layers: Mapping[str, tuple[int, ...]], reads: str
) -> None:
    """Its kind is told from its layers."""
    file = folders.safetensors(tmp_path / "a.safetensors", {**layers, "ip_adapter.1.to_k_ip.weight": (16, 2048)})
    found = _one(adapter_problems(file, xl))
    assert f"reads {reads}" in found.message
    assert "FaceID" in found.hint


def test_a_base_without_a_unet_takes_no_adapter(tmp_path: Path) -> None:
    """Newer models take reference pictures."""
    flux = folders.transformer(tmp_path / "f", "Flux2KleinPipeline", "Flux2Transformer2DModel", folders.FLUX)
    assert "Flux2KleinPipeline has none" in _one(adapter_problems(_faceid(tmp_path), flux)).message


def test_a_file_that_is_no_adapter_is_refused(tmp_path: Path, xl: Path) -> None:
    """A LoRA in its place, or a pickle, which is how the published file comes."""
    lora = folders.safetensors(tmp_path / "l.safetensors", {"unet.x.lora_A.weight": (4, 4)})
    assert _one(adapter_problems(lora, xl)).message == "is not an IP-Adapter"
    (tmp_path / "a.bin").write_bytes(pickle.dumps({}))
    assert "is a pickle" in _one(adapter_problems(tmp_path / "a.bin", xl)).message
    assert _one(adapter_problems(tmp_path / "none", xl)).message == "does not exist"


def test_where_the_base_itself_is_wrong_nothing_more_is_said(tmp_path: Path, xl: Path) -> None:
    """Its own problems come first."""
    (xl / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"")
    assert adapter_problems(_faceid(tmp_path), xl) == ()
    assert lora_problems(_faceid(tmp_path), tmp_path) == ()


def _lora(path: Path, layers: Mapping[str, tuple[int, int]], spelling: str = "peft", rank: int = 4) -> Path:
    """Write a LoRA for layers of a model's part: name -> width into and out of it."""
    names = {
        "peft": ("{0}.lora_A.weight", "{0}.lora_B.weight"),
        "diffusers": ("{0}.lora.down.weight", "{0}.lora.up.weight"),
        "processor": ("{0}_lora.down.weight", "{0}_lora.up.weight"),
        "kohya": ("{0}.lora_down.weight", "{0}.lora_up.weight"),
    }[spelling]
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (into, out) in layers.items():
        shapes[names[0].format(layer)] = (rank, into)
        shapes[names[1].format(layer)] = (out, rank)
        if spelling == "kohya":
            shapes[f"{layer}.alpha"] = ()
    return folders.safetensors(path, shapes)


MID = "mid_block.attentions.0.transformer_blocks.0"
FLAT = MID.replace(".", "_")


@pytest.mark.parametrize(
    ("spelling", "layers"),
    [
        ("peft", {f"unet.{MID}.attn1.to_q": (24, 24), f"unet.{MID}.attn2.to_k": (2048, 24)}),
        ("peft", {f"base_model.model.unet.{MID}.attn1.to_out.0": (24, 24)}),
        ("diffusers", {f"unet.{MID}.attn2.to_v": (2048, 24), f"unet.{MID}.attn1.to_out.0": (24, 24)}),
        ("processor", {f"unet.{MID}.attn1.processor.to_q": (24, 24), f"unet.{MID}.attn1.processor.to_out": (24, 24)}),
        ("kohya", {f"lora_unet_{FLAT}_attn2_to_k": (2048, 24), f"lora_unet_{FLAT}_attn1_to_out_0": (24, 24)}),
        ("kohya", {"lora_te1_text_model_encoder_layers_0_mlp_fc1": (40, 80)}),
        ("kohya", {"lora_te2_text_model_encoder_layers_0_self_attn_q_proj": (56, 56)}),
        ("peft", {"text_encoder_2.text_model.encoder.layers.0.mlp.fc1": (56, 112)}),
        # Stability's own names, which only the loader maps: as far as the widths go.
        ("kohya", {"lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k": (2048, 24)}),
    ],
)
def test_a_lora_of_this_base_fits(
    tmp_path: Path, xl: Path, spelling: str, layers: Mapping[str, tuple[int, int]]
) -> None:
    """In every spelling that diffusers loads."""
    assert lora_problems(_lora(tmp_path / "l.safetensors", layers, spelling), xl) == ()


def test_a_lora_for_convolutions_fits(tmp_path: Path, xl: Path) -> None:
    """Its halves have four dimensions."""
    shapes = {"lora_unet_conv_in.lora_down.weight": (2, 4, 3, 3), "lora_unet_conv_in.lora_up.weight": (16, 2, 1, 1)}
    assert lora_problems(folders.safetensors(tmp_path / "l.safetensors", shapes), xl) == ()


@pytest.mark.parametrize(
    ("spelling", "layers", "family"),
    [
        ("peft", {f"unet.{MID}.attn2.to_k": (768, 24)}, "Stable Diffusion 1.x"),
        ("kohya", {f"lora_unet_{FLAT}_attn2_to_k": (1024, 24)}, "Stable Diffusion 2.x"),
        (
            "kohya",
            {"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k": (768, 16)},
            "Stable Diffusion 1.x",
        ),
        ("kohya", {"lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_k": (768, 16)}, "Stable Diffusion 1.x"),
        ("peft", {"transformer.transformer_blocks.0.attn.to_q": (3072, 3072)}, ""),
        ("peft", {"transformer.single_transformer_blocks.0.attn.to_q": (3072, 3072)}, "a FLUX model"),
        ("kohya", {"lora_unet_double_blocks_0_img_attn_qkv": (3072, 9216)}, "a FLUX model"),
        ("peft", {"diffusion_model.blocks.0.cross_attn.k": (1536, 1536)}, "a Wan model"),
        ("kohya", {"lora_unet_blocks_0_cross_attn_k": (5120, 5120)}, "a Wan model"),
        ("peft", {f"unet.{MID}.attn1.to_q": (32, 32)}, ""),
        ("peft", {"text_encoder.text_model.encoder.layers.0.mlp.fc1": (48, 96)}, ""),
    ],
)
def test_a_lora_for_another_base_is_refused_in_words(
    tmp_path: Path, xl: Path, spelling: str, layers: Mapping[str, tuple[int, int]], family: str
) -> None:
    """What it was trained on is named, as far as its layers tell, with a layer that does not fit."""
    found = _one(lora_problems(_lora(tmp_path / "l.safetensors", layers, spelling), xl))
    meant = f"is a LoRA for {family}, not for" if family else "is a LoRA for another base than"
    assert found.message.startswith(f"{meant} StableDiffusionXLPipeline: 1 of 1 layers do not fit, such as ")


@pytest.mark.parametrize(
    ("spelling", "layers"),
    [
        ("peft", {"transformer.transformer_blocks.1.attn.to_q": (32, 32)}),
        ("peft", {"transformer.single_transformer_blocks.2.attn.to_qkv_mlp_proj": (32, 288)}),
        ("peft", {"diffusion_model.double_blocks.1.img_attn.qkv": (32, 96)}),
        ("kohya", {"lora_unet_single_blocks_2_linear1": (32, 288)}),
    ],
)
def test_a_lora_of_a_flux_base_fits(tmp_path: Path, spelling: str, layers: Mapping[str, tuple[int, int]]) -> None:
    """In diffusers' names and in those of its authors, which join three layers to one."""
    flux = folders.transformer(tmp_path / "f", "Flux2KleinPipeline", "Flux2Transformer2DModel", folders.FLUX)
    assert lora_problems(_lora(tmp_path / "l.safetensors", layers, spelling), flux) == ()


@pytest.mark.parametrize(
    ("spelling", "layers"),
    [
        ("peft", {"transformer.transformer_blocks.7.attn.to_q": (32, 32)}),
        ("peft", {"diffusion_model.double_blocks.18.img_attn.qkv": (32, 96)}),
        ("kohya", {"lora_unet_single_blocks_37_linear1": (32, 288)}),
        ("kohya", {f"lora_unet_{FLAT}_attn1_to_q": (32, 32)}),
    ],
)
def test_a_lora_of_a_larger_flux_is_refused(
    tmp_path: Path, spelling: str, layers: Mapping[str, tuple[int, int]]
) -> None:
    """Equal widths do not help it: it has blocks that are not there."""
    flux = folders.transformer(tmp_path / "f", "Flux2KleinPipeline", "Flux2Transformer2DModel", folders.FLUX)
    assert (
        "which is not there" in _one(lora_problems(_lora(tmp_path / "l.safetensors", layers, spelling), flux)).message
    )


def test_a_lora_of_a_wan_base_is_told_from_another(tmp_path: Path) -> None:
    """The authors' names fit by their widths and blocks."""
    wan = folders.transformer(tmp_path / "w", "WanImageToVideoPipeline", "WanTransformer3DModel", folders.WAN)
    file = tmp_path / "l.safetensors"
    assert lora_problems(_lora(file, {"diffusion_model.blocks.1.cross_attn.k": (24, 24)}), wan) == ()
    assert lora_problems(_lora(file, {"transformer_2.blocks.1.attn2.to_k": (24, 24)}), wan) == ()
    assert lora_problems(_lora(file, {"diffusion_model.blocks.30.cross_attn.k": (24, 24)}), wan) != ()
    assert lora_problems(_lora(file, {"diffusion_model.blocks.1.cross_attn.k": (5120, 5120)}), wan) != ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("image_proj.norm.weight", "is an IP-Adapter, not a LoRA"),
        ("emb_params", "is a textual inversion, not a LoRA"),
        ("lora_unet_x.hada_w1_a", "is a LoHa"),
        ("lora_unet_x.lokr_w1", "is a LoKr"),
        ("model.diffusion_model.out.weight", "is a whole model, not a LoRA"),
        ("something.weight", "is not a LoRA"),
    ],
)
def test_a_file_that_is_no_lora_is_told_what_it_is(tmp_path: Path, xl: Path, name: str, message: str) -> None:
    """People mix up what one site offers under one button."""
    file = folders.safetensors(tmp_path / "l.safetensors", {name: (4, 4)})
    assert message in _one(lora_problems(file, xl)).message


def test_a_dora_is_refused(tmp_path: Path, xl: Path) -> None:
    """The loader would silently leave out its magnitudes."""
    layers = {f"unet.{MID}.attn1.to_q.lora_A.weight": (4, 24), f"unet.{MID}.attn1.to_q.lora_B.weight": (24, 4)}
    file = folders.safetensors(tmp_path / "l.safetensors", layers | {f"unet.{MID}.attn1.to_q.dora_scale": (24, 1)})
    assert "is a DoRA" in _one(lora_problems(file, xl)).message


@pytest.mark.parametrize("other", [{}, {"unet.x.lora_B.weight": (24, 5)}, {"unet.x.lora_B.weight": (24,)}])
def test_a_lora_with_half_a_layer_is_refused(tmp_path: Path, xl: Path, other: dict[str, tuple[int, ...]]) -> None:
    """Both halves share one rank."""
    file = folders.safetensors(tmp_path / "l.safetensors", {"unet.x.lora_A.weight": (4, 24), **other})
    assert "is damaged: 1 of its layers lack a half, such as unet.x" in _one(lora_problems(file, xl)).message


def test_a_pickled_lora_is_refused(tmp_path: Path, xl: Path) -> None:
    """Whatever its name."""
    (tmp_path / "l.safetensors").write_bytes(pickle.dumps({}))
    assert "is a pickle" in _one(lora_problems(tmp_path / "l.safetensors", xl)).message
