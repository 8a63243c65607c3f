"""The hunt for angles and expressions: its parts by properties, and one quick hunt with the real models."""

from __future__ import annotations

import itertools
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from charforge.backends.dlib_face import DlibFace
from charforge.backends.landmarks import FaceLandmarks
from charforge.backends.modnet import ModNet
from charforge.backends.portrait import Portrait, casting, grading, hunt, mending, rig, sitting, trail, wishes
from charforge.backends.portrait.basis import EXPRESSIONS
from charforge.backends.portrait.people import TARGETS, Held, Master, Pose, Studio, Target
from charforge.backends.protocols import Landmarks
from charforge.backends.sface import SFace
from charforge.imaging import decode
from charforge.weights.home import LocalHome

LIBRARY = Path(__file__).parents[2] / "library" / "characters"
POINTS = np.random.default_rng(0).normal(size=(478, 3)).astype(np.float32)
SMALL = 24
"""Neighbours of the quick hunt."""


def marks(turn: float = 0.0, pitch: float = 0.0, **shapes: float) -> Landmarks:
    """Return a head's measurements without its points."""
    names = {n for group in EXPRESSIONS.values() for n in group}
    return Landmarks(POINTS, dict.fromkeys(names, 0.0) | shapes, turn, pitch, 0.0)


def short(target: Target, seen: Landmarks, first: float = 0.9, second: float = 0.9) -> tuple[str, ...]:
    """Return what a head falls short in, its colours held."""
    same = Held(0.0, None, 3.0)
    return tuple(grading.missed(target, seen, marks(), scores=(first, second), bars=(0.41, 0.45), kept=same).values())


class Desk:
    """The real models over a committed master."""

    def __init__(self) -> None:
        home = LocalHome()
        self.studio = Studio(Portrait(home), SFace(home), DlibFace(home), FaceLandmarks(home), ModNet(home))
        known = rig.read((LIBRARY / "theo" / "rig" / "theo.npz").read_bytes())
        style = known.pose("front")
        self.left25 = decode(LIBRARY / "theo" / "angles" / "left25.webp")
        self.master = Master(1, 0.6, style, self.studio.portrait.generate(style), np.zeros(128, np.float32), 1.0)

    def likeness(self, pixels: np.ndarray) -> tuple[float, float]:
        """Return what both judges say of a picture against the master."""
        found = []
        for judge in (self.studio.face, self.studio.judge):
            views = [judge.embed(p, self.studio.face.detect(p)[0]) for p in (self.master.pixels, pixels)]
            found.append(judge.similarity(*views))
        return found[0], found[1]

    def marks(self, pixels: np.ndarray) -> Landmarks:
        """Return the landmarks of the largest face."""
        seen = self.studio.landmark.landmarks(pixels, self.studio.face.detect(pixels)[0])
        assert seen is not None
        return seen


@pytest.fixture(scope="module")
def desk() -> Desk:
    """Return the models, loaded once."""
    return Desk()


@pytest.fixture(scope="module")
def surveyed(desk: Desk) -> trail.Trail:
    """Return a small neighbourhood of the master."""
    return hunt.survey(desk.studio, desk.master, lambda *_: None, neighbours=SMALL)


def test_the_standard_set_is_angles_chin_profiles_and_five_expressions() -> None:
    """Every character is built with four angles, the chin up, two profiles and five expressions, each named once."""
    assert [t.turn for t in TARGETS if t.step == "angle" and not t.open_ended] == [-20, 20, -45, 45, 0]
    assert [t.name for t in TARGETS if t.open_ended] == ["left-profile", "right-profile"]
    assert {t.expression for t in TARGETS if t.step == "expression"} == {*wishes.EXPRESSIONS, "neutral"}
    assert len({t.name for t in TARGETS}) == len(TARGETS)


@pytest.mark.parametrize(("turn", "reached"), [(-41.0, True), (-49.9, True), (-39.0, False), (45.0, False)])
def test_an_angle_is_reached_within_five_degrees(turn: float, *, reached: bool) -> None:
    """A head turned by up to five degrees more or less than asked for is what was asked for."""
    assert (not short(Target("left45", "angle", turn=-45.0), marks(turn))) is reached


def test_each_shortfall_is_named() -> None:
    """A head that misses its pose, an expression or a judge says so, with the numbers."""
    up = Target("up15", "angle", turn=0.0, pitch=15.0)
    assert short(up, marks(0, 4)) == ("chin up 4.0 degrees, not 15",)
    assert short(Target("happy", "expression", expression="happy"), marks())[0].startswith("happy by 0.00")
    assert short(up, marks(0, 15), first=0.40, second=0.2) == (
        "first judge 0.40 under 0.41",
        "second judge 0.20 under 0.45",
    )
    profile = Target("left-profile", "angle", turn=-90.0)
    assert short(profile, marks(-40)) == ("turned -40.0 degrees, not 50",)
    assert short(profile, marks(-55)) == ()


def test_a_colour_that_left_is_named_and_one_out_of_view_is_not() -> None:
    """Only regions that both pictures show can be off."""
    target = Target("left20", "angle", turn=-20.0)
    kept = Held(hair=99.0, skin=None, garment=1.0)
    found = grading.missed(target, marks(-20), marks(), scores=(1, 1), bars=(0.4, 0.4), kept=kept)
    assert found == {"hair": f"hair colour 99 off, more than {grading.LIMITS.hair:.0f}"}


@given(some.lists(some.tuples(some.floats(0, 90), some.floats(-1, 1)), max_size=40))
def test_the_curve_is_the_front_of_all_heads(heads: list[tuple[float, float]]) -> None:
    """Every head is matched or beaten by one of the front in both, and the front falls as it reaches farther."""
    front = grading.front_of(heads)
    assert set(front) <= set(heads)
    assert all(any(f[0] >= h[0] and f[1] >= h[1] for f in front) for h in heads)
    assert all(a[0] < b[0] and a[1] > b[1] for a, b in itertools.pairwise(front))


def test_moves_are_cheapest_where_all_resolutions_agree() -> None:
    """A tied move of one length moves a style farther when its four resolutions go the same way."""
    ties, size = trail.tied(3), 3
    together = np.tile([1.0, 0, 0], 4)
    apart = np.concatenate([[1.0, 0, 0], np.zeros(size), [-1.0, 0, 0], np.zeros(size)])
    along, against = (np.linalg.norm(ties @ (m / np.linalg.norm(m))) for m in (together, apart))
    assert along > 4 * against


@pytest.mark.models
def test_a_sketch_is_near_the_head(desk: Desk, surveyed: trail.Trail) -> None:
    """The fast generator draws the head at half size, near enough for the judges."""
    sketch = surveyed.viewer.draw(desk.master.style)
    whole = desk.master.pixels.reshape(512, 2, 512, 2, 3).mean((1, 3))
    assert np.sqrt(((sketch / 255 - whole / 255) ** 2).mean()) < 0.04
    assert desk.likeness(sketch)[0] > 0.93


@pytest.mark.models
def test_a_head_given_the_masters_face_is_more_alike(desk: Desk) -> None:
    """Both judges find a turned head with the master's face more like the master, at nearly the same turn."""
    before = desk.marks(desk.left25)
    mended = mending.mended(desk.master.pixels, desk.marks(desk.master.pixels).points, desk.left25, before.points)
    assert all(b > a + 0.02 for a, b in zip(desk.likeness(desk.left25), desk.likeness(mended), strict=True))
    assert desk.marks(mended).turn == pytest.approx(before.turn, abs=3)
    assert np.array_equal(mended[:32], desk.left25[:32])


@pytest.mark.models
def test_a_master_given_its_own_face_stays_as_it_is(desk: Desk) -> None:
    """Exchanging a face for itself changes nothing that can be seen."""
    points = desk.marks(desk.master.pixels).points
    same = mending.mended(desk.master.pixels, points, desk.master.pixels, points)
    assert np.abs(same.astype(int) - desk.master.pixels).mean() < 1.0


@pytest.mark.models
def test_a_quick_hunt_turns_the_head_and_says_what_it_did(desk: Desk, surveyed: trail.Trail) -> None:
    """A hunt whose time is over turns the same person in one round, hands each head out, and keeps the curve."""
    targets = [t for t in TARGETS if t.name in ("neutral", "left20")]
    heard: list[Pose] = []
    told: list[str] = []
    found = hunt.heads(
        desk.studio, desk.master, surveyed, targets, lambda name, *_: told.append(name), ends=0.0, each=heard.append
    )
    assert [p.name for p in found] == ["left20", "neutral"] == [p.name for p in heard]
    left, neutral = found
    assert left.turn < -9
    assert left.likeness > 0.5
    assert left.plain is not None
    assert left.held is not None
    assert left.drawn == 12
    assert left.curve
    assert left.curve[-1][0] > 9
    assert set(told) == {"left20"}
    assert neutral.reached
    assert np.array_equal(neutral.style, desk.master.style)


@pytest.mark.models
def test_a_hunt_whose_best_heads_show_no_face_falls_back_on_one_that_does(
    desk: Desk, surveyed: trail.Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One target that leads out of the generator's reach never costs the targets after it."""
    real = sitting.Sitting.grade
    blind = count()

    def grade(self: sitting.Sitting, target: Target, style: np.ndarray) -> sitting.Graded | None:
        return None if next(blind) <= hunt.FULL else real(self, target, style)

    monkeypatch.setattr(sitting.Sitting, "grade", grade)
    targets = [Target("left45", "angle", turn=-45.0), Target("neutral", "expression", expression="neutral")]
    found = hunt.heads(desk.studio, desk.master, surveyed, targets, lambda *_: None, ends=0.0)
    assert [p.reached for p in found] == [False, True]
    assert found[0].likeness > 0


@pytest.mark.models
def test_colours_of_the_same_head_are_held(desk: Desk) -> None:
    """A head's colours equal themselves, hair and skin are in view, and another skin is told from them."""
    seen = desk.marks(desk.master.pixels)
    matte = desk.studio.matte.matte(desk.master.pixels)
    own = grading.colours(desk.master.pixels, matte, seen)
    assert own.hair is not None
    assert own.skin is not None
    assert grading.held(own, own).hair == 0
    dyed = grading.colours(desk.master.pixels[..., ::-1].copy(), matte, seen, own)
    apart = grading.held(own, dyed)
    assert apart.skin is not None
    assert apart.skin > (grading.LIMITS.skin or 0)


def test_a_hunt_is_part_of_casting() -> None:
    """The studio finds everything it builds characters with in one place."""
    assert casting.hunt is hunt.hunt
    assert replace(TARGETS[0], turn=-90.0).open_ended
