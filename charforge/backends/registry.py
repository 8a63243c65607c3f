"""Finds backends by their entry points and loads one when it is chosen."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import TYPE_CHECKING, Any, cast

from charforge.backends.protocols import ROLES
from charforge.errors import BackendMissing, InputError

if TYPE_CHECKING:
    from charforge.backends.protocols import Home


def listed(role: str) -> dict[str, EntryPoint]:
    """Return the installed backends of a role by name, importing none; a name claimed twice is an error."""
    found: dict[str, EntryPoint] = {}
    for point in _installed().select(group=f"charforge.{role}"):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            message = f"two installed packages offer the {role} backend {point.name!r}: {other.value} and {point.value}"
            raise InputError(message, "uninstall one of them")
        found[point.name] = point
    return found


def backend_class(role: str, name: str) -> Any:  # noqa: ANN401 - one class per protocol in ROLES
    """Return the class of a backend; raise BackendMissing when it is unknown or will not import."""
    points = listed(role)
    if name not in points:
        known = ", ".join(sorted(points)) or "none"
        message = f"there is no {role} backend {name!r}"
        raise BackendMissing(message, f"installed: {known}; see: charforge backends")
    try:
        loaded = points[name].load()
    except Exception as error:  # a package of somebody else's may raise anything
        message = f"the {role} backend {name!r} cannot be imported: {error}"
        raise BackendMissing(message, "see: charforge doctor") from error
    if not all(hasattr(loaded, method) for method in _methods(ROLES[role])):
        message = f"the {role} backend {name!r} does not fulfil its protocol {ROLES[role].__name__}"
        raise BackendMissing(message, "update the package it comes from")
    return loaded


def create(role: str, name: str, home: Home) -> Any:  # noqa: ANN401 - one class per protocol in ROLES
    """Return the backend, ready to work but with nothing loaded yet."""
    return backend_class(role, name)(home)


@cache
def _installed() -> EntryPoints:
    # Python reads the metadata of every installed package for each question, some 20 ms; a render asks fifty times.
    return cast("EntryPoints", entry_points())


def _methods(protocol: type) -> tuple[str, ...]:
    return tuple(n for n, v in vars(protocol).items() if callable(v) and not n.startswith("_"))
