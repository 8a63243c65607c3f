"""The page of a test of pinned shots: every shot before and after, and how far each character's scores moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.pages.page import page

if TYPE_CHECKING:
    from markupsafe import Markup

    from charforge.pages.cards import Tone


@dataclass(frozen=True, slots=True)
class Row:
    """One person's scores in a shot, in words."""

    who: str
    judge: str
    before: str
    after: str
    change: str
    bar: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Before:
    """One pinned take, before and after."""

    title: str
    old: str
    """As `inline` gives it; empty where there is none."""
    new: str
    how: str
    """Such as `judged again` or `made anew`."""
    tone: Tone
    verdict: str
    """Such as `pass -> fail`."""
    rows: tuple[Row, ...] = ()
    changes: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """One character's scores by one judge, before and after."""

    title: str
    tone: Tone
    verdict: str
    facts: tuple[str, ...]
    plot: Markup
    wrong: tuple[str, ...] = ()


def before_after_page(  # noqa: PLR0913 - the parts of the page
    title: str,
    lead: str,
    people: Sequence[Moved],
    shots: Sequence[Before],
    *,
    changes: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> bytes:
    """Return the page; what fails stands first."""
    return page("regression", title=title, lead=lead, people=people, shots=shots, changes=changes, notes=notes)
