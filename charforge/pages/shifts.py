"""Draws scores before and after as SVG: one line for each shot, from its old score to its new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH = 360
LEFT, RIGHT, TOP, ROW, FOOT = 128, 14, 16, 17, 22


@dataclass(frozen=True, slots=True)
class Move:
    """One shot's score before and after."""

    name: str
    before: float
    after: float
    wrong: bool = False


def moves(lines: Sequence[Move], *, bar: float | None, title: str) -> Markup:
    """Return the shots under one another, each a line from a hollow dot (before) to a full one (after).

    `bar` is drawn as an upright line. Raises ValueError without a shot.
    """
    if not lines:
        message = "a plot of shifts needs a shot"
        raise ValueError(message)
    numbers = [n for line in lines for n in (line.before, line.after)] + ([] if bar is None else [bar])
    low, high = min(numbers), max(numbers)
    edge = (high - low) * 0.06 or 0.05
    low, high = low - edge, high + edge
    height = TOP + ROW * len(lines) + FOOT

    def at(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    rows = "".join(_row(line, at(line.before), at(line.after), TOP + ROW * (n + 0.5)) for n, line in enumerate(lines))
    base = TOP + ROW * len(lines)
    ticks = "".join(_text(at(v), base + 14, f"{v:.2f}", "middle") for v in (low + edge, (low + high) / 2, high - edge))
    mark = ""
    if bar is not None:
        mark = (
            f'<path class="bar" d="M{at(bar):.1f} {TOP}V{base}"/>{_text(at(bar), TOP - 4, f"bar {bar:.2f}", "middle")}'
        )
    return Markup(  # noqa: S704 - numbers of ours, and words that are escaped
        f'<svg class="moves" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f'<path class="axis" d="M{LEFT} {TOP}V{base}H{WIDTH - RIGHT}"/>{mark}{ticks}{rows}</svg>'
    )


def _row(line: Move, before: float, after: float, y: float) -> str:
    kind = "wrong" if line.wrong else "kept"
    told = escape(f"{line.name}: {line.before:.3f} -> {line.after:.3f}")
    return (
        f'<g class="{kind}"><title>{told}</title>{_text(LEFT - 6, y + 3.5, line.name, "end")}'
        f'<path class="move" d="M{before:.1f} {y:.1f}H{after:.1f}"/>'
        f'<circle class="before" cx="{before:.1f}" cy="{y:.1f}" r="3.4"/>'
        f'<circle class="after" cx="{after:.1f}" cy="{y:.1f}" r="3.4"/></g>'
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
