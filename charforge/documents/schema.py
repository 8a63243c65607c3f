"""Checks a YAML tree against a parse model and retells every problem with its line and a suggestion."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from charforge.documents.yaml import MAX_PROBLEMS, Document, line_of, plain
from charforge.errors import Problem

_WHOLE = re.compile(r"[-+]?[0-9]{1,12}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")
_WORDS = re.compile(r"'([^']*)'")
_KINDS = {
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "text",
}


class Written(BaseModel):
    """What stands in a file, before it becomes a value of the domain; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


def _whole(value: object) -> int:
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ValueError(f"{_shown(value)} is not a whole number")
    return int(value)


def _number(value: object) -> float:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValueError(f"{_shown(value)} is not a number")
    return float(value)


def _flag(value: object) -> bool:
    if value not in ("true", "false"):
        raise ValueError(f"{_shown(value)} is neither true nor false")
    return value == "true"


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number, written in decimal digits."""
Number = Annotated[float, BeforeValidator(_number)]
"""A decimal number; no exponent, no infinity."""
Flag = Annotated[bool, BeforeValidator(_flag)]
"""`true` or `false`, and no other word."""

_ROUNDS = 6

M = TypeVar("M", bound=Written)


def validate(model: type[M], document: Document, path: Path | str) -> tuple[M | None, tuple[Problem, ...]]:
    """Return the parsed value and every problem, the reader's own included.

    Where something is wrong, the value lacks the wrong parts, so that later checks still see the rest;
    None means that nothing could be kept.
    """
    data = plain(document.root)
    problems = document.problems
    # A part that has gone can make what holds it wrong, which goes in the next round.
    for attempt in range(_ROUNDS):
        try:
            return model.model_validate(data), problems
        except ValidationError as error:
            errors = error.errors(include_url=False)
        if attempt == 0:
            problems += tuple(_problem(model, document, e, path) for e in errors[:MAX_PROBLEMS])
            if len(errors) > MAX_PROBLEMS:
                problems += (Problem(f"and {len(errors) - MAX_PROBLEMS} more problems", path),)
        for e in errors:
            _prune(data, e["loc"])
    return None, problems


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean …?`` for the closest known word, or nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def refuse(message: str) -> NoReturn:
    """Raise the ValueError that a validator answers with."""
    raise ValueError(message)


def _problem(model: type[BaseModel], document: Document, error: Any, path: Path | str) -> Problem:  # noqa: ANN401
    # pydantic marks a wrong key, as against its value, with a last step of this name.
    place, kind = tuple(step for step in error["loc"] if step != "[key]"), error["type"]
    line = line_of(document.root, place, key=kind == "extra_forbidden")
    key = next((str(step) for step in reversed(place) if isinstance(step, str)), "")
    message, hint = f"{key}: {_reason(error)}" if key else _reason(error), ""
    if kind == "missing" and place and isinstance(place[-1], int):
        message = f"{key}: {place[-1] + 1} entries are wanted"
    elif kind == "missing":
        message = f"{key!r} is missing"
    elif kind == "extra_forbidden":
        known = _keys(model, place[:-1])
        message, hint = f"unknown key {_shown(key)}", did_you_mean(key, known) or f"known: {', '.join(known)}"
    elif kind == "literal_error" and isinstance(error["input"], str):
        hint = did_you_mean(error["input"], _WORDS.findall(error["ctx"]["expected"]))
    return Problem(message, path, line, hint)


def _reason(error: Any) -> str:  # noqa: ANN401
    """Return what a validation error says about the value, in plain words."""
    kind, value = error["type"], error["input"]
    if kind == "literal_error":
        return f"{_shown(value)} is not one of {', '.join(_WORDS.findall(error['ctx']['expected']))}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind in _KINDS:
        return f"{_KINDS[kind]} is wanted, not {_shown(value)}"
    return f"{_shown(value)} {error['msg'].replace('Input should', 'must')}"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _prune(data: Any, place: tuple[str | int, ...]) -> None:  # noqa: ANN401
    """Remove what stands at a place; in a list, the whole list, so that other places keep their numbers."""
    nearest: tuple[Any, str] | None = None
    for step in place:
        if isinstance(data, dict) and isinstance(step, str) and step in data:
            nearest = data, step
        elif not (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            break
        data = data[step]
    if nearest:
        del nearest[0][nearest[1]]


def _keys(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known at a place of a parse model."""
    current: Any = model
    for step in place:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = current.model_fields
            found = next((f for name, f in fields.items() if step in (f.alias, name)), None)
            current = _bare(found.annotation) if found else None
        else:
            arguments = [a for a in get_args(current) if a is not Ellipsis]
            current = _bare(arguments[-1]) if arguments else None
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [f.alias or name for name, f in current.model_fields.items()]
    return []


def _bare(annotation: Any) -> Any:  # noqa: ANN401
    """Return an annotation without Optional and Annotated."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        kept = [a for a in get_args(annotation) if a is not type(None)]
        return _bare(kept[0])
    return annotation
