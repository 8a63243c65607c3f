"""The tripwire that keeps every test off the network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ASK = "import socket\nsocket.create_connection(('{}', 9), timeout=1)"


@pytest.mark.parametrize("host", ["192.0.2.1", "example.invalid"])
def test_a_process_that_reaches_out_is_noted_and_refused(host: str) -> None:
    """By number or by name; nothing is sent."""
    done = subprocess.run([sys.executable, "-c", ASK.format(host)], capture_output=True, text=True, check=False)
    notes = Path(os.environ["CHARFORGE_TRIPWIRE"])
    assert f"a test reaches out to {host}" in done.stderr
    assert host in notes.read_text("utf-8")
    notes.write_text("", "utf-8")


def test_a_process_may_talk_to_this_machine() -> None:
    """Hubs and providers of the tests' own are served there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket\nsocket.create_connection(('localhost', {port}), timeout=5)"
        subprocess.run([sys.executable, "-c", code], check=True)
    assert Path(os.environ["CHARFORGE_TRIPWIRE"]).read_text("utf-8") == ""
