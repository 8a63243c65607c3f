"""The file of pinned shots: what stands in it, how it is read, and how it is written so that changes can be reviewed.

One number stands on a line, and everything is in the order of its name, so that a changed score is a changed line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from charforge.documents import yaml
from charforge.documents.emit import emit
from charforge.documents.schema import Written, refuse, validate
from charforge.domain.names import Slate, natural
from charforge.domain.takes import Outcome
from charforge.domain.value import Digest
from charforge.errors import InputError, Problem

FILE = "identity.yaml"
"""In the project's folder, where nothing else is asked for."""
FORMAT = 1
Kind = Literal["still", "clip"]
Which = Literal["first", "second"]
HEAD = """\
# Shots whose people are pinned: who is seen in each, and how surely. Commit this file, and the folder beside it.
# Compare: charforge test. Accept what has changed: charforge test --update. Only the limits are for you to write.
"""


def _figure(value: object) -> float:
    if isinstance(value, float):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,9})?", value):
        refuse(f"{value!r} is not a number")
    return float(value)


def _format(value: object) -> int:
    if value not in (FORMAT, str(FORMAT)):
        refuse(f"this charforge reads format {FORMAT}, not {value}")
    return FORMAT


def _slate(text: str) -> str:
    try:
        parsed = Slate.parse(text)
    except ValueError as error:
        refuse(str(error))
    if parsed.take is not None:
        refuse(f"{text!r} is a take; a shot is pinned: {parsed.episode}_{parsed.scene}_{parsed.shot}")
    return text


Figure = Annotated[float, BeforeValidator(_figure)]
ShotName = Annotated[str, AfterValidator(_slate)]


class Limit(Written):
    """How far one judge's scores may move."""

    shift: Annotated[Figure, Field(gt=0, le=1)]
    """The median of a character's shots, three of them or more."""
    drop: Annotated[Figure, Field(gt=0, le=1)]
    """Any single shot."""


class PinnedJudge(Written):
    """Which face model gave the numbers, and what they are held against."""

    name: str
    revision: str
    calibration: str


class PinnedFace(Written):
    """One person of a take: who it must be, and how alike they were."""

    asset: str
    master: Digest
    first: Figure | None = None
    """Similarity by the first judge; None where the face could not be scored."""
    first_bar: Figure | None = None
    second: Figure | None = None
    second_bar: Figure | None = None

    def score(self, which: Which) -> float | None:
        """Return the similarity by one of the judges."""
        return self.first if which == "first" else self.second

    def bar(self, which: Which) -> float | None:
        """Return that judge's bar for this face."""
        return self.first_bar if which == "first" else self.second_bar


class Pin(Written):
    """One take as it was when it was pinned, or as it is now."""

    take: Digest
    """Its key in the store."""
    picture: Digest
    """sha256 of its bytes."""
    backend: str
    revision: str
    verdict: Outcome
    findings: tuple[str, ...] = ()
    """Codes of what QA found."""
    people: dict[str, PinnedFace] = {}


class Pins(Written):
    """Everything that is pinned."""

    identity: Annotated[int, BeforeValidator(_format)] = FORMAT
    """Version of this format."""
    limits: dict[str, Limit]
    """By the judge's name."""
    judges: dict[Which, PinnedJudge]
    packages: dict[str, str] = {}
    """Installed packages that can change a picture or a score, with their versions."""
    episodes: dict[str, str]
    """The shot list of each episode, from the project's folder."""
    shots: dict[ShotName, dict[Kind, Pin]]

    def takes(self) -> Iterator[tuple[str, Kind, Pin]]:
        """Yield every pinned take with its shot's slate, as people count them."""
        for slate in sorted(self.shots, key=natural):
            for kind in sorted(self.shots[slate], reverse=True):
                yield slate, kind, self.shots[slate][kind]


def read(file: Path) -> Pins:
    """Return the pins in a file; raise InputError with every problem and its line."""
    if not file.is_file():
        problem = Problem("is not there: nothing is pinned yet", file)
        raise InputError([problem], "pin shots: charforge test --pin SHOT, or charforge test --pin-all EPISODE")
    pins, problems = validate(Pins, yaml.parse(yaml.read_bytes(file), file), file)
    if pins is not None:
        problems += tuple(_missing(pins, file))
    if pins is None or problems:
        hint = f"take {file.name} back from version control, or pin anew: charforge test --pin-all EPISODE"
        raise InputError(problems, hint)
    return pins


def _missing(pins: Pins, file: Path) -> Iterator[Problem]:
    """Yield what one part of the file names and another lacks."""
    for which in ("first", "second"):
        if which not in pins.judges:
            yield Problem(f"judges: {which!r} is missing", file)
    for judge in pins.judges.values():
        if judge.name not in pins.limits:
            yield Problem(f"limits: {judge.name!r} is missing", file, hint="write its shift and drop")
    for episode in sorted({Slate.parse(slate).episode for slate in pins.shots} - set(pins.episodes)):
        yield Problem(f"episodes: the shot list of {episode!r} is missing", file)


def written(pins: Pins) -> bytes:
    """Return the content of the file."""
    tree = pins.model_dump(mode="json", exclude_none=True)
    shots = {slate: tree["shots"][slate] for slate in sorted(tree["shots"], key=natural)}
    ordered = {**{key: _sorted(tree[key]) for key in tree if key != "shots"}, "shots": shots}
    return f"{HEAD}{_block(ordered)}".encode()


def _sorted(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return dict(sorted(value.items())) if isinstance(value, dict) else value


def _block(tree: dict[str, Any], indent: int = 0) -> str:
    """Return nested mappings with one value on each line."""
    lines = []
    for key, value in tree.items():
        name = f"{' ' * indent}{emit(key).rstrip()}:"
        if isinstance(value, dict) and value:
            lines.append(f"{name}\n{_block(value, indent + 2)}")
        else:
            lines.append(f"{name} {_line(value)}\n")
    return "".join(lines)


def _line(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list):
        return f"[{', '.join(_line(item) for item in value)}]"
    return "{}" if value == {} else emit(str(value)).rstrip("\n")
