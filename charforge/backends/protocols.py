"""The doors that models come through: one protocol per role, and the little they see of the house.

Every backend class has a `name`, a `licence`, the names of the `weights` it loads, the roles of the tools it
`needs`, the `extra` that installs it and what the user `brings`; it is constructed as ``Backend(home)`` without
loading anything. Its `revision` changes whenever the same job would give other bytes. Importing its module imports
no model library.
Pictures are ``(height, width, 3) uint8 RGB`` arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, runtime_checkable

from charforge.domain.models import OwnModel
from charforge.imaging.frames import RGB, Frames

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from charforge.domain.jobs import ClipJob, RepairJob, StillJob, TrainJob, VoiceJob

    Alpha = NDArray[np.float32]
    Vector = NDArray[np.float32]


class Home(Protocol):
    """What a backend may ask of the house while it loads."""

    device: str
    """`cpu`, `cuda`, `cuda:1`, `mps`."""
    threads: int
    offload: str
    """Where weights that do not fit on the device wait: `none`, `model` or `group`; changes rounding at most."""

    blender: str
    """The Blender, or Python with bpy, that charforge.yaml names; empty where it names none."""

    def own(self, name: str) -> OwnModel:
        """Return a model of the project's own by name; raise BackendMissing with what to write, or InputError."""

    def model(self, digest: str) -> Path:
        """Return the folder or file of a model of the project's own by its digest; raise BackendMissing."""

    def weight(self, name: str) -> Path:
        """Return a verified model file; raise BackendMissing with the command that fetches it."""

    def weight_digest(self, name: str) -> str:
        """Return the registered sha256 of a model file, without needing the file."""


__all__ = [
    "RGB",
    "ROLES",
    "Alpha",
    "ClipBackend",
    "Detection",
    "FaceBackend",
    "Frames",
    "GeneratorBackend",
    "Home",
    "Kit",
    "LandmarkBackend",
    "Landmarks",
    "MatteBackend",
    "OwnModel",
    "Picture",
    "RepairBackend",
    "Resident",
    "Sound",
    "SpeakerBackend",
    "StillBackend",
    "TrainBackend",
    "Trained",
    "TranscriptBackend",
    "Vector",
    "VoiceBackend",
    "Word",
]

T = TypeVar("T")


class Kit(Protocol):
    """All that a backend sees of the house while it works on one job."""

    @property
    def scratch(self) -> Path:
        """An empty folder of its own, deleted afterwards."""

    def file(self, digest: str) -> Path:
        """Return a read-only file with this content."""

    def tool(self, role: type[T]) -> T:
        """Return the tool for a role named in `needs`, such as ``kit.tool(MatteBackend)``."""

    def face(self, model: str) -> FaceBackend:
        """Return the face backend whose embeddings come from the model file with this sha256.

        The job names that sha256 as its setting `face_model`, so that the backend's revision is in the key. Raises
        BackendMissing when none of the installed ones runs it: another model's embedding is never a substitute.
        """

    def step(self, done: int, total: int) -> None:
        """Report progress; raises KeyboardInterrupt when the work is to stop."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished still."""

    pixels: RGB
    attachments: dict[str, bytes] = field(default_factory=dict)
    """Further results by name; stored beside the picture."""
    notes: dict[str, float | str] = field(default_factory=dict)
    """What the backend measured about its own work."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A finished speech."""

    samples: Vector
    """Mono, -1 to 1."""
    rate: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was heard."""

    text: str
    """As written, with the signs around it."""
    start: float
    end: float
    """Seconds from the sound's start."""
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a model learned."""

    weights: bytes
    """A safetensors file."""
    notes: dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Detection:
    """A face in a picture."""

    box: tuple[float, float, float, float]
    """x, y, width, height in pixels."""
    points: NDArray[np.float32]
    """(5, 2) x, y in pixels: the eye on the picture's left, the eye on its right, nose tip, mouth corner
    on the left, mouth corner on the right."""
    confidence: float


@dataclass(frozen=True, slots=True)
class Landmarks:
    """A face in detail."""

    points: NDArray[np.float32]
    """(478, 3) x, y in picture pixels and relative z, in MediaPipe's canonical order."""
    blendshapes: dict[str, float]
    """52 named expression strengths, 0 to 1."""
    turn: float
    """Degrees; negative when the face points to the left edge of the picture."""
    pitch: float
    """Degrees; positive when the face looks up."""
    roll: float
    """Degrees; positive when the head leans clockwise in the picture."""


class _Backend(Protocol):
    name: ClassVar[str]
    licence: ClassVar[str]
    weights: ClassVar[tuple[str, ...]]
    needs: ClassVar[tuple[str, ...]]
    """Roles of the tools it uses, named as the entry-point groups: `face`, `matte`, `landmark`, `generator`."""
    extra: ClassVar[str]
    """The extra that installs what it imports: ``pip install 'charforge[diffusers]'``; empty for the core."""
    brings: ClassVar[str]
    """What the user brings, in words, where it runs models named under `models:` in charforge.yaml; else empty."""

    @property
    def revision(self) -> str:
        """Names the versions that change its bytes."""


@runtime_checkable
class Resident(Protocol):
    """What a backend may add when loading is dear: jobs that need the same weights are made one after the other."""

    def resident(self, job: Any) -> tuple[str, ...]:  # noqa: ANN401 - any kind of job
        """Return what must be loaded for a job, what takes longest first: weights and dtype, then adapters."""


@runtime_checkable
class StillBackend(_Backend, Protocol):
    """Makes stills."""

    def still(self, job: StillJob, kit: Kit) -> Picture:
        """Return the picture; raise RenderFailed when the job cannot be met."""


@runtime_checkable
class ClipBackend(_Backend, Protocol):
    """Makes moving pictures."""

    def clip(self, job: ClipJob, kit: Kit) -> Frames:
        """Return exactly `job.frames` frames; the same job gives the same frames."""


@runtime_checkable
class VoiceBackend(_Backend, Protocol):
    """Speaks."""

    def voice(self, job: VoiceJob, kit: Kit) -> Sound:
        """Return the spoken line; raise RenderFailed when nothing in the text can be spoken."""


@runtime_checkable
class FaceBackend(_Backend, Protocol):
    """Finds faces and tells people apart; it may be asked from two threads at once, one searching, one embedding."""

    bar: ClassVar[float]
    """Default verification bar on its similarity."""

    @property
    def model(self) -> str:
        """Return the sha256 of the model file that makes its embeddings; empty when no file does."""

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the faces of a picture, largest first."""

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return what the face looks like to this model, (n,) float32; `face` may come from another model."""

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return how alike two embeddings are; higher is more alike, 1 is the same picture."""


@runtime_checkable
class SpeakerBackend(_Backend, Protocol):
    """Tells voices apart."""

    bar: ClassVar[float]
    """Similarity from which two sounds pass for one voice."""

    def embed(self, sound: Sound) -> Vector:
        """Return whose voice it is, (n,) float32; raise InputError for too little speech."""

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return how alike two voices are; higher is more alike, 1 is the same sound."""


@runtime_checkable
class TranscriptBackend(_Backend, Protocol):
    """Writes down what is said."""

    def words(self, sound: Sound, language: str = "eng") -> tuple[Word, ...]:
        """Return the words in their order, none for silence; `language` is an ISO 639-2 code.

        Raises InputError for a language that it does not know.
        """

    def likelihoods(
        self, sound: Sound, texts: tuple[str, ...], language: str = "eng", *, quick: bool = False
    ) -> tuple[float, ...]:
        """Return the logarithm of how likely each text is to be what is said; only their differences tell anything.

        `quick` is coarser. Raises InputError for a sound that is too long to be compared at once.
        """


@runtime_checkable
class RepairBackend(_Backend, Protocol):
    """Changes a face in a picture and nothing else."""

    margin: ClassVar[float]
    """What is farther outside the job's box than this share of its longer side stays as it was, byte for byte."""

    def repair(self, job: RepairJob, kit: Kit) -> Picture:
        """Return the repaired picture."""


@runtime_checkable
class MatteBackend(_Backend, Protocol):
    """Cuts people out."""

    def matte(self, pixels: RGB) -> Alpha:
        """Return (height, width) float32, 1 where the person is."""


@runtime_checkable
class LandmarkBackend(_Backend, Protocol):
    """Measures a face in detail."""

    def landmarks(self, pixels: RGB, face: Detection) -> Landmarks | None:
        """Return the face's landmarks, or None when it cannot be measured."""


@runtime_checkable
class GeneratorBackend(_Backend, Protocol):
    """Draws faces of people who do not exist from style vectors."""

    def style(self, seed: int, truncation: float = 0.6) -> Vector:
        """Return the style vector of a seed, (512,) float32."""

    def generate(self, style: Vector) -> RGB:
        """Return the head that a style vector describes, 1024 x 1024."""


@runtime_checkable
class TrainBackend(_Backend, Protocol):
    """Teaches a model one person."""

    def train(self, job: TrainJob, kit: Kit) -> Trained:
        """Return what was learned; the same job gives the same file on one device."""


ROLES: dict[str, type] = {
    "still": StillBackend,
    "clip": ClipBackend,
    "voice": VoiceBackend,
    "face": FaceBackend,
    "repair": RepairBackend,
    "matte": MatteBackend,
    "landmark": LandmarkBackend,
    "generator": GeneratorBackend,
    "speaker": SpeakerBackend,
    "transcript": TranscriptBackend,
    "train": TrainBackend,
}
"""Role -> protocol; the entry-point group of a role is ``charforge.<role>``."""
