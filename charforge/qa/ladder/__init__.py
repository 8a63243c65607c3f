"""The fix ladder: what to try on a take that failed, in which order, and whether it helped. Pure, but for its data."""

from charforge.qa.ladder.choosing import considered, remedy
from charforge.qa.ladder.keeping import (
    RULES,
    changed_face,
    keeps,
    lowest,
    margin,
    neighbours,
    of,
    spilled,
    undone,
    worsened,
)
from charforge.qa.ladder.pasting import Pasted, pasted, shows
from charforge.qa.ladder.policy import REPAIRS, Policy, Rung, shipped, tuned
from charforge.qa.ladder.sequence import Offset, shared
from charforge.qa.ladder.situation import FACES, Face, Fixer, Model, Other, Situation, Spare, Tryable
from charforge.qa.ladder.stretches import failing, smoothed, track

__all__ = [
    "FACES",
    "REPAIRS",
    "RULES",
    "Face",
    "Fixer",
    "Model",
    "Offset",
    "Other",
    "Pasted",
    "Policy",
    "Rung",
    "Situation",
    "Spare",
    "Tryable",
    "changed_face",
    "considered",
    "failing",
    "keeps",
    "lowest",
    "margin",
    "neighbours",
    "of",
    "pasted",
    "remedy",
    "shared",
    "shipped",
    "shows",
    "smoothed",
    "spilled",
    "track",
    "tuned",
    "undone",
    "worsened",
]
