"""A small episode of fake jobs, with everything a run of it needs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from charforge import imaging
from charforge.backends import fake
from charforge.domain.jobs import ClipJob, Draft, ExpectedFace, Input, StillJob, TakeOf, VoiceJob
from charforge.domain.models import OwnModel
from charforge.errors import BackendMissing
from charforge.events import Event
from charforge.runners import Runner, Toolbox
from charforge.store import Ledger, Store

WIDTH, HEIGHT, FRAMES = 160, 96, 6


class BareHome:
    """A home without model files."""

    device = "cpu"
    threads = 1
    offload = "none"

    def own(self, name: str) -> OwnModel:
        """Have nothing."""
        raise BackendMissing(name)

    def model(self, digest: str) -> Path:
        """Have nothing."""
        raise BackendMissing(digest)

    def weight(self, name: str) -> Path:
        """Have nothing."""
        raise BackendMissing(name)

    def weight_digest(self, name: str) -> str:
        """Have nothing."""
        raise BackendMissing(name)


@dataclass
class World:
    """A project folder with a store, a cast of fake people and a record of events."""

    root: Path
    events: list[Event] = field(default_factory=list)
    cast: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the cast."""
        for who in ("mia", "theo"):
            png = imaging.encode_png(fake.headshot(who))
            path = self.root / "library" / f"{who}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png)
            self.cast[hashlib.sha256(png).hexdigest()] = path

    @property
    def store(self) -> Store:
        """The store, opened anew."""
        return Store(self.root / ".charforge")

    @property
    def ledger(self) -> Ledger:
        """The episode's ledger, read anew."""
        return Ledger(self.store, "e01")

    def digest(self, who: str) -> str:
        """Return the digest of somebody's headshot."""
        return next(d for d, p in self.cast.items() if p.stem == who)

    def runner(self, toolbox: Toolbox | None = None) -> Runner:
        """Return a runner over the store."""
        tools = toolbox or Toolbox(BareHome())
        return Runner(self.store, self.ledger, tools, self.cast.__getitem__, self.events.append)

    def drafts(self, shots: int = 3) -> tuple[Draft, ...]:
        """Return voices, stills and clips of some shots."""
        return tuple(d for n in range(1, shots + 1) for d in self.shot(n))

    def shot(self, number: int, prompt: str = "a café") -> tuple[Draft, Draft, Draft]:
        """Return the drafts of one shot: Mia says its number."""
        shot = f"s01/{number:03d}0"
        mia = Input(role="master", name="mia", source=self.digest("mia"))
        voice = VoiceJob(backend="fake", text=f"Shot number {number}.")
        still = StillJob(backend="fake", prompt=prompt, seed=number, width=WIDTH, height=HEIGHT, inputs=(mia,))
        first = Input(role="first", source=TakeOf(draft=f"{shot}/still"))
        sound = Input(role="voice", name="mia/1", source=TakeOf(draft=f"{shot}/line/1", part="sound"))
        clip = ClipJob(
            backend="fake", seed=number, width=WIDTH, height=HEIGHT, frames=FRAMES, rate="24", inputs=(first, sound)
        )
        expected = (ExpectedFace(who="mia", asset="mia@1", master=self.digest("mia")),)
        return (
            Draft(id=f"{shot}/line/1", shot=shot, stage="voice", job=voice),
            Draft(id=f"{shot}/still", shot=shot, stage="still", job=still, expected=expected, faces="expected"),
            Draft(id=f"{shot}/clip", shot=shot, stage="clip", job=clip, expected=expected, faces="expected"),
        )
