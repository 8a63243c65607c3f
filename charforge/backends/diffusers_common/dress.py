"""What a resident pipeline wears: an IP-Adapter and LoRAs, put on and taken off without loading the base anew.

Whether they fit the base is read from the headers of their files, before anything heavy is loaded.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from charforge.backends.diffusers_common import files
from charforge.backends.diffusers_common.opening import out_of_memory
from charforge.checkpoints import adapter_problems, lora_problems
from charforge.errors import CharforgeError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
        """Raise WeightsError with every file that is damaged, a pickle, or was made for another base."""
        wrong = [*adapter_problems(model(self.adapter), folder)] if self.adapter else []
        for digest, _ in self.loras:
            wrong += lora_problems(model(digest), folder)
        files.refuse(wrong)


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
