"""One resident pipeline, loaded from files that are looked at first, in as much memory as there is."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tiny import sdxl
from tiny.house import Home, Kit

from charforge.backends.diffusers_common import (
    Base,
    Dress,
    fitted,
    pixels,
    refuse_black,
    regions,
    require,
    seeded,
    shelf_of,
)
from charforge.backends.diffusers_common.settings import asked
from charforge.errors import BackendError, BackendMissing, BadOutput, OutOfMemory, RenderFailed, WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from charforge.backends.diffusers_common import Loaded, Shelf
    from charforge.backends.protocols import RGB

BASE = Base("base", "float32", ("StableDiffusionXLPipeline",))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return two models and a LoRA."""
    folder = tmp_path_factory.mktemp("models")
    base = sdxl.build(folder / "base")
    return {
        "base": base,
        "other": sdxl.build(folder / "other", seed=1),
        "lora": sdxl.build_lora(folder / "lora.safetensors", base),
    }


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """Return a kit."""
    return Kit(tmp_path)


@pytest.fixture
def broken(models: dict[str, Path], tmp_path: Path) -> Path:
    """Return a copy of the model to be broken."""
    return Path(shutil.copytree(models["base"], tmp_path / "broken"))


def draw(kit: Kit) -> Callable[[Loaded], RGB]:
    """Return a task that draws the same picture each time."""

    def task(loaded: Loaded) -> RGB:
        size = {"width": 64, "height": 48, "num_inference_steps": 2}
        call = {"generator": seeded(1), "output_type": "np", "callback_on_step_end": loaded.steps(kit)}
        return pixels(loaded.pipe(prompt="Mia", **size, **call).images[0])

    return task


def unet(shelf: Shelf) -> Any:
    """Return the resident UNet."""
    return shelf.work(BASE, lambda loaded: loaded.pipe.unet)


def refused(folder: Path) -> WeightsError:
    """Return why a folder is refused."""
    with pytest.raises(WeightsError) as caught:
        shelf_of(Home(base=folder)).work(BASE, lambda loaded: loaded)
    assert caught.value.hint
    return caught.value


DROPPED = """
import gc, weakref
from charforge.backends.diffusers_common import prepare
class Model: pass
gc.disable()
model = Model()
model.part = model
seen = weakref.ref(model)
del model
prepare()
gc.collect()
assert seen() is None
"""


def test_what_was_dropped_before_the_libraries_were_imported_is_freed() -> None:
    """A voice whose parts point at each other does not keep its memory while pictures are drawn."""
    subprocess.run([sys.executable, "-c", DROPPED], check=True, timeout=120)


@pytest.mark.parametrize(
    "gone",
    [
        "model_index.json",
        "vae",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "tokenizer",
        "scheduler",
    ],
)
def test_a_folder_that_lacks_something_is_refused(broken: Path, gone: str) -> None:
    """A download that ended early is told by what is missing, with what to do."""
    path = broken / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    error = refused(broken)
    assert gone.split("/", maxsplit=1)[0] in error.message
    assert "download" in error.hint or "save_pretrained" in error.hint


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.9999])
def test_truncated_weights_are_refused(broken: Path, share: float) -> None:
    """A safetensors file that ends too early is told by name, wherever it ends."""
    path = broken / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert path.name in refused(broken).message


def test_a_missing_shard_is_refused(broken: Path) -> None:
    """Weights in several files need all of them."""
    path = broken / "unet" / "diffusion_pytorch_model.safetensors"
    path.rename(path.with_name("diffusion_pytorch_model-00001-of-00002.safetensors"))
    assert "00002" in refused(broken).message


def test_shards_are_loaded(models: dict[str, Path], kit: Kit, tmp_path: Path) -> None:
    """Weights in several files draw the same picture as in one."""
    from diffusers import UNet2DConditionModel

    folder = Path(shutil.copytree(models["base"], tmp_path / "shards"))
    model = UNet2DConditionModel.from_pretrained(folder / "unet", local_files_only=True)
    shutil.rmtree(folder / "unet")
    model.save_pretrained(folder / "unet", max_shard_size="500KB")
    assert len(list((folder / "unet").glob("*-of-*.safetensors"))) > 1
    one, other = (shelf_of(Home(base=f)).work(BASE, draw(kit)) for f in (models["base"], folder))
    assert np.array_equal(one, other)


def test_a_variant_is_loaded_where_nothing_else_is_there(broken: Path, models: dict[str, Path], kit: Kit) -> None:
    """Files named as half precision are found by themselves."""
    for path in [*broken.glob("*/model.safetensors"), *broken.glob("*/diffusion_pytorch_model.safetensors")]:
        path.rename(path.with_suffix(".fp16.safetensors"))
    one, other = (shelf_of(Home(base=f)).work(BASE, draw(kit)) for f in (models["base"], broken))
    assert np.array_equal(one, other)


def test_one_part_in_a_variant_alone_has_all_read_in_it(broken: Path, models: dict[str, Path], kit: Kit) -> None:
    """Where another part has both plain files and that variant, the variant is looked at and loaded."""
    for part in ("unet", "vae"):
        path = broken / part / "diffusion_pytorch_model.safetensors"
        path.rename(path.with_suffix(".fp16.safetensors"))
    (broken / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"never read")
    one, other = (shelf_of(Home(base=f)).work(BASE, draw(kit)) for f in (models["base"], broken))
    assert np.array_equal(one, other)


def test_a_broken_variant_beside_plain_files_is_refused_where_it_is_read(broken: Path) -> None:
    """Plain files that are whole do not help, since the variant is loaded instead of them."""
    path = broken / "unet" / "diffusion_pytorch_model.safetensors"
    path.rename(path.with_suffix(".fp16.safetensors"))
    cut = broken / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    cut.write_bytes((broken / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()[:-9])
    assert str(cut) in refused(broken).message


def test_pickled_weights_are_refused(broken: Path) -> None:
    """A folder with nothing but pickles is never opened."""
    path = broken / "vae" / "diffusion_pytorch_model.safetensors"
    path.rename(path.with_suffix(".bin"))
    error = refused(broken)
    assert "pickle" in error.message
    assert "safetensors" in error.hint


def test_a_pickle_under_another_name_is_refused(broken: Path) -> None:
    """What a file holds counts, not what it is called."""
    import torch

    torch.save({"weight": torch.zeros(2)}, broken / "vae" / "diffusion_pytorch_model.safetensors")
    assert "pickle" in refused(broken).message


def test_another_family_is_refused(broken: Path) -> None:
    """A folder of another pipeline is told by its class."""
    index = json.loads((broken / "model_index.json").read_text())
    (broken / "model_index.json").write_text(json.dumps({**index, "_class_name": "FluxPipeline"}))
    error = refused(broken)
    assert "FluxPipeline" in error.message
    assert "StableDiffusionXLPipeline" in error.message


@pytest.mark.parametrize("entry", [["my_module", "MyUNet"], ["unet.mine", "MyUNet"]])
def test_code_in_a_folder_is_refused(broken: Path, entry: list[str]) -> None:
    """A folder that brings code of its own is never loaded."""
    index = json.loads((broken / "model_index.json").read_text())
    (broken / "model_index.json").write_text(json.dumps({**index, "unet": entry}))
    assert "no code that a model brings" in refused(broken).message


def test_everything_that_is_wrong_is_said_at_once(broken: Path) -> None:
    """Each fault of a folder has its own line, with what to do about it."""
    (broken / "unet" / "config.json").unlink()
    shutil.rmtree(broken / "tokenizer_2")
    lines = refused(broken).message.splitlines()
    assert [str(broken / part) in line for part, line in zip(("tokenizer_2", "unet"), lines, strict=True)]
    assert all("again" in line for line in lines)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"_class_name": ["mine", "Mine"]}'])
def test_a_damaged_index_is_refused(broken: Path, text: str) -> None:
    """Whatever model_index.json holds, the answer is a sentence."""
    (broken / "model_index.json").write_text(text)
    refused(broken)


def test_a_file_instead_of_a_folder_is_refused(models: dict[str, Path]) -> None:
    """A single checkpoint is no folder in diffusers' layout."""
    assert "folder" in refused(models["lora"]).hint


def test_a_config_that_does_not_fit_its_weights_is_refused(broken: Path) -> None:
    """What the libraries say while they load becomes one of our errors."""
    path = broken / "vae" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "block_out_channels": [16, 16, 16, 16]}))
    assert "cannot be loaded" in refused(broken).message


def test_a_device_that_is_not_there_is_refused(models: dict[str, Path]) -> None:
    """Nothing is moved to another device silently."""
    for device in ("cuda:99", "cuda:x", "tpu"):
        with pytest.raises(BackendError, match=device) as caught:
            shelf_of(Home(device=device, **models)).work(BASE, lambda loaded: loaded)
        assert "charforge.yaml" in caught.value.hint


def test_an_unknown_offload_is_refused(models: dict[str, Path]) -> None:
    """The policies are named."""
    with pytest.raises(BackendError) as caught:
        shelf_of(Home(offload="disk", **models)).work(BASE, lambda loaded: loaded)
    assert "group" in caught.value.hint


def test_a_missing_library_says_what_to_type() -> None:
    """The extra is named."""
    with pytest.raises(BackendMissing, match="no-such-library") as caught:
        require("no-such-library")
    assert caught.value.hint == "pip install 'charforge[diffusers]'"


def test_backends_of_a_home_share_its_shelf(models: dict[str, Path]) -> None:
    """One home has one resident pipeline; another home has its own."""
    home = Home(**models)
    shelf = shelf_of(home)
    assert shelf_of(home) is shelf
    assert shelf_of(Home(**models)) is not shelf


def test_a_pipeline_stays_and_another_takes_its_place(models: dict[str, Path]) -> None:
    """Two jobs share one loading, and a second model finds the memory of the first free."""
    shelf = shelf_of(Home(**models))
    first = unet(shelf)
    assert unet(shelf) is first
    gone = weakref.ref(first)
    del first
    shelf.work(Base("other", "float32", BASE.classes), lambda loaded: loaded.folder)
    assert gone() is None


def test_memory_goes_with_the_last_backend(models: dict[str, Path]) -> None:
    """A home whose backends are released holds no weights."""
    home = Home(**models)
    shelf = shelf_of(home)
    gone = weakref.ref(unet(shelf))
    del shelf
    gc.collect()
    assert gone() is None


def test_a_lora_comes_and_goes_on_the_resident_pipeline(models: dict[str, Path], kit: Kit) -> None:
    """The base is loaded once; a LoRA changes the picture, and without it the bytes are the first ones."""
    shelf = shelf_of(Home(**models))
    base = unet(shelf)
    plain, worn, half, again = (
        shelf.work(BASE, draw(kit), Dress(loras=loras)) for loras in ((), (("lora", 1.0),), (("lora", 0.5),), ())
    )
    assert unet(shelf) is base
    assert not np.array_equal(plain, worn)
    assert not np.array_equal(half, worn)
    assert np.array_equal(plain, again)


def test_offload_never_changes_the_bytes(models: dict[str, Path], kit: Kit) -> None:
    """Wherever weights wait the picture is the same, also with a LoRA, and no file is left behind."""
    found, disks = [], []
    for policy in ("none", "model", "group"):
        shelf = shelf_of(Home(offload=policy, **models))
        found.append([shelf.work(BASE, draw(kit), Dress(loras=loras)) for loras in ((("lora", 1.0),), ())])
        disks.append(shelf.work(BASE, lambda loaded: loaded.disk))
        assert disks[-1] is None or any(disks[-1].rglob("*.safetensors"))
        shelf.let_go()
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])
    assert disks[2] is not None
    assert not disks[2].exists()


@pytest.mark.parametrize("kind", ["torch", "allocator", "python"])
def test_too_little_memory_is_tried_under_the_next_policy(models: dict[str, Path], kit: Kit, kind: str) -> None:
    """The first time memory runs out, weights wait elsewhere; the picture is the same and the note says so."""
    import torch

    shelf = shelf_of(Home(**models))
    expected = shelf.work(BASE, draw(kit))
    errors = {
        "torch": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        "allocator": RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes."),
        "python": MemoryError(),
    }

    def full(*_: Any) -> None:
        raise errors[kind]

    unet(shelf).register_forward_pre_hook(full)
    assert np.array_equal(shelf.work(BASE, draw(kit)), expected)
    assert shelf.notes(BASE, (64, 48))["offload"] == "group"


def test_too_little_memory_twice_is_a_clear_error(models: dict[str, Path], kit: Kit) -> None:
    """When the next policy does not help either, the error says what was tried and what to do."""
    import torch

    shelf = shelf_of(Home(**models))

    def full(module: Any, _: Any) -> None:
        if type(module).__name__ == "UNet2DConditionModel":
            message = "CUDA out of memory. Tried to allocate 2.00 GiB."
            raise torch.OutOfMemoryError(message)

    hook = torch.nn.modules.module.register_module_forward_pre_hook(full)
    try:
        with pytest.raises(OutOfMemory, match="offload: group") as caught:
            shelf.work(BASE, draw(kit))
    finally:
        hook.remove()
    assert "a smaller max_pixels: under the model" in caught.value.hint
    assert shelf.work(BASE, draw(kit)).shape == (48, 64, 3)


def test_other_errors_are_not_taken_for_too_little_memory(models: dict[str, Path], kit: Kit) -> None:
    """A mistake of another kind is raised as it is, and the next job finds a whole pipeline."""
    shelf = shelf_of(Home(**models))
    expected = shelf.work(BASE, draw(kit))

    def wrong(*_: Any) -> None:
        message = "mat1 and mat2 shapes cannot be multiplied"
        raise RuntimeError(message)

    unet(shelf).register_forward_pre_hook(wrong)
    with pytest.raises(RuntimeError, match="mat1"):
        shelf.work(BASE, draw(kit))
    assert np.array_equal(shelf.work(BASE, draw(kit)), expected)


@pytest.mark.parametrize("policy", ["none", "group"])
def test_stopped_between_steps_the_pipeline_goes_on(models: dict[str, Path], tmp_path: Path, policy: str) -> None:
    """Ctrl-C in a step ends the job at once; the next one needs no loading and has the same bytes."""
    shelf = shelf_of(Home(offload=policy, **models))
    expected = shelf.work(BASE, draw(Kit(tmp_path)))
    before = unet(shelf)
    kit = Kit(tmp_path, stop=1)
    with pytest.raises(KeyboardInterrupt):
        shelf.work(BASE, draw(kit))
    assert kit.steps == [(1, 2)]
    assert unet(shelf) is before
    assert np.array_equal(shelf.work(BASE, draw(Kit(tmp_path))), expected)


def test_stopped_within_a_step_the_pipeline_is_loaded_anew(models: dict[str, Path], kit: Kit) -> None:
    """Ctrl-C while a layer computes leaves nothing half done to the next job."""
    shelf = shelf_of(Home(**models))
    expected = shelf.work(BASE, draw(kit))

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    unet(shelf).mid_block.register_forward_pre_hook(stop)
    with pytest.raises(KeyboardInterrupt):
        shelf.work(BASE, draw(kit))
    assert np.array_equal(shelf.work(BASE, draw(kit)), expected)


def test_values_that_are_no_numbers_are_no_picture() -> None:
    """One NaN or infinity is enough."""
    for wrong in (np.nan, np.inf):
        values = np.full((4, 4, 3), 0.5, np.float32)
        values[1, 2, 0] = wrong
        with pytest.raises(BadOutput):
            pixels(values)


def test_a_clip_may_have_dark_frames() -> None:
    """A clip may go to black; one that shows nothing at all is refused."""
    dark, light = (np.full((2, 2, 3), value, np.uint8) for value in (0, 200))
    refuse_black(dark, light, dark)
    with pytest.raises(BadOutput):
        refuse_black(dark, dark)


def test_a_black_picture_is_none() -> None:
    """Nothing brighter than the darkest greys is a model that failed."""
    with pytest.raises(BadOutput):
        pixels(np.full((4, 4, 3), 0.01, np.float32))


def test_a_picture_covers_the_size_that_is_asked() -> None:
    """It is scaled evenly, and what hangs over is cut off on both sides."""
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 20:60] = 200
    assert fitted(wide, 80, 40) is wide
    for width, height in ((20, 20), (160, 160)):
        made = fitted(wide, width, height)
        assert made.shape == (height, width, 3)
        assert made.min() > 190


@pytest.mark.parametrize("box", [(30, 20, 20, 24), (0, 0, 12, 16), (78, 44, 18, 20), (0, 0, 96, 64)])
def test_a_repair_goes_back_without_touching_the_rest(box: tuple[int, int, int, int]) -> None:
    """Pixels inside the ellipse are new, those outside the grown box are as they were, also at the edge."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (64, 96, 3), np.uint8)
    at = regions.region(box, 0.25, (64, 64))
    crop = regions.cropped(picture, at, (64, 64))
    assert crop.shape == (64, 64, 3)
    made = regions.pasted(picture, 255 - crop, at)
    x, y, w, h = box
    margin = int(np.ceil(0.25 * max(w, h)))
    outside = np.ones((64, 96), bool)
    outside[max(y - margin, 0) : y + h + margin, max(x - margin, 0) : x + w + margin] = False
    assert np.array_equal(made[outside], picture[outside])
    middle = y + h // 2, x + w // 2
    assert not np.array_equal(made[middle], picture[middle])


SETTINGS = {"weights": "base", "dtype": "float32", "steps": 2, "guidance": 5.0, "working": [64, 48]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stepz": 2}, "stepz"),
        ({"weights": ""}, "weights"),
        ({"dtype": "float8"}, "float8"),
        ({"dtype": None}, "dtype"),
        ({"steps": 0}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"steps": True}, "steps"),
        ({"guidance": "high"}, "guidance"),
        ({"guidance": float("nan")}, "guidance"),
        ({"working": [64]}, "working"),
        ({"working": ["64", 64]}, "working"),
        ({"adapter": {"weights": "a"}}, "face model"),
        ({"face_model": "a"}, "face model"),
        ({"adapter": "a"}, "adapter"),
        ({"adapter": {"weights": "a", "scale": "much"}, "face_model": "b"}, "scale"),
        ({"loras": ["a"]}, "LoRA"),
        ({"loras": [{"weights": "a", "weight": 1}]}, "LoRA"),
        ({"loras": "a"}, "LoRA"),
        ({"loras": [{"weights": "a"}, {"weights": "b"}, {"weights": "a", "scale": 0.5}]}, "LoRA a is named twice"),
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, Any], said: str) -> None:
    """The refusal names the setting, and the hint what to write."""
    with pytest.raises(RenderFailed, match=said) as caught:
        asked({**SETTINGS, **wrong})
    assert caught.value.hint


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "text_encoder_2"])
def test_weights_that_the_files_lack_are_never_made_up(broken: Path, part: str) -> None:
    """A whole file of too few weights is refused, though transformers would draw the others at random."""
    from safetensors.torch import load_file, save_file

    (file,) = (broken / part).glob("*.safetensors")
    tensors = load_file(file)
    lost = sorted(tensors)[len(tensors) // 2]
    save_file({name: values for name, values in tensors.items() if name != lost}, file, {"format": "pt"})
    message = refused(broken).message
    assert f"{part} lacks 1 of its weights" in message
    assert lost.removeprefix("text_model.") in message
