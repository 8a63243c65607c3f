"""What every test may use."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from charforge.weights import LocalHome

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Where compiled files are not to be kept, each command that a test starts would compile the house anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A busy machine is no reason to fail a property, and one film is made from the same examples every time.
settings.register_profile("charforge", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("charforge")


@pytest.fixture(scope="session")
def home() -> LocalHome:
    """Return the house with the embedded model files in the shared cache, fetched on first use.

    A test that uses it carries the mark `models`.
    """
    from charforge.weights import LocalHome, pull

    pull()
    return LocalHome(threads=1)


@pytest.fixture(scope="session")
def voices(home: LocalHome) -> LocalHome:
    """Return the house with the voices that tests blend, which the embedded set does not hold, fetched on first use."""
    from charforge.weights import pull

    pull(("voice-af_heart", "voice-bf_emma"))
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail a test that tries to reach anything but this machine, itself or in a process that it starts.

    Fixtures of the session may fetch model files.
    """
    tried: list[str] = []
    notes = tmp_path_factory.getbasetemp() / "tripwire"
    notes.write_text("", "utf-8")
    monkeypatch.setenv("CHARFORGE_TRIPWIRE", str(notes))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "tripwire"), prepend=os.pathsep)
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _here(address[0]):
            tried.append(str(address))
            raise OSError(f"a test reaches out to {address}")
        connect(self, address)

    def looked_up(host: Any, *args: Any, **options: Any) -> Any:
        if not _here(host):
            tried.append(str(host))
            raise socket.gaierror(f"a test asks where {host} is")
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    yield
    tried += notes.read_text("utf-8").splitlines()
    assert tried == [], f"the network was tried: {tried}"


def _here(host: Any) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
