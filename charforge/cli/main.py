"""The way in: every failure becomes words and an exit code, and no reader of the output can stop a render.

Nothing else is imported before Ctrl-C is listened for.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

INTERRUPTED = 130
MACHINE = 3


def main() -> None:
    """Run the command line and exit: 0 done, 1 not good enough, 2 your input, 3 the machine, 130 interrupted.

    With $CHARFORGE_TRACEBACK set, what charforge did not foresee is raised, to see where it happened.
    """
    try:
        _open_streams()
        code = _run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:
        if isinstance(error, SystemExit) or os.environ.get("CHARFORGE_TRACEBACK"):
            raise
        code = _unforeseen(error)
    if code == INTERRUPTED:
        print("interrupted; what was finished is kept, run the same command to go on", file=sys.stderr)
    sys.exit(_flushed(code))


def _run() -> int:
    from charforge.cli.app import app
    from charforge.cli.output import fail
    from charforge.errors import CharforgeError

    try:
        app()
    except CharforgeError as error:
        return fail(error)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _unforeseen(error: BaseException) -> int:
    """Say what went wrong that nobody thought of."""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        hint = "check the disk, and the permissions of the folders used"
        print(f"error: {where}{error.strerror or error}\n\nhint: {hint}", file=sys.stderr)
    elif isinstance(error, MemoryError):
        print("error: too little memory\n\nhint: close other programs, or render at a smaller size", file=sys.stderr)
    else:
        hint = "this is a fault of charforge: please report it; CHARFORGE_TRACEBACK=1 shows where it is"
        print(f"error: {type(error).__name__}: {error}\n\nhint: {hint}", file=sys.stderr)
    return MACHINE


class _Stdout(io.FileIO):
    """Standard output; when its reader has seen enough, such as ``head``, the rest goes nowhere."""

    def write(self, data: Buffer) -> int:
        """Write what can be written."""
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


class _Stderr(io.FileIO):
    """Standard error; a log that cannot be written is no reason to stop a film."""

    def write(self, data: Buffer) -> int:
        """Write what can be written."""
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def _open_streams() -> None:
    """Make both outputs take any text, whatever the locale, and outlive their readers; a closed one goes nowhere."""
    for name, raw, number in (("stdout", _Stdout, 1), ("stderr", _Stderr, 2)):
        given = getattr(sys, name)
        if given is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for the whole run
            continue
        if not isinstance(given, io.TextIOWrapper):
            continue
        given.flush()
        text = io.TextIOWrapper(
            io.BufferedWriter(raw(number, "wb", closefd=False)),
            encoding=given.encoding,
            errors="backslashreplace",
            line_buffering=given.line_buffering,
        )
        setattr(sys, name, text)


def _flushed(code: int) -> int:
    """Return the exit code once all output is out; 3 where it cannot be written, such as to a full disk."""
    try:
        sys.stdout.flush()
    except OSError as error:
        print(f"error: standard output: {error.strerror}", file=sys.stderr)
        # What is left in the buffer would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MACHINE
    return code
