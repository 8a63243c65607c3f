"""Why a draft would be rendered, in words."""

from __future__ import annotations

import pytest
from fakeworld import BareHome, World

from charforge.domain.jobs import Draft
from charforge.domain.takes import Take
from charforge.runners import Toolbox, why


def reasons(
    world: World, draft: Draft, takes: dict[str, Take] | None = None, revision: str | None = None
) -> tuple[str, ...]:
    """Return the reasons for a draft."""
    now = revision or Toolbox(BareHome()).revision(draft.job)
    names = {world.digest("theo"): "theo@1 headshot/front.png", world.digest("mia"): "mia@1 headshot/front.png"}
    return why(draft, takes or {}, world.ledger, world.store, revision=now, names=names.get)


def test_a_new_draft_was_never_rendered(world: World) -> None:
    """A shot that was just written has one reason."""
    assert reasons(world, world.shot(1)[1]) == ("never rendered",)


def test_a_draft_that_waits_says_for_what(world: World) -> None:
    """A clip whose still does not exist waits for it."""
    assert reasons(world, world.shot(1)[2]) == ("waits for s01/0010/still", "waits for s01/0010/line/1")


def test_a_draft_whose_take_is_there_has_no_reason(world: World) -> None:
    """Nothing is to be done, nothing is said."""
    takes = world.runner().run(world.shot(1))
    assert [reasons(world, d, takes) for d in world.shot(1)] == [(), (), ()]


def test_a_changed_prompt_is_named(world: World) -> None:
    """Short texts are shown."""
    world.runner().run(world.shot(1))
    assert reasons(world, world.shot(1, "a rainy café")[1]) == ("prompt changed: a café -> a rainy café",)


def test_a_changed_reference_is_named_as_the_library_names_it(world: World) -> None:
    """A new master picture is called by its asset and file."""
    world.runner().run(world.shot(1))
    still = world.shot(1)[1]
    other = still.job.inputs[0].changed(source=world.digest("theo"))
    changed = still.changed(job=still.job.changed(inputs=(other,)))
    assert reasons(world, changed) == ("reference theo@1 headshot/front.png (master mia) changed",)
    without = still.changed(job=still.job.changed(inputs=()))
    assert reasons(world, without) == ("reference mia@1 headshot/front.png (master mia) removed",)


def test_a_changed_still_is_why_its_clip_changes(world: World) -> None:
    """An input that no library knows is called by its role."""
    world.runner().run(world.shot(1))
    new = world.runner().run(world.shot(1, "rain")[:2])
    assert reasons(world, world.shot(1, "rain")[2], new) == ("first changed",)


def test_a_changed_setting_is_named_by_its_path(world: World) -> None:
    """Nested settings are followed to what differs."""
    still = world.shot(1)[1]
    before, after = (
        still.changed(job=still.job.changed(settings={"blocking": {"head": h, "look": "warm"}})) for h in (0.3, 0.4)
    )
    world.runner().run((before,))
    assert reasons(world, after) == ("blocking.head changed: 0.3 -> 0.4",)


def test_a_new_model_version_is_named(world: World) -> None:
    """The job is the same and the backend is not."""
    takes = world.runner().run(world.shot(1))
    assert reasons(world, world.shot(1)[1], takes, revision="2") == ("fake changed: revision 1 -> 2",)


def test_another_model_is_named(world: World) -> None:
    """A shot that goes to another backend says from which to which."""
    world.runner().run(world.shot(1))
    still = world.shot(1)[1]
    moved = still.changed(job=still.job.changed(backend="animatic"))
    assert reasons(world, moved, revision="1") == ("model changed: fake -> animatic",)


@pytest.mark.parametrize("part", ["blob", "record"])
def test_a_damaged_take_is_named_by_its_slate(world: World, part: str) -> None:
    """Lost or corrupt bytes and records are a reason."""
    take = world.runner().run(world.shot(1))["s01/0010/still"]
    store = world.store
    path = store.blobs.path(take.blob) if part == "blob" else store.root / "takes" / take.key[:2] / f"{take.key}.json"
    path.unlink()
    (reason,) = reasons(world, world.shot(1)[1])
    assert "take t01" in reason
    assert "missing or corrupt" in reason
