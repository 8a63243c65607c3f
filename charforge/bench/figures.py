"""What a measurement comes to."""

from __future__ import annotations

from charforge.domain.value import Value


class Figure(Value):
    """One measured figure."""

    what: str
    value: float
    unit: str
    aim: str = ""
    note: str = ""
