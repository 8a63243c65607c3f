"""Lets every face model of this machine look at a character's pictures, for packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.backends import registry
from charforge.errors import BackendMissing, InputError, NotCommercial, WeightsError
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted
from charforge.library.packs import Faces
from charforge.library.written import WrittenCharacter
from charforge.runners import Toolbox
from charforge.studio.machine import home

if TYPE_CHECKING:
    from charforge.backends.protocols import Detection, FaceBackend, Vector
    from charforge.library.definitions import Definition
    from charforge.studio.project import Project

STEPS = ("headshot", "angle", "expression")
"""What a face model is shown; in other references the face is too small to tell anybody by."""
MERGED = "merged"


def faces(project: Project, definition: Definition, tell: Reporter) -> tuple[Faces, ...]:
    """Return what each face model that is ready here sees in a character's pictures; nothing of other assets.

    Faces are found by the first judge. A model that is not ready is told of and left out.
    """
    written = definition.written
    if not isinstance(written, WrittenCharacter):
        return ()
    shown = {r.file: None for version in written.versions for r in version.references if r.step in STEPS}
    merge = dict(written.embedding.merge) if written.embedding else {}
    pictures = tuple(dict.fromkeys((*shown, *merge)))
    tools = Toolbox(home(project), {"face": project.settings.judges[0]})
    models = tuple(_ready(project, tools, tell))
    if not models or not pictures:
        return ()
    began, total = monotonic(), len(models) * len(pictures)
    tell(StageStarted("embedding", 1, "character"))
    found: dict[str, dict[str, Vector]] = {model.name: {} for model in models}
    finder = tools.tool("face")
    for i, name in enumerate(pictures):
        tell(Progressed("embedding", name, i * len(models), total))
        pixels = imaging.decode(definition.folder.path / name)
        face = _face(finder.detect(pixels))
        if face is not None:
            for model in models:
                found[model.name][name] = model.embed(pixels, face)
    tell(StageEnded("embedding", monotonic() - began))
    return tuple(_seen(model, found[model.name], pictures, merge) for model in models)


def _ready(project: Project, tools: Toolbox, tell: Reporter) -> Iterator[FaceBackend]:
    """Yield each installed face backend whose model is a file that is here."""
    for name in sorted(registry.listed("face")):
        try:
            backend: FaceBackend = tools.get("face", name)
            if (backend.brings and name not in project.settings.models) or not backend.model:
                continue
            for weight in backend.weights:
                tools.home.weight(weight)
        except (BackendMissing, WeightsError, NotCommercial, ImportError, InputError) as error:
            reason = getattr(error, "message", str(error))
            tell(Noted(f"no embeddings by {name}: {reason}"))
            continue
        yield backend


def _face(found: tuple[Detection, ...]) -> Detection | None:
    """Return the face that a reference is of: the largest."""
    return found[0] if found else None


def _seen(
    model: FaceBackend, vectors: dict[str, Vector], pictures: tuple[str, ...], merge: Mapping[str, float]
) -> Faces:
    without = tuple(name for name in pictures if name not in vectors)
    if merge and not set(merge) & set(without):
        vectors = {**vectors, MERGED: merged([(vectors[name], weight) for name, weight in merge.items()])}
    return Faces(model.model, model.name, model.licence, vectors, without)


def merged(parts: Sequence[tuple[Vector, float]]) -> Vector:
    """Return the weighted mean of embeddings, each (n,) float32, as long as they are on average.

    Each counts by its direction alone; where a model's embeddings all have length 1, so has the mean.
    """
    lengths = [float(np.linalg.norm(vector)) for vector, _ in parts]
    weights = [weight for _, weight in parts]
    mean = sum(np.float64(weight) * vector / length for (vector, weight), length in zip(parts, lengths, strict=True))
    scale = float(np.average(lengths, weights=weights)) / float(np.linalg.norm(mean))
    return np.asarray(mean * scale, np.float32)
