"""The animatic's camera: sizes, places and covered edges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charforge.backends.animatic.camera import Path, inside, smoothstep, solve
from charforge.backends.animatic.window import SAMPLES, Frame, window
from charforge.domain.assets import Mark, View
from charforge.domain.blocking import Blocking, Person
from charforge.domain.script import Angle, Move, MoveKind

ASPECT = 16 / 9
VIEW = View(name="table", marks={}, background_depth=5.5, front_depth=1.9)
KINDS: tuple[MoveKind, ...] = (
    "static", "push-in", "pull-out", "pan-left", "pan-right", "tilt-up", "tilt-down", "truck-left", "truck-right",
)  # fmt: skip
ANGLES: tuple[Angle, ...] = ("eye", "low", "high", "overhead", "dutch")


def _person(who: str, x: float, turn: float = 0.0, head: float = 0.17, depth: float = 2.6) -> Person:
    return Person(who=who, mark=Mark(x=x, y=0.39, head=head, depth=depth), turn=turn)


def _blocking(*people: Person, head: float | None, kind: MoveKind = "static", angle: Angle = "eye") -> Blocking:
    return Blocking(
        framing="medium", angle=angle, head=head, view=VIEW, people=people, move=Move(kind=kind, amount=0.08)
    )


def _edges(path: Path, progress: float) -> tuple[float, float, float, float]:
    pose, depth = path.at(progress), path.blocking.view.background_depth
    left, top = pose.place(-ASPECT / 2, -0.5, depth)
    right, bottom = pose.place(ASPECT / 2, 0.5, depth)
    return left, top, right, bottom


@given(x=st.floats(0.15, 0.85), head=st.floats(0.2, 0.75), depth=st.floats(1.5, 5.0))
def test_one_person_gets_the_wanted_size(x: float, head: float, depth: float) -> None:
    """The head of a single subject has the height that the framing asks for."""
    path = solve(_blocking(_person("mia", x, depth=depth), head=head), ASPECT)
    assert path.head() == pytest.approx(head, rel=0.02)


@given(
    left=st.floats(0.1, 0.45),
    right=st.floats(0.55, 0.9),
    head=st.floats(0.18, 0.9),
    kind=st.sampled_from(KINDS),
)
@settings(max_examples=40)
def test_everyone_stays_in_the_frame(left: float, right: float, head: float, kind: MoveKind) -> None:
    """Two people are both inside the frame through the whole move, however large they were wanted."""
    path = solve(_blocking(_person("mia", left), _person("theo", right), head=head, kind=kind), ASPECT)
    assert inside(path) or path.size == 1.0


@given(
    x=st.floats(0.2, 0.8),
    head=st.one_of(st.none(), st.floats(0.17, 0.9)),
    kind=st.sampled_from(KINDS),
    angle=st.sampled_from(ANGLES),
    progress=st.floats(0, 1),
)
def test_the_plate_always_fills_the_frame(
    x: float, head: float | None, kind: MoveKind, angle: Angle, progress: float
) -> None:
    """No move, angle or framing shows what lies beyond the background plate."""
    path = solve(_blocking(_person("mia", x), head=head, kind=kind, angle=angle), ASPECT)
    left, top, right, bottom = _edges(path, progress)
    assert left <= -ASPECT / 2
    assert top <= -0.5
    assert right >= ASPECT / 2
    assert bottom >= 0.5


def test_the_background_grows_less_than_the_subject() -> None:
    """A closer framing walks towards the subject, so what is behind grows less and what is in front grows more."""
    pose = solve(_blocking(_person("mia", 0.5), head=0.5), ASPECT).at(0)
    assert pose.scale(5.5) < 0.8 * pose.scale(2.6)
    assert pose.scale(1.9) > 1.3 * pose.scale(2.6)


@pytest.mark.parametrize(("turn", "side"), [(30.0, -1), (-30.0, 1)])
def test_looking_room(turn: float, side: int) -> None:
    """Who faces right stands left of the middle, and the other way round."""
    path = solve(_blocking(_person("mia", 0.5, turn), head=0.4), ASPECT)
    x, _ = path.at(0).place(0.0, -0.11, 2.6)
    assert x * side > 0.1


def test_headroom() -> None:
    """The crown keeps some room above it, and less of it in a closer picture."""
    rooms = []
    for head in (0.25, 0.5, 0.7):
        path = solve(_blocking(_person("mia", 0.5), head=head), ASPECT)
        _, crown = path.at(0).place(0.0, -0.11 - 0.17 / 2, 2.6)
        rooms.append(crown + 0.5)
    assert rooms == sorted(rooms, reverse=True)
    assert all(0.02 < room < 0.2 for room in rooms)


def test_a_push_in_grows_the_subject_by_its_amount_and_is_eased() -> None:
    """The subject ends larger by the move's amount, and the first steps are small."""
    path = solve(_blocking(_person("mia", 0.5), head=0.4, kind="push-in"), ASPECT)
    sizes = [path.at(t / 10).scale(2.6) for t in range(11)]
    assert sizes[-1] / sizes[0] == pytest.approx(1.08, rel=0.01)
    assert sizes[1] - sizes[0] < 0.4 * (sizes[6] - sizes[5])


def test_a_truck_moves_near_things_more_than_far_ones() -> None:
    """A camera that steps to the right leaves its subject behind, and the background less so."""
    path = solve(_blocking(_person("mia", 0.5), head=0.3, kind="truck-right"), ASPECT)
    near, far = (path.at(0).place(0, 0, z)[0] - path.at(1).place(0, 0, z)[0] for z in (2.6, 5.5))
    assert near == pytest.approx(0.08 * ASPECT, rel=0.15)
    assert 0.2 * near < far < 0.8 * near


@pytest.mark.parametrize("kind", ["pan-left", "pan-right", "tilt-up", "tilt-down"])
def test_a_pan_moves_every_layer_alike(kind: MoveKind) -> None:
    """A pan or tilt turns the camera: near and far move by the same amount."""
    path = solve(_blocking(_person("mia", 0.5), head=0.3, kind=kind), ASPECT)
    shifts = [
        [b - a for a, b in zip(path.at(0).place(0, 0, z), path.at(1).place(0, 0, z), strict=True)] for z in (2, 5)
    ]
    assert shifts[0] == pytest.approx(shifts[1], abs=1e-9)
    assert max(abs(v) for v in shifts[0]) > 0.05


def test_smoothstep_is_flat_at_both_ends() -> None:
    """Easing starts and ends at rest and stays within 0 to 1."""
    assert smoothstep(0) == 0
    assert smoothstep(1) == 1
    assert smoothstep(0.02) < 0.005
    assert smoothstep(-1) == 0


@given(x=st.floats(0.2, 0.8), head=st.floats(0.17, 0.8), kind=st.sampled_from(KINDS), step=st.integers(0, SAMPLES - 1))
@settings(max_examples=40)
def test_a_window_holds_all_that_is_seen(x: float, head: float, kind: MoveKind, step: int) -> None:
    """At every sampled moment of the move the background's working picture reaches beyond the frame's corners."""
    path = solve(_blocking(_person("mia", x), head=head, kind=kind), ASPECT)
    frame = Frame(640, 360)
    where = window(path, frame, 5.5)
    assert where is not None
    placed = where.placed(path.at(step / (SAMPLES - 1)), frame)
    left, top = placed[:, 2]
    right, bottom = placed @ (where.width - 1, where.height - 1, 1)
    assert left <= 0
    assert top <= 0
    assert right >= frame.width - 1
    assert bottom >= frame.height - 1
