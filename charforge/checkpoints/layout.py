"""Whether a folder is a whole diffusers model that a backend can load, told before anything is loaded.

problems: model_index.json -> the pipeline it names -> each of its parts: configuration, whole safetensors, no code.
layout_of, shapes: what a whole one holds, in the variant in which its weights are loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charforge.checkpoints.reading import INDEX, variant_of, variant_read
from charforge.checkpoints.safetensors import CONVERT, Header, examine
from charforge.errors import Problem

LARGEST = 100_000_000
"""Bytes of a JSON file that is still read."""
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
_PYTHON = (
    'python -c "import sys; from charforge.backends.torchaudio_mend import mend_torchaudio; mend_torchaudio(); '
    "from diffusers import "
)
"""Begins what is run in charforge's environment; transformers fails with a torchaudio that does not fit torch."""
RESAVE = (
    "fetch a model that is saved as safetensors, or save this one anew, with charforge's own Python (runs nothing that "
    f"is in it): {_PYTHON}DiffusionPipeline as P; "
    'P.from_pretrained(sys.argv[1], local_files_only=True).save_pretrained(sys.argv[2])" FOLDER NEW_FOLDER'
)
SINGLE = (
    "write a folder, or a hub id: owner/name; such a file becomes a folder with charforge's own Python: "
    f"{_PYTHON}{{pipeline}} as C; "
    'C.from_single_file(sys.argv[1]).save_pretrained(sys.argv[2])" FILE NEW_FOLDER'
)
STEMS = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}
"""Where parts come from -> how the names of their weights begin; any other library is code in the folder or a package
that loading would import."""
_TOKENIZER = ("tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a model folder holds."""

    kind: str
    """Class of the pipeline in diffusers; empty where the folder names none."""
    variant: str
    """Part of the file names such as `fp16`, preferred wherever weights come in it; empty where plain ones are."""
    models: tuple[str, ...]
    """Parts with weights."""
    encoders: Mapping[str, str] = field(default_factory=dict)
    """Those of them that transformers loads, with their classes."""


def problems(
    folder: Path, pipelines: tuple[str, ...], *, backend: str = "this backend", name: str = ""
) -> tuple[Problem, ...]:
    """Return everything that keeps a backend which takes these pipelines from loading a folder; nothing is loaded.

    `name` is the model's name in charforge.yaml, for the command that fetches it again.
    """
    found = index(folder, pipelines)
    if isinstance(found, Problem):
        return (found,)
    wrong = list(_pipeline(folder, found.get("_class_name"), pipelines, backend))
    again = _again(folder, name)
    entries = _entries(found)
    variant = _variant(folder, entries)
    for part, entry in entries.items():
        wrong.extend(_part(folder, part, entry, again, variant))
    return tuple(wrong)


def index(folder: Path, pipelines: tuple[str, ...] = ()) -> dict[str, Any] | Problem:
    """Return what a model's model_index.json says, or why there is none."""
    if folder.is_file():
        hint = SINGLE.format(pipeline=pipelines[0] if pipelines else "DiffusionPipeline")
        return Problem("is a single file; a folder in diffusers' layout is wanted", folder, hint=hint)
    if not folder.is_dir():
        return Problem("is not a folder", folder, hint="write the model's folder, or a hub id: owner/name")
    if (folder / INDEX).is_file() or (folder / INDEX).is_symlink():
        return document(folder / INDEX)
    message = f"is not a folder in diffusers' layout: it has no {INDEX}"
    if (folder.parent / INDEX).is_file():
        return Problem(f"is only a part of a model: {INDEX} lies above it", folder, hint=f"write {folder.parent}")
    inside = sorted(place.parent.name for place in folder.glob(f"*/{INDEX}"))
    if inside:
        return Problem(message, folder, hint=f"write {folder / inside[0]}")
    return Problem(message, folder, hint="write the folder that save_pretrained wrote, or a hub id: owner/name")


def document(path: Path) -> dict[str, Any] | Problem:
    """Return the object in a JSON file, or what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST:
            return Problem("is absurdly large", path, hint="fetch or copy it again")
        content = json.loads(path.read_bytes())
    except OSError as error:
        gone = "is a link to a file that is gone" if path.is_symlink() and not path.exists() else ""
        return Problem(gone or f"cannot be read: {error.strerror}", path, hint="fetch or copy it again")
    except (ValueError, RecursionError):
        return Problem("is damaged: it is not JSON", path, hint="fetch or copy it again")
    if not isinstance(content, dict):
        return Problem("is damaged: it is no table of names and values", path, hint="fetch or copy it again")
    return content


def layout_of(folder: Path) -> Layout:
    """Return what a model folder holds; of one with problems, as much as can be told."""
    found = index(folder)
    if isinstance(found, Problem):
        return Layout("", "", ())
    entries, named = _entries(found), found.get("_class_name")
    models = tuple(part for part, entry in entries.items() if _settings(str(entry[-1])) == ("config.json",))
    encoders = {part: str(entries[part][-1]) for part in models if entries[part][0] == "transformers"}
    return Layout(named if isinstance(named, str) else "", _variant(folder, entries), models, encoders)


def variant_in(folder: Path, part: str, variant: str) -> str | None:
    """Return the variant in which a part's weights are loaded: the model's, where they come in it."""
    held = {variant_of(file.name) for file in (folder / part).glob("*.safetensors*")}
    return variant if variant and variant in held else None


def shapes(folder: Path, part: str) -> Mapping[str, tuple[int, ...]]:
    """Return the shape of every block of numbers in a part of a model; files that cannot be read are left out."""
    found: dict[str, tuple[int, ...]] = {}
    variants = {file: variant_of(file.name) for file in sorted((folder / part).glob("*.safetensors"))}
    preferred = layout_of(folder).variant
    read = preferred if preferred in variants.values() else ""
    for file in (file for file, variant in variants.items() if variant == read):
        header = examine(file)
        if isinstance(header, Header):
            found |= header.shapes
    return found


def _entries(found: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the parts that an index says a model has, with what is to load each."""
    return {part: entry for part, entry in found.items() if part[:1] != "_" and isinstance(entry, list) and any(entry)}


def _settings(kind: str) -> tuple[str, ...]:
    """Return the files of which a part of this class needs one; just the parts with weights need config.json."""
    if "Tokenizer" in kind:
        return _TOKENIZER
    if kind.endswith("Scheduler"):
        return ("scheduler_config.json",)
    if "Processor" in kind or "FeatureExtractor" in kind:
        return ("processor_config.json", "preprocessor_config.json")
    return ("config.json",)


def _again(folder: Path, name: str) -> str:
    # Only the hub's cache names the folder above a model so.
    fetched = folder.parent.name == "snapshots"
    return f"charforge weights pull {name or 'NAME'}" if fetched else "download or copy the folder again, all of it"


def _variant(folder: Path, parts: Iterable[str]) -> str:
    """Return the variant that this model's weights are loaded in where they come in it; empty while all are plain."""
    places = [folder / part for part in parts if "/" not in part and (folder / part).is_dir()]
    return variant_read([variant_of(file.name) for file in place.glob("*.safetensors*")] for place in places)


def _pipeline(folder: Path, named: object, pipelines: tuple[str, ...], backend: str) -> Iterator[Problem]:
    if isinstance(named, str) and named in pipelines:
        return
    takes = f"{backend} takes {' or '.join(pipelines)}"
    hint = "write the folder of another model, or another backend: under models: in charforge.yaml"
    if isinstance(named, list):
        yield Problem(f"brings code of its own ({'.'.join(map(str, named))}); {takes}", folder / INDEX, hint=hint)
    elif isinstance(named, str):
        yield Problem(f"is {named}; {takes}", folder / INDEX, hint=hint)
    else:
        yield Problem(f"names no pipeline; {takes}", folder / INDEX, hint="fetch or copy it again")


def _part(folder: Path, part: str, entry: list[Any], again: str, variant: str) -> Iterator[Problem]:
    """Yield what is wrong with one part of a model."""
    library, kind = [*entry, None][:2]
    if not isinstance(library, str) or not isinstance(kind, str) or "/" in part or part in (".", ".."):
        yield Problem(f"is damaged: it says nothing sensible of {part!r}", folder / INDEX, hint=again)
        return
    if library not in STEMS:
        message = f"has {part!r} loaded by {library}.{kind}; charforge runs no code that a model brings"
        yield Problem(message, folder / INDEX, hint="use a model whose parts are all of diffusers and transformers")
        return
    place = folder / part
    if not place.is_dir():
        yield Problem(f"is missing: {INDEX} names it", place, hint=again)
        return
    for file in sorted(place.glob("*.incomplete")):
        yield Problem("was not fetched to its end", file, hint=again)
    yield from _own_code(place)
    settings = _settings(kind)
    if settings == _TOKENIZER:
        if not any((place / file).exists() for file in settings):
            yield Problem(f"has no vocabulary: none of {', '.join(settings)}", place, hint=again)
        return
    if not any((place / file).exists() for file in settings[:-1]):
        yield from _needed(place, settings[-1], again)
    if settings == ("config.json",):
        yield from _weights(place, STEMS[library], again, variant)


def _needed(place: Path, file: str, again: str) -> Iterator[Problem]:
    if not (place / file).exists():
        yield Problem("is missing", place / file, hint=again)
    elif isinstance(content := document(place / file), Problem):
        yield content


def _own_code(place: Path) -> Iterator[Problem]:
    for file in sorted(place.glob("*.py")):
        message = "is code of its own; charforge runs no code that a model brings"
        yield Problem(message, file, hint="use a model whose parts are all of diffusers and transformers")
    for file in sorted(place.glob("*config.json")):
        content = document(file)
        if isinstance(content, dict) and content.get("auto_map"):
            message = "names code of its own (auto_map); charforge runs no code that a model brings"
            yield Problem(message, file, hint="use a model whose parts are all of diffusers and transformers")


def _weights(place: Path, stem: str, again: str, variant: str) -> Iterator[Problem]:
    """Yield what is wrong with the weights of a part; its loader looks for files of this stem and variant."""
    for kind in dict.fromkeys((f".{variant}" if variant else "", "")):
        whole, shards = place / f"{stem}{kind}.safetensors", place / f"{stem}.safetensors.index{kind}.json"
        if shards.exists() or shards.is_symlink():
            yield from _shards(place, shards, again)
            return
        if whole.exists() or whole.is_symlink():
            found = examine(whole)
            if isinstance(found, Problem):
                yield _with(found, again)
            elif not found.tensors:
                yield Problem("holds no weights", whole, hint=again)
            return
    yield _absent(place, again, variant)


def _absent(place: Path, again: str, variant: str) -> Problem:
    """Return what to say of a part without the weights that its loader looks for."""
    names = sorted(file.name for file in place.iterdir())
    pickles = [name for name in names if name.endswith(PICKLES)]
    others = [name for name in names if name.endswith(".safetensors")]
    here = sorted({found for name in others if (found := variant_of(name))})
    if variant and here and variant not in here:
        message = f"has its weights only in the variant {', '.join(here)}, another part only in {variant}"
        return Problem(message, place, hint="fetch or copy the model in one variant")
    if pickles and not others:
        return Problem(f"has only pickles ({', '.join(pickles)}); charforge loads safetensors only", place, hint=RESAVE)
    if others:
        message = f"is incomplete: it has {others[0]}, but no list of all its files (….safetensors.index.json)"
        return Problem(message, place, hint=again)
    return Problem("has no weights", place, hint=again)


def _shards(place: Path, shards: Path, again: str) -> Iterator[Problem]:
    """Yield what is wrong with weights that are spread over several files."""
    content = document(shards)
    if isinstance(content, Problem):
        yield _with(content, again)
        return
    listed = content.get("weight_map")
    if not isinstance(listed, dict) or not listed or not all(isinstance(file, str) for file in listed.values()):
        yield Problem("is damaged: it lists no weights by file", shards, hint=again)
        return
    for file in sorted(set(listed.values())):
        if "/" in file or "\\" in file or not file.endswith(".safetensors"):
            yield Problem(f"names {file!r}, which is no safetensors file beside it", shards, hint=CONVERT)
            continue
        found = examine(place / file)
        if isinstance(found, Problem):
            yield _with(found, again)
            continue
        lacking = sorted(name for name, holder in listed.items() if holder == file and name not in found.tensors)
        if lacking:
            yield Problem(f"lacks {len(lacking)} of its weights, such as {lacking[0]}", place / file, hint=again)


def _with(problem: Problem, again: str) -> Problem:
    # A pickle stays one however often it is fetched.
    return problem if problem.hint == CONVERT else Problem(problem.message, problem.file, hint=again)
