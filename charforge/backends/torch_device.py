"""Whether the installed torch can compute on a device, for whatever runs on torch."""

from __future__ import annotations

from charforge.errors import BackendError


def require_device(device: str) -> None:
    """Raise BackendError, with what to write, for a device that torch cannot compute on."""
    import torch

    kind, _, index = device.partition(":")
    if kind == "cuda":
        number = int(index) if index.isdecimal() else 0 if not index else -1
        able = torch.cuda.is_available() and 0 <= number < torch.cuda.device_count()
    else:
        able = kind == "cpu" or (kind == "mps" and torch.backends.mps.is_available())
    if not able:
        message = f"the installed torch {torch.__version__} cannot compute on the device {device}"
        raise BackendError(message, "write device: cpu in charforge.yaml, or install a torch made for this device")
