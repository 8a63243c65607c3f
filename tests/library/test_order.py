"""A character is made in one order, whatever is there and whatever is locked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.assets import Reference, Step
from charforge.errors import InputError
from charforge.library.order import LEAST, STAGES, Stage, Standing, demand, missing, permitted, standing

STEPS: dict[Stage, Step] = {
    "headshot": "headshot",
    "angles": "angle",
    "wardrobes": "wardrobe",
    "expressions": "expression",
}
counts = st.fixed_dictionaries({stage: st.integers(0, 5) for stage in STAGES})


def shown(have: dict[Stage, int]) -> tuple[Reference, ...]:
    """Return so many references of each stage."""
    return tuple(Reference(file=f"{s}/{n}.png", step=STEPS[s]) for s in STAGES for n in range(have[s]))


def files(found: Standing) -> tuple[str, ...]:
    """Return every file of a character."""
    return tuple(file for made in found.made.values() for file in made)


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Draw a character with any pictures, any of which are accepted."""
    references = shown(draw(counts))
    accepted = draw(st.sets(st.sampled_from([r.file for r in references]))) if references else set()
    return standing("mia", references, accepted)


@given(standings())
def test_what_is_permitted_is_a_beginning_of_the_order(found: Standing) -> None:
    """No stage is permitted while one before it is not, and the headshot always is."""
    stages = permitted(found)
    assert stages
    assert stages == STAGES[: len(stages)]


@given(standings())
def test_a_permitted_stage_stands_on_done_and_accepted_ones(found: Standing) -> None:
    """Every stage before a permitted one has its pictures, and all of them were looked at."""
    for before in STAGES[: len(permitted(found)) - 1]:
        made = found.made[before]
        assert len(made) >= LEAST[before]
        assert set(made) <= found.accepted


@given(counts)
def test_locking_everything_leaves_only_what_was_not_made(have: dict[Stage, int]) -> None:
    """With every picture locked, the first stage that is refused for is one that lacks pictures."""
    found = standing("mia", shown(have), [r.file for r in shown(have)])
    lacking = missing(found, "expressions")
    short = [s for s in STAGES[:-1] if have[s] < LEAST[s]]
    assert (lacking.stage if lacking else None) == (short[0] if short else None)


@given(standings(), st.sampled_from(STAGES), st.integers(1, 5))
def test_what_the_running_build_made_never_takes_a_stage_away(found: Standing, stage: Stage, more: int) -> None:
    """Pictures that were made and judged only widen what is permitted."""
    after = found.with_made(stage, [f"{stage}/new{n}.png" for n in range(more)])
    assert set(permitted(found)) <= set(permitted(after))


@given(counts)
def test_a_build_from_the_headshot_on_may_go_through(have: dict[Stage, int]) -> None:
    """A locked headshot and stages made one after the other are permitted to the end, without another lock."""
    found = standing("mia", [Reference(file="headshot/front.png", step="headshot")], ["headshot/front.png"])
    for stage in STAGES[1:]:
        demand(found, stage)
        found = found.with_made(stage, [f"{stage}/{n}.png" for n in range(LEAST[stage] + have[stage])])


@given(standings())
def test_a_refusal_names_the_character_and_a_command(found: Standing) -> None:
    """Whatever is missing, the hint says what to type."""
    lacking = missing(found, "expressions")
    if lacking is not None:
        assert "mia" in lacking.message
        assert "charforge " in lacking.hint
        with pytest.raises(InputError, match="expressions cannot be made yet"):
            demand(found, "expressions")


def test_an_unlocked_headshot_is_to_be_looked_at() -> None:
    """The message is about looking and locking, not about making it again."""
    found = standing("mia", [Reference(file="headshot/front.png", step="headshot")], ())
    lacking = missing(found, "angles")
    assert lacking is not None
    assert lacking.message == "mia's headshot is not locked"
    assert lacking.hint == "look at it, then: charforge lock mia"


def test_unlocked_angles_are_named() -> None:
    """Several pictures are named by what they are called."""
    have = {"headshot": 1, "angles": 3, "wardrobes": 0, "expressions": 0}
    found = standing("mia", shown(have), ["headshot/0.png", "angles/1.png"])  # type: ignore[arg-type]
    lacking = missing(found, "wardrobes")
    assert lacking is not None
    assert lacking.message == "mia's angles 0, 2 are not locked"


def test_a_stage_that_cannot_be_made_is_spared() -> None:
    """Where no garment can be told apart, expressions are still permitted to the build that tried."""
    have = {"headshot": 1, "angles": 2, "wardrobes": 0, "expressions": 0}
    found = standing("mia", shown(have), [r.file for r in shown(have)])  # type: ignore[arg-type]
    assert missing(found, "expressions") is not None
    assert missing(found.sparing("wardrobes"), "expressions") is None


def test_an_id_photo_and_a_plate_are_of_no_stage() -> None:
    """What may come at any time neither helps nor hinders."""
    extra = (Reference(file="id/id.png", step="id-photo"), Reference(file="motion/look.mp4", step="motion"))
    assert standing("mia", extra, ()).made == {}
