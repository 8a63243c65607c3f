"""Looks at a model folder in diffusers' layout before anything heavy is loaded, and says what is wrong with it.

Only safetensors files are ever read: a pickle can run any program while it is opened.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from charforge.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

Shapes = dict[str, tuple[int, ...]]
"""Tensor name -> shape."""

HEADER_LIMIT = 100_000_000
"""Source: the safetensors format refuses longer headers."""
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})
LIBRARIES = frozenset({"diffusers", "transformers"})
"""Where the parts of a pipeline may come from; anything else would be code out of the folder."""

_SMALL = re.compile(r"(Scheduler|Tokenizer(Fast)?|Processor(Fast|Pil)?|FeatureExtractor)$")
_FILE = re.compile(r"^(?:diffusion_pytorch_model|model)(?:\.(\w+))?(?:-(\d{5})-of-(\d{5}))?\.safetensors$")
_CONVERT = (
    'get the .safetensors file, or convert it once: python -c "import torch, safetensors.torch as s; '
    "d = torch.load('IN.bin', weights_only=True, map_location='cpu'); "
    "s.save_file({k if n is None else f'{k}.{n}': t.contiguous() for k, v in d.items() "
    "for n, t in (v.items() if isinstance(v, dict) else [(None, v)])}, 'OUT.safetensors')\""
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a model folder holds."""

    kind: str
    """Class of the pipeline in diffusers."""
    variant: str | None
    """Part of the file names such as `fp16`, where the plain files are not here."""
    models: tuple[str, ...]
    """Components with weights."""


def layout(folder: Path, classes: tuple[str, ...]) -> Layout:
    """Return what a folder holds once it is sure to be whole; raise WeightsError with what to do.

    `classes` are the pipelines that the backend can run.
    """
    index = _index(folder)
    kind = index.get("_class_name")
    if kind not in classes:
        named = kind if isinstance(kind, str) else "pipeline code of its own"
        message = f"{folder} is a {named}, and this backend runs {' or '.join(classes)}"
        raise WeightsError(message, "name the right folder, or the backend that runs it; see: charforge backends")
    variants: set[str | None] = set()
    models = []
    for name, (library, component) in _components(folder, index).items():
        _refuse_code(folder, name, library)
        place = folder / name
        if not place.is_dir() or not any(place.iterdir()):
            _incomplete(folder, f"its part {name} is not there")
        if not _SMALL.search(component):
            models.append(name)
            variants.add(_whole(folder, place))
    chosen = variants - {None}
    if len(chosen) > 1:
        _incomplete(folder, f"its parts come in different variants: {', '.join(sorted(v for v in chosen if v))}")
    return Layout(str(kind), next(iter(chosen), None), tuple(models))


def header(path: Path) -> Shapes:
    """Return the shapes of a safetensors file's tensors; raise WeightsError for a pickle or a truncated file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(9)
            _refuse_pickle(path, start)
            length = int.from_bytes(start[:8], "little")
            if len(start) < 9 or start[8:] != b"{" or length > HEADER_LIMIT:
                message = f"{path} is not a safetensors file"
                raise WeightsError(message, "download it again")
            file.seek(8)
            entries = json.loads(file.read(length))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise WeightsError(message, "check the path and its permissions") from error
    except ValueError as error:
        raise _truncated(path) from error
    tensors = {name: entry for name, entry in entries.items() if name != "__metadata__"}
    if size != 8 + length + max((entry["data_offsets"][1] for entry in tensors.values()), default=0):
        raise _truncated(path)
    return {name: tuple(entry["shape"]) for name, entry in tensors.items()}


def shapes(folder: Path, component: str) -> Shapes:
    """Return the shapes of one component's tensors, from the headers of its files."""
    found: Shapes = {}
    for path in _used(folder / component)[1]:
        found |= header(path)
    return found


def config(folder: Path, component: str) -> dict[str, Any]:
    """Return a component's config.json."""
    path = folder / component / "config.json"
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        _incomplete(folder, f"{component}/config.json is missing or damaged")
    return dict(found)


def _index(folder: Path) -> dict[str, Any]:
    if folder.is_file():
        message = f"{folder} is a file, not a model folder in diffusers' layout"
        raise WeightsError(message, "name the folder that holds model_index.json")
    path = folder / "model_index.json"
    if not path.is_file():
        _incomplete(folder, "it has no model_index.json")
    try:
        found = json.loads(path.read_text())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        _incomplete(folder, "its model_index.json is damaged")
    return dict(found)


def _components(folder: Path, index: dict[str, Any]) -> dict[str, tuple[str | None, str]]:
    """Return the library and class of each part that the pipeline has."""
    found: dict[str, tuple[str | None, str]] = {}
    for name, entry in index.items():
        if name.startswith("_") or not isinstance(entry, list):
            continue
        if len(entry) != 2 or not all(isinstance(part, (str, type(None))) for part in entry):
            _incomplete(folder, f"its model_index.json says nothing of use about {name}")
        if entry[1] is not None:
            found[name] = (entry[0], entry[1])
    return found


def _refuse_code(folder: Path, name: str, library: str | None) -> None:
    if library not in LIBRARIES or any((folder / name).glob("*.py")):
        message = f"the part {name} of {folder} brings code of its own, which is never run"
        raise WeightsError(message, "use a folder whose parts come from diffusers and transformers alone")


def _whole(folder: Path, place: Path) -> str | None:
    """Return the variant of a component's weights once every file of it is here and whole."""
    variant, files = _used(place)
    if not (place / "config.json").is_file():
        _incomplete(folder, f"{place.name}/config.json is missing")
    if not files:
        pickles = sorted(p.name for p in place.iterdir() if p.suffix in PICKLES)
        if pickles:
            message = f"{place} has only {pickles[0]}, a pickle, which can run any program when it is opened"
            raise WeightsError(message, "download the .safetensors files of the model")
        _incomplete(folder, f"{place.name} has no .safetensors file")
    parts = {_FILE.match(p.name).groups()[1:] for p in files}  # type: ignore[union-attr]
    (count,) = {count for _, count in parts} if len({count for _, count in parts}) == 1 else ("00000",)
    if count is not None:
        _check_shards(folder, place, {str(number) for number, _ in parts}, int(count))
    for path in files:
        header(path)
    return variant


def _check_shards(folder: Path, place: Path, numbers: set[str], count: int) -> None:
    absent = sorted({f"{n:05d}" for n in range(1, count + 1)} - numbers)
    if absent or count == 0:
        _incomplete(folder, f"{place.name} lacks its part {', '.join(absent) or 'files of one kind'} of {count}")
    if not any(place.glob("*.safetensors.index*.json")):
        _incomplete(folder, f"{place.name} lacks its .safetensors.index.json")


def _used(place: Path) -> tuple[str | None, list[Path]]:
    """Return which variant of a component's files is loaded, and those files: the plain ones where they are here."""
    found: dict[str | None, list[Path]] = {}
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        match = _FILE.match(path.name)
        if match:
            found.setdefault(match.group(1), []).append(path)
    if not found:
        return None, []
    variant = None if None in found else min(str(v) for v in found)
    whole = [p for p in found[variant] if _FILE.match(p.name).group(2) is None]  # type: ignore[union-attr]
    return variant, whole[:1] or found[variant]


def _refuse_pickle(path: Path, start: bytes) -> None:
    if path.suffix in PICKLES or start.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        message = f"{path} is a pickle, which can run any program when it is opened"
        raise WeightsError(message, _CONVERT)


def _truncated(path: Path) -> WeightsError:
    return WeightsError(f"{path} is damaged or only partly downloaded", "download it again")


def _incomplete(folder: Path, what: str) -> NoReturn:
    message = f"{folder} is not a whole model folder in diffusers' layout: {what}"
    raise WeightsError(message, "download the folder again, all of it, then: charforge doctor")
