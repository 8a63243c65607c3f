"""Where models of the user's own lie, and the digest that names their content."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import model_folders as folders
import pytest

from charforge.errors import BackendMissing, WeightsError
from charforge.events import Event, Progressed, StageEnded, StageStarted
from charforge.weights.own import RECORD, digest, files, hub_cache, hub_id, locate

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the hub's cache an empty folder."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


def _cached(hub: Path, repo: str, ref: str = "main", commit: str = COMMIT) -> Path:
    storage = hub / f"models--{repo.replace('/', '--')}"
    snapshot = storage / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (storage / "refs" / ref).parent.mkdir(parents=True, exist_ok=True)
    (storage / "refs" / ref).write_text(commit)
    return snapshot


def _aged(path: Path, seconds: float = 60) -> Path:
    """Let files look as if they were written a while ago, as weights are."""
    for file in [path, *path.rglob("*")]:
        then = time.time() - seconds
        os.utime(file, (then, then))
    return path


def _diffusers(path: Path) -> Path:
    index = {
        "_class_name": "XPipeline",
        "_name_or_path": ["not", "a part"],
        "unet": ["diffusers", "UNet"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "feature_extractor": [None, None],
        "force_zeros": True,
    }
    folders.document(path / "model_index.json", index)
    folders.document(path / "unet" / "config.json", {})
    folders.safetensors(path / "unet" / "diffusion_pytorch_model.safetensors", {"w": (4,)})
    (path / "tokenizer").mkdir()
    (path / "tokenizer" / "merges.txt").write_text("a b")
    return path


def test_a_path_is_taken_from_the_projects_folder(tmp_path: Path, hub: Path) -> None:
    """Folders and files are found relative to the project, absolute and from the user's home."""
    (tmp_path / "models" / "sdxl").mkdir(parents=True)
    (tmp_path / "swap.onnx").touch()
    assert locate("models/sdxl", tmp_path, "sdxl") == tmp_path / "models" / "sdxl"
    assert locate("./swap.onnx", tmp_path, "swap") == tmp_path / "swap.onnx"
    assert locate(str(tmp_path / "swap.onnx"), Path("/elsewhere"), "swap") == tmp_path / "swap.onnx"


def test_a_tilde_is_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shell has it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "sdxl").mkdir()
    assert locate("~/sdxl", Path("/project"), "sdxl") == tmp_path / "sdxl"


def test_a_hub_id_is_found_in_the_hubs_cache(tmp_path: Path, hub: Path) -> None:
    """By its main branch, by a branch or tag, and by a commit."""
    main = _cached(hub, "acme/sdxl")
    other = _cached(hub, "acme/sdxl", "refs/pr/1", "f" * 40)
    assert locate("acme/sdxl", tmp_path, "sdxl") == main
    assert locate("acme/sdxl@main", tmp_path, "sdxl") == main
    assert locate("acme/sdxl@refs/pr/1", tmp_path, "sdxl") == other
    assert locate(f"acme/sdxl@{'f' * 40}", tmp_path, "sdxl") == other


def test_the_real_library_has_the_same_cache(hub: Path) -> None:
    """The library, asked in a process of its own, names the same folder."""
    pytest.importorskip("huggingface_hub")
    code = "from huggingface_hub import constants; print(constants.HF_HUB_CACHE)"
    for changes in ({}, {"HF_HUB_CACHE": "$HOME/a"}, {"HF_HOME": "", "XDG_CACHE_HOME": "/x"}):
        environment = {**os.environ, **changes}
        environment = {name: value for name, value in environment.items() if value}
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        with pytest.MonkeyPatch.context() as patch:
            for name in ("HF_HOME", *changes):
                patch.delenv(name, raising=False)
            for name, value in environment.items():
                patch.setenv(name, value)
            assert str(hub_cache()) == told.stdout.strip()


def test_a_folder_of_the_project_goes_before_the_hub(tmp_path: Path, hub: Path) -> None:
    """What stands in the project is meant."""
    _cached(hub, "acme/sdxl")
    (tmp_path / "acme" / "sdxl").mkdir(parents=True)
    assert locate("acme/sdxl", tmp_path, "sdxl") == tmp_path / "acme" / "sdxl"


def test_a_hub_id_that_is_not_here_says_what_to_type(tmp_path: Path, hub: Path) -> None:
    """The command carries the model's name in charforge.yaml."""
    with pytest.raises(BackendMissing) as caught:
        locate("acme/sdxl@v2", tmp_path, "my-sdxl")
    assert caught.value.hint == "charforge weights pull my-sdxl"
    assert "acme/sdxl at 'v2'" in caught.value.message
    assert str(hub) in caught.value.message
    _cached(hub, "acme/sdxl")
    with pytest.raises(BackendMissing):
        locate("acme/sdxl@v2", tmp_path, "my-sdxl")


def test_a_misspelt_folder_of_the_project_is_no_hub_id(tmp_path: Path, hub: Path) -> None:
    """What begins with a folder of the project is looked for there only, whatever the hub's cache holds."""
    (tmp_path / "models" / "sdxl-base").mkdir(parents=True)
    _cached(hub, "models/sdxl-bse")
    with pytest.raises(BackendMissing) as caught:
        locate("models/sdxl-bse", tmp_path, "sdxl")
    assert caught.value.message.endswith("does not exist")
    so = "(the project has a folder models, so this is a path and no hub id)"
    assert caught.value.hint == f"did you mean sdxl-base? {so}"
    for text in ("models/nope", "models/nope@main", "models/a/b", "./models/a", "../models", "~/models", "/models/a"):
        assert hub_id(text, tmp_path) == ("", "")
    assert hub_id("model/sdxl-base", tmp_path) == ("model/sdxl-base", "")


def test_a_misspelt_first_folder_is_guessed(tmp_path: Path, hub: Path) -> None:
    """It may be a hub id: both ways out are named."""
    (tmp_path / "models" / "sdxl-base").mkdir(parents=True)
    with pytest.raises(BackendMissing) as caught:
        locate("model/sdxl-base", tmp_path, "sdxl")
    assert caught.value.hint == "charforge weights pull sdxl; or, for a folder, did you mean models?"


@pytest.mark.parametrize(
    ("weights", "message", "hint"),
    [
        ("./models/sdxl-bse", "does not exist", "did you mean sdxl-base?"),
        ("./model/sdxl-base", "there is no folder", "did you mean models?"),
        ("./models/sdxl-base/x/y", "there is no folder", "write the model's folder, or a hub id: owner/name"),
        ("./file/sdxl", "is a file", ""),
        ("./dangling", "is a link to something that is gone", ""),
        ("~nobody-at-all/x", "cannot be looked for", "write a folder, a file, or a hub id: owner/name"),
        ("./" + "x" * 300, "cannot be looked for: File name too long", "hub id"),
        ("", "the model 'sdxl' in charforge.yaml has no weights", "hub id"),
    ],
)
def test_a_wrong_path_says_what_is_wrong_with_it(
    tmp_path: Path, hub: Path, weights: str, message: str, hint: str
) -> None:
    """The first part that is missing is named, with what lies beside it."""
    (tmp_path / "models" / "sdxl-base").mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(BackendMissing) as caught:
        locate(weights, tmp_path, "sdxl")
    assert message in caught.value.message
    assert weights in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "a/b/c",
        "../b",
        "a/..",
        "/a/b",
        "a/b@",
        "a/b@../../x",
        "a--b/c",
        "a/b.",
        "~/b",
        "a b/c",
        "a/b@x y",
        "ä/b",
    ],
)
def test_what_is_no_hub_id_never_reaches_the_hubs_cache(text: str) -> None:
    """Nothing in it can lead outside the cache."""
    assert hub_id(text) == ("", "")


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path, cache: Path) -> None:
    """So that it can be compared with what its author states."""
    (tmp_path / "m.onnx").write_bytes(b"weights")
    assert digest(tmp_path / "m.onnx") == hashlib.sha256(b"weights").hexdigest()


def test_the_digest_of_a_folder_can_be_told_with_common_tools(tmp_path: Path, cache: Path) -> None:
    """It is the sha256 of what `sha256sum` prints for its files in the order of their names."""
    (tmp_path / "voice" / "b").mkdir(parents=True)
    (tmp_path / "voice" / "b" / "x").write_bytes(b"x")
    (tmp_path / "voice" / "a").write_bytes(b"a")
    lines = f"{hashlib.sha256(b'a').hexdigest()}  a\n{hashlib.sha256(b'x').hexdigest()}  b/x\n"
    assert digest(tmp_path / "voice") == hashlib.sha256(lines.encode()).hexdigest()


def test_what_no_loader_reads_does_not_change_the_digest(tmp_path: Path, cache: Path) -> None:
    """Pictures, notes, other formats and half-fetched files may come and go."""
    model = _diffusers(tmp_path / "m")
    before = digest(model)
    (model / "README.md").write_text("hello")
    (model / "sd_xl_base_1.0.safetensors").write_bytes(b"all in one")
    (model / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (model / "unet" / "diffusion_pytorch_model.fp16.safetensors").write_bytes(b"variant")
    (model / "unet" / "diffusion_pytorch_model.fp16-00001-of-00002.safetensors").write_bytes(b"variant")
    (model / "unet" / "diffusion_pytorch_model.safetensors.index.fp16.json").write_text("{}")
    (model / "unet" / "model.onnx").write_bytes(b"other")
    (model / "unet" / ".hidden.json").write_text("{}")
    (model / "samples").mkdir()
    (model / "samples" / "one.json").write_text("{}")
    assert digest(model) == before
    assert set(files(model)) == {
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "tokenizer/merges.txt",
    }


def test_a_variant_counts_where_the_loader_reads_it(tmp_path: Path, cache: Path) -> None:
    """That is where a part comes in nothing else; then it is preferred everywhere."""
    model = _diffusers(tmp_path / "m")
    plain = model / "unet" / "diffusion_pytorch_model.safetensors"
    variant = plain.with_name("diffusion_pytorch_model.fp16.safetensors")
    plain.rename(variant)
    (plain.parent / "diffusion_pytorch_model.safetensors.index.fp16.json").write_text("{}")
    (model / "tokenizer" / "model.safetensors").write_bytes(b"plain")
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in files(model)
    assert "unet/diffusion_pytorch_model.safetensors.index.fp16.json" in files(model)
    assert "tokenizer/model.safetensors" in files(model)
    (model / "tokenizer" / "model.fp16.safetensors").write_bytes(b"variant")
    assert "tokenizer/model.fp16.safetensors" in files(model)
    assert "tokenizer/model.safetensors" not in files(model)


@pytest.mark.parametrize("name", ["model_index.json", "unet/config.json", "tokenizer/merges.txt", "tokenizer/new.json"])
def test_whatever_a_loader_reads_changes_the_digest(tmp_path: Path, cache: Path, name: str) -> None:
    """A changed setting is another model."""
    model = _diffusers(tmp_path / "m")
    before = digest(model)
    content = json.dumps(json.loads((model / "model_index.json").read_text()) | {"more": 1})
    (model / name).write_text(content)
    assert digest(model) != before


def test_a_copy_and_a_hub_snapshot_have_the_same_digest(tmp_path: Path, cache: Path, hub: Path) -> None:
    """Links of the hub's cache are followed; where a model lies does not matter."""
    model, snapshot = _diffusers(tmp_path / "m"), _cached(hub, "acme/x")
    blobs = snapshot.parents[1] / "blobs"
    blobs.mkdir()
    for count, (name, file) in enumerate(files(model).items()):
        (blobs / str(count)).write_bytes(file.read_bytes())
        (snapshot / name).parent.mkdir(exist_ok=True)
        (snapshot / name).symlink_to(blobs / str(count))
    assert digest(locate("acme/x", tmp_path, "x")) == digest(model)


def test_a_folder_is_read_once(tmp_path: Path, cache: Path) -> None:
    """Without a change of size or time, nothing is hashed again, in another process neither; progress says so."""
    model = _aged(_diffusers(tmp_path / "m"))
    events: list[Event] = []
    first = digest(model, events.append)
    total = sum(file.stat().st_size for file in files(model).values())
    assert events[0] == StageStarted("fingerprint", total, "bytes")
    assert [e for e in events if isinstance(e, Progressed)][-1].done == total
    assert isinstance(events[-1], StageEnded)
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    facts = weights.stat()
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    os.utime(weights, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    events.clear()
    assert digest(model, events.append) == first
    assert events == []
    code = f"from charforge.weights.own import digest; from pathlib import Path; print(digest(Path({str(model)!r})))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == first
    os.utime(weights)
    assert digest(model) != first


def test_a_file_written_just_now_is_not_remembered(tmp_path: Path, cache: Path) -> None:
    """It may change again within one tick of the clock."""
    (tmp_path / "m").write_bytes(b"one")
    digest(tmp_path / "m")
    facts = (tmp_path / "m").stat()
    (tmp_path / "m").write_bytes(b"two")
    os.utime(tmp_path / "m", ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    assert digest(tmp_path / "m") == hashlib.sha256(b"two").hexdigest()


def test_several_processes_share_one_record(tmp_path: Path, cache: Path) -> None:
    """None loses what another remembered."""
    for number in range(4):
        (tmp_path / f"m{number}").write_bytes(bytes([number]))
        _aged(tmp_path / f"m{number}")
    code = "import sys; from charforge.weights.own import digest; from pathlib import Path; digest(Path(sys.argv[1]))"
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / f"m{number}")]) for number in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    record = json.loads((cache / RECORD).read_text())
    assert sorted(Path(real).name for real in record) == [f"m{number}" for number in range(4)]


def test_what_is_gone_is_forgotten(tmp_path: Path, cache: Path) -> None:
    """The record does not grow for ever."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x")
        digest(_aged(tmp_path / name))
        (tmp_path / name).unlink()
    assert [Path(real).name for real in json.loads((cache / RECORD).read_text())] == ["b"]


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": [1]}', "\x00", "[" * 100_000])
def test_a_damaged_record_is_written_anew(tmp_path: Path, cache: Path, content: str) -> None:
    """It only costs the hashing."""
    cache.mkdir()
    (cache / RECORD).write_text(content)
    (tmp_path / "m").write_bytes(b"x")
    assert digest(_aged(tmp_path / "m")) == hashlib.sha256(b"x").hexdigest()
    assert len(json.loads((cache / RECORD).read_text())) == 1


def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are hashed every time."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHARFORGE_WEIGHTS", str(tmp_path / "file" / "weights"))
    (tmp_path / "m").write_bytes(b"x")
    assert digest(_aged(tmp_path / "m")) == hashlib.sha256(b"x").hexdigest()


def test_a_file_that_is_being_written_is_refused(tmp_path: Path, cache: Path) -> None:
    """Half a copy has no digest."""
    path = tmp_path / "m"
    path.write_bytes(b"half")

    def more(event: Event) -> None:
        if isinstance(event, Progressed):
            path.write_bytes(b"half and half")

    with pytest.raises(WeightsError) as caught:
        digest(path, more)
    assert "is being written" in caught.value.message


def test_an_interrupted_hashing_keeps_what_it_has(tmp_path: Path, cache: Path) -> None:
    """Ctrl-C after the first of two files costs only the second."""
    for name in ("a", "b"):
        folders.safetensors(tmp_path / "m" / name, {"w": (8,)})
    _aged(tmp_path / "m")

    def stop(event: Event) -> None:
        if isinstance(event, Progressed) and event.item == "b":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        digest(tmp_path / "m", stop)
    assert [Path(real).name for real in json.loads((cache / RECORD).read_text())] == ["a"]


def test_nothing_and_links_to_nowhere_have_no_digest(tmp_path: Path, cache: Path) -> None:
    """Both are told in words."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackendMissing) as caught:
        digest(tmp_path / "empty")
    assert "holds no files of a model" in caught.value.message
    (tmp_path / "empty" / "w.safetensors").symlink_to("nowhere")
    with pytest.raises(WeightsError) as lost:
        digest(tmp_path / "empty")
    assert "is a link to a file that is gone" in lost.value.message


def test_a_circle_of_links_and_a_whole_disk_are_survived(tmp_path: Path, cache: Path) -> None:
    """A folder far too large to be a model is refused before anything is hashed."""
    (tmp_path / "m" / "a").mkdir(parents=True)
    (tmp_path / "m" / "a" / "w").write_bytes(b"x")
    (tmp_path / "m" / "a" / "up").symlink_to(tmp_path / "m")
    assert set(files(tmp_path / "m")) == {"a/w"}
    for number in range(2001):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(WeightsError) as caught:
        digest(tmp_path)
    assert "more than 2000 files" in caught.value.message
