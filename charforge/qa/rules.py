"""Decides what the faces seen in one picture mean. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from charforge.domain.takes import Finding, Outcome, Score
from charforge.qa.assignment import assigned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration

Faces = Literal["expected", "none", "any"]
MARGIN = 0.05
"""How far a character's bar stands above the most alike other member of the cast."""
MOST_RAISED = 0.15
"""How far a bar is raised at most for that reason."""
SURE = 0.88
"""Detector's confidence from which a face nobody expects is reported.
Source: leaves in the pilot's wide shot reach 0.84, real faces of 50 pixels 0.93."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One face in a picture, as measured."""

    box: tuple[int, int, int, int]
    turn: float
    eyes: float
    """Eye distance in pixels."""
    detail: float
    confidence: float
    alike: tuple[float, ...] = ()
    """Similarity to each expected character, in their order; empty where the face cannot be scored."""


def unscorable(seen: Sighting, calibration: Calibration, who: str = "") -> Finding | None:
    """Return why a face, taken for `who`, cannot be scored, or None when it can."""
    if seen.eyes < calibration.smallest_eyes:
        return _note("not-scorable", "the face is too small to score", seen, seen.eyes, calibration.smallest_eyes, who)
    if abs(seen.turn) > calibration.widest_turn:
        return _note(
            "not-scorable", "the head is turned too far to score", seen, seen.turn, calibration.widest_turn, who
        )
    if seen.detail < calibration.least_detail:
        return _note(
            "not-scorable", "the face is too blurred to score", seen, seen.detail, calibration.least_detail, who
        )
    return None


def raised(bar: float, nearest: float | None) -> float:
    """Return a character's bar, lifted above the most alike other member of the cast."""
    return bar if nearest is None else min(max(bar, nearest + MARGIN), bar + MOST_RAISED)


def ruled(
    expected: Sequence[ExpectedFace],
    nearest: Sequence[float | None],
    seen: Sequence[Sighting],
    faces: Faces,
    calibration: Calibration,
) -> tuple[tuple[Score, ...], tuple[Finding, ...]]:
    """Return the scores and findings of one picture; `nearest` is each character's most alike fellow, if any."""
    if faces == "any":
        return (), ()
    if faces == "none" or not expected:
        return (), tuple(_note("unexpected-face", "nobody is expected here", s) for s in seen if s.confidence >= SURE)
    scorable = [s for s in seen if unscorable(s, calibration) is None]
    worth = [[s.alike[i] - raised(calibration.bar(s.turn), nearest[i]) for s in scorable] for i in range(len(expected))]
    hidden = [s for s in seen if unscorable(s, calibration) is not None]
    scores: list[Score] = []
    findings: list[Finding] = []
    strangers = list(scorable)
    for i, face in enumerate(assigned(worth)):
        character = expected[i]
        found = None if face is None else scorable[face]
        if found is None or found.alike[i] < calibration.stranger:
            findings.append(_absent(character, hidden, calibration))
            continue
        strangers.remove(found)
        bar = raised(calibration.bar(found.turn), nearest[i])
        value = found.alike[i]
        scores.append(
            Score(who=character.who, judge=calibration.judge, value=value, bar=bar, turn=found.turn, face_px=found.eyes)
        )
        if value < bar:
            findings.append(
                _note("drift", f"this does not look like {character.who}", found, value, bar, character.who)
            )
    findings += [_extra(s, expected, nearest, calibration) for s in strangers if s.confidence >= SURE]
    return tuple(scores), tuple(findings)


def outcome(findings: Sequence[Finding], calibration: Calibration) -> Outcome:
    """Return the worst that the findings amount to: fail, then fix, then not-scorable, then pass."""
    codes = {f.code for f in findings if f.code != "drift"}
    short = [(f.limit or 0.0) - (f.number or 0.0) for f in findings if f.code == "drift"]
    if codes - {"not-scorable"} or any(s > calibration.fix_band for s in short):
        return "fail"
    if short:
        return "fix"
    return "not-scorable" if codes else "pass"


def _absent(character: ExpectedFace, hidden: list[Sighting], calibration: Calibration) -> Finding:
    """Return why somebody was not seen; a face that cannot be scored is taken for theirs, once."""
    if hidden:
        reason = unscorable(hidden.pop(0), calibration, character.who)
        if reason is not None:
            return reason
    if abs(character.turn) > calibration.widest_turn:
        return Finding(
            code="not-scorable",
            message=f"{character.who} is turned away as planned, and no face can be scored",
            who=character.who,
            number=character.turn,
            limit=calibration.widest_turn,
        )
    return Finding(code="missing", message=f"{character.who} is expected and not found", who=character.who)


def _extra(
    seen: Sighting, expected: Sequence[ExpectedFace], nearest: Sequence[float | None], calibration: Calibration
) -> Finding:
    best = max(range(len(expected)), key=lambda i: seen.alike[i])
    bar = raised(calibration.bar(seen.turn), nearest[best])
    if seen.alike[best] >= bar:
        who = expected[best].who
        return _note("double", f"{who} is in the picture more than once", seen, seen.alike[best], bar, who)
    return _note("stranger", "somebody is in the picture who is not in the shot", seen, seen.alike[best], bar)


def _note(  # noqa: PLR0913, PLR0917 - the fields of a finding
    code: Literal["drift", "stranger", "double", "unexpected-face", "not-scorable"],
    message: str,
    seen: Sighting,
    number: float | None = None,
    limit: float | None = None,
    who: str = "",
) -> Finding:
    return Finding(code=code, message=message, who=who, number=number, limit=limit, box=seen.box)
