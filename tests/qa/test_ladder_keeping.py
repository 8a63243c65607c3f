"""What a repair may not harm, where a clip fails, how a face is followed, and what drift shots share."""

from __future__ import annotations

import numpy as np
import pytest

from charforge.backends.protocols import Landmarks
from charforge.domain.takes import Finding, Score, Verdict
from charforge.qa.ladder import (
    Offset,
    changed_face,
    failing,
    margin,
    neighbours,
    shared,
    shipped,
    spilled,
    track,
    undone,
)
from charforge.qa.ladder.stretches import smoothed

LIMITS = shipped().limits
SIDE = 64


def face(turn: float = 0.0, roll: float = 0.0, **strengths: float) -> Landmarks:
    """Return a face that is turned and expresses something."""
    return Landmarks(np.zeros((478, 3), np.float32), strengths, turn, 0.0, roll)


def scores(**values: float) -> Verdict:
    """Return a verdict with everybody's score against a bar of 0.4."""
    return Verdict(
        take="0" * 64,
        outcome="fix",
        scores=tuple(Score(who=who, judge="test", value=v, bar=0.4) for who, v in values.items()),
    )


def test_a_face_that_turns_or_changes_its_expression_is_harmed() -> None:
    """Beyond the limits of pose and expression; a roll counts twice, and a face that is lost is harmed too."""
    assert changed_face(face(), face(turn=5, jawOpen=0.2), LIMITS) == ""
    assert "9 degrees" in changed_face(face(), face(turn=-9), LIMITS)
    assert "10 degrees" in changed_face(face(), face(roll=5), LIMITS)
    assert "jawOpen by 0.60" in changed_face(face(jawOpen=0.6), face(), LIMITS)
    assert "no longer" in changed_face(face(), None, LIMITS)
    assert changed_face(None, face(turn=40), LIMITS) == ""


def test_where_somebody_looks_is_not_their_expression() -> None:
    """Strengths that differ between any two people are not compared."""
    assert changed_face(face(), face(eyeLookOutLeft=0.9), LIMITS) == ""


def test_a_neighbour_who_becomes_less_alike_undoes_a_repair() -> None:
    """The repaired person's own score is not asked here."""
    before = scores(mia=0.3, theo=0.6)
    assert neighbours(before, scores(mia=0.1, theo=0.59), "mia", LIMITS) == ""
    assert neighbours(before, scores(mia=0.7, theo=0.5), "mia", LIMITS).startswith("theo's face")
    lost = Finding(code="missing", message="theo is missing", who="theo")
    assert neighbours(before, scores(mia=0.7).changed(findings=(lost,)), "mia", LIMITS).startswith("theo's face")


def test_somebody_who_is_missing_counts_as_far_below_the_bar() -> None:
    """However alike everybody else is."""
    assert margin(scores(mia=0.6)) == pytest.approx(0.2)
    assert margin(scores(mia=0.6).changed(findings=(Finding(code="missing", message="", who="theo"),))) == -1


def test_somebody_who_is_found_again_is_a_gain() -> None:
    """Although the faces that were scored before were more alike than theirs is now."""
    lost = scores(mia=0.9).changed(findings=(Finding(code="missing", message="", who="mia"),), outcome="fail")
    found = scores(mia=0.45)
    assert undone(lost, found, lost, found) == ""
    assert "gained nothing" in undone(found, lost.changed(outcome="fix"), found, lost.changed(outcome="fix"))


def test_a_lower_bar_is_no_gain() -> None:
    """A head that came out more turned stands farther above its bar, and is no more alike."""
    turned = scores(mia=0.3).changed(scores=(Score(who="mia", judge="test", value=0.3, bar=0.3),))
    assert undone(scores(mia=0.3), turned, scores(mia=0.3), turned) == "the first judge gained nothing"


def test_no_pixel_outside_the_face_may_change() -> None:
    """Inside box and margin everything may, outside not one."""
    before = np.full((SIDE, SIDE, 3), 100, np.uint8)
    inside, outside = before.copy(), before.copy()
    inside[17:31, 17:35] = 7
    outside[40, 40] = 101
    assert spilled(before, inside, (20, 20, 12, 8), 0.25) == ""
    assert spilled(before, outside, (20, 20, 12, 8), 0.25) == "1 pixels outside the face changed"
    assert "another size" in spilled(before, before[:-2], (20, 20, 12, 8), 0.25)


def test_what_encoding_leaves_in_a_clip_is_allowed() -> None:
    """A mean difference below the limit is, one above it is not."""
    before = np.full((SIDE, SIDE, 3), 100, np.uint8)
    assert spilled(before, before + 1, (20, 20, 8, 8), 0.25, allowed=2) == ""
    assert "3.0 grey levels" in spilled(before, before + 3, (20, 20, 8, 8), 0.25, allowed=2)


def curve(*values: float, step: int = 6) -> tuple[Score, ...]:
    """Return the scores of judged frames against a bar of 0.4."""
    return tuple(Score(who="mia", judge="test", value=v, bar=0.4, frame=n * step) for n, v in enumerate(values))


def test_a_clip_fails_between_the_frames_that_pass() -> None:
    """Each stretch reaches as far as the nearest judged frames that are good."""
    assert failing(curve(0.6, 0.3, 0.2, 0.6, 0.6, 0.1), "mia", 31) == ((1, 17), (25, 30))
    assert failing(curve(0.1, 0.6), "mia", 7) == ((0, 5),)
    assert failing(curve(0.6, 0.6), "mia", 7) == ()
    assert failing(curve(0.6), "theo", 7) == ((0, 6),)


def test_a_clip_fails_where_somebody_else_is_seen() -> None:
    """A judged frame without a score counts where they are missing, and does not where they only look away."""
    scores_ = tuple(s for s in curve(0.6, 0.6, 0.6, 0.6) if s.frame != 12)
    judged = (0, 6, 12, 18)
    assert failing(scores_, "mia", 19, judged, absent=True) == ((7, 17),)
    assert failing(scores_, "mia", 19, judged) == ()


def test_a_face_below_the_likeness_bar_fails_too() -> None:
    """Of two bars the higher one decides what is to be repaired."""
    unlike = tuple(s.changed(likeness=0.7) for s in curve(0.6, 0.8))
    assert failing(unlike, "mia", 7) == ((0, 5),)


def seen(frames: range, tremble: float = 0.0) -> dict[int, tuple[tuple[float, float, float, float], np.ndarray]]:
    """Return a face that walks two pixels a frame, measured with some tremble."""
    noise = np.random.default_rng(1).normal(0, tremble, 1000) if tremble else np.zeros(1000)
    return {n: ((10 + 2 * n + noise[n], 20, 30, 40), np.full((5, 2), 2.0 * n + noise[n], np.float32)) for n in frames}


def test_a_repair_fades_in_and_out_around_its_stretch() -> None:
    """It is whole in the stretch, falls off over the frames beyond it, and is nowhere else."""
    spots = track(seen(range(40)), [(10, 20)], 40, fade=3, smooth=0)
    strengths = {s.frame: s.strength for s in spots}
    assert min(strengths), max(strengths) == (7, 23)
    assert [strengths[n] for n in (7, 8, 9, 10, 20, 21, 22, 23)] == [0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25]


def test_a_repair_fades_towards_frames_without_the_face() -> None:
    """Short holes are bridged, long ones are not, and the ends of the clip are no holes."""
    known = seen(range(40))
    for lost in (5, 6, *range(20, 30)):
        del known[lost]
    strengths = {s.frame: s.strength for s in track(known, [(0, 39)], 40, fade=3, smooth=0)}
    assert strengths[5] == strengths[6] == strengths[0] == strengths[39] == 1
    assert [strengths[n] for n in (17, 18, 19)] == [0.75, 0.5, 0.25]
    assert not set(range(20, 30)) & set(strengths)


def test_a_trembling_face_is_followed_smoothly() -> None:
    """The walk stays, most of the tremble goes, and the ends do not lag behind."""
    spots = track(seen(range(40), tremble=1.0), [(0, 39)], 40, fade=0, smooth=2)
    off = np.array([s.points[0][0] - 2 * s.frame for s in spots])
    assert len(spots) == 40
    assert off.std() < 0.6
    assert abs(off[[0, -1]]).max() < 1.5
    straight = smoothed(np.arange(20.0)[:, None], 2)
    assert straight[:, 0] == pytest.approx(np.arange(20.0))


def offset(shot: str, direction: int, *, who: str = "mia", model: str = "sdxl", share: float = 0.5) -> Offset:
    """Return how a face is off that is mixed with another one's."""
    master, other = np.eye(16, dtype=np.float32)[[0, direction]]
    return Offset.of((1 - share) * master + share * other, master, shot, (who, f"{who}@1"), model)


def test_shots_that_are_off_the_same_way_are_one_drift() -> None:
    """The same person by the same model in the same scene; a shot that is off another way is not among them."""
    group = [offset("s01/0010", 3), offset("s01/0020", 3, share=0.4), offset("s01/0030", 5)]
    others = [offset("s02/0010", 3), offset("s01/0040", 3, model="flux"), offset("s01/0050", 3, who="theo")]
    (found,) = shared([*group, *others], shipped().shared)
    assert [o.shot for o in found] == ["s01/0010", "s01/0020"]


def test_one_shot_shares_its_drift_with_nobody() -> None:
    """Nor do two takes of it."""
    assert shared([offset("s01/0010", 3), offset("s01/0010", 3)], shipped().shared) == ()
