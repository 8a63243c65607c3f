"""Four small deterministic backends that load no model: for trying a shot list, for tests, and as the plainest example.

A fake person is a badge: a magenta frame around a grid of light and dark cells that spells who it is. FakeStill copies
the badges of its `head` and `master` inputs into its picture, FakeFace finds and reads them, so an episode can be
judged from end to end. ``{"drift": 0.3}`` in a still's settings turns over that share of each badge's cells.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge import imaging
from charforge.backends.protocols import Detection, Frames, Picture, Sound
from charforge.domain.timing import FrameRate
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Home, Kit, Vector
    from charforge.domain.jobs import ClipJob, StillJob, VoiceJob

CELLS = 8
"""A badge has CELLS x CELLS cells inside a frame one cell wide."""
FRAME = (255, 0, 255)
VOICE_RATE = 24000


class FakeStill:
    """StillBackend `fake`: a gradient from the seed and text, with the badges of everybody who is given.

    Inputs: `head` and `master` pictures that carry a badge, one person for each input name. Settings: `drift`, 0 to 1.
    """

    name: ClassVar[str] = "fake"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    pastes: ClassVar[bool] = True
    """It shows the reference picture as it is."""
    concurrent: ClassVar[bool] = True

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def revision(self) -> str:
        """Names this drawing."""
        return "1"

    def still(self, job: StillJob, kit: Kit) -> Picture:
        """Return the gradient and the badges, drawn at once."""
        kit.step(0, 1)
        pixels = gradient(job.width, job.height, f"{job.seed} {job.prompt}")
        drift = float(job.settings.get("drift", 0.0))
        people = [_given(job, name, kit) for name in dict.fromkeys(i.name for i in job.inputs if i.role in _FACES)]
        side = min(job.height * 0.6, job.width / max(len(people), 1) * 0.8)
        for place, cells in enumerate(people):
            centre = job.width * (place + 0.5) / len(people), job.height / 2
            paint(pixels, drifted(cells, drift), centre, side)
        kit.step(1, 1)
        return Picture(pixels, notes={"people": float(len(people))})


class FakeClip:
    """ClipBackend `fake`: its `first` input, or a gradient where there is none, under a bar that travels."""

    name: ClassVar[str] = "fake"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    pastes: ClassVar[bool] = True
    """It shows the reference picture as it is."""
    concurrent: ClassVar[bool] = True
    mouths: ClassVar[bool] = False
    """Badges have no lips to move."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def revision(self) -> str:
        """Names this drawing."""
        return "1"

    def clip(self, job: ClipJob, kit: Kit) -> Frames:
        """Return rgb24 frames; the bar along the lower edge shows how much of the clip has passed."""
        first = job.input("first")
        if first is None:
            pixels = gradient(job.width, job.height, f"{job.seed} {job.prompt}")
        else:
            pixels = imaging.decode(kit.file(first))
        if pixels.shape[:2] != (job.height, job.width):
            message = f"the first frame is {pixels.shape[1]}x{pixels.shape[0]}, the clip {job.width}x{job.height}"
            raise RenderFailed(message)
        rate = FrameRate.parse(job.rate).fps
        return Frames(rate, job.width, job.height, "rgb24", _travelling(pixels, job.frames, kit), job.frames)


class FakeVoice:
    """VoiceBackend `fake`: a tone for each word, as long as the word; the `style` input decides its pitch."""

    name: ClassVar[str] = "fake"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    concurrent: ClassVar[bool] = True
    speaks: ClassVar[bool] = False
    """Tones say nothing: nobody's voice and no words can be heard in them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def revision(self) -> str:
        """Names these tones."""
        return "1"

    def voice(self, job: VoiceJob, kit: Kit) -> Sound:
        """Return the tones; raise RenderFailed for a line without a letter or digit."""
        words = [word for word in job.text.split() if any(c.isalnum() for c in word)]
        if not words:
            message = f"nothing in {job.text!r} can be spoken"
            raise RenderFailed(message, "write words in the line, or remove it")
        kit.step(0, 1)
        pitch = 100 + _number(f"{job.seed} {job.input('style')}") % 120
        parts = [_tone(word, pitch, job.speed) for word in words]
        kit.step(1, 1)
        return Sound(np.concatenate(parts), VOICE_RATE)


class FakeFace:
    """FaceBackend `fake`: finds badges and reads who they are; it sees no real faces."""

    name: ClassVar[str] = "fake"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    bar: ClassVar[float] = 0.6

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def revision(self) -> str:
        """Names this way of reading badges."""
        return "1"

    @property
    def model(self) -> str:
        """Return nothing: no model file reads badges."""
        return ""

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the badges of a picture, largest first; their five points stand where a frontal face has them."""
        return badges(pixels)

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return what the badge spells, (64,) float32 of length 1."""
        signs = read(pixels, face.box).astype(np.float32).ravel() * 2 - 1
        return np.asarray(signs / CELLS, np.float32)

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return the cosine; 1 less twice the share of cells that differ."""
        return float(np.dot(one, other))


def badges(pixels: RGB) -> tuple[Detection, ...]:
    """Return where badges are in a picture, largest first."""
    import cv2

    wide = pixels.astype(np.int16)
    magenta = (np.minimum(wide[..., 0], wide[..., 2]) - wide[..., 1] > 110).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(magenta, connectivity=8)
    boxes = [tuple(int(v) for v in row[:4]) for row in stats[1:] if _is_frame(row)]
    boxes.sort(key=lambda b: b[2] * b[3], reverse=True)
    return tuple(_detection(box) for box in boxes)


def headshot(who: str, side: int = 256) -> RGB:
    """Return a picture of a fake person, (side, side, 3), to be used as a master."""
    pixels = gradient(side, side, who)
    paint(pixels, badge(who), (side / 2, side / 2), side * 0.7)
    return pixels


def badge(who: str) -> NDArray[np.bool_]:
    """Return the cells that spell a name, (CELLS, CELLS)."""
    digest = np.frombuffer(hashlib.sha256(who.encode()).digest(), np.uint8)
    return np.unpackbits(digest)[: CELLS * CELLS].reshape(CELLS, CELLS).astype(bool)


def drifted(cells: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
    """Return the badge with a share of its cells turned over, always the same ones."""
    order = np.random.default_rng(0).permutation(cells.size)
    changed = cells.ravel().copy()
    flipped = order[: round(share * cells.size)]
    changed[flipped] = ~changed[flipped]
    return changed.reshape(cells.shape)


def paint(pixels: RGB, cells: NDArray[np.bool_], centre: tuple[float, float], side: float) -> None:
    """Draw a badge about `side` pixels wide into a picture."""
    cell = max(int(side) // (CELLS + 2), 1)
    width = cell * (CELLS + 2)
    grey = np.where(np.kron(cells, np.ones((cell, cell), bool)), 235, 20).astype(np.uint8)
    stamp = np.empty((width, width, 3), np.uint8)
    stamp[:] = FRAME
    stamp[cell:-cell, cell:-cell] = grey[..., None]
    left, top = round(centre[0] - width / 2), round(centre[1] - width / 2)
    target = pixels[max(top, 0) : top + width, max(left, 0) : left + width]
    target[:] = stamp[: target.shape[0], : target.shape[1]]


def read(pixels: RGB, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Return the cells of the badge in a box, read at their centres."""
    x, y, width, height = box
    at = (np.arange(CELLS) + 1.5) / (CELLS + 2)
    columns = np.clip((x + at * width).astype(int), 0, pixels.shape[1] - 1)
    rows = np.clip((y + at * height).astype(int), 0, pixels.shape[0] - 1)
    found: NDArray[np.bool_] = pixels[np.ix_(rows, columns)].mean(-1) > 127
    return found


def gradient(width: int, height: int, text: str) -> RGB:
    """Return a smooth picture whose colours follow from a text, nowhere black and nowhere magenta."""
    number = _number(text)
    red, green, blue = (60 + (number >> shift) % 100 for shift in (0, 8, 16))
    across = np.linspace(0, 60, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 60, height, dtype=np.float32)[:, None]
    light = across + down if number >> 24 & 1 else across + 60 - down
    planes = [red + light * 0.5, 80 + green * 0.5 + light * 0.5, blue + light * 0.5]
    return np.stack(planes, -1).astype(np.uint8)


_FACES = ("head", "master")


def _given(job: StillJob, name: str, kit: Kit) -> NDArray[np.bool_]:
    """Return the badge on a person's head, or master where there is no head; a picture without one has its own."""
    digest = job.input("head", name) or job.input("master", name) or ""
    pixels = imaging.decode(kit.file(digest))
    found = badges(pixels)
    return read(pixels, found[0].box) if found else badge(digest)


def _is_frame(row: NDArray[np.int32]) -> bool:
    """Tell whether a magenta patch is square and hollow like a badge's frame."""
    _, _, width, height, area = (int(v) for v in row)
    hollow = area / max(width * height, 1)
    return min(width, height) >= CELLS + 2 and 0.8 < width / height < 1.25 and 0.2 < hollow < 0.6


def _detection(box: tuple[int, ...]) -> Detection:
    x, y, width, height = box
    face = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    points = face * np.array([width, height], np.float32) + np.array([x, y], np.float32)
    return Detection((float(x), float(y), float(width), float(height)), points, 1.0)


def _travelling(pixels: RGB, count: int, kit: Kit) -> Iterator[bytes]:
    height, width = pixels.shape[:2]
    for number in range(count):
        frame = pixels.copy()
        frame[height - max(height // 20, 2) :, : max(width * (number + 1) // count, 1)] = (255, 255, 255)
        kit.step(number + 1, count)
        yield frame.tobytes()


def _tone(word: str, pitch: float, speed: float) -> Vector:
    seconds = (0.12 + 0.05 * len(word)) / speed
    time = np.arange(int(seconds * VOICE_RATE), dtype=np.float32) / VOICE_RATE
    swell = np.sin(np.pi * np.minimum(time / seconds, 1.0)) ** 0.5
    gap = np.zeros(int(0.06 / speed * VOICE_RATE), np.float32)
    higher = pitch + 4 * (sum(word.encode()) % 8)
    sound = 0.25 * swell * (np.sin(2 * np.pi * higher * time) + 0.4 * np.sin(4 * np.pi * higher * time))
    return np.concatenate([sound, gap]).astype(np.float32)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
