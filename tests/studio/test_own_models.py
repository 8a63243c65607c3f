"""A project runs models of its own: checked before anything is loaded, told by doctor, stopped and taken up again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge.studio.own import has_card

pytest.importorskip("diffusers")

Run = Callable[..., Any]

FAKES = "judges: [fake, fake]\nvoice: fake\nclip: fake\nencoder: fast\ndevice: cpu\nthreads: 1\nfix: {seconds: 0}\n"
HEAVY = ["torch", "diffusers", "transformers", "huggingface_hub", "TTS", "insightface", "onnxruntime"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of tiny models: two SDXL, one Wan, an adapter, and a LoRA for a wider base."""
    from tiny import sdxl, wan

    folder = tmp_path_factory.mktemp("models")
    for seed in range(2):
        sdxl.build(folder / f"sdxl-{seed}", seed)
    wan.build(folder / "wan")
    sdxl.build_faceid(folder / "faceid.safetensors", folder / "sdxl-0")
    sdxl.build_lora(folder / "wide.safetensors", folder / "sdxl-0", cross=128)
    return folder


def settle(episode: Path, models: str, *more: str) -> None:
    """Write the project's settings: SDXL stills, fakes for the rest."""
    text = "\n".join([FAKES + "still: sdxl", "models:", f"  {models}", *more])
    (episode.parents[1] / "charforge.yaml").write_text(f"{text}\n", "utf-8")


def sdxl(folder: Path, **more: object) -> str:
    """Return the line of charforge.yaml that names a model."""
    words = {"weights": f"'{folder}'", "steps": 1, "max_pixels": 4096, **more}
    return f"sdxl: {{{', '.join(f'{key}: {value}' for key, value in words.items())}}}"


def test_check_looks_at_the_weights_and_loads_no_model_library(episode: Path, models: Path) -> None:
    """Folder, adapter and LoRA are looked into by their headers alone."""
    settle(episode, sdxl(models / "sdxl-0"))
    script = (
        f"import sys\nsys.argv = ['charforge', 'check', {str(episode)!r}]\nfrom charforge.cli.main import main\n"
        f"try:\n    main()\nexcept SystemExit as end:\n    print('CODE', end.code or 0)\n"
        f"print('HEAVY', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "ok" in done.stdout
    assert "HEAVY []" in done.stdout


def test_check_finds_weights_that_are_half_downloaded(
    episode: Path, models: Path, tmp_path: Path, charforge: Run
) -> None:
    """The file that broke off is named before anything is loaded."""
    half = shutil.copytree(models / "sdxl-0", tmp_path / "half")
    file = half / "unet/diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])
    settle(episode, sdxl(half))
    told = charforge("check", str(episode), code=2).stdout
    assert "diffusion_pytorch_model.safetensors" in told
    assert "models: sdxl" in told


def test_check_finds_a_folder_of_another_family(episode: Path, models: Path, charforge: Run) -> None:
    """Both kinds of pipeline are named."""
    settle(episode, sdxl(models / "wan"))
    told = charforge("check", str(episode), code=2).stdout
    assert "WanImageToVideoPipeline" in told
    assert "StableDiffusionXLPipeline" in told


def test_check_finds_a_pickle(episode: Path, models: Path, tmp_path: Path, charforge: Run) -> None:
    """An adapter that could run a program when it is opened is not opened."""
    import torch

    torch.save({"image_proj": {"norm.weight": torch.ones(4)}}, tmp_path / "faceid.bin")
    settle(episode, sdxl(models / "sdxl-0", adapter=f'{{file: "{tmp_path}/faceid.bin", face_model: {"ab" * 32}}}'))
    assert "pickle" in charforge("check", str(episode), code=2).stdout


def test_check_finds_a_lora_for_another_base(episode: Path, models: Path, charforge: Run) -> None:
    """Widths are compared by headers."""
    settle(episode, sdxl(models / "sdxl-0", loras=f'[{{file: "{models}/wide.safetensors"}}]'))
    told = charforge("check", str(episode), code=2).stdout
    assert "wide.safetensors" in told
    assert "128" in told


def test_check_finds_weights_that_are_nowhere(episode: Path, charforge: Run) -> None:
    """A path that does not exist, and a hub id that was never fetched, say what to type."""
    settle(episode, sdxl(Path("models/nowhere/at/all")))
    assert "does not exist" in charforge("check", str(episode), code=2).stdout
    settle(episode, sdxl(Path("stabilityai/never-fetched")))
    assert "charforge weights pull sdxl" in charforge("check", str(episode), code=2).stdout


def test_a_model_that_no_backend_runs_is_an_error(episode: Path, models: Path, charforge: Run) -> None:
    """The close name is suggested, and how to give a model a name of its own."""
    settle(episode, sdxl(models / "sdxl-0").replace("sdxl:", "sdlx:", 1))
    told = charforge("check", str(episode), code=2).stderr
    assert "did you mean sdxl?" in told
    assert "backend:" in told


def test_an_adapter_takes_no_other_face_models_embedding(episode: Path, models: Path, charforge: Run) -> None:
    """512 numbers from another model would fit, and mean somebody else."""
    settle(
        episode, sdxl(models / "sdxl-0", adapter=f'{{file: "{models}/faceid.safetensors", face_model: {"ab" * 32}}}')
    )
    told = charforge("render", str(episode), code=3).stderr
    assert "no face backend runs the face model abababababab" in told
    assert "insightface" in told


def test_doctor_says_what_is_named_what_is_broken_and_what_to_type(
    episode: Path, models: Path, tmp_path: Path, charforge: Run, result: Run
) -> None:
    """A model that charforge.yaml names must be whole; one that it does not name is optional."""
    settle(episode, sdxl(models / "sdxl-0"))
    rows = {row["what"]: row for row in json.loads(charforge("doctor", "--json").stdout)["rows"]}
    assert rows["device"]["state"].startswith("cpu")
    assert rows["still sdxl"]["state"] == f"ready on cpu: {models / 'sdxl-0'}"
    assert (rows["still flux2-klein"]["ok"], rows["still flux2-klein"]["state"]) == (True, "no weights named")
    assert "models: {flux2-klein" in rows["still flux2-klein"]["hint"]
    broken = shutil.copytree(models / "sdxl-0", tmp_path / "broken")
    (broken / "vae/config.json").unlink()
    settle(episode, sdxl(broken))
    row = next(r for r in result("doctor", code=3)["rows"] if r["what"] == "still sdxl")
    assert (row["ok"], row["state"]) == (False, "weights not usable")
    assert "config.json" in row["hint"]


def test_other_weights_make_the_stills_again_and_why_says_so(
    episode: Path, models: Path, charforge: Run, result: Run
) -> None:
    """Weights are known by their content: a copy elsewhere changes nothing, another model everything it draws."""
    settle(episode, sdxl(models / "sdxl-0"))
    assert result("render", str(episode), "--stage", "stills", code=1)["rendered"] == 5
    moved = shutil.copytree(models / "sdxl-0", episode.parents[1] / "models/moved")
    settle(episode, sdxl(moved))
    assert result("render", str(episode), "--stage", "stills", code=1)["rendered"] == 0
    settle(episode, sdxl(models / "sdxl-1"))
    assert "weights changed" in charforge("why", "e01_s01_0010").stdout
    assert result("render", str(episode), "--stage", "stills", code=1)["rendered"] == 3


def test_two_sets_of_weights_of_one_family_are_two_models(episode: Path, models: Path, result: Run) -> None:
    """A model under a name of its own is chosen by that name."""
    settle(episode, sdxl(models / "sdxl-0"), f'  mine: {{backend: sdxl, weights: "{models}/sdxl-1", max_pixels: 4096}}')
    assert {c["still"] for c in result("plan", str(episode))["choices"]} == {"sdxl"}
    plan = result("plan", str(episode), "--still", "mine")
    assert {c["still"] for c in plan["choices"]} == {"mine"}
    assert {d["job"]["backend"] for d in plan["drafts"] if d["stage"] == "still"} == {"sdxl"}


def test_a_render_stopped_within_a_picture_is_taken_up_again(episode: Path, models: Path, result: Run) -> None:
    """Ctrl-C between two steps ends with 130 and loses nothing that was finished."""
    settle(episode, sdxl(models / "sdxl-0", steps=150))
    words = [sys.executable, "-m", "charforge", "render", str(episode), "--stage", "stills", "--events"]
    with subprocess.Popen(
        words, cwd=episode.parents[1], stderr=subprocess.PIPE, text=True, env={**os.environ, "CI": "true"}
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("item") == "s02/0010/still" and event.get("done", 0) > 2:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    settle(episode, sdxl(models / "sdxl-0", steps=150))
    assert result("render", str(episode), "--stage", "stills", code=1)["rendered"] == 1


def test_a_hub_model_is_rendered_from_the_hubs_cache(
    episode: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, result: Run
) -> None:
    """An id and a revision stand for the snapshot that was fetched, whose files are links."""
    commit = "c0ffee" + "0" * 34
    storage = tmp_path / "hub/models--studio--tiny"
    for file in (f for f in (models / "sdxl-0").rglob("*") if f.is_file()):
        link = storage / "snapshots" / commit / file.relative_to(models / "sdxl-0")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    (storage / "refs").mkdir()
    (storage / "refs/main").write_text(commit)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    settle(episode, sdxl(Path("studio/tiny")))
    assert result("render", str(episode), "--stage", "stills", code=1)["rendered"] == 5
    settle(episode, sdxl(Path("studio/tiny@" + commit)))
    assert result("render", str(episode), "--stage", "stills", code=1)["rendered"] == 0


@pytest.mark.parametrize(
    ("files", "found"),
    [(("nvidia0", "nvidiactl"), True), (("nvidia3",), True), (("dxg",), True), (("nvidiactl", "null"), False)],
)
def test_a_graphics_card_is_seen_under_any_number(tmp_path: Path, files: tuple[str, ...], found: bool) -> None:
    """A container may be given the fourth card alone."""
    for name in files:
        (tmp_path / name).touch()
    assert has_card(tmp_path) is found


def test_a_judge_without_its_model_is_an_error(episode: Path, models: Path, charforge: Run) -> None:
    """A face pack that nobody named is told before anything is rendered."""
    settle(episode, sdxl(models / "sdxl-0"))
    file = episode.parents[1] / "charforge.yaml"
    file.write_text(file.read_text("utf-8").replace("[fake, fake]", "[fake, insightface]"), "utf-8")
    assert "models: {insightface: {weights: FOLDER}}" in charforge("check", str(episode), code=2).stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("coqui: {weights: voice, loras: [{file: a.safetensors}], steps: 4}", "coqui does not read loras, steps"),
        ("sdxl: {weights: a, speaker: p225, rate: 16}", "sdxl does not read rate, speaker"),
        ("insightface: {weights: pack, dtype: float16}", "insightface does not read dtype"),
        ("animatic: {backend: sdxl, weights: a}", "this is the name of another model, which animatic runs"),
        ("pack: {backend: insightface, weights: a}", "insightface runs one model, under its own name"),
    ],
)
def test_what_nothing_reads_is_an_error(episode: Path, charforge: Run, line: str, said: str) -> None:
    """A wish that would be passed over in silence is told with the file."""
    settle(episode, line)
    told = charforge("check", str(episode), code=2).stderr
    assert said in " ".join(told.split())
    assert "hint:" in told


@pytest.mark.parametrize(("family", "refused"), [("xtts", True), ("vits", False)])
def test_an_xtts_in_a_folder_is_not_for_a_commercial_project(
    episode: Path, tmp_path: Path, result: Run, family: str, refused: bool
) -> None:
    """Its licence goes with it, wherever it lies; a VITS may be anybody's."""
    voice = tmp_path / "voice"
    voice.mkdir()
    (voice / "config.json").write_text(json.dumps({"model": family}))
    (voice / "model.pth").write_bytes(b"weights")
    for commercial in (False, True):
        named = f"coqui: {{weights: '{voice}', language: en, licence: MIT}}"
        settle(episode, named, f"commercial: {str(commercial).lower()}")
        rows = {row["what"]: row for row in result("doctor", code=3 if refused and commercial else 0)["rows"]}
        told = rows["voice coqui"]
        assert told["ok"] is not (refused and commercial)
        assert ("CPML" in told["hint"]) is (refused and commercial)


def test_a_commercial_project_fetches_no_voice_that_is_not_for_it(episode: Path, charforge: Run) -> None:
    """Also when its licence is agreed to; nothing is asked of the network."""
    name = "tts_models/multilingual/multi-dataset/xtts_v2"
    settle(episode, f"coqui: {{weights: {name}}}", "commercial: true")
    told = charforge("weights", "pull", "coqui", "--agree", code=3).stderr
    assert "CPML" in told
    assert "commercial: false" in told


def test_doctor_looks_into_a_voice_s_folder_and_a_face_pack(episode: Path, tmp_path: Path, result: Run) -> None:
    """A folder that holds something else is told before a film needs it."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("nothing")
    settle(episode, f"coqui: {{weights: '{tmp_path}/other'}}", f"  insightface: {{weights: '{tmp_path}/other'}}")
    rows = {row["what"]: row for row in result("doctor", code=3)["rows"]}
    assert "config.json" in rows["voice coqui"]["hint"]
    assert "no ONNX files" in rows["face insightface"]["hint"]


def test_a_device_that_torch_cannot_use_is_told_before_anything_is_rendered(
    episode: Path, models: Path, charforge: Run
) -> None:
    """Doctor, check and render all refuse it; nothing falls back to the CPU."""
    settle(episode, sdxl(models / "sdxl-0"))
    file = episode.parents[1] / "charforge.yaml"
    file.write_text(file.read_text("utf-8").replace("device: cpu", "device: cuda"), "utf-8")
    assert "device: cuda" in charforge("check", str(episode), code=2).stdout
    assert "device: cuda" in charforge("doctor", code=3).stdout
    assert "device: cpu in charforge.yaml" in charforge("render", str(episode), code=3).stderr
    assert not (episode.parents[1] / ".charforge/takes").exists()


def test_check_looks_for_the_face_model_of_an_adapter(episode: Path, models: Path, charforge: Run) -> None:
    """What no face backend runs is told before a line is spoken."""
    adapter = f'{{file: "{models}/faceid.safetensors", face_model: {"ab" * 32}}}'
    settle(episode, sdxl(models / "sdxl-0", adapter=adapter))
    assert "no face backend runs the face model abababababab" in charforge("check", str(episode), code=2).stdout


def test_stills_are_made_before_there_is_a_model_that_moves_them(
    episode: Path, models: Path, charforge: Run, result: Run
) -> None:
    """Stopping for approval needs no clip model; the film does, and says so with what is wrong besides."""
    settle(episode, sdxl(models / "sdxl-0"))
    file = episode.parents[1] / "charforge.yaml"
    file.write_text(file.read_text("utf-8").replace("clip: fake\n", ""), "utf-8")
    report = result("render", str(episode), "--stage", "stills", code=1)
    assert [row["model"] for row in report["shots"]] == ["sdxl"] * 3
    assert "no model can make the clip" in charforge("render", str(episode), code=2).stderr
    assert "no model can make the clip" in charforge("check", str(episode), code=2).stdout
    assert "ok" in charforge("check", str(episode), "--clip", "fake").stdout


def test_a_commercial_project_asks_for_the_licence_of_its_own_models(
    episode: Path, models: Path, charforge: Run
) -> None:
    """Nobody can tell from a folder what it may be used for."""
    file = episode.parents[1] / "charforge.yaml"
    for licence, told in ((None, "does not say under which licence"), ("FLUX Non-Commercial", "may not be used")):
        settle(episode, sdxl(models / "sdxl-0", **({"licence": licence} if licence else {})), "commercial: true")
        assert told in charforge("check", str(episode), code=2).stdout
    settle(episode, sdxl(models / "sdxl-0", licence="CreativeML Open RAIL++-M"), "commercial: true")
    assert "ok" in charforge("check", str(episode)).stdout
    assert "commercial: true" in file.read_text("utf-8")


def test_a_commercial_pilot_is_refused_by_check(charforge: Run, tmp_path: Path) -> None:
    """The embedded face generator may not be used there, which is told before a line is spoken."""
    house = Path(__file__).parents[2]
    (tmp_path / "film/shotlists").mkdir(parents=True)
    shutil.copy(house / "shotlists/pilot.yaml", tmp_path / "film/shotlists/pilot.yaml")
    (tmp_path / "film/library").symlink_to(house / "library")
    (tmp_path / "film/charforge.yaml").write_text("commercial: true\n", "utf-8")
    told = charforge("check", str(tmp_path / "film/shotlists/pilot.yaml"), code=2).stdout
    assert "may not be used in a commercial project" in told
    assert "stylegan" in told


def test_a_circled_take_stands_under_the_model_that_made_it(
    episode: Path, models: Path, charforge: Run, result: Run
) -> None:
    """Another model that is planned since is not named for a picture it did not draw."""
    settle(episode, sdxl(models / "sdxl-0"))
    result("render", str(episode), "--stage", "stills", "--still", "fake")
    charforge("circle", "e01_s02_0010", "1")
    rows = {row["shot"]: row["model"] for row in result("render", str(episode), "--stage", "stills", code=1)["shots"]}
    assert rows == {"s01/0010": "sdxl", "s01/0020": "sdxl", "s02/0010": "fake"}
