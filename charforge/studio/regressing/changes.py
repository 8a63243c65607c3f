"""Says in words what differs between what was pinned and what is there now."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from charforge.domain.takes import Take
from charforge.runners.reasons import differences
from charforge.studio.regressing.pins import Pin, PinnedJudge, Pins, Which

MOST = 3
"""Parts of a revision that are told; more mean another build altogether."""


def machine_changes(pins: Pins, judges: Mapping[Which, PinnedJudge], packages: Mapping[str, str]) -> Iterator[str]:
    """Yield what has changed for every shot: judges, calibrations, installed packages."""
    for which, before in pins.judges.items():
        now = judges[which]
        if before.name != now.name:
            yield f"{which} judge: {before.name} -> {now.name}"
            continue
        if before.revision != now.revision:
            yield f"{which} judge {now.name}: revision {revised(before.revision, now.revision)}"
        if before.calibration != now.calibration:
            yield f"{which} judge {now.name}: calibration {before.calibration} -> {now.calibration}"
    for name in sorted(pins.packages.keys() | packages.keys()):
        one, other = pins.packages.get(name), packages.get(name)
        if one != other:
            yield f"package {name} {one or 'not installed'} -> {other or 'not installed'}"


def take_changes(before: Pin, after: Pin) -> Iterator[str]:
    """Yield what made one take another: model, revision, versions of the library."""
    if before.backend != after.backend:
        yield f"model: {before.backend} -> {after.backend}"
    elif before.revision != after.revision:
        yield f"{after.backend}: revision {revised(before.revision, after.revision)}"
    for who in sorted(before.people.keys() | after.people.keys()):
        one, other = before.people.get(who), after.people.get(who)
        if one is None or other is None:
            yield f"{who} {'is now expected' if one is None else 'is no longer expected'}"
        elif one.asset != other.asset:
            yield f"library: {one.asset} -> {other.asset}"
        elif one.master != other.master:
            yield f"library: the master of {other.asset} {one.master[:12]} -> {other.master[:12]}"
    if before.take == after.take and before.picture != after.picture:
        yield "the same job gives other bytes: something changed that no revision names"


def job_changes(before: Take | None, after: Take, names: Callable[[str], str | None]) -> tuple[str, ...]:
    """Return what differs between the jobs of two takes, where the older one is still known."""
    return differences(before.job, after.job, names) if before is not None else ()


def revised(before: str, now: str) -> str:
    """Return the parts of two revisions that differ: ``opencv-4.11 -> opencv-5.0``."""
    one, other = (re.split(r"[|;+,]", text) for text in (before, now))
    gone = [part for part in one if part not in other]
    come = [part for part in other if part not in one]
    if not gone and not come:
        return f"{before} -> {now}"
    if max(len(gone), len(come)) > MOST:
        return f"{_short(' '.join(gone[:MOST]))} … -> {_short(' '.join(come[:MOST]))} …"
    return f"{' '.join(gone) or 'nothing'} -> {' '.join(come) or 'nothing'}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
