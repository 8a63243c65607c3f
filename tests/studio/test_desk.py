"""Both judges of a film hold a take to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from charforge.domain.jobs import Draft, ExpectedFace
from charforge.events import silent
from charforge.store import Ledger
from charforge.studio.check import load_episode, load_library
from charforge.studio.desk import Desk
from charforge.studio.project import find
from charforge.studio.render import Options, render

STILL = "s02/0010/still"


@pytest.mark.parametrize(
    ("faces", "codes"), [("expected", ["missing", "stranger"]), ("none", ["unexpected-face"]), ("any", [])]
)
def test_the_second_judge_asks_for_whom_the_shot_asks(stranger: Path, faces: str, codes: list[str]) -> None:
    """Where anybody or nobody may be seen, as for the first; what it said of whom was expected is not taken."""
    render(stranger, Options(stage="stills"), silent)
    project = find(stranger)
    library = load_library(project)
    desk = Desk(project, library, load_episode(stranger, project, library), silent)
    take = desk.store.find(Ledger(desk.store, "e01").latest(STILL) or "")
    theo = library.character("theo", 1)
    assert take is not None
    assert theo is not None
    expected = (ExpectedFace.of(theo, "theo"),)
    draft = Draft(id=STILL, shot="s02/0010", stage="still", job=take.job, expected=expected, faces="expected")
    assert desk.confirmed(draft, take).findings
    asked = draft.changed(faces=faces)
    for verdict in (desk.verdict(asked, take), desk.confirmed(asked, take)):
        assert [f.code for f in verdict.findings] == codes
