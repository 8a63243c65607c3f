"""The bench of fixes: what counts as pasted, what stands, and the totals; on made-up faces and rows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from charforge.backends.landmarks import NAMES
from charforge.backends.protocols import RGB, Landmarks
from charforge.bench.fixes import Scores, TakeRow
from charforge.bench.fixes_figures import figures, groups
from charforge.bench.pasting import Pasted, pasted

CLEAN = Pasted(seam=1.0, grain=1.0, sharpness=1.0, colour=0.0, mime=0.0, pose=0.0)


def marks(turn: float = 0.0, smile: float = 0.0) -> Landmarks:
    """Return a round face's landmarks in the middle of 200 pixels."""
    angles = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    points = np.stack([100 + 60 * np.cos(angles), 100 + 70 * np.sin(angles), np.zeros(478)], 1).astype(np.float32)
    points[33, :2], points[263, :2] = (65, 80), (135, 80)
    shapes = dict.fromkeys(NAMES, 0.0) | {"mouthSmileLeft": smile}
    return Landmarks(points, shapes, turn, 0.0, 0.0)


def skin() -> RGB:
    """Return skin with a little grain."""
    grain = np.random.default_rng(1).normal(size=(200, 200, 1)) * 2
    return np.clip(np.array([200, 160, 140]) + grain, 0, 255).astype(np.uint8)


def patched(pixels: RGB, add: float = 0.0, blur: float = 0.0, noise: float = 0.0) -> RGB:
    """Return a picture with an oval in its middle made brighter, softer or grainier."""
    inside = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(inside, (100, 100), (53, 62), 0, 0, 360, 1, -1)
    given = cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels
    given = given.astype(float) + add + noise * np.random.default_rng(2).normal(size=(200, 200, 1))
    return np.where(inside[..., None] > 0, np.clip(given, 0, 255), pixels).astype(np.uint8)


def row(apart: float, before: float, after: float | None, faults: bool = False, share: float = 0.3) -> TakeRow:
    """Return a take whose repair all models see alike."""
    scores = [None if v is None else Scores(first=v, second=v, third=v) for v in (before, after)]
    assert scores[0] is not None
    looks = None if after is None else Pasted(**(CLEAN.model_dump() | ({"seam": 9.0} if faults else {})))
    return TakeRow(
        seed=1, share=share, kind="style", eyes=60, apart=apart, before=scores[0], after=scores[1], pasted=looks,
        refused="too small" if after is None else "",
    )  # fmt: skip


def test_an_untouched_picture_has_no_faults() -> None:
    """A picture compared with itself looks like itself."""
    assert pasted(skin(), skin(), marks(), marks()).faults == ()


@pytest.mark.parametrize(
    ("change", "fault"), [({"add": 40.0}, "seam"), ({"add": 40.0}, "colour"), ({"blur": 2.0}, "grain"),
                          ({"noise": 9.0}, "grain"), ({"blur": 2.0}, "sharpness")],
)  # fmt: skip
def test_what_looks_pasted_is_named(change: dict[str, float], fault: str) -> None:
    """A patch brighter, softer or grainier than before is a fault of that name."""
    assert fault in pasted(skin(), patched(skin(), **change), marks(), marks()).faults


def test_a_lost_expression_or_pose_is_a_fault() -> None:
    """A smile that goes, or a head that turns, is harm."""
    assert pasted(skin(), skin(), marks(smile=0.8), marks()).faults == ("expression",)
    assert pasted(skin(), skin(), marks(turn=10), marks()).faults == ("pose",)


def test_only_a_better_and_unseen_repair_stands() -> None:
    """A repair that is no better, that shows, or that was refused leaves the take as it was."""
    rows = [row(5, 0.2, 0.5), row(5, 0.5, 0.4), row(5, 0.2, 0.5, faults=True), row(5, 0.2, None)]
    assert [r.kept for r in rows] == [True, False, False, False]
    assert [r.stands.third for r in rows] == [0.5, 0.5, 0.2, 0.2]


def test_totals_count_what_stands_within_twenty_degrees() -> None:
    """The aim's figure counts takes near in pose only, and groups them by pose and drift."""
    rows = [row(5, 0.2, 0.5), row(15, 0.2, 0.25), row(15, 0.4, 0.6, share=0.6), row(25, 0.1, 0.2)]
    found = {f.what: f for f in figures(rows, 0.33)}
    assert found["takes within 20 degrees that pass after the fix"].note == "2 of 3; bar 0.33"
    assert found["of those that failed, pass after the fix"].note == "1 of 2"
    assert found["takes made worse, all poses"].value == 0
    assert {(g.poses, g.share): g.takes for g in groups(rows, 0.33)} == {
        ((0.0, 10.0), 0.3): 1, ((0.0, 10.0), None): 1, ((10.0, 20.0), 0.3): 1, ((10.0, 20.0), 0.6): 1,
        ((10.0, 20.0), None): 2, ((20.0, 30.0), 0.3): 1, ((20.0, 30.0), None): 1,
    }  # fmt: skip


def test_without_a_third_model_says_so() -> None:
    """Nothing is graded by a model that is not there."""
    assert "--third" in figures([row(5, 0.2, 0.5)], None)[0].note
