"""Knows when a render would change nothing, without planning it again.

A finished render leaves a stamp: a fingerprint of everything that decides the film (shot list, settings, lock,
installed packages, this program) and the size and time of every file it rests on. While all of that is as it
was, the film is up to date; where anything differs, the render looks closer, and content decides.
"""

from __future__ import annotations

import hashlib
import json
import os
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

import charforge
from charforge.documents import write_atomic
from charforge.studio.project import SEASON_FILE, SETTINGS_FILE, Project
from charforge.studio.report import RenderReport


def fingerprint(project: Project, episode: Path, options: str) -> str:
    """Return a digest of what decides the film besides the files that the stamp lists."""
    known = hashlib.sha256(options.encode())
    locks = (root / "library.lock" for root in project.libraries.values())
    for file in (episode, project.root / SETTINGS_FILE, project.root / SEASON_FILE, *locks):
        known.update(b"\0" + _content(file))
    for name in _installed():
        known.update(name.encode("utf-8", "surrogateescape"))
    return known.hexdigest()


def _content(file: Path) -> bytes:
    """Return a file's bytes; none where it cannot be read, which whoever needs it tells."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def recall(stamp: Path, wanted: str) -> RenderReport | None:
    """Return the last render's report while nothing has changed since, else None."""
    try:
        kept = json.loads(stamp.read_bytes())
        if kept["fingerprint"] != wanted:
            return None
        for name, size, changed in kept["files"]:
            status = os.stat(name)  # noqa: PTH116 - thousands of files, and Path costs more than the call
            if (status.st_size, status.st_mtime_ns) != (size, changed):
                return None
        return RenderReport.model_validate(kept["report"]).changed(up_to_date=True, rendered=0, seconds=0.0)
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None


def remember(stamp: Path, wanted: str, files: Iterable[Path], report: RenderReport) -> None:
    """Leave the stamp of a finished render."""
    listed = [(str(f), (status := f.stat()).st_size, status.st_mtime_ns) for f in sorted(set(files))]
    content = {"fingerprint": wanted, "files": listed, "report": report.model_dump(mode="json")}
    write_atomic(stamp, json.dumps(content).encode())


def _installed() -> list[str]:
    """Return the names and versions of installed packages, and the size and time of this program's files."""
    site = sysconfig.get_path("purelib")
    packages = sorted(name for name in os.listdir(site) if name.endswith(".dist-info"))  # noqa: PTH208 - names only
    own = []
    for folder, _, files in os.walk(os.path.dirname(charforge.__file__)):  # noqa: PTH120 - one walk, names only
        for name in files:
            if not name.endswith(".pyc"):
                status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118
                own.append(f"{folder}/{name} {status.st_size} {status.st_mtime_ns}")
    return packages + sorted(own)
