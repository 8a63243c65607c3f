"""Draws how alike somebody is through a clip, as SVG within a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

WIDTH, HEIGHT = 420, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 26
BASE, EDGE = HEIGHT - BOTTOM, WIDTH - RIGHT
COLOURS = 4
"""Lines whose colours differ; a fifth person's begins anew."""
GAP = 2.5
"""How many times the usual distance between looks breaks a line: in between, the face was not to be scored."""


@dataclass(frozen=True, slots=True)
class Track:
    """One person through a clip."""

    who: str
    points: tuple[tuple[float, float], ...]
    """Seconds and per cent, in order."""


def drift_curve(
    tracks: Sequence[Track], seconds: float, bars: Sequence[tuple[float, str]], worst: tuple[float, float] | None
) -> Markup:
    """Return per cent (upwards, 0 to 100) against seconds as an SVG; `bars` are drawn across, `worst` is marked.

    Raises ValueError without a point.
    """
    times = sorted({time for track in tracks for time, _ in track.points})
    if not times:
        message = "a curve needs a point"
        raise ValueError(message)
    last = max(seconds, times[-1], 1e-6)
    usual = sorted(later - earlier for earlier, later in pairwise(times))
    step = usual[len(usual) // 2] if usual else last
    lines = "".join(_track(track, n % COLOURS, last, step * GAP) for n, track in enumerate(tracks))
    words = ", ".join(f"{t.who} {min(p for _, p in t.points):.0f} % at worst" for t in tracks if t.points)
    return Markup(  # noqa: S704 - numbers of ours, and words that are escaped
        f'<svg class="drift" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">'
        f"{_axes(last)}{''.join(_bar(percent, text) for percent, text in bars)}{lines}"
        f"{_names(tracks) if len(tracks) > 1 else ''}{_worst(worst, last) if worst else ''}</svg>"
    )


def _across(time: float, last: float) -> float:
    return LEFT + min(max(time / last, 0.0), 1.0) * (EDGE - LEFT)


def _up(percent: float) -> float:
    return BASE - min(max(percent, 0.0), 100.0) / 100 * (BASE - TOP)


def _axes(last: float) -> str:
    unit = next((u for u in (0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600) if last / u <= 8), last / 4)
    ticks = [unit * n for n in range(int(last / unit + 1e-6) + 1)]
    below = "".join(_text(_across(t, last), BASE + 15, f"{t:g} s", "middle") for t in ticks)
    beside = "".join(_text(LEFT - 6, _up(p) + 4, f"{p} %", "end") for p in (0, 50, 100))
    return f'<path class="axis" d="M{LEFT} {TOP}V{BASE}H{EDGE}"/>{below}{beside}'


def _bar(percent: float, words: str) -> str:
    y = _up(percent)
    return f'<path class="bar" d="M{LEFT} {y:.1f}H{EDGE}"/>{_text(LEFT + 5, y - 4, words, "start")}'


def _track(track: Track, colour: int, last: float, gap: float) -> str:
    """Return a person's line, broken where they were not scored for a while, and a dot for each look."""
    pieces: list[list[tuple[float, float]]] = []
    for point in track.points:
        if not pieces or point[0] - pieces[-1][-1][0] > gap:
            pieces.append([])
        pieces[-1].append(point)
    paths = "".join(
        f'<polyline points="{" ".join(f"{_across(t, last):.1f},{_up(p):.1f}" for t, p in piece)}"/>' for piece in pieces
    )
    dots = "".join(
        f'<circle cx="{_across(t, last):.1f}" cy="{_up(p):.1f}" r="2.2"><title>{t:.2f} s: {p:.0f} %</title></circle>'
        for t, p in track.points
    )
    return f'<g class="track c{colour}">{paths}{dots}</g>'


def _names(tracks: Sequence[Track]) -> str:
    """Return who is which line, in a row at the foot of the plot, where scores seldom lie."""
    said, x = "", LEFT + 10.0
    for n, track in enumerate(tracks):
        said += f'<text class="name c{n % COLOURS}" x="{x:.1f}" y="{BASE - 7}">{escape(track.who)}</text>'
        x += 14 + 8 * len(track.who)
    return said


def _worst(point: tuple[float, float], last: float) -> str:
    x, y = _across(point[0], last), _up(point[1])
    anchor = "start" if x < LEFT + 60 else "end" if x > EDGE - 60 else "middle"
    below = y + 18 if y + 18 < BASE - 4 else y - 10
    words = f"{point[1]:.0f} % at {point[0]:.2f} s"
    return f'<circle class="worst" cx="{x:.1f}" cy="{y:.1f}" r="6"/>{_text(x, below, words, anchor, "tick worst")}'


def _text(x: float, y: float, words: str, anchor: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
