"""Decides what the judged frames of a clip mean together. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from charforge.domain.takes import Finding, Score
from charforge.qa.quality import STILL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration

PER_SECOND = 4
"""Frames judged per second of film, besides the first and the last."""
ABSENT = 0.2
"""Share of the judged frames somebody may be missing from, as people do who turn or pass behind something."""
UNLIKE = 0.2
"""Share of the frames somebody is seen in that may lie a little under the bar."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen in one frame."""

    frame: int
    scores: tuple[Score, ...]
    findings: tuple[Finding, ...]
    change: float | None = None
    """Difference to the frame judged before it, 0 to 255; None for the first."""


def sampled(count: int, rate: Fraction, per_second: int = PER_SECOND) -> tuple[int, ...]:
    """Return the frames of a clip to judge, its first and last among them."""
    step = max(round(rate / per_second), 1)
    return tuple(sorted({*range(0, count, step), count - 1}))


def summed(
    looks: Sequence[Look], expected: Sequence[ExpectedFace], calibration: Calibration, *, moves: bool
) -> tuple[tuple[Score, ...], tuple[Finding, ...]]:
    """Return a clip's scores and findings: for each character the median first, then the worst frame."""
    scores: list[Score] = []
    findings = _pictures(looks, moves=moves)
    for character in expected:
        seen = [(look.frame, s) for look in looks for s in look.scores if s.who == character.who]
        if seen:
            frame, lowest = min(seen, key=lambda f: f[1].value - f[1].bar)
            middle, worst = _middle([s for _, s in seen]), lowest.changed(frame=frame)
            scores += [middle, worst]
            under = sum(s.value < s.bar for _, s in seen)
            findings += _drift(middle, worst, under / len(seen), calibration)
        findings += _absence(character.who, looks, scored=bool(seen))
    return tuple(scores), tuple(findings + _uninvited(looks))


def _pictures(looks: Sequence[Look], *, moves: bool) -> list[Finding]:
    """Return what is wrong with the pictures, whoever is in them."""
    found = [
        Finding(code="black", message=f.message, frame=k.frame) for k in looks for f in k.findings if f.code == "black"
    ]
    still = [k.change is not None and k.change < STILL for k in looks]
    run, longest, at = 0, 0, 0
    for look, unmoved in zip(looks, still, strict=True):
        run = run + 1 if unmoved else 0
        if run > longest:
            longest, at = run, look.frame
    if moves and longest >= min(2, max(len(looks) - 1, 1)):
        message = "nothing moves, though something should"
        found.append(Finding(code="frozen", message=message, number=float(longest), limit=1.0, frame=at))
    return found[:1] if found and found[0].code == "black" else found


def _middle(scores: Sequence[Score]) -> Score:
    return Score(
        who=scores[0].who,
        judge=scores[0].judge,
        value=median(s.value for s in scores),
        bar=median(s.bar for s in scores),
        turn=median(s.turn or 0.0 for s in scores),
        face_px=median(s.face_px or 0.0 for s in scores),
    )


def _drift(middle: Score, worst: Score, under: float, calibration: Calibration) -> list[Finding]:
    """Return a finding when too large a share of frames is under the bar, or one further under than a near miss."""
    if middle.value < middle.bar:
        culprit, message = middle, f"this does not look like {middle.who} in most of the clip"
    elif under > UNLIKE or worst.value < worst.bar - calibration.fix_band:
        culprit, message = worst, f"this does not look like {worst.who} in frame {worst.frame}"
    else:
        return []
    return [
        Finding(
            code="drift",
            message=message,
            who=culprit.who,
            number=culprit.value,
            limit=culprit.bar,
            frame=worst.frame,
        )
    ]


def _absence(who: str, looks: Sequence[Look], *, scored: bool) -> list[Finding]:
    missing = [(k.frame, f) for k in looks for f in k.findings if f.who == who and f.code == "missing"]
    if len(missing) > ABSENT * len(looks):
        message = f"{who} is missing from {len(missing)} of {len(looks)} judged frames"
        share = len(missing) / len(looks)
        return [Finding(code="missing", message=message, who=who, number=share, limit=ABSENT, frame=missing[0][0])]
    hidden = [f for k in looks for f in k.findings if f.who == who and f.code == "not-scorable"]
    return hidden[:1] if hidden and not scored else []


def _uninvited(looks: Sequence[Look]) -> list[Finding]:
    """Return faces nobody expects that are seen in two judged frames, or in the only one."""
    all_found = [(k.frame, f) for k in looks for f in k.findings if f.code in {"stranger", "double", "unexpected-face"}]
    frames = Counter(code for code, _ in {(f.code, frame) for frame, f in all_found})
    found = []
    for code, count in frames.items():
        if count >= min(2, len(looks)):
            frame, first = next((n, f) for n, f in all_found if f.code == code)
            found.append(
                Finding(
                    code=first.code,
                    message=f"{first.message} ({count} of {len(looks)} judged frames)",
                    who=first.who,
                    number=first.number,
                    limit=first.limit,
                    frame=frame,
                    box=first.box,
                )
            )
    return found
