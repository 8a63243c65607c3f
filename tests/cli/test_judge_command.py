"""The judge command: exit codes, rows as they come, reports, and Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typed import Done, command, program

from charforge import imaging
from charforge.backends.fake import headshot
from charforge.bench import fakefilm

Command = Callable[..., Done]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a folder of twelve files: nine of mia, one of theo, and two that are broken."""
    root = tmp_path / "film"
    fakefilm.make(root)
    dailies = root / "dailies"
    dailies.mkdir()
    for number in range(9):
        (dailies / f"{number}.png").write_bytes(imaging.encode_png(headshot("mia", 128)))
    (dailies / "theo.png").write_bytes(imaging.encode_png(headshot("theo", 128)))
    (dailies / "empty.png").write_bytes(b"")
    (dailies / "text.mp4").write_text("this is no clip")
    return root


@pytest.fixture
def charforge(project: Path) -> Command:
    """Return a function that runs the command line in the project's folder."""

    def run(*words: str, code: int = 0, process: bool = False) -> Done:
        done = (program if process else command)(project, *words, CI="true")
        assert done.returncode == code, done.stderr
        return done

    return run


def rows(text: str) -> Any:
    """Return the rows of a run with --json."""
    return json.loads(text)


def test_broken_files_are_exit_2_and_the_rest_is_told(charforge: Command) -> None:
    """The two are listed with what to do, the others have their verdicts, and both reports are written."""
    done = charforge(
        "judge",
        "dailies",
        "--cast",
        "mia",
        "--page",
        "out/page.html",
        "--junit",
        "out/report.xml",
        code=2,
        process=True,
    )
    assert "cannot be judged: dailies/empty.png: the file is empty" in done.stdout
    assert "cannot be judged: dailies/text.mp4" in done.stdout
    assert "12 files: 9 pass, 1 fail, 2 cannot be judged" in done.stdout
    assert "written: out/page.html" in done.stdout


def test_a_failed_verdict_is_exit_1_and_all_passing_is_0(charforge: Command) -> None:
    """What is broken is another thing than what is not good enough."""
    charforge("judge", "dailies/theo.png", "dailies/1.png", "--cast", "mia", code=1)
    charforge("judge", "dailies/0.png", "dailies/1.png", "--cast", "mia")
    assert (
        "error: dailies/empty.png: the file is empty"
        in charforge("judge", "dailies/empty.png", "--cast", "mia", code=2).stderr
    )


def test_the_report_for_continuous_integration_holds_every_file(project: Path, charforge: Command) -> None:
    """Somebody else is a failure, what cannot be judged an error; each score is told."""
    charforge("judge", "dailies", "--cast", "mia", "--junit", "report.xml", code=2)
    (suite,) = ET.fromstring((project / "report.xml").read_bytes())
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "12",
        "failures": "1",
        "errors": "2",
        "skipped": "0",
    }
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert {case.get("classname") for case in cases.values()} == {"dailies"}
    assert next(child.tag for child in cases["theo.png"]) == "failure"
    assert [child.get("type") for child in cases["empty.png"]] == ["unreadable"]
    assert "mia 1.000 (bar 0.600)" in "".join(cases["0.png"].itertext())


def test_rows_come_as_lines_of_one_list(charforge: Command) -> None:
    """Each file is one line, and the whole is JSON; a broken file's row says why."""
    done = charforge("judge", "dailies", "--cast", "mia", "--json", code=2)
    assert len(done.stdout.strip().splitlines()) == 14
    told = rows(done.stdout)
    assert [Path(row["file"]).name for row in told[:2]] == ["0.png", "1.png"]
    assert told[0]["meanings"][0]["percent"] == 100
    assert [row["hint"] != "" for row in told] == [row["error"] != "" for row in told]
    assert sum(bool(row["error"]) for row in told) == 2


def test_ctrl_c_keeps_what_is_known(project: Path) -> None:
    """The JSON is closed, the page and the report hold the files judged by then, and the exit code is 130."""
    many = project / "many"
    many.mkdir()
    for number in range(2000):
        (many / f"{number:04}.png").hardlink_to(project / "dailies/0.png")
    words = ["judge", "many", "--cast", "mia", "--json", "--page", "page.html", "--junit", "report.xml"]
    command = [sys.executable, "-m", "charforge", *words]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        first = [running.stdout.readline() for _ in range(4)]
        running.send_signal(signal.SIGINT)
        text = "".join(first) + running.stdout.read()
        assert running.wait(60) == 130
    told = rows(text)
    assert 3 <= len(told) < 2000
    assert "files were not judged" in (project / "page.html").read_text("utf-8")
    (suite,) = ET.fromstring((project / "report.xml").read_bytes())
    assert suite.get("tests") == str(len(told))
    assert [p.get("value") for p in suite.iter("property") if p.get("name") == "stopped"] == ["yes"]


def test_many_files_are_told_by_what_does_not_pass(project: Path, charforge: Command) -> None:
    """A thousand good files do not hide the one that is not."""
    for number in range(40):
        (project / f"dailies/more{number:02}.png").hardlink_to(project / "dailies/0.png")
    said = charforge("judge", "dailies", "--cast", "mia", code=2).stdout
    assert "theo.png" in said
    assert "more07.png" not in said
    assert "49 files that pass are not shown" in said
