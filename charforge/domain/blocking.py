"""Who stands where in the frame and how the camera sees them: what the planner tells a compositor."""

from __future__ import annotations

from pydantic import Field

from charforge.domain.assets import Fit, Mark, View
from charforge.domain.script import Angle, Framing, Move
from charforge.domain.value import Value


class Speech(Value):
    """A stretch of a clip in which somebody on screen talks; its sound is the `voice` input of this name."""

    who: str
    name: str
    start: int = Field(ge=0)
    """Frame of the clip at which the sound starts."""


class Person(Value):
    """One person in the frame; the pictures are the `head`, `style` and `body` inputs of this name."""

    who: str
    mark: Mark
    turn: float = 0.0
    fit: Fit | None = None
    """Where the head sits on the `body` input; None when there is no body."""
    lit: bool = True
    """Whether the body was rendered in the light of the place; a neutral one is tinted."""


class Blocking(Value):
    """The whole arrangement of one shot."""

    framing: Framing
    angle: Angle = "eye"
    head: float | None = None
    """Wanted crown-to-chin height of the subject as a fraction of the frame's height; None shows the whole plate."""
    focus: str | None = None
    """Who the camera is on; None means everybody."""
    view: View
    people: tuple[Person, ...] = ()
    move: Move = Move()
    look: str = "none"
    speech: tuple[Speech, ...] = ()
    """Clips only."""
