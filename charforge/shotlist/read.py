"""Reads an episode, from the file or, where nothing has changed, from what was parsed before."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from pydantic import ValidationError

from charforge import __version__
from charforge.documents import write_atomic
from charforge.domain.script import Episode
from charforge.errors import InputError, StoreError

SCHEMA = f"charforge-episode-3 {__version__}"
"""Raise the number when parsing gives another episode for the same text."""


def read_episode(path: Path, *, cache: Path | None = None) -> Episode:
    """Return the episode written in a shot list.

    `cache` is a folder that keeps the last parse of each file by its content. Raises InputError with every
    problem of the file.
    """
    from charforge.documents.yaml import read_bytes

    data = read_bytes(path)
    if cache is None:
        return _parsed(data, path)
    # The path is in the key because the episode names its source.
    key = hashlib.sha256(f"{SCHEMA}\n{path}\n".encode("utf-8", "surrogateescape") + data).hexdigest().encode()
    kept = cache / f"{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"
    episode = _remembered(kept, key)
    if episode is None:
        episode = _parsed(data, path)
        # An unwritable cache costs time, not the film; whatever must be written says so itself.
        with contextlib.suppress(StoreError):
            write_atomic(kept, key + b"\n" + episode.model_dump_json().encode())
    return episode


def _remembered(kept: Path, key: bytes) -> Episode | None:
    """Return the cached episode, or None when it is of another text, or is damaged."""
    try:
        head, _, body = kept.read_bytes().partition(b"\n")
        return Episode.model_validate_json(body) if head == key else None
    except (OSError, ValidationError):
        return None


def _parsed(data: bytes, path: Path) -> Episode:
    # Imported here: a cached episode needs neither the parser nor its models.
    from charforge.shotlist.parse import parse_episode

    episode, problems = parse_episode(data, path)
    if episode is None or problems:
        raise InputError(problems, "correct the shot list, then run charforge check again")
    return episode
