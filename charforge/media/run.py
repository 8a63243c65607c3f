"""Finds ffmpeg and runs it."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import process
from charforge.errors import MediaError, ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TAIL_LINES = 12
"""How many of ffmpeg's last lines an error shows."""

TIMEOUT = 4 * 3600.0
"""Seconds after which an encode is taken to hang."""

LAST_LINES = "these are ffmpeg's last lines"
SILENT = "it said nothing; is the program an ffmpeg? see: charforge doctor"

_REASONS = (
    ("No space left on device", "free some space on that disk and run the same command again; finished takes are kept"),
    ("Disk quota exceeded", "free some space on that disk and run the same command again; finished takes are kept"),
    ("Read-only file system", "choose a folder that can be written to"),
    ("Permission denied", "choose a folder that can be written to"),
)


def ffmpeg() -> str:
    """Return the path of ffmpeg: $CHARFORGE_FFMPEG, else the packaged one, else the one on the PATH.

    Raises MediaError when there is none.
    """
    return _find(os.environ.get("CHARFORGE_FFMPEG", ""))


@cache
def _find(asked: str) -> str:
    if asked:
        found = shutil.which(asked)
        if found is None:
            message = f"$CHARFORGE_FFMPEG names {asked!r}, which is no program"
            raise MediaError(message, "correct it, or unset it to use the packaged ffmpeg")
        return found
    found = _packaged() or shutil.which("ffmpeg")
    if found is None:
        message = "ffmpeg is not here"
        raise MediaError(message, "pip install imageio-ffmpeg, or set CHARFORGE_FFMPEG to an ffmpeg program")
    return found


def _packaged() -> str | None:
    """Return the program inside imageio-ffmpeg's wheel; `get_ffmpeg_exe` would start it once, which costs 0.1 s."""
    try:
        import imageio_ffmpeg
    except ImportError:
        return None
    folder = Path(imageio_ffmpeg.__file__).parent / "binaries"
    programs = sorted(p for p in folder.glob("ffmpeg-*") if os.access(p, os.X_OK))
    return str(programs[0]) if programs else None


def run(
    arguments: Sequence[str],
    *,
    stdin: Iterable[bytes | memoryview] | None = None,
    progress: Callable[[int], None] | None = None,
    loglevel: str = "warning",
    timeout: float = TIMEOUT,
) -> str:
    """Run ffmpeg and return what it wrote to stderr; `progress` is told the number of frames written so far.

    Raises MediaError with the command and its last lines when ffmpeg fails, and whatever `stdin` raises.
    """
    command = [
        ffmpeg(), "-nostdin", "-hide_banner", "-nostats", "-loglevel", loglevel, "-progress", "pipe:1", *arguments
    ]  # fmt: skip
    try:
        ended = process.run(command, timeout=timeout, stdin=stdin, line=_Counter(progress))
    except ProcessError as error:
        raise MediaError(error.message, error.hint, command=command) from error
    if ended.code != 0:
        raise failure(command, ended.stderr, ended.code)
    return ended.stderr


def failure(command: Sequence[str], stderr: str, code: int) -> MediaError:
    """Return the error for a failed run, with ffmpeg's last lines and a hint where the reason is known."""
    tail = "\n".join([line for line in stderr.splitlines() if line.strip()][-TAIL_LINES:])
    hint = next((hint for reason, hint in _REASONS if reason in tail), LAST_LINES if tail else SILENT)
    ended = f"exit {code}" if code >= 0 else f"signal {-code}"
    return MediaError(f"ffmpeg failed ({ended})", hint, command=tuple(command), tail=tail)


class _Counter:
    """Reads ffmpeg's progress lines and passes on the frame count."""

    def __init__(self, report: Callable[[int], None] | None) -> None:
        self.report = report

    def __call__(self, line: str) -> None:
        key, _, value = line.partition("=")
        if key == "frame" and self.report is not None and value.strip().isdigit():
            self.report(int(value))
