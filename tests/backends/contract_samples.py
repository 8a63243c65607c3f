"""What the contract suites give to a backend: files, tools, and a job that it can meet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from headshots import CHARACTERS, MASTERS, master
from tiny import coqui, diorama, flux2, pack, sdxl, wan

from charforge import imaging
from charforge.backends import fake
from charforge.backends.protocols import ROLES
from charforge.domain.assets import View
from charforge.domain.blocking import Blocking
from charforge.domain.jobs import ClipJob, Input, RepairJob, StillJob, TrainJob, VoiceJob
from charforge.domain.models import OwnModel
from charforge.errors import BackendMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from charforge.backends.protocols import RGB
    from charforge.runners import Toolbox

WIDTH, HEIGHT, FRAMES = 160, 96, 5


class BareHome:
    """A home without model files."""

    device = "cpu"
    threads = 1
    offload = "none"
    blender = ""

    def own(self, name: str) -> OwnModel:
        """Have nothing."""
        raise BackendMissing(name)

    def model(self, digest: str) -> Path:
        """Have nothing."""
        raise BackendMissing(digest)

    def weight(self, name: str) -> Path:
        """Have nothing."""
        message = f"the model file {name} is not on this machine"
        raise BackendMissing(message)

    def weight_digest(self, name: str) -> str:
        """Name nothing."""
        return hashlib.sha256(name.encode()).hexdigest()


@dataclass
class Desk:
    """The Kit of one case, and where its files come from."""

    scratch: Path
    toolbox: Toolbox
    needs: tuple[str, ...] = ()
    steps: list[tuple[int, int]] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)

    def put(self, content: bytes) -> str:
        """Lay a file on the desk and return its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.files[digest] = self.scratch.parent / f"{digest}.bin"
        self.files[digest].write_bytes(content)
        return digest

    def file(self, digest: str) -> Path:
        """Return a file that was put on the desk."""
        return self.files[digest]

    def tool(self, role: type) -> Any:
        """Return a tool that the backend named."""
        name = next(n for n, protocol in ROLES.items() if protocol is role)
        assert name in self.needs, f"{name} is used and not named in `needs`"
        return self.toolbox.tool(name)

    def face(self, model: str) -> Any:
        """Return the face backend that runs a model."""
        return self.toolbox.face(model)

    def step(self, done: int, total: int) -> None:
        """Take note of progress."""
        self.steps.append((done, total))


@dataclass(frozen=True)
class Case:
    """One installed backend, and all it needs to be tried."""

    role: str
    name: str
    backend: Any
    desk: Desk

    def job(self, seed: int = 1) -> Any:
        """Return a small job that the backend can meet."""
        return (SAMPLES.get((self.role, self.name)) or SAMPLES[self.role, ""])(self, seed)

    def headshot(self, who: str = "mia") -> RGB:
        """Return a picture of one person such as this backend looks at."""
        if self.name == "insightface":
            return pack.headshot(who)
        return fake.headshot(who) if self.name == "fake" else master(who)

    @property
    def weights(self) -> str:
        """The digest of the tiny model that a backend without weights of its own runs."""
        return self.desk.toolbox.home.own(self.name).digest


TINY: dict[str, Callable[[Path], Path]] = {
    "sdxl": sdxl.build,
    "flux2-klein": flux2.build,
    "wan-i2v": wan.build,
    "insightface": pack.build,
    "inswapper": lambda folder: pack.build_swapper(folder.with_suffix(".onnx")),
    "coqui": coqui.build,
}
"""Backend -> what saves a tiny random model for it, in the layout of the real ones."""


def _still(case: Case, seed: int) -> StillJob:
    face = Input(role="master", name="mia", source=case.desk.put(imaging.encode_png(case.headshot())))
    return StillJob(backend=case.name, prompt="Mia", seed=seed, width=WIDTH, height=HEIGHT, inputs=(face,))


def _clip(case: Case, seed: int) -> ClipJob:
    pixels = fake.gradient(WIDTH, HEIGHT, str(seed))
    first = Input(role="first", source=case.desk.put(imaging.encode_png(pixels)))
    sizes = {"width": WIDTH, "height": HEIGHT, "frames": FRAMES, "rate": "24000/1001"}
    return ClipJob(backend=case.name, seed=seed, inputs=(first,), **sizes)


def _voice(case: Case, seed: int) -> VoiceJob:
    style = (CHARACTERS / "mia" / "voice" / "mia.f32").read_bytes()
    given = Input(role="style", name="mia", source=case.desk.put(style))
    return VoiceJob(backend=case.name, text="Let it settle.", seed=seed, inputs=(given,))


def _train(case: Case, seed: int) -> TrainJob:
    pictures = tuple(case.desk.put(imaging.encode_png(fake.headshot(f"mia {n}"))) for n in range(2))
    return TrainJob(
        backend=case.name,
        weights=case.weights,
        dtype="float32",
        trigger="cfmia",
        pictures=pictures,
        captions=("a photograph of cfmia", "a photograph of cfmia, turned to the left"),
        steps=3,
        rank=2,
        rate=1e-2,
        side=64,
        seed=seed,
    )


def _set(case: Case, seed: int) -> dict[str, Any]:
    plate = imaging.encode_png(fake.gradient(480, 288, "plate"))
    blocking = Blocking(framing="insert", view=View(name="table", marks={}))
    return {
        "backend": case.name,
        "seed": seed,
        "width": WIDTH,
        "height": HEIGHT,
        "inputs": (Input(role="plate", source=case.desk.put(plate)),),
        "settings": {"blocking": blocking.model_dump(mode="json", exclude_none=True)},
    }


def _head(case: Case, seed: int) -> StillJob:
    rig = (CHARACTERS / "mia" / "rig" / "mia.npz").read_bytes()
    inputs = (
        Input(role="rig", name="mia", source=case.desk.put(rig)),
        Input(role="master", name="mia", source=case.desk.put(MASTERS["mia"].read_bytes())),
    )
    settings = {"strategy": "plain", "pose": "front", "turn": 10.0, "expression": "neutral"}
    return StillJob(backend=case.name, seed=seed, width=1024, height=1024, inputs=inputs, settings=settings)


def _transfer(case: Case, seed: int) -> RepairJob:
    picture, master = (imaging.encode_png(enlarged(case.headshot(who), 0.5)) for who in ("theo", "mia"))
    inputs = [Input(role=r, source=case.desk.put(p)) for r, p in (("picture", picture), ("master", master))]
    return RepairJob(backend=case.name, step="transfer", box=(128, 128, 256, 320), seed=seed, inputs=tuple(inputs))


def _restore(case: Case, seed: int) -> RepairJob:
    soft = enlarged(enlarged(case.headshot(), 0.1), 1.5)
    picture = Input(role="picture", source=case.desk.put(imaging.encode_png(soft)))
    return RepairJob(backend=case.name, step="restore", box=(40, 45, 70, 80), seed=seed, inputs=(picture,))


def enlarged(pixels: RGB, factor: float) -> RGB:
    """Return a picture so many times as large."""
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how), np.uint8)


SAMPLES: dict[tuple[str, str], Any] = {
    ("still", ""): _still,
    ("clip", ""): _clip,
    ("voice", ""): _voice,
    ("train", ""): _train,
    ("still", "animatic"): lambda case, seed: StillJob(**_set(case, seed)),
    ("clip", "animatic"): lambda case, seed: ClipJob(**_set(case, seed), frames=FRAMES, rate="24"),
    ("still", "blender"): diorama.job,
    ("still", "portrait"): _head,
    ("still", "sdxl"): lambda case, seed: sdxl.job(case, seed, case.weights),
    ("repair", "sdxl"): lambda case, seed: sdxl.repair(case, seed, case.weights),
    ("still", "flux2-klein"): lambda case, seed: flux2.job(case, seed, case.weights),
    ("clip", "wan-i2v"): lambda case, seed: wan.job(case, seed, case.weights),
    ("repair", "inswapper"): pack.job,
    ("repair", "transfer"): _transfer,
    ("repair", "restore"): _restore,
    ("voice", "coqui"): lambda case, seed: coqui.job(case, seed).changed(settings={"weights": case.weights}),
}
"""(role, backend) -> a job; the empty name stands for every backend that needs nothing special."""


def same(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Return whether two arrays have equal shapes, types and values."""
    return one.dtype == other.dtype and np.array_equal(one, other)
