"""The one door to child processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from charforge.errors import ProcessError
from charforge.process import LOG_BYTES, run

PYTHON = sys.executable


def gone(pid: int, within: float = 10.0) -> bool:
    """Return whether a process has ended; one that nobody has waited for yet counts as ended."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def announcing(file: Path) -> str:
    """Return the beginning of a script that writes its process id to a file."""
    return f"import os, time, pathlib; pathlib.Path({str(file)!r}).write_text(str(os.getpid()))"


def test_returns_status_output_and_log() -> None:
    """What a child prints and how it ends comes back."""
    done = run([PYTHON, "-c", "import sys; print('out'); print('log', file=sys.stderr); sys.exit(7)"], timeout=30)
    assert (done.code, done.stdout, done.stderr) == (7, "out\n", "log\n")


def test_feeds_stdin_while_reading_stdout() -> None:
    """A child that echoes more than any pipe holds never waits for us."""
    blocks = [bytes([n]) * 1_000_000 for n in range(20)]
    done = run(["/bin/cat"], timeout=60, stdin=iter(memoryview(b) for b in blocks))
    assert done.code == 0
    assert done.stdout[-5_000_000:].encode() == b"".join(blocks)[-5_000_000:]


def test_tells_every_line_as_it_comes() -> None:
    """Lines reach the callback without their ends, bad UTF-8 replaced."""
    told: list[str] = []
    done = run([PYTHON, "-c", r"import os; os.write(1, b'one\r\ntwo\n\xff')"], timeout=30, line=told.append)
    assert told == ["one", "two", "�"]
    assert done.stdout == ""


def test_keeps_the_end_of_a_long_log() -> None:
    """A child that complains without end costs bounded memory."""
    done = run([PYTHON, "-c", "import sys; sys.stderr.write('x' * 1_000_000 + 'the end')"], timeout=30)
    assert len(done.stderr) == LOG_BYTES
    assert done.stderr.endswith("the end")


def test_log_goes_to_a_file_when_asked(tmp_path: Path) -> None:
    """A log file keeps what was in it and gets the rest."""
    log = tmp_path / "log"
    log.write_text("before\n")
    run([PYTHON, "-c", "import sys; print('after', file=sys.stderr)"], timeout=30, log=log)
    assert log.read_text() == "before\nafter\n"


def test_a_child_that_reads_no_more_is_not_an_error() -> None:
    """Input that nobody wants is dropped, and the child's status decides."""
    assert (
        run([PYTHON, "-c", "import sys; sys.stdin.close()"], timeout=30, stdin=(bytes(100_000) for _ in range(50))).code
        == 0
    )


def test_time_limit_kills_the_child_and_its_children(tmp_path: Path) -> None:
    """Nothing that a late child has started stays behind."""
    script = (
        "import subprocess, sys, time, pathlib\n"
        f"child = subprocess.Popen([{PYTHON!r}, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "print('still here', file=sys.stderr, flush=True)\ntime.sleep(600)\n"
    )
    with pytest.raises(ProcessError, match="time limit of 2 s") as caught:
        run([PYTHON, "-c", script], timeout=2)
    assert caught.value.tail == "still here\n"
    assert gone(int((tmp_path / "pid").read_text()))


def test_time_limit_holds_while_a_child_ignores_its_input() -> None:
    """A child that never reads does not hold us in a write."""
    began = time.monotonic()
    with pytest.raises(ProcessError, match="time limit"):
        run([PYTHON, "-c", "import time; time.sleep(600)"], timeout=1, stdin=(bytes(1_000_000) for _ in range(100)))
    assert time.monotonic() - began < 30


def test_a_failing_source_of_input_kills_the_child(tmp_path: Path) -> None:
    """What making a block raises comes out, and no child is left."""

    def blocks() -> Iterator[bytes]:
        yield b"one"
        until = time.monotonic() + 20
        while not (tmp_path / "pid").exists() and time.monotonic() < until:
            time.sleep(0.01)
        raise KeyboardInterrupt

    script = f"{announcing(tmp_path / 'pid')}; import sys; sys.stdin.read(); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        run([PYTHON, "-c", script], timeout=60, stdin=blocks())
    assert gone(int((tmp_path / "pid").read_text() or "0"))


def test_a_failing_listener_kills_the_child() -> None:
    """What the callback raises comes out at once."""

    def listen(line: str) -> None:
        raise ValueError(line)

    with pytest.raises(ValueError, match="hello"):
        run([PYTHON, "-c", "import time; print('hello', flush=True); time.sleep(600)"], timeout=60, line=listen)


@pytest.mark.parametrize("argv", [["/nowhere/at/all"], ["/etc/passwd"], ["a\0b"]])
def test_a_program_that_cannot_start_is_named(argv: list[str]) -> None:
    """The error says which program and why."""
    with pytest.raises(ProcessError, match="cannot be started"):
        run(argv, timeout=5)


def test_arguments_are_never_read_by_a_shell() -> None:
    """Quotes, dollars and newlines arrive as they are."""
    words = ["a b", "$(id)", "it's", '"', "%s:\n;|&", "ضوء 🎬"]
    done = run([PYTHON, "-c", "import sys; print(ascii(sys.argv[1:]))", *words], timeout=30)
    assert done.stdout.strip() == ascii(words)


def test_environment_is_what_was_given() -> None:
    """A given environment replaces ours."""
    done = run(
        [PYTHON, "-c", "import os; print(os.environ.get('HOME'), os.environ['ONE'])"],
        timeout=30,
        environment={"ONE": "1"},
    )
    assert done.stdout == "None 1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_a_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL of ours leaves no ffmpeg behind."""
    child = f"{announcing(tmp_path / 'pid')}; time.sleep(600)"
    script = f"from charforge.process import run; run([{PYTHON!r}, '-c', {child!r}], timeout=600)"
    parent = subprocess.Popen([PYTHON, "-c", script])
    try:
        until = time.monotonic() + 30
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert time.monotonic() < until
            time.sleep(0.02)
        pid = int((tmp_path / "pid").read_text())
        os.kill(parent.pid, signal.SIGKILL)
        assert gone(pid)
    finally:
        parent.kill()
        parent.wait()
