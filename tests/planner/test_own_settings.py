"""Shots are planned for models whose weights the project brings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import world
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.jobs import ClipJob, Input, StillJob, TakeOf, VoiceJob
from charforge.domain.models import OwnModel
from charforge.errors import PlanError
from charforge.planner import Catalogue, Means, Model, Ready, of_still, plan_pictures, plan_voices
from charforge.planner.catalogue import Size
from charforge.planner.own import own_settings, working

SETTINGS = {"weights": "ab" * 32, "dtype": "float32"}
READY = Ready(
    still=world.READY.still | {"sdxl", "flux2-klein"},
    clip=world.READY.clip | {"wan-i2v"},
    voice=world.READY.voice | {"coqui"},
)


def means(*named: str, own: dict[str, object] | None = None, **pins: str) -> Means:
    """Return the usual means, with weights named for some models."""
    models = {name: OwnModel(name, Path(name), "ab" * 32, {**SETTINGS, **(own or {})}) for name in named}
    return replace(world.means(**pins), ready=READY, own=models)


def jobs(means: Means, kind: type) -> list[StillJob | ClipJob | VoiceJob]:
    """Return the jobs of one kind in the plan of a short episode."""
    plan = plan_pictures(world.dialogue(), means)
    return [d.job for d in plan.drafts if isinstance(d.job, kind)]


def test_a_model_without_weights_is_never_chosen() -> None:
    """An installed backend with nothing to run does not take part."""
    with_none, without = means(), world.means()
    assert plan_pictures(world.dialogue(), with_none) == plan_pictures(world.dialogue(), without)


def test_a_pin_on_a_model_without_weights_says_what_to_write() -> None:
    """The hint is the lines of charforge.yaml."""
    with pytest.raises(PlanError, match="sdxl cannot make the still of shot 0010: charforge") as caught:
        plan_pictures(world.dialogue(), means(still="sdxl"))
    assert "models: {sdxl: {weights: FOLDER}}" in caught.value.hint


def test_a_job_says_what_runs_it() -> None:
    """What charforge.yaml says goes before what the catalogue says; the size is one the model draws well."""
    (job, *_) = jobs(means("sdxl", "wan-i2v", own={"steps": 12}, still="sdxl", clip="wan-i2v"), StillJob)
    assert job.backend == "sdxl"
    assert job.settings == {**SETTINGS, "steps": 12, "guidance": 5.0, "working": [1216, 640]}
    assert job.prompt


def test_a_model_without_its_adapter_is_given_no_faces_and_the_plan_says_so() -> None:
    """A face that is never looked at must not make a picture stale, nor stand in the plan as a reference."""
    some = means("sdxl", "wan-i2v", still="sdxl", clip="wan-i2v")
    plan = plan_pictures(world.dialogue(), some)
    assert all(not job.inputs for job in jobs(some, StillJob))
    assert plan.choices[0].references == ()
    assert "sdxl has no adapter: the faces are nobody's" in plan.choices[0].reasons


def test_people_before_an_adapter_each_have_a_strip_of_the_picture() -> None:
    """Two faces in one picture are told apart by where they stand, from left to right as the shot places them."""
    two = (world.person("theo", position="right"), world.person("mia", position="left"))
    adapter = {"adapter": {"weights": "cd" * 32, "scale": 0.7}, "face_model": "ef" * 32}
    some = means("sdxl", "wan-i2v", own=adapter, still="sdxl", clip="wan-i2v")
    plan = plan_pictures(world.episode(world.shot("0010", characters=two)), some)
    (job,) = (d.job for d in plan.drafts if d.stage == "still")
    assert sorted((i.role, i.name) for i in job.inputs) == [("head", "mia"), ("head", "theo")]
    video = world.dialogue().video
    half = video.width // 2
    assert job.settings["boxes"] == {"mia": [0, 0, half, video.height], "theo": [half, 0, half, video.height]}
    alone = plan_pictures(world.episode(world.shot("0010", characters=two[:1])), some)
    assert all("boxes" not in d.job.settings for d in alone.drafts)


def test_a_chosen_still_changes_nothing_of_a_clip_that_reads_the_picture() -> None:
    """The clip takes the circled still by content; what the still was made of is no business of its model."""
    plan = plan_pictures(world.dialogue(), means("wan-i2v", clip="wan-i2v"))
    still, clip = (next(d for d in plan.drafts if d.stage == stage) for stage in ("still", "clip"))
    assert of_still(clip, still.job) == clip


def test_a_clip_of_a_finished_picture_reads_that_picture_and_nothing_else() -> None:
    """A changed reference or line leaves it alone, unless its still or its length changes."""
    (job, *_) = jobs(means("sdxl", "wan-i2v", still="sdxl", clip="wan-i2v"), ClipJob)
    assert job.inputs == (Input(role="first", source=TakeOf(draft="s01/0010/still")),)
    assert (job.settings["rate"], job.settings["max_frames"]) == (16, 81)
    assert job.settings["working"] == [736, 416]


def test_a_still_of_layers_can_be_moved_by_a_model_that_reads_pictures() -> None:
    """The compositor's still starts the clip, which has a prompt of its own."""
    clip = jobs(means("wan-i2v", clip="wan-i2v"), ClipJob)[0]
    assert clip.backend == "wan-i2v"
    assert clip.prompt
    assert "blocking" not in clip.settings


def test_layers_cannot_be_moved_in_a_finished_picture() -> None:
    """Without a model that can, the plan says why."""
    with pytest.raises(PlanError, match="it moves layers, and sdxl gives a finished picture"):
        plan_pictures(world.dialogue(), means("sdxl", still="sdxl"))


def test_a_model_under_a_name_of_its_own_runs_on_its_backend() -> None:
    """Two sets of weights of one family are two models."""
    some = means("realvis", "wan-i2v", still="realvis", clip="wan-i2v")
    shipped = some.knowledge.catalogue
    sdxl = shipped.named("sdxl")
    assert sdxl is not None
    more = Catalogue(models=(*shipped.models, sdxl.changed(name="realvis", backend="sdxl")))
    plan = plan_pictures(world.dialogue(), replace(some, knowledge=replace(some.knowledge, catalogue=more)))
    assert {c.still for c in plan.choices} == {"realvis"}
    assert {d.job.backend for d in plan.drafts if d.stage == "still"} == {"sdxl"}


def test_a_shot_longer_than_the_models_clips_is_refused() -> None:
    """The plan says both lengths before anything is rendered."""
    with pytest.raises(PlanError, match=r"shot 0010 is 7.0 s long, clips of wan-i2v are at most 5 s") as caught:
        plan_pictures(world.episode(world.shot("0010", duration=168)), means("wan-i2v", clip="wan-i2v"))
    assert "--clip" in caught.value.hint


@pytest.mark.parametrize(("seconds", "rate", "most"), [(5, 16, 81), (5, 24, 121), (4.1, 16, 67), (2.5, 15, 39)])
def test_the_clips_of_a_model_reach_its_longest_shot(seconds: float, rate: float, most: int) -> None:
    """A shot that the plan lets through is never found too long once its still has been paid for."""
    shipped = world.means().knowledge.catalogue.named("wan-i2v")
    assert shipped is not None
    assert shipped.clip is not None
    model = shipped.changed(clip=shipped.clip.changed(max_seconds=seconds, rate=rate))
    settings = own_settings(model, {"wan-i2v": OwnModel("wan-i2v", Path("wan"), "ab" * 32)}, 640, 360)
    assert settings["max_frames"] == most
    assert (most - 1) / rate >= seconds


def test_a_time_that_nobody_measured_is_unknown() -> None:
    """A model of the project's own runs as fast as its machine."""
    plan = plan_pictures(world.dialogue(), means("sdxl", "wan-i2v", still="sdxl", clip="wan-i2v"))
    assert {c.seconds for c in plan.choices} == {None}
    assert all(c.seconds for c in plan_pictures(world.dialogue(), world.means()).choices)


def test_shots_of_one_number_start_from_different_noise() -> None:
    """Two scenes that each have a shot 0010 do not look alike for it; a shot keeps its seed whatever is around it."""
    seeds = [job.seed for job in jobs(means("sdxl", "wan-i2v", still="sdxl", clip="wan-i2v"), StillJob)]
    assert len(set(seeds)) == len(seeds)
    one = world.episode(world.shot("0010"))
    again = plan_pictures(one, means("sdxl", "wan-i2v", still="sdxl", clip="wan-i2v"))
    assert {d.job.seed for d in again.drafts if d.stage == "still"} == {seeds[0]}


def test_another_voice_engine_gets_nothing_of_the_locked_one() -> None:
    """A style is the locked engine's file; another engine could make nothing of it."""
    job = plan_voices(world.dialogue(), means("coqui", own={"speaker": "p225"}, voice="coqui"))[0].job
    assert job.backend == "coqui"
    assert job.inputs == ()
    assert job.settings["speaker"] == "p225"


def test_every_model_says_what_it_needs() -> None:
    """A model that runs the project's own weights never has a measured time or a price."""
    for model in (m for m in world.means().knowledge.catalogue.models if m.own):
        assert isinstance(model, Model)
        assert model.price.usd == 0
        assert None in (model.seconds.still, model.seconds.per_frame)
        assert model.name == "coqui" or model.pipelines


@pytest.mark.parametrize(
    ("picture", "drawn"),
    [((1920, 1080), (1344, 768)), ((640, 360), (1216, 640)), ((1024, 1024), (1024, 1024)), ((1080, 1920), (768, 1344))],
)
def test_a_picture_is_drawn_at_a_size_the_model_was_trained_on(
    picture: tuple[int, int], drawn: tuple[int, int]
) -> None:
    """Full HD is enlarged from SDXL's own 1344 x 768; a small picture is shrunk from a large one."""
    assert working(*picture, Size(max_pixels=1_048_576, min_pixels=800_000, multiple=64)) == drawn


@given(st.integers(64, 4096), st.integers(64, 4096), st.sampled_from([8, 16, 64]))
def test_the_working_size_is_within_what_the_model_draws(width: int, height: int, multiple: int) -> None:
    """Both sides are multiples, and the area is within the limit."""
    across, down = working(width, height, Size(max_pixels=1_048_576, multiple=multiple))
    assert across % multiple == down % multiple == 0
    assert 0 < across * down <= 1_048_576
