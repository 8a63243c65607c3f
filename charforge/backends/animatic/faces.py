"""States of a face, drawn once by the generator and blended into the head only where something moves."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from charforge.backends.animatic.speech import LEVELS, Mouth
from charforge.backends.protocols import GeneratorBackend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.animatic.heads import Head
    from charforge.backends.protocols import RGB, Kit, Vector

    Plane = NDArray[np.floating[Any]]

LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409)
JAW = (152, 148, 377, 176, 400)
EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
)
"""Outlines in MediaPipe's canonical mesh."""
WIDTH = 512
"""Numbers in one row of a style; a style has one row, or one for each resolution."""
DELTAS = ("open", "wide", "round", "blink")
"""What is read of a rig, each shaped like a style."""
KEPT, KEPT_HEADS = 400, 6
"""States, and measured heads of about 23 MB each, kept in memory."""

Box = tuple[int, int, int, int]
State = tuple[str, int, str]


@dataclass(slots=True)
class Drawn:
    """What the generator has drawn so far, kept between shots."""

    pictures: OrderedDict[tuple[str, State], tuple[Box, RGB]] = field(default_factory=OrderedDict)
    shapes: dict[str, float] = field(default_factory=dict)
    """Slimness by the digest of a master."""
    heads: OrderedDict[tuple[str, str | None], Head] = field(default_factory=OrderedDict)
    """Measured head pictures by their digest and their master's; a clip uses those of its still."""
    count: int = 0
    reused: int = 0


class Faces:
    """The states of one person's face in one shot."""

    def __init__(self, head: Head, style: bytes, rig: bytes, kit: Kit, drawn: Drawn) -> None:
        self._head, self._kit, self._drawn = head, kit, drawn
        self._style: Vector = np.frombuffer(style, np.float32).reshape(-1, WIDTH)
        with np.load(io.BytesIO(rig), allow_pickle=False) as stored:
            self._rig = {name: stored[name].astype(np.float32) for name in stored.files if name in DELTAS}
        content = hashlib.sha256(head.pixels.tobytes())
        content.update(style + rig)
        self._name = content.hexdigest()
        self._masks = {"mouth": _mouth_mask(head), "eyes": _eye_mask(head)}

    @property
    def talks(self) -> bool:
        """Whether the rig can open the mouth."""
        return self._fits("open")

    @property
    def blinks(self) -> bool:
        """Whether the rig can close the eyes."""
        return self._fits("blink")

    def mouth(self, mouth: Mouth) -> tuple[Box, RGB]:
        """Return the mouth in this state: the box in head pixels and its picture."""
        share = mouth.level / LEVELS
        delta = share * self._rig["open"] * (1.0 if mouth.shape == "open" else 0.75)
        shape = mouth.shape if self._fits(mouth.shape) else "open"
        if shape != "open":
            delta = delta + (0.35 + 0.4 * share) * self._rig[shape]
        return self._state(("mouth", mouth.level, shape), delta if mouth.level else None)

    def lids(self, level: int) -> tuple[Box, RGB]:
        """Return both eyes: 0 open, 1 half, 2 closed."""
        return self._state(("eyes", level, ""), level / 2 * self._rig["blink"] if level else None)

    def _fits(self, name: str) -> bool:
        return name in self._rig

    def _state(self, state: State, delta: Vector | None) -> tuple[Box, RGB]:
        box, mask = self._masks[state[0]]
        left, top, right, bottom = box
        base = self._head.pixels[top:bottom, left:right]
        if delta is None:
            return box, base
        known = self._drawn.pictures.get((self._name, state))
        if known is not None:
            self._drawn.reused += 1
            return known
        generator = self._kit.tool(GeneratorBackend)  # type: ignore[type-abstract]
        whole = generator.generate(np.asarray(self._style + delta, np.float32))
        side = self._head.pixels.shape[0]
        if whole.shape[0] != side:
            whole = np.asarray(cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        picture = _blended(base, whole[top:bottom, left:right], mask)
        self._drawn.count += 1
        self._drawn.pictures[self._name, state] = (box, picture)
        while len(self._drawn.pictures) > KEPT:
            self._drawn.pictures.popitem(last=False)
        return box, picture


def _blended(base: RGB, other: RGB, mask: Plane) -> RGB:
    """Return `other` laid into `base` where the mask says, its tone drawn to the base's at the mask's rim."""
    rim = ((mask > 0.02) & (mask < 0.6)).astype(np.float32)
    near = np.asarray(other, np.float32)
    if rim.sum() > 20:
        away = (base.astype(np.float32) - near) * rim[..., None]
        near = near + away.sum((0, 1)) / rim.sum()
    mixed = base + mask[..., None] * (near - base)
    return np.asarray(np.clip(mixed + 0.5, 0, 255).astype(np.uint8))


def _mouth_mask(head: Head) -> tuple[Box, Plane]:
    points, width = head.marks.points[:, :2], head.width
    lips = points[list(LIPS)]
    middle = lips.mean(0)
    grown = middle + (lips - middle) * np.array([1.22, 1.45], np.float32)
    jaw = points[list(JAW)] + np.array([0, 0.015 * width], np.float32)
    return _mask(head, [np.concatenate([grown, jaw])], 0.035 * width)


def _eye_mask(head: Head) -> tuple[Box, Plane]:
    rings = []
    for eye in EYES:
        ring = head.marks.points[list(eye), :2]
        middle = ring.mean(0)
        rings.append(middle + (ring - middle) * np.array([1.3, 2.3], np.float32))
    return _mask(head, rings, 0.02 * head.width)


def _mask(head: Head, outlines: list[NDArray[np.float32]], feather: float) -> tuple[Box, Plane]:
    """Return a soft mask of the outlines' hulls and the box outside which it is 0."""
    side = head.pixels.shape[0]
    mask = np.zeros((side, side), np.float32)
    for outline in outlines:
        cv2.fillConvexPoly(mask, cv2.convexHull(outline.astype(np.int32)), 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, feather))
    mask[mask < 0.004] = 0
    rows, columns = np.nonzero(mask)
    pad = 12
    left, right = max(0, int(columns.min()) - pad), min(side, int(columns.max()) + pad)
    top, bottom = max(0, int(rows.min()) - pad), min(side, int(rows.max()) + pad)
    return (left, top, right, bottom), np.asarray(mask[top:bottom, left:right], np.float32)
