"""Puts findings and scores into words."""

from __future__ import annotations

from charforge.domain.takes import Finding
from charforge.studio.reports.judging import Meaning

CODES = {
    "drift": "below the bar: not surely this person",
    "unlike": "this person, yet not alike enough to keep",
    "missing": "somebody expected is not there",
    "stranger": "somebody is there who is not expected",
    "double": "the same person twice",
    "swapped": "two people changed places",
    "headcount": "more or fewer people than expected",
    "unexpected-face": "a face where nobody is expected",
    "not-scorable": "too small, blurred or turned away to tell",
    "away": "turned away, as planned",
    "ill-posed": "seen only turned or cut off",
    "unreadable": "the file cannot be judged",
    "black": "black pictures",
    "frozen": "nothing moves",
    "letterbox": "black borders",
    "soft": "out of focus",
    "flicker": "brightness jumps from frame to frame",
    "copy-paste": "a reference picture was pasted in",
    "location": "another place than the plate",
    "wardrobe": "other clothes",
    "body": "other proportions",
    "voice": "another voice",
    "words": "other words than the script",
    "clipping": "the sound is cut off at full level",
    "silence": "nothing is heard",
    "lips": "lips and speech do not go together",
}
"""What each code means, for a person who reads it for the first time."""


def numbers(finding: Finding) -> str:
    """Return a finding's number, limit and time: ``0.28, limit 0.41, at 1.25 s``."""
    said = []
    if finding.number is not None:
        said.append(f"{finding.number:.3g}")
    if finding.limit is not None:
        said.append(f"limit {finding.limit:.3g}")
    if finding.time is not None:
        said.append(f"at {finding.time:.2f} s")
    elif finding.frame is not None:
        said.append(f"in frame {finding.frame}")
    return ", ".join(said)


def scored(meaning: Meaning) -> str:
    """Return a score as a line: ``mia 0.81 (bar 0.41), 88 %: surely the same person``."""
    score = meaning.score
    when = "" if score.frame is None else f" in frame {score.frame}"
    return f"{score.who} {score.value:.3f}{when} (bar {score.bar:.3f}), {meaning.percent:.0f} %: {meaning.words}"
