"""Opens a pipeline from a folder: libraries, device and dtype first, each refused in words."""

from __future__ import annotations

import gc
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from typing import TYPE_CHECKING, Any

from charforge.backends.torch_device import require_device
from charforge.backends.torchaudio_mend import mend_torchaudio
from charforge.checkpoints import variant_in
from charforge.errors import BackendError, BackendMissing, CharforgeError, WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from charforge.checkpoints import Layout

DTYPES = ("float32", "float16", "bfloat16")
LIBRARIES = ("diffusers", "torch", "transformers", "accelerate", "peft", "safetensors")
AGAIN = "download the folder again, all of it, then: charforge doctor"
_FULL = ("out of memory", "not enough memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")


def require(*more: str) -> None:
    """Raise BackendMissing unless the libraries are installed; imports none of them."""
    for package in (*LIBRARIES, *more):
        if not _installed(package):
            message = f"{package} is not installed"
            raise BackendMissing(message, "pip install 'charforge[diffusers]'")


@cache
def prepare() -> None:
    """Import the libraries so that any pipeline can be imported, and keep them from writing to the terminal."""
    require()
    mend_torchaudio()
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    # What the libraries hold stays; to look through it whenever a pipeline is freed took 0.2 s each time. A model that
    # was let go of before, such as a voice whose parts point at each other, would stay too.
    gc.collect()
    gc.freeze()


def versions(number: str, *more: str) -> str:
    """Return a revision: the number kept by hand, and major.minor of the libraries that change bytes."""
    require(*more)
    named = (f"{p}-{'.'.join(_installed(p).split('.')[:2])}" for p in (*LIBRARIES[:3], "peft", *more))
    return ";".join((number, *named))


@cache
def _installed(package: str) -> str:
    """Return a library's version, looked up once since that reads files; empty when it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def usable(device: str) -> str:
    """Return a device that torch can compute on, set to give equal bytes; raise BackendError for any other."""
    import torch

    require_device(device)
    if device.startswith("cuda"):
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
    return device


def opened(
    folder: Path,
    found: Layout,
    dtype: str,
    *,
    kind: str = "",
    exact: tuple[str, ...] = (),
    **options: Any,  # noqa: ANN401 - what the constructor takes
) -> Any:  # noqa: ANN401 - a pipeline
    """Return the pipeline of a folder on the cpu; raise WeightsError when the libraries cannot read it.

    `kind` is its class where the folder's own is not wanted; the components in `exact` are float32.
    """
    prepare()
    import diffusers

    fine = dict.fromkeys((name for name in exact if name in found.models), torch_dtype("float32"))
    usual = torch_dtype(dtype)
    try:
        encoders = {part: _encoder(folder, found, part, fine.get(part, usual)) for part in found.encoders}
        pipe = getattr(diffusers, kind or found.kind).from_pretrained(
            str(folder),
            dtype={**fine, "default": usual} if fine else usual,
            variant=found.variant or None,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            **encoders,
            **options,
        )
        _refuse_empty(pipe, folder)
    except CharforgeError:
        raise
    except Exception as error:
        if out_of_memory(error):
            raise
        message = f"{folder} cannot be loaded: {type(error).__name__}: {error}"
        raise WeightsError(message, AGAIN) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _encoder(folder: Path, found: Layout, part: str, dtype: Any) -> Any:  # noqa: ANN401 - a model and a torch.dtype
    """Return a part that transformers loads, on the cpu; raise WeightsError where it would make up weights."""
    import transformers

    model, told = getattr(transformers, found.encoders[part]).from_pretrained(
        str(folder),
        subfolder=part,
        dtype=dtype,
        variant=variant_in(folder, part, found.variant),
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    _refuse_lacking(folder / part, sorted(told["missing_keys"]))
    return model


def _refuse_empty(pipe: Any, folder: Path) -> None:  # noqa: ANN401
    """Raise WeightsError for parts that diffusers left without numbers where their files have none."""
    import torch

    for name, part in pipe.components.items():
        if isinstance(part, torch.nn.Module):
            held = chain(part.named_parameters(), part.named_buffers())
            _refuse_lacking(folder / name, [at for at, values in held if values.is_meta])


def _refuse_lacking(place: Path, names: list[str]) -> None:
    if names:
        raise WeightsError(f"{place} lacks {len(names)} of its weights, such as {names[0]}", AGAIN)


def untie(part: Any) -> None:  # noqa: ANN401 - a torch.nn.Module
    """Give each layer its own copy of a tensor that several share: one that waits in a file leaves the others empty."""
    import torch

    seen = set()
    for layer in part.modules():
        for name, tensor in list(layer.named_parameters(recurse=False)):
            if id(tensor) in seen:
                setattr(layer, name, torch.nn.Parameter(tensor.detach().clone(), requires_grad=False))
            seen.add(id(tensor))


def out_of_memory(error: BaseException) -> bool:
    """Tell whether an error of Python or torch says that memory has run out."""
    import torch

    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _FULL)


def torch_dtype(name: str) -> Any:  # noqa: ANN401 - a torch.dtype
    """Return torch's dtype of this name; raise BackendError for one that no pipeline runs in."""
    import torch

    if name not in DTYPES:
        message = f"there is no dtype {name!r}"
        raise BackendError(message, f"write one of: {', '.join(DTYPES)}")
    return getattr(torch, name)
