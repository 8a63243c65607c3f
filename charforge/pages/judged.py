"""The page of judged files: what they came to, then each with its picture, scores and reasons, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.pages.page import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from charforge.pages.cards import Tone


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a picture; all numbers are per cent of its width or height."""

    left: float
    top: float
    width: float
    height: float
    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Meter:
    """One score against its bars."""

    who: str
    percent: float
    words: str
    """What the percentage means."""
    numbers: str
    """The score itself, its bar, and which frame or middle it is of."""
    tone: Tone


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was found."""

    code: str
    message: str
    numbers: str = ""
    """Number, limit and time."""
    tone: Tone = "bad"


@dataclass(frozen=True, slots=True)
class JudgedCard:
    """One file."""

    title: str
    place: str
    """Its folder, where there are several."""
    verdict: str
    tone: Tone
    picture: str = ""
    """As `inline` gives it; empty where there is none."""
    caption: str = ""
    """Which frame it is."""
    boxes: tuple[Box, ...] = ()
    meters: tuple[Meter, ...] = ()
    reasons: tuple[Reason, ...] = ()
    plot: Markup | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The files that came to one outcome."""

    title: str
    lead: str
    tone: Tone
    cards: tuple[JudgedCard, ...]
    small: bool = False
    """Many to a row, for what needs no closer look."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many files came to an outcome."""

    words: str
    count: int
    tone: Tone


@dataclass(frozen=True, slots=True)
class Cause:
    """How many files a code was found in."""

    code: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be judged."""

    file: str
    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything a page of judged files shows."""

    title: str
    lead: str
    notes: Sequence[str]
    shares: Sequence[Share]
    causes: Sequence[Cause]
    unread: Sequence[Unread]
    sections: Sequence[Section]
    scale: Sequence[tuple[str, str]]
    """What the percentages mean: from where on, and in words."""


def judged_page(shown: Judgement) -> bytes:
    """Return the page."""
    return page("judged", title=shown.title, shown=shown)
