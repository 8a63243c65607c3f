"""Figures of a large library, measured on a small one."""

from __future__ import annotations

from charforge.bench.library import library


def test_a_small_library_gives_every_figure() -> None:
    """Each with a value; unchanged files are not hashed again, so the second look is the faster one."""
    rows = {row.what: row.value for row in library(60, 60)}
    assert len(rows) == 6
    assert all(value > 0 for value in rows.values())
    assert rows["verify, nothing changed"] < rows["verify, every file hashed"]
