"""Decides what the faces seen in one picture mean. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING

from charforge.domain.takes import FaceCode, Finding, Score
from charforge.qa.assignment import assigned
from charforge.qa.pose import FRONTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.protocols import Vector
    from charforge.domain.jobs import ExpectedFace
    from charforge.qa.calibration import Calibration
    from charforge.qa.watching import Faces

MARGIN = 0.05
"""How far a character's bar stands above the most alike other member of the cast."""
MOST_RAISED = 0.15
"""How far a bar is raised at most for that reason."""
SURE = 0.88
"""Detector's confidence from which a face nobody expects is reported.
Source: leaves in the pilot's wide shot reach 0.84, real faces of 50 pixels 0.93."""
ORDER = {"left": 0, "centre": 1, "right": 2}


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
    second: tuple[float, ...] = ()
    """The same by the second judge, who is asked where the first leaves a doubt; empty elsewhere."""
    whole: bool = True
    """Whether no edge of the picture cuts the face."""
    vector: Vector | None = field(default=None, compare=False, repr=False)
    """What the judge's model sees in it; None where it was not asked."""

    @property
    def centre(self) -> float:
        """Return how far to the right its middle is, in pixels."""
        return self.box[0] + self.box[2] / 2


@dataclass(frozen=True, slots=True)
class Company:
    """Who is expected, and what their faces are measured by."""

    expected: tuple[ExpectedFace, ...]
    nearest: tuple[float | None, ...]
    """Each one's similarity to the most alike other member of the cast, if any."""
    calibration: Calibration
    second: Calibration | None = None
    """What the second judge's numbers mean, where one is asked."""

    def bar(self, person: int, seen: Sighting) -> float:
        """Return somebody's verification bar for a face as turned and as large as this one."""
        return raised(self.calibration.bar(seen.turn, seen.eyes), self.nearest[person])

    def excess(self, person: int, seen: Sighting) -> float:
        """Return how far a face is above somebody's bar."""
        return seen.alike[person] - self.bar(person, seen)

    def doubt(self, person: int, seen: Sighting) -> bool:
        """Return whether a face passes for somebody and is yet less alike than nearly all pictures of them.

        Only faces seen from the front are doubted: turned ones of the right person are that little alike too. Where no
        likeness bar is known for faces as small, that of larger ones asks rather too often than too seldom.
        """
        likeness = self.calibration.likeness(seen.turn, seen.eyes)
        if likeness is None:
            likeness = self.calibration.likeness(seen.turn)
        if likeness is None or abs(seen.turn) > FRONTAL or not seen.alike:
            return False
        return self.bar(person, seen) <= seen.alike[person] < likeness

    def score(self, person: int, seen: Sighting, frame: int | None = None, time: float | None = None) -> Score:
        """Return a face's score as somebody's."""
        bar = self.bar(person, seen)
        likeness = self.calibration.likeness(seen.turn, seen.eyes)
        return Score(
            who=self.expected[person].who,
            judge=self.calibration.judge,
            value=seen.alike[person],
            bar=bar,
            likeness=None if likeness is None else max(likeness, bar),
            turn=seen.turn,
            face_px=seen.eyes,
            frame=frame,
            time=time,
        )


def unscorable(seen: Sighting, calibration: Calibration, who: str = "") -> Finding | None:
    """Return why a face, taken for `who`, cannot be scored, or None when it can."""
    if seen.eyes < calibration.smallest_eyes:
        return note("not-scorable", "the face is too small to score", seen, seen.eyes, calibration.smallest_eyes, who)
    if abs(seen.turn) > calibration.widest_turn:
        return note(
            "not-scorable", "the head is turned too far to score", seen, seen.turn, calibration.widest_turn, who
        )
    if seen.detail < calibration.least_detail:
        return note(
            "not-scorable", "the face is too blurred to score", seen, seen.detail, calibration.least_detail, who
        )
    return None


def raised(bar: float, nearest: float | None) -> float:
    """Return a character's bar, lifted above the most alike other member of the cast."""
    return bar if nearest is None else min(max(bar, nearest + MARGIN), bar + MOST_RAISED)


def ruled(
    company: Company, seen: Sequence[Sighting], faces: Faces = "expected"
) -> tuple[tuple[Score, ...], tuple[Finding, ...]]:
    """Return the scores and findings of one picture."""
    if faces == "any":
        return (), ()
    if faces == "none" or not company.expected:
        return (), tuple(unexpected(s) for s in seen if s.confidence >= SURE)
    calibration = company.calibration
    scorable = [s for s in seen if unscorable(s, calibration) is None]
    # What is surely a face is rather theirs than what may be none.
    hidden = sorted((s for s in seen if unscorable(s, calibration) is not None), key=lambda s: s.confidence < SURE)
    scores: list[Score] = []
    findings: list[Finding] = []
    placed: dict[int, Sighting] = {}
    strangers = list(scorable)
    for i, face in enumerate(matched(company, scorable)):
        found = None if face is None else scorable[face]
        if found is None or found.alike[i] < calibration.stranger:
            findings.append(absent(company.expected[i], hidden, calibration))
            continue
        strangers.remove(found)
        placed[i] = found
        scores.append(company.score(i, found))
        findings += short_of(scores[-1], found.box)
        findings += doubted(company, i, [found])
    findings += exchanged(company, placed)
    findings += _counted([extra(s, company) for s in strangers if s.confidence >= SURE])
    findings += crowded(seen, [s for s in hidden if s.confidence >= SURE], len(company.expected))
    return tuple(scores), tuple(findings)


def _counted(found: Sequence[Finding]) -> list[Finding]:
    """Return each code once for each person, at its first place, and how often it was found."""
    times = Counter((f.code, f.who) for f in found)
    first = {(f.code, f.who): f for f in reversed(found)}
    return [
        first[key].changed(message=f"{first[key].message} ({count} faces)") if count > 1 else first[key]
        for key, count in times.items()
    ]


def matched(company: Company, scorable: Sequence[Sighting]) -> tuple[int | None, ...]:
    """Return for everybody expected the number of the face that is theirs, no face twice, as the whole fits best."""
    return assigned([[company.excess(i, s) for s in scorable] for i in range(len(company.expected))])


def short_of(score: Score, box: tuple[int, int, int, int] | None = None) -> list[Finding]:
    """Return what is found of a score: drift under the verification bar, unlike under the likeness bar alone."""
    code: FaceCode
    if score.value < score.bar:
        code, limit, message = "drift", score.bar, f"this does not look like {score.who}"
    elif score.likeness is not None and score.value < score.likeness:
        code, limit, message = "unlike", score.likeness, f"this is {score.who}, but less alike than a take to keep"
    else:
        return []
    return [
        Finding(
            code=code,
            message=message,
            who=score.who,
            number=score.value,
            limit=limit,
            frame=score.frame,
            time=score.time,
            box=box,
        )
    ]


def doubted(company: Company, person: int, seen: Sequence[Sighting]) -> list[Finding]:
    """Return that the second judge does not take faces for somebody, whom the first is not sure of."""
    asked = [s for s in seen if s.second and company.doubt(person, s)]
    if company.second is None or not asked:
        return []
    value = median(s.second[person] for s in asked)
    limit = median(company.second.bar(s.turn, s.eyes) for s in asked)
    who = company.expected[person].who
    message = f"{company.second.judge}, the second judge, does not take this for {who}"
    if value >= limit:
        return []
    # His numbers lie on a scale of their own.
    return [note("drift", message, asked[0], value, limit, who).changed(band=company.second.fix_band)]


def absent(character: ExpectedFace, hidden: list[Sighting], calibration: Calibration) -> Finding:
    """Return why somebody was not seen; a face that cannot be scored is taken for theirs, once."""
    reason = unscorable(hidden.pop(0), calibration, character.who) if hidden else None
    if abs(character.turn) > calibration.widest_turn:
        return Finding(
            code="away",
            message=f"{character.who} is turned away as planned, and no face can be scored",
            who=character.who,
            number=character.turn,
            limit=calibration.widest_turn,
        )
    message = f"{character.who} is expected and not found"
    return reason or Finding(code="missing", message=message, who=character.who)


def exchanged(company: Company, placed: dict[int, Sighting]) -> list[Finding]:
    """Return who has changed places: people surely known who stand the other way round than the shot list says."""
    found = []
    sure = [i for i in sorted(placed) if company.excess(i, placed[i]) >= 0 and company.expected[i].place is not None]
    for one, other in combinations(sure, 2):
        planned = ORDER[company.expected[one].place or "centre"] - ORDER[company.expected[other].place or "centre"]
        apart = placed[one].centre - placed[other].centre
        width = max(placed[one].box[2], placed[other].box[2])
        if planned * apart < 0 and abs(apart) > width / 2:
            left, right = (one, other) if apart < 0 else (other, one)
            names = company.expected[left].who, company.expected[right].who
            message = f"{names[0]} and {names[1]} have changed places: {names[0]} is on the left"
            found.append(note("swapped", message, placed[left], who=names[0]))
    return found


def extra(seen: Sighting, company: Company) -> Finding:
    """Return what a face is that is left over: somebody expected once more, or a stranger."""
    best = max(range(len(company.expected)), key=lambda i: seen.alike[i])
    bar = company.bar(best, seen)
    if seen.alike[best] >= bar:
        who = company.expected[best].who
        return note("double", f"{who} is in the picture more than once", seen, seen.alike[best], bar, who)
    return note("stranger", "somebody is in the picture who is not in the shot", seen, seen.alike[best], bar)


def crowded(seen: Sequence[Sighting], unknown: Sequence[Sighting], expected: int) -> list[Finding]:
    """Return that people are seen beyond the shot's, whose faces nobody can score; strangers tell of the others."""
    count = sum(s.confidence >= SURE for s in seen)
    if not unknown or count <= expected:
        return []
    message = f"{count} people are seen where the shot has {expected}; not every face can be scored"
    return [note("headcount", message, unknown[0], count, expected)]


def unexpected(seen: Sighting) -> Finding:
    """Return that a face is seen where nobody is expected."""
    return note("unexpected-face", "nobody is expected here", seen)


def note(  # noqa: PLR0913, PLR0917 - the fields of a finding
    code: FaceCode,
    message: str,
    seen: Sighting,
    number: float | None = None,
    limit: float | None = None,
    who: str = "",
) -> Finding:
    """Return a finding about one face."""
    return Finding(code=code, message=message, who=who, number=number, limit=limit, box=seen.box)
