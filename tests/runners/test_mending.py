"""A face is changed through a clip: where the job says, smoothly, and nowhere else."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from charforge import imaging, media
from charforge.backends.protocols import Picture
from charforge.domain.jobs import Input, RepairJob, Spot
from charforge.errors import RenderFailed
from charforge.imaging.frames import Frames
from charforge.media.reading import planes
from charforge.runners.making import make
from charforge.runners.mending import mended, similarity

WIDTH, HEIGHT, COUNT = 96, 64, 16
BOX = (40, 24, 16, 16)
CLIP, MASTER = "a" * 64, "b" * 64


class Brightens:
    """RepairBackend that makes the box brighter, by turns more and less; some frames it cannot do."""

    name: ClassVar[str] = "brightens"
    margin: ClassVar[float] = 0.5

    def __init__(self, by: tuple[int, ...] = (40,), failing: tuple[int, ...] = ()) -> None:
        self.by, self.failing, self.calls = by, failing, 0
        self.seen: list[tuple[tuple[int, ...], tuple[int, int, int, int]]] = []

    def repair(self, job: RepairJob, kit: Any) -> Picture:
        """Return the picture with the box brighter."""
        number, self.calls = self.calls, self.calls + 1
        if number in self.failing:
            raise RenderFailed("there is no face in the box")
        pixels = imaging.decode(kit.file(job.input("picture") or "")).copy()
        self.seen.append((pixels.shape[:2], job.box))
        assert imaging.decode(kit.file(job.input("master") or "")).shape == (8, 8, 3)
        x, y, width, height = job.box
        pixels[y : y + height, x : x + width] += np.uint8(self.by[number % len(self.by)])
        return Picture(pixels)


class Kit:
    """The little of the house that a repair sees."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.steps: list[tuple[int, int]] = []

    def file(self, digest: str) -> Path:
        """Return the clip or the master."""
        return self.scratch / {CLIP: "given.mkv", MASTER: "master.png"}[digest]

    def step(self, done: int, total: int) -> None:
        """Count."""
        self.steps.append((done, total))


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """Return a house with a grey clip in which a darker bar wanders."""
    (tmp_path / "master.png").write_bytes(imaging.encode_png(np.full((8, 8, 3), 99, np.uint8)))

    def drawn() -> Any:
        for number in range(COUNT):
            pixels = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
            pixels[:, 2 * number : 2 * number + 6] = 70
            yield pixels.tobytes()

    media.encode_clip(Frames(Fraction(24), WIDTH, HEIGHT, "rgb24", drawn(), COUNT), tmp_path / "given.mkv")
    return Kit(tmp_path)


def job(*frames: int, strength: float = 1.0, shift: float = 0.0) -> RepairJob:
    """Return a repair of these frames; the face walks `shift` pixels from one to the next."""
    five = ((2, 4), (13, 4), (8, 9), (4, 13), (12, 13))
    track = tuple(
        Spot(
            frame=n,
            box=(round(BOX[0] + shift * n), *BOX[1:]),
            points=tuple((BOX[0] + x + shift * n, BOX[1] + y) for x, y in five),
            strength=strength,
        )
        for n in frames
    )
    inputs = (Input(role="clip", source=CLIP), Input(role="master", name="mia", source=MASTER))
    return RepairJob(backend="brightens", step="transfer", box=BOX, track=track, inputs=inputs)


def drawn(wanted: RepairJob, backend: Brightens, kit: Kit) -> list[np.ndarray]:
    """Return the planes of every frame as the encoder is given them."""
    frames = mended(wanted, backend, kit)  # type: ignore[arg-type]
    assert (frames.width, frames.height, frames.count, frames.pixel_format) == (WIDTH, HEIGHT, COUNT, "yuv420p")
    return [np.frombuffer(f, np.uint8).reshape(HEIGHT * 3 // 2, WIDTH).copy() for f in frames.frames]


def luma(frame: np.ndarray) -> float:
    """Return the brightness in the middle of the box."""
    x, y, width, height = BOX
    return float(frame[y + 6 : y + height - 6, x + 6 : x + width - 6].mean())


def test_frames_outside_the_track_are_the_same_bytes(kit: Kit) -> None:
    """What is not to be changed goes to the encoder as it was read; what is, differs."""
    before = list(planes(kit.file(CLIP)))
    after = drawn(job(*range(5, 10)), Brightens(), kit)
    same = [bool((a == b).all()) for a, b in zip(before, after, strict=True)]
    assert same == [not 5 <= n < 10 for n in range(COUNT)]


def test_samples_outside_the_face_are_the_same_bytes(kit: Kit) -> None:
    """In a frame that is changed, every sample beyond box and margin is as it was, in all three planes."""
    before = list(planes(kit.file(CLIP)))[7]
    after = drawn(job(*range(COUNT)), Brightens(), kit)[7]
    rows, columns = np.nonzero((before != after)[:HEIGHT])
    x, y, width, height = BOX
    assert x <= columns.min()
    assert y <= rows.min()
    assert columns.max() < x + width
    assert rows.max() < y + height
    colour = (before != after)[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    rows, columns = np.nonzero(colour.any(0)) if colour.any() else (np.array([y // 2]), np.array([x // 2]))
    assert x // 2 <= columns.min()
    assert y // 2 <= rows.min()
    assert columns.max() < (x + width) // 2
    assert rows.max() < (y + height) // 2


def test_a_repair_that_trembles_is_smoothed(kit: Kit) -> None:
    """What is added by turns strongly and weakly is added nearly evenly."""
    before = [luma(f) for f in planes(kit.file(CLIP))]
    after = [luma(f) for f in drawn(job(*range(COUNT)), Brightens(by=(20, 60)), kit)]
    added = np.array(after) - before
    assert added[2:-2].std() < 0.25 * 20 * 219 / 255
    assert added.mean() == pytest.approx(40 * 219 / 255, rel=0.1)


def test_what_moves_in_the_clip_itself_stays(kit: Kit) -> None:
    """The bar that wanders through the box is as sharp and as fast as before."""
    before = [f[BOX[1] : BOX[1] + 16, BOX[0] : BOX[0] + 16].astype(int) for f in planes(kit.file(CLIP))]
    made = [
        f[BOX[1] : BOX[1] + 16, BOX[0] : BOX[0] + 16].astype(int) for f in drawn(job(*range(COUNT)), Brightens(), kit)
    ]
    moved = [np.abs((b - a) - (d - c)).max() for a, b, c, d in zip(before, before[1:], made, made[1:], strict=False)]
    assert max(moved) <= 3


def test_nothing_is_averaged_across_a_cut(kit: Kit) -> None:
    """Where another face begins from one frame to the next, its repair is whole at once, and the old one ends."""

    def cut() -> Any:
        for number in range(COUNT):
            yield np.full((HEIGHT, WIDTH, 3), 60 if number < 8 else 140, np.uint8).tobytes()

    media.encode_clip(Frames(Fraction(24), WIDTH, HEIGHT, "rgb24", cut(), COUNT), kit.file(CLIP))
    before = [luma(f) for f in planes(kit.file(CLIP))]
    after = [luma(f) for f in drawn(job(*range(COUNT)), Brightens(by=(20,) * 8 + (60,) * 8), kit)]
    added = [b - a for a, b in zip(before, after, strict=True)]
    assert added[:8] == pytest.approx([20 * 219 / 255] * 8, abs=1)
    assert added[8:] == pytest.approx([60 * 219 / 255] * 8, abs=1)


def test_what_was_added_follows_the_face(kit: Kit) -> None:
    """Neighbours are averaged where the face is, not where it was: the edge of the walking box stays sharp."""
    after = drawn(job(*range(COUNT), shift=2.0), Brightens(), kit)
    before = list(planes(kit.file(CLIP)))
    added = (after[8][:HEIGHT].astype(int) - before[8][:HEIGHT])[BOX[1] + 4 : BOX[1] + 12].mean(0)
    left = BOX[0] + 16
    assert added[left + 1 : left + 15].min() > 30
    assert np.abs(added[: left - 1]).max() <= 1


def test_a_repair_fades_with_its_strength(kit: Kit) -> None:
    """Half the strength adds half."""
    before = [luma(f) for f in planes(kit.file(CLIP))]
    whole, half = (
        np.mean([luma(f) for f in drawn(job(*range(COUNT), strength=s), Brightens(), kit)]) - np.mean(before)
        for s in (1.0, 0.5)
    )
    assert half == pytest.approx(whole / 2, abs=1)


def test_a_frame_that_cannot_be_repaired_takes_what_its_neighbours_got(kit: Kit) -> None:
    """One miss does not flash."""
    before = [luma(f) for f in planes(kit.file(CLIP))]
    after = [luma(f) for f in drawn(job(*range(COUNT)), Brightens(failing=(8,)), kit)]
    assert after[8] - before[8] == pytest.approx(40 * 219 / 255, rel=0.1)


def test_a_repair_that_fails_too_often_has_failed(kit: Kit) -> None:
    """A fifth of the frames is too many, and the error says how many and why."""
    with pytest.raises(RenderFailed, match=r"failed in 4 frames, last in frame 7: there is no face"):
        drawn(job(*range(COUNT)), Brightens(failing=(1, 3, 5, 7)), kit)


def test_a_repair_sees_the_face_and_what_is_around_it(kit: Kit) -> None:
    """A small picture costs less to look through than a whole frame; the box lies where the face is in it."""
    backend = Brightens()
    drawn(job(3), backend, kit)
    assert backend.seen == [((48, 48), (16, 16, 16, 16))]
    assert kit.steps == [(0, 1)]


def test_the_take_is_a_clip_of_the_same_length(kit: Kit) -> None:
    """The runner encodes it like any clip, and notes how many frames were changed."""
    made = make(job(*range(4, 12)), Brightens(), kit)  # type: ignore[arg-type]
    assert made.media == "video/x-matroska"
    assert made.facts == {"width": WIDTH, "height": HEIGHT, "frames": COUNT}
    assert made.notes["repaired frames"] == 8
    assert isinstance(made.payload, Path)
    assert media.probe(made.payload).rate == 24


def test_points_are_laid_over_points() -> None:
    """A turned, scaled and shifted copy is found again exactly."""
    points = np.array([[0, 0], [10, 0], [5, 5], [2, 9], [8, 9]], float)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]]) * 1.5
    found = similarity(points, points @ turn.T + (3, -4))
    assert found == pytest.approx(np.column_stack([turn, (3, -4)]))
