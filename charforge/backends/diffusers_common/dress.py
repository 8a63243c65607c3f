"""What a resident pipeline wears: an IP-Adapter and LoRAs, put on and taken off without loading the base anew.

Whether they fit the base is read from the headers of their files, before anything heavy is loaded.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from charforge.backends.diffusers_common import files
from charforge.backends.diffusers_common.opening import out_of_memory
from charforge.errors import CharforgeError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LAYER = re.compile(r"^(\w+)\.(.+?)\.(?:lora_A|lora\.down|lora_down)(?:\.\w+)?\.weight$")
_CROSS = re.compile(
    r"attn2[._](?:processor\.)?to_[kv](?:_lora)?\.(?:lora_A|lora_down|lora\.down|down)(?:\.\w+)?\.weight$"
)
_OTHER = "name one that was made for this model; its page says for which base it was trained"


@dataclass(frozen=True, slots=True)
class Dress:
    """An adapter and LoRAs by digest, with their strengths."""

    adapter: str = ""
    scale: float = 0.0
    loras: tuple[tuple[str, float], ...] = ()

    def same_files(self, other: Dress) -> bool:
        """Tell whether another dress differs at most in its strengths."""
        return self.names() == other.names()

    def names(self) -> tuple[str, ...]:
        """Return the digests of all its files."""
        return (*filter(None, [self.adapter]), *(digest for digest, _ in self.loras))

    def check(self, folder: Path, model: Callable[[str], Path]) -> None:
        """Raise WeightsError when a file is damaged, a pickle, or was made for another base."""
        if self.adapter:
            _check_adapter(model(self.adapter), folder)
        for digest, _ in self.loras:
            _check_lora(model(digest), folder)


def wear(pipe: Any, worn: Dress, wanted: Dress, model: Callable[[str], Path]) -> None:  # noqa: ANN401 - a pipeline
    """Take off what a pipeline wears and put on what is wanted; raise WeightsError where a file does not fit."""
    if not worn.same_files(wanted):
        if worn.names():
            pipe.unload_lora_weights()
        if worn.adapter:
            pipe.unload_ip_adapter()
        if wanted.adapter:
            _put_on(model(wanted.adapter), partial(_load_adapter, pipe), pipe.dtype)
        for digest, _ in wanted.loras:
            path = model(digest)
            _put_on(path, partial(pipe.load_lora_weights, adapter_name=_name(digest)), pipe.dtype)
            if not any(_name(digest) in names for names in pipe.get_list_adapters().values()):
                message = f"none of the layers of the LoRA {path} is in this model"
                raise WeightsError(message, _OTHER)
    if wanted.adapter:
        pipe.set_ip_adapter_scale(wanted.scale)
    weights = {_name(digest): scale for digest, scale in wanted.loras} | dict.fromkeys(_of_adapter(pipe), 1.0)
    if weights:
        pipe.set_adapters(list(weights), list(weights.values()))


def _name(digest: str) -> str:
    return f"lora_{digest[:16]}"


def _of_adapter(pipe: Any) -> list[str]:  # noqa: ANN401
    """Return the LoRAs that came inside the IP-Adapter's file."""
    found = getattr(getattr(pipe, "unet", None), "peft_config", None) or {}
    return [name for name in found if name.startswith("faceid_")]


def _put_on(path: Path, load: Callable[[dict[str, Any]], None], dtype: Any) -> None:  # noqa: ANN401 - a torch.dtype
    import safetensors.torch

    try:
        with warnings.catch_warnings():
            # A second LoRA is what was asked for.
            warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)
            load({name: tensor.to(dtype) for name, tensor in safetensors.torch.load_file(path).items()})
    except CharforgeError:
        raise
    except Exception as error:
        if out_of_memory(error):
            raise
        message = f"{path} cannot be put on this model: {type(error).__name__}: {error}"
        raise WeightsError(message, _OTHER) from error


def _load_adapter(pipe: Any, tensors: dict[str, Any]) -> None:  # noqa: ANN401
    parts: dict[str, dict[str, Any]] = {"image_proj": {}, "ip_adapter": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        parts[part][rest] = tensor
    pipe.load_ip_adapter(parts, subfolder="", weight_name="", image_encoder_folder=None)


def _check_adapter(path: Path, folder: Path) -> None:
    """Refuse whatever is not a FaceID adapter for this base."""
    found = files.header(path)
    if {name.partition(".")[0] for name in found} != {"image_proj", "ip_adapter"}:
        message = f"{path} is not an IP-Adapter: it has no image_proj and ip_adapter tensors"
        raise WeightsError(message, _OTHER)
    first = found.get("image_proj.proj.0.weight")
    if first is None or any("perceiver_resampler" in name for name in found):
        message = f"{path} is an IP-Adapter of another kind than FaceID, which takes a face's embedding alone"
        raise WeightsError(message, "name a FaceID adapter (neither Plus nor Plus V2) for this model")
    here = sorted(s for n, s in files.shapes(folder, "unet").items() if n.endswith("attn2.to_k.weight"))
    there = sorted(s for n, s in found.items() if n.endswith(".to_k_ip.weight"))
    if here != there:
        message = f"the adapter {path} was made for another base: {_sizes(there)}, this model has {_sizes(here)}"
        raise WeightsError(message, _OTHER)


def _sizes(shapes: list[tuple[int, ...]]) -> str:
    widths = " or ".join(str(w) for w in sorted({s[-1] for s in shapes})) or "no"
    return f"{len(shapes)} cross-attention layers {widths} wide"


def _check_lora(path: Path, folder: Path) -> None:
    """Refuse a LoRA whose layers have other sizes than the base's layers of the same name."""
    found = files.header(path)
    bases: dict[str, files.Shapes] = {}
    wide = {}
    for name, shape in found.items():
        layer = _LAYER.match(name)
        if layer and (folder / layer[1]).is_dir():
            base = bases.setdefault(layer[1], files.shapes(folder, layer[1])).get(f"{layer[2]}.weight")
            if base is not None and base[1] != shape[1]:
                message = f"the LoRA {path} was made for another base: its {layer[2]} takes {shape[1]} numbers, "
                raise WeightsError(f"{message}this model's {base[1]}", _OTHER)
        if _CROSS.search(name):
            wide[shape[1]] = name
    if not any("lora" in name for name in found):
        message = f"{path} is not a LoRA"
        raise WeightsError(message, "name a LoRA's .safetensors file")
    if wide and (folder / "unet").is_dir():
        width = files.config(folder, "unet").get("cross_attention_dim")
        if set(wide) != {width}:
            others = ", ".join(str(w) for w in sorted(wide))
            message = f"the LoRA {path} was made for another base: its cross-attention is {others} wide, "
            raise WeightsError(f"{message}this model's {width}", _OTHER)
