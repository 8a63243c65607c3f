"""Backends, each created once, and what a backend sees of the house while it works."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from charforge.backends import registry
from charforge.backends.protocols import ROLES
from charforge.documents.files import unwritable
from charforge.errors import BackendMissing, PlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charforge.backends.protocols import FaceBackend, Home
    from charforge.domain.jobs import Job

T = TypeVar("T")


class Toolbox:
    """Every backend that a run uses, created when first asked for."""

    def __init__(self, home: Home, chosen: Mapping[str, str] | None = None) -> None:
        """Take what backends load from, and by role the tool to use where several are installed."""
        self.device = home.device
        self.home = home
        self._chosen = dict(chosen or {})
        self._made: dict[tuple[str, str], Any] = {}
        self._revisions: dict[tuple[str, str], str] = {}
        self._lock = threading.RLock()

    def get(self, role: str, name: str) -> Any:  # noqa: ANN401 - one class per protocol in ROLES
        """Return a backend; raise BackendMissing when it cannot be had."""
        with self._lock:
            if (role, name) not in self._made:
                self._made[role, name] = registry.create(role, name, self.home)
            return self._made[role, name]

    def release(self, role: str) -> None:
        """Let go of a role's backends and their memory; one that is asked for again is made again."""
        with self._lock:
            for made in [key for key in self._made if key[0] == role]:
                del self._made[made]

    def tool(self, role: str) -> Any:  # noqa: ANN401
        """Return the tool for a role; raise PlanError when several are installed and none is chosen."""
        return self.get(role, self.tool_name(role))

    def ready(self, role: str) -> Any:  # noqa: ANN401
        """Return the tool for a role whose model files are here; raise BackendMissing with what to type where not.

        Raises PlanError as `tool` does.
        """
        tool = self.tool(role)
        self.fetched(tool)
        return tool

    def fetched(self, backend: Any) -> None:  # noqa: ANN401
        """Raise BackendMissing with the command that fetches them unless a backend's model files are here."""
        for name in backend.weights:
            self.home.weight(name)

    def tool_name(self, role: str) -> str:
        """Return the name of the tool for a role."""
        if role in self._chosen:
            return self._chosen[role]
        names = sorted(name for name in registry.listed(role) if name != "fake")
        if not names:
            message = f"no {role} backend is installed"
            raise BackendMissing(message, "see: charforge backends")
        if len(names) > 1:
            message = f"several {role} backends are installed and none is chosen: {', '.join(names)}"
            raise PlanError(message, "choose one in charforge.yaml")
        return names[0]

    def face(self, model: str) -> Any:  # noqa: ANN401
        """Return the face backend that runs the model with this sha256; raise BackendMissing when none does."""
        others: list[str] = []
        for name in sorted(registry.listed("face")):
            try:
                backend = self.get("face", name)
                runs = backend.model
            except BackendMissing as error:
                others.append(f"{name} is not ready ({error.message})")
                continue
            if runs == model:
                return backend
            if runs:
                others.append(f"{name} runs {runs[:12]}")
        message = f"no face backend runs the face model {model[:12]}: {', '.join(others) or 'none is installed'}"
        hint = "name its pack in charforge.yaml: models: {insightface: {weights: FOLDER}}; see: charforge backends"
        raise BackendMissing(message, hint)

    def revision(self, job: Job) -> str:
        """Return the revision in a job's key: its backend's, its tools', and its face model's where it names one."""
        own, face_model = self._revision(job.kind, job.backend), job.settings.get("face_model")
        return own if face_model is None else f"{own}|embedding={self.face(face_model).revision}"

    def _revision(self, role: str, name: str) -> str:
        with self._lock:
            if (role, name) not in self._revisions:
                backend = self.get(role, name)
                tools = (f"{need}={self.tool_name(need)}:{self.tool(need).revision}" for need in sorted(backend.needs))
                self._revisions[role, name] = "|".join((backend.revision, *tools))
            return self._revisions[role, name]


@dataclass(slots=True)
class WorkKit:
    """The Kit of one job."""

    folder: Path
    files: Callable[[str], Path]
    toolbox: Toolbox
    needs: tuple[str, ...]
    steps: Callable[[int, int], None]

    @property
    def scratch(self) -> Path:
        """The job's own folder, made when it is first asked for; raises StoreError when it cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        return self.folder

    def file(self, digest: str) -> Path:
        """Return a read-only file with this content."""
        return self.files(digest)

    def tool(self, role: type[T]) -> T:
        """Return the tool for a role that the backend says it needs; raise PlanError for any other."""
        name = next((n for n, protocol in ROLES.items() if protocol is role), "")
        if name not in self.needs:
            message = f"a backend asks for the tool {name or role.__name__!r} without naming it in `needs`"
            raise PlanError(message, "the backend is at fault: its revision would not enter the key")
        found: T = self.toolbox.tool(name)
        return found

    def face(self, model: str) -> FaceBackend:
        """Return the face backend that runs the model with this sha256; raise BackendMissing when none does."""
        found: FaceBackend = self.toolbox.face(model)
        return found

    def step(self, done: int, total: int) -> None:
        """Report progress."""
        self.steps(done, total)
