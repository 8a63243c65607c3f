"""What every generator backend promises."""

from __future__ import annotations

import numpy as np
from contract_samples import Case, same


def test_a_seed_gives_one_style(case: Case) -> None:
    """Equal seeds give equal vectors of 512 numbers, other seeds others, and 0 truncation the mean."""
    style = case.backend.style(3)
    assert style.shape == (512,)
    assert style.dtype == np.float32
    assert same(style, case.backend.style(3))
    assert not same(style, case.backend.style(4))
    assert same(case.backend.style(3, 0.0), case.backend.style(4, 0.0))


def test_a_style_gives_one_head(case: Case) -> None:
    """The head is 1024 x 1024, not flat, and the same each time."""
    one = case.backend.generate(case.backend.style(3))
    assert one.shape == (1024, 1024, 3)
    assert one.dtype == np.uint8
    assert one.std() > 10
    assert same(one, case.backend.generate(case.backend.style(3)))


CHECKS = (test_a_seed_gives_one_style, test_a_style_gives_one_head)
