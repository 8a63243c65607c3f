"""Small plots as SVG, drawn into a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 300, 150
LEFT, RIGHT, TOP, BOTTOM = 34, 10, 12, 30


@dataclass(frozen=True, slots=True)
class Axes:
    """The numbers that a plot's edges stand for."""

    low: float
    high: float
    floor: float
    roof: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is drawn."""
        across = (x - self.low) / (self.high - self.low)
        up = (y - self.floor) / (self.roof - self.floor)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def curve(points: Sequence[tuple[float, float]], *, across: str, bar: float | None, kept: float | None) -> Markup:
    """Return likeness (upwards) against what was reached (to the right) as an SVG.

    `across` names what was reached, such as `degrees`; `bar` is drawn as a line, and the point whose reach is nearest
    `kept` is marked. Raises ValueError without a point.
    """
    if not points:
        message = "a curve needs a point"
        raise ValueError(message)
    ordered = sorted(points)
    axes = _axes(ordered, bar)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (axes.at(*point) for point in ordered))
    dots = "".join(_dot(axes, point, 2.2, "dot") for point in ordered)
    if kept is not None:
        dots += _dot(axes, min(ordered, key=lambda p: abs(p[0] - kept)), 4.5, "kept")
    title = f"likeness against {across}: {_words(ordered[0])} to {_words(ordered[-1])}"
    return Markup(  # noqa: S704 - numbers of ours, and words that are escaped
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{_frame(axes, across)}{_line(axes, bar)}"
        f'<polyline class="front" points="{path}"/>{dots}</svg>'
    )


def _axes(points: Sequence[tuple[float, float]], bar: float | None) -> Axes:
    reaches = [x for x, _ in points]
    likenesses = [y for _, y in points] + ([] if bar is None else [bar])
    low, high = min(reaches), max(reaches)
    floor, roof = min(likenesses), max(likenesses)
    wide, tall = (high - low) * 0.04 or 0.5, (roof - floor) * 0.08 or 0.05
    return Axes(low - wide, high + wide, floor - tall, roof + tall)


def _frame(axes: Axes, across: str) -> str:
    base, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    below = (_text((axes.at(x, axes.floor)[0], base + 13), _short(x), "middle") for x in _inner(axes.low, axes.high))
    beside = ((axes.at(axes.low, y)[1] + 3, f"{y:.2f}") for y in _inner(axes.floor, axes.roof))
    ticks = "".join([*below, *(_text((LEFT - 4, y), text) for y, text in beside)])
    return f'<path class="axis" d="M{LEFT} {TOP}V{base}H{right}"/>{ticks}{_text((right, HEIGHT - 4), across)}'


def _line(axes: Axes, bar: float | None) -> str:
    if bar is None:
        return ""
    y = axes.at(axes.low, bar)[1]
    right = WIDTH - RIGHT
    return f'<path class="bar" d="M{LEFT} {y:.1f}H{right}"/>{_text((right, y - 3), f"bar {bar:.2f}")}'


def _text(at: tuple[float, float], words: str, anchor: str = "end") -> str:
    return f'<text class="tick" x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _dot(axes: Axes, point: tuple[float, float], size: float, kind: str) -> str:
    x, y = axes.at(*point)
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"><title>{_words(point)}</title></circle>'


def _inner(low: float, high: float) -> tuple[float, ...]:
    """Return three places within an axis."""
    return tuple(low + (high - low) * share for share in (0.1, 0.5, 0.9))


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 3 else f"{number:.2f}"


def _words(point: tuple[float, float]) -> str:
    return f"{_short(point[0])}: {point[1]:.2f}"
