"""The limits of the rules, as rules.yaml has them, and what a number means against one."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml

from charforge.domain.assets import Step
from charforge.domain.checks import Outcome, Rule
from charforge.domain.value import Value

Band = tuple[float | None, float | None]
"""Least and most; None where that end is open."""


class Limit(Value):
    """What one rule wants of the pictures of some steps."""

    name: str
    steps: tuple[Step, ...]
    unit: str = ""
    good: Band
    """Outside it there is a warning."""
    usable: Band = (None, None)
    """Outside it the picture is refused."""
    low: str = ""
    """What to do about too small a number."""
    high: str = ""
    """What to do about too large a number."""
    source: str
    """Where the numbers come from."""
    generated: Outcome = "fail"
    """The worst that can be said of a picture which a model drew."""
    unmeasured: str = ""
    """What to do where nothing could be measured; empty where that is nothing to speak of."""


@lru_cache(maxsize=1)
def limits() -> tuple[Limit, ...]:
    """Return every shipped limit, in the order in which it is told."""
    shipped = yaml.safe_load((resources.files("charforge.library.checks") / "rules.yaml").read_text("utf-8"))
    return tuple(Limit.model_validate(rule) for rule in shipped["rules"])


def ruled(limit: Limit, number: float | None, *, generated: bool) -> Rule | None:
    """Return what a rule says of a number, or None where nothing was measured and that is nothing to speak of."""
    wanted = in_words(limit.good) + ("" if generated and limit.generated != "fail" else refused(limit))
    if number is None:
        if not limit.unmeasured:
            return None
        return Rule(name=limit.name, outcome="warn", unit=limit.unit, limit=wanted, fix=limit.unmeasured)
    outcome: Outcome = "ok" if _within(number, limit.good) else "warn"
    if not _within(number, limit.usable):
        outcome = limit.generated if generated else "fail"
    least = limit.good[0]
    fix = "" if outcome == "ok" else limit.low if least is not None and number < least else limit.high
    return Rule(name=limit.name, outcome=outcome, number=number, unit=limit.unit, limit=wanted, fix=fix)


def in_words(band: Band) -> str:
    """Return a band as people write it."""
    low, high = band
    if low is None:
        return "anything" if high is None else f"at most {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def refused(limit: Limit) -> str:
    """Return in words beyond which numbers a picture is refused; empty where that is what is wanted, or never."""
    low, high = limit.usable
    if limit.usable in {(None, None), limit.good}:
        return ""
    if low is not None and high is not None:
        return f", refused beyond {in_words(limit.usable)}"
    return f", refused over {high:g}" if low is None else f", refused under {low:g}"


def _within(number: float, band: Band) -> bool:
    return (band[0] is None or number >= band[0]) and (band[1] is None or number <= band[1])
