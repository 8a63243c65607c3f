"""Fetches a model from the Hugging Face hub into the hub's own cache, with huggingface_hub.

pull_hub: what the hub lists -> the licence is told -> what a loader reads, and no more -> each file checked.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from fnmatch import fnmatch
from glob import escape
from pathlib import Path
from typing import Any, Self

from charforge.checkpoints import reading
from charforge.errors import BackendMissing, CharforgeError, NotCommercial, WeightsError
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted, silent
from charforge.weights import own
from charforge.weights.hub_errors import told

STAGE = "weights"
EVERY = 0.2
"""Seconds between two reports of progress."""
PATIENCE = 30.0
"""Seconds that the hub may take to say what it has."""
NON_COMMERCIAL = re.compile(r"non-?commercial|research|(^|[-_ ])nc([-_ ]|$)|\bcpml\b|coqui-public-model", re.IGNORECASE)
"""In the name of a licence as the hub has it."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A file as the hub lists it."""

    name: str
    size: int
    sha256: str
    """Empty for a small file, which git keeps by its own sum."""
    sha1: str
    """What git calls it: the sha1 of `blob`, its size and its bytes; empty when the hub does not say."""


class _StoppedError(Exception):
    """Ends a transfer from inside the library."""


def non_commercial(licence: str) -> bool:
    """Tell whether a licence names itself as one for non-commercial use."""
    return NON_COMMERCIAL.search(licence) is not None


def pull_hub(
    hub_id: str,
    reporter: Reporter = silent,
    *,
    offline: bool = False,
    commercial: bool = False,
    also: tuple[str, ...] = (),
) -> Path:
    """Bring `owner/name` or `owner/name@revision` into the hub's cache and return its folder there.

    Fetches what safe loaders read: no pickles, no programs; `also` names further files, such as ``*.pth``. The
    endpoint and the token are those of huggingface_hub (HF_ENDPOINT, HF_TOKEN, `hf auth login`).
    For a `commercial` project a model whose licence is named as non-commercial is refused before anything is fetched.
    Raises WeightsError in words, BackendMissing without huggingface_hub.
    """
    repo, revision = own.hub_id(hub_id)
    if not repo:
        raise WeightsError(f"{hub_id!r} is no hub id", "write owner/name, or owner/name@revision")
    if offline:
        found = own.snapshot_of(repo, revision)
        if found is None:
            hint = "connect to the network, set offline: false in charforge.yaml and run it again"
            raise WeightsError(f"{hub_id} is not on this machine, and offline is set", hint)
        return found
    try:
        import huggingface_hub as library
    except ImportError as error:
        raise BackendMissing("huggingface_hub is not installed", "pip install 'charforge[diffusers]'") from error
    try:
        return _Pull(library, repo, revision, reporter, commercial=commercial).run(also)
    except CharforgeError:
        raise
    except Exception as error:
        raise told(error, repo, revision, library.constants.ENDPOINT) from error


class _Pull:
    """One run of fetching a repository."""

    def __init__(
        self,
        library: Any,  # noqa: ANN401 - a module
        repo: str,
        revision: str,
        reporter: Reporter,
        *,
        commercial: bool,
    ) -> None:
        self._library = library
        self._commercial = commercial
        self._repo = repo
        self._revision = revision or "main"
        self._reporter = reporter
        self._cache = own.hub_cache()

    def run(self, also: tuple[str, ...]) -> Path:
        """Fetch what is missing, check all of it and return the folder."""
        began = time.monotonic()
        info = self._library.HfApi().model_info(
            self._repo, revision=self._revision, files_metadata=True, timeout=PATIENCE
        )
        files = {sibling.rfilename: _listed(sibling) for sibling in info.siblings or () if _inside(sibling.rfilename)}
        self._licence(info)
        wanted = self._wanted(files, str(info.sha), also)
        folder = self._cache / f"models--{self._repo.replace('/', '--')}" / "snapshots" / str(info.sha)
        missing = [file for file in wanted if not (folder / file.name).exists()]
        total = sum(file.size for file in wanted)
        needed = sum(file.size for file in missing)
        if missing:
            self._room(needed)
            self._reporter(StageStarted(STAGE, total, "bytes"))
        if self._fetch(wanted, total - needed, total) != folder:
            raise WeightsError(f"{self._repo} was changed while it was fetched", "run it again")
        self._check(folder, wanted)
        if missing:
            self._reporter(StageEnded(STAGE, time.monotonic() - began))
        return folder

    def _licence(self, info: Any) -> None:  # noqa: ANN401 - the library's own record
        """Tell under which terms the model is given, before anything is fetched; raise WeightsError for unfit ones."""
        card: Mapping[str, Any] = info.card_data.to_dict() if info.card_data else {}
        named = card.get("license_name") or card.get("license")
        place = f"{self._library.constants.ENDPOINT}/{self._repo}"
        if named in (None, "", "unknown"):
            self._reporter(Noted(f"{self._repo} names no licence; its terms, if any, stand at {place}"))
            return
        words = ", ".join(map(str, named)) if isinstance(named, list) else str(named)
        link = card.get("license_link") or place
        self._reporter(Noted(f"{self._repo} has the licence {words}: {link if '://' in str(link) else place}"))
        if self._commercial and non_commercial(words):
            raise NotCommercial(self._repo, f"its licence is {words}")

    def _wanted(self, files: Mapping[str, _Listed], commit: str, also: tuple[str, ...]) -> list[_Listed]:
        """Return the files that a loader reads; raise WeightsError when weights come in no form that is loaded."""
        parts = None
        if reading.INDEX in files:
            index = self._library.hf_hub_download(
                self._repo,
                reading.INDEX,
                revision=commit,
                cache_dir=self._cache,
                tqdm_class=_bars(threading.Event(), []),
            )
            parts = reading.parts_of(Path(index))
        read = [name for name in reading.read_by_loaders(files, parts) if name.endswith(reading.READ)]
        extra = [name for name in files if any(fnmatch(name, pattern) for pattern in also)]
        self._refuse_unsafe(files, read + extra, parts)
        return [files[name] for name in sorted({*read, *extra})]

    def _refuse_unsafe(self, files: Iterable[str], chosen: list[str], parts: tuple[str, ...] | None) -> None:
        places = {part: f"{part}/" for part in parts or ()} or {self._repo: ""}
        for place, start in places.items():
            weights = [name for name in files if name.startswith(start) and name.endswith(reading.WEIGHTS)]
            if not weights and parts is not None:
                continue
            if not any(name.startswith(start) and name.endswith(reading.WEIGHTS) for name in chosen):
                message = f"{place} has no weights as safetensors; charforge loads nothing else"
                kinds = ", ".join(sorted({name.rpartition("/")[2] for name in weights})[:3])
                hint = "look for the same model saved as safetensors, in diffusers' layout"
                raise WeightsError(f"{message}: it has {kinds or 'no weights at all'}", hint)

    def _room(self, needed: int) -> None:
        folder = self._cache
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if free < needed:
            message = f"{self._cache} has {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB are needed for {self._repo}"
            raise WeightsError(message, "free disk space there, or set HF_HOME to another folder")

    def _fetch(self, wanted: list[_Listed], had: int, total: int) -> Path:
        """Let the library fetch in a thread of its own, so that this one can report and be interrupted."""
        stop, counts = threading.Event(), list[Callable[[], float]]()
        with ThreadPoolExecutor(1, "hub") as pool:
            running = pool.submit(
                self._library.snapshot_download,
                self._repo,
                revision=self._revision,
                cache_dir=self._cache,
                allow_patterns=[escape(file.name) for file in wanted],
                tqdm_class=_bars(stop, counts),
            )
            told_last = -1
            try:
                while not running.done():
                    done = min(had + int(max((count() for count in counts), default=0)), total)
                    if done != told_last and had < total:
                        self._reporter(Progressed(STAGE, self._repo, done, total))
                        told_last = done
                    wait([running], EVERY)
                folder = Path(running.result())
            except BaseException:
                stop.set()
                # What the library waits for at this moment ends too.
                self._library.close_session()
                raise
        if had < total:
            self._reporter(Progressed(STAGE, self._repo, total, total))
        return folder

    def _check(self, folder: Path, wanted: list[_Listed]) -> None:
        """Remove files that are not those that the hub lists, and say so: the library compares no more than sizes."""
        here = {file.name: folder / file.name for file in wanted if (folder / file.name).exists()}
        hashed = own.hashes(
            {file.name: here[file.name] for file in wanted if file.sha256 and file.name in here}, self._reporter
        )
        wrong = []
        for file in wanted:
            path = folder / file.name
            if file.name in here and path.exists() and _same(path, file, hashed.get(file.name, "")):
                continue
            wrong.append(f"{file.name} of {self._repo} is not the file that the hub lists")
            self._remove(path)
        if wrong:
            hint = "run it again; if that does not help, a proxy or mirror (HF_ENDPOINT) changes files on their way"
            raise WeightsError("\n".join(wrong), hint)

    def _remove(self, path: Path) -> None:
        content = path.resolve()
        try:
            if content.is_relative_to(self._cache.resolve()):
                content.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        except OSError as error:
            raise WeightsError(f"{path} cannot be removed: {error.strerror}", "remove it, then run it again") from error


def _inside(name: str) -> bool:
    """Return whether a name leads to a place inside the folder that it is joined to."""
    return not name.startswith("/") and ".." not in name.split("/")


def _listed(sibling: Any) -> _Listed:  # noqa: ANN401 - the library's own record
    lfs = sibling.lfs
    sha256 = (getattr(lfs, "sha256", None) or "") if lfs else ""
    return _Listed(sibling.rfilename, int(sibling.size or 0), sha256, "" if lfs else sibling.blob_id or "")


def _same(path: Path, file: _Listed, sha256: str) -> bool:
    if path.stat().st_size != file.size:
        return False
    if file.sha256 or len(file.sha1) != 40:
        return sha256 == file.sha256
    content = path.read_bytes()
    # Git's name for a file. Source: git-hash-object(1).
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == file.sha1


def _bars(stop: threading.Event, counts: list[Callable[[], float]]) -> type:
    """Return what the library takes for a progress bar: it shows nothing, counts bytes and ends a transfer."""

    class Bar:
        def __init__(self, *_: object, **options: Any) -> None:  # noqa: ANN401 - as tqdm takes them
            self.total = options.get("total")
            self.n: float = options.get("initial") or 0
            self.format_dict: dict[str, object] = {}
            if options.get("unit") == "B":
                counts.append(lambda: self.n)

        def update(self, count: float | None = 1) -> None:
            if stop.is_set():
                raise _StoppedError
            self.n += count or 0

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __getattr__(self, name: str) -> Callable[..., None]:
            if name.startswith(("_", "update_")):
                raise AttributeError(name)
            return lambda *_, **__: None

    return Bar
