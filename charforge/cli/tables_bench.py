"""What benches came to, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.cli import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.bench.casting import MasterRow, TargetRow
    from charforge.bench.figures import Figure
    from charforge.bench.fixes_figures import Group

COLUMNS = ("seed", "head", "turn", "chin", "first", "second", "third", "hair, skin, garment off", "falls short in")


def casting(rows: Sequence[MasterRow], totals: Sequence[Figure]) -> None:
    """Print every head of every person, and the totals."""
    tables.table(COLUMNS, [_head(row, target) for row in rows for target in row.targets])
    print()
    tables.speed(totals)


def _head(row: MasterRow, target: TargetRow) -> tuple[str, ...]:
    colours = ", ".join("-" if c is None else f"{c:.0f}" for c in (target.hair, target.skin, target.garment))
    third = "-" if target.third is None else f"{target.third:.2f}"
    measured = (f"{target.turn:.0f}", f"{target.pitch:.0f}", f"{target.first:.2f}", f"{target.second:.2f}")
    return (str(row.seed), target.name, *measured, third, colours, "; ".join(target.short))


def fixes(groups: Sequence[Group], totals: Sequence[Figure]) -> None:
    """Print the takes by pose and drift, and the totals."""
    columns = ("pose off", "drift", "takes", "verified", "likeness", "climbed", "kept", "seen", "worse", "third model")
    tables.table(columns, [_group(group) for group in groups])
    print()
    tables.speed(totals)


def _group(group: Group) -> tuple[str, ...]:
    poses = f"{group.poses[0]:.0f} to {group.poses[1]:.0f}"
    drift = "all" if group.share is None else f"{group.share:.0%}"
    passed = (f"{before} -> {after}" for before, after in (group.verified, group.alike))
    counts = (group.climbed, group.kept, group.seen, group.worse)
    third = f"{group.third[0]:.2f} -> {group.third[1]:.2f}"
    return (poses, drift, str(group.takes), *passed, *map(str, counts), third)
