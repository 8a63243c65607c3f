"""What is known when a remedy is chosen: the take, whose face it is about, and what could be tried here."""

from __future__ import annotations

from pydantic import Field

from charforge.domain.jobs import Draft, Input, Settings, Spot
from charforge.domain.takes import Verdict
from charforge.domain.value import Digest, Value
from charforge.qa.ladder.policy import Policy, Stage

FACES = frozenset({"drift", "unlike", "missing", "swapped", "ill-posed", "not-scorable"})
"""Findings of a person that a repair of the face may answer."""


class Model(Value):
    """What the catalogue says that a draft's model can be asked for."""

    name: str
    composites: bool = False
    """It puts heads together that are judged and mended by themselves."""
    words: bool = False
    """It reads the prompt."""
    weight: tuple[str, ...] = ()
    """Where in the job's settings stands how much a reference counts, outermost first."""
    motion: tuple[str, ...] = ()
    """Where in the job's settings stands how much moves."""
    seeds: bool = True
    """Another seed gives another picture."""
    seconds: float | None = None
    """Of one take."""
    price: float | None = 0.0
    """US dollars of one take; None while nobody knows."""


class Spare(Value):
    """A locked picture that may stand in for the one that was shown to the model."""

    label: str
    given: Input


class Other(Value):
    """The same take by another model."""

    model: Model
    draft: Draft


class Fixer(Value):
    """A repair backend, and why it cannot be used where it cannot."""

    name: str
    settings: Settings = {}
    missing: str = ""


class Face(Value):
    """One person's face in the take."""

    who: str
    box: tuple[int, int, int, int] | None = None
    """None where no face could be theirs."""
    eyes: float | None = None
    """Pixels from eye to eye, where known."""
    track: tuple[Spot, ...] = ()
    """Of a clip: where it is, in the frames that are to be changed."""
    starts: dict[str, Digest] = Field(default_factory=dict)
    """By repair: the picture or clip it starts from, the best so far without an earlier repair of its kind."""
    references: tuple[Input, ...] = ()
    """Whose face it is to be: the master first, then locked pictures, the nearest pose first."""


class Situation(Value):
    """A take that failed, and what could be tried on it."""

    planned: Draft
    verdict: Verdict
    model: Model | None = None
    """None where the catalogue does not know it."""
    faces: tuple[Face, ...] = ()
    """Those that are to be repaired, the worst first."""
    simple: str = ""
    """A simpler prompt, where the planner has one."""
    spares: tuple[Spare, ...] = ()
    anchor: Input | None = None
    """A picture of the scene's first shot, where shots of the scene share a drift."""
    others: tuple[Other, ...] = ()
    fixers: tuple[Fixer, ...] = ()
    forced: bool = False
    """A person asks for a try whatever the verdict is."""

    @property
    def stage(self) -> Stage | None:
        """The stage whose rungs apply."""
        return None if self.planned.stage == "voice" else self.planned.stage


class Tryable(Value):
    """A rung in one situation: what it would do and cost, or why it does not apply."""

    step: str
    who: str = ""
    backend: str = ""
    draft: Draft | None = None
    seconds: float = 0.0
    price: float | None = 0.0
    """US dollars; None while nobody knows."""
    reason: str = ""
    """Why it is not tried."""

    def affordable(self, policy: Policy, seconds: float, money: float) -> bool:
        """Return whether it can be paid for after this much was spent."""
        return (
            self.seconds + seconds <= policy.seconds and self.price is not None and self.price + money <= policy.money
        )
