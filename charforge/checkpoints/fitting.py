"""Whether an adapter or a LoRA was made for the base that charforge.yaml runs it with, told from headers alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from charforge.checkpoints.layout import index, shapes
from charforge.checkpoints.safetensors import examine
from charforge.errors import Problem

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

EMBEDDING = 512
"""Numbers in an embedding of the face models that FaceID adapters are trained on (ArcFace, buffalo_l)."""
FAMILIES = {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 2048: "Stable Diffusion XL"}
"""Width of a UNet's cross-attention -> who has it."""
_BLOCKS = ("down_blocks", "up_blocks", "mid_block")
"""In the order in which diffusers numbers their attention layers."""
_KINDS = {
    "image_proj.latents": "reads pictures (IP-Adapter Plus)",
    "image_proj.perceiver_resampler.proj_in.weight": "reads an embedding and a picture (IP-Adapter FaceID Plus)",
    "image_proj.proj.3.weight": "reads pictures (IP-Adapter Full Face)",
    "image_proj.proj.weight": "reads pictures (plain IP-Adapter)",
}
"""A name that only one kind of IP-Adapter has -> what it reads."""
_LORA = re.compile(r"(?P<module>.+?)[._]lora(_linear_layer)?[._](?P<role>A|B|down|up)(\.default(_\d+)?)?\.weight")
_PARTS = (
    ("text_encoder_2.", "text_encoder_2"),
    ("text_encoder.", "text_encoder"),
    ("lora_te2_", "text_encoder_2"),
    ("lora_te1_", "text_encoder"),
    ("lora_te_", "text_encoder"),
    ("unet.", ""),
    ("transformer.", ""),
    ("transformer_2.", ""),
    ("diffusion_model.", ""),
    ("lora_unet_", ""),
    ("lora_transformer_", ""),
)
"""How a layer's name begins -> the part of the model that it changes; empty for the one that draws."""
_NOT_LORA = (
    ("image_proj.", "is an IP-Adapter, not a LoRA", "write it as adapter: under the model in charforge.yaml"),
    ("emb_params", "is a textual inversion, not a LoRA", "use a LoRA"),
    ("clip_g", "is a textual inversion, not a LoRA", "use a LoRA"),
    (".hada_w", "is a LoHa, which diffusers cannot load", "use a plain LoRA"),
    (".lokr_w", "is a LoKr, which is not loaded here", "use a plain LoRA"),
    ("model.diffusion_model.", "is a whole model, not a LoRA", "write it as weights:, in diffusers' layout"),
)


class _Part:
    """A part of a model, with its layers by name in either spelling."""

    def __init__(self, held: Shapes) -> None:
        wide = {name.removesuffix(".weight"): shape for name, shape in held.items() if len(shape) >= 2}
        self.layers = {name: (shape[0], shape[1]) for name, shape in wide.items()}
        self.flat = {name.replace(".", "_"): widths for name, widths in self.layers.items()}
        self.read = {widths[1] for widths in self.layers.values()}
        """How many numbers any of its layers reads."""

    def layer(self, name: str) -> tuple[int, int] | None:
        """Return the width out of and into a layer, by a LoRA's name for it; None when there is none."""
        plain = name.replace(".processor", "").replace("_processor", "")
        return self.layers.get(plain) or self.layers.get(f"{plain}.0") or self.flat.get(plain)


@dataclass(frozen=True, slots=True)
class _Base:
    """The model that an adapter or a LoRA is run with."""

    folder: Path
    pipeline: str
    part: str
    """`unet` or `transformer`."""
    shapes: Shapes

    @property
    def cross(self) -> tuple[tuple[str, Shape], ...]:
        """Layers that read the prompt in a UNet, with their shapes, in the order of their numbers."""
        found = [(name, shape) for name, shape in self.shapes.items() if name.endswith("attn2.to_k.weight")]
        return tuple(sorted(found, key=lambda layer: _place(layer[0])))


def adapter_problems(file: Path, folder: Path) -> tuple[Problem, ...]:
    """Return why an IP-Adapter cannot be run on the model in a folder; nothing where the folder itself is wrong."""
    header, base = examine(file), _base(folder)
    if isinstance(header, Problem):
        return (header,)
    if base is None:
        return ()
    return tuple(_adapter(file, header.shapes, base))


def lora_problems(file: Path, folder: Path) -> tuple[Problem, ...]:
    """Return why a LoRA cannot be run on the model in a folder; nothing where the folder itself is wrong."""
    header, base = examine(file), _base(folder)
    if isinstance(header, Problem):
        return (header,)
    if base is None:
        return ()
    held = {name.removeprefix("base_model.model."): shape for name, shape in header.shapes.items()}
    return tuple(_lora(file, held, base))


def _base(folder: Path) -> _Base | None:
    named = index(folder)
    if isinstance(named, Problem):
        return None
    for part in ("unet", "transformer"):
        if held := shapes(folder, part):
            return _Base(folder, str(named.get("_class_name")), part, held)
    return None


def _place(name: str) -> tuple[int, list[int]]:
    head = name.partition(".")[0]
    numbers = [int(digits) for digits in re.findall(r"\d+", name)]
    return _BLOCKS.index(head) if head in _BLOCKS else len(_BLOCKS), numbers


def _family(width: int) -> str:
    return f"{width} wide" + (f" ({FAMILIES[width]})" if width in FAMILIES else "")


def _adapter(file: Path, held: Shapes, base: _Base) -> Iterator[Problem]:
    if not all(any(name.startswith(start) for name in held) for start in ("image_proj.", "ip_adapter.")):
        hint = "use a FaceID adapter saved as safetensors, with image_proj.… and ip_adapter.…"
        yield Problem("is not an IP-Adapter", file, hint=hint)
        return
    if base.part != "unet":
        hint = "leave adapter: away; this model takes reference pictures instead"
        yield Problem(f"is an IP-Adapter for a UNet; {base.pipeline} has none", file, hint=hint)
        return
    reads = next((words for name, words in _KINDS.items() if name in held), "")
    first, norm = held.get("image_proj.proj.0.weight"), held.get("image_proj.norm.weight")
    if reads or first is None or norm is None or len(first) != 2 or len(norm) != 1:
        message = f"{reads or 'reads something unknown'}; one that reads a face model's embedding is wanted"
        yield Problem(message, file, hint="use a FaceID adapter, such as ip-adapter-faceid_sdxl")
        return
    if first[1] != EMBEDDING:
        message = f"reads embeddings of {first[1]} numbers; face models give {EMBEDDING}"
        yield Problem(message, file, hint="use a FaceID adapter, such as ip-adapter-faceid_sdxl")
    yield from _layers(file, held, base, norm[0])


def _layers(file: Path, held: Shapes, base: _Base, width: int) -> Iterator[Problem]:
    """Yield how an adapter's layers differ from the base's."""
    hint = f"use an adapter that was trained for {base.pipeline}"
    wanted = base.cross[0][1][-1] if base.cross else 0
    if width != wanted:
        message = f"was trained on a base whose cross-attention is {_family(width)}; this one's is {_family(wanted)}"
        yield Problem(message, file, hint=hint)
        return
    layers = {name for name in held if re.fullmatch(r"ip_adapter\.\d+\.to_[kv]_ip\.weight", name)}
    expected = {
        f"ip_adapter.{2 * number + 1}.to_{letter}_ip.weight": shape
        for number, (_, shape) in enumerate(base.cross)
        for letter in "kv"
    }
    other = sorted(name for name in layers & set(expected) if held[name] != expected[name])
    if layers != set(expected):
        message = (
            f"was trained on a base with {len(layers) // 2} cross-attention layers; this one has {len(base.cross)}"
        )
        yield Problem(message, file, hint=hint)
    elif other:
        name = other[0]
        message = f"was trained on another base: {name} is {held[name]}, this one wants {expected[name]}"
        yield Problem(message, file, hint=hint)


def _lora(file: Path, held: Shapes, base: _Base) -> Iterator[Problem]:
    pairs: dict[str, dict[str, Shape]] = {}
    for name, shape in held.items():
        if found := _LORA.fullmatch(name):
            pairs.setdefault(found["module"], {})[{"down": "A", "up": "B"}.get(found["role"], found["role"])] = shape
    if not pairs:
        yield _no_lora(file, held)
        return
    if any("dora_scale" in name or "lora_magnitude_vector" in name for name in held):
        yield Problem("is a DoRA, of which diffusers would leave a part out", file, hint="use a plain LoRA")
    broken = sorted(module for module, pair in pairs.items() if not _fits_itself(pair))
    if broken:
        message = f"is damaged: {len(broken)} of its layers lack a half, such as {broken[0]}"
        yield Problem(message, file, hint="fetch or copy it again")
        return
    parts: dict[str, _Part] = {}
    reasons = [why for module, pair in sorted(pairs.items()) if (why := _misfit(module, pair, base, parts))]
    if reasons:
        family = _meant(pairs)
        meant = f"is a LoRA for {family}, not for" if family else "is a LoRA for another base than"
        message = f"{meant} {base.pipeline}: {len(reasons)} of {len(pairs)} layers do not fit, such as {reasons[0]}"
        yield Problem(message, file, hint=f"use a LoRA that was trained on {base.pipeline}")


def _no_lora(file: Path, held: Shapes) -> Problem:
    for mark, message, hint in _NOT_LORA:
        if any(mark in name for name in held):
            return Problem(message, file, hint=hint)
    return Problem("is not a LoRA: it has no lora_A and lora_B, nor lora_down and lora_up", file, hint="use a LoRA")


def _fits_itself(pair: Mapping[str, Shape]) -> bool:
    down, up = pair.get("A", ()), pair.get("B", ())
    return len(down) >= 2 and len(up) >= 2 and down[0] == up[1]


def _misfit(module: str, pair: Mapping[str, Shape], base: _Base, parts: dict[str, _Part]) -> str:
    """Return how a layer of a LoRA differs from the base's, or nothing."""
    into, out = pair["A"][1], pair["B"][0]
    prefix, place = next(((start, part) for start, part in _PARTS if module.startswith(start)), ("", ""))
    if place not in parts:
        parts[place] = _Part(shapes(base.folder, place) if place else base.shapes)
    layer, part = module.removeprefix(prefix), parts[place]
    known = part.layer(layer)
    if known is not None:
        return "" if known == (out, into) else f"{layer}: {into} to {out}, here {known[1]} to {known[0]}"
    if not place and _surely(layer, prefix, base):
        return f"{layer}, which is not there"
    # Names of another tradition are mapped when it is loaded, and may join layers: only the width that goes in stays.
    return "" if not part.layers or into in part.read else f"{layer}, which reads {into} numbers"


def _surely(layer: str, prefix: str, base: _Base) -> bool:
    """Return whether a name is diffusers' own, so that a layer which is not there is of another base."""
    heads = (
        {name.partition(".")[0] for name in base.shapes}
        if prefix in ("unet.", "transformer.", "transformer_2.")
        else ()
    )
    if layer.startswith(_BLOCKS) or layer.partition(".")[0] in heads:
        return True
    if base.part != "unet" and layer.startswith(("input_blocks", "middle_block", "output_blocks")):
        return True
    # Blocks are counted alike in every tradition.
    found = re.match(r"(double_blocks|single_blocks|blocks)[._](\d+)", layer)
    own = {"double_blocks": "transformer_blocks", "single_blocks": "single_transformer_blocks", "blocks": "blocks"}
    return found is not None and not any(name.startswith(f"{own[found[1]]}.{found[2]}.") for name in base.shapes)


def _meant(pairs: Mapping[str, Mapping[str, Shape]]) -> str:
    """Return which family a LoRA was trained on, as far as its layers tell; empty when they do not."""
    layers = "\n".join(pairs)
    if re.search(r"double_blocks|single_blocks|single_transformer_blocks", layers):
        return "a FLUX model"
    if re.search(r"(^|\.|lora_unet_)blocks[._]\d+[._](self_attn|cross_attn|attn[12]|ffn)", layers, re.MULTILINE):
        return "a Wan model"
    for module, pair in pairs.items():
        if re.search(r"attn2[._](processor[._])?to_k$", module) and "transformer_blocks" in module:
            return FAMILIES.get(pair["A"][1], "")
    return ""
