"""Heads of cast characters, drawn by the embedded face generator.

Settings of a still: `strategy` is `locked` (draw the rig's `pose` as it was accepted), `plain` (move that pose along
the population's direction of turn, as a model without memory does: the person drifts) or `constrained` (search for the
turn under an identity constraint, about 0.4 s a head on one thread); `pose` (default `front`); `turn` in degrees;
`expression`; `steps` of the search (default 24); `relearn`, heads drawn first to learn the neighbourhood of the pose
(default 60 beyond 30 degrees, where the front's no longer holds). The `rig` input is needed. The attachment `style` is
the style drawn, (8, 512) float32 as raw bytes, which a clip is animated from.
The revision names OpenVINO's version, the model files and the shipped basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge.backends.portrait import basis, rig, wishes
from charforge.backends.portrait.measures import Eye, Measured
from charforge.backends.portrait.network import Network, spread
from charforge.backends.portrait.search import COARSE, Around, Budget, explore, search
from charforge.backends.protocols import FaceBackend, LandmarkBackend, Picture
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.portrait.search import Wish
    from charforge.backends.protocols import RGB, Home, Kit, Vector
    from charforge.domain.jobs import StillJob

SEEDED = 0.12
"""How far a seed moves a plain take, in standard deviations of each component."""
STRIDE = 0.72
"""Share of the fitted direction that turns a head by the degrees asked for; far turns go further than a line says.
Measured on the pilot's cast."""
FAR, FAR_NEIGHBOURS = 30.0, 60
STRATEGIES = ("locked", "plain", "constrained")


@dataclass(frozen=True, slots=True)
class _Order:
    strategy: str
    pose: str
    turn: float
    expression: str
    steps: int
    relearn: int
    seed: int


class Portrait:
    """StillBackend and GeneratorBackend `portrait`; safe to share between threads, which then take turns."""

    name: ClassVar[str] = "portrait"
    licence: ClassVar[str] = "Apache-2.0 (package); trained on FFHQ, whose pictures are non-commercial"
    weights: ClassVar[tuple[str, ...]] = (
        "stylegan-mapping",
        "stylegan-mapping-bin",
        "stylegan-synthesis",
        "stylegan-synthesis-bin",
    )
    needs: ClassVar[tuple[str, ...]] = ("face", "landmark")
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._network: Network | None = None

    @property
    def revision(self) -> str:
        """Names OpenVINO's version, the model files and the shipped basis."""
        from importlib.metadata import version

        runtime = ".".join(version("openvino").split(".")[:2])
        digests = "+".join(self._home.weight_digest(w)[:8] for w in self.weights)
        return f"1;openvino-{runtime};{digests};basis-{basis.digest()[:8]}"

    def style(self, seed: int, truncation: float = 0.6) -> Vector:
        """Return the style of a seed, (512,) float32; lower truncation is nearer the average face."""
        return basis.shipped().truncated(self.network.style(seed), truncation)

    def generate(self, style: Vector) -> RGB:
        """Return the head of a style of 512 or 8 x 512 numbers, flat or not; 1024 x 1024."""
        return self.network.draw(style)

    @property
    def network(self) -> Network:
        """Return the generator, made on first use."""
        if self._network is None:
            mapping, mapping_bin, synthesis, synthesis_bin = (self._home.weight(w) for w in self.weights)
            self._network = Network((mapping, mapping_bin), (synthesis, synthesis_bin), self._home.threads)
        return self._network

    def still(self, job: StillJob, kit: Kit) -> Picture:
        """Return the head as ordered, with its style attached; raise RenderFailed when the rig cannot do it."""
        order = _order(job)
        source = job.input("rig")
        if source is None:
            message = "a head needs the character's rig"
            raise RenderFailed(message, "build the character: charforge library build NAME")
        known = rig.read(kit.file(source).read_bytes())
        notes: dict[str, float | str] = {"strategy": order.strategy, "pose": order.pose}
        if order.strategy == "constrained":
            style, found = self._constrained(order, known, kit)
            notes |= found
        else:
            kit.step(0, 1)
            style = known.pose(order.pose) if order.strategy == "locked" else _plain(order, known)
        pixels = _sized(self.generate(style), job.width, job.height)
        return Picture(pixels, {"style": np.ascontiguousarray(style, np.float32).tobytes()}, notes)

    def _constrained(self, order: _Order, known: rig.Rig, kit: Kit) -> tuple[Vector, dict[str, float | str]]:
        eye = Eye(
            self.generate,
            kit.tool(FaceBackend),  # type: ignore[type-abstract]
            kit.tool(LandmarkBackend),  # type: ignore[type-abstract]
        )
        front = known.pose("front")
        base = eye.see(front)
        if base is None:
            message = "no face can be measured in the rig's front pose"
            raise RenderFailed(message, "build the character again")
        around = Around(spread(front), base, known.whole_slopes(), basis.shipped())
        wish, start = _wish(order, base), None
        solves = max(1, order.steps * 2 // 5)
        budget = Budget(order.seed, order.relearn, solves, order.steps - solves, kit.step)
        if order.pose != "front":
            start = move_between(front, known.pose(order.pose))
        if order.relearn:
            near = around.style if start is None else around.moved(start)
            around, start = explore(near, basis.shipped(), eye, budget, around.slopes), None
        found = search(around, wish, eye, budget, start)
        likeness = float(np.dot(found.seen.face, base.face))
        return found.style, {
            "turn": round(found.seen.marks.turn, 1),
            "likeness": round(likeness, 4),
            "drawn": found.drawn + order.relearn,
        }


def move_between(front: Vector, pose: Vector) -> NDArray[np.float32]:
    """Return the move that leads from one style to another, as far as moves can."""
    known = basis.shipped()
    change = (spread(pose) - spread(front))[list(COARSE)]
    return np.asarray((change @ known.parts.T / known.spread).ravel(), np.float32)


def _order(job: StillJob) -> _Order:
    settings = job.settings
    strategy = str(settings.get("strategy", "locked"))
    if strategy not in STRATEGIES:
        message = f"the portrait backend has no strategy {strategy!r}"
        raise RenderFailed(message, f"use one of: {', '.join(STRATEGIES)}")
    turn = float(settings.get("turn", 0.0))
    return _Order(
        strategy,
        str(settings.get("pose", "front")),
        turn,
        str(settings.get("expression", "neutral")),
        max(2, int(settings.get("steps", 24))),
        max(0, int(settings.get("relearn", FAR_NEIGHBOURS if abs(turn) > FAR else 0))),
        job.seed,
    )


def _wish(order: _Order, base: Measured) -> Wish:
    wish = wishes.turned(base, order.turn)
    if order.expression in wishes.EXPRESSIONS:
        wishes.ask_expression(wish, order.expression)
    return wish


def _plain(order: _Order, known: rig.Rig) -> Vector:
    """Return the pose moved along the population's direction of turn, shaken a little by the seed."""
    population = basis.shipped()
    style = spread(known.pose(order.pose))
    style += population.directions["turn"] * np.float32(STRIDE * (order.turn - known.turns[order.pose]))
    if order.expression in known.poses and order.expression != order.pose:
        style += known.pose(order.expression) - known.pose("front")
    chance = np.random.default_rng(order.seed)
    shaken = chance.normal(size=len(population.spread)).astype(np.float32) * np.float32(SEEDED)
    return np.asarray(style + population.step(shaken), np.float32)


def _sized(pixels: RGB, width: int, height: int) -> RGB:
    if pixels.shape[:2] == (height, width):
        return pixels
    import cv2

    smaller = width < pixels.shape[1]
    return np.asarray(
        cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8
    )
