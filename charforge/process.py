"""The one door to child processes: argument lists only, a time limit, a bounded log, killed with their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from charforge.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

LOG_BYTES = 64 * 1024
"""How much of the end of stderr is kept."""

OUTPUT_BYTES = 8 * 1024 * 1024
"""How much of the end of stdout is kept when nobody listens to its lines."""

PIPE_BYTES = 1024 * 1024
"""Asked of the kernel for each pipe, so that a frame takes few turns. Source: Linux's default limit, pipe(7)."""

_PR_SET_PDEATHSIG = 1
_LINUX = sys.platform == "linux"
_LIBC = ctypes.CDLL(None) if _LINUX else None


@dataclass(frozen=True, slots=True)
class Finished:
    """A child that has ended."""

    argv: tuple[str, ...]
    code: int
    """Exit status; negative is the signal that ended it."""
    stdout: str
    """Its last OUTPUT_BYTES; empty when a callback took the lines."""
    stderr: str
    """Its last LOG_BYTES; empty when it went to a file."""
    seconds: float


def run(  # noqa: PLR0913 - each is one thing a child can be given
    argv: Sequence[str],
    *,
    timeout: float,
    stdin: Iterable[bytes | memoryview] | None = None,
    line: Callable[[str], None] | None = None,
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Finished:
    """Run a program until it ends, and return how it ended, whatever its exit status.

    `stdin` is fed block by block while the child runs, and may be left unread; `line` gets each line of stdout on
    another thread; stderr is appended to `log` where one is given; the environment is ours where none is given.
    Raises ProcessError when the program cannot be started or runs past `timeout` seconds, and whatever `stdin` or
    `line` raises; the child and its own children are dead by then.
    """
    argv = tuple(argv)
    began = time.monotonic()
    with tempfile.TemporaryFile() if log is None else log.open("ab") as errors:
        child = _started(argv, errors, piped=stdin is not None, environment=environment, folder=folder)
        watch = _Watch(child, timeout)
        listener = _Listener(child, line, watch)
        try:
            _feed(child, stdin, watch)
            child.wait()
        finally:
            # Also its own children, which may hold the pipes open.
            watch.end()
            listener.join()
        stderr = _tail(errors) if log is None else ""
    if listener.error is not None:
        raise listener.error
    if watch.late:
        message = f"{argv[0]} was stopped after its time limit of {timeout:g} s"
        raise ProcessError(message, "run it again; if it hangs again, the program is at fault", argv, stderr)
    return Finished(argv, child.returncode, listener.text(), stderr, time.monotonic() - began)


class _Watch:
    """Kills a child, with everything it has started, at its time limit or when asked."""

    def __init__(self, child: subprocess.Popen[bytes], timeout: float) -> None:
        self.late = False
        self._child = child
        self._timer = threading.Timer(timeout, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def kill(self) -> None:
        """Kill the child's process group; harmless when it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def end(self) -> None:
        """Stop watching and leave nothing running."""
        self._timer.cancel()
        self.kill()
        self._child.wait()

    def _expire(self) -> None:
        if self._child.poll() is None:
            self.late = True
            self.kill()


class _Listener:
    """Reads stdout on its own thread, so that neither side waits for the other."""

    def __init__(self, child: subprocess.Popen[bytes], line: Callable[[str], None] | None, watch: _Watch) -> None:
        assert child.stdout is not None
        self.error: BaseException | None = None
        self._stream: IO[bytes] = child.stdout
        self._line = line
        self._watch = watch
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, name=f"stdout of {child.pid}", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the child's output has been read to its end."""
        self._thread.join()
        self._stream.close()

    def text(self) -> str:
        """Return what was kept of the output."""
        return self._kept.decode("utf-8", "replace")

    def _read(self) -> None:
        try:
            for raw in self._stream:
                if self._line is not None:
                    self._line(raw.decode("utf-8", "replace").rstrip("\r\n"))
                    continue
                self._kept += raw
                if len(self._kept) > 2 * OUTPUT_BYTES:
                    del self._kept[:-OUTPUT_BYTES]
        except BaseException as error:  # noqa: BLE001 - raised again by run()
            self.error = error
            self._watch.kill()


def _started(
    argv: tuple[str, ...],
    errors: IO[bytes],
    *,
    piped: bool,
    environment: Mapping[str, str] | None,
    folder: Path | None,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the one door; callers give argument lists
            argv,
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=dict(os.environ if environment is None else environment),
            cwd=folder,
            pipesize=PIPE_BYTES,
            # Its own group, so that all of it can be killed, and Ctrl-C reaches only us.
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()) if _LINUX else None,  # noqa: PLW1509 - one system call, libc is loaded
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        message = f"{argv[0] if argv else 'an empty command'} cannot be started: {reason}"
        raise ProcessError(message, "see: charforge doctor", argv) from error


def _die_with(parent: int) -> Callable[[], None]:
    """Return what the child does first: ask the kernel to kill it when we die, however we die."""

    def ask() -> None:
        assert _LIBC is not None
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _feed(child: subprocess.Popen[bytes], blocks: Iterable[bytes | memoryview] | None, watch: _Watch) -> None:
    """Write blocks until they end or the child reads no more; kill it when making a block fails."""
    if blocks is None:
        return
    assert child.stdin is not None
    try:
        for block in _until(blocks, watch):
            child.stdin.write(block)
        child.stdin.close()
    except BrokenPipeError:
        # The child has ended or closed its input; its exit status says which.
        pass
    except BaseException:
        watch.kill()
        raise
    finally:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()


def _until(blocks: Iterable[bytes | memoryview], watch: _Watch) -> Iterator[bytes | memoryview]:
    for block in blocks:
        if watch.late:
            return
        yield block


def _tail(errors: IO[bytes]) -> str:
    length = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, length - LOG_BYTES))
    return errors.read().decode("utf-8", "replace")
