"""What Ctrl-C may not tear."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from charforge.studio.interrupts import untorn


def press() -> None:
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def test_what_is_under_way_is_done_before_ctrl_c_counts() -> None:
    """A block is left whole, and then it is interrupted."""
    done = []
    with pytest.raises(KeyboardInterrupt), untorn():
        press()
        done.append("written")
    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_breaks_off_at_once() -> None:
    """Whoever presses again does not wait for a reader that takes nothing."""
    done = []
    with pytest.raises(KeyboardInterrupt), untorn():
        press()
        press()
        done.append("written")
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_and_blocks_nobody_interrupts_go_on() -> None:
    """Only the main thread hears of Ctrl-C; elsewhere the block changes nothing."""
    done = []

    def work() -> None:
        with untorn():
            done.append("written")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    work()
    assert done == ["written", "written"]
