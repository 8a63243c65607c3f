"""Where takes under test lie: in a store of their own, so that testing a film changes nothing of it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, zip_longest
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
from charforge.studio.repaired import recorded

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
            self.take_over(take)
            return take
        line = self._kept(slate, kind, pin)
        if not line:
            return None
        spoken = sorted(self.beside.glob(f"{slate}.{kind}.voice*.flac"))
        self._put(line, [self._file(slate, kind, line[0]), *spoken])
        return line[0]

    def take_over(self, take: Take) -> None:
        """Put a take of the film where it is judged, with the jobs of its repairs and the lines that are spoken in it.

        Raises StoreError when its bytes are gone.
        """
        line = recorded(self.film, take)
        spoken = (self.film.blob(digest) for digest in _lines(line) if self.film.has(digest))
        self._put(line, [self.film.blob(take.blob), *spoken])

    def _put(self, line: Sequence[Take], files: Iterable[Path]) -> None:
        for file in files:
            self.test.blobs.put(file.read_bytes())
        take, *before = _bare(line)
        for older in before:
            self.test.note(older)
        self.test.add(take)

    def keep(self, slate: str, kind: Kind, take: Take, file: Path) -> None:
        """Lay a whole take under test beside the pins, so that a checkout without the store can judge it."""
        write_atomic(self._file(slate, kind, take), file.read_bytes())
        line = recorded(self.test, take)
        for number, bare in enumerate(_bare(line)):
            data = bare.model_dump_json(exclude_none=True, indent=1).encode() + b"\n"
            write_atomic(self._record(slate, kind, number), data)
        for number, digest in enumerate(d for d in _lines(line) if self.test.has(d)):
            data = self.test.blob(digest).read_bytes()
            write_atomic(self.beside / f"{slate}.{kind}.voice{number}.flac", data)

    def kept(self, slate: str, kind: Kind) -> bool:
        """Return whether a whole take lies beside the pins."""
        return self._record(slate, kind).is_file()

    def drop(self, slate: str, kind: Kind) -> None:
        """Remove what lies beside the pins for a take."""
        for file in tuple(self.beside.glob(f"{slate}.{kind}.*")):
            file.unlink(missing_ok=True)

    def small(self, slate: str, kind: Kind) -> Path:
        """Return the small picture of a pinned take."""
        return self.beside / f"{slate}.{kind}.webp"

    def show(self, slate: str, kind: Kind, take: Take, file: Path) -> None:
        """Lay a take's small picture beside the pins."""
        write_atomic(self.small(slate, kind), encode_webp(fitted(picture(take, file)), 80))

    def _kept(self, slate: str, kind: Kind, pin: Pin) -> tuple[Take, ...]:
        """Return a take beside the pins and what it was before its repairs; nothing where it is not what was pinned."""
        line = tuple(self._recorded(slate, kind))
        if not line or line[0].key != pin.take or line[0].blob != pin.picture:
            return ()
        try:
            data = self._file(slate, kind, line[0]).read_bytes()
        except OSError:
            return ()
        return line if hashlib.sha256(data).hexdigest() == pin.picture else ()

    def _recorded(self, slate: str, kind: Kind) -> Iterator[Take]:
        for number in count():
            try:
                yield Take.model_validate_json(self._record(slate, kind, number).read_bytes())
            except (OSError, ValidationError):
                return

    def _record(self, slate: str, kind: Kind, number: int = 0) -> Path:
        """Return where a take is written down, or what it was so many repairs before."""
        return self.beside / f"{slate}.{kind}.{f'before{number}.' if number else ''}json"

    def _file(self, slate: str, kind: Kind, take: Take) -> Path:
        return self.beside / f"{slate}.{kind}.{ENDINGS.get(take.media, 'bin')}"


def _bare(line: Sequence[Take]) -> Iterator[Take]:
    """Yield takes that name nothing besides what each was repaired from."""
    for take, older in zip_longest(line, line[1:]):
        yield take.changed(attachments={}, parents=() if older is None else (older.key,))


def _lines(line: Sequence[Take]) -> Iterator[str]:
    """Yield what is spoken in a take, which its lips are held to."""
    for given in line[-1].job.inputs:
        if given.role == "voice":
            yield given.digest()


@contextmanager
def shelf(project: Project, pins: Path) -> Iterator[Shelf]:
    """Give the places of one test, those of an earlier one cleared; raise Busy while another test runs."""
    test = Store(project.state / NAME)
    with locked(test, NAME):
        for folder in ("takes", "blobs", "scratch", "embeddings"):
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
