"""Fetching models from the hub with its own library, in a process of its own, as its address is fixed at import."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import model_folders as folders
import pytest
from model_hub import COMMIT, Hub

from charforge.checkpoints.layout import problems
from charforge.errors import WeightsError
from charforge.weights.hub import pull_hub
from charforge.weights.hub_errors import told
from charforge.weights.own import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("huggingface_hub")

PULL = """
import json, sys
from charforge.errors import CharforgeError
from charforge.weights.hub import pull_hub

def tell(event):
    print(json.dumps([type(event).__name__, str(event)]), flush=True)
    if len(sys.argv) > 3 and sys.argv[3] in type(event).__name__:
        raise KeyboardInterrupt

for name in sys.argv[1].split():
    how = {word: True for word in sys.argv[2].split() if word != "online"}
    try:
        print(json.dumps(["path", str(pull_hub(name, tell, **how))]))
    except CharforgeError as error:
        print(json.dumps(["error", type(error).__name__, error.message, error.hint]))
    except KeyboardInterrupt:
        print(json.dumps(["interrupted"]))
"""


@dataclass(frozen=True)
class Told:
    """What a process that pulled a model told."""

    events: list[list[Any]]
    errors: str

    @property
    def path(self) -> Path:
        """The folder it returned."""
        assert self.events[-1][0] == "path", self.events
        return Path(self.events[-1][1])

    @property
    def error(self) -> tuple[str, str]:
        """The message and hint that it failed with."""
        assert self.events[-1][:2] == ["error", "WeightsError"], self.events
        return self.events[-1][2], self.events[-1][3]


class Puller:
    """Pulls in a process of its own, from the hub of this test into a cache of this test."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.home = folder / "hf"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "XDG_"))}
        self.environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(self.home), "CHARFORGE_WEIGHTS": str(folder / "w")}
        self.environment |= {"NO_PROXY": "127.0.0.1", "HF_HUB_DISABLE_TELEMETRY": "1"}

    def start(self, repo: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start to pull."""
        command = [sys.executable, "-c", PULL, repo, *(arguments or ("online",))]
        surroundings = self.environment | environment
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=surroundings)

    def __call__(self, repo: str = "acme/model", *arguments: str, **environment: str) -> Told:
        """Pull to the end."""
        output, errors = self.start(repo, *arguments, **environment).communicate(timeout=60)
        return Told([json.loads(line) for line in output.splitlines()], errors)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Serve a hub."""
    served = Hub()
    yield served
    served.close()


@pytest.fixture
def pull(hub: Hub, tmp_path: Path) -> Puller:
    """Return what pulls from that hub."""
    return Puller(hub, tmp_path)


@pytest.fixture
def model(hub: Hub, tmp_path: Path) -> dict[str, bytes]:
    """Offer a whole model, with much beside it that no loader of ours reads."""
    return _offered(hub, tmp_path)


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, dict[str, bytes], Hub]]:
    """Fetch a whole model once: what was told, what a loader reads of it, and the hub."""
    folder, served = tmp_path_factory.mktemp("fetched"), Hub()
    model = _offered(served, folder)
    yield Puller(served, folder)(), model, served
    served.close()


def _offered(hub: Hub, scratch: Path) -> dict[str, bytes]:
    folder = folders.sdxl(scratch / "sdxl")
    hub.files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    read = dict(hub.files)
    hub.files |= {
        "README.md": b"# A model",
        "sd_xl_base_1.0.safetensors": b"all in one",
        "pipeline.py": b"raise SystemExit",
        "unet/diffusion_pytorch_model.bin": b"\x80\x04pickle",
        "unet/diffusion_pytorch_model.fp16.safetensors": b"a variant",
        "unet/model.onnx": b"another format",
        "samples/one.png": b"a picture",
    }
    return read


def test_a_model_is_fetched_whole_and_nothing_else(fetched: tuple[Told, dict[str, bytes], Hub]) -> None:
    """What is here afterwards is what a loader reads; it is told that it has no problems."""
    told, model, hub = fetched
    here = {str(file.relative_to(told.path)): file.read_bytes() for file in told.path.rglob("*") if file.is_file()}
    assert here == model
    assert problems(told.path, ("StableDiffusionXLPipeline",)) == ()
    assert not [line for line in hub.asked if "README" in line or ".bin" in line or ".py" in line]


def test_it_is_found_afterwards_without_the_network(
    fetched: tuple[Told, dict[str, bytes], Hub], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By its id, in the cache that it was fetched into."""
    told, _, hub = fetched
    asked = len(hub.asked)
    monkeypatch.setenv("HF_HUB_CACHE", str(told.path.parents[2]))
    assert locate("acme/model", tmp_path, "xl") == told.path
    assert locate(f"acme/model@{COMMIT}", tmp_path, "xl") == told.path
    assert pull_hub("acme/model", offline=True) == told.path
    assert len(hub.asked) == asked


def test_progress_counts_bytes(fetched: tuple[Told, dict[str, bytes], Hub]) -> None:
    """From nothing to everything, with a beginning and an end."""
    told, model, _ = fetched
    total = sum(map(len, model.values()))
    stages = [text for name, text in told.events if name in ("StageStarted", "StageEnded") and "weights" in text]
    assert stages[0] == f"StageStarted(stage='weights', total={total}, unit='bytes')"
    assert len(stages) == 2
    steps = [text for name, text in told.events if name == "Progressed" and "'weights'" in text]
    assert steps[-1] == f"Progressed(stage='weights', item='acme/model', done={total}, total={total})"


def test_the_licence_is_told_before_anything_is_fetched(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """A person can still say no."""
    told = pull("acme/model", "online", "Noted")
    assert told.events == [
        ["Noted", f"Noted(text='acme/model has the licence apache-2.0: {hub.url}/acme/model')"],
        ["interrupted"],
    ]
    assert not any("resolve" in line for line in hub.asked)


def test_every_way_to_state_a_licence_is_told(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """Also that there is none."""
    cards: dict[str, tuple[dict[str, Any] | None, str]] = {
        "acme/a": (None, "acme/a names no licence"),
        "acme/b": ({"license": "unknown"}, "acme/b names no licence"),
        "acme/c": ({"license": ["mit", "apache-2.0"]}, "acme/c has the licence mit, apache-2.0"),
        "acme/d": ({"license_name": "acme-nc", "license_link": "https://acme.example/nc"}, "acme-nc: https://acme."),
        "acme/e": (
            {"license": "other", "license_name": "acme-nc", "license_link": "LICENSE.md"},
            "acme-nc: http://127",
        ),
    }
    hub.cards = {repo: card for repo, (card, _) in cards.items()}
    told = pull(" ".join(cards), "online", "Noted").events
    for (_, words), event in zip(cards.values(), told[::2], strict=True):
        assert words in event[1]


def test_a_commercial_project_fetches_nothing_that_is_not_for_it(hub: Hub, pull: Puller) -> None:
    """The hub's own name for the licence tells; nothing of the model is asked for."""
    named = ["cc-by-nc-4.0", "flux-non-commercial-license", "coqui-public-model-license", "fair-noncommercial-research"]
    hub.cards = {f"acme/{n}": {"license": "other", "license_name": name} for n, name in enumerate(named)}
    told = pull(" ".join(hub.cards), "commercial")
    errors = [event for event in told.events if event[0] == "error"]
    assert len(errors) == len(named)
    for error, name in zip(errors, named, strict=True):
        assert name in error[2]
        assert "commercial: false" in error[3]
    assert not any("resolve" in line for line in hub.asked)


def test_what_is_here_is_not_fetched_again(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """A second pull asks whether anything is new, and that is all."""
    told = pull("acme/model acme/model").events
    assert sum(name == "StageStarted" and "'weights'" in text for name, text, *_ in told) == 1
    assert [name for name, count in hub.sent.items() if name and count != len(model[name])] == []


def test_a_transfer_that_breaks_off_goes_on_near_where_it_stopped(hub: Hub, pull: Puller) -> None:
    """The library writes by ten megabytes; only what came after the last of them is fetched twice."""
    size = 16_000_000
    content = folders.raw({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}, os.urandom(size))
    hub.files = {"lora.safetensors": content}
    hub.cuts["lora.safetensors"] = 12_000_000
    assert (pull().path / "lora.safetensors").read_bytes() == content
    assert hub.sent["lora.safetensors"] < size + 2_000_000


def test_an_interrupted_pull_goes_on_with_the_files_that_are_missing(
    hub: Hub, pull: Puller, model: dict[str, bytes], tmp_path: Path
) -> None:
    """Ctrl-C ends it soon; what was whole stays, and half a model is told as such until it is whole."""
    name = "unet/diffusion_pytorch_model.safetensors"
    hub.slow.add(name)
    running = pull.start("acme/model")
    snapshot = pull.home / "hub" / "models--acme--model" / "snapshots" / COMMIT
    wanted = len(model) - 1
    for _ in range(300):
        if sum(file.is_file() for file in snapshot.rglob("*")) == wanted:
            break
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=5)
    assert json.loads(output.splitlines()[-1]) == ["interrupted"]
    assert [found.message for found in problems(snapshot, ("StableDiffusionXLPipeline",))] == ["has no weights"]
    hub.slow.clear()
    sent = dict(hub.sent)
    path = pull().path
    assert problems(path, ("StableDiffusionXLPipeline",)) == ()
    again = {file for file, count in hub.sent.items() if file and count != sent.get(file)}
    assert again == {name}


def test_bytes_that_are_not_those_listed_are_removed(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """Of the right size, but changed on their way: large files and small ones."""
    large, small = "vae/diffusion_pytorch_model.safetensors", "tokenizer/vocab.json"
    model[small] = hub.files[small] = b'{"a": 1}'
    hub.forged = {large: model[large][:-1] + b"!", small: b'{"a": 2}'}
    message, hint = pull().error
    assert f"{large} of acme/model is not the file that the hub lists" in message
    assert small in message
    assert "run it again" in hint
    hub.forged.clear()
    path = pull().path
    assert (path / large).read_bytes() == model[large]
    assert (path / small).read_bytes() == model[small]


def test_a_file_of_the_wrong_size_is_refused(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """The library's own check, told as ours."""
    name = "vae/diffusion_pytorch_model.safetensors"
    hub.forged = {name: model[name] + b"more"}
    message, _ = pull().error
    assert "acme/model" in message


def test_a_refusal_is_told_in_words(hub: Hub, pull: Puller) -> None:
    """With what to type next."""
    wanted = {
        "acme/a": (404, {"X-Error-Code": "RepoNotFound"}, "there is no acme/a at http", "check the name"),
        "acme/b": (401, {}, "there is no acme/b at http", "or set HF_TOKEN"),
        "acme/c": (403, {"X-Error-Code": "GatedRepo"}, "is given only to those who accepted", "accept them at http"),
        "acme/d": (401, {"X-Error-Code": "GatedRepo"}, "is given only to those who accepted", "hf auth login"),
        "acme/e": (403, {}, "the token may not read acme/e", "settings/tokens"),
        "acme/f": (403, {"X-Error-Message": "Access to this resource is disabled."}, "was taken down", "another model"),
        "acme/g": (400, {}, "acme/g cannot be fetched", "run it again"),
    }
    hub.refusals = {repo: (status, headers) for repo, (status, headers, _, _) in wanted.items()}
    for (_, _, message, hint), event in zip(wanted.values(), pull(" ".join(wanted)).events, strict=True):
        assert event[:2] == ["error", "WeightsError"]
        assert message in event[2]
        assert hint in event[3]


@pytest.mark.parametrize(
    ("status", "words"), [(429, "was asked too often"), (503, "has trouble of its own (answer 503)")]
)
def test_a_hub_in_trouble_is_told_in_words(status: int, words: str) -> None:
    """The library itself tries again for a while before it gives up."""
    error = RuntimeError("it went wrong")
    error.response = type("Answer", (), {"status_code": status})()  # type: ignore[attr-defined]
    assert words in told(error, "acme/model", "main", "https://hub.example").message


def test_an_unknown_revision_is_told(pull: Puller, model: dict[str, bytes]) -> None:
    """With where to look for those there are."""
    message, hint = pull("acme/model@v9").error
    assert message == "acme/model has no revision 'v9'"
    assert hint.endswith("/acme/model/tree/main")


def test_a_token_is_sent_and_never_shown(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """Not when it lets in, and not when it is refused."""
    hub.token = "hf_secretoftherightkind"
    assert pull(HF_TOKEN=hub.token).path.is_dir()
    wrong = "hf_secretofthewrongkind"
    told = pull(HF_TOKEN=wrong)
    assert "does not know the token" in told.error[0]
    assert "secret" not in told.errors + str(told.events)


def test_a_hub_that_cannot_be_reached_is_told(hub: Hub, pull: Puller) -> None:
    """With what may be wrong on this side."""
    message, hint = pull(HF_ENDPOINT="http://127.0.0.1:9").error
    assert "acme/model cannot be fetched from http://127.0.0.1:9" in message
    assert "check the network" in hint


def test_offline_touches_no_network(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """Neither by our own setting nor by the library's."""
    message, hint = pull("acme/model", "offline").error
    assert message == "acme/model is not on this machine, and offline is set"
    assert "offline: false" in hint
    assert "HF_HUB_OFFLINE is set" in pull(HF_HUB_OFFLINE="1").error[0]
    assert hub.asked == []


def test_too_little_room_is_told_before_anything_is_fetched(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """With how much there is and how much it takes."""
    hub.claims["unet/diffusion_pytorch_model.safetensors"] = 10**16
    message, hint = pull().error
    assert "10000000.0 GB are needed for acme/model" in message
    assert "HF_HOME" in hint
    assert not any("unet" in line and "resolve" in line for line in hub.asked)


def test_a_model_of_pickles_is_refused_before_it_is_fetched(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """The part that has nothing else is named."""
    del hub.files["unet/diffusion_pytorch_model.safetensors"]
    del hub.files["unet/diffusion_pytorch_model.fp16.safetensors"]
    message, hint = pull().error
    assert message.startswith("unet has no weights as safetensors")
    assert "diffusion_pytorch_model.bin" in message
    assert "safetensors" in hint
    assert not any("text_encoder" in line for line in hub.asked)
    hub.files = {"pytorch_model.bin": b"\x80\x04", "config.json": b"{}"}
    assert pull().error[0].startswith("acme/model has no weights as safetensors")


def test_a_model_that_comes_only_in_a_variant_is_fetched(hub: Hub, pull: Puller, model: dict[str, bytes]) -> None:
    """The loader is told to prefer it."""
    del hub.files["unet/diffusion_pytorch_model.safetensors"]
    hub.files["unet/diffusion_pytorch_model.fp16.safetensors"] = model["unet/diffusion_pytorch_model.safetensors"]
    assert problems(pull().path, ("StableDiffusionXLPipeline",)) == ()


def test_a_repository_of_one_file_is_fetched(hub: Hub, pull: Puller) -> None:
    """Such as a LoRA; names that lead elsewhere are nobody's files."""
    hub.files = {"lora.safetensors": folders.raw({}), "README.md": b"", "train.py": b"", "old.ckpt": b""}
    hub.files |= {"../../../evil.safetensors": b"evil", "/tmp/evil.safetensors": b"evil", "a/../../b.json": b"evil"}
    assert sorted(file.name for file in pull().path.iterdir()) == ["lora.safetensors"]


@pytest.mark.parametrize("name", ["", "model", "a/b/c", "../x", "acme/model@"])
def test_what_is_no_hub_id_is_refused(name: str) -> None:
    """Before the library is asked."""
    with pytest.raises(WeightsError) as caught:
        pull_hub(name)
    assert "owner/name" in caught.value.hint


def test_a_missing_library_says_what_to_install(tmp_path: Path) -> None:
    """In a Python that has none of it."""
    code = (
        "import sys; sys.modules['huggingface_hub'] = None; from charforge.weights.hub import pull_hub; "
        "from charforge.errors import BackendMissing\n"
        "try: pull_hub('acme/model')\nexcept BackendMissing as error: print(error.message, '|', error.hint)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "huggingface_hub is not installed | pip install 'charforge[diffusers]'"


def test_a_full_disk_is_told_as_such() -> None:
    """However deep the library wrapped it."""
    error = RuntimeError("it went wrong")
    error.__cause__ = OSError(28, "No space left on device")
    found = told(error, "acme/model", "main", "https://hub.example")
    assert found.message == "acme/model cannot be written to the hub's cache: No space left on device"
    assert "free disk space" in found.hint
