"""Reads season.yaml, and finds which episode a file holds without reading all of it into shots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from charforge.documents.schema import Whole, Written, validate
from charforge.documents.yaml import Scalar, line_of, load, node_at
from charforge.errors import InputError, Problem


class WrittenSeason(Written):
    """The content of ``season.yaml``."""

    charforge: Literal["1"]
    season: Annotated[Whole, Field(ge=0)] = 1
    title: str = ""
    episodes: Annotated[tuple[str, ...], Field(min_length=1)]
    """Ids of episodes, or their files, in the order of the story."""


class Entry(NamedTuple):
    """An episode as season.yaml names it: by its id, or by its file."""

    id: str
    """Empty where only the file is named."""
    file: Path | None
    line: int


class Listed(NamedTuple):
    """What season.yaml says."""

    number: int
    title: str
    entries: tuple[Entry, ...]


def read_season(path: Path) -> Listed:
    """Return what season.yaml says; raise InputError with every problem in it."""
    document = load(path)
    written, problems = validate(WrittenSeason, document, path)
    seen: dict[str, int] = {}
    entries: list[Entry] = []
    for number, word in enumerate(written.episodes if written else ()):
        line = line_of(document.root, ("episodes", number))
        if word in seen:
            problems += (Problem(f"{word} is listed twice; it first stands on line {seen[word]}", path, line),)
        seen[word] = line
        is_file = "/" in word or word.endswith((".yaml", ".yml"))
        entries.append(Entry("" if is_file else word, path.parent / word if is_file else None, line))
    if written is None or problems:
        raise InputError(problems, f"correct {path.name}, like: episodes: [e01, e02]")
    return Listed(written.season, written.title, tuple(entries))


def peek(path: Path) -> tuple[str, str] | None:
    """Return the id of the episode in a file and its season, or None when the file is no shot list.

    What is not written is empty, or season 1. Raises InputError when the file cannot be read.
    """
    root = load(path).root
    if node_at(root, ("episode",)) is None and node_at(root, ("scenes",)) is None:
        return None
    found = (node_at(root, (key,)) for key in ("episode", "season"))
    name, season = (node.text if isinstance(node, Scalar) and not node.null else "" for node in found)
    return name, season or "1"
