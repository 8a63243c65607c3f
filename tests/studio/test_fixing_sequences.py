"""Shots of a scene that drift the same way are shown the scene's first shot besides the master."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from charforge.bench import fakefilm
from charforge.domain.jobs import Input, Plan
from charforge.domain.takes import Take, Verdict
from charforge.events import Event, Noted
from charforge.planner import Catalogue, Pins, plan_pictures
from charforge.studio.check import load_episode, load_library, means
from charforge.studio.desk import Desk
from charforge.studio.fixing import anchors
from charforge.studio.project import find

DRIFT = 0.3
"""Share of a badge's cells that come out wrong, always the same ones: far below the bar."""


class Set:
    """A scene of six shots, mia in every second of them, some of which drift."""

    def __init__(self, root: Path, drifting: Sequence[str], *, second: bool) -> None:
        file = fakefilm.make_long(root, 6)
        project = find(file)
        library = load_library(project)
        self.told: list[Event] = []
        self.desk = Desk(project, library, load_episode(file, project, library), self.told.append)
        fake = self.desk.catalogue.named("fake")
        assert fake is not None
        able = fake.changed(slots=fake.slots.changed(anchors=int(second)))
        self.desk.__dict__["catalogue"] = Catalogue(models=(able,))
        plan = plan_pictures(self.desk.episode, means(project, library, Pins(), self.desk.models), clips=False)
        drafts = tuple(
            d.changed(job=d.job.changed(settings={"drift": DRIFT})) if d.shot in drifting else d for d in plan.drafts
        )
        self.plan: Plan = plan.changed(drafts=drafts)
        stills = tuple(d for d in drafts if d.stage == "still")
        self.takes: dict[str, Take] = self.desk.runner.run(stills)
        self.verdicts: dict[str, Verdict] = {d.id: self.desk.verdict(d, self.takes[d.id]) for d in stills}

    def found(self) -> dict[tuple[str, str], Input]:
        """Return the second anchors."""
        return anchors(self.desk, self.plan, self.takes, self.verdicts)

    def notes(self) -> str:
        """Return what was told."""
        return " ".join(e.text for e in self.told if isinstance(e, Noted))


def test_the_first_shot_is_the_anchor_of_those_that_drift_alike(tmp_path: Path) -> None:
    """Both later shots of mia are off the same way; her first one passes."""
    scene = Set(tmp_path, ("s01/00040", "s01/00060"), second=True)
    found = scene.found()
    assert set(found) == {("s01/00040", "mia"), ("s01/00060", "mia")}
    assert {i.source for i in found.values()} == {scene.takes["s01/00020/still"].blob}
    assert "mia drifts the same way in s01/00040, s01/00060" in scene.notes()


def test_one_shot_that_drifts_has_no_anchor(tmp_path: Path) -> None:
    """Nothing is shared."""
    assert Set(tmp_path, ("s01/00040",), second=True).found() == {}


def test_a_first_shot_that_cannot_be_mended_is_no_anchor(tmp_path: Path) -> None:
    """Drawn from the master it drifts all the same, which is said, and its take stays the one in use."""
    scene = Set(tmp_path, ("s01/00020", "s01/00040"), second=True)
    assert scene.found() == {}
    assert "does not pass when drawn from the master either" in scene.notes()
    assert scene.desk.ledger.latest("s01/00020/still") == scene.takes["s01/00020/still"].key


def test_a_model_that_takes_one_picture_of_a_person_is_told_so(tmp_path: Path) -> None:
    """Nothing is rendered for what it could not use."""
    scene = Set(tmp_path, ("s01/00040", "s01/00060"), second=False)
    assert scene.found() == {}
    assert "a second anchor means nothing to it" in scene.notes()


@pytest.mark.parametrize("steps", ["[transfer]", "[]"])
def test_a_ladder_without_anchors_looks_for_none(tmp_path: Path, steps: str) -> None:
    """What a project leaves out costs nothing."""
    (tmp_path / "x").mkdir()
    scene = Set(tmp_path / "x/y", ("s01/00040", "s01/00060"), second=True)
    file = scene.desk.project.root / "charforge.yaml"
    file.write_text(f"{file.read_text('utf-8')}fix: {{steps: {steps}}}\n", "utf-8")
    scene.desk.project = find(file)
    assert scene.found() == {}
    assert scene.notes() == ""
