"""What a build is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from charforge.errors import InputError
from charforge.library.order import STAGES, Stage


@dataclass(frozen=True, slots=True)
class Options:
    """What to build, from what, and how hard to try."""

    stage: Stage | None = None
    """None: every stage that is not done, one after the other."""
    only: tuple[str, ...] = ()
    """Names of pictures, such as `left45`; empty: the standard set."""
    photos: Path | None = None
    """A photograph, or a folder of them, each named by what it shows."""
    still: str | None = None
    """A still model that looks at reference pictures; None: the embedded generator."""
    tries: int = 4
    """Seeds that a still model draws each picture with, at most."""
    seconds: float | None = None
    """For the embedded generator's search; what it finds then depends on the machine."""
    quick: bool = False
    """The least that the embedded generator's search does; the same heads on every machine."""
    wardrobe: str | None = None
    colour: str | None = None
    """`#rrggbb` of a re-coloured garment."""
    described: str = ""
    """The wardrobe, in words, for a still model."""
    state: str | None = None
    from_episode: str | None = None
    id_photo: bool = False
    body_from: str | None = None
    """A locked character whose body pictures are lent."""
    again: bool = False
    """Make what is there once more."""
    retake: bool = False
    """The same, from other randomness."""
    force: bool = False
    """Keep what falls short, and say so in its origin."""


def stage_named(text: str | None) -> Stage | None:
    """Return a stage as it was typed; raise InputError when there is none of this name."""
    if text is None:
        return None
    for stage in STAGES[1:]:
        if text in (stage, stage.removesuffix("s")):
            return stage
    raise InputError(f"there is no step {text!r}", f"the steps are, in this order: {', '.join(STAGES[1:])}")


def names(text: str | None) -> tuple[str, ...]:
    """Return names that were typed with commas."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
