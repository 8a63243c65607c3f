"""FLUX.2 klein draws from several reference pictures."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tiny import flux2, wan
from tiny.house import Home, Kit

from charforge import imaging
from charforge.backends import fake
from charforge.backends.flux2_klein import CLASSES, MOST, Flux2Klein, _layers
from charforge.domain.jobs import Input, StillJob
from charforge.errors import BadOutput, RenderFailed, WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from charforge.backends.protocols import RGB

pytest.importorskip("torch")
pytest.importorskip("diffusers")

Given = tuple[str, str, int, int]
"""Role, name, and size of a reference."""
MIA: Given = ("master", "mia", 64, 64)
TURNED: Given = ("head", "mia-left", 64, 80)
ATTIC: Given = ("plate", "attic", 96, 64)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return tiny models by name."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "base": flux2.build(folder / "base"),
        "distilled": flux2.build(folder / "distilled", distilled=True),
        "cached": flux2.build(folder / "cached", cached=True),
        "deep": flux2.build(folder / "deep", layers=36),
        "wan": wan.build(folder / "wan"),
    }


@pytest.fixture(scope="module")
def klein(models: dict[str, Path]) -> Flux2Klein:
    """Return a backend with its pipeline kept from test to test."""
    return Flux2Klein(Home(**models))


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """Return a kit over an empty folder."""
    return Kit(tmp_path)


def job(kit: Kit, *given: Given, seed: int = 1, negative: str = "", **settings: Any) -> StillJob:
    """Return a still with these references; `settings` replace the usual ones."""
    inputs = tuple(
        Input(role=role, name=name, source=kit.put(imaging.encode_png(fake.gradient(width, height, name))))
        for role, name, width, height in given
    )
    return StillJob(
        backend="flux2-klein",
        prompt="Mia in the attic",
        negative=negative,
        seed=seed,
        width=flux2.WIDTH,
        height=flux2.HEIGHT,
        inputs=inputs,
        settings={"weights": "base", **flux2.SETTINGS, **settings},
    )


@pytest.fixture
def drawn(klein: Flux2Klein, kit: Kit) -> Callable[..., RGB]:
    """Return what draws a job given as for `job`."""
    return lambda *given, **rest: klein.still(job(kit, *given, **rest), kit).pixels


def test_the_same_job_gives_the_same_picture_whatever_ran_between(drawn: Callable[..., RGB]) -> None:
    """The picture has the job's size and follows from it alone; another seed gives another one."""
    one = drawn(MIA, ATTIC)
    other = drawn(TURNED, seed=2)
    assert one.shape == (flux2.HEIGHT, flux2.WIDTH, 3)
    assert np.array_equal(one, drawn(MIA, ATTIC))
    assert not np.array_equal(drawn(TURNED), other)


def test_references_and_their_order_matter(drawn: Callable[..., RGB]) -> None:
    """Each reference changes the picture, and so does which of them comes first."""
    pictures = [drawn(), drawn(MIA), drawn(ATTIC), drawn(MIA, ATTIC), drawn(ATTIC, MIA), drawn(MIA, TURNED, ATTIC)]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_a_content_is_looked_at_once(drawn: Callable[..., RGB], klein: Flux2Klein, kit: Kit) -> None:
    """A picture that is given twice, by whatever role, counts where it came first."""
    again: Given = ("picture", MIA[1], *MIA[2:])
    assert np.array_equal(drawn(MIA, ATTIC, again), drawn(MIA, ATTIC))
    assert klein.still(job(kit, MIA, ATTIC, again), kit).notes["references"] == 2.0


@pytest.mark.parametrize("weights", ["distilled", "cached"])
def test_distilled_weights_work_without_guidance(klein: Flux2Klein, kit: Kit, weights: str) -> None:
    """Both distilled kinds look at references; guidance and a negative prompt change nothing, and the notes say so."""
    plain = klein.still(job(kit, MIA, weights=weights, guidance=1.0), kit)
    guided = klein.still(job(kit, MIA, weights=weights, guidance=4.0, negative="rain"), kit)
    assert np.array_equal(plain.pixels, guided.pixels)
    assert "distilled" in str(guided.notes["guidance"])
    assert not np.array_equal(plain.pixels, klein.still(job(kit, ATTIC, weights=weights), kit).pixels)


def test_the_negative_prompt_is_heeded(drawn: Callable[..., RGB]) -> None:
    """Where a model works with guidance, what shall not be seen changes the picture."""
    assert not np.array_equal(drawn(MIA), drawn(MIA, negative="rain"))


def test_progress_goes_by_steps(klein: Flux2Klein, kit: Kit) -> None:
    """Each step is told as it ends."""
    klein.still(job(kit, MIA, steps=3), kit)
    assert kit.steps == [(1, 3), (2, 3), (3, 3)]


def test_stopping_in_a_step_leaves_the_model_usable(klein: Flux2Klein, kit: Kit) -> None:
    """Ctrl-C flies through, and the pipeline stays loaded and draws as before."""
    wanted = job(kit, MIA, ATTIC)
    before = klein.still(wanted, kit).pixels
    resident = klein._shelf._loaded
    kit.stop = len(kit.steps) + 1
    with pytest.raises(KeyboardInterrupt):
        klein.still(wanted.changed(seed=9), kit)
    kit.stop = 10**6
    assert klein._shelf._loaded is resident
    assert np.array_equal(before, klein.still(wanted, kit).pixels)


def test_offload_changes_no_byte(models: dict[str, Path], kit: Kit, drawn: Callable[..., RGB]) -> None:
    """Weights that wait elsewhere draw the same picture."""
    elsewhere = Flux2Klein(Home(offload="group", **models))
    assert np.array_equal(drawn(MIA, ATTIC), elsewhere.still(job(kit, MIA, ATTIC), kit).pixels)


def test_half_precision_draws(klein: Flux2Klein, kit: Kit) -> None:
    """In bfloat16 a picture comes out, nearly the same, and the notes name the dtype."""
    fine = klein.still(job(kit, MIA), kit).pixels
    coarse = klein.still(job(kit, MIA, dtype="bfloat16"), kit)
    assert coarse.notes["dtype"] == "bfloat16"
    assert np.abs(fine.astype(np.float32) - coarse.pixels).mean() < 20


def test_the_text_encoder_is_read_where_the_model_was_trained(klein: Flux2Klein, kit: Kit) -> None:
    """Of 36 layers, as the real encoder has, the pipeline's own are read; of fewer they are spread as evenly."""
    klein.still(job(kit, weights="deep", steps=1), kit)
    assert _layers(klein._shelf._loaded.pipe) == (9, 18, 27)
    klein.still(job(kit, steps=1), kit)
    assert _layers(klein._shelf._loaded.pipe) == (1, 2, 3)


def test_a_lora_comes_and_goes(models: dict[str, Path], kit: Kit, tmp_path: Path) -> None:
    """A LoRA for the transformer changes the picture by its strength, and leaves no trace once it is taken off."""
    lora = flux2.build_lora(tmp_path / "rain.safetensors", "transformer.transformer_blocks.0.attn.to_q", 32)
    klein = Flux2Klein(Home(rain=lora, **models))
    plain, weak, strong = (
        klein.still(job(kit, MIA, loras=[{"weights": "rain", "scale": scale}] if scale else []), kit).pixels
        for scale in (0.0, 0.5, 2.0)
    )
    assert len({picture.tobytes() for picture in (plain, weak, strong)}) == 3
    assert np.array_equal(plain, klein.still(job(kit, MIA), kit).pixels)


def test_a_lora_for_another_size_is_refused(models: dict[str, Path], kit: Kit, tmp_path: Path) -> None:
    """A LoRA of klein 9B does not fit klein 4B, which is said before anything is drawn."""
    lora = flux2.build_lora(tmp_path / "rain.safetensors", "transformer.transformer_blocks.0.attn.to_q", 48)
    klein = Flux2Klein(Home(rain=lora, **models))
    with pytest.raises(WeightsError, match="LoRA for another base") as caught:
        klein.still(job(kit, MIA, loras=[{"weights": "rain", "scale": 1.0}]), kit)
    assert caught.value.hint
    assert kit.steps == []


def test_what_is_resident_is_told(klein: Flux2Klein, kit: Kit) -> None:
    """Jobs over the same weights and dtype name the same thing; LoRAs come after."""
    lora = {"weights": "rain", "scale": 0.5}
    assert klein.resident(job(kit, MIA)) == klein.resident(job(kit, ATTIC, seed=2))
    assert klein.resident(job(kit, dtype="bfloat16")) != klein.resident(job(kit))
    assert klein.resident(job(kit, loras=[lora])) == (*klein.resident(job(kit)), "rain")


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        ([(f"prop{n}", n) for n in range(MOST + 1)], {}, f"{MOST} reference pictures at most"),
        ([], {"working": [100, 64]}, r"cannot draw 100x64"),
        ([], {"working": [32, 32]}, r"cannot draw 32x32"),
        ([], {"working": [96]}, r"not a width and a height"),
        ([], {"boxes": {}}, r"no such setting: boxes"),
        ([], {"steps": 0}, r"steps is 0"),
        ([], {"dtype": "int8"}, r"no dtype 'int8'"),
        ([], {"adapter": {"weights": "x"}, "face_model": "y"}, r"wears no adapter"),
    ],
)
def test_what_it_cannot_do_is_said(
    klein: Flux2Klein, kit: Kit, given: list[tuple[str, int]], settings: dict[str, Any], said: str
) -> None:
    """A job that asks for too much is refused with the next thing to type."""
    pictures: list[Given] = [("prop", name, 64, 64 + number) for name, number in given]
    with pytest.raises(RenderFailed, match=said) as caught:
        klein.still(job(kit, *pictures, **settings), kit)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (("prop", "ring", 40, 64), "40x64 pixels"),
        (("prop", "rope", 600, 64), "600x64 pixels"),
        (("rig", "mia", 64, 64), "nothing with the input rig"),
    ],
)
def test_a_reference_it_cannot_look_at_is_named(klein: Flux2Klein, kit: Kit, reference: Given, said: str) -> None:
    """A picture too small or too long, or no picture at all, is refused by its role and name."""
    with pytest.raises(RenderFailed, match=said) as caught:
        klein.still(job(kit, MIA, reference), kit)
    assert reference[1] in caught.value.message
    assert caught.value.hint


def test_many_references_are_drawn_and_told(klein: Flux2Klein, kit: Kit) -> None:
    """More references than the model is made for are looked at, and the notes say so."""
    pictures: list[Given] = [("prop", f"prop{number}", 64, 64) for number in range(MOST)]
    assert "made for 4" in str(klein.still(job(kit, *pictures), kit).notes["references"])


def test_another_family_is_refused(klein: Flux2Klein, kit: Kit) -> None:
    """A folder of another kind is named with what this backend runs."""
    with pytest.raises(WeightsError, match=CLASSES[0]) as caught:
        klein.still(job(kit, weights="wan"), kit)
    assert "WanImageToVideoPipeline" in caught.value.message
    assert caught.value.hint


def test_parts_that_do_not_fit_together_are_refused(models: dict[str, Path], kit: Kit, tmp_path: Path) -> None:
    """A text encoder of another size is named before it breaks something."""
    folder = shutil.copytree(models["base"], tmp_path / "mixed")
    shutil.rmtree(folder / "text_encoder")
    shutil.copytree(flux2.build(tmp_path / "wide", width=32) / "text_encoder", folder / "text_encoder")
    with pytest.raises(WeightsError, match="do not fit together"):
        Flux2Klein(Home(base=folder)).still(job(kit), kit)


def test_numbers_that_are_none_are_told(models: dict[str, Path], kit: Kit, tmp_path: Path) -> None:
    """A model that overflows gives BadOutput, so that another seed is tried, and stays usable."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(models["base"], tmp_path / "broken")
    (file,) = (folder / "vae").glob("*.safetensors")
    tensors = load_file(file)
    save_file(tensors | {"decoder.conv_out.bias": torch.full((3,), torch.nan)}, file, {"format": "pt"})
    broken = Flux2Klein(Home(base=folder))
    for _ in range(2):
        with pytest.raises(BadOutput, match="no numbers") as caught:
            broken.still(job(kit), kit)
    assert caught.value.hint
