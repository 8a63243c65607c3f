"""Casting: faces on a sheet and a page, one picked or photographed, lookalikes told, nothing replaced by accident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from casting_house import RIGHTS, files, photo, pilot, project
from headshots import CHARACTERS
from typed import command, program

from charforge.errors import InputError
from charforge.events import Noted, silent
from charforge.studio import casting

pytestmark = pytest.mark.models


def test_candidates_are_shown_with_their_seeds_and_reasons(tmp_path: Path, home: object) -> None:
    """Sheet and page hold every face; each has its rules, why it is not usable, and what to type."""
    root = project(tmp_path)
    report = casting.cast(root, "ada", casting.Drawing(count=2, first_seed=101), silent)
    assert {c.seed for c in report.candidates} == {101, 102}
    page = Path(report.page).read_text("utf-8")
    for candidate in report.candidates:
        assert candidate.usable == (not candidate.why_not)
        assert candidate.rules
        assert candidate.pick == f"charforge cast ada --pick {candidate.seed}"
        assert candidate.pick in page
        assert f"seed {candidate.seed}" in page
        assert all(reason in page for reason in candidate.why_not)
    assert "charforge cast ada --first-seed 103" in page
    assert Path(report.sheet).is_file()
    assert files(root / "library") == {}


def test_two_of_a_cast_who_look_alike_are_told(tmp_path: Path, home: object) -> None:
    """The pair is named with the number, and of a photograph what comes of it; the master is made all the same."""
    root = project(tmp_path)
    pilot(root)
    heard: list[object] = []
    given = casting.photo(photo(tmp_path / "eva.jpg", of=CHARACTERS / "mia/expressions/focused.webp"), *RIGHTS)
    report = casting.own(root, "eva", given, heard.append)
    (pair,) = report.alike
    assert {pair.one, pair.other} == {"eva", "mia"}
    assert pair.value > pair.limit
    (told,) = (event.text for event in heard if isinstance(event, Noted))
    assert "eva and mia look alike" in told
    assert f"{pair.value:.2f}" in told
    assert "--apart-from" not in told
    assert "who is who where both are in a shot" in told


def test_a_master_that_pictures_were_made_from_is_not_replaced(tmp_path: Path) -> None:
    """Neither by a seed nor by a photograph; the hint says how it can be."""
    root = project(tmp_path)
    pilot(root)
    before = files(root / "library")
    with pytest.raises(InputError, match="were made from the master headshot") as told:
        casting.pick(root, "mia", 7, casting.Drawing(), silent)
    assert "--force" in told.value.hint
    with pytest.raises(InputError, match="were made from the master headshot"):
        casting.own(root, "mia", casting.photo(tmp_path / "x.jpg", *RIGHTS), silent)
    assert files(root / "library") == before


@pytest.mark.parametrize("name", ["Mia", "mia smith", "../mia", "mia/x", "mi\u0301a", ""])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever would lead out of the library, or be written in two ways, is refused before anything is drawn."""
    root = project(tmp_path)
    with pytest.raises(InputError, match="is not a character's name"):
        casting.cast(root, name, casting.Drawing(count=1), silent)
    assert files(root / "library") == {}


def test_the_commands_speak_json_and_exit_codes(tmp_path: Path, home: object) -> None:
    """Refusals are 2 with a hint on standard error; a result is JSON on standard output."""
    root = project(tmp_path)
    refused = program(root, "cast", "mia", "--from", "nowhere.jpg", "--release", "signed", "--licence", "x")
    assert refused.returncode == 2
    assert "there is no such file" in refused.stderr
    assert "hint:" in refused.stderr
    photo(root / "mia.jpg")
    done = program(root, "cast", "mia", "--from", "mia.jpg", "--release", "signed", "--licence", "x", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["headshot"].endswith("library/characters/mia/headshot/front.png")
    assert {rule["name"] for rule in made["rules"]} >= {"one-face", "size", "turn"}
    early = command(root, "build", "mia", "--json")
    assert early.returncode == 2
    assert "mia's headshot is not locked" in early.stderr
    assert "charforge lock mia" in early.stderr
