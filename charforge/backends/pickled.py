"""Reads the numbers out of a pickle that torch saved, running nothing that it holds, and writes them as safetensors."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

from charforge.errors import BackendMissing, OutOfMemory, WeightsError, in_one_line

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = "state_dict"
"""What training scripts put the tensors under."""
DEPTH = 2
"""Names that may lie within each other: adapters are saved as parts, each with its tensors."""
ONLY = "only tensors, or parts of tensors, can be converted; use a file that holds just the weights"


def convert(file: Path, to: Path) -> None:
    """Write the tensors of a pickle to a new safetensors file, parts joined to their names by dots.

    Raises WeightsError when it holds anything else, is cut short or cannot be written as safetensors, BackendMissing
    without torch.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import save_file
    except ImportError as error:
        message = f"{error.name or 'torch'} is not installed, and reading a pickle needs it"
        raise BackendMissing(message, "pip install 'charforge[diffusers]'") from error
    try:
        tensors = _apart(_flat(_read(file, torch), file, torch))
        save_file(tensors, to, {"format": "pt"})
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate memory" not in str(error):
            raise
        raise OutOfMemory(f"this machine has too little memory to convert {file}", "close other programs") from error
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{file} cannot be written as safetensors: {in_one_line(error)}", ONLY) from error


def _read(file: Path, torch: Any) -> Any:  # noqa: ANN401 - whatever was saved
    """Return what a file holds; nothing but numbers, texts and plain containers is ever made from it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        if named is None:
            raise WeightsError(f"{file} cannot be read as a pickle of tensors: {in_one_line(error)}", ONLY) from error
        message = f"{file} holds more than numbers: {named.group(1)}; nothing of it was run"
        hint = "do not use it, unless you trust who made it; look for the same model saved as safetensors"
        raise WeightsError(message, hint) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        if "allocate memory" in str(error):
            raise
        message = f"{file} is not a whole file of torch: {in_one_line(error)}"
        raise WeightsError(message, "fetch or copy the file again") from error


def _flat(found: Any, file: Path, torch: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever was saved
    """Return every tensor by its whole name; raise WeightsError for anything that is none."""
    if isinstance(found, dict) and list(found) == [WHOLE]:
        found = found[WHOLE]
    if not isinstance(found, dict):
        raise WeightsError(f"{file} holds {_kind(found, torch)}, not tensors by name", ONLY)
    flat: dict[str, Any] = {}
    pending: list[tuple[tuple[str, ...], Any]] = [((), found)]
    while pending:
        path, part = pending.pop()
        for key, value in part.items():
            name = ".".join((*path, str(key)))
            if isinstance(value, dict) and isinstance(key, str) and len(path) + 1 < DEPTH:
                pending.append(((*path, key), value))
            elif not isinstance(key, str) or not isinstance(value, torch.Tensor):
                raise WeightsError(f"{file} holds {_kind(value, torch)} as {name!r}", ONLY)
            elif name == "__metadata__":
                raise WeightsError(f"{file} holds a tensor called {name!r}, which safetensors keeps for itself", ONLY)
            elif name in flat:
                raise WeightsError(f"{file} holds two tensors that would be called {name!r}", ONLY)
            else:
                flat[name] = _plain(value, name, file, torch)
    if not flat:
        raise WeightsError(f"{file} holds no tensors", ONLY)
    return flat


def _plain(tensor: Any, name: str, file: Path, torch: Any) -> Any:  # noqa: ANN401 - a tensor
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_nested:
        raise WeightsError(f"{file} holds {name!r} in a form of its own, sparse or quantized", ONLY)
    return tensor.detach().resolve_conj().resolve_neg()


def _apart(tensors: dict[str, Any]) -> dict[str, Any]:
    """Return tensors that lie whole and alone in memory, copying those that do not."""
    seen: set[int] = set()
    apart = {}
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        place = storage.data_ptr()
        alone = tensor.is_contiguous() and storage.nbytes() == tensor.nbytes and place not in seen
        seen.add(place)
        apart[name] = tensor if alone else tensor.contiguous().clone()
    return apart


def _kind(value: object, torch: Any) -> str:  # noqa: ANN401 - a module
    if isinstance(value, torch.Tensor):
        return "a single tensor"
    return "parts within parts" if isinstance(value, dict) else f"a value of type {type(value).__name__}"
