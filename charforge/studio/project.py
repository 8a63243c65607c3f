"""Where a project's files lie, and its settings."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from charforge.documents import yaml
from charforge.documents.schema import Flag, Number, Whole, Written, validate
from charforge.domain.steps import Step
from charforge.domain.value import Digest
from charforge.errors import InputError, Problem

if TYPE_CHECKING:
    from charforge.qa.ladder import Policy

SETTINGS_FILE = "charforge.yaml"
SEASON_FILE = "season.yaml"


class NamedLora(Written):
    """A LoRA that a model is run with."""

    file: str
    scale: Annotated[Number, Field(gt=-2, lt=2)] = 1.0


class NamedAdapter(Written):
    """An IP-Adapter that shows a model whose face to draw."""

    file: str
    face_model: Digest
    """sha256 of the face model whose embeddings it was trained on."""
    scale: Annotated[Number, Field(ge=0, le=2)] = 0.7


class NamedModel(Written):
    """A model that the user brings; what is left out, the catalogue says."""

    backend: str | None = None
    """The backend that runs it, where the model has a name of its own."""
    weights: str
    """A folder or file, from the project's folder; a hub id `owner/name` or `owner/name@revision`; a coqui name."""
    licence: str | None = None
    """Under which its weights may be used; a commercial project asks for it."""
    dtype: Literal["float32", "float16", "bfloat16"] | None = None
    steps: Annotated[Whole, Field(ge=1, le=500)] | None = None
    guidance: Annotated[Number, Field(ge=0, le=50)] | None = None
    adapter: NamedAdapter | None = None
    loras: tuple[NamedLora, ...] = ()
    max_pixels: Annotated[Whole, Field(ge=256)] | None = None
    multiple: Annotated[Whole, Field(ge=1, le=256)] | None = None
    """Both sides of what it draws are multiples of it."""
    max_seconds: Annotated[Number, Field(gt=0)] | None = None
    rate: Annotated[Number, Field(gt=0, le=120)] | None = None
    """Frames per second that it was trained at."""
    face_model: Digest | None = None
    """sha256 of the face model whose embeddings a face swapper was trained on, where it is not the usual one."""
    speaker: str | None = None
    """A voice model's own speaker, for characters whose locked voice names none."""
    language: str | None = None


class NamedRung(Written):
    """What a project changes of one step of the fix ladder."""

    tries: Annotated[Whole, Field(ge=0, le=100)] | None = None
    seconds: Annotated[Number, Field(ge=0)] | None = None
    """What one try counts against the budget."""
    per_frame: Annotated[Number, Field(ge=0)] | None = None
    backends: tuple[str, ...] | None = None
    """Repair backends, the best first."""


class NamedFix(Written):
    """What a project changes of the fix ladder, which is charforge/qa/ladder.yaml."""

    seconds: Annotated[Number, Field(ge=0)] | None = None
    """Time the ladder may spend on one take, each try counted at its known cost."""
    money: Annotated[Number, Field(ge=0)] | None = None
    """US dollars it may spend on one take."""
    tries: Annotated[Whole, Field(ge=0, le=1000)] | None = None
    idle: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    """Tries in a row that may gain nothing before the rest is let be."""
    steps: tuple[Step, ...] | None = None
    """Steps to try, in this order, and no other."""
    rungs: dict[Step, NamedRung] = {}


class Settings(Written):
    """The content of ``charforge.yaml``; every key has a default."""

    library: str = "library"
    """Folder of the project's own locked assets."""
    libraries: tuple[str, ...] = ()
    """Folders of assets that several projects share, searched in this order after `library` and never written to."""
    build: str = "build"
    """Folder that finished films go to."""
    commercial: Flag = False
    """Refuse model files that may not be used commercially."""
    offline: Flag = False
    """Never use the network."""
    loudness: Number = Field(default=-16.0, ge=-40, le=-8)
    """Integrated loudness of the master, LUFS."""
    judges: tuple[str, str] = ("sface", "dlib")
    """Face backends: the one that scores, and the one that confirms repairs."""
    calibrations: tuple[str, ...] = ()
    """Files that `charforge calibrate` made, from the project's folder; each takes the shipped one's place."""
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    """Where the models of the extras run: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`. The embedded ones run on the CPU."""
    offload: Literal["none", "model", "group"] = "none"
    """Where weights that do not fit on the device wait; the next one is tried once when memory runs out."""
    models: dict[str, NamedModel] = {}
    """Models that the user brings, by the catalogue's name or by one of their own."""
    threads: Whole = Field(default=0, ge=0, le=256)
    """Threads of one model; 0 means one for each processor core, two at most."""
    still: str | None = None
    clip: str | None = None
    voice: str | None = None
    blender: str | None = None
    """A Blender, or a Python with bpy, that renders sets; else what BLENDER_PYTHON or BLENDER name or PATH holds."""
    fix: NamedFix = NamedFix()
    """The fix ladder of this project."""
    fix_seconds: Annotated[Number, Field(ge=0)] | None = None
    """Older spelling of `fix: {seconds: …}`."""
    tones: dict[str, str] = {}
    """Room tone of a place (`coffee-shop`) or of a place in a light (`coffee-shop/night`): `room`, `murmur`,
    `workshop`, `night`, or a sound file within the project."""
    encoder: Literal["veryfast", "faster", "fast", "medium", "slow"] = "fast"
    """Preset of the master's one encode."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with shot lists, a library, a store of takes and finished films."""

    root: Path
    settings: Settings

    @property
    def library(self) -> Path:
        """Folder of the project's own locked assets."""
        return self._at(self.settings.library)

    @property
    def libraries(self) -> dict[str, Path]:
        """Folders of locked assets by the names they have in the settings: the project's own, then the shared ones."""
        found: dict[str, tuple[str, Path]] = {}
        for text in (self.settings.library, *self.settings.libraries):
            found.setdefault(os.path.realpath(self._at(text)), (text, self._at(text)))
        return dict(found.values())

    @property
    def stamps(self) -> Path:
        """File that remembers the digests of library files."""
        return self.state / "library-stamps.json"

    def _at(self, text: str) -> Path:
        """Return the path that a setting names, from the project's folder; `~` is the user's own."""
        return self.root / os.path.expanduser(text)  # noqa: PTH111 - leaves the name of an unknown user as it is

    @property
    def state(self) -> Path:
        """Folder of takes, blobs and caches."""
        return self.root / ".charforge"

    @property
    def build(self) -> Path:
        """Folder that finished films go to."""
        return self.root / self.settings.build

    def relative(self, file: Path) -> str:
        """Return the path from the project's folder to a file."""
        return os.path.relpath(os.path.realpath(file), os.path.realpath(self.root))

    def unmended(self) -> Project:
        """Return the project without its fix ladder, for who tries as often as was asked and no oftener."""
        bare = self.settings.model_copy(update={"fix": NamedFix.model_construct(seconds=0.0), "fix_seconds": None})
        return replace(self, settings=bare)

    @property
    def ladder(self) -> Policy:
        """The fix ladder as this project has it."""
        from charforge.qa.ladder import shipped, tuned

        fix = self.settings.fix
        seconds = self.settings.fix_seconds if fix.seconds is None else fix.seconds
        values = {"seconds": seconds, "money": fix.money, "tries": fix.tries, "idle": fix.idle}
        rungs: dict[str, dict[str, object]] = {
            step: rung.model_dump(exclude_none=True) for step, rung in fix.rungs.items()
        }
        return tuned(shipped(), values, fix.steps, rungs)

    @property
    def threads(self) -> int:
        """Threads of one model."""
        return self.settings.threads or min(2, os.cpu_count() or 1)


def find(near: Path) -> Project:
    """Return the project that holds a file or folder: the nearest folder with ``charforge.yaml`` or ``library/``.

    Raises InputError when there is none.
    """
    try:
        start = near.resolve()
        for folder in (start, *start.parents):
            if (folder / SETTINGS_FILE).is_file():
                return Project(folder, read_settings(folder / SETTINGS_FILE))
            if (folder / "library").is_dir() and folder.is_dir():
                return Project(folder, Settings())
    except OSError as error:
        raise InputError(f"{near} cannot be looked for: {error.strerror}", "check the path") from error
    message = f"{near} is not inside a charforge project: no {SETTINGS_FILE} and no library/ in any folder above it"
    raise InputError(message, f"create {SETTINGS_FILE} (it may be empty) in the project's folder")


def read_settings(file: Path) -> Settings:
    """Return the settings in a file; raise InputError with every problem in it."""
    data = yaml.read_bytes(file)
    if not any(line.strip() and not line.lstrip().startswith(b"#") for line in data.splitlines()):
        return Settings()
    settings, problems = validate(Settings, yaml.parse(data, file), file)
    if settings is not None and settings.fix_seconds is not None and settings.fix.seconds is not None:
        hint = "remove fix_seconds, which is the older spelling"
        problems = (*problems, Problem("fix_seconds and fix: seconds say the same thing", file, hint=hint))
    if settings is None or problems:
        raise InputError(problems, f"correct {file}, then run it again")
    return settings
