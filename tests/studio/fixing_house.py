"""A repair of fake people, and a project whose last shot shows somebody else."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from charforge import imaging
from charforge.backends import fake, registry
from charforge.backends.protocols import Landmarks, Picture
from charforge.domain.jobs import RepairJob
from charforge.errors import RenderFailed
from charforge.qa.ladder.keeping import SHOWN
from charforge.qa.ladder.pasting import MIMED

LISTED = registry.listed
MARK = (7, 9)
"""Red and blue of a pixel that no fake picture has; its green says what a repair did."""
CORNERS = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))


class Badges:
    """RepairBackend `badges`: paints the master's badge over the one in the box, less a tenth of its cells."""

    name: ClassVar[str] = "badges"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    margin: ClassVar[float] = 0.1
    revision: ClassVar[str] = "1"
    wrong: ClassVar[float] = 0.1
    """Share of the cells that come out wrong, each time other ones."""
    spills: ClassVar[bool] = False

    def __init__(self, home: Any) -> None:
        self._home = home

    def repair(self, job: RepairJob, kit: Any) -> Picture:
        """Return the picture with the badge exchanged cell by cell; what was there decides which come out wrong."""
        pixels = imaging.decode(kit.file(job.input("picture") or "")).copy()
        master = imaging.decode(kit.file(job.input("master") or ""))
        found = [b for b in fake.badges(pixels) if _inside(b.box, job.box)]
        if not found:
            raise RenderFailed("there is no badge in the box")
        wanted = fake.read(master, fake.badges(master)[0].box)
        order = np.random.default_rng(int(pixels.sum()) % 2**32).permutation(wanted.size)
        cells = wanted.ravel().copy()
        flipped = order[: round(self.wrong * cells.size)]
        cells[flipped] = ~cells[flipped]
        x, y, width, height = found[0].box
        fake.paint(pixels, cells.reshape(wanted.shape), (x + width / 2, y + height / 2), width)
        if self.spills:
            pixels[0, 0] ^= 1
        return Picture(pixels)


class Clean(Badges):
    """RepairBackend `clean`: as `badges`, without a mistake."""

    name: ClassVar[str] = "clean"
    wrong: ClassVar[float] = 0.0


class Spilling(Clean):
    """RepairBackend `spilling`: changes a pixel in the corner besides."""

    name: ClassVar[str] = "spilling"
    spills: ClassVar[bool] = True


class Doubling(Clean):
    """RepairBackend `doubling`: puts the same person into the corner besides."""

    name: ClassVar[str] = "doubling"

    def repair(self, job: RepairJob, kit: Any) -> Picture:
        """Return the picture with one badge more."""
        pixels = super().repair(job, kit).pixels
        master = imaging.decode(kit.file(job.input("master") or ""))
        fake.paint(pixels, fake.read(master, fake.badges(master)[0].box), (30, 30), 40)
        return Picture(pixels)


class Turning(Clean):
    """RepairBackend `turning`: leaves a mark by which `Frozen` takes the head for turned."""

    name: ClassVar[str] = "turning"
    mark: ClassVar[int] = 1

    def repair(self, job: RepairJob, kit: Any) -> Picture:
        """Return the repaired picture with the mark in a corner of the box."""
        pixels = super().repair(job, kit).pixels
        pixels[job.box[1], job.box[0]] = MARK[0], self.mark, MARK[1]
        return Picture(pixels)


class Gaping(Turning):
    """RepairBackend `gaping`: leaves a mark by which `Frozen` takes the mouth for open."""

    name: ClassVar[str] = "gaping"
    mark: ClassVar[int] = 2


class Hiding(Turning):
    """RepairBackend `hiding`: leaves a mark by which `Frozen` measures no face."""

    name: ClassVar[str] = "hiding"
    mark: ClassVar[int] = 3


class Edged(Clean):
    """RepairBackend `edged`: draws a dark frame around the badge, within its margin."""

    name: ClassVar[str] = "edged"

    def repair(self, job: RepairJob, kit: Any) -> Picture:
        """Return the repaired picture, which shows where it was pasted."""
        pixels = super().repair(job, kit).pixels
        x, y, width, height = job.box
        reach = max(round(0.08 * max(width, height)), 1)
        frame = np.zeros(pixels.shape[:2], bool)
        frame[y - reach : y + height + reach, x - reach : x + width + reach] = True
        frame[y : y + height, x : x + width] = False
        pixels[frame] = 10
        return Picture(pixels)


class Failing(Clean):
    """RepairBackend `failing`: never succeeds."""

    name: ClassVar[str] = "failing"

    def repair(self, job: RepairJob, kit: Any) -> Picture:
        """Fail."""
        raise RenderFailed("this face cannot be repaired")


class Frozen:
    """LandmarkBackend that measures badges: they face the camera and express nothing, unless a repair left its mark."""

    name: ClassVar[str] = "landmarks"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    revision: ClassVar[str] = "1"
    size: ClassVar[float] = 1.32
    """How much larger a face is than its badge."""

    def __init__(self, home: Any) -> None:
        self._home = home

    def landmarks(self, pixels: Any, face: Any) -> Landmarks | None:
        """Return a face that looks into the camera, somewhat larger than its badge; None for one that is hidden."""
        found = np.argwhere((pixels[..., ::2] == MARK).all(2))
        mark = int(pixels[(*found[0], 1)]) if len(found) else 0
        if mark == Hiding.mark:
            return None
        x, y, width, height = face.box
        points = np.zeros((478, 3), np.float32)
        points[:, :2] = np.resize(np.array(CORNERS, np.float32), (478, 2)) * self.size
        points[[33, 263], :2] = (-0.5, 0), (0.5, 0)
        points[:, :2] = points[:, :2] * (width, height) + (x + width / 2, y + height / 2)
        strengths = dict.fromkeys((*MIMED, *SHOWN), 0.0) | {"jawOpen": 0.9 if mark == Gaping.mark else 0.0}
        return Landmarks(points, strengths, 20.0 if mark == Turning.mark else 0.0, 0.0, 0.0)


REPAIRS = (Badges, Clean, Spilling, Doubling, Turning, Gaping, Hiding, Edged, Failing)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the repairs of this file stand beside those that are installed."""

    def listed(role: str) -> dict[str, EntryPoint]:
        found = LISTED(role)
        made = {"repair": REPAIRS, "landmark": (Frozen,)}.get(role, ())
        return found | {c.name: EntryPoint(c.name, f"fixing_house:{c.__name__}", f"charforge.{role}") for c in made}

    monkeypatch.setattr(registry, "listed", listed)


def settings(file: Path, **fix: Any) -> None:
    """Write the fix ladder of the project that holds a shot list."""
    target = file.parents[1] / "charforge.yaml"
    kept = [line for line in target.read_text("utf-8").splitlines() if not line.startswith("fix:")]
    target.write_text("\n".join([*kept, f"fix: {_flow(fix)}", ""]), "utf-8")


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value)


def _inside(box: tuple[float, ...], around: tuple[int, ...]) -> bool:
    middle = box[0] + box[2] / 2, box[1] + box[3] / 2
    return all(around[i] <= middle[i] <= around[i] + around[i + 2] for i in (0, 1))
