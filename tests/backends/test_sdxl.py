"""Stills and repairs through a tiny SDXL: who is seen, what a LoRA does, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tiny import sdxl
from tiny.house import FACE_MODEL, Home, Kit

from charforge import imaging
from charforge.backends import fake
from charforge.backends.sdxl import Sdxl
from charforge.domain.jobs import Input
from charforge.errors import BackendMissing, BadOutput, CharforgeError, RenderFailed, WeightsError

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.domain.jobs import StillJob

ADAPTED = {"adapter": {"weights": "faceid", "scale": 0.8}, "face_model": FACE_MODEL}
LORA = {"loras": [{"weights": "lora", "scale": 1.0}]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with a tiny SDXL, adapters and LoRAs that fit it, and some that do not."""
    folder = tmp_path_factory.mktemp("models")
    base = sdxl.build(folder / "base")
    return Home(
        base=base,
        faceid=sdxl.build_faceid(folder / "faceid.safetensors", base),
        faceid_lora=sdxl.build_faceid(folder / "faceid_lora.safetensors", base, lora=True),
        lora=sdxl.build_lora(folder / "lora.safetensors", base),
        kohya=sdxl.build_lora(folder / "kohya.safetensors", base, kohya=True),
        faceid_sd15=sdxl.build_faceid(folder / "faceid_sd15.safetensors", base, cross=24),
        lora_sd15=sdxl.build_lora(folder / "lora_sd15.safetensors", base, cross=24),
        kohya_sd15=sdxl.build_lora(folder / "kohya_sd15.safetensors", base, cross=24, kohya=True),
    )


@pytest.fixture(scope="module")
def backend(home: Home) -> Sdxl:
    """Return the backend, whose model stays resident from test to test."""
    return Sdxl(home)


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """Return a kit."""
    return Kit(tmp_path)


def drawn(backend: Sdxl, kit: Kit, **settings: Any) -> RGB:
    """Return a still of Mia."""
    return backend.still(sdxl.job(kit, weights="base", **settings), kit).pixels


def with_people(kit: Kit, *given: tuple[str, str, str], **settings: Any) -> StillJob:
    """Return a still whose inputs are (role, name, whose face)."""
    inputs = tuple(
        Input(role=role, name=name, source=kit.put(imaging.encode_png(fake.headshot(who)))) for role, name, who in given
    )
    return sdxl.job(kit, weights="base", **{**ADAPTED, **settings}).changed(inputs=inputs)


def refused(backend: Sdxl, kit: Kit, kind: type[CharforgeError] = WeightsError, **settings: Any) -> CharforgeError:
    """Return why a still is refused."""
    with pytest.raises(kind) as caught:
        drawn(backend, kit, **settings)
    assert caught.value.hint
    return caught.value


def test_the_picture_tells_how_it_was_made(backend: Sdxl, kit: Kit) -> None:
    """Device, dtype, the size that the model drew and where its weights waited stand beside the picture."""
    made = backend.still(sdxl.job(kit, weights="base"), kit)
    assert made.notes == {"device": "cpu", "dtype": "float32", "offload": "none", "working": "64x48"}


def test_words_that_are_not_read_are_told(backend: Sdxl, kit: Kit) -> None:
    """SDXL reads 77 tokens; what stands beyond them is noted and changes nothing."""
    job = sdxl.job(kit, weights="base")
    long = "a" * 75
    fits, beyond = (backend.still(job.changed(prompt=prompt), kit) for prompt in (long, f"{long} rain"))
    assert "unread" not in fits.notes
    assert "rain" in str(beyond.notes["unread"]).replace(" ", "")


def test_a_still_is_not_flat(backend: Sdxl, kit: Kit) -> None:
    """The tiny model's pictures have something to be judged by."""
    pixels = drawn(backend, kit)
    assert 40 < pixels.mean() < 215
    assert pixels.std() > 10


def test_prompt_seed_and_size_matter(backend: Sdxl, kit: Kit) -> None:
    """Each of what is asked changes the picture."""
    job = sdxl.job(kit, weights="base")
    changes = ({}, {"prompt": "Theo"}, {"negative": "rain"}, {"seed": 2}, {"settings": {**job.settings, "steps": 3}})
    pictures = [backend.still(job.changed(**change), kit).pixels.tobytes() for change in changes]
    assert len(set(pictures)) == len(changes)


def test_a_lora_changes_the_picture_and_is_gone_afterwards(backend: Sdxl, kit: Kit) -> None:
    """Without it the bytes are those from before it came."""
    plain, worn, again = drawn(backend, kit), drawn(backend, kit, **LORA), drawn(backend, kit)
    assert not np.array_equal(plain, worn)
    assert np.array_equal(plain, again)


def test_loras_of_both_layouts_are_read(backend: Sdxl, kit: Kit) -> None:
    """One named as diffusers does and one as kohya's scripts do draw the same picture."""
    kohya = {"loras": [{"weights": "kohya", "scale": 1.0}]}
    assert np.array_equal(drawn(backend, kit, **LORA), drawn(backend, kit, **kohya))


def test_the_order_of_jobs_changes_nothing(home: Home, backend: Sdxl, kit: Kit) -> None:
    """A fresh backend that is asked for the dressed picture first draws the same bytes."""
    wish = {**ADAPTED, **LORA}
    drawn(backend, kit)
    assert np.array_equal(drawn(backend, kit, **wish), drawn(Sdxl(Home(**home.models)), kit, **wish))


def test_the_adapter_shows_who_it_is(backend: Sdxl, kit: Kit) -> None:
    """Two people make two pictures, the same person the same one, and nobody the one without an adapter."""
    mia, theo, again = (
        backend.still(with_people(kit, ("master", "mia", who)), kit).pixels for who in ("mia", "theo", "mia")
    )
    assert not np.array_equal(mia, theo)
    assert np.array_equal(mia, again)
    nobody = backend.still(with_people(kit), kit).pixels
    assert np.array_equal(nobody, drawn(backend, kit))
    assert not np.array_equal(mia, nobody)


def test_the_adapters_strength_matters(backend: Sdxl, kit: Kit) -> None:
    """Strengths differ without anything being loaded."""
    weak = {"adapter": {"weights": "faceid", "scale": 0.2}, "face_model": FACE_MODEL}
    assert not np.array_equal(drawn(backend, kit, **ADAPTED), drawn(backend, kit, **weak))


def test_a_head_is_looked_at_before_a_master(backend: Sdxl, kit: Kit) -> None:
    """The head that was made for the shot tells who it is, where there is one."""
    head = backend.still(with_people(kit, ("master", "mia", "theo"), ("head", "mia", "mia")), kit).pixels
    assert np.array_equal(head, backend.still(with_people(kit, ("master", "mia", "mia")), kit).pixels)


@pytest.mark.parametrize(("given", "unseen"), [(("head", "master"), "head"), (("master",), "master")])
def test_a_picture_without_a_face_is_named(backend: Sdxl, kit: Kit, given: tuple[str, ...], unseen: str) -> None:
    """Whose it is, whether it is their head or master, and where it lies, with what to do."""
    blank = kit.put(imaging.encode_png(np.full((96, 96, 3), 90, np.uint8)))
    job = with_people(kit, *((role, "mia", "mia") for role in given))
    faceless = tuple(i.changed(source=blank) if i.role == unseen else i for i in job.inputs)
    with pytest.raises(RenderFailed, match=f"tiny finds no face in the {unseen} of mia, .*{blank}") as caught:
        backend.still(job.changed(inputs=faceless), kit)
    assert "charforge lock" in caught.value.hint


def test_several_people_are_given_at_once(backend: Sdxl, kit: Kit) -> None:
    """Two people are neither of them, and where each stands can be said."""
    two = ("master", "mia", "mia"), ("master", "theo", "theo")
    boxes = {"mia": [0, 0, 80, 96], "theo": [80, 0, 80, 96]}
    swapped = {"mia": boxes["theo"], "theo": boxes["mia"]}
    jobs = [with_people(kit, two[0]), with_people(kit, *two)]
    jobs += [with_people(kit, *two, boxes=places) for places in (boxes, swapped)]
    assert len({backend.still(job, kit).pixels.tobytes() for job in jobs}) == 4


@pytest.mark.parametrize("boxes", [{"mia": [0, 0, 80, 96]}, {"mia": [0], "theo": [1]}, "left"])
def test_boxes_must_be_everybodys(backend: Sdxl, kit: Kit, boxes: Any) -> None:
    """A box for somebody else, or no box at all, is refused."""
    with pytest.raises(RenderFailed) as caught:
        backend.still(with_people(kit, ("master", "mia", "mia"), ("master", "theo", "theo"), boxes=boxes), kit)
    assert caught.value.hint


def test_an_adapter_draws_without_guidance(backend: Sdxl, kit: Kit) -> None:
    """Models for few steps draw no negative."""
    assert not np.array_equal(drawn(backend, kit, guidance=1.0), drawn(backend, kit, guidance=1.0, **ADAPTED))


def test_an_adapters_own_lora_comes_and_goes_with_it(backend: Sdxl, kit: Kit) -> None:
    """Some FaceID files carry a LoRA, which stands beside others and leaves with the adapter."""
    carrying = {"adapter": {"weights": "faceid_lora", "scale": 0.8}, "face_model": FACE_MODEL}
    plain, one = drawn(backend, kit), drawn(backend, kit, **carrying)
    both = drawn(backend, kit, **carrying, **LORA)
    assert not np.array_equal(one, drawn(backend, kit, **ADAPTED))
    assert not np.array_equal(one, both)
    assert np.array_equal(one, drawn(backend, kit, **carrying))
    assert np.array_equal(plain, drawn(backend, kit))


def test_another_face_model_is_refused(backend: Sdxl, kit: Kit) -> None:
    """Embeddings of a model that the adapter was not trained on are never a substitute."""
    refused(backend, kit, BackendMissing, adapter=ADAPTED["adapter"], face_model="0" * 64)


def test_an_adapter_without_its_face_model_is_refused(backend: Sdxl, kit: Kit) -> None:
    """The hint says what to write."""
    assert "face_model" in refused(backend, kit, RenderFailed, adapter=ADAPTED["adapter"]).hint


def test_an_embedding_of_another_length_is_refused(home: Home, kit: Kit) -> None:
    """Numbers that do not fit the adapter are told apart before the model is asked."""
    kit.seer.numbers = 128
    assert "128" in refused(Sdxl(home), kit, RenderFailed, **ADAPTED).message


def test_a_picture_without_a_face_is_refused(backend: Sdxl, kit: Kit) -> None:
    """The character is named."""
    empty = kit.put(imaging.encode_png(fake.gradient(64, 64, "empty")))
    job = sdxl.job(kit, weights="base", **ADAPTED)
    with pytest.raises(RenderFailed, match="mia"):
        backend.still(job.changed(inputs=(Input(role="master", name="mia", source=empty),)), kit)


@pytest.mark.parametrize("name", ["faceid_sd15", "lora_sd15", "kohya_sd15"])
def test_files_for_another_base_are_refused(backend: Sdxl, kit: Kit, name: str) -> None:
    """A FaceID adapter or LoRA of other widths is told by its header; the next still is as ever."""
    before = drawn(backend, kit)
    worn = (
        {"adapter": {"weights": name, "scale": 1.0}, "face_model": FACE_MODEL}
        if "faceid" in name
        else {"loras": [{"weights": name, "scale": 1.0}]}
    )
    error = refused(backend, kit, **worn)
    assert ("trained on a base" if "faceid" in name else "for another base") in error.message
    assert "24" in error.message
    assert "StableDiffusionXLPipeline" in error.hint
    assert np.array_equal(before, drawn(backend, kit))


@pytest.mark.parametrize("name", ["faceid", "base/vae/diffusion_pytorch_model.safetensors"])
def test_what_is_no_lora_is_refused(home: Home, kit: Kit, name: str) -> None:
    """An adapter or other weights in a LoRA's place are refused in words."""
    path = home.models["base"].parent / name if "/" in name else home.models[name]
    refused(Sdxl(Home(**home.models, wrong=path)), kit, loras=[{"weights": "wrong"}])


def test_what_is_no_faceid_is_refused(home: Home, kit: Kit, tmp_path: Path) -> None:
    """A LoRA, and an IP-Adapter that wants a picture instead of a face's numbers, are told apart."""
    import torch
    from safetensors.torch import load_file, save_file

    plain = load_file(home.models["faceid"])
    plain["image_proj.proj.weight"] = torch.zeros(256, 1280)
    del plain["image_proj.proj.0.weight"]
    save_file(plain, tmp_path / "plain.safetensors")
    for path, said in ((home.models["lora"], "not an IP-Adapter"), (tmp_path / "plain.safetensors", "reads pictures")):
        backend = Sdxl(Home(**home.models, wrong=path))
        error = refused(backend, kit, adapter={"weights": "wrong"}, face_model=FACE_MODEL)
        assert said in error.message
        assert "FaceID" in error.hint


def test_a_pickle_is_refused_and_the_way_to_convert_it_works(home: Home, kit: Kit, tmp_path: Path) -> None:
    """Nothing is unpickled; the hint's command turns the published .bin layout into a file that is taken."""
    import torch
    from safetensors.torch import load_file

    nested: dict[str, dict[str, Any]] = {}
    for key, tensor in load_file(home.models["faceid"]).items():
        part, _, rest = key.partition(".")
        nested.setdefault(part, {})[rest] = tensor
    torch.save(nested, tmp_path / "adapter.bin")
    wish = {"adapter": {"weights": "pickle", "scale": 0.8}, "face_model": FACE_MODEL}
    error = refused(Sdxl(Home(**home.models, pickle=tmp_path / "adapter.bin")), kit, **wish)
    assert "pickle" in error.message
    assert error.hint.endswith("charforge weights convert FILE")
    words = [sys.executable, "-m", "charforge", "weights", "convert", str(tmp_path / "adapter.bin")]
    subprocess.run(words, check=True, cwd=tmp_path, capture_output=True)
    converted = Home(**home.models, pickle=tmp_path / "adapter.safetensors")
    assert np.array_equal(drawn(Sdxl(converted), kit, **wish), drawn(Sdxl(home), kit, **ADAPTED))


def test_a_pickle_under_another_name_is_refused(home: Home, kit: Kit, tmp_path: Path) -> None:
    """What a file holds counts, not what it is called."""
    import torch

    torch.save({"lora": torch.zeros(2)}, tmp_path / "lora.safetensors")
    backend = Sdxl(Home(**home.models, wrong=tmp_path / "lora.safetensors"))
    assert "pickle" in refused(backend, kit, loras=[{"weights": "wrong"}]).message


def test_a_truncated_lora_is_refused(home: Home, kit: Kit, tmp_path: Path) -> None:
    """A download that ended early is told by name."""
    path = tmp_path / "cut.safetensors"
    path.write_bytes(home.models["lora"].read_bytes()[:-100])
    backend = Sdxl(Home(**home.models, cut=path))
    assert "cut.safetensors" in refused(backend, kit, loras=[{"weights": "cut"}]).message


@pytest.mark.parametrize(
    ("size", "better"),
    [
        ([60, 48], ": multiple: 8"),
        ([64, 8], ": max_pixels: 2048 or more"),
        ([12, 8], ": multiple: 8, max_pixels: 384 or more"),
    ],
)
def test_a_size_that_the_model_cannot_draw_is_refused(backend: Sdxl, kit: Kit, size: list[int], better: str) -> None:
    """The hint says what to write in charforge.yaml for one that it can."""
    assert refused(backend, kit, RenderFailed, working=size).hint.endswith(better)


@pytest.mark.parametrize("said", [None, 3, [], [8] * 5000])
def test_a_configuration_that_makes_no_sense_is_told_in_words(
    home: Home, kit: Kit, tmp_path: Path, said: object
) -> None:
    """A folder whose VAE says nothing of its sizes is refused, and no traceback seen."""
    folder = Path(shutil.copytree(home.models["base"], tmp_path / "odd"))
    file = folder / "vae/config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "block_out_channels": said}))
    assert str(folder) in refused(Sdxl(Home(base=folder)), kit).message


def test_numbers_that_are_none_are_bad_output(home: Home, kit: Kit, tmp_path: Path) -> None:
    """A VAE that overflows gives no black picture but an error, upon which another seed may be tried."""
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(home.models["base"], tmp_path / "nan"))
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    tensors["decoder.conv_out.bias"][:] = float("nan")
    save_file(tensors, path)
    assert "float32" in refused(Sdxl(Home(base=folder)), kit, BadOutput).hint


def test_half_precision_draws(backend: Sdxl, kit: Kit) -> None:
    """bfloat16 gives nearly the picture of float32, and the note says what was used."""
    made = backend.still(sdxl.job(kit, weights="base", dtype="bfloat16", **ADAPTED), kit)
    assert made.notes["dtype"] == "bfloat16"
    exact = drawn(backend, kit, **ADAPTED)
    assert 0 < np.abs(made.pixels.astype(int) - exact).mean() < 20


def test_stopped_in_a_step_it_goes_on_with_the_next_job(backend: Sdxl, kit: Kit, tmp_path: Path) -> None:
    """Ctrl-C leaves no trace in the next picture."""
    before = drawn(backend, kit, **ADAPTED)
    with pytest.raises(KeyboardInterrupt):
        drawn(backend, Kit(tmp_path, stop=1), **ADAPTED)
    assert np.array_equal(before, drawn(backend, kit, **ADAPTED))


def test_jobs_with_the_same_weights_are_known_by_their_names(backend: Sdxl, kit: Kit) -> None:
    """Weights and dtype come first, then what is worn; seed, size and strengths do not count."""
    wish = {**ADAPTED, **LORA}
    dressed = backend.resident(sdxl.job(kit, weights="base", **wish))
    assert dressed == ("base:float32", "faceid", "lora")
    assert dressed == backend.resident(sdxl.job(kit, 7, weights="base", working=[96, 64], **wish))
    assert dressed == backend.resident(sdxl.repair(kit, weights="base", strength=0.9, **wish))
    assert backend.resident(sdxl.job(kit, weights="base", dtype="bfloat16")) == ("base:bfloat16",)
    assert backend.resident(with_people(kit, **LORA)) == ("base:float32", "lora")


def test_repairs_use_the_resident_model(home: Home, kit: Kit) -> None:
    """Two backends of one home, one for stills and one for repairs, hold the same weights."""
    stills, repairs = Sdxl(home), Sdxl(home)
    drawn(stills, kit)
    loaded = stills._shelf._loaded
    repairs.repair(sdxl.repair(kit, weights="base"), kit)
    assert repairs._shelf._loaded is loaded


def test_a_repair_shows_who_it_is(backend: Sdxl, kit: Kit) -> None:
    """The face that is drawn follows from the person, the strength and the words."""
    job = sdxl.repair(kit, weights="base", **ADAPTED)
    theo = Input(role="head", name="mia", source=kit.put(imaging.encode_png(fake.headshot("theo"))))
    stronger = {**job.settings, "strength": 1.0}
    jobs = [job, job.changed(inputs=(*job.inputs, theo)), job.changed(settings=stronger)]
    jobs.append(job.changed(settings={**stronger, "prompt": "an old man", "negative": "hair"}))
    assert len({backend.repair(j, kit).pixels.tobytes() for j in jobs}) == 4


@pytest.mark.parametrize("box", [(0, 0, 30, 40), (130, 56, 30, 40), (0, 0, 160, 96)])
def test_a_face_at_the_edge_is_repaired(backend: Sdxl, kit: Kit, box: tuple[int, int, int, int]) -> None:
    """What the model sees goes on beyond the picture's edge; the picture keeps its size."""
    job = sdxl.repair(kit, weights="base").changed(box=box)
    before = imaging.decode(kit.file(job.input("picture") or ""))
    after = backend.repair(job, kit).pixels
    assert after.shape == before.shape
    assert not np.array_equal(after, before)


@pytest.mark.parametrize("box", [(150, 0, 30, 30), (-1, 0, 30, 30), (0, 0, 0, 10)])
def test_a_box_beyond_the_picture_is_refused(backend: Sdxl, kit: Kit, box: tuple[int, int, int, int]) -> None:
    """The box and the picture's size are said."""
    with pytest.raises(RenderFailed, match="160x96"):
        backend.repair(sdxl.repair(kit, weights="base").changed(box=box), kit)


@pytest.mark.parametrize("settings", [{"strength": 0.1}, {"strength": 2}, {"boxes": {}}, {"steps": 1}])
def test_a_repair_that_draws_nothing_is_refused(backend: Sdxl, kit: Kit, settings: dict[str, Any]) -> None:
    """Too little strength for its steps, and settings of a still, are refused with what to write."""
    with pytest.raises(RenderFailed) as caught:
        backend.repair(sdxl.repair(kit, weights="base", **settings), kit)
    assert caught.value.hint


def test_a_repair_without_a_picture_is_refused(backend: Sdxl, kit: Kit) -> None:
    """The missing input is named."""
    with pytest.raises(RenderFailed, match="picture"):
        backend.repair(sdxl.repair(kit, weights="base").changed(inputs=()), kit)
