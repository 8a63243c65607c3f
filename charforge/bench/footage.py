"""Makes controlled clips: heads of known people over plates, moved, turned, lit, blurred and compressed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging, media
from charforge.backends.portrait import basis
from charforge.backends.portrait.network import spread
from charforge.backends.protocols import Frames
from charforge.errors import InputError
from charforge.qa.clips import sampled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from charforge.backends.protocols import RGB, GeneratorBackend

RATE = Fraction(24)
LENGTH = 36
"""Frames of a clip: a second and a half, of which seven are judged."""
EXTENT = (640, 360)
DIVERSE = 0.8
"""Truncation that people are drawn with: more unlike each other than the average face's neighbours."""
TURNS = (0.0, -10.0, 10.0)
"""Degrees that the views of a person are turned by, each with an expression of its own."""
SHAKE = 0.1
"""How far the expression of a view is from the master's, in standard deviations of each component."""
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a master and other pictures of the same person."""

    name: str
    master: RGB
    views: tuple[RGB, ...]

    @property
    def digest(self) -> str:
        """Return a name for the master that no other has."""
        return hashlib.sha256(self.name.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in a clip: where their head is, how large, and where it moves."""

    views: tuple[RGB, ...]
    at: tuple[float, float]
    """Middle of the head as shares of the frame."""
    side: float
    """Height of the head's picture as a share of the frame's height."""
    drift: tuple[float, float] = (0.0, 0.0)
    """Shares of the frame it moves by until the end."""
    zoom: float = 0.0
    """Share it grows by until the end."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that makes a clip's pictures, given who is in it at which frame."""

    plate: RGB
    actors: Callable[[int], Sequence[Actor]]
    light: tuple[float, float, float]
    """Factors of red, green and blue."""
    blur: float
    noise: float
    quality: int
    """JPEG quality that each frame goes through."""
    seed: int = field(default=0)

    def frames(self, *, every: bool = False) -> Iterator[tuple[int, RGB]]:
        """Yield the frames that are judged, or every one, with their numbers."""
        for index in range(LENGTH) if every else sampled(LENGTH, RATE):
            yield index, self.frame(index)

    def frame(self, index: int) -> RGB:
        """Return one frame."""
        import cv2

        width, height = EXTENT
        pixels = cv2.resize(self.plate, EXTENT, interpolation=cv2.INTER_AREA)
        chance = np.random.default_rng([self.seed, index])
        for actor in self.actors(index):
            _paste(pixels, actor, index / LENGTH)
        shown = pixels.astype(np.float32) * np.array(self.light, np.float32)
        if self.blur:
            shown = cv2.GaussianBlur(shown, (0, 0), self.blur)
        shown += np.float32(self.noise) * chance.standard_normal((height, width, 1), np.float32)
        bgr = np.clip(shown, 0, 255).astype(np.uint8)[..., ::-1]
        _, packed = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        assert unpacked is not None
        return np.ascontiguousarray(unpacked[..., ::-1])


def _paste(pixels: RGB, actor: Actor, share: float) -> None:
    """Lay a head with soft edges over the picture; four times another view of it on the way."""
    import cv2

    height, width = pixels.shape[:2]
    view = actor.views[int(share * 4) % len(actor.views)]
    side = max(round(actor.side * height * (1 + actor.zoom * share)), 8)
    small = cv2.resize(view, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    grid = (np.arange(side) + 0.5) / side * 2 - 1
    radius = np.sqrt((grid[None, :] / 0.86) ** 2 + (grid[:, None] / 0.98) ** 2)
    soft = np.clip((1 - radius) / 0.08, 0, 1)[..., None].astype(np.float32)
    left = round((actor.at[0] + actor.drift[0] * share) * width - side / 2)
    top = round((actor.at[1] + actor.drift[1] * share) * height - side / 2)
    x, y, right, bottom = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if right <= x or bottom <= y:
        return
    part = slice(y - top, bottom - top), slice(x - left, right - left)
    under = pixels[y:bottom, x:right].astype(np.float32)
    pixels[y:bottom, x:right] = (under + soft[part] * (small[part] - under)).astype(np.uint8)


def drawn(generator: GeneratorBackend, seeds: Sequence[int], tell: Callable[[int], None]) -> Iterator[Person]:
    """Yield made-up people by seed, each with three views: ahead and turned a little, the expression changed."""
    population = basis.shipped()
    for done, seed in enumerate(seeds):
        tell(done)
        style = spread(generator.style(seed, DIVERSE))
        chance = np.random.default_rng(seed)
        views = []
        for turn in TURNS:
            shaken = chance.normal(size=len(population.spread)).astype(np.float32) * np.float32(SHAKE)
            moved = style + population.directions["turn"] * np.float32(turn) + population.step(shaken)
            views.append(generator.generate(np.asarray(moved, np.float32)))
        yield Person(f"p{seed}", generator.generate(style), tuple(views))


def photographed(folder: Path) -> list[Person]:
    """Return the people of a folder, one subfolder each: the first picture by name is the master, the others views.

    Raises InputError where there are fewer than three who have two pictures.
    """
    found = []
    for place in sorted(p for p in folder.iterdir() if p.is_dir()):
        files = sorted(f for f in place.iterdir() if f.suffix.lower() in PICTURES)
        if len(files) > 1:
            pictures = [_square(imaging.decode(f)) for f in files]
            found.append(Person(place.name, pictures[0], tuple(pictures[1:])))
    if len(found) < 3:
        raise InputError(f"{folder} shows fewer than three people twice", "a subfolder for each, two pictures in it")
    return found


def _square(pixels: RGB) -> RGB:
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 3, (pixels.shape[1] - side) // 2
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def written(scene: Scene, path: Path) -> None:
    """Write every frame of a scene as H.264 with long groups of pictures, as a web player is sent it."""
    kept = path.with_suffix(".kept.mkv")
    frames = (pixels.tobytes() for _, pixels in scene.frames(every=True))
    media.encode_clip(Frames(RATE, *EXTENT, "rgb24", frames, LENGTH), kept)
    media.run(["-i", str(kept), "-c:v", "libx264", "-preset", "fast", "-crf", "26", "-an", "-y", str(path)])
    kept.unlink()
