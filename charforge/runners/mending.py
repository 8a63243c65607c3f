"""Changes a face through a clip with a backend that changes it in pictures: only where the job says, and smoothly.

Each frame of the track is repaired by itself; what the repair adds to it is then averaged with what it added to the
frames around, laid over it by the face's five points, so that a repair that trembles does not show, while everything
that moves in the clip itself stays. Frames that are not in the track, and pixels of others that did not change, go to
the encoder byte for byte as they were.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from charforge import imaging, media
from charforge.domain.jobs import Input, RepairJob, Spot
from charforge.errors import RenderFailed
from charforge.imaging.frames import Frames
from charforge.media.reading import planes, rgb_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, FaceBackend, Kit, RepairBackend

    Planes = NDArray[np.uint8]
    Change = NDArray[np.float32]
    _Near = tuple["list[_Framed | None]", "list[_Framed | None]"]

AROUND = 2
"""Frames before and after one whose repair its own is averaged with."""
WEIGHTS = (6.0, 4.0, 1.0)
"""Of the frame itself, its neighbours, and theirs. Source: the binomial (1, 4, 6, 4, 1)."""
CONTEXT = 1.0
"""What of a frame a repair is shown around a face, in shares of the box's longer side."""
CUT = 16.0
"""Mean difference, in grey levels, of two frames around the face from which one shows something else than the other;
a face that speaks or blinks stays far below."""
MISSED = 0.2
"""Share of the track in which a repair may fail before it has failed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Framed:
    """What a repair added to one frame: differences in a window of it."""

    spot: Spot
    corner: tuple[int, int]
    """Column and row of the window's first pixel."""
    change: Change
    """(height, width, 3)."""
    seen: RGB
    """The window as it was."""


@dataclass(frozen=True, slots=True)
class _FrameKit:
    """The kit of a job, besides one picture of its own."""

    kit: Kit
    digest: str
    picture: Path

    @property
    def scratch(self) -> Path:
        return self.kit.scratch

    def file(self, digest: str) -> Path:
        return self.picture if digest == self.digest else self.kit.file(digest)

    def tool(self, role: type[T]) -> T:
        return self.kit.tool(role)

    def face(self, model: str) -> FaceBackend:
        return self.kit.face(model)

    def step(self, done: int, total: int) -> None:
        """Say nothing: the clip's own progress is told by its frames."""


def mended(job: RepairJob, backend: RepairBackend, kit: Kit) -> Frames:
    """Return the clip with the face of the job's track repaired; raise RenderFailed where the repair fails too often.

    Frames are yuv420p.
    """
    digest = job.input("clip")
    if digest is None or not job.track:
        message = "a clip is repaired, and the job names no clip or no frames of it"
        raise RenderFailed(message, "this is an error in the remedy; please report it")
    path = kit.file(digest)
    facts = media.probe(path)
    work = _Work(job, backend, kit, {s.frame: s for s in job.track})
    notes: dict[str, float | str] = {}
    return Frames(
        facts.rate, facts.width, facts.height, "yuv420p", _shown(path, work, notes), facts.frames, notes
    )  # fmt: skip


@dataclass
class _Work:
    """One clip's repair as it goes on."""

    job: RepairJob
    backend: RepairBackend
    kit: Kit
    spots: Mapping[int, Spot]
    done: int = 0
    missed: int = 0

    def change(self, number: int, frame: Planes) -> _Framed | None:
        """Return what the repair adds to a frame; None where it is not to be changed, or cannot be."""
        spot = self.spots.get(number)
        if spot is None:
            return None
        self.kit.step(self.done, len(self.spots))
        self.done += 1
        try:
            return self._repaired(spot, rgb_of(frame))
        except RenderFailed as error:
            self.missed += 1
            if self.missed > MISSED * len(self.spots):
                message = f"{self.backend.name} failed in {self.missed} frames, last in frame {number}: {error.message}"
                raise RenderFailed(message, error.hint) from error
            return None

    def _repaired(self, spot: Spot, pixels: RGB) -> _Framed:
        left, top, right, bottom = _window(spot.box, CONTEXT, pixels)
        seen = np.ascontiguousarray(pixels[top:bottom, left:right])
        name = hashlib.sha256(f"{self.job.input('clip')} {spot.frame}".encode()).hexdigest()
        picture = self.kit.scratch / "frame.png"
        picture.write_bytes(imaging.encode_png(seen, 1))
        x, y, width, height = spot.box
        one = self.job.changed(
            box=(x - left, y - top, width, height),
            track=None,
            inputs=(Input(role="picture", source=name), *(i for i in self.job.inputs if i.role != "clip")),
        )
        made = self.backend.repair(one, _FrameKit(self.kit, name, picture)).pixels
        if made.shape != seen.shape:
            message = f"{self.backend.name} gave a picture of another size"
            raise RenderFailed(message, "the backend is at fault; choose another or report it")
        return _Framed(spot, (left, top), made.astype(np.float32) - seen, seen)


def _shown(path: Path, work: _Work, notes: dict[str, float | str]) -> Iterator[memoryview]:
    """Yield every frame, those of the track repaired."""
    ahead: deque[tuple[int, Planes, _Framed | None]] = deque()
    behind: deque[_Framed | None] = deque(maxlen=AROUND)
    source = enumerate(planes(path))
    margin = work.backend.margin
    while True:
        while len(ahead) <= AROUND and (found := next(source, None)) is not None:
            number, frame = found
            ahead.append((number, frame, work.change(number, frame)))
        if not ahead:
            break
        number, frame, own = ahead.popleft()
        spot = work.spots.get(number)
        near = [*reversed(behind)], [f for _, _, f in ahead]
        shown = frame if spot is None else _laid(frame, spot, own, near, margin)
        behind.append(own)
        yield np.ascontiguousarray(shown).data
    notes["repaired frames"] = float(work.done - work.missed)


def _laid(
    frame: Planes,
    spot: Spot,
    own: _Framed | None,
    near: tuple[list[_Framed | None], list[_Framed | None]],
    margin: float,
) -> Planes:
    """Return a frame with its repair, averaged with those of the frames around."""
    pixels = rgb_of(frame)
    left, top, right, bottom = _window(spot.box, margin, pixels)
    window = pixels[top:bottom, left:right]
    total, weight = np.zeros(window.shape, np.float32), 0.0
    for far, part in _alike(own, near, spot, (left, top, right, bottom), window):
        total += WEIGHTS[far] * _moved(part, part.change, spot, (left, top, right, bottom))
        weight += WEIGHTS[far]
    if weight == 0:
        return frame
    made = np.clip(np.rint(window + spot.strength * total / weight), 0, 255).astype(np.uint8)
    return _put(frame, pixels, made, (left, top))


def _alike(
    own: _Framed | None, near: _Near, spot: Spot, window: tuple[int, int, int, int], pixels: RGB
) -> Iterator[tuple[int, _Framed]]:
    """Yield how far away, and what was added, for the frame itself and those around it that show the same face."""
    if own is not None:
        yield 0, own
    for side in near:
        for far, found in enumerate(side[:AROUND], 1):
            # Beyond a gap or a cut nothing is averaged.
            if found is None or _apart(_moved(found, found.seen, spot, window), pixels) > CUT:
                break
            yield far, found


def _apart(one: Change, other: RGB) -> float:
    """Return the mean difference of two pictures where the first one shows something."""
    there = one.any(axis=2)
    return float(np.abs(one - other)[there].mean()) if there.any() else 0.0


def _moved(part: _Framed, picture: Change | RGB, spot: Spot, window: tuple[int, int, int, int]) -> Change:
    """Return what belongs to one frame as it lies in a window of another, by the face's points in both."""
    import cv2

    left, top, right, bottom = window
    turn = np.eye(2, 3)
    if part.spot.frame != spot.frame and part.spot.points and spot.points:
        turn = similarity(np.array(part.spot.points), np.array(spot.points))
    # From the part's own window to the frame, to the other frame, to its window.
    turn = turn.copy()
    turn[:, 2] += turn[:, :2] @ np.array(part.corner, float) - (left, top)
    size = (right - left, bottom - top)
    return np.asarray(cv2.warpAffine(picture, turn, size, flags=cv2.INTER_LINEAR, borderValue=0.0), np.float32)


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the turn, scale and shift, (2, 3), that lays points over others with the least error."""
    from_, to = source.mean(0), target.mean(0)
    one = (source - from_) @ (1, 1j)
    other = (target - to) @ (1, 1j)
    length = float((np.abs(one) ** 2).sum())
    factor = complex((other * one.conj()).sum() / length) if length > 1e-9 else complex(1)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, to - turn @ from_])


def _window(box: tuple[int, int, int, int], share: float, pixels: RGB) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a box with a margin, even, within a picture."""
    x, y, width, height = box
    reach = int(share * max(width, height))
    low = max(x - reach, 0) // 2 * 2, max(y - reach, 0) // 2 * 2
    high = min(x + width + reach, pixels.shape[1]), min(y + height + reach, pixels.shape[0])
    return low[0], low[1], max(high[0], low[0] + 2), max(high[1], low[1] + 2)


def _put(frame: Planes, before: RGB, made: RGB, corner: tuple[int, int]) -> Planes:
    """Return the planes with the pixels of a window that changed; every other sample stays as it is."""
    import av

    height, width = before.shape[:2]
    left, top = corner
    after = before.copy()
    after[top : top + made.shape[0], left : left + made.shape[1]] = made
    changed = (after != before).any(axis=2)
    drawn = av.VideoFrame.from_ndarray(after, format="rgb24")
    new = drawn.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG").to_ndarray()
    # A colour sample stands for four pixels.
    quarter = changed.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))
    mask = np.concatenate([changed.reshape(-1), quarter.reshape(-1), quarter.reshape(-1)]).reshape(frame.shape)
    return np.where(mask, np.asarray(new, np.uint8), frame)
