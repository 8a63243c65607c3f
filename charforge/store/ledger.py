"""What happened to an episode's drafts, in order: takes, who circled which, and what QA said.

A file of JSON lines that only grows. A line is written with one call, so being killed costs at most the line
being written; an unfinished line is skipped when the ledger is read and never joined with the next one.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote

from pydantic import ValidationError

from charforge.documents.files import unwritable
from charforge.domain.takes import Verdict
from charforge.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.store.takes import Store

By = Literal["qa", "person"]


@dataclass(frozen=True, slots=True)
class Circled:
    """The take that was chosen for a draft."""

    key: str
    by: By


class Ledger:
    """The ledger of one episode."""

    def __init__(self, store: Store, episode: str) -> None:
        """Read the episode's ledger; a missing one is empty."""
        self.episode = episode
        self.path = store.state / f"{safe(episode)}.jsonl"
        self._takes: dict[str, dict[str, None]] = {}
        self._latest: dict[str, str] = {}
        self._circled: dict[str, Circled] = {}
        self._notes: dict[tuple[str, str], Any] = {}
        self._torn = False
        for entry in self._read():
            self._learn(entry)

    def note_take(self, draft: str, key: str) -> None:
        """Write down that a draft's present take is this one; a take that was seen before keeps its number."""
        if self._latest.get(draft) != key:
            self._append({"what": "take", "draft": draft, "key": key, "at": _now()})

    def takes(self, draft: str) -> tuple[str, ...]:
        """Return the keys of a draft's takes, oldest first; their places are the slates t01, t02 and so on."""
        return tuple(self._takes.get(draft, ()))

    def latest(self, draft: str) -> str | None:
        """Return the key of the take that was made or used last."""
        return self._latest.get(draft)

    def number(self, draft: str, key: str) -> int | None:
        """Return a take's number on the slate, counted from 1."""
        keys = self.takes(draft)
        return keys.index(key) + 1 if key in keys else None

    def drafts(self) -> tuple[str, ...]:
        """Return the ids of all drafts that ever had a take."""
        return tuple(self._takes)

    def circle(self, draft: str, key: str, by: By = "qa") -> None:
        """Choose a take; what a person chose stays until a person chooses again.

        Raises StoreError when the take is none of the draft's.
        """
        if key not in self._takes.get(draft, {}):
            message = f"{draft} has no take {key[:12]}"
            raise StoreError(message, "render the shot first; its takes are numbered on its slate")
        before = self._circled.get(draft)
        if before == Circled(key, by) or (before is not None and before.by == "person" and by == "qa"):
            return
        self._append({"what": "circle", "draft": draft, "key": key, "by": by, "at": _now()}, durable=by == "person")

    def uncircle(self, draft: str) -> None:
        """Leave the choice of a take to QA again."""
        if draft in self._circled:
            self._append({"what": "uncircle", "draft": draft, "at": _now()}, durable=True)

    def circled(self, draft: str) -> str | None:
        """Return the key of the chosen take."""
        chosen = self._circled.get(draft)
        return None if chosen is None else chosen.key

    def circled_by(self, draft: str) -> By | None:
        """Return who chose the take."""
        chosen = self._circled.get(draft)
        return None if chosen is None else chosen.by

    def verdict(self, key: str) -> Verdict | None:
        """Return the verdict kept under a judge's cache key."""
        try:
            return Verdict.model_validate(self._notes.get(("verdict", key)))
        except ValidationError:
            return None

    def keep_verdict(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict under a judge's cache key."""
        self.keep("verdict", key, verdict.model_dump(mode="json", exclude_none=True))

    def note(self, kind: str, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return a value kept under a kind and a key, or None."""
        return self._notes.get((kind, key))

    def keep(self, kind: str, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Keep a JSON value under a kind and a key, such as the fixes tried on a shot."""
        if self._notes.get((kind, key)) != value:
            self._append({"what": "note", "kind": kind, "key": key, "value": value})

    def keys(self) -> frozenset[str]:
        """Return the keys of every take the ledger names."""
        return frozenset(key for keys in self._takes.values() for key in keys)

    def in_use(self) -> frozenset[str]:
        """Return the keys of circled takes and of each draft's present take: what clearing the store must keep."""
        return frozenset(self._latest.values()) | {chosen.key for chosen in self._circled.values()}

    def _learn(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"what": "take", "draft": str(draft), "key": str(key)}:
                self._takes.setdefault(draft, {})[key] = None
                self._latest[draft] = key
            case {"what": "circle", "draft": str(draft), "key": str(key), "by": ("qa" | "person") as by}:
                self._circled[draft] = Circled(key, by)
            case {"what": "uncircle", "draft": str(draft)}:
                self._circled.pop(draft, None)
            case {"what": "note", "kind": str(kind), "key": str(key), "value": value}:
                self._notes[kind, key] = value
            case _:
                return  # written by a newer charforge

    def _read(self) -> Iterator[dict[str, Any]]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            message = f"{self.path} cannot be read: {error.strerror}"
            raise StoreError(message, "check the file's permissions") from error
        self._torn = bool(content) and not content.endswith(b"\n")
        for line in content.split(b"\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry

    def _append(self, entry: dict[str, Any], *, durable: bool = False) -> None:
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                self._write(descriptor, (b"\n" if self._torn else b"") + line)
                if durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._learn(entry)

    def _write(self, descriptor: int, line: bytes) -> None:
        """Write a whole line; after a part of one the next begins on a new line."""
        self._torn = True
        while line:
            line = line[os.write(descriptor, line) :]
        self._torn = False


def episodes(store: Store) -> tuple[str, ...]:
    """Return the names of all episodes that have a ledger."""
    return tuple(sorted(unquote(path.stem) for path in store.state.glob("*.jsonl")))


def safe(episode: str) -> str:
    """Return a file name for an episode, different for different episodes."""
    return quote(episode, safe="").replace(".", "%2E")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
