"""Whether a folder is a whole diffusers model that a backend can load."""

from __future__ import annotations

import json
import pickle
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import model_folders as folders
import pytest

from charforge.checkpoints.layout import Layout, layout_of, problems, shapes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from charforge.errors import Problem

XL = ("StableDiffusionXLPipeline",)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a whole model."""
    return folders.sdxl(tmp_path / "sdxl")


def _only(folder: Path, **options: str) -> Problem:
    (found,) = problems(folder, XL, backend="sdxl", **options)
    assert found.hint
    return found


def test_a_whole_model_has_no_problems(model: Path) -> None:
    """Parts that are named as absent need not be there."""
    assert problems(model, XL) == ()


def test_weights_in_several_files_are_whole_with_their_list(model: Path) -> None:
    """Large models come in pieces."""
    folders.sharded(model / "unet", "diffusion_pytorch_model", folders.attention(2048, folders.BLOCKS))
    folders.sharded(model / "text_encoder", "model", {"a": (2,), "b": (2,)})
    assert problems(model, XL) == ()


def test_another_family_is_named_in_words(model: Path) -> None:
    """The error says what the folder is and what the backend takes."""
    folders.sdxl(model, _class_name="FluxPipeline")
    assert _only(model).message == "is FluxPipeline; sdxl takes StableDiffusionXLPipeline"


def test_a_pipeline_of_its_own_code_is_refused(model: Path) -> None:
    """A pipeline named with its module would be run from the folder."""
    folders.sdxl(model, _class_name=["evil", "Pipeline"])
    assert "brings code of its own (evil.Pipeline)" in _only(model).message


def test_an_index_without_a_pipeline_is_refused(model: Path) -> None:
    """It is not an index at all."""
    folders.sdxl(model, _class_name=None)
    assert "names no pipeline" in _only(model).message


def test_a_part_of_its_own_code_is_refused(model: Path) -> None:
    """Loading would import whatever module it names."""
    folders.sdxl(model, unet=["os", "system"])
    assert "has 'unet' loaded by os.system; charforge runs no code that a model brings" in _only(model).message


@pytest.mark.parametrize("file", ["unet/config.json", "tokenizer/tokenizer_config.json", "text_encoder/config.json"])
def test_a_configuration_that_names_code_is_refused(model: Path, file: str) -> None:
    """It would be fetched and run by whoever trusts it."""
    folders.document(model / file, {"auto_map": {"AutoModel": "modeling.Evil"}})
    found = _only(model)
    assert "names code of its own (auto_map)" in found.message
    assert found.file == model / file


@pytest.mark.parametrize("entry", [["diffusers"], [3, "UNet"], ["diffusers", {"a": 1}], ["diffusers", None]])
def test_a_senseless_entry_is_refused(model: Path, entry: object) -> None:
    """Whatever was written there."""
    folders.sdxl(model, unet=entry)
    assert "says nothing sensible of 'unet'" in _only(model).message


def test_a_part_cannot_lie_outside_the_folder(model: Path) -> None:
    """A name is a name."""
    folders.sdxl(model, **{"../unet": ["diffusers", "UNet2DConditionModel"]})
    assert "says nothing sensible of '../unet'" in _only(model).message


@pytest.mark.parametrize(
    ("file", "place", "message"),
    [
        ("scheduler/scheduler_config.json", "scheduler/scheduler_config.json", "is missing"),
        ("unet/config.json", "unet/config.json", "is missing"),
        ("vae/diffusion_pytorch_model.safetensors", "vae", "has no weights"),
        ("text_encoder_2/model.safetensors", "text_encoder_2", "has no weights"),
        ("tokenizer_2/vocab.json", "tokenizer_2", "has no vocabulary"),
    ],
)
def test_a_missing_file_is_named(model: Path, file: str, place: str, message: str) -> None:
    """Each part tells what it lacks."""
    (model / file).unlink()
    found = _only(model)
    assert found.file == model / place
    assert message in found.message


@pytest.mark.parametrize("kind", ["CLIPImageProcessor", "CLIPImageProcessorPil", "CLIPFeatureExtractor"])
def test_what_prepares_pictures_needs_its_settings_and_no_weights(model: Path, kind: str) -> None:
    """Under every name that it had over the years."""
    folders.sdxl(model, feature_extractor=["transformers", kind])
    folders.document(model / "feature_extractor" / "preprocessor_config.json", {})
    assert problems(model, XL) == ()
    (model / "feature_extractor" / "preprocessor_config.json").unlink()
    assert _only(model).message == "is missing"


def test_a_missing_part_is_named(model: Path) -> None:
    """A folder that was copied without it."""
    shutil.rmtree(model / "text_encoder_2")
    found = _only(model)
    assert found.file == model / "text_encoder_2"
    assert found.message == "is missing: model_index.json names it"


def test_everything_wrong_is_told_at_once(model: Path) -> None:
    """Nobody fixes one thing to be told of the next."""
    folders.sdxl(model, _class_name="FluxPipeline")
    shutil.rmtree(model / "vae")
    (model / "unet" / "config.json").write_text("{")
    (model / "tokenizer" / "vocab.json").unlink()
    (model / "text_encoder" / "model.safetensors").write_bytes(pickle.dumps({}))
    assert len(problems(model, XL)) == 5


@pytest.mark.parametrize("cut", [10, 3000])
def test_half_fetched_weights_are_refused(model: Path, cut: int) -> None:
    """Whether they break off in the header or in the numbers."""
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-cut])
    assert "is cut off" in _only(model).message
    weights.write_bytes(weights.read_bytes()[:cut])
    assert "is cut off" in _only(model).message


def test_a_download_that_never_ended_is_refused(model: Path) -> None:
    """Its rest lies beside it under a name of its own."""
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_name("abc.incomplete"))
    assert [found.message for found in problems(model, XL)] == ["was not fetched to its end", "has no weights"]


def test_what_to_type_depends_on_where_the_model_lies(tmp_path: Path, model: Path) -> None:
    """What the hub brought is pulled again by its name; another folder is copied again."""
    (model / "unet" / "config.json").unlink()
    assert _only(model, name="xl").hint == "download or copy the folder again, all of it"
    cached = tmp_path / "models--acme--xl" / "snapshots" / ("a" * 40)
    cached.parent.mkdir(parents=True)
    model.rename(cached)
    assert _only(cached, name="xl").hint == "charforge weights pull xl"


def test_one_missing_piece_of_several_is_named(model: Path) -> None:
    """So is one that is cut off, and one that lacks what the list promises."""
    shapes = folders.attention(2048, folders.BLOCKS)
    folders.sharded(model / "unet", "diffusion_pytorch_model", shapes)
    second = model / "unet" / "diffusion_pytorch_model-00002-of-00002.safetensors"
    whole = second.read_bytes()
    second.write_bytes(whole[:-1])
    assert "is cut off: 1 of" in _only(model).message
    folders.safetensors(second, {"another": (2,)})
    assert "of its weights, such as" in _only(model).message
    second.unlink()
    found = _only(model)
    assert found.file == second
    assert found.message == "does not exist"


def test_pieces_without_their_list_are_refused(model: Path) -> None:
    """The loader would not find them."""
    listing = folders.sharded(model / "unet", "diffusion_pytorch_model", folders.attention(2048, folders.BLOCKS))
    listing.unlink()
    assert "but no list of all its files" in _only(model).message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"weight_map": {"w": "../../../etc/passwd.safetensors"}}, "which is no safetensors file beside it"),
        ({"weight_map": {"w": "pytorch_model-00001.bin"}}, "which is no safetensors file beside it"),
        ({"weight_map": {"w": 3}}, "lists no weights by file"),
        ({"weight_map": {}}, "lists no weights by file"),
        ({}, "lists no weights by file"),
        ([], "is no table"),
    ],
)
def test_a_wrong_list_of_pieces_is_refused(model: Path, content: object, message: str) -> None:
    """Nothing outside the part's folder is looked at."""
    folders.document(model / "unet" / "diffusion_pytorch_model.safetensors.index.json", content)
    assert message in _only(model).message


def test_a_pickle_under_the_right_name_is_refused(model: Path) -> None:
    """Fetching it again would not help, so the hint says how to convert it."""
    (model / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(pickle.dumps([1]))
    found = _only(model)
    assert "is a pickle" in found.message
    assert "charforge weights convert" in found.hint


def test_only_pickles_are_refused_with_the_way_out(model: Path) -> None:
    """As older models have them."""
    (model / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (model / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps([1]))
    found = _only(model)
    assert found.message == "has only pickles (diffusion_pytorch_model.bin); charforge loads safetensors only"
    assert "save_pretrained" in found.hint


def test_the_command_of_the_hint_saves_a_model_of_pickles_anew(tmp_path: Path) -> None:
    """As it stands there, with the two folders filled in."""
    pytest.importorskip("diffusers")
    from tiny import sdxl

    made, old, new = sdxl.build(tmp_path / "made"), tmp_path / "old", tmp_path / "new"
    from diffusers import StableDiffusionXLPipeline

    StableDiffusionXLPipeline.from_pretrained(made).save_pretrained(old, safe_serialization=False)
    hint = problems(old, XL)[0].hint
    words = shlex.split(hint[hint.index("python -c") :].replace("NEW_FOLDER", str(new)).replace("FOLDER", str(old)))
    subprocess.run([sys.executable, *words[1:]], check=True, capture_output=True)
    assert problems(new, XL) == ()


def test_pickles_beside_safetensors_do_not_matter(model: Path) -> None:
    """They are never opened."""
    (model / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps([1]))
    (model / "pipeline.py").write_text("raise SystemExit")
    assert problems(model, XL) == ()


def _as_variant(part: Path, variant: str) -> Path:
    """Rename a part's weights as diffusers names a variant of them."""
    (weights,) = part.glob("*.safetensors")
    return weights.rename(weights.with_name(weights.name.replace(".", f".{variant}.", 1)))


def test_parts_that_come_only_in_a_variant_are_whole(model: Path) -> None:
    """The loader is told to prefer it; other parts may be plain, in pieces or not."""
    _as_variant(model / "unet", "fp16")
    _as_variant(model / "text_encoder", "fp16")
    assert problems(model, XL) == ()
    vae = model / "vae"
    folders.sharded(vae, "diffusion_pytorch_model.fp16", {"a": (2,), "b": (2,)}).rename(
        vae / "diffusion_pytorch_model.safetensors.index.fp16.json"
    )
    assert problems(model, XL) == ()


def test_a_variant_is_looked_at_where_it_will_be_read(model: Path) -> None:
    """Also beside plain weights, once another part comes in nothing else."""
    (model / "vae" / "diffusion_pytorch_model.fp16.safetensors").write_bytes(b"")
    assert problems(model, XL) == ()
    _as_variant(model / "unet", "fp16")
    assert _only(model).message == "is empty"


def test_what_a_whole_model_holds_is_told(model: Path) -> None:
    """Its pipeline, the parts that have weights and what loads them, and the variant once one comes in nothing else."""
    parts = ("text_encoder", "text_encoder_2", "unet", "vae")
    encoders = {"text_encoder": "CLIPTextModel", "text_encoder_2": "CLIPTextModelWithProjection"}
    assert layout_of(model) == Layout("StableDiffusionXLPipeline", "", parts, encoders)
    _as_variant(model / "unet", "fp16")
    assert layout_of(model) == Layout("StableDiffusionXLPipeline", "fp16", parts, encoders)
    assert layout_of(model / "unet") == Layout("", "", ())


def test_layers_are_those_of_the_files_that_will_be_read(model: Path) -> None:
    """A part's variant beside its plain weights counts once another part comes in nothing else."""
    plain = shapes(model, "vae")
    folders.safetensors(model / "vae" / "diffusion_pytorch_model.fp16.safetensors", {"other": (2, 3)})
    assert shapes(model, "vae") == plain
    _as_variant(model / "unet", "fp16")
    assert shapes(model, "vae") == {"other": (2, 3)}


def test_parts_in_different_variants_are_refused(model: Path) -> None:
    """One name is given for all of them."""
    _as_variant(model / "unet", "fp16")
    _as_variant(model / "vae", "int8")
    found = _only(model)
    assert found.file == model / "vae"
    assert found.message == "has its weights only in the variant int8, another part only in fp16"


def test_a_program_in_a_part_is_refused(model: Path) -> None:
    """It lies there to be run."""
    (model / "unet" / "modeling.py").write_text("raise SystemExit")
    assert "is code of its own; charforge runs no code that a model brings" in _only(model).message


def test_a_link_to_nowhere_is_refused(model: Path) -> None:
    """As a hub's cache has them whose content was deleted."""
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    weights.unlink()
    weights.symlink_to("../../blobs/gone")
    assert _only(model).message == "is a link to a file that is gone"
    index = model / "model_index.json"
    index.unlink()
    index.symlink_to("gone")
    assert _only(model).message == "is a link to a file that is gone"


def test_a_clone_without_its_large_files_is_refused(model: Path) -> None:
    """Git leaves pointers where git-lfs is missing."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5135149760\n"
    (model / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(pointer)
    assert "is only a git-lfs pointer" in _only(model).message


def test_weights_without_weights_are_refused(model: Path) -> None:
    """An empty file of the right kind."""
    folders.safetensors(model / "unet" / "diffusion_pytorch_model.safetensors", {})
    assert _only(model).message == "holds no weights"


def _one_above(model: Path) -> Path:
    return model.parent


def _one_below(model: Path) -> Path:
    return model / "unet"


def _single_file(model: Path) -> Path:
    return folders.safetensors(model.parent / "xl.safetensors", {"w": (2,)})


def _empty(model: Path) -> Path:
    (model.parent / "empty" / "one").mkdir(parents=True)
    return model.parent / "empty"


def _absent(model: Path) -> Path:
    return model.parent / "none"


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        (_one_above, "it has no model_index.json", "sdxl"),
        (_one_below, "is only a part of a model", "sdxl"),
        (_single_file, "is a single file", "from_single_file"),
        (_empty, "it has no model_index.json", "owner/name"),
        (_absent, "is not a folder", "owner/name"),
    ],
)
def test_a_place_that_is_no_model_is_told_apart(
    model: Path, place: Callable[[Path], Path], message: str, hint: str
) -> None:
    """One folder too high or too low is the usual mistake."""
    found = _only(place(model))
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "\x00", "[" * 200_000, '{"a":' * 100_000])
def test_a_damaged_index_is_refused(model: Path, text: str) -> None:
    """Whatever stands there, it is a sentence and no crash."""
    (model / "model_index.json").write_text(text)
    assert "is damaged" in _only(model).message


def test_looking_loads_no_model_library(model: Path) -> None:
    """A check costs no seconds of imports."""
    code = (
        "import sys, json; from pathlib import Path; from charforge.checkpoints.layout import problems;"
        "from charforge.checkpoints.fitting import lora_problems; from charforge.weights import own, hub;"
        f"assert problems(Path({str(model)!r}), {XL!r}) == ();"
        "heavy = {'torch', 'diffusers', 'numpy', 'transformers', 'huggingface_hub'};"
        "print(json.dumps(sorted(heavy & set(sys.modules))))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == []
