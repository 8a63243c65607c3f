"""What can go wrong, drawn as a tree.

CharforgeError(message, hint)
├─ InputError        what was written is wrong; carries every problem of a file      exit 2
│  └─ LockMismatch   a locked file is changed, missing or extra                      exit 2
├─ PlanError         there is no way to make it, or it is over budget                exit 2
├─ BackendError      a model or provider broke                                       exit 3
│  ├─ BackendMissing not installed, or its weights are not here
│  ├─ OutOfMemory    the device has too little memory
│  ├─ Refused        a provider will not make it
│  └─ RenderFailed   it ran and gave nothing usable
│     └─ BadOutput   a black picture or numbers that are none: another seed may do
├─ WeightsError      a model file cannot be had or is not the right one              exit 3
│  └─ NotCommercial  a commercial project may not use it                             exit 3
├─ MediaError        ffmpeg broke; carries the command and its last lines            exit 3
├─ StoreError        bytes are missing or corrupt, or cannot be written              exit 3
├─ Busy              another process works on the same thing                         exit 3
└─ AssemblyError     nothing is circled, or lengths disagree                         exit 1

A rejected take is a Verdict, never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class CharforgeError(Exception):
    """Carries what went wrong, where, and the next thing to type."""

    exit_code = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the message, a blank line and the hint."""
        return f"{self.message}\n\nhint: {self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a written file."""

    message: str
    file: Path | str = ""
    line: int = 0
    """1-based; 0 means the file as a whole."""
    hint: str = ""

    def __str__(self) -> str:
        """Return ``file:line: message (hint)``."""
        place = f"{self.file}:{self.line}: " if self.line else (f"{self.file}: " if self.file else "")
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


class InputError(CharforgeError):
    """Says that what was written is wrong; holds all problems found together."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | str, hint: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems), hint)


class LockMismatch(InputError):
    """Says that locked files are changed, missing or extra."""


class PlanError(CharforgeError):
    """Says that there is no way to make it as asked."""

    exit_code = 2


class BackendError(CharforgeError):
    """Says that a model or a provider broke."""


class BackendMissing(BackendError):
    """Says that a backend is not installed or lacks its weights."""


class OutOfMemory(BackendError):
    """Says that the device has too little memory."""


class Refused(BackendError):
    """Says that a provider will not make it."""


class RenderFailed(BackendError):
    """Says that a backend ran and gave nothing usable."""


class BadOutput(RenderFailed):
    """Says that a model gave a black picture or values that are no numbers; another seed is tried once."""


class WeightsError(CharforgeError):
    """Says that a model file cannot be had or is not the right one."""


class NotCommercial(WeightsError):
    """Says that a commercial project may not use a model, and under which terms it stands."""

    def __init__(self, what: str, terms: str, instead: str = "another model") -> None:
        hint = f"choose {instead}, or set commercial: false in charforge.yaml"
        super().__init__(f"{what} may not be used in a commercial project: {terms}", hint)


class MediaError(CharforgeError):
    """Says that ffmpeg broke; the message ends with its last lines."""

    def __init__(self, message: str, hint: str = "", *, command: Sequence[str] = (), tail: str = "") -> None:
        super().__init__(f"{message}\n{tail}" if tail else message, hint)
        self.command = tuple(command)
        self.tail = tail


class ProcessError(CharforgeError):
    """Says that a program cannot be started or ran past its time limit; the message ends with its last lines."""

    def __init__(self, message: str, hint: str = "", command: Sequence[str] = (), tail: str = "") -> None:
        super().__init__(f"{message}\n{tail}" if tail else message, hint)
        self.command = tuple(command)
        self.tail = tail


class StoreError(CharforgeError):
    """Says that stored bytes are missing or corrupt, or cannot be written."""


class Busy(CharforgeError):
    """Says that another process works on the same thing."""


class AssemblyError(CharforgeError):
    """Says that the takes cannot be put together."""

    exit_code = 1


def in_one_line(error: Exception) -> str:
    """Return what an error of somebody else's says, cut to a line that can stand within one of ours."""
    text = " ".join(str(error).split())
    return f"{text[:160]} …" if len(text) > 160 else text or type(error).__name__
