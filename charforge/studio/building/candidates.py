"""Faces to choose from: drawn by the embedded generator from seeds, or by a still model from words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.backends.portrait import casting as faces
from charforge.library.checks import Examiners, check
from charforge.studio.building import wishes
from charforge.studio.building.drawing import Asked, Drawer

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB, Vector
    from charforge.domain.assets import Origin
    from charforge.domain.checks import Checked
    from charforge.planner import Model
    from charforge.studio.building.bench import Bench

Telling = Callable[[str, int, int], None]
TRUNCATION = faces.TRUNCATION
CUT, CHIN, TURN = 0.01, 0.95, 12.0
"""What a head may be cut at the edges, how low its chin may stand, both as shares, and how far it may be turned."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face that was drawn."""

    seed: int
    pixels: RGB
    why_not: tuple[str, ...]
    """What keeps it from being cast, each with its number and limit."""
    checked: Checked
    rank: float
    origin: Origin | None = None

    @property
    def usable(self) -> bool:
        """Whether a film can work with it."""
        return not self.why_not


def embedded(bench: Bench, seeds: range, telling: Telling) -> tuple[Face, ...]:
    """Return the faces that the embedded generator draws for these seeds, the easiest to work with first."""
    examiners = examiners_of(bench)
    found = []
    for drawn in faces.candidates(bench.studio, seeds, telling):
        checked = check(drawn.pixels, "headshot", examiners, generated=True)
        rank = drawn.chin + abs(drawn.turn) / 200 + drawn.cut
        found.append(Face(drawn.seed, drawn.pixels, tuple(_why_not(drawn)), checked, rank))
    return _ordered(found)


def drawbacks(bench: Bench, seed: int) -> tuple[str, ...]:
    """Return what would keep the face of a seed from being cast; the search for a calm master mends some of it."""
    found = faces.candidates(bench.studio, (seed,), lambda *_: None)
    return tuple(reason for drawn in found for reason in _why_not(drawn))


def modelled(bench: Bench, model: Model, seeds: range, described: str) -> tuple[Face, ...]:
    """Return the faces that a still model draws of somebody who is described in words, the best first."""
    drawer = Drawer(bench, model)
    asked = Asked("casting", wishes.HEADSHOT, described=described)
    examiners = examiners_of(bench)
    found = []
    for drawn in drawer.draw(asked, seeds):
        checked = check(drawn.pixels, "headshot", examiners, generated=True)
        why_not = [str(rule) for rule in checked.failed()]
        assert drawn.origin.seed is not None
        found.append(
            Face(drawn.origin.seed, drawn.pixels, tuple(why_not), checked, len(checked.warned()), drawn.origin)
        )
    return _ordered(found)


def examiners_of(bench: Bench) -> Examiners:
    """Return the models that check pictures on this bench."""
    return Examiners(bench.judges[0], bench.landmark, bench.matting)


def calm(bench: Bench, seed: int, telling: Telling, apart: Vector | None = None) -> faces.Master:
    """Return the person of a seed, frontal, calm, lips closed; `apart` is a face they must not resemble."""
    return faces.master(bench.studio, seed, telling, apart)


def _ordered(found: list[Face]) -> tuple[Face, ...]:
    return tuple(sorted(found, key=lambda f: (not f.usable, f.rank)))


def _why_not(drawn: faces.Candidate) -> Iterator[str]:
    if drawn.cut >= CUT:
        yield f"hair leaves the picture along {100 * drawn.cut:.1f} % of its edge; less than {100 * CUT:.0f} % may"
    if drawn.chin >= CHIN:
        yield f"the chin stands at {100 * drawn.chin:.0f} % of the height; no neck is seen from {100 * CHIN:.0f} % on"
    if abs(drawn.turn) >= TURN:
        yield f"the head is turned by {drawn.turn:.0f} degrees; a master is found from less than {TURN:.0f}"
