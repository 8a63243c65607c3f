"""The embedded models mend a head that drifted, and a clip in which somebody else is seen for a while."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from pilot_house import LIBRARY, desk_of

from charforge import imaging, media
from charforge.domain.jobs import Choice, ClipJob, Draft, ExpectedFace, RepairJob
from charforge.domain.takes import Take
from charforge.imaging.frames import RGB, Frames
from charforge.planner import Pins, plan_pictures
from charforge.studio.check import means
from charforge.studio.desk import Desk
from charforge.studio.fixing import Chances, State, fix_head, mend

pytestmark = pytest.mark.models

SIDE, COUNT = 320, 9
WRONG = range(3, 8)
"""Frames that show somebody else."""
EPISODE = """\
charforge: 1
episode: small
title: Small
language: eng
video: {rate: 24, size: 640x360}
cast: {mia: mia@1, theo: theo@1}
scenes:
  - id: s01
    location: coffee-shop@1
    light: golden-hour
    shots:
      - {id: "0010", framing: close, view: window, characters: [{who: mia, turn: -45}], action: "Mia.", duration: 15f}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, home: object) -> Desk:
    """Return the desk of a shot in which mia turns far away."""
    return desk_of(tmp_path_factory.mktemp("small"), EPISODE)


def test_a_head_that_turned_out_as_somebody_else_is_mended(desk: Desk) -> None:
    """Both judges gain at every step that is kept, and know her in the end."""
    plan = plan_pictures(desk.episode, means(desk.project, desk.library, Pins(), desk.models), clips=False)
    draft = next(d for d in plan.drafts if d.stage == "head")
    take = desk.runner.run((draft,))[draft.id]
    assert not desk.verdict(draft, take).passed()
    head = fix_head(desk, draft, take)
    assert head.verdict.passed()
    assert desk.confirmed(head.draft, head.take).passed()
    assert head.steps[-1].kept
    for step in head.steps:
        assert step.second_before is not None
        assert step.second_after is not None
        assert step.kept == (step.reason == "")
        if step.kept:
            assert step.after > step.before
            assert step.second_after > step.second_before


def frame(number: int) -> RGB:
    """Return mia's head as it wanders over grey, or theo's where it is wrong."""
    who = "theo" if number in WRONG else "mia"
    head = imaging.decode(LIBRARY / f"characters/{who}/headshot/front.png")
    pixels = np.full((SIDE, SIDE, 3), 118, np.uint8)
    pixels[50 : 50 + 220, 40 + number : 260 + number] = cv2.resize(head, (220, 220), interpolation=cv2.INTER_AREA)
    return pixels


def test_a_clip_is_mended_where_somebody_else_is_seen(desk: Desk, tmp_path: Path) -> None:
    """The master's face is transferred into the wrong frames alone, by both judges' leave."""
    path = tmp_path / "given.mkv"
    media.encode_clip(Frames(Fraction(24), SIDE, SIDE, "rgb24", (frame(n).data for n in range(COUNT)), COUNT), path)
    mia = desk.library.character("mia", 1)
    assert mia is not None
    draft = Draft(
        id="s01/0010/clip",
        shot="s01/0010",
        stage="clip",
        job=ClipJob(backend="animatic", width=SIDE, height=SIDE, frames=COUNT, rate="24"),
        expected=(ExpectedFace.of(mia, "mia"),),
        faces="expected",
    )
    take = Take(
        key="e" * 64, job=draft.job, blob=desk.store.blobs.put(path.read_bytes()), media="video/x-matroska", size=1,
        backend="animatic", revision="1", width=SIDE, height=SIDE, frames=COUNT,
    )  # fmt: skip
    verdict = desk.verdict(draft, take)
    assert verdict.outcome in ("fix", "fail"), verdict
    choice = Choice(shot="s01/0010", slate="x", framing="close", still="animatic", clip="animatic", template="",
                    frames=COUNT)  # fmt: skip
    policy = desk.project.ladder.only("transfer").changed(fade=1)
    state = mend(Chances(desk, draft, choice, {}, policy), State(draft, take, verdict))
    (step,) = state.steps
    assert (step.step, step.backend, step.reason, step.kept) == ("transfer", "transfer", "", True)
    assert step.second_before is not None
    assert step.second_after is not None
    assert step.second_after > step.second_before
    assert step.after > step.before
    assert state.verdict.passed()
    assert isinstance(state.take.job, RepairJob)
    assert {s.frame for s in state.take.job.track or () if s.strength == 1} >= set(WRONG)
