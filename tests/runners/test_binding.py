"""A draft becomes a job when the takes it waits for exist."""

from __future__ import annotations

import pytest
from fakeworld import World

from charforge.domain.jobs import Draft, Input, StillJob, TakeOf
from charforge.domain.takes import Take
from charforge.errors import PlanError
from charforge.runners import bind


def take(blob: str, **attachments: str) -> Take:
    """Return a take of some picture."""
    job = StillJob(backend="fake", width=8, height=8)
    return Take(
        key="a" * 64, job=job, blob=blob * 64, media="image/png", size=1, backend="fake", revision="1",
        attachments={name: digest * 64 for name, digest in attachments.items()},
    )  # fmt: skip


def waiting(part: str) -> Draft:
    """Return a draft that waits for a part of a head."""
    needed = Input(role="head", name="mia", source=TakeOf(draft="s01/0010/head/mia", part=part))
    fixed = Input(role="plate", source="f" * 64)
    job = StillJob(backend="fake", width=8, height=8, inputs=(fixed, needed))
    return Draft(id="s01/0010/still", shot="s01/0010", stage="still", job=job)


@pytest.mark.parametrize(("part", "digest"), [("picture", "b"), ("sound", "b"), ("style", "c")])
def test_a_part_of_a_take_becomes_its_content(part: str, digest: str) -> None:
    """The take's own bytes stand for picture and sound, attachments for any other part."""
    job = bind(waiting(part), {"s01/0010/head/mia": take("b", style="c")})
    assert job.inputs == (
        Input(role="plate", source="f" * 64),
        Input(role="head", name="mia", source=digest * 64),
    )


def test_a_draft_that_waits_for_nothing_is_its_job(world: World) -> None:
    """A job without symbolic inputs needs no takes."""
    _, still, _ = world.shot(1)
    assert bind(still, {}) == still.job


def test_a_missing_take_is_named() -> None:
    """The error says which draft waits for which."""
    with pytest.raises(PlanError, match="s01/0010/still waits for a take of s01/0010/head/mia"):
        bind(waiting("picture"), {})


def test_a_missing_attachment_is_named() -> None:
    """The error says what the take has instead."""
    with pytest.raises(PlanError, match=r"needs 'style'.*attached: depth"):
        bind(waiting("style"), {"s01/0010/head/mia": take("b", depth="d")})
