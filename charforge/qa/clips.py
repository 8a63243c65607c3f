"""Decides what the judged frames of a clip mean together. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from charforge.domain.takes import Finding, Score
from charforge.qa.assignment import assigned
from charforge.qa.quality import STILL
from charforge.qa.rules import SURE, absent, crowded, doubted, exchanged, extra, short_of, unexpected
from charforge.qa.tracks import Change, Look, Point, changed_under, follow, parted, posed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from charforge.qa.rules import Company, Sighting
    from charforge.qa.tracks import Alike, Track
    from charforge.qa.watching import Faces

PER_SECOND = 4
"""Frames judged per second of film, besides the first and the last."""
ABSENT = 0.2
"""Share of the judged frames somebody may be missing from, as people do who turn or pass behind something."""
UNLIKE = 0.2
"""Share of the well-posed faces of somebody that may lie a little under the bar."""
TWICE = 2
"""Judged frames in which a face must be surely seen to count as a person."""


def sampled(count: int, rate: Fraction, per_second: int = PER_SECOND) -> tuple[int, ...]:
    """Return the frames of a clip to judge, its first and last among them."""
    step = max(round(rate / per_second), 1)
    return tuple(sorted({*range(0, count, step), count - 1}))


@dataclass(frozen=True, slots=True)
class Summary:
    """What a clip comes to."""

    scores: tuple[Score, ...] = ()
    """For each character the median first, then the worst frame."""
    findings: tuple[Finding, ...] = ()
    curve: tuple[Score, ...] = ()
    """Every score of every judged frame."""


def summed(
    looks: Sequence[Look], company: Company, alike: Alike, faces: Faces = "expected", *, moves: bool = True
) -> Summary:
    """Return what a clip comes to: each face followed, given to the cast as a whole, and judged over its best views."""
    pictures = _pictures(looks, moves=moves)
    if faces == "any":
        return Summary(findings=tuple(pictures))
    if faces == "none" or not company.expected:
        points = [Point(n, s) for n, look in enumerate(looks) for s in look.seen if s.confidence >= SURE]
        return Summary(findings=(*pictures, *_repeated([(unexpected(p.seen), p.at) for p in points], looks)))
    cast = _Cast(looks, company)
    changes: list[Change] = []
    for track in follow(looks, alike, company.calibration.bar(0.0)):
        parts, changed = parted(track, company, alike)
        cast.parts += parts
        changes += changed
    cast.fill()
    findings = [*pictures, *(f for change in changes for f in cast.swap(change)), *cast.places()]
    scores: list[Score] = []
    for person in range(len(company.expected)):
        told, found = cast.judged(person)
        scores += told
        findings += found
    return Summary(tuple(scores), (*findings, *cast.uninvited()), tuple(cast.curve()))


@dataclass(slots=True)
class _Cast:
    """The faces of a clip and whose they are."""

    looks: Sequence[Look]
    company: Company
    parts: list[Track] = field(default_factory=list)
    mine: dict[int, list[Track]] = field(default_factory=dict)
    """Whose faces can be scored, by number."""
    behind: dict[int, list[Track]] = field(default_factory=dict)
    """Faces that can nowhere be scored and are taken for those of whoever is not seen."""
    others: list[Track] = field(default_factory=list)
    hidden: list[Track] = field(default_factory=list)

    def fill(self) -> None:
        """Give every track to somebody, or to nobody."""
        worths = {part: self._worth(part) for part in self.parts}
        self.hidden = sorted((p for p in self.parts if not worths[p]), key=lambda p: (_sure(p), len(p)), reverse=True)
        band = self.company.calibration.fix_band
        sound = [p for p in self.parts if worths[p] and (_sure(p) or max(worths[p]) >= -band)]
        votes = self._votes(sound, worths)
        for part in sorted(sound, key=lambda p: -len(p) * max(worths[p], default=0.0)):
            counted = votes[part].most_common(1)
            person = counted[0][0] if counted else None
            if person is None or self._taken(person, part) or self._stranger(person, part):
                self.others.append(part)
            else:
                self.mine.setdefault(person, []).append(part)
        for person in range(len(self.company.expected)):
            self._excuse(person)

    def _worth(self, part: Track) -> tuple[float, ...]:
        """Return how far over everybody's bar a track is, by its best views; empty where it cannot be scored."""
        points, _ = posed(part, self.company.calibration)
        people = range(len(self.company.expected))
        return tuple(median(self.company.excess(i, p.seen) for p in points) for i in people) if points else ()

    def _votes(self, sound: Sequence[Track], worths: dict[Track, tuple[float, ...]]) -> dict[Track, Counter[int]]:
        """Return for each track in how many judged frames it is whose, nobody being in one of them twice."""
        votes: dict[Track, Counter[int]] = {part: Counter() for part in sound}
        together = Counter(tuple(p for p in sound if any(q.at == at for q in p)) for at in range(len(self.looks)))
        for parts, frames in together.items():
            table = [[worths[p][i] for p in parts] for i in range(len(self.company.expected))]
            for person, chosen in enumerate(assigned(table)):
                if chosen is not None:
                    votes[parts[chosen]][person] += frames
        return votes

    def _taken(self, person: int, part: Track) -> bool:
        seen = {p.at for track in self.mine.get(person, ()) for p in track}
        return any(p.at in seen for p in part)

    def _stranger(self, person: int, part: Track) -> bool:
        points, _ = posed(part, self.company.calibration)
        return median(p.seen.alike[person] for p in points) < self.company.calibration.stranger

    def _excuse(self, person: int) -> None:
        """Take a face that nobody can score for somebody who is not seen meanwhile."""
        for track in list(self.hidden):
            seen = self._frames(person)
            if len(seen) < len(self.looks) and not any(p.at in seen for p in track):
                self.hidden.remove(track)
                self.behind.setdefault(person, []).append(track)

    def _frames(self, person: int) -> set[int]:
        tracks = (*self.mine.get(person, ()), *self.behind.get(person, ()))
        return {p.at for track in tracks for p in track}

    def curve(self) -> Iterator[Score]:
        """Yield every score of every judged frame, in their order."""
        points = [(p.at, i, p.seen) for i, tracks in self.mine.items() for t in tracks for p in t if p.seen.alike]
        for at, person, seen in sorted(points, key=lambda p: p[:2]):
            yield self._score(person, at, seen)

    def judged(self, person: int) -> tuple[list[Score], list[Finding]]:
        """Return somebody's median and worst score, and what is found of them."""
        whole = tuple(sorted((p for t in self.mine.get(person, ()) for p in t), key=lambda p: p.at))
        points, reason = posed(whole, self.company.calibration)
        gone = self._gone(person)
        if not points:
            return [], gone or self._unscored(person)
        scores = [(self._score(person, p.at, p.seen), p.seen) for p in points]
        worst, seen = min(scores, key=lambda s: s[0].value - s[0].bar)
        middle = _middle([score for score, _ in scores])
        findings = self._short(middle, worst, sum(s.value < s.bar for s, _ in scores) / len(scores), seen.box)
        findings += self._doubted(person, points)
        if reason:
            message = f"{worst.who} is judged by what can be seen: {reason}"
            findings.append(Finding(code="ill-posed", message=message, who=worst.who, number=middle.turn))
        return [middle, worst], [*findings, *gone]

    def _score(self, person: int, at: int, seen: Sighting) -> Score:
        look = self.looks[at]
        return self.company.score(person, seen, look.frame, look.time)

    def _short(self, middle: Score, worst: Score, under: float, box: tuple[int, int, int, int]) -> list[Finding]:
        """Return a finding for a median under a bar, too many faces under it, or one farther under than a near miss."""
        found = short_of(middle, box)
        if (not found or found[0].code == "unlike") and (
            under > UNLIKE or worst.value < worst.bar - self.company.calibration.fix_band
        ):
            found = short_of(worst, box)
        return [f.changed(frame=worst.frame, time=worst.time) for f in found]

    def _doubted(self, person: int, points: Sequence[Point]) -> list[Finding]:
        """Return that the second judge does not take somebody's doubtful faces for them, where there are several."""
        asked = [p for p in points if p.seen.second and self.company.doubt(person, p.seen)]
        if len(asked) < min(TWICE, len(points)):
            return []
        return [self._placed(f, asked[0].at) for f in doubted(self.company, person, [p.seen for p in asked])]

    def _gone(self, person: int) -> list[Finding]:
        """Return that somebody is missing from more frames than may be."""
        there = self._frames(person)
        lit = [n for n, look in enumerate(self.looks) if not look.black]
        missing = [n for n in lit if n not in there]
        if len(missing) <= ABSENT * len(lit):
            return []
        found = absent(self.company.expected[person], [], self.company.calibration)
        at = self.looks[missing[0]]
        if found.code != "missing":
            return [found]
        message = f"{found.who} is missing from {len(missing)} of {len(lit)} judged frames"
        share = len(missing) / len(lit)
        return [found.changed(message=message, number=share, limit=ABSENT, frame=at.frame, time=at.time)]

    def _unscored(self, person: int) -> list[Finding]:
        """Return the commonest reason why somebody's face could nowhere be scored."""
        points = [p for track in self.behind.get(person, ()) for p in track]
        reasons = [(absent(self.company.expected[person], [p.seen], self.company.calibration), p) for p in points]
        common = Counter(f.message for f, _ in reasons).most_common(1)
        return [self._placed(f, p.at) for f, p in reasons if common and f.message == common[0][0]][:1]

    def _placed(self, finding: Finding, at: int) -> Finding:
        return finding.changed(frame=self.looks[at].frame, time=self.looks[at].time)

    def swap(self, change: Change) -> list[Finding]:
        """Return the alarm of a face of the cast that becomes another, or comes out of another.

        Leaves and pictures on the wall, taken for faces, are now this and now that and concern nobody.
        """
        before, after = self._name(change.before), self._name(change.after)
        if before == after == SOMEBODY or not (_sure(change.before) and _sure(change.after)):
            return []
        point = change.after[0]
        message = f"the face of {before} becomes that of {after if after != before else SOMEBODY}"
        number, limit = change.alike, changed_under(change.before[-1], point, self.company.calibration)
        found = Finding(code="swapped", message=message, number=number, limit=limit, box=point.seen.box)
        return [self._placed(found.changed(who=before if before != SOMEBODY else ""), point.at)]

    def _name(self, part: Track) -> str:
        """Return who a track surely is."""
        worth = self._worth(part)
        best = max(range(len(worth)), key=worth.__getitem__, default=0)
        return self.company.expected[best].who if worth and worth[best] >= 0 else SOMEBODY

    def places(self) -> list[Finding]:
        """Return who stands the other way round than planned when they are first seen together."""
        at: dict[int, dict[int, Sighting]] = {}
        for person, tracks in self.mine.items():
            for point in posed(tuple(p for t in tracks for p in t), self.company.calibration)[0]:
                at.setdefault(point.at, {})[person] = point.seen
        first = next((n for n in sorted(at) if len(at[n]) == len(self.company.expected)), None)
        return [] if first is None else [self._placed(f, first) for f in exchanged(self.company, at[first])]

    def uninvited(self) -> list[Finding]:
        """Return the people who are seen besides those expected."""
        left = [(extra(p.seen, self.company), p.at) for t in self.others for p in t if p.seen.alike and _clear(p)]
        crowd = [p for track in self.hidden for p in track if _clear(p)]
        people = {p.at: crowded(self.looks[p.at].seen, [p.seen], len(self.company.expected))[0] for p in crowd}
        return [*_repeated(left, self.looks), *_repeated([(f, at) for at, f in people.items()], self.looks)]


SOMEBODY = "somebody else"


def _clear(point: Point) -> bool:
    return point.seen.confidence >= SURE


def _sure(track: Track) -> bool:
    return any(_clear(p) for p in track)


def _repeated(found: Sequence[tuple[Finding, int]], looks: Sequence[Look]) -> list[Finding]:
    """Return what was found in two judged frames, or in the only one, each code once, at its first frame."""
    frames = Counter(code for code, _ in {(f.code, at) for f, at in found})
    told = []
    for code, count in frames.items():
        if count >= min(TWICE, len(looks)):
            first, at = min(((f, at) for f, at in found if f.code == code), key=lambda pair: pair[1])
            message = f"{first.message} ({count} of {len(looks)} judged frames)"
            told.append(first.changed(message=message, frame=looks[at].frame, time=looks[at].time))
    return told


def _pictures(looks: Sequence[Look], *, moves: bool) -> list[Finding]:
    """Return what is wrong with the pictures, whoever is in them."""
    dark = next((look for look in looks if look.black), None)
    if dark is not None:
        return [Finding(code="black", message="the picture is black", frame=dark.frame, time=dark.time)]
    run, longest, at = 0, 0, looks[0] if looks else Look(0)
    for look in looks:
        run = run + 1 if look.change is not None and look.change < STILL else 0
        if run > longest:
            longest, at = run, look
    if not moves or longest < min(2, max(len(looks) - 1, 1)):
        return []
    message = "nothing moves, though something should"
    return [Finding(code="frozen", message=message, number=float(longest), limit=1.0, frame=at.frame, time=at.time)]


def _middle(scores: Sequence[Score]) -> Score:
    bars = [s.likeness for s in scores if s.likeness is not None]
    return Score(
        who=scores[0].who,
        judge=scores[0].judge,
        value=median(s.value for s in scores),
        bar=median(s.bar for s in scores),
        likeness=median(bars) if bars else None,
        turn=median(abs(s.turn or 0.0) for s in scores),
        face_px=median(s.face_px or 0.0 for s in scores),
    )
