"""What a model's files are, as the backends ask for it: everything that is wrong with them is raised at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charforge import checkpoints
from charforge.errors import Problem, WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def layout(folder: Path, classes: tuple[str, ...]) -> checkpoints.Layout:
    """Return what a folder holds once it is sure to be whole; raise WeightsError with what to do.

    `classes` are the pipelines that the backend can run.
    """
    refuse(checkpoints.folder_problems(folder, classes))
    return checkpoints.layout_of(folder)


def header(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Return the shapes of a safetensors file's tensors by name; raise WeightsError when it is not a whole one."""
    return checkpoints.header(path).shapes


def config(folder: Path, component: str) -> Mapping[str, Any]:
    """Return a component's config.json; raise WeightsError when it cannot be read."""
    found = checkpoints.document(folder / component / "config.json")
    if isinstance(found, Problem):
        refuse([found])
        return {}
    return found


def refuse(problems: Sequence[Problem]) -> None:
    """Raise WeightsError where there are problems, with all of them."""
    if len(problems) == 1:
        raise WeightsError(f"{problems[0].file} {problems[0].message}", problems[0].hint)
    if problems:
        raise WeightsError("\n".join(map(str, problems)), "put each of these right, then: charforge doctor")
