"""Call sheets of the pilot and of a small season."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import library as assets
from charforge.domain.sheets import CallSheet
from charforge.errors import InputError
from charforge.planner import Pins
from charforge.studio import callsheet
from charforge.studio.check import check, load_episode, load_library
from charforge.studio.desk import Desk
from charforge.studio.plan import plan
from charforge.studio.project import find

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "pilot-call-sheet.csv"

BURNT = """\
  - {id: 2, extends: 1, state: after-the-fire, from_episode: e02}
"""

SECOND = """\
charforge: 1
season: 1
episode: e02
title: The Ashes
video: {rate: 24, size: 320x180}
cast: {mia: mia, theo: theo}
scenes:
  - id: s01
    title: 'Ruins, "again"'
    location: cafe
    view: table
    light: day
    weather: rain
    story_time: "day 9, 10:00"
    shots:
      - {id: "0010", framing: close, characters: [{who: mia, wardrobe: coat}], action: "She looks.", duration: 48f}
      - {id: "0020", framing: insert, duration: 24f, lines: [{who: theo, text: "Oh.", voice_over: true}]}
  - id: s02
    title: Before
    location: cafe
    view: table
    light: night
    story_time: "day 1, 20:00"
    states: {mia: default}
    shots:
      - {id: "0010", framing: close, characters: [{who: mia}], action: "She laughs.", duration: 24f}
  - {id: s03, title: Nobody, location: cafe, view: table, light: day, shots: [{id: 1, framing: wide, duration: 1s}]}
"""


@pytest.fixture
def season(episode: Path) -> Path:
    """Return the folder of a project with two episodes, between which Mia goes through a fire."""
    root = episode.parents[1]
    mia = root / "library/characters/mia"
    definition = (mia / "character.yaml").read_text("utf-8")
    (mia / "body").mkdir()
    shutil.copy(mia / "headshot/front.png", mia / "body/coat.png")
    coat = "      - {file: body/coat.png, step: wardrobe, wardrobe: coat}\n"
    (mia / "character.yaml").write_text(definition + coat + BURNT, "utf-8")
    assets.lock(root / "library")
    (root / "shotlists/e02.yaml").write_text(SECOND, "utf-8")
    text = episode.read_text("utf-8").replace("mia: mia@1", "mia: mia")
    episode.write_text(text, "utf-8")
    return root


def rows(sheet: CallSheet) -> list[dict[str, str]]:
    """Return the CSV of a call sheet as it is read again."""
    return list(csv.DictReader(io.StringIO(callsheet.csv_text(sheet), newline="")))


def test_the_call_sheet_of_the_pilot_is_as_it_was(tmp_path: Path) -> None:
    """Every character of every scene, in the order of the film."""
    (tmp_path / "library").symlink_to(ROOT / "library")
    shutil.copytree(ROOT / "shotlists", tmp_path / "shotlists")
    shutil.copy(ROOT / "charforge.yaml", tmp_path)
    sheet = callsheet.call_sheet(tmp_path, "pilot")
    assert sheet.problems() == ()
    assert callsheet.csv_text(sheet).encode() == GOLDEN.read_bytes()


def test_a_state_holds_from_its_episode_on(season: Path) -> None:
    """Mia is as she was in the first episode, burnt in the second, and as she was where that is told."""
    sheet = callsheet.call_sheet(season, None, season=True)
    mia = next(c for c in sheet.characters if c.character == "mia")
    shown = [(c.episode, c.scene, c.part.asset, c.part.state, c.part.wardrobes) for c in mia.calls]
    assert shown == [
        ("e01", "s01", "mia@1", "default", ()),
        ("e02", "s01", "mia@2", "after-the-fire", ("coat",)),
        ("e02", "s02", "mia@1", "default", ()),
    ]
    markers = [(m.asset, m.state, m.from_episode, m.scenes) for m in mia.markers]
    assert markers == [
        ("mia@1", "default", None, ("e01/s01", "e02/s02")),
        ("mia@2", "after-the-fire", "e02", ("e02/s01",)),
    ]


def test_the_season_file_gives_the_order_and_names_what_is_missing(season: Path) -> None:
    """Files and ids can be mixed; an episode that is not there is told at its line, the others are shown."""
    (season / "season.yaml").write_text(
        'charforge: 1\nseason: 1\ntitle: "Fire"\nepisodes:\n  - shotlists/e02.yaml\n  - e01\n  - e03\n', "utf-8"
    )
    sheet = callsheet.call_sheet(season, None, season=True)
    assert (sheet.title, [e.episode for e in sheet.episodes]) == ("Fire", ["e02", "e01"])
    (error,) = sheet.errors
    assert "season.yaml:7: there is no episode e03" in error
    assert {p.asset for s in sheet.scenes() for p in s.parts if p.character == "mia" and s.episode == "e01"} == {
        "mia@2"
    }


def test_an_episode_that_cannot_be_read_is_told_beside_the_others(season: Path) -> None:
    """A broken shot list has its errors in its row, and the rest of the season is there."""
    (season / "shotlists/e03.yaml").write_text("charforge: 1\nepisode: e03\nscenes: [\n", "utf-8")
    (season / "shotlists/notes.yaml").write_text("of: no episode\n", "utf-8")
    sheet = callsheet.call_sheet(season, "e01", season=True)
    assert [(e.episode, bool(e.scenes), bool(e.errors)) for e in sheet.episodes] == [
        ("e01", True, False),
        ("e02", True, False),
        ("e03", False, True),
    ]
    assert "e03.yaml" in sheet.problems()[0]


def test_scenes_say_where_when_with_what_and_how_long(season: Path) -> None:
    """Place, light, weather, story time, shots, length, lines; who is only heard is not seen."""
    first, _, empty = callsheet.call_sheet(season, "e02").episodes[0].scenes
    assert (first.places, first.lights, first.weather, first.story_time) == (
        ("cafe@1",), ("day",), ("rain",), "day 9, 10:00",
    )  # fmt: skip
    assert (first.shots, first.frames, first.seconds, first.estimated, first.lines) == (2, 72, 3.0, False, 1)
    mia, theo = first.parts
    assert (mia.shots, mia.seconds, mia.lines, theo.shots, theo.lines, theo.heard) == (1, 2.0, 0, 0, 1, 1)
    assert empty.parts == ()


def test_the_csv_reads_back_whatever_stands_in_it(season: Path) -> None:
    """Commas and quotes survive, lines end in CRLF, and a scene without people has a row."""
    sheet = callsheet.call_sheet(season, "e02")
    text = callsheet.csv_text(sheet)
    assert text.count("\r\n") == text.count("\n") == 5
    found = rows(sheet)
    assert [(r["scene"], r["character"], r["wardrobe"]) for r in found] == [
        ("s01", "mia", "coat"),
        ("s01", "theo", ""),
        ("s02", "mia", ""),
        ("s03", "", ""),
    ]
    assert found[0]["title"] == 'Ruins, "again"'


def test_the_page_stands_alone_and_shows_faces_and_plates(season: Path) -> None:
    """Nothing is fetched; each version and each lit place has its picture; text is escaped."""
    file = callsheet.write_page(season, callsheet.call_sheet(season, None, season=True))
    html = file.read_text("utf-8")
    assert file.name == "call-sheet-season-1.html"
    assert not re.search(r"(src|href)=[\"'](?!data:)", html)
    assert {"mia@1", "mia@2", "theo@1", "cafe@1/day", "cafe@1/night"} <= set(re.findall(r'alt="([^"]+)"', html))
    assert "Ruins, &#34;again&#34;" in html


def test_an_unknown_episode_is_told_with_what_is_near(season: Path) -> None:
    """An id that no shot list has, and no id at all."""
    with pytest.raises(InputError, match="no episode 'e2'") as caught:
        callsheet.call_sheet(season, "e2")
    assert caught.value.hint.startswith("did you mean e0")
    with pytest.raises(InputError, match="which episode"):
        callsheet.call_sheet(season, None)


def test_a_name_too_long_for_any_file_is_an_unknown_episode(charforge: Callable[..., Any]) -> None:
    """It is not said to be a fault of the disk."""
    assert "there is no episode" in charforge("call-sheet", "e" * 300, code=2).stderr


def test_the_csv_is_not_written_over_anything_else(season: Path, charforge: Callable[..., Any]) -> None:
    """A shot list named by mistake stays as it is; an older call sheet is replaced."""
    file = season / "shotlists/e02.yaml"
    before = file.read_bytes()
    told = charforge("call-sheet", "e02", "--csv", str(file), code=2).stderr
    assert "is no CSV file" in told
    assert "hint: choose another: --csv" in told
    assert file.read_bytes() == before
    (season / "old.csv").write_text("old")
    charforge("call-sheet", "e02", "--csv", str(season / "old.csv"))
    assert (season / "old.csv").read_text("utf-8").startswith("season,episode,scene")


def test_two_files_of_one_episode_are_refused(season: Path) -> None:
    """Neither is taken silently."""
    shutil.copy(season / "shotlists/e02.yaml", season / "shotlists/e02-old.yaml")
    with pytest.raises(InputError, match="the episode e02 is also in"):
        callsheet.call_sheet(season, None, season=True)


def test_the_command_prints_tables_json_and_files(
    season: Path, charforge: Callable[..., subprocess.CompletedProcess[str]], result: Callable[..., Any]
) -> None:
    """Of one episode and of a season, with --json, --csv and --page; errors end in exit code 2."""
    told = charforge("call-sheet", "e02", "--csv", "sheet.csv", "--page").stdout
    assert "mia@2 coat, after-the-fire" in told
    assert (season / "sheet.csv").read_text("utf-8").startswith("season,episode,scene")
    assert (season / "build/call-sheet-e02.html").is_file()
    assert [e["episode"] for e in result("call-sheet", "--season")["episodes"]] == ["e01", "e02"]
    broken = SECOND.replace("location: cafe\n", "location: coffee\n").replace("e02", "e03")
    (season / "shotlists/e03.yaml").write_text(broken, "utf-8")
    wrong = json.loads(charforge("call-sheet", "e03", "--json", code=2).stdout)
    assert len(wrong["episodes"][0]["scenes"]) == 3
    assert "no location named coffee" in wrong["episodes"][0]["errors"][0]


def test_contradictions_between_episodes_are_told_by_check_and_stop_a_render(season: Path) -> None:
    """Somebody in two places at one time, found against the other episodes that season.yaml lists."""
    (season / "season.yaml").write_text("charforge: 1\nepisodes: [e01, e02]\n", "utf-8")
    first, second = season / "shotlists/e01.yaml", season / "shotlists/e02.yaml"
    when = 'view: table\n    light: night\n    story_time: "day 1, 20:00"\n'
    text = first.read_text("utf-8").replace("view: table\n    light: night\n", when)
    first.write_text(text.replace("characters: [{who: theo}]", "characters: [{who: mia}]"), "utf-8")
    shutil.copytree(season / "library/locations/cafe", season / "library/locations/bar")
    bar = season / "library/locations/bar/location.yaml"
    bar.write_text(bar.read_text("utf-8").replace("name: cafe", "name: bar"), "utf-8")
    assets.lock(season / "library")
    before = "title: Before\n    location: "
    second.write_text(SECOND.replace(f"{before}cafe", f"{before}bar").replace("light: day", "light: night"), "utf-8")
    report = check(second)
    assert [error.rsplit("e02.yaml:", 1)[1].split(" (")[0] for error in report.errors] == [
        "26: mia is in bar and in cafe@1"
    ]
    assert [warning for warning in report.warnings if "night does not go with" in warning]
    with pytest.raises(InputError, match="mia is in bar"):
        plan(second, Pins())
    sheet = callsheet.call_sheet(season, "e02")
    (problem,) = sheet.problems()
    assert problem.startswith("shotlists/e02.yaml:26: mia is in bar and in cafe@1")
    assert check(first).errors == ()


def test_every_later_stage_sees_the_settled_version(season: Path) -> None:
    """The plan draws and the judges expect Mia as the episode shows her, and nobody else's version."""
    second = season / "shotlists/e02.yaml"
    second.write_text(SECOND.split("  - id: s02", maxsplit=1)[0], "utf-8")
    project = find(second)
    library = load_library(project)
    expected = {face.asset for draft in plan(second, Pins()).drafts for face in draft.expected}
    desk = Desk(project, library, load_episode(second, project, library), lambda _: None)
    assert expected == {face.asset for face in desk.cast()} == {"mia@2"}


def test_a_file_is_found_from_anywhere_and_the_csv_can_be_printed(season: Path, tmp_path: Path) -> None:
    """The project is the file's own, not the one of the folder that the command is typed in."""
    file = season / "shotlists/e02.yaml"
    words = ["call-sheet", str(file), "--csv", "-", "--page"]
    done = subprocess.run(
        [sys.executable, "-m", "charforge", *words], cwd=tmp_path, capture_output=True, timeout=120, check=True
    )
    assert done.stdout.decode() == callsheet.csv_text(callsheet.call_sheet(season, "e02"))
    assert (season / "build/call-sheet-e02.html").is_file()
