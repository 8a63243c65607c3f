"""Where takes under test lie: in a store of their own, so that testing a film changes nothing of it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from charforge import imaging, media
from charforge.backends.protocols import RGB
from charforge.documents import write_atomic
from charforge.domain.takes import Take
from charforge.errors import CharforgeError
from charforge.imaging.encoding import encode_webp
from charforge.store import Store, locked
from charforge.studio.project import Project
from charforge.studio.regressing.pins import Kind, Pin

WIDTH = 480
"""Pixels across of the small pictures that are committed with the pins."""
NAME = "identity"
ENDINGS = {"image/png": "png", "video/x-matroska": "mkv", "video/mp4": "mp4"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """The project's takes, the takes under test, and what is committed beside the pins."""

    film: Store
    test: Store
    beside: Path
    """The folder of small pictures, and of whole takes where they are kept."""

    def find(self, slate: str, kind: Kind, pin: Pin) -> Take | None:
        """Return a pinned take whose bytes are in the project's store or beside the pins, taken over for the test."""
        take = self.film.find(pin.take)
        if take is not None and take.blob == pin.picture:
            self.take_over(take, self.film.blob(take.blob))
            return take
        kept = self._kept(slate, kind, pin)
        if kept is not None:
            self.take_over(kept, self._file(slate, kind, kept))
        return kept

    def take_over(self, take: Take, file: Path) -> None:
        """Put a take where it is judged."""
        self.test.blobs.put(file.read_bytes())
        self.test.add(take.changed(attachments={}, parents=()))

    def keep(self, slate: str, kind: Kind, take: Take, file: Path) -> None:
        """Lay a whole take beside the pins, so that a checkout without the store can judge it."""
        write_atomic(self._file(slate, kind, take), file.read_bytes())
        bare = take.changed(attachments={}, parents=())
        write_atomic(self._record(slate, kind), bare.model_dump_json(exclude_none=True, indent=1).encode() + b"\n")

    def kept(self, slate: str, kind: Kind) -> bool:
        """Return whether a whole take lies beside the pins."""
        return self._record(slate, kind).is_file()

    def drop(self, slate: str, kind: Kind) -> None:
        """Remove what lies beside the pins for a take."""
        for name in ("webp", "json", *ENDINGS.values()):
            (self.beside / f"{slate}.{kind}.{name}").unlink(missing_ok=True)

    def small(self, slate: str, kind: Kind) -> Path:
        """Return the small picture of a pinned take."""
        return self.beside / f"{slate}.{kind}.webp"

    def show(self, slate: str, kind: Kind, take: Take, file: Path) -> None:
        """Lay a take's small picture beside the pins."""
        write_atomic(self.small(slate, kind), encode_webp(fitted(picture(take, file)), 80))

    def _kept(self, slate: str, kind: Kind, pin: Pin) -> Take | None:
        try:
            take = Take.model_validate_json(self._record(slate, kind).read_bytes())
            data = self._file(slate, kind, take).read_bytes()
        except (OSError, ValidationError):
            return None
        same = take.key == pin.take and take.blob == pin.picture == hashlib.sha256(data).hexdigest()
        return take if same else None

    def _record(self, slate: str, kind: Kind) -> Path:
        return self.beside / f"{slate}.{kind}.json"

    def _file(self, slate: str, kind: Kind, take: Take) -> Path:
        return self.beside / f"{slate}.{kind}.{ENDINGS.get(take.media, 'bin')}"


@contextmanager
def shelf(project: Project, pins: Path) -> Iterator[Shelf]:
    """Give the places of one test, those of an earlier one cleared; raise Busy while another test runs."""
    test = Store(project.state / NAME)
    with locked(test, NAME):
        for folder in ("takes", "blobs", "scratch"):
            shutil.rmtree(test.root / folder, ignore_errors=True)
        for ledger in test.state.glob("*.jsonl"):
            ledger.unlink(missing_ok=True)
        beside = pins.with_suffix("") if pins.suffix else pins.with_name(f"{pins.name}-takes")
        yield Shelf(Store(project.state), test, beside)


def picture(take: Take, file: Path) -> RGB:
    """Return what stands for a take on a page: a still itself, or the frame in the middle of a clip."""
    if take.media == "image/png":
        return imaging.decode(file)
    ((_, frame),) = media.frames(file, [(take.frames or 1) // 2])
    return frame


def fitted(pixels: RGB) -> RGB:
    """Return a picture fitted to the width of the small ones."""
    import cv2
    import numpy as np

    height, width = pixels.shape[:2]
    if width <= WIDTH:
        return pixels
    small = cv2.resize(pixels, (WIDTH, max(1, round(WIDTH * height / width))), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def seen(file: Path) -> RGB | None:
    """Return a small picture, or None where there is none that can be read."""
    try:
        return imaging.decode(file) if file.is_file() else None
    except CharforgeError:
        return None
