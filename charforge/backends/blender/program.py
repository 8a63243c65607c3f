"""Finds a Blender on this machine: a Python that has bpy, or an installed Blender. Neither is ever imported."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from charforge import process
from charforge.errors import BackendMissing, ProcessError

_OWN = "python3.11 -m venv ~/.blender && ~/.blender/bin/pip install 'bpy>=4.2,<5' numpy"
_NAMED = "blender: ~/.blender/bin/python"
# bpy of other Pythons wants another numpy than ours, or is not there at all.
INSTALL = (
    "pip install 'charforge[blender]', or write blender: PATH"
    if sys.version_info[:2] == (3, 13)
    else f"{_OWN}, and write {_NAMED}"
)
HINT = f"{INSTALL} (or blender: PATH of an installed Blender, 4.2 or newer) into charforge.yaml"
OLDEST = (4, 2)
_VERSION = "import importlib.metadata as m; print('Blender', m.version('bpy'))"
_KEPT = re.compile(
    r"PATH|HOME|USER|LANG|LC_.*|TMPDIR|TEMP|TMP|TZ|PYTHON.*|LD_LIBRARY_PATH|DYLD_.*|XDG_.*|SYSTEMROOT"
    r"|OMP_NUM_THREADS|BLENDER_.*|CHARFORGE_TRIPWIRE"
)
"""What a set's script may see of our environment: no keys of services."""


@dataclass(frozen=True, slots=True)
class Program:
    """A Blender that can be started."""

    path: Path
    python: bool
    """Whether it is a Python with bpy rather than Blender itself."""

    def argv(self, script: Path, request: Path) -> tuple[str, ...]:
        """Return the command that runs a script with a request."""
        if self.python:
            return str(self.path), str(script), str(request)
        # Without the user's own add-ons and start-up file, the same set gives the same picture everywhere.
        quiet = ("--background", "--factory-startup", "--disable-autoexec", "--python-exit-code", "1")
        return str(self.path), *quiet, "--python", str(script), "--", str(request)

    def version(self) -> str:
        """Return the version, such as ``4.5.15``; raise BackendMissing when it does not run or is too old."""
        asked = ("-c", _VERSION) if self.python else ("--version",)
        try:
            done = process.run((str(self.path), *asked), timeout=60, environment=environment())
        except ProcessError as error:
            raise BackendMissing(error.message, HINT) from error
        found = re.search(r"Blender (\d+)\.(\d+)(\S*)", done.stdout)
        if done.code or found is None:
            what = "has no bpy" if self.python else "is no Blender"
            raise BackendMissing(f"{self.path} {what}", HINT)
        if (int(found[1]), int(found[2])) < OLDEST:
            raise BackendMissing(f"{self.path} is Blender {found[1]}.{found[2]}, which is too old", HINT)
        return f"{found[1]}.{found[2]}{found[3]}"


def find(named: str = "") -> Program:
    """Return the Blender to use; raise BackendMissing without one.

    In this order: what charforge.yaml names, BLENDER_PYTHON, BLENDER, bpy in our own environment, blender on PATH.
    """
    for source, text in (
        ("charforge.yaml names", named),
        ("BLENDER_PYTHON names", os.environ.get("BLENDER_PYTHON", "")),
        ("BLENDER names", os.environ.get("BLENDER", "")),
    ):
        if text:
            return _named(text, source)
    # Looked for, not imported.
    if importlib.util.find_spec("bpy") is not None:
        return Program(Path(sys.executable), python=True)
    found = shutil.which("blender")
    if found is None:
        raise BackendMissing("there is no Blender on this machine", HINT)
    return Program(Path(found), python=False)


def environment() -> dict[str, str]:
    """Return the part of our environment that Blender gets."""
    return {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}


def _named(text: str, source: str) -> Program:
    found = shutil.which(str(Path(text).expanduser()))
    if found is None:
        raise BackendMissing(f"{source} {text}, which is no program", HINT)
    return Program(Path(found), python="python" in Path(found).name.lower())
