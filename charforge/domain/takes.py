"""What is rendered and judged: takes, scores, findings, verdicts, remedies."""

from __future__ import annotations

from typing import Literal

from charforge.domain.jobs import Draft, Job, Settings
from charforge.domain.value import Digest, Text, Value

Outcome = Literal["pass", "fix", "fail", "not-scorable"]
FaceCode = Literal[
    "drift",
    "unlike",
    "missing",
    "stranger",
    "double",
    "swapped",
    "headcount",
    "unexpected-face",
    "not-scorable",
    "away",
    "ill-posed",
]
"""What is wrong with who is seen. `drift`: below the verification bar. `unlike`: below the likeness bar alone.
`away`: not to be seen, as planned. `ill-posed`: judged, but by turned or cut faces alone."""
PictureCode = Literal[
    "unreadable", "black", "frozen", "letterbox", "soft", "flicker", "copy-paste", "location", "wardrobe", "body"
]
"""What is wrong with what is seen."""
SoundCode = Literal["voice", "words", "clipping", "silence", "lips"]
"""What is wrong with what is heard."""
Media = Literal["image/png", "video/x-matroska", "video/mp4", "audio/flac"]


class Take(Value):
    """One rendered result of a job."""

    key: Digest
    job: Job
    blob: Digest
    media: Media
    size: int
    """Bytes of the blob."""
    backend: str
    revision: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    """Length of a clip."""
    samples: int | None = None
    sample_rate: int | None = None
    """Length of a sound is samples / sample_rate seconds."""
    attachments: dict[str, Digest] = {}
    """Further results by name, such as the style vector behind a generated head."""
    notes: dict[str, float | str] = {}
    """What the backend measured about its own work."""
    seconds: float = 0.0
    cost: float = 0.0
    """US dollars."""
    made: str = ""
    """UTC time in ISO 8601."""
    device: str = ""
    parents: tuple[Digest, ...] = ()
    """Keys of the takes whose blobs it used."""
    origin: str = ""
    """What called for it: `plan`, or the remedy's step."""


class Score(Value):
    """Similarity of one found face to one character."""

    who: str
    judge: str
    value: float
    """The judge's own similarity; higher is more alike."""
    bar: float
    """Verification bar of the judge for this pose: at or above it, it is this person."""
    likeness: float | None = None
    """Likeness bar for this pose: at or above it, the take is good enough to keep; None where none is known."""
    turn: float | None = None
    """Measured degrees; negative when the face points to the left edge."""
    face_px: float | None = None
    """Eye-to-eye distance in pixels."""
    frame: int | None = None
    time: float | None = None
    """Seconds from the clip's start."""


class Finding(Value):
    """One thing QA found, as data."""

    code: FaceCode | PictureCode | SoundCode
    message: Text
    who: str = ""
    number: float | None = None
    limit: float | None = None
    band: float | None = None
    """How far under the limit a number is still a near miss; None where it is as far as the first judge's are."""
    frame: int | None = None
    time: float | None = None
    """Seconds from the clip's or the sound's start."""
    box: tuple[int, int, int, int] | None = None
    """x, y, width, height in pixels."""


class Verdict(Value):
    """What QA says of one take."""

    take: Digest
    outcome: Outcome
    scores: tuple[Score, ...] = ()
    findings: tuple[Finding, ...] = ()
    calibration: str = ""
    """Which calibration's bars were used."""
    curve: tuple[Score, ...] = ()
    """Of a clip: every score of every judged frame, in their order; empty for a still."""

    def passed(self) -> bool:
        """Return whether the take may be used without asking a person."""
        return self.outcome == "pass"


class Remedy(Value):
    """A changed draft to try next, and the ladder's step it comes from."""

    step: str
    draft: Draft
    settings: Settings = {}
    who: str = ""
    """Whose face it repairs; empty where it makes the whole take anew."""
    seconds: float = 0.0
    """What it counts against the budget."""
    price: float = 0.0


class GiveUp(Value):
    """No remedy is left within the budget."""

    reason: Text


class FixStep(Value):
    """One rung that was tried, with both judges' scores before and after."""

    step: str
    before: float
    after: float
    judge: str
    kept: bool
    seconds: float
    """Time that it took."""
    second_before: float | None = None
    second_after: float | None = None
    """By the judge that had no part in it; None where it scored nobody."""
    who: str = ""
    """Whose face it was for; empty where it made the whole take anew."""
    reason: str = ""
    """Why it was undone; empty when it was kept."""
    backend: str = ""
    take: str = ""
    """Key of the take that it made; empty where it made none."""
    counted: float = 0.0
    """Seconds that it counts against the budget: what it is known to cost, not what it took."""
    price: float = 0.0
    """US dollars that it counts against the budget."""
