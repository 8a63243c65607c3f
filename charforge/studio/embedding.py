"""Lets every face model of this machine look at a character's pictures, for packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

from charforge import imaging
from charforge.backends import registry
from charforge.errors import BackendMissing, InputError, WeightsError, in_one_line
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted
from charforge.library.packs import Faces
from charforge.library.written import WrittenCharacter
from charforge.qa.masters import merged
from charforge.studio import machine

if TYPE_CHECKING:
    from charforge.backends.protocols import FaceBackend, Vector
    from charforge.library.definitions import Definition
    from charforge.studio.project import Project

STEPS = ("headshot", "angle", "expression")
"""What a face model is shown; in other references the face is too small to tell anybody by."""
MERGED = "merged"


class Onlookers:
    """Every face model that is ready on this machine, each loaded once."""

    def __init__(self, project: Project, tell: Reporter) -> None:
        self._project = project
        self._tell = tell
        self._tools = machine.toolbox(project)

    def faces(self, definition: Definition) -> tuple[Faces, ...]:
        """Return what each model sees in a character's pictures; nothing of other assets.

        Faces are found by the first judge. A model that is not ready is told of once and left out. Raises InputError
        when a picture cannot be read.
        """
        written = definition.written
        if not isinstance(written, WrittenCharacter):
            return ()
        shown = [r.file for version in written.versions for r in version.references if r.step in STEPS]
        merge = dict(written.embedding.merge) if written.embedding else {}
        pictures = tuple(dict.fromkeys((*shown, *merge)))
        if not self.models or not pictures:
            return ()
        began = monotonic()
        self._tell(StageStarted("embedding", 1, "character"))
        found = self._seen(definition, pictures)
        self._tell(StageEnded("embedding", monotonic() - began))
        return tuple(_faces(model, found[model.name], pictures, merge) for model in self.models)

    @cached_property
    def models(self) -> tuple[FaceBackend, ...]:
        """The face backends whose model is a file that is here."""
        return tuple(self._ready())

    def _seen(self, definition: Definition, pictures: Sequence[str]) -> dict[str, dict[str, Vector]]:
        """Return embeddings by model and picture."""
        found: dict[str, dict[str, Vector]] = {model.name: {} for model in self.models}
        finder: FaceBackend = self._tools.tool("face")
        for i, name in enumerate(pictures):
            self._tell(Progressed("embedding", name, i, len(pictures)))
            pixels = imaging.decode(definition.folder.path / name)
            # A reference is of the largest face in it.
            for face in finder.detect(pixels)[:1]:
                for model in self.models:
                    found[model.name][name] = model.embed(pixels, face)
        return found

    def _ready(self) -> Iterator[FaceBackend]:
        named = {model.backend or name for name, model in self._project.settings.models.items()}
        for name in sorted(registry.listed("face")):
            try:
                backend: FaceBackend = self._tools.get("face", name)
                if (backend.brings and name not in named) or not backend.model:
                    continue
                self._tools.fetched(backend)
            except (BackendMissing, WeightsError, ImportError, InputError) as error:
                self._tell(Noted(f"no embeddings by {name}: {in_one_line(error)}"))
                continue
            yield backend


def _faces(
    model: FaceBackend, vectors: dict[str, Vector], pictures: tuple[str, ...], merge: Mapping[str, float]
) -> Faces:
    without = tuple(name for name in pictures if name not in vectors)
    if merge and not set(merge) & set(without):
        vectors = {**vectors, MERGED: merged([(vectors[name], weight) for name, weight in merge.items()])}
    return Faces(model.model, model.name, model.licence, vectors, without)
