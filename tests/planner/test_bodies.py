"""Who has no body is refused before anything is drawn, where the framing surely shows where the head ends."""

from __future__ import annotations

import pytest
from world import READY, episode, library, means, person, shot

from charforge.backends.animatic.camera import at_mark, solve
from charforge.domain.assets import Character, Library, Location, Origin
from charforge.domain.blocking import Blocking
from charforge.domain.script import Angle, Framing, Move, Shot
from charforge.errors import PlanError
from charforge.planner import Means, Pins, load, plan_pictures
from charforge.planner.references import first_worn
from charforge.planner.screentest import screen_test

LEAST = 0.578
"""From the middle of a drawn head to its picture's foot, over its height: the least of the pilot's 13."""
ASPECT = 640 / 360


def bare(**view: object) -> Means:
    """Return a world in which mia has no body and theo has."""
    whole = library()
    stripped = [_stripped(c) if c.name == "mia" else c for c in whole.characters]
    return Means(Library(characters=tuple(stripped), locations=_moved(whole, view)), load(), READY, Pins())


def _stripped(character: Character) -> Character:
    return character.changed(references=tuple(r for r in character.references if r.step != "body"))


def _moved(whole: Library, view: dict[str, object]) -> tuple[Location, ...]:
    (cafe,) = whole.locations
    table = cafe.views["table"]
    changed = {name: mark.changed(**view) for name, mark in table.marks.items()}
    return (cafe.changed(views={"table": table.changed(marks=changed)}),)


def of_mia(framing: Framing, **fields: object) -> Shot:
    """Return a shot of mia alone."""
    return shot("0010", framing=framing, characters=(person("mia", wardrobe=None),), duration=24, **fields)


@pytest.mark.parametrize("framing", ["wide", "medium", "medium-close", "close"])
def test_a_framing_that_shows_where_a_head_ends_is_refused(framing: Framing) -> None:
    """The hint says what to type, and who has bodies."""
    with pytest.raises(PlanError, match=r"mia@1 has no body, and shot 0010 \(" + framing) as told:
        plan_pictures(episode(of_mia(framing)), bare())
    assert "charforge build mia --body-from theo;" in told.value.hint


def test_who_has_a_body_stands_beside_nobody_who_has_none() -> None:
    """One without is enough for a two-shot to be refused."""
    both = (person("theo", position="left"), person("mia", position="right", wardrobe=None))
    with pytest.raises(PlanError, match="mia@1 has no body"):
        plan_pictures(episode(shot("0010", framing="two-shot", characters=both, duration=24)), bare())


MOVES = (Move(), Move(kind="push-in", amount=0.3), Move(kind="pull-out", amount=0.2), Move(kind="tilt-up", amount=0.2))
FRAMINGS: tuple[Framing, ...] = ("wide", "medium", "close", "extreme-close")
ANGLES: tuple[Angle, ...] = ("eye", "low", "high", "overhead")


@pytest.mark.parametrize("move", MOVES, ids=lambda m: m.kind)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("where", [(0.2, 0.4), (0.45, 0.75), (0.8, 0.6)], ids=["small", "low", "large"])
def test_nothing_is_refused_that_the_camera_would_show_whole(
    where: tuple[float, float], angle: Angle, framing: Framing, move: Move
) -> None:
    """What is refused shows, by the compositor's own camera, the foot of a head's picture with room to spare."""
    head, y = where
    world = bare(head=head, y=y)
    asked = of_mia(framing, angle=angle, move=move)
    try:
        plan = plan_pictures(episode(asked), world)
    except PlanError:
        table = world.library.locations[0].views["table"]
        allowed = plan_pictures(episode(asked), means()).drafts[1].job.settings["blocking"]
        blocking = Blocking.model_validate({**allowed, "view": table.model_dump()})
        person_ = blocking.people[0]
        blocking = blocking.changed(people=(person_.changed(mark=person_.mark.changed(head=head, y=y), fit=None),))
        assert _foot(blocking, 0.62) < 0.5
    else:
        assert plan.choices


def test_an_extreme_close_up_of_a_bare_head_runs_out_of_the_frame() -> None:
    """It is drawn a little larger than one with a body, so that its picture's foot is never seen."""
    plan = plan_pictures(episode(of_mia("extreme-close")), bare())
    still = next(d for d in plan.drafts if d.stage == "still")
    blocking = Blocking.model_validate(still.job.settings["blocking"])
    assert blocking.head == 1.0
    assert _foot(blocking, LEAST) > 0.5


def test_a_screen_test_without_a_body_never_shows_the_foot_of_the_head() -> None:
    """Every part of it is planned so close."""
    world = bare()
    mia = world.library.character("mia")
    assert mia is not None
    test, wall = screen_test(mia, "0" * 64, parts=True)
    stocked = Library(characters=world.library.characters, locations=(wall,))
    plan = plan_pictures(test, Means(stocked, load(), READY, Pins()))
    for draft in (d for d in plan.drafts if d.stage == "still"):
        assert _foot(Blocking.model_validate(draft.job.settings["blocking"]), LEAST, aspect=1.0) > 0.5


def _foot(blocking: Blocking, below: float, aspect: float = ASPECT) -> float:
    """Return where in the frame a head's picture ends, in the frame that shows most of it."""
    path = solve(blocking, aspect)
    one = blocking.people[0]
    x, y = at_mark(one, aspect)
    return min(path.at(t / 4).place(x, y + below * one.mark.head, one.mark.depth)[1] for t in range(5))


def test_nobody_changes_clothes_because_a_body_was_dyed() -> None:
    """Where a shot names no wardrobe, the first one that was not dyed is worn."""
    mia = library().characters[0]
    dye = next(r for r in mia.references if r.step == "body").changed(
        wardrobe="amber", origin=Origin(derived="recoloured")
    )
    assert first_worn(mia.changed(references=(*mia.references, dye))) == "navy"
