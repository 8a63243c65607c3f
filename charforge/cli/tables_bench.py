"""What benches came to, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.cli import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.bench.casting import MasterRow, TargetRow
    from charforge.bench.figures import Figure

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
