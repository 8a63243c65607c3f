"""Types a command as a person would, within the test's own process: ``from typed import command, program``.

Starting Python and importing the house costs more than most commands; `program` starts one all the same.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from charforge.cli.main import main

Done = subprocess.CompletedProcess[str]


class _Text(io.StringIO):
    """What is printed; it has an encoding as a terminal has."""

    encoding = "utf-8"


def command(folder: Path, *words: str, **environment: str) -> Done:
    """Run the command line in a folder, here; return its exit code and what it printed."""
    out, said = _Text(), _Text()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["charforge", *words])
        for name, value in environment.items():
            patch.setenv(name, value)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said), pytest.raises(SystemExit) as ended:
            main()
    assert isinstance(ended.value.code, int)
    return Done(words, ended.value.code, out.getvalue(), said.getvalue())


def program(folder: Path, *words: str, **environment: str) -> Done:
    """Run the command line in a folder, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "charforge", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )
