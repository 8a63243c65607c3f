"""Wan lets an approved still move, at any rate, to a last frame where its weights can."""

from __future__ import annotations

import shutil
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import flux2, wan
from tiny.house import Home, Kit

from charforge import imaging
from charforge.backends import fake
from charforge.backends.wan import WanImageToVideo, _count
from charforge.domain.jobs import ClipJob, Input
from charforge.domain.timing import FrameRate
from charforge.errors import BadOutput, RenderFailed, WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from charforge.backends.protocols import RGB

pytest.importorskip("torch")
pytest.importorskip("diffusers")

KINDS: dict[str, wan.Kind] = {
    "first": "first",
    "both": "first-last",
    "experts": "experts",
    "dense": "dense",
    "text": "text",
}
WIDTH, HEIGHT = 144, 96
"""Of the film; the model draws 48x32, which has the same shape."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return tiny models by name."""
    folder = tmp_path_factory.mktemp("models")
    made = {name: wan.build(folder / name, kind=kind) for name, kind in KINDS.items()}
    return {**made, "klein": flux2.build(folder / "klein")}


@pytest.fixture(scope="module")
def mover(models: dict[str, Path]) -> WanImageToVideo:
    """Return a backend with its pipeline kept from test to test."""
    return WanImageToVideo(Home(**models))


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """Return a kit over an empty folder."""
    return Kit(tmp_path)


def still(name: str, width: int = WIDTH, height: int = HEIGHT) -> RGB:
    """Return an approved still."""
    return fake.gradient(width, height, name)


def job(
    kit: Kit,
    first: str = "dawn",
    last: str = "",
    *,
    seed: int = 1,
    frames: int = 5,
    fps: str = "24000/1001",
    **more: Any,
) -> ClipJob:
    """Return a clip from a still, to another where one is named; `more` replaces the usual settings."""
    named = {"first": first, "last": last}
    inputs = tuple(
        Input(role=role, source=kit.put(imaging.encode_png(still(name)))) for role, name in named.items() if name
    )
    return ClipJob(
        backend="wan-i2v",
        prompt="she turns her head",
        seed=seed,
        width=WIDTH,
        height=HEIGHT,
        frames=frames,
        rate=fps,
        inputs=inputs,
        settings={"weights": "first", **wan.SETTINGS, **more},
    )


def shown(mover: WanImageToVideo, kit: Kit, wanted: ClipJob) -> list[RGB]:
    """Return a clip's frames as pictures."""
    made = mover.clip(wanted, kit)
    assert (made.width, made.height, made.pixel_format) == (wanted.width, wanted.height, "rgb24")
    assert made.count == wanted.frames
    assert made.rate == FrameRate.parse(wanted.rate).fps
    return [np.frombuffer(frame, np.uint8).reshape(wanted.height, wanted.width, 3) for frame in made.frames]


def apart(one: RGB, other: RGB) -> float:
    """Return how far two pictures are apart in mean grey levels."""
    return float(np.abs(one.astype(np.float32) - other).mean())


@pytest.mark.parametrize("weights", ["first", "experts", "dense"])
def test_every_kind_of_weights_moves_a_still(mover: WanImageToVideo, kit: Kit, weights: str) -> None:
    """The first frame shows the still, the others do not all; the notes say how far the model's own was from it."""
    frames = shown(mover, kit, job(kit, weights=weights))
    assert len(frames) == 5
    assert apart(frames[0], still("dawn")) < 2
    assert apart(frames[0], frames[4]) > 5
    notes = mover.clip(job(kit, weights=weights), kit).notes
    assert isinstance(notes["first"], float)
    assert notes["first"] > 2


@pytest.mark.parametrize("weights", ["both", "experts"])
def test_a_clip_ends_on_its_last_frame(mover: WanImageToVideo, kit: Kit, weights: str) -> None:
    """Where the weights can, both ends are the given pictures, and the last one changes the way there."""
    frames = shown(mover, kit, job(kit, "dawn", "dusk", weights=weights))
    others = shown(mover, kit, job(kit, "dawn", "noon", weights=weights))
    assert apart(frames[0], still("dawn")) < 2
    assert apart(frames[-1], still("dusk")) < 2
    assert apart(others[-1], still("noon")) < 2
    assert not np.array_equal(frames[2], others[2])


@pytest.mark.parametrize(
    ("weights", "last", "said"),
    [
        ("first", "dusk", "take no last frame"),
        ("dense", "dusk", "take no last frame"),
        ("both", "", "from a first to a last frame"),
    ],
)
def test_frames_that_the_weights_do_not_take_are_refused(
    mover: WanImageToVideo, kit: Kit, weights: str, last: str, said: str
) -> None:
    """A last frame too many or too few is said before anything is drawn, with what to do."""
    with pytest.raises(RenderFailed, match=said) as caught:
        mover.clip(job(kit, "dawn", last, weights=weights), kit)
    assert caught.value.hint
    assert kit.steps == []


def test_the_same_job_gives_the_same_frames_whatever_ran_between(mover: WanImageToVideo, kit: Kit) -> None:
    """Frames follow from the job alone; seed and still change them."""
    one = shown(mover, kit, job(kit))
    others = [shown(mover, kit, job(kit, seed=2)), shown(mover, kit, job(kit, "dusk"))]
    assert np.array_equal(one, shown(mover, kit, job(kit)))
    assert not any(np.array_equal(one[2], other[2]) for other in others)


@pytest.mark.parametrize(
    ("frames", "rate"),
    [(1, "24"), (2, "24000/1001"), (13, "24000/1001"), (9, "16"), (10, "16"), (7, "30000/1001"), (5, "12"), (4, "60")],
)
def test_the_clip_has_the_film_s_frames(mover: WanImageToVideo, kit: Kit, frames: int, rate: str) -> None:
    """Whatever the film's rate, exactly so many frames come out as are asked for."""
    assert len(shown(mover, kit, job(kit, frames=frames, fps=rate))) == frames


def test_a_film_at_the_model_s_own_rate_gets_its_own_frames(mover: WanImageToVideo, kit: Kit) -> None:
    """At the model's rate nothing is drawn between: a longer clip of the same job begins with the same motion."""
    made = mover.clip(job(kit, frames=5, fps="16"), kit)
    assert made.notes["frames"] == 5.0
    slower = shown(mover, kit, job(kit, frames=9, fps="32"))
    assert all(
        np.array_equal(*pair) for pair in zip(shown(mover, kit, job(kit, frames=5, fps="16")), slower[::2], strict=True)
    )


@given(
    frames=st.integers(1, 200),
    rate=st.sampled_from(["24", "24000/1001", "25", "30000/1001", "12", "60"]),
    own=st.sampled_from([8, 16, 24]),
)
def test_as_few_frames_are_made_as_will_do(frames: int, rate: str, own: int) -> None:
    """The model makes 4k+1 frames that reach the film's last one, and no four fewer would."""
    wanted = ClipJob(backend="wan-i2v", width=16, height=16, frames=frames, rate=rate, settings={"max_frames": 10_000})
    count = _count(wanted, Fraction(own))
    lasts = (frames - 1) / FrameRate.parse(rate).fps
    assert count % 4 == 1
    assert Fraction(count - 1, own) >= lasts
    assert count == 5 or Fraction(count - 5, own) < lasts


def test_a_clip_longer_than_the_model_s_is_refused(mover: WanImageToVideo, kit: Kit) -> None:
    """The message says how far the model reaches; a clip of just that length is made."""
    with pytest.raises(RenderFailed, match="reach 12 frames") as caught:
        mover.clip(job(kit, frames=13, max_frames=9), kit)
    assert "0.50 seconds" in caught.value.hint
    assert len(shown(mover, kit, job(kit, frames=12, max_frames=9))) == 12
    with pytest.raises(RenderFailed, match="reach 120 frames"):
        mover.clip(job(kit, frames=121), kit)


@pytest.mark.parametrize(("most", "frames"), [(67, 98), (39, 60), (81, 120)])
def test_the_longest_clip_need_not_be_a_length_that_is_packed(most: int, frames: int) -> None:
    """4.1 seconds at 16 frames a second, 2.5 at 15 and 5 at 16 are reached by a length that is."""
    rate = {67: 16, 39: 15, 81: 16}[most]
    wanted = ClipJob(backend="wan-i2v", width=16, height=16, frames=frames, rate="24", settings={"max_frames": most})
    assert most <= _count(wanted, Fraction(rate)) < most + 4


@pytest.mark.parametrize("size", [(144, 88), (96, 144)])
def test_another_shape_is_fitted(mover: WanImageToVideo, kit: Kit, size: tuple[int, int]) -> None:
    """A film of nearly the model's shape is squeezed into it and back, one of another shape cut off twice."""
    wanted = job(kit).changed(width=size[0], height=size[1])
    (first, *_) = shown(mover, kit, wanted)
    whole = imaging.decode(kit.file(wanted.inputs[0].digest()))
    assert first.shape[:2] == size[::-1]
    if size == (144, 88):
        assert abs(float(first[0].mean()) - float(whole[0].mean())) < 3


def test_frames_are_drawn_as_they_are_read(mover: WanImageToVideo, kit: Kit) -> None:
    """What the model made is enlarged frame by frame, and a clip that is not read to its end is given up."""
    frames = mover.clip(job(kit, frames=24), kit).frames
    assert len(bytes(next(frames))) == WIDTH * HEIGHT * 3
    frames.close()  # type: ignore[attr-defined]
    assert next(frames, None) is None


def test_stopping_in_a_step_leaves_the_model_usable(mover: WanImageToVideo, kit: Kit) -> None:
    """Ctrl-C flies through, and the pipeline stays loaded and draws as before."""
    before = shown(mover, kit, job(kit, steps=3))
    resident = mover._shelf._loaded
    kit.steps.clear()
    kit.stop = 2
    with pytest.raises(KeyboardInterrupt):
        mover.clip(job(kit, steps=3, seed=9), kit)
    assert kit.steps == [(1, 3), (2, 3)]
    kit.stop = 10**6
    assert mover._shelf._loaded is resident
    assert np.array_equal(before, shown(mover, kit, job(kit, steps=3)))


def test_offload_changes_nothing_that_is_seen(models: dict[str, Path], mover: WanImageToVideo, kit: Kit) -> None:
    """Weights that wait elsewhere make the same clip but for roundings, and always the same one."""
    elsewhere = WanImageToVideo(Home(offload="group", **models))
    for weights in ("first", "experts"):
        wanted = job(kit, weights=weights)
        made = np.array(shown(elsewhere, kit, wanted))
        assert np.abs(np.array(shown(mover, kit, wanted)).astype(np.int16) - made).max() <= 2
        assert np.array_equal(made, shown(elsewhere, kit, wanted))


@pytest.mark.parametrize("weights", ["first", "dense"])
def test_the_vae_stays_exact_in_half_precision(mover: WanImageToVideo, kit: Kit, weights: str) -> None:
    """In bfloat16 the transformer is coarse, and what turns pictures into latents and back is not."""
    import torch

    assert len(shown(mover, kit, job(kit, weights=weights, dtype="bfloat16"))) == 5
    pipe = mover._shelf._loaded.pipe
    assert pipe.transformer.blocks[0].attn1.to_q.weight.dtype == torch.bfloat16
    assert {part.dtype for part in pipe.vae.parameters()} == {torch.float32}


@pytest.mark.parametrize("layer", ["transformer.blocks.0.attn1.to_q", "diffusion_model.blocks.0.self_attn.q"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_lora_comes_and_goes(models: dict[str, Path], kit: Kit, tmp_path: Path, layer: str, dtype: str) -> None:
    """A LoRA as diffusers or Wan's own tools write it changes the motion, and leaves no trace once it is taken off."""
    lora = flux2.build_lora(tmp_path / "turn.safetensors", layer, 24)
    mover = WanImageToVideo(Home(turn=lora, **models))
    plain = shown(mover, kit, job(kit, dtype=dtype))
    assert not np.array_equal(
        plain, shown(mover, kit, job(kit, dtype=dtype, loras=[{"weights": "turn", "scale": 1.0}]))
    )
    assert np.array_equal(plain, shown(mover, kit, job(kit, dtype=dtype)))


def test_what_is_resident_is_told(mover: WanImageToVideo, kit: Kit) -> None:
    """Jobs over the same weights and dtype name the same thing."""
    assert mover.resident(job(kit)) == mover.resident(job(kit, "dusk", seed=2, fps="25"))
    assert mover.resident(job(kit, dtype="bfloat16")) != mover.resident(job(kit))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"working": [50, 32]}, "cannot draw 50x32"),
        ({"working": [528, 32]}, "more than these weights can tell apart"),
        ({"steps": 334}, "cannot tell 334 steps apart"),
        ({"rate": "fast"}, "not a frame rate"),
        ({"max_frames": 3}, "max_frames is 3"),
        ({"shift": 5.0}, "no such setting: shift"),
        ({"adapter": {"weights": "x"}, "face_model": "y"}, "wears no adapter"),
    ],
)
def test_what_it_cannot_do_is_said(mover: WanImageToVideo, kit: Kit, settings: dict[str, Any], said: str) -> None:
    """A job that asks for too much is refused with the next thing to type."""
    with pytest.raises(RenderFailed, match=said) as caught:
        mover.clip(job(kit, **settings), kit)
    assert caught.value.hint


def test_too_many_steps_are_refused_before_the_first(mover: WanImageToVideo, kit: Kit) -> None:
    """Nothing is drawn, and the hint names as many steps as can be."""
    with pytest.raises(RenderFailed) as caught:
        mover.clip(job(kit, steps=400), kit)
    assert caught.value.hint.endswith(": steps: 333 or fewer")
    assert not kit.steps
    made = mover.clip(job(kit, steps=333), kit)
    assert made.count == len(list(made.frames))
    assert kit.steps[-1] == (333, 333)


@pytest.mark.parametrize(
    ("working", "better"), [([528, 32], "max_pixels: 15887 or less"), ([528, 528], "max_pixels: 262144 or less")]
)
def test_a_size_beyond_the_weights_is_refused(
    mover: WanImageToVideo, kit: Kit, working: list[int], better: str
) -> None:
    """The hint says what to write in charforge.yaml."""
    with pytest.raises(RenderFailed) as caught:
        mover.clip(job(kit, working=working), kit)
    assert caught.value.hint.endswith(better)


def test_a_clip_longer_than_the_weights_is_refused(mover: WanImageToVideo, kit: Kit) -> None:
    """A longest clip of the project's own cannot be longer than what the weights tell apart."""
    with pytest.raises(RenderFailed, match="more than these weights can tell apart") as caught:
        mover.clip(job(kit, frames=200, fps="24", max_frames=1001), kit)
    assert "max_seconds: 7" in caught.value.hint


def test_a_clip_needs_a_first_frame_and_nothing_else(mover: WanImageToVideo, kit: Kit) -> None:
    """Without a still there is nothing to move; inputs of other kinds are refused by their names."""
    for role, said in (("last", "has no first frame"), ("plate", "nothing with the input plate")):
        wanted = job(kit)
        odd = wanted.changed(inputs=tuple(one.changed(role=role) for one in wanted.inputs))
        with pytest.raises(RenderFailed, match=said) as caught:
            mover.clip(odd, kit)
        assert caught.value.hint


@pytest.mark.parametrize(("weights", "said"), [("klein", "Flux2KleinPipeline"), ("text", "make clips from text alone")])
def test_another_family_is_refused(mover: WanImageToVideo, kit: Kit, weights: str, said: str) -> None:
    """A folder of another kind, or of Wan's for text alone, is refused with what to name instead."""
    with pytest.raises(WeightsError, match=said) as caught:
        mover.clip(job(kit, weights=weights), kit)
    assert caught.value.hint


def test_numbers_that_are_none_are_told(models: dict[str, Path], kit: Kit, tmp_path: Path) -> None:
    """A model that overflows gives BadOutput, so that another seed is tried."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(models["first"], tmp_path / "broken")
    (file,) = (folder / "transformer").glob("*.safetensors")
    tensors = load_file(file)
    save_file(tensors | {"proj_out.bias": torch.full_like(tensors["proj_out.bias"], torch.nan)}, file, {"format": "pt"})
    with pytest.raises(BadOutput, match="no numbers") as caught:
        WanImageToVideo(Home(first=folder)).clip(job(kit), kit)
    assert caught.value.hint


def test_a_clip_that_is_black_all_through_is_told(models: dict[str, Path], kit: Kit, tmp_path: Path) -> None:
    """The given first frame, which stands in for the model's own, hides nothing."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(models["first"], tmp_path / "broken")
    (file,) = (folder / "vae").glob("*.safetensors")
    tensors = load_file(file)
    dark = torch.full_like(tensors["decoder.conv_out.bias"], -100)
    save_file(tensors | {"decoder.conv_out.bias": dark}, file, {"format": "pt"})
    with pytest.raises(BadOutput, match="black all over") as caught:
        WanImageToVideo(Home(first=folder)).clip(job(kit), kit)
    assert caught.value.hint
