"""What Ctrl-C may not tear."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from charforge.studio.interrupts import untorn

PRESSED = """
import os, signal
from charforge.studio.interrupts import untorn
try:
    with untorn():
        for _ in range({times}):
            os.kill(os.getpid(), signal.SIGINT)
        print("written", flush=True)
except KeyboardInterrupt:
    print("interrupted")
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


@pytest.mark.parametrize(("times", "said"), [(0, ["written"]), (1, ["written", "interrupted"]), (2, ["interrupted"])])
def test_what_is_under_way_is_done_before_ctrl_c_counts(times: int, said: list[str]) -> None:
    """A block is left whole, and then it is interrupted; whoever presses again waits for nothing."""
    command = [sys.executable, "-c", PRESSED.format(times=times)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == said


def test_other_threads_go_on() -> None:
    """Only the main thread hears of Ctrl-C; elsewhere the block changes nothing."""
    done = []

    def work() -> None:
        with untorn():
            done.append("written")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["written"]
