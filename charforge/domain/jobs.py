"""What is decided: jobs for backends, drafts of jobs, and the plan that holds them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from charforge.domain.assets import Character, Share
from charforge.domain.value import Digest, Text, Value


class TakeOf(Value):
    """The circled take of another draft, by content once it exists."""

    draft: str
    part: str = "picture"
    """`picture`, `sound`, or the name of an attachment such as `style`."""


class Input(Value):
    """One file that goes into a job."""

    role: str
    """`head`, `master`, `body`, `plate`, `front`, `probe`, `rig`, `style`, `first`, `voice` …"""
    name: str = ""
    """Whom or what it shows."""
    source: Digest | TakeOf

    def digest(self) -> str:
        """Return the content's sha256; raise ValueError while it is still symbolic."""
        if isinstance(self.source, TakeOf):
            message = f"input {self.role} still waits for {self.source.draft}"
            raise ValueError(message)  # noqa: TRY004 - the value, not its type, is wrong
        return self.source


Settings = dict[str, Any]
"""JSON values; what they mean is the backend's own business, stated in its docstring."""


class _Job(Value):
    backend: str
    seed: int = 0
    inputs: tuple[Input, ...] = ()
    settings: Settings = {}

    def input(self, role: str, name: str = "") -> str | None:
        """Return the digest of the first input with this role (and name, where one is given)."""
        found = (i for i in self.inputs if i.role == role and name in ("", i.name))
        return next((i.digest() for i in found), None)


class StillJob(_Job):
    """Makes one picture."""

    kind: Literal["still"] = "still"
    prompt: Text = ""
    negative: Text = ""
    width: int
    height: int


class ClipJob(_Job):
    """Makes moving pictures; its `first` input is the approved still where there is one."""

    kind: Literal["clip"] = "clip"
    prompt: Text = ""
    negative: Text = ""
    width: int
    height: int
    frames: int = Field(gt=0)
    rate: str


class VoiceJob(_Job):
    """Speaks one line."""

    kind: Literal["voice"] = "voice"
    text: Text
    speed: float = 1.0
    pitch: float | None = None
    """Semitones that the finished line is moved by."""


class Spot(Value):
    """Where a face is in one frame of a clip, and how much of a repair is shown there."""

    frame: int = Field(ge=0)
    box: tuple[int, int, int, int]
    """x, y, width, height in pixels."""
    points: tuple[tuple[float, float], ...] = ()
    """Eyes, nose tip and mouth corners in pixels, smoothed over time."""
    strength: float = Field(default=1.0, ge=0, le=1)
    """Less than 1 where a repair fades in or out."""


class RepairJob(_Job):
    """Changes a face in a picture, its `picture` input; or in a clip, its `clip` input, where it has a `track`."""

    kind: Literal["repair"] = "repair"
    step: str
    box: tuple[int, int, int, int]
    """x, y, width, height in pixels; of a clip, in the first frame of its track."""
    track: tuple[Spot, ...] | None = None
    """The frames of a clip that are changed, in order; every other frame stays as it is."""


class TrainJob(Value):
    """Teaches a model one person."""

    backend: str
    weights: Digest
    """The base's, which the result fits."""
    dtype: str
    trigger: str
    """The word that stands for the person from then on."""
    pictures: tuple[Digest, ...]
    captions: tuple[Text, ...]
    """What each picture shows, the trigger in each."""
    steps: int = Field(gt=0)
    rank: int = Field(gt=0)
    rate: float = Field(gt=0)
    """Learning rate."""
    side: int = Field(gt=0)
    """Width and height that pictures are learned at."""
    seed: int = 0


Job = Annotated[StillJob | ClipJob | VoiceJob | RepairJob, Field(discriminator="kind")]


class ExpectedFace(Value):
    """Somebody QA must find in a take."""

    who: str
    asset: str
    master: Digest
    turn: float = 0.0
    merge: tuple[Share, ...] = ()
    """Pictures whose weighted embedding the face is compared with instead of the master's alone."""
    place: Literal["left", "centre", "right"] | None = None
    """Where in the picture the shot list puts them; None where it does not say."""

    @classmethod
    def of(cls, character: Character, who: str = "", turn: float = 0.0) -> ExpectedFace:
        """Return what is expected of a character, under the name a shot gives; raise ValueError without a master."""
        if character.primary is None:
            message = f"{character.id} has no master"
            raise ValueError(message)
        return cls(
            who=who or character.name, asset=character.id, master=character.primary, turn=turn, merge=character.merge
        )


class ExpectedVoice(Value):
    """What QA must hear in a voice take."""

    who: str
    asset: str
    sample: Digest | None
    """The character's locked sample; None where there is none, or another engine than the locked one speaks."""
    words: Text
    language: str = "eng"
    """ISO 639-2 code."""


class Alternative(Value):
    """A locked pose that may stand in for the one asked for."""

    pose: str
    turn: float


class Draft(Value):
    """A job whose inputs may still be symbolic, with what QA shall expect of it."""

    id: str
    """``s01/0010/still``, ``s01/0010/head/mia``, ``s01/0010/clip``, ``s01/0010/line/1``."""
    shot: str
    """``s01/0010``."""
    stage: Literal["voice", "head", "still", "clip"]
    job: Job
    expected: tuple[ExpectedFace, ...] = ()
    faces: Literal["expected", "none", "any"] = "any"
    """`none`: a face is a finding; `any`: faces are not judged."""
    voice: ExpectedVoice | None = None
    """Of a spoken line; None where nothing is judged by ear."""
    alternatives: tuple[Alternative, ...] = ()
    """Heads only: the character's locked poses with the wanted expression."""
    estimate: float | None = 0.0
    """Seconds of work expected; None where nobody has measured them."""

    def needs(self) -> tuple[str, ...]:
        """Return the ids of the drafts whose takes this one uses."""
        return tuple(i.source.draft for i in self.job.inputs if isinstance(i.source, TakeOf))


class Choice(Value):
    """What the planner decided for one shot, and why."""

    shot: str
    slate: str
    framing: str
    still: str
    """Backend of the still."""
    clip: str
    """Backend of the clip; empty where only the still is planned."""
    voices: tuple[str, ...] = ()
    template: str
    """``name@version`` of the prompt template."""
    references: tuple[str, ...] = ()
    """``mia@1 angles/left25.png`` …"""
    frames: int
    estimated: bool = False
    """True while the length waits for voices."""
    price: float | None = 0.0
    """US dollars; None while a model's price is unknown."""
    seconds: float | None = 0.0
    """Expected render time; None while a model's is unknown."""
    reasons: tuple[str, ...] = ()


class Plan(Value):
    """Every choice and every draft of an episode; drafts stand after those they need."""

    episode: str
    choices: tuple[Choice, ...]
    drafts: tuple[Draft, ...]
