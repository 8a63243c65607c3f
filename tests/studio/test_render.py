"""An episode is rendered once, judged, repaired or stopped, and never half-written."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import imaging
from charforge import library as assets
from charforge.backends.fake import headshot
from charforge.bench import fakefilm
from charforge.media import probe

Run = Callable[..., Any]


def master(episode: Path) -> Path:
    """Return where the film goes."""
    return episode.parents[1] / "build/e01/e01.mp4"


def rewrite(episode: Path, old: str, new: str) -> None:
    """Change a word of the shot list."""
    text = episode.read_text("utf-8")
    assert old in text
    episode.write_text(text.replace(old, new), "utf-8")


def test_a_film_is_as_long_as_its_card_and_its_shots(episode: Path, result: Run) -> None:
    """The master's frames are the title card's and the shots', to the frame."""
    report = result("render", str(episode))
    assert probe(master(episode)).frames == 12 + sum(row["frames"] for row in report["shots"])
    assert [row["verdict"] for row in report["shots"]] == ["pass", "pass", "pass"]
    assert report["rendered"] == 8


def test_a_second_render_makes_nothing_and_says_so(episode: Path, charforge: Run, result: Run) -> None:
    """What has not changed is not even planned again."""
    result("render", str(episode))
    before = master(episode).stat().st_mtime_ns
    done = charforge("render", str(episode))
    assert "nothing to render" in done.stdout
    assert master(episode).stat().st_mtime_ns == before


def test_changed_words_make_exactly_their_shot_again(rendered: Path, charforge: Run, result: Run) -> None:
    """A reworded action of one shot leaves every other take in place, and `why` names the reason."""
    rewrite(rendered, "Theo waits.", "Theo yawns.")
    assert "prompt changed" in charforge("why", "e01_s02_0010").stdout
    assert "up to date" in charforge("why", "e01_s01_0010").stdout
    report = result("render", str(rendered))
    assert (report["rendered"], report["reused"]) == (2, 6)
    assert report["shots"][2]["slate"] == "e01_s02_0010_t02"


def test_a_changed_reference_makes_only_the_shots_that_used_it(rendered: Path, result: Run) -> None:
    """A new plate for the night re-renders the night's shot."""
    plate = rendered.parents[1] / "library/locations/cafe/plates/table-night.png"
    plate.write_bytes(imaging.encode_png(headshot("another place", 64)))
    assets.lock(rendered.parents[1] / "library")
    report = result("render", str(rendered))
    assert [row["seconds"] > 0 for row in report["shots"]] == [False, False, True]


def test_a_locked_file_that_changed_stops_the_render_before_it_starts(episode: Path, charforge: Run) -> None:
    """The message names the file and what to type."""
    plate = episode.parents[1] / "library/locations/cafe/plates/table-night.png"
    plate.write_bytes(plate.read_bytes() + b" ")
    done = charforge("render", str(episode), code=2)
    assert "plates/table-night.png has changed" in done.stderr
    assert "hint:" in done.stderr
    assert not master(episode).exists()


def test_a_stranger_in_a_still_stops_its_clip_and_the_film(stranger: Path, charforge: Run, result: Run) -> None:
    """A face that is not the character's fails, costs no clip, and ends with exit code 1; --accept goes on."""
    report = result("render", str(stranger), code=1)
    assert [row["verdict"] for row in report["shots"]] == ["pass", "pass", "fail"]
    assert not master(stranger).exists()
    said = charforge("render", str(stranger), code=1).stderr
    assert "s02/0010: no clip is made" in said
    assert "charforge circle e01_s02_0010 1, or render with --accept" in said
    charforge("render", str(stranger), "--accept")
    assert master(stranger).exists()


def test_stills_wait_for_approval_and_a_person_may_circle_another(episode: Path, charforge: Run, result: Run) -> None:
    """The stage stops before clips; the take circled by hand is the one the clip starts from."""
    report = result("render", str(episode), "--stage", "stills")
    assert not master(episode).exists()
    rewrite(episode, "Theo waits.", "Theo yawns.")
    result("render", str(episode), "--stage", "stills")
    assert "circled e01_s02_0010_t01" in charforge("circle", "e01_s02_0010", "1").stdout
    report = result("render", str(episode))
    assert report["shots"][2]["slate"] == "e01_s02_0010_t01"
    assert master(episode).exists()


def test_stills_lie_where_people_look_for_them(episode: Path, result: Run) -> None:
    """Every shot's still stands in the build folder under its slate, beside a contact sheet of all."""
    result("render", str(episode), "--stage", "stills")
    rewrite(episode, "Theo waits.", "Theo yawns.")
    report = result("render", str(episode), "--stage", "stills")
    slates = [row["slate"] for row in report["shots"]]
    assert slates[2] == "e01_s02_0010_t02"
    assert sorted(p.name for p in Path(report["stills"]).iterdir()) == ["contact.png", *(f"{s}.png" for s in slates)]


def test_what_follows_a_change_is_told_too(rendered: Path, charforge: Run, result: Run) -> None:
    """A clip is not called up to date while the line that is heard in it is not."""
    rewrite(rendered, "Of course.", "But of course.")
    told = charforge("why", "e01_s01_0010").stdout
    assert "line/2: text changed" in told
    assert "clip: follows s01/0010/line/2" in told or "clip: frames changed" in told


def test_a_take_that_does_not_exist_cannot_be_circled(episode: Path, charforge: Run) -> None:
    """The message lists the takes there are."""
    charforge("render", str(episode), "--stage", "stills")
    assert "there are: t01" in charforge("circle", "e01_s02_0010", "7", code=2).stderr


def test_two_renders_of_one_episode_do_not_meet(episode: Path, charforge: Run) -> None:
    """The second says who works on it, and changes nothing."""
    from charforge.store import Store, locked

    with locked(Store(episode.parents[1] / ".charforge"), "e01"):
        done = charforge("render", str(episode), code=3)
    assert "e01" in done.stderr
    assert "hint:" in done.stderr


def test_a_render_killed_at_any_moment_gives_the_same_film(episode: Path, result: Run, tmp_path: Path) -> None:
    """After kills at random moments the finished film is, byte for byte, the one of an undisturbed run."""
    calm = fakefilm.make(tmp_path / "calm")
    subprocess.run(
        [sys.executable, "-m", "charforge", "render", str(calm)], check=True, capture_output=True, timeout=120
    )
    chance = random.Random(7)
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-m", "charforge", "render", str(episode)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.3, 2.5))
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=30)
    result("render", str(episode))
    assert master(episode).read_bytes() == master(calm).read_bytes()
    leftovers = [p.name for p in master(episode).parent.iterdir()]
    assert sorted(leftovers) == ["e01.mp4", "e01.srt", "poster.png", "report.json", "stills"]


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(episode: Path, charforge: Run) -> None:
    """Output to a place that is no folder fails with the path, and leaves nothing behind."""
    blocked = episode.parents[1] / "build"
    blocked.write_text("a file where a folder should be")
    done = charforge("render", str(episode), code=3)
    assert "build" in done.stderr
    assert "hint:" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mia@1", "mai@1", "did you mean mia"),
        ("light: night", "light: dusk", "dusk"),
        ("framing: close", "framing: closeup", "did you mean close"),
        ('text: "Of course."', 'text: "🙂🙂"', "no letter"),
        ("theo, position: right}", "theo, position: right, wardrobe: tuxedo}", "tuxedo"),
    ],
)
def test_mistakes_are_told_with_their_line(episode: Path, charforge: Run, old: str, new: str, words: str) -> None:
    """A mistake in the shot list ends with exit code 2, its line and a way out, before anything is rendered."""
    rewrite(episode, old, new)
    done = charforge("render", str(episode), code=2)
    assert words in done.stderr
    assert "e01.yaml:" in done.stderr
    assert not (episode.parents[1] / ".charforge/takes").exists()


def test_films_beside_each_other_keep_their_own_files(episode: Path, result: Run) -> None:
    """A master with a name of its own overwrites nobody's poster."""
    folder = episode.parents[1] / "cuts"
    result("render", str(episode), "--output", "cuts/first.mp4")
    assert sorted(p.name for p in folder.iterdir()) == ["first-poster.png", "first.mp4", "first.srt"]
