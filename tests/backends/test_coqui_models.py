"""Voice models that coqui-tts knows by name."""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("TTS")

from coqui_desk import House, Table, line
from tiny import coqui as tiny

from charforge.backends.coqui import Coqui
from charforge.backends.coqui import models as coqui_models
from charforge.errors import BackendMissing, CharforgeError, InputError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator

TINY = "tts_models/en/tiny/vits"


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and takes note of what is asked for."""

    asked: list[str] = []

    def do_GET(self) -> None:
        """Serve a file; break off in the middle of one called cut."""
        self.asked.append(self.path)
        if self.path != "/cut.zip":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "500000")
        self.end_headers()
        self.wfile.write(b"PK" * 500)

    def log_message(self, *_ignored: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve a folder on loopback; return its address and the folder."""
    root = tmp_path / "served"
    root.mkdir()
    Silent.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(root))) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", root
        running.shutdown()
        thread.join()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder where coqui-tts would keep its models; a question on the terminal would fail."""
    monkeypatch.setenv("TTS_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("COQUI_TOS_AGREED", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path / "data" / "tts"


def listing(file: Path, **item: Any) -> Path:
    """Write a list of models as coqui-tts has it, with one VITS."""
    entry = {"description": "", "default_vocoder": None, "license": "CPML", "tos_required": True} | item
    file.write_text(json.dumps({"tts_models": {"en": {"tiny": {"vits": entry}}}}))
    return file


def zipped(folder: Path, file: Path) -> Path:
    """Pack a model as coqui-tts' releases are packed: in one folder."""
    with zipfile.ZipFile(file, "w") as packed:
        packed.mkdir("tts_models--en--tiny--vits")
        for each in sorted(folder.iterdir()):
            packed.write(each, f"tts_models--en--tiny--vits/{each.name}")
    return file


# --- what is known without the network


def test_names_are_told_from_folders_and_hub_ids() -> None:
    """Only speaking models are names."""
    assert coqui_models.is_name("tts_models/en/vctk/vits")
    assert coqui_models.is_name("tts_models/multilingual/multi-dataset/xtts_v2")
    for other in ("models/mine", "owner/name", "vocoder_models/en/vctk/hifigan_v2", "tts_models/en/../vits/x"):
        assert not coqui_models.is_name(other)


def test_listed_are_the_models_that_the_voice_can_speak_with() -> None:
    """VITS and XTTS, and none that needs a vocoder."""
    names = coqui_models.names()
    assert {
        "tts_models/en/vctk/vits",
        "tts_models/multilingual/multi-dataset/xtts_v2",
        "tts_models/en/jenny/jenny",
    } <= {*names}
    assert not any(other in name for name in names for other in ("tacotron", "bark", "glow", "tortoise"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "tts_models/multilingual/multi-dataset/xtts_v2",
            "CPML, the Coqui Public Model License: not for commercial use",
        ),
        ("tts_models/multilingual/multi-dataset/your_tts", "CC BY-NC-ND 4.0: not for commercial use"),
        ("tts_models/en/vctk/vits", "Apache 2.0: any use"),
        ("tts_models/ca/custom/vits", "CC BY 4.0: any use, with its authors' names"),
        ("tts_models/ewe/openbible/vits", "CC BY-SA 4.0"),
        ("tts_models/bg/cv/vits", "BSD 3-clause"),
        ("tts_models/en/jenny/jenny", "custom - see https"),
    ],
)
def test_licences_are_said_in_words(name: str, said: str) -> None:
    """They come from coqui-tts' own list."""
    assert coqui_models.licence(name).startswith(said)


def test_every_licence_in_the_list_has_words_or_says_where_to_look() -> None:
    """No entry is without terms, and only those known to allow it are commercial."""
    for name in coqui_models.names():
        terms = coqui_models.licence(name)
        assert terms in coqui_models.TERMS.values() or "http" in terms or terms == coqui_models.UNKNOWN
    assert coqui_models.commercial("tts_models/en/vctk/vits")
    assert not coqui_models.commercial("tts_models/multilingual/multi-dataset/xtts_v2")
    assert not coqui_models.commercial("tts_models/en/jenny/jenny")


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """A slip of the pen is met with a guess."""
    with pytest.raises(InputError, match="knows no voice model") as caught:
        coqui_models.licence("tts_models/en/vctk/vit")
    assert caught.value.hint == "did you mean tts_models/en/vctk/vits?"


def test_a_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A broken file is named."""
    (tmp_path / "models.json").write_text("{")
    with pytest.raises(WeightsError, match=r"models\.json"):
        coqui_models.names(tmp_path / "models.json")


def test_terms_and_places_are_told_without_loading_torch() -> None:
    """What the help and the doctor ask for is quick."""
    code = (
        "import sys; from charforge.backends.coqui import models as m; m.licence('tts_models/en/vctk/vits'); m.home()\n"
        "sys.exit('torch' in sys.modules or 'TTS' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_models_lie_where_coqui_keeps_them(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TTS_HOME, then XDG_DATA_HOME, as coqui-tts itself has it."""
    from trainer.io import get_user_data_dir

    assert coqui_models.home() == shelf == get_user_data_dir("tts")
    monkeypatch.delenv("TTS_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert coqui_models.home() == tmp_path / "xdg" / "tts" == get_user_data_dir("tts")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert coqui_models.home() == get_user_data_dir("tts")


def test_a_model_that_is_not_here_says_what_fetches_it(shelf: Path) -> None:
    """Nothing, an empty folder and a half fetched one."""
    for content in (None, {}, {"config.json": '{"model": "vits"}'}):
        if content is not None:
            (shelf / "tts_models--en--vctk--vits").mkdir(parents=True, exist_ok=True)
            for name, text in content.items():
                (shelf / "tts_models--en--vctk--vits" / name).write_text(text)
        with pytest.raises(BackendMissing) as caught:
            coqui_models.folder("tts_models/en/vctk/vits")
        assert caught.value.hint == "charforge weights pull tts_models/en/vctk/vits"
    assert "not whole" in caught.value.message


# --- fetching


def test_a_fetched_model_speaks_and_is_not_fetched_twice(
    server: tuple[str, Path], shelf: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It lies where coqui-tts looks for it, as it was published; nothing is asked or printed."""
    address, root = server
    made = tiny.build_vits(tmp_path / "made", ("mara", "tom"))
    zipped(made, root / "tiny.zip")
    models = listing(tmp_path / "models.json", github_rls_url=f"{address}/tiny.zip")
    capfd.readouterr()
    for _ in range(2):
        folder = coqui_models.fetch(TINY, accepted=True, models_file=models)
    assert Silent.asked == ["/tiny.zip"]
    assert capfd.readouterr().out == ""
    assert folder == shelf / "tts_models--en--tiny--vits" == coqui_models.folder(TINY)
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == {f.name: f.read_bytes() for f in made.iterdir()}
    assert [f.name for f in shelf.iterdir()] == [folder.name]
    job = line(settings={"weights": "7" * 64, "speaker": "tom"})
    assert len(Coqui(House({"7" * 64: folder})).voice(job, Table()).samples) > 0


def test_a_model_of_single_files_is_fetched(server: tuple[str, Path], shelf: Path, tmp_path: Path) -> None:
    """coqui-tts' list names some models file by file; a half fetched one makes place."""
    address, root = server
    tiny.build_vits(root)
    (shelf / "tts_models--en--tiny--vits").mkdir(parents=True)
    (shelf / "tts_models--en--tiny--vits" / "config.json").write_text("{")
    files = [f"{address}/model.pth", f"{address}/config.json"]
    folder = coqui_models.fetch(
        TINY, accepted=True, models_file=listing(tmp_path / "models.json", github_rls_url=files)
    )
    assert sorted(f.name for f in folder.iterdir()) == ["config.json", "model.pth"]


def test_without_consent_nothing_is_fetched_and_nothing_asked(
    server: tuple[str, Path], shelf: Path, tmp_path: Path
) -> None:
    """The terms are said; so it is when the project is offline."""
    models = listing(tmp_path / "models.json", github_rls_url=f"{server[0]}/tiny.zip")
    with pytest.raises(WeightsError, match="CPML, the Coqui Public Model License: not for commercial") as caught:
        coqui_models.fetch(TINY, accepted=False, models_file=models)
    assert caught.value.hint == f"read it, then: charforge weights pull {TINY} --agree"
    with pytest.raises(WeightsError, match="offline"):
        coqui_models.fetch(TINY, accepted=True, offline=True, models_file=models)
    assert Silent.asked == []
    assert not shelf.exists()


@pytest.mark.parametrize("what", ["missing", "cut", "no zip", "evil", "bark"])
def test_a_broken_download_leaves_nothing_behind(
    server: tuple[str, Path], shelf: Path, tmp_path: Path, what: str
) -> None:
    """Whatever is served, a model is there whole or not at all."""
    address, root = server
    if what == "no zip":
        (root / "tiny.zip").write_bytes(b"<html>")
    elif what in ("evil", "bark"):
        made = tiny.build_vits(tmp_path / "made")
        if what == "evil":
            (made / "model.pth").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
        else:
            (made / "config.json").write_text('{"model": "bark"}')
        zipped(made, root / "tiny.zip")
    served = f"{address}/{'cut' if what == 'cut' else 'tiny'}.zip"
    with pytest.raises(WeightsError) as caught:
        coqui_models.fetch(TINY, accepted=True, models_file=listing(tmp_path / "models.json", github_rls_url=served))
    assert caught.value.hint
    assert list(shelf.iterdir()) == []


def test_a_server_that_is_not_there_is_an_error(shelf: Path, tmp_path: Path) -> None:
    """A refused connection is told with the name of the model."""
    models = listing(tmp_path / "models.json", github_rls_url="http://127.0.0.1:9/tiny.zip")
    with pytest.raises(WeightsError, match=f"{TINY} cannot be fetched"):
        coqui_models.fetch(TINY, accepted=True, models_file=models)
    assert list(shelf.iterdir()) == []


def test_a_model_that_the_voice_cannot_speak_with_is_not_fetched(shelf: Path) -> None:
    """A model that needs a vocoder is refused before the network is asked."""
    with pytest.raises(CharforgeError, match="does not speak with"):
        coqui_models.fetch("tts_models/en/ljspeech/tacotron2-DDC", accepted=True)
    assert not shelf.exists()


def test_a_model_in_the_hubs_cache_is_linked_to_its_place(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XTTS comes from the hub: what is in the hub's cache is found without a copy."""
    snapshot = tmp_path / "hub" / "models--owner--tiny" / "snapshots" / ("a" * 40)
    tiny.build_vits(snapshot)
    code = (
        "from pathlib import Path; from charforge.backends.coqui import models as m\n"
        f"print(m.fetch({TINY!r}, accepted=True, models_file=Path({str(tmp_path / 'models.json')!r})))"
    )
    (tmp_path / "hub" / "models--owner--tiny" / "refs").mkdir()
    (tmp_path / "hub" / "models--owner--tiny" / "refs" / "main").write_text("a" * 40)
    listing(tmp_path / "models.json", repo_id="owner/tiny")
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert found.stdout.strip() == str(shelf / "tts_models--en--tiny--vits"), found.stderr
    assert coqui_models.folder(TINY).resolve() == snapshot
