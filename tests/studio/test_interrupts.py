"""What Ctrl-C may not tear."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from charforge.studio.interrupts import untorn


def pressed_while_writing(times: int, done: list[str]) -> None:
    """Press Ctrl-C so often, then write."""
    with untorn():
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        done.append("written")


def test_what_is_under_way_is_done_before_ctrl_c_counts() -> None:
    """A block is left whole, and then it is interrupted."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        pressed_while_writing(1, done)
    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_breaks_off_at_once() -> None:
    """Whoever presses again does not wait for a reader that takes nothing."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        pressed_while_writing(2, done)
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
