"""What a render, a judgement or a check came to, as values for tables, JSON and tests."""

from __future__ import annotations

from charforge.domain.cut import Master
from charforge.domain.takes import FixStep
from charforge.domain.value import Text, Value


class ShotRow(Value):
    """One shot of a render."""

    shot: str
    slate: str
    """The circled take's label."""
    model: str
    frames: int
    seconds: float
    """Work done now; 0 when every take was found in the store."""
    identity: dict[str, float] = {}
    """Lowest accepted score per character over the shot's still and clip, by the first judge."""
    bar: dict[str, float] = {}
    voice: dict[str, float] = {}
    """Lowest similarity of a line to each speaker's locked sample."""
    verdict: str
    fixes: tuple[FixStep, ...] = ()
    findings: tuple[str, ...] = ()


class CircleReport(Value):
    """A take that a person circled."""

    slate: str
    kind: str
    """`still`, `clip`, or a line such as `line/1`."""
    take: str
    """Its key."""


class RenderReport(Value):
    """A finished (or stopped) render."""

    episode: str
    stage: str
    """`stills` or `film`."""
    shots: tuple[ShotRow, ...]
    rendered: int
    """Takes made now."""
    reused: int
    """Takes found in the store."""
    seconds: float
    stills: str = ""
    """Folder with each shot's still and contact.png."""
    master: Master | None = None
    unjudged: tuple[str, ...] = ()
    """What nobody listened to, and why."""
    up_to_date: bool = False
    """True when nothing at all had to be looked into."""

    def passed(self) -> bool:
        """Return whether every shot may be shown."""
        return all(row.verdict == "pass" for row in self.shots)


class ReadyRow(Value):
    """One backend, and whether it can work on this machine."""

    role: str
    name: str
    licence: str
    installed: bool
    weights: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    state: str = ""
    """`ready`, with the device and weights where it runs the project's own; `not installed`, `model files missing`,
    `no weights named`, or `weights not usable`."""
    hint: str = ""
    """What to type to make it ready; empty when it is."""
    needed: bool = True
    """Whether an episode of this project needs it: the embedded models, and those that charforge.yaml names."""


class CheckReport(Value):
    """What a check found; errors stop a render, warnings do not."""

    episode: Text
    scenes: int
    shots: int
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What is not wrong and yet worth knowing: assets of a shared library that the project has its own of."""


class WeightRow(Value):
    """One registered model file."""

    name: str
    state: str
    """`present`, `missing` or `corrupt`."""
    bytes: int
    commercial: bool
    licence: str
    sources: tuple[str, ...]


class PullReport(Value):
    """Model files that were fetched and verified."""

    folder: str
    fetched: tuple[str, ...]
    """Names; empty when every file was here."""
    bytes: int
    here: dict[str, str] = {}
    """Models of the project's own for which there was nothing to fetch, and where they lie."""


class DoctorRow(Value):
    """One thing a render may need."""

    what: str
    state: str
    ok: bool
    hint: str = ""
    """What to type; empty when all is well."""


class Doctor(Value):
    """What this machine can do."""

    rows: tuple[DoctorRow, ...]
    ok: bool
    """Whether the embedded models can render an episode."""


class ConvertReport(Value):
    """A safetensors file that was made of a pickle."""

    file: str
    tensors: int
    bytes: int
    numbers: tuple[str, ...]
    """Kinds of numbers that it holds, such as `F16`."""


class AlikeVoices(Value):
    """Two voices and how alike they sound."""

    one: str
    other: str
    value: float
    """Similarity by the speaker model."""
    limit: float
    """From here on they pass for one voice."""

    @property
    def mistakable(self) -> bool:
        """Whether one would be taken for the other."""
        return self.value >= self.limit


class VoiceReport(Value):
    """A voice that a character speaks with from now on."""

    engine: str
    """The model's name in charforge.yaml, or an embedded one's."""
    style: str | None
    """File of the voice; None where the engine's own speakers are all there is."""
    sample: str
    """File with a spoken sample."""
    file: str
    """The character's file, which names both."""
    alike: tuple[AlikeVoices, ...] = ()
    """How alike the voice is to everybody else's, the most alike first."""
