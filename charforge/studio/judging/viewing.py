"""Chooses the picture that a verdict is about, and draws its boxes into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from charforge.domain.takes import Finding, Score, Verdict
from charforge.pages import inline
from charforge.pages.judged import Box
from charforge.qa.severity import severities
from charforge.studio.judging.files import Kind
from charforge.studio.judging.looking import picture

LARGE, SMALL = 720, 240
"""Width of a picture with something to see, and of one that passes."""
TONES = {"fail": "bad", "near": "bad", "fix": "warn", "ask": "warn", "note": "plain"}
"""Of a box, by what its finding amounts to."""
_ORDER = ("fail", "near", "fix", "ask", "note")


@dataclass(frozen=True, slots=True)
class View:
    """A picture for the page."""

    picture: str
    """Its address."""
    caption: str
    """Which frame it is; empty for a still."""
    boxes: tuple[Box, ...]


def seen(file: Path, verdict: Verdict, kind: Kind) -> View:
    """Return the picture of a verdict: of a clip, the frame of its gravest finding, or else its least alike one."""
    moment = _moment(verdict) if kind == "clip" else None
    frame = moment.frame if moment else None
    pixels, scale = picture(file, frame)
    height, width = pixels.shape[0] * scale, pixels.shape[1] * scale
    shown = sorted((f for f in verdict.findings if f.box and (kind == "picture" or f.frame == frame)), key=_gravity)
    boxes = tuple(_box(finding, width, height) for finding in reversed(shown))
    address = inline(pixels, SMALL if verdict.passed() else LARGE)
    return View(address, _caption(moment) if kind == "clip" else "", boxes)


def _gravity(finding: Finding) -> int:
    return _ORDER.index(severities()[finding.code])


def _moment(verdict: Verdict) -> Finding | Score | None:
    found = sorted((f for f in verdict.findings if f.frame is not None), key=lambda f: (_gravity(f), f.box is None))
    if found:
        return found[0]
    scored = [s for s in (*verdict.curve, *verdict.scores) if s.frame is not None]
    return min(scored, key=lambda s: s.value - s.bar, default=None)


def _caption(moment: Finding | Score | None) -> str:
    if moment is None or moment.frame is None:
        return "frame 0"
    return f"frame {moment.frame}" + ("" if moment.time is None else f" at {moment.time:.2f} s")


def _box(finding: Finding, width: float, height: float) -> Box:
    x, y, wide, tall = finding.box or (0, 0, 0, 0)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + wide, width), min(y + tall, height)
    words = " ".join(filter(None, (finding.who, finding.code)))
    return Box(
        100 * left / width,
        100 * top / height,
        100 * max(right - left, 0) / width,
        100 * max(bottom - top, 0) / height,
        words,
        TONES[severities()[finding.code]],  # type: ignore[arg-type] # each is a tone
    )
