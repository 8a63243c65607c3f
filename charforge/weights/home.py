"""The house as backends see it while they load: a device, threads, and verified model files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from charforge.domain.models import OwnModel
from charforge.errors import BackendMissing, CharforgeError, NotCommercial, WeightsError
from charforge.weights.cache import home_folder, path_of, state
from charforge.weights.files import ModelFile, named


def not_commercial(file: ModelFile) -> NotCommercial:
    """Return the refusal of a registered model file in a commercial project."""
    return NotCommercial(f"the model file {file.name}", f"{file.licence}. {file.note}", "another backend")


def _none(_digest: str) -> None:
    return None


class LocalHome:
    """Home on this machine; never fetches anything itself."""

    def __init__(  # noqa: PLR0913 - each option stands for one key of charforge.yaml
        self,
        device: str = "cpu",
        threads: int = 1,
        folder: Path | None = None,
        *,
        offload: str = "none",
        offline: bool = False,
        commercial: bool = False,
        models: Mapping[str, OwnModel] | None = None,
        blender: str = "",
        locked: Callable[[str], Path | None] = _none,
    ) -> None:
        """Take where models run, the project's own models by name (looked up when asked for), and locked files."""
        self.device = device
        self.threads = threads
        self.offload = offload
        self.offline = offline
        self.blender = blender
        self._models = models or {}
        self._locked = locked
        self._folder = home_folder(folder)
        self._commercial = commercial

    def weight(self, name: str) -> Path:
        """Return a model file, verified by its sha256 once for each size and time of change.

        Raises BackendMissing when it is not here, WeightsError when it is not the registered one or when it may not
        be used commercially and the project is commercial.
        """
        (file,) = named((name,))
        if self._commercial and not file.commercial:
            raise not_commercial(file)
        found = state(file, self._folder)
        if found == "missing":
            raise BackendMissing(f"the model file {name} is not on this machine", f"charforge weights pull {name}")
        if found == "corrupt":
            message = f"{path_of(file, self._folder)} is not the registered model file {name}"
            raise WeightsError(message, f"charforge weights pull {name} (replaces it)")
        return path_of(file, self._folder)

    def own(self, name: str) -> OwnModel:
        """Return a model of the project's own by name; raise BackendMissing when charforge.yaml names none."""
        try:
            return self._models[name]
        except KeyError:
            hint = f"write into charforge.yaml: models: {{{name}: {{weights: FOLDER}}}}"
            raise BackendMissing(f"charforge.yaml names no model {name!r}", hint) from None

    def model(self, digest: str) -> Path:
        """Return where a model of the project's own, or a character's, lies by its digest; raise BackendMissing."""
        for name in self._models:
            try:
                own = self._models[name]
            except CharforgeError:
                # Another model's fault is told when that one is asked for.
                continue
            for known, path in ((own.digest, own.path), *own.files.items()):
                if known == digest:
                    return path
        locked = self._locked(digest)
        if locked is not None:
            return locked
        message = f"no model of charforge.yaml has the content {digest[:12]}"
        raise BackendMissing(message, "name it under models: in charforge.yaml, or render the shot anew")

    def weight_digest(self, name: str) -> str:
        """Return the registered sha256 of a model file, without needing the file."""
        return named((name,))[0].sha256
