"""Reads what a job says to a model of the user's own, and refuses in words what no backend could do."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, NoReturn

from charforge.backends.diffusers_common.dress import Dress
from charforge.backends.diffusers_common.opening import DTYPES
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAN = "this is an error in the plan; please report it"
ADAPTER = "write under the model in charforge.yaml: adapter: {file: FILE, face_model: SHA256, scale: 0.7}"
LORA = "write under the model in charforge.yaml: loras: [{file: FILE, scale: 1.0}]"
WRITTEN = {"working": "max_pixels", "max_frames": "max_seconds"}
"""What is written in charforge.yaml for settings that the planner works out."""
SHARED = frozenset({"weights", "dtype", "steps", "guidance", "working", "adapter", "face_model", "loras"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What every diffusers backend reads from a job's settings."""

    weights: str
    dtype: str
    steps: int
    guidance: float
    working: tuple[int, int]
    """Width and height that the model itself draws."""
    dress: Dress
    face_model: str
    """sha256 of the model that made the embeddings which the adapter was trained on."""


def asked(settings: Mapping[str, Any], more: frozenset[str] = frozenset()) -> Asked:
    """Return the settings; `more` names those that the backend reads besides. Raises RenderFailed."""
    unknown = sorted(set(settings) - SHARED - more)
    if unknown:
        _refuse(f"no such setting: {', '.join(unknown)}", f"there are: {', '.join(sorted(SHARED | more))}")
    weights = settings.get("weights")
    if not isinstance(weights, str) or not weights:
        _refuse(
            "the job names no weights", "name the model's folder in charforge.yaml: models: {NAME: {weights: FOLDER}}"
        )
    if settings.get("dtype") not in DTYPES:
        _refuse(f"there is no dtype {settings.get('dtype')!r}", f"write one of: {', '.join(DTYPES)}")
    dress = Dress(*_adapter(settings), loras=_loras(settings))
    face_model = settings.get("face_model") or ""
    if (dress.adapter and not isinstance(face_model, str)) or bool(dress.adapter) != bool(face_model):
        _refuse(
            "an adapter and the face model it was trained on belong together",
            ADAPTER,
        )
    working = settings.get("working")
    if not isinstance(working, (list, tuple)) or len(working) != 2:
        _refuse(f"working is {working!r}, not a width and a height", PLAN)
    return Asked(
        weights,
        settings["dtype"],
        whole(settings, "steps", 1, 1000),
        number(settings, "guidance", 0, 100),
        (whole({"working": working[0]}, "working", 1, 16384), whole({"working": working[1]}, "working", 1, 16384)),
        dress,
        face_model,
    )


def number(settings: Mapping[str, Any], name: str, low: float, high: float, default: float | None = None) -> float:
    """Return a setting that is a number between two others."""
    value = settings.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        _refuse(f"{name} is {value!r}, not a number from {low:g} to {high:g}", _correct(name))
    return float(value)


def whole(settings: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Return a setting that is a whole number between two others."""
    value = number(settings, name, low, high)
    if value != int(value):
        _refuse(f"{name} is {value:g}, not a whole number", _correct(name))
    return int(value)


def divisible(working: tuple[int, int], multiple: int, least: int) -> None:
    """Raise RenderFailed when a model cannot draw a size, with what to write for one that it can."""
    if not any(side % multiple or side < least for side in working):
        return
    write = [f"multiple: {multiple}"] if any(side % multiple for side in working) else []
    short, long = sorted(working)
    if short < least:
        pixels = least * ceil(least * long / short / multiple) * multiple
        write.append(f"max_pixels: {pixels} or more")
    message = f"this model cannot draw {working[0]}x{working[1]}: its sides are multiples of {multiple} "
    _refuse(f"{message}and at least {least}", f"write under the model in charforge.yaml: {', '.join(write)}")


def _correct(name: str) -> str:
    return f"correct {WRITTEN.get(name, name)} in charforge.yaml"


def _adapter(settings: Mapping[str, Any]) -> tuple[str, float]:
    said = settings.get("adapter")
    if said is None:
        return "", 0.0
    if not isinstance(said, dict) or not isinstance(said.get("weights"), str) or set(said) - {"weights", "scale"}:
        _refuse(f"the adapter is {said!r}", ADAPTER)
    return said["weights"], number(said, "scale", 0, 2, 0.7)


def _loras(settings: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    said = settings.get("loras") or []
    for lora in said:
        if not isinstance(lora, dict) or not isinstance(lora.get("weights"), str) or set(lora) - {"weights", "scale"}:
            _refuse(f"a LoRA is {lora!r}", LORA)
    twice = [lora["weights"] for lora in said if [one["weights"] for one in said].count(lora["weights"]) > 1]
    if twice:
        _refuse(f"the LoRA {twice[0][:12]} is named twice", "name it once; twice the scale is what two of it would do")
    return tuple((lora["weights"], number(lora, "scale", -5, 5, 1.0)) for lora in said)


def _refuse(message: str, hint: str) -> NoReturn:
    raise RenderFailed(message, hint)
