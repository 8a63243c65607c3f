"""Checks the short motion clip that a character may be locked with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from charforge import media
from charforge.backends.protocols import RGB
from charforge.domain.checks import Checked, Outcome, Rule
from charforge.errors import MediaError

SECONDS = (2.0, 5.0)
"""Around the three seconds of requirement L6."""
LOOKS = 7
"""Frames that are looked at, spread evenly."""
ORDER: tuple[Outcome, ...] = ("ok", "warn", "fail")


def check_motion(file: Path, name: str, likeness: Callable[[RGB], Iterator[Rule]]) -> Checked:
    """Return how long a clip is and, by each judge, its least alike frame; frames without a face are counted."""
    try:
        found = media.probe(file)
        shown = [pixels for _, pixels in media.frames(file, _spread(found.frames))]
    except MediaError as error:
        fix = f"{error.message.splitlines()[0]}; give a short video such as MP4"
        return Checked(
            file=name, step="motion", rules=(Rule(name="readable", outcome="fail", limit="a clip", fix=fix),)
        )
    seconds = float(found.frames / found.rate)
    fits = SECONDS[0] <= seconds <= SECONDS[1]
    length = Rule(
        name="length",
        outcome="ok" if fits else "warn",
        number=seconds,
        unit="s",
        limit=f"{SECONDS[0]:g} to {SECONDS[1]:g}",
        fix="" if fits else "cut it to about three seconds in which the head turns",
    )
    told = [tuple(likeness(pixels)) for pixels in shown]
    return Checked(file=name, step="motion", rules=(length, _seen(told), *_worst(told)))


def _spread(frames: int) -> list[int]:
    return sorted({round(at * (frames - 1) / (LOOKS - 1)) for at in range(LOOKS)})


def _seen(told: list[tuple[Rule, ...]]) -> Rule:
    share = sum(bool(rules) for rules in told) / max(len(told), 1)
    fix = "" if share == 1 else "keep the face in the picture from the first frame to the last"
    outcome: Outcome = "ok" if share == 1 else "warn" if share else "fail"
    return Rule(name="face-in-frames", outcome=outcome, number=100 * share, unit="%", limit="100", fix=fix)


def _worst(told: list[tuple[Rule, ...]]) -> Iterator[Rule]:
    """Yield each rule as it stands in the frame that keeps it least."""
    for name in dict.fromkeys(rule.name for rules in told for rule in rules):
        found = [rule for rules in told for rule in rules if rule.name == name]
        yield max(found, key=lambda rule: (ORDER.index(rule.outcome), -(rule.number or 0.0)))
