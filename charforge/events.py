"""What happened, as data; reporters in the command line turn it into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from charforge.domain.takes import FixStep, Take, Verdict


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage with a known amount of work begins."""

    stage: str
    total: int
    """Units of work; takes, files or bytes."""
    unit: str = "takes"


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage is done."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Progressed:
    """A piece of work inside a stage moved on."""

    stage: str
    item: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of a stage's pieces are done."""

    stage: str
    item: str
    """The last one."""
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TakeReady:
    """A take exists: rendered now, or found in the store."""

    stage: str
    draft: str
    take: Take
    reused: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """QA has spoken on a take."""

    draft: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Fixed:
    """A rung of the ladder was tried."""

    draft: str
    step: FixStep


@dataclass(frozen=True, slots=True)
class Noted:
    """Something a person should know that stops nothing."""

    text: str


Event = StageStarted | StageEnded | Progressed | Counted | TakeReady | Judged | Fixed | Noted


class Reporter(Protocol):
    """Receives every event, in the order in which things happen."""

    def __call__(self, event: Event) -> None:
        """Take note of one event; must not raise."""


def silent(event: Event) -> None:
    """Ignore an event."""
