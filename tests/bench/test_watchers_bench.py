"""The bench of watchers: rates with their intervals, faults that are planted, and material that is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from charforge import imaging
from charforge.bench import planting
from charforge.bench.watchers import Rate, milliseconds, rates
from charforge.errors import InputError

LIBRARY = Path(__file__).parents[2] / "library"


@pytest.mark.models
def test_rates_are_counted_on_good_and_planted_pictures(home: object, tmp_path: Path) -> None:
    """Of two portraits and two clips' worth of nothing: nothing good is raised, and what is planted is found."""
    assert home is not None
    for who in ("mia", "theo"):
        (tmp_path / f"{who}.png").write_bytes((LIBRARY / f"characters/{who}/headshot/front.png").read_bytes())
    found = {rate.code: rate for rate in rates(tmp_path, None, None)}
    for code in ("black", "letterbox", "soft", "copy-paste"):
        rate = found[code]
        assert (rate.good, rate.raised, rate.planted, rate.found) == (2, 0, 2, 2), code


def test_places_are_judged_by_each_other(tmp_path: Path) -> None:
    """Each view by the others of its place, and by those of the other place."""
    for place in ("coffee-shop", "pottery"):
        (tmp_path / place).mkdir()
        for light in ("afternoon", "night"):
            name = f"table-{light}.webp"
            (tmp_path / place / name).write_bytes((LIBRARY / f"locations/{place}/plates/{name}").read_bytes())
    (rate,) = rates(None, None, tmp_path)
    assert (rate.code, rate.good, rate.raised, rate.planted, rate.found) == ("location", 4, 0, 4, 4)


def test_a_rate_is_told_with_its_interval() -> None:
    """And a rate of nothing is none."""
    rate = Rate(code="soft", good=200, raised=2, planted=0, found=0)
    assert rate.rows() == ("soft", "2 of 200 (1.0%)", "0.3% to 3.6%", "-", "-")


def test_planted_faults_are_the_same_every_time() -> None:
    """From one seed, and never in the picture itself."""
    pixels = imaging.decode(LIBRARY / "locations/pottery/plates/table-afternoon.webp")[:270, :480]
    before = pixels.copy()
    for fault in (planting.boxed, planting.blurred, planting.copied, planting.relit):
        one, two = (fault(pixels, np.random.default_rng(7)) for _ in range(2))
        assert np.array_equal(one, two)
        assert not np.array_equal(one, pixels)
    assert np.array_equal(before, pixels)


def test_a_folder_without_material_is_said(tmp_path: Path) -> None:
    """With the kinds that are looked for."""
    with pytest.raises(InputError, match=r"\.jpeg"):
        rates(tmp_path, None, None)


def test_every_watcher_of_a_clip_is_timed() -> None:
    """Those that need no model."""
    assert set(milliseconds(runs=1)) == {"Letterbox", "Black", "Soft", "Flicker", "Frozen"}
