"""How torch is set while a voice of coqui-tts speaks, and what its failures are called."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from charforge.errors import BackendMissing, BadOutput, CharforgeError, OutOfMemory, RenderFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.backends.protocols import Home


@contextmanager
def settled(home: Home, seed: int) -> Iterator[None]:
    """Seed torch, set its threads, and leave both afterwards as they were."""
    import torch

    device, threads = torch.device(home.device), torch.get_num_threads()
    cards = [torch.cuda.current_device() if device.index is None else device.index] if device.type == "cuda" else []
    steady = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    with torch.random.fork_rng(devices=cards), steady:
        torch.default_generator.manual_seed(seed)
        for card in cards:
            torch.cuda.default_generators[card].manual_seed(seed)
        if device.type == "mps":
            torch.mps.manual_seed(seed)
        torch.set_num_threads(max(1, home.threads))
        try:
            yield
        finally:
            torch.set_num_threads(threads)


@contextmanager
def failures() -> Iterator[None]:
    """Say in the house's words what goes wrong while a model speaks."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemory("the device has too little memory for this voice", "write device: cpu") from error
    except ImportError as error:
        message = f"this language needs a package that is not installed: {error}"
        raise BackendMissing(message, "pip install 'coqui-tts[languages]'") from error
    except CharforgeError:
        raise
    except Exception as error:  # coqui-tts raises any kind of error for what a model cannot say
        if "nan" in str(error).lower():
            raise BadOutput("the model computed values that are no numbers", "check its weights") from error
        message = f"the model failed: {' '.join(str(error).split())[:200] or type(error).__name__}"
        raise RenderFailed(message, "change the line, or check the model's files") from error
