"""What every backend promises."""

from __future__ import annotations

import re

from contract_samples import Case

from charforge.backends import registry
from charforge.backends.protocols import ROLES


def test_says_what_it_is(case: Case) -> None:
    """Its name is the one it is installed under; licence, weights and needs are said."""
    assert re.fullmatch(r"[a-z][a-z0-9-]*", case.backend.name)
    assert case.backend.name == case.name
    assert case.backend.licence
    assert all(isinstance(name, str) for name in case.backend.weights)
    assert set(case.backend.needs) <= set(ROLES)


def test_revision_is_steady(case: Case) -> None:
    """Two instances name the same versions, in one line."""
    again = registry.create(case.role, case.name, case.desk.toolbox.home)
    assert case.backend.revision == again.revision
    assert case.backend.revision
    assert "\n" not in case.backend.revision


def test_fulfils_its_protocol(case: Case) -> None:
    """It has the methods of its role."""
    assert isinstance(case.backend, ROLES[case.role])


CHECKS = (test_says_what_it_is, test_revision_is_steady, test_fulfils_its_protocol)
