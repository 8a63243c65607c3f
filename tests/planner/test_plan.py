"""The planner turns an episode and a library into jobs, and says why."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import world

from charforge.domain.assets import Origin, Reference
from charforge.domain.jobs import ClipJob, Draft, Input, StillJob, TakeOf
from charforge.domain.script import Transition
from charforge.errors import InputError, PlanError
from charforge.planner import of_still, plan_pictures, plan_voices


def drafts() -> dict[str, Draft]:
    """Return the drafts of the dialogue episode by id."""
    return {d.id: d for d in plan_pictures(world.dialogue(), world.means()).drafts}


def test_every_line_becomes_a_voice_job_with_the_speakers_locked_style() -> None:
    """Each spoken line is one job of the character's own engine and style."""
    voices = plan_voices(world.dialogue(), world.means())
    assert [(d.id, d.job.backend, d.job.input("style")) for d in voices] == [
        ("s01/0010/line/1", "kokoro", world.digest("mia/voice")),
        ("s01/0010/line/2", "kokoro", world.digest("theo/voice")),
    ]


def test_a_shot_lasts_as_long_as_its_voices_need() -> None:
    """A shot of automatic length grows with its lines, by exactly the frames they grow."""
    short = {"s01/0010/line/1": 20, "s01/0010/line/2": 20}
    long = {"s01/0010/line/1": 50, "s01/0010/line/2": 20}
    one, two = (plan_pictures(world.dialogue(), world.means(), v).choices[0] for v in (short, long))
    assert two.frames - one.frames == 30
    assert not one.estimated
    assert plan_pictures(world.dialogue(), world.means()).choices[0].estimated


def test_a_shot_shorter_than_its_lines_is_refused() -> None:
    """A fixed length that cuts off a line is an error that says how long the lines are."""
    spoken = world.shot(
        "0010", characters=(world.person("mia"),), duration=24, lines=world.dialogue().scenes[0].shots[0].lines[:1]
    )
    with pytest.raises(PlanError, match="24 frames long"):
        plan_pictures(world.episode(spoken), world.means(), {"s01/0010/line/1": 60})


def test_a_locked_turn_uses_the_locked_head() -> None:
    """A turn within reach of a locked angle is taken from it, never drawn anew."""
    head = drafts()["s01/0010/head/mia"]
    assert head.job.settings["strategy"] == "locked"
    assert head.job.settings["pose"] == "right25"


def test_a_turn_that_is_not_locked_is_drawn_and_will_be_judged() -> None:
    """A turn beyond the locked angles is drawn from the nearest one, against the master."""
    head = drafts()["s01/0020/head/mia"]
    assert (head.job.settings["strategy"], head.job.settings["pose"]) == ("plain", "left25")
    assert head.faces == "expected"
    assert head.expected[0].master == world.digest("mia/headshot/front.png")


def test_a_still_is_composed_of_plate_foreground_light_heads_and_bodies() -> None:
    """The compositor gets every layer, and the body lit by the place."""
    job = drafts()["s01/0010/still"].job
    assert isinstance(job, StillJob)
    roles = [(i.role, i.name) for i in job.inputs]
    assert [r for r, _ in roles[:3]] == ["plate", "front", "probe"]
    assert {("head", "mia"), ("style", "mia"), ("body", "mia"), ("rig", "mia"), ("head", "theo")} <= set(roles)
    assert next(i.source for i in job.inputs if i.role == "body") == world.digest("mia/body/navy-0-cafe-night.webp")


def test_a_clip_starts_from_the_approved_still_and_hears_its_lines() -> None:
    """The clip waits for the still and for the voices, with each line at its frame."""
    draft = drafts()["s01/0010/clip"]
    assert {"s01/0010/still", "s01/0010/line/1", "s01/0010/line/2"} <= set(draft.needs())
    speech = draft.job.settings["blocking"]["speech"]
    assert [s["who"] for s in speech] == ["mia", "theo"]
    assert 0 < speech[0]["start"] < speech[1]["start"]
    assert next(i.source for i in draft.job.inputs if i.role == "voice") == TakeOf(
        draft="s01/0010/line/1", part="sound"
    )


def test_a_clip_before_a_dissolve_carries_the_handle_beneath_it() -> None:
    """The outgoing shot is longer by the dissolve; its place in the cut is not."""
    plan = plan_pictures(world.dialogue(), world.means())
    job = next(d for d in plan.drafts if d.id == "s01/0020/clip").job
    assert isinstance(job, ClipJob)
    assert (job.frames, plan.choices[1].frames) == (60, 48)


def test_an_insert_uses_the_props_own_picture_and_expects_no_face() -> None:
    """A close picture of the prop in this place and light stands for the plate."""
    still = drafts()["s01/0030/still"]
    assert still.faces == "none"
    assert [i.source for i in still.job.inputs] == [world.digest("cup/inserts/cafe-night.webp")]


def test_a_framing_that_shows_more_body_than_any_reference_is_refused() -> None:
    """The error names the wardrobe, its reach and what would allow the shot."""
    with pytest.raises(PlanError, match="to the waist, but its 'navy' body reaches only the bust") as caught:
        plan_pictures(world.dialogue(), world.means(reach="bust"))
    assert "closer framing" in caught.value.hint


@pytest.mark.parametrize(
    ("front", "message", "hint"),
    [
        (Origin(original="originals/headshot/front.jpg"), "is photographed", "--still flux2-klein"),
        (Origin(backend="portrait"), "has no rig", "charforge build mia"),
        (None, "has no headshot", "charforge cast mia"),
    ],
)
def test_a_head_that_cannot_be_drawn_is_refused_with_what_makes_it(
    front: Origin | None, message: str, hint: str
) -> None:
    """Nobody is told to cast anew who was photographed, nor to cast who only lacks a rig."""
    means = world.means()
    headshot = () if front is None else (Reference(file="headshot/front.png", step="headshot", origin=front),)
    bare = tuple(
        c.model_copy(update={"rig": None, "references": headshot}) if c.name == "mia" else c
        for c in means.library.characters
    )
    library = means.library.model_copy(update={"characters": bare})
    with pytest.raises(PlanError, match=message) as caught:
        plan_pictures(world.dialogue(), replace(means, library=library))
    assert hint in caught.value.hint


def test_text_cannot_make_a_compositors_picture_stale() -> None:
    """A model that reads no text gets none, so a reworded action re-renders nothing."""
    assert drafts()["s01/0020/still"].job.prompt == ""


def test_shot_text_is_data_in_a_prompt() -> None:
    """Template syntax in a shot list stays as it was written."""
    plan = plan_pictures(world.dialogue(), world.means(still="fake", clip="fake"))
    still = next(d for d in plan.drafts if d.id == "s01/0020/still").job
    assert isinstance(still, StillJob)
    assert "{{ not.a.template }}" in still.prompt
    assert still.prompt.endswith("Exact same face as the reference.")
    assert plan.choices[1].template == "plain@2"


def test_a_model_pinned_by_name_is_the_only_one_considered() -> None:
    """A pin overrides the score and is given as the reason."""
    choice = plan_pictures(world.dialogue(), world.means(still="fake", clip="fake")).choices[0]
    assert (choice.still, choice.reasons[0]) == ("fake", "pinned by name")


def test_an_unknown_pin_is_refused_with_the_names_there_are() -> None:
    """A misspelt model is an error, never a fallback."""
    with pytest.raises(PlanError, match="'animatik'") as caught:
        plan_pictures(world.dialogue(), world.means(still="animatik"))
    assert "animatic" in caught.value.hint


def test_more_people_than_marks_is_refused() -> None:
    """A view without room for everybody says how many it holds."""
    crowd = world.shot("0010", characters=tuple(world.person("mia", position=None) for _ in range(3)))
    with pytest.raises(PlanError, match="3 people"):
        plan_pictures(world.episode(crowd), world.means())


def test_a_plan_is_the_same_every_time() -> None:
    """Planning is pure: the same values give the same plan."""
    one, two = (plan_pictures(world.dialogue(), world.means()) for _ in range(2))
    assert one == two


def test_drafts_stand_after_those_they_need() -> None:
    """A runner may go through the drafts in order."""
    seen: set[str] = set()
    for draft in plan_pictures(world.dialogue(), world.means()).drafts:
        assert set(draft.needs()) <= seen
        seen.add(draft.id)


def test_a_dissolve_longer_than_its_shot_is_refused() -> None:
    """A transition must end before its shot does."""
    opening = world.shot("0010", characters=(world.person("mia"),), duration=48)
    hasty = world.shot(
        "0020", characters=(world.person("mia"),), duration=6, transition=Transition(kind="dissolve", frames=12)
    )
    with pytest.raises(PlanError, match="dissolve takes 12"):
        plan_pictures(world.episode(opening, hasty), world.means())


def test_a_look_that_the_model_does_not_know_is_refused_with_a_suggestion() -> None:
    """A mistyped grade is found before anything is drawn."""
    with pytest.raises(PlanError) as caught:
        plan_pictures(world.dialogue().changed(look="warm-flim"), world.means())
    assert caught.value.hint == "did you mean warm-film?"


def test_the_looks_of_the_catalogue_are_those_of_the_compositor() -> None:
    """What is planned can be drawn."""
    from charforge.backends.animatic.looks import look

    model = world.means().knowledge.catalogue.named("animatic")
    assert model is not None
    assert model.looks is not None
    assert [look(name) for name in model.looks]
    with pytest.raises(InputError) as caught:
        look("no such look")
    assert caught.value.hint == f"known looks: {', '.join(sorted(model.looks))}"


def test_a_clip_of_a_chosen_still_is_made_of_what_the_still_was_made_of() -> None:
    """People, clothes and turns come from the chosen still; speech and the camera's move from the plan."""
    clip = drafts()["s01/0010/clip"]
    still = drafts()["s01/0010/still"]
    bound = tuple(Input(role=i.role, name=i.name, source=world.digest(f"{i.role} {i.name}")) for i in still.job.inputs)
    blocking = still.job.settings["blocking"]
    turned = {**blocking, "people": [{**p, "turn": 7.0} for p in blocking["people"]]}
    chosen = still.job.changed(inputs=bound, settings={"blocking": turned})
    made = of_still(clip, chosen)
    own = [i for i in clip.job.inputs if i.role in ("first", "voice")]
    assert list(made.job.inputs) == [*bound, *own]
    assert [p["turn"] for p in made.job.settings["blocking"]["people"]] == [7.0, 7.0]
    assert made.job.settings["blocking"]["speech"] == clip.job.settings["blocking"]["speech"]
    assert [e.turn for e in made.expected] == [7.0, 7.0]


def test_a_clip_of_the_planned_still_is_as_planned() -> None:
    """Choosing the take that would have been used anyway changes nothing."""
    clip, still = drafts()["s01/0010/clip"], drafts()["s01/0010/still"]
    assert of_still(clip, still.job) == clip


def test_a_head_turned_further_than_its_model_draws_is_refused() -> None:
    """The error says how far the model reaches, before anything is rendered."""
    far = world.shot("0010", characters=(world.person("mia", turn=80),))
    with pytest.raises(PlanError, match="by \\+80 degrees") as caught:
        plan_pictures(world.episode(far), world.means())
    assert "-55 to +55" in caught.value.hint
