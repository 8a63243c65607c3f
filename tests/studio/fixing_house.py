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

LISTED = registry.listed


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


class Failing(Clean):
    """RepairBackend `failing`: never succeeds."""

    name: ClassVar[str] = "failing"

    def repair(self, job: RepairJob, kit: Any) -> Picture:
        """Fail."""
        raise RenderFailed("this face cannot be repaired")


class Frozen:
    """LandmarkBackend that measures badges: they face the camera and express nothing."""

    name: ClassVar[str] = "landmarks"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    revision: ClassVar[str] = "1"

    def __init__(self, home: Any) -> None:
        self._home = home

    def landmarks(self, pixels: Any, face: Any) -> Landmarks:
        """Return a face that looks into the camera."""
        return Landmarks(np.zeros((478, 3), np.float32), {}, 0.0, 0.0, 0.0)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the repairs of this file stand beside those that are installed."""

    def listed(role: str) -> dict[str, EntryPoint]:
        found = LISTED(role)
        made = (
            [Badges, Clean, Spilling, Doubling, Failing] if role == "repair" else [Frozen] if role == "landmark" else []
        )
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
