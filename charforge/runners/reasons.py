"""Says why a draft would be rendered: the differences from its last take, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charforge.errors import PlanError
from charforge.runners.binding import bind
from charforge.store import key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charforge.domain.jobs import Draft, Job
    from charforge.domain.takes import Take
    from charforge.store import Ledger, Store


def why(  # noqa: PLR0913 - what is asked about, and the memory to ask
    draft: Draft,
    takes: Mapping[str, Take],
    ledger: Ledger,
    store: Store,
    *,
    revision: str,
    names: Callable[[str], str | None] = lambda _: None,
) -> tuple[str, ...]:
    """Return why a draft would be rendered; empty when its take is in the store.

    `takes` are those of the drafts it needs, as far as they exist; `revision` is its backend's, from the toolbox.
    """
    try:
        job = bind(draft, takes)
    except PlanError:
        waits = [n for n in draft.needs() if n not in takes]
        return tuple(f"waits for {name}" for name in dict.fromkeys(waits)) or ("a take it uses has changed",)
    wanted = key(job.backend, revision, job)
    if store.find(wanted) is not None:
        return ()
    last = ledger.latest(draft.id)
    if last is None:
        return ("never rendered",)
    before = store.record(last)
    slate = f"t{ledger.number(draft.id, last) or 0:02d}"
    if before is None:
        return (f"take {slate} is missing or corrupt",)
    if before.key == wanted:
        return (f"the bytes of take {slate} are missing or corrupt",)
    return differences(before.job, job, names) or (f"{job.backend} changed: revision {before.revision} -> {revision}",)


def differences(before: Job, now: Job, names: Callable[[str], str | None] = lambda _: None) -> tuple[str, ...]:
    """Return what differs between two jobs, most telling first."""
    old, new = before.model_dump(mode="json"), now.model_dump(mode="json")
    if before.backend != now.backend or before.kind != now.kind:
        return (f"model changed: {before.backend} -> {now.backend}",)
    found = [_field(name, old.get(name), new.get(name)) for name in sorted(new.keys() | old.keys()) if name != "inputs"]
    found.append(_settings("", old["settings"], new["settings"]))
    return tuple(text for texts in (*found, _inputs(before, now, names)) for text in texts)


def _field(name: str, old: Any, new: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    if old == new or name == "settings":
        return []
    if isinstance(new, str) and len(new) + len(str(old)) > 60:
        return [f"{name} changed"]
    return [f"{name} changed: {old} -> {new}"]


def _settings(place: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            found.extend(_settings(f"{place}{name}.", one, other))
        else:
            found.extend(_field(f"{place}{name}", one, other))
    return found


def _inputs(before: Job, now: Job, names: Callable[[str], str | None]) -> list[str]:
    old = {(i.role, i.name): i.digest() for i in before.inputs}
    new = {(i.role, i.name): i.digest() for i in now.inputs}
    found = []
    for place in sorted(old.keys() | new.keys()):
        one, other = old.get(place), new.get(place)
        if one != other:
            called = " ".join(p for p in place if p)
            known = names(other or "") or names(one or "")
            change = "added" if one is None else "removed" if other is None else "changed"
            found.append(f"reference {known} ({called}) {change}" if known else f"{called} {change}")
    return found
