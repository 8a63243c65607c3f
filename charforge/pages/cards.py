"""What a page of pictures shows: one card for each, with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markupsafe import Markup

Tone = Literal["good", "warn", "bad", "plain"]


@dataclass(frozen=True, slots=True)
class Pill:
    """One measured thing in a few words."""

    text: str
    tone: Tone = "plain"
    more: str = ""
    """Shown when it is pointed at."""


@dataclass(frozen=True, slots=True)
class Card:
    """One picture and what is known of it."""

    title: str
    picture: str
    """As `inline` gives it; empty where there is none."""
    tone: Tone = "plain"
    verdict: str = ""
    """In a word or two, such as `usable`."""
    pills: tuple[Pill, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why not, each with its number and what to do."""
    command: str = ""
    """What to type to go on with this picture."""
    plot: Markup | None = None
    caption: str = ""
    """Of the plot."""
    folded: tuple[Pill, ...] = ()
    """What needs no look, such as rules that are kept; shown when it is opened."""
