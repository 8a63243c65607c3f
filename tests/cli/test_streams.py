"""Whatever becomes of the command line's output, nothing ends in a traceback, and the exit code says what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from charforge.bench import fakefilm

CHARFORGE = [sys.executable, "-m", "charforge"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project that the fakes can film, in a folder whose name is no text."""
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff 100% %s"))
    fakefilm.make(root)
    return root


def run(folder: Path, *words: str, stdout: int = subprocess.PIPE, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in the project."""
    return subprocess.run(
        [*CHARFORGE, *words],
        cwd=folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
        env={**os.environ, **more},
    )


def test_a_reader_that_has_seen_enough_stops_nothing(folder: Path) -> None:
    """Piped into something like head, a plan ends well."""
    reading, writing = os.pipe()
    os.close(reading)
    done = run(folder, "plan", "shotlists/e01.yaml", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_log_that_nobody_reads_does_not_stop_the_film(folder: Path) -> None:
    """With standard error closed at the other end the film is made all the same."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*CHARFORGE, "render", "shotlists/e01.yaml"], cwd=folder, stderr=writing, check=False)
    os.close(writing)
    assert done.returncode == 0
    assert (folder / "build/e01/e01.mp4").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_output_to_a_full_disk_is_an_error(folder: Path) -> None:
    """A result that could not be written is not a success."""
    with Path("/dev/full").open("wb") as full:
        done = run(folder, "check", "shotlists/e01.yaml", stdout=full.fileno())
    assert done.returncode == 3
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_closed_output_goes_nowhere(folder: Path) -> None:
    """A program without standard output still checks."""
    command = f"{sys.executable} -m charforge check shotlists/e01.yaml >&-"
    done = subprocess.run(["sh", "-c", command], cwd=folder, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_is_json_in_every_encoding(folder: Path, encoding: str) -> None:
    """Emoji, and paths that are no text, arrive as JSON."""
    episode = folder / "shotlists/e01.yaml"
    episode.write_text(episode.read_text("utf-8").replace("episode: e01", "look: 🙂\nepisode: e01"), "utf-8")
    done = run(folder, "plan", "shotlists/e01.yaml", "--json", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode(encoding))["episode"] == "e01"


def test_a_film_is_made_in_a_folder_whose_name_is_no_text(folder: Path) -> None:
    """Every file lies in the folder, and the report, and the second run, are readable."""
    done = run(folder, "render", "shotlists/e01.yaml", "--json")
    assert done.returncode == 0, done.stderr
    path = json.loads(done.stdout)["master"]["path"]
    assert Path(path) == folder / "build/e01/e01.mp4"
    assert json.loads((folder / "build/e01/report.json").read_bytes())["master"]["path"] == path
    assert b"nothing to render" in run(folder, "render", "shotlists/e01.yaml").stdout


def test_a_name_too_long_for_the_disk_is_your_input(folder: Path) -> None:
    """The message says so."""
    done = run(folder, "check", "x" * 300 + ".yaml")
    assert done.returncode == 2
    assert b"too long" in done.stderr


@pytest.mark.parametrize("stage", ["voice", "clip", "assemble"])
def test_ctrl_c_ends_with_130_and_a_word(folder: Path, stage: str) -> None:
    """Whenever it comes, the message says that nothing is lost."""
    child = subprocess.Popen(
        [*CHARFORGE, "render", "shotlists/e01.yaml"],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    with child:
        assert child.stderr is not None
        assert any(line.startswith(stage.encode()) for line in child.stderr)
        child.send_signal(signal.SIGINT)
        said = child.stderr.read()
    assert child.returncode == 130
    assert b"what was finished is kept" in said
    assert b"Traceback" not in said
