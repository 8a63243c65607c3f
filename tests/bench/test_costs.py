"""What judging costs is told against the calls of its models."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from charforge.backends.fake import FakeFace, headshot
from charforge.bench import costs
from charforge.bench.costs import Recorder


def test_calls_are_noted_and_can_be_made_again() -> None:
    """Answers are the model's own, and what was asked can be asked again."""
    calls: list[Callable[[], object]] = []
    model = FakeFace(None)  # type: ignore[arg-type] # it needs no files
    noted = Recorder(model, calls)
    pixels = headshot("mia", 128)
    (face,) = noted.detect(pixels)
    vector = noted.embed(pixels, face)
    assert (calls[1]() == vector).all()  # type: ignore[attr-defined] # an array
    assert len(calls) == 2
    assert noted.bar == model.bar


def test_what_is_added_is_told_in_per_cent_of_the_calls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as long as the calls is a hundred per cent more, in time and in processor time; the first run is no run."""
    clock = iter([(99.0, 99.0), (1.0, 1.0), *[(0.2, 0.9), (0.1, 0.3)] * costs.RUNS])
    monkeypatch.setattr(costs, "_clocked", lambda _: next(clock))
    cost = costs._cost(lambda: None, [])
    assert (cost.seconds, cost.added, cost.busy) == pytest.approx((0.2, 100.0, 200.0))
