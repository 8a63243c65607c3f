"""Python runs this at the start of every process that a test starts: it notes and refuses what leaves this machine."""

import ipaddress
import os
import sys

NOTES = os.environ.get("CHARFORGE_TRIPWIRE", "")
EVENTS = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0}
"""Audit event -> which of its arguments says where it goes to."""


def _here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event not in EVENTS:
        return
    to = arguments[EVENTS[event]]
    if event != "socket.getaddrinfo":
        if not isinstance(to, tuple):  # the path of a socket on this machine
            return
        to = to[0]
    if _here(to):
        return
    with open(NOTES, "a", encoding="utf-8") as notes:  # noqa: PTH123 - nothing more is imported into every process
        notes.write(f"{event} {to}\n")
    message = f"a test reaches out to {to}"
    raise OSError(message)


if NOTES:
    sys.addaudithook(_watch)
