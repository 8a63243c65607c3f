"""The bench of fixes: what counts as pasted, what stands, and the totals; on made-up faces and rows."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from charforge import imaging
from charforge.backends import registry
from charforge.backends.landmarks import NAMES
from charforge.backends.portrait.casting import Studio
from charforge.backends.protocols import RGB, Landmarks
from charforge.bench.drifting import mixed
from charforge.bench.fixes import Bars, Scores, Step, TakeRow
from charforge.bench.fixes_figures import figures, groups
from charforge.bench.fixes_ladder import mended, opened
from charforge.bench.fixes_photos import lots as photographed
from charforge.bench.fixes_sheet import SIDE, Sheet
from charforge.errors import InputError
from charforge.qa.ladder import Pasted, pasted, shows
from charforge.weights import LocalHome

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


def row(
    apart: float, before: float, after: float, *, kept: bool = True, faults: bool = False, share: float = 0.3,
    outside: str = "",
) -> TakeRow:  # fmt: skip
    """Return a take that the third model's bars are 0.3 and 0.5 for; a kept one was mended."""
    scores = [Scores(first=v, second=v, third=v, stranger=0.35) for v in (before, after if kept else before)]
    looks = Pasted(**(CLEAN.model_dump() | ({"seam": 9.0} if faults else {}))) if kept else None
    return TakeRow(
        person="seed 1", share=share, kind="style", eyes=60, turn=apart, apart=apart, before=scores[0],
        after=scores[1], bars=Bars(verification=0.3, likeness=0.5), began="fail", outcome="pass", pasted=looks,
        steps=(Step(step="transfer", kept=kept),), outside=outside,
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


@pytest.mark.parametrize(
    ("change", "told"), [({"add": 40.0}, "an edge shows around it"), ({"blur": 2.0}, "it is not as sharp")]
)  # fmt: skip
def test_the_ladder_is_told_what_would_be_seen(change: dict[str, float], told: str) -> None:
    """The reason names the fault in words."""
    assert told in shows(skin(), patched(skin(), **change), marks(), marks())


def test_what_cannot_be_measured_is_no_fault() -> None:
    """Nothing is said of an unchanged picture, or of a face without landmarks or extent."""
    points = Landmarks(np.zeros((478, 3), np.float32), dict.fromkeys(NAMES, 0.0), 0.0, 0.0, 0.0)
    assert shows(skin(), skin(), marks(), marks()) == ""
    assert shows(skin(), patched(skin(), add=40.0), None, marks()) == ""
    assert shows(skin(), patched(skin(), add=40.0), points, points) == ""


def test_what_would_be_seen_counts_as_failed() -> None:
    """A mended take over the bars passes unless it looks pasted; one that was let be is never seen."""
    rows = [row(5, 0.2, 0.6), row(5, 0.2, 0.6, faults=True), row(5, 0.6, 0.6, kept=False)]
    assert [r.seen for r in rows] == [False, True, False]
    (group,) = [g for g in groups(rows) if g.share is None]
    assert (group.verified, group.alike, group.kept, group.seen) == ((1, 2), (1, 2), 2, 1)


def test_worse_is_less_alike_or_changed_beside_the_face() -> None:
    """A change within the noise is none; a pixel outside the face is one."""
    rows = [row(5, 0.5, 0.495), row(5, 0.5, 0.48), row(5, 0.5, 0.6, outside="3 pixels outside the face changed")]
    assert [r.worse for r in rows] == [False, True, True]


def test_totals_count_what_stands_within_twenty_degrees() -> None:
    """The aim's figures count takes near in pose only, and what passed before says nothing of the fix."""
    rows = [row(5, 0.2, 0.6), row(15, 0.2, 0.25), row(15, 0.4, 0.6, share=0.6), row(25, 0.1, 0.2)]
    found = {f.what: f for f in figures(rows)}
    assert found["within 20 degrees, over the third model's verification bar after the ladder"].note == "2 of 3"
    assert found["of those that failed it, pass after"].note == "1 of 2"
    assert found["within 20 degrees, over its likeness bar too after the ladder"].note == "2 of 3"
    assert found["of those that failed either, pass both after"].note == "2 of 3"
    assert found["of those that failed either and QA sent up the ladder"].note.startswith("2 of 3")
    assert found["takes made worse, all poses"].value == 0
    assert found["nearer to the stranger than to the master before"].value == 3
    assert {(g.poses, g.share): g.takes for g in groups(rows)} == {
        ((0.0, 10.0), 0.3): 1, ((0.0, 10.0), None): 1, ((10.0, 20.0), 0.3): 1, ((10.0, 20.0), 0.6): 1,
        ((10.0, 20.0), None): 2, ((20.0, 30.0), 0.3): 1, ((20.0, 30.0), None): 1,
    }  # fmt: skip


def test_why_tries_were_undone_is_counted() -> None:
    """Reasons are told without their numbers, the most frequent first."""
    reasons = ["the expression changed: jawOpen by 0.4", "the expression changed: jawOpen by 0.5", "x/still: too small"]
    rows = [row(5, 0.2, 0.6, kept=False).changed(steps=(Step(step="transfer", kept=False, reason=r),)) for r in reasons]
    found = {f.what: f for f in figures(rows)}
    assert found["tried and undone, all poses"].note == "2 the expression changed; 1 too small"


def test_without_a_third_model_says_so() -> None:
    """Nothing is graded by a model that is not there."""
    rows = (row(5, 0.2, 0.5).changed(bars=None),)
    assert "--third" in figures(rows)[0].note
    assert groups(rows) == ()


def test_a_sheet_shows_every_take(tmp_path: Path) -> None:
    """Two takes make one line of three pictures each."""
    sheet = Sheet()
    for taken in (row(5, 0.2, 0.6), row(5, 0.2, 0.6, kept=False)):
        sheet.add(taken, skin(), skin(), skin())
    sheet.write(tmp_path / "sheet.png")
    assert imaging.decode(tmp_path / "sheet.png").shape == (SIDE, 2 * 3 * SIDE, 3)


def test_a_measured_drift_names_what_to_mix_in() -> None:
    """Nothing is mixed in for no drift, and more for more; a face within its own hair takes more of a stranger."""
    assert mixed(0.0, "style") == 0.0
    assert 0.0 < mixed(0.3, "style") < mixed(0.45, "style") < mixed(0.6, "style") < 1.0
    assert mixed(0.6, "points") > mixed(0.6, "style")


CHARACTERS = Path(__file__).parents[2] / "library" / "characters"


def headshot(name: str) -> RGB:
    """Return a character's master at half its size."""
    pixels = imaging.decode(CHARACTERS / name / "headshot/front.png")
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.models
def test_the_shipped_ladder_mends_a_stranger_and_lets_the_master_be(tmp_path: Path) -> None:
    """Somebody else's face goes up the ladder and comes back as the person's; their own is not touched."""
    mia, theo = headshot("mia"), headshot("theo")
    desk = opened(tmp_path, mia)
    same, other = mended(desk, mia, 0), mended(desk, theo, 1)
    assert (same.began, same.steps) == ("pass", ())
    assert np.array_equal(same.pixels, mia)
    assert other.began in {"fix", "fail"}
    assert [s.step for s in other.steps if s.kept] == ["transfer"]
    assert other.steps[0].after > other.steps[0].before
    assert not np.array_equal(other.pixels, theo)


@pytest.mark.models
def test_photographs_drift_towards_the_least_alike(tmp_path: Path, home: LocalHome) -> None:
    """By name the first picture is the master, the others drift; who has one picture is left out."""
    made = [registry.create(*w, home) for w in (("generator", "portrait"), ("face", "sface"), ("face", "dlib"))]
    made += [registry.create(*w, home) for w in (("landmark", "landmarks"), ("matte", "modnet"))]
    for name, files in {"mia": ("a", "b"), "theo": ("a", "b"), "nobody": ("a",)}.items():
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / f"{file}.png").write_bytes(
                imaging.encode_png(headshot(name if name != "nobody" else "mia"))
            )
    found = {lot.name: lot for lot in photographed(Studio(*made), tmp_path)}
    assert sorted(found) == ["mia", "theo"]
    (take,) = found["mia"].takes
    assert (take.share, take.kind) == (0.3, "points")
    assert not np.array_equal(take.pixels, found["mia"].master)
    assert np.array_equal(found["mia"].stranger, found["theo"].master)


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    """What a folder of photographs looks like is said."""
    with pytest.raises(InputError, match="two people"):
        next(iter(photographed(None, tmp_path)))  # type: ignore[arg-type]
