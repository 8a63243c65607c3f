"""Pinned shots are compared with what a later machine makes or says of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typed import Done, program
from typed import command as typed

from charforge import imaging
from charforge import library as assets
from charforge.backends.fake import FakeFace, FakeStill, headshot
from charforge.bench import fakefilm
from charforge.errors import InputError, RenderFailed
from charforge.events import silent
from charforge.studio.regressing import pins as files
from charforge.studio.regressing.pinning import Wanted, pin
from charforge.studio.regressing.testing import Asked, compare
from charforge.studio.render import Options, render

SHOTS = 8


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of eight close-ups, mia and theo by turns, whose stills are made."""
    root = tmp_path_factory.mktemp("pinned") / "film"
    episode = fakefilm.make_long(root, SHOTS)
    render(episode, Options(stage="stills"), silent)
    return root


@pytest.fixture
def film(rendered: Path, tmp_path: Path) -> Path:
    """Return a copy of the project with everything pinned."""
    root = tmp_path / "film"
    shutil.copytree(rendered, root)
    pin(root, Wanted(episodes=("e01",)), silent)
    return root


@pytest.fixture
def drawn_otherwise(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that upgrades the backend of stills: badges come out with this share of cells turned over."""

    def upgrade(drift: float) -> None:
        from charforge.backends import fake

        monkeypatch.setattr(FakeStill, "revision", property(lambda self: "2"))
        cells = fake.drifted
        monkeypatch.setattr(fake, "drifted", lambda badge, share: cells(badge, drift))

    return upgrade


@pytest.fixture
def command(film: Path) -> Callable[..., Done]:
    """Return a function that runs the command line in the project's folder."""

    def run(*words: str, code: int = 0, process: bool = False) -> Done:
        done = (program if process else typed)(film, *words, CI="true")
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


def pins_of(film: Path) -> str:
    """Return the text of the pins."""
    return (film / "identity.yaml").read_text("utf-8")


def rewrite(film: Path, old: str, new: str) -> None:
    """Change a word of the pins."""
    text = pins_of(film)
    assert old in text
    (film / "identity.yaml").write_text(text.replace(old, new), "utf-8")


def test_pins_are_read_back_as_they_were_written(film: Path) -> None:
    """Writing what was read gives the same bytes, one number to a line, shots in order."""
    file = film / "identity.yaml"
    pins = files.read(file)
    assert files.written(pins) == file.read_bytes()
    assert list(pins.shots) == [f"e01_s01_{n * 10:05d}" for n in range(1, SHOTS + 1)]
    assert all(len(re.findall(r"\b\d\.\d{4}\b", line)) <= 1 for line in pins_of(film).splitlines())
    face = pins.shots["e01_s01_00010"]["still"].people["theo"]
    assert (face.asset, face.first, face.first_bar) == ("theo@1", 1.0, 0.6)


def test_nothing_changed_passes(film: Path) -> None:
    """Judged again or made again, everybody is who they were, and the film's own takes are as they were."""
    before = sorted(p.name for p in (film / ".charforge/takes").rglob("*.json"))
    for how in ("judge", "render"):
        done = compare(film, Asked(how=how), silent)
        assert done.passed(), done.wrong()
        assert {case.how for case in done.cases} == {"judged" if how == "judge" else "rendered"}
        assert all(case.same for case in done.cases)
    assert sorted(p.name for p in (film / ".charforge/takes").rglob("*.json")) == before


def test_an_upgraded_backend_that_draws_others_fails_with_the_reason(
    film: Path, drawn_otherwise: Callable[[float], None]
) -> None:
    """The shift of each character is told with its interval, and the revision that changed."""
    drawn_otherwise(0.1)
    done = compare(film, Asked(how="render"), silent)
    assert not done.passed()
    assert {(s.who, s.moved, s.shots) for s in done.shifts} == {("mia", True, 4), ("theo", True, 4)}
    assert all(s.high < -0.03 for s in done.shifts)
    assert all("fake: revision 1 -> 2" in case.changes for case in done.cases)
    assert any("scores moved by" in text and "the limit is 0.030" in text for text in done.wrong())


def test_takes_in_the_store_are_judged_and_not_made(film: Path, drawn_otherwise: Callable[[float], None]) -> None:
    """Without being asked, nothing that is still there is rendered."""
    drawn_otherwise(0.4)
    done = compare(film, Asked(), silent)
    assert done.passed()
    assert {case.how for case in done.cases} == {"judged"}


def test_noise_below_the_limit_passes(film: Path, drawn_otherwise: Callable[[float], None]) -> None:
    """Another picture whose scores move less than the limit is no other person; a wider limit takes more."""
    drawn_otherwise(0.1)
    rewrite(film, "shift: 0.0300", "shift: 0.5000")
    rewrite(film, "drop: 0.0600", "drop: 0.5000")
    done = compare(film, Asked(how="render"), silent)
    assert done.passed(), done.wrong()
    assert all(not case.same for case in done.cases)


def test_a_single_shot_that_falls_fails_although_the_median_holds(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bad shot of many is told by its slate."""
    still = FakeStill.still

    def slipped(self: FakeStill, job: Any, kit: Any) -> Any:
        bad = "Take 3." in job.prompt
        return still(self, job.changed(settings={**job.settings, "drift": 0.12}) if bad else job, kit)

    monkeypatch.setattr(FakeStill, "still", slipped)
    done = compare(film, Asked(how="render"), silent)
    assert not any(shift.moved for shift in done.shifts)
    assert [text.split(":")[0] for text in done.wrong()] == ["e01_s01_00030 still"]
    assert "the same job gives other bytes" in next(c for c in done.cases if c.shot == "e01_s01_00030").changes[-1]


def test_a_verdict_that_got_worse_fails_whatever_the_limits(
    film: Path, drawn_otherwise: Callable[[float], None]
) -> None:
    """Falling under the bar is told as a verdict."""
    drawn_otherwise(0.3)
    rewrite(film, "shift: 0.0300", "shift: 1.0000")
    rewrite(film, "drop: 0.0600", "drop: 1.0000")
    done = compare(film, Asked(how="render"), silent)
    assert len(done.wrong()) == SHOTS
    assert all(re.search(r"verdict pass -> (fix|fail): ", text) for text in done.wrong())


def test_a_judge_of_another_revision_is_compared_by_its_margins(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of another model mean something else; how far they lie over its bar can be compared."""
    monkeypatch.setattr(FakeFace, "revision", property(lambda self: "2"))
    monkeypatch.setattr(FakeFace, "similarity", lambda self, one, other: float(np.dot(one, other)) * 0.8)
    monkeypatch.setattr(FakeFace, "bar", 0.4)
    done = compare(film, Asked(how="judge"), silent)
    assert done.passed(), done.wrong()
    assert all(shift.margins for shift in done.shifts)
    assert "first judge fake: revision 1 -> 2" in done.changes
    monkeypatch.setattr(FakeFace, "bar", 0.7)
    assert not compare(film, Asked(how="judge"), silent).passed()


def test_a_judge_that_scores_the_same_pictures_higher_fails_too(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that is suddenly kinder is not the judge whose numbers were pinned."""
    similar = FakeFace.similarity
    monkeypatch.setattr(FakeFace, "similarity", lambda self, one, other: similar(self, one, other) + 0.05)
    done = compare(film, Asked(how="judge"), silent)
    assert not done.passed()
    assert all(shift.shift > 0 for shift in done.shifts)


def test_a_master_of_the_library_that_changed_is_named(film: Path) -> None:
    """A library that was locked anew with another face fails, and says whose master it was."""
    (film / "library/characters/mia/headshot/front.png").write_bytes(imaging.encode_png(headshot("somebody")))
    assets.lock(film / "library")
    done = compare(film, Asked(how="judge"), silent)
    mia = [case for case in done.cases if "mia" in case.before.people]
    assert all(any("library: the master of mia@1" in text for text in case.changes) for case in mia)
    assert all(case.wrong for case in mia)
    assert not any(case.wrong for case in done.cases if case not in mia)


def test_another_version_of_a_character_is_named(film: Path) -> None:
    """An episode that casts mia@2 is judged by her, and the test says so."""
    folder = film / "library/characters/mia"
    (folder / "headshot/older.png").write_bytes(imaging.encode_png(headshot("older mia")))
    with (folder / "character.yaml").open("a", encoding="utf-8") as definition:
        definition.write("  - id: 2\n    references:\n      - {file: headshot/older.png, step: headshot, turn: 0}\n")
    definition_text = (folder / "character.yaml").read_text("utf-8")
    (folder / "character.yaml").write_text(definition_text.replace("embedding: {primary: headshot/front.png}\n", ""))
    assets.lock(film / "library")
    episode = film / "shotlists/e01.yaml"
    episode.write_text(episode.read_text("utf-8").replace("mia: mia@1", "mia: mia@2"), "utf-8")
    done = compare(film, Asked(how="judge"), silent)
    mia = [case for case in done.cases if "mia" in case.before.people]
    assert all("library: mia@1 -> mia@2" in case.changes for case in mia)
    assert all(case.wrong for case in mia)


def test_another_calibration_moves_no_scores(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars that are higher are no shift of anybody; verdicts are by the new bars."""
    monkeypatch.setattr(FakeFace, "bar", 0.9)
    rewrite(film, "calibration: uncalibrated-fake", "calibration: fake-00000000")
    done = compare(film, Asked(how="judge"), silent)
    assert done.passed(), done.wrong()
    assert not any(shift.margins for shift in done.shifts)
    assert "first judge fake: calibration fake-00000000 -> uncalibrated-fake" in done.changes


def test_a_shot_that_is_no_longer_there_fails_alone(film: Path) -> None:
    """What cannot be judged is a case that failed, and the rest is tested."""
    shots = film / "shotlists/e01.yaml"
    shots.write_text(shots.read_text("utf-8").replace('id: "00020"', 'id: "00025"'), "utf-8")
    done = compare(film, Asked(how="judge"), silent)
    assert [case.shot for case in done.cases if case.after is None] == ["e01_s01_00020"]
    assert "e01 has no shot s01/00020" in done.wrong()[0]
    assert len(done.wrong()) == 1


def test_a_shot_that_can_no_longer_be_made_fails_alone(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are made one by one."""
    still = FakeStill.still

    def broken(self: FakeStill, job: Any, kit: Any) -> Any:
        if "Take 5." in job.prompt:
            raise RenderFailed("the model broke", "mend it")
        return still(self, job, kit)

    monkeypatch.setattr(FakeStill, "still", broken)
    done = compare(film, Asked(how="render"), silent)
    assert [case.shot for case in done.cases if case.after is None] == ["e01_s01_00050"]
    assert "can no longer be rendered: s01/00050/still: the model broke (mend it)" in done.wrong()[0]


def test_an_empty_store_is_rendered_unless_only_judging_was_asked(film: Path) -> None:
    """A fresh checkout makes the pinned shots; with --judge it says what is missing."""
    shutil.rmtree(film / ".charforge")
    done = compare(film, Asked(how="judge"), silent)
    assert {case.how for case in done.cases} == {"missing"}
    assert "charforge test --render" in done.wrong()[0]
    assert {case.how for case in compare(film, Asked(), silent).cases} == {"rendered"}


def test_kept_takes_are_judged_without_the_store(film: Path) -> None:
    """With --keep the takes themselves are committed, and a damaged one is not taken for them."""
    pin(film, Wanted(episodes=("e01",), keep=True), silent)
    shutil.rmtree(film / ".charforge")
    done = compare(film, Asked(how="judge"), silent)
    assert done.passed(), done.wrong()
    (film / "identity/e01_s01_00010.still.png").write_bytes(imaging.encode_png(headshot("mia")))
    done = compare(film, Asked(how="judge"), silent)
    assert [case.shot for case in done.cases if case.how == "missing"] == ["e01_s01_00010"]


def test_update_accepts_what_there_is_and_the_next_test_passes(
    film: Path, drawn_otherwise: Callable[[float], None]
) -> None:
    """The pins, and the small pictures, become those of the new state; limits stay."""
    rewrite(film, "drop: 0.0600", "drop: 0.0700")
    drawn_otherwise(0.1)
    before = (film / "identity/e01_s01_00010.still.webp").read_bytes()
    done = compare(film, Asked(how="render", update=True), silent)
    assert done.updated
    assert done.passed()
    assert done.wrong()
    assert "drop: 0.0700" in pins_of(film)
    assert (film / "identity/e01_s01_00010.still.webp").read_bytes() != before
    assert compare(film, Asked(how="render"), silent).passed()


def test_pins_of_other_judges_take_no_further_shots(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of two judges never stand side by side."""
    monkeypatch.setattr(FakeFace, "revision", property(lambda self: "2"))
    with pytest.raises(InputError, match=r"the judges are not those of identity\.yaml"):
        pin(film, Wanted(shots=("e01_s01_00010",)), silent)


def test_a_forgotten_shot_takes_its_picture_along(film: Path) -> None:
    """--unpin removes the shot and what lies beside the pins for it."""
    made = pin(film, Wanted(unpin=("e01_s01_00010",)), silent)
    assert made.total == SHOTS - 1
    assert not (film / "identity/e01_s01_00010.still.webp").exists()
    with pytest.raises(InputError, match="e01_s01_00010 is not pinned"):
        pin(film, Wanted(unpin=("e01_s01_00010",)), silent)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("first: 1.0000", "first: nan", r"identity.yaml:\d+: first: 'nan' is not a number"),
        ("verdict: pass", "verdict: passed", r"identity.yaml:\d+: verdict: 'passed' is not one of.*did you mean pass"),
        ("asset: mia@1", "aset: mia@1", r"identity.yaml:\d+: unknown key 'aset' \(did you mean asset\?\)"),
        ("identity: 1", "identity: 2", r"identity.yaml:\d+: identity: this charforge reads format 1, not 2"),
        ("  e01_s01_00010:", "  pilot:", r"identity.yaml:\d+: .*'pilot' is not a slate"),
        ("shift: 0.0300", "shift: -1", r"identity.yaml:\d+: shift: "),
        ("  e01: shotlists/e01.yaml\n", "  e02: shotlists/e01.yaml\n", r"the shot list of 'e01' is missing"),
        ("limits:\n", "limits: [\n", r"identity.yaml:\d+: is not YAML"),
    ],
)
def test_broken_pins_are_told_with_their_line(film: Path, old: str, new: str, told: str) -> None:
    """File, line, what is wrong, and what to do."""
    rewrite(film, old, new)
    with pytest.raises(InputError) as caught:
        compare(film, Asked(), silent)
    assert re.search(told, str(caught.value)), str(caught.value)


def test_clips_are_pinned_and_made_again_with_their_handles(tmp_path: Path) -> None:
    """A clip is as long as its lines and the dissolve after it need, also when it is made without the others."""
    root = tmp_path / "film"
    episode = fakefilm.make(root)
    text = episode.read_text("utf-8")
    # The dissolve follows a shot with somebody in it.
    cup = text[text.index('      - {id: "0020"') : text.index("  - id: s02")]
    episode.write_text(text.replace(cup, ""), "utf-8")
    render(episode, Options(), silent)
    made = pin(root, Wanted(shots=("e01_s01_0010",), clips=True, keep=True), silent)
    assert made.total == 2
    assert sorted(p.name for p in (root / "identity").iterdir()) == [
        f"e01_s01_0010.{name}"
        for name in ("clip.json", "clip.mkv", "clip.webp", "still.json", "still.png", "still.webp")
    ]
    for how in ("judge", "render"):
        done = compare(root, Asked(how=how, page=root / "p.html"), silent)
        assert done.passed(), done.wrong()
        assert [(case.kind, case.how[:5]) for case in done.cases] == [("still", how[:5]), ("clip", how[:5])]
        assert all(case.before.take == case.after.take for case in done.cases if case.after)


def test_a_shot_that_is_a_take_or_is_not_rendered_is_refused(film: Path) -> None:
    """Pinning says what to write instead."""
    with pytest.raises(InputError, match="a shot is pinned"):
        pin(film, Wanted(shots=("e01_s01_00010_t01",)), silent)
    with pytest.raises(InputError, match="e01 has no shot s09/0010") as told:
        pin(film, Wanted(shots=("e01_s09_0010",)), silent)
    assert "e01_s01_00010" in told.value.hint


def test_a_report_takes_the_place_of_no_other_file(film: Path) -> None:
    """A slip of the keyboard does not cost a shot list."""
    before = pins_of(film)
    with pytest.raises(InputError, match=r"is there already, and is no \.html file"):
        compare(film, Asked(page=film / "identity.yaml"), silent)
    with pytest.raises(InputError, match="is a folder"):
        compare(film, Asked(junit=film / "identity"), silent)
    assert pins_of(film) == before


@pytest.mark.parametrize("where", ["page", "junit"])
def test_a_report_that_cannot_be_written_is_refused_before_anything_is_made(
    film: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A long test does not end with nowhere to write what it found."""
    monkeypatch.setattr(FakeStill, "still", lambda *_: pytest.fail("a shot is made"))
    inside = film / "charforge.yaml/reports/identity.out"
    with pytest.raises(InputError, match=r"charforge\.yaml is no folder that can be"):
        compare(film, Asked(how="render", update=True, **{where: inside}), silent)


@pytest.mark.parametrize("update", [True, False])
def test_pins_without_a_shot_test_nothing_and_say_so(film: Path, update: bool) -> None:
    """What was unpinned altogether is no test that passes."""
    names = tuple(files.read(film / "identity.yaml").shots)
    assert pin(film, Wanted(unpin=names), silent).total == 0
    with pytest.raises(InputError, match="pins no shot") as told:
        compare(film, Asked(update=update), silent)
    assert told.value.hint is not None
    assert "charforge test --pin SHOT" in told.value.hint


@pytest.mark.parametrize("how", ["judge", "render"])
def test_what_the_film_keeps_of_its_masters_is_not_asked(film: Path, how: Any) -> None:
    """An embedding that was kept wrong changes no test: masters are looked at anew."""
    kept = list((film / ".charforge/embeddings").glob("*.npy"))
    assert kept
    for file in kept:
        np.save(file, 1 - np.load(file))
    done = compare(film, Asked(how=how), silent)
    assert done.passed(), done.wrong()


def test_continuous_integration_reads_the_result(film: Path, drawn_otherwise: Callable[[float], None]) -> None:
    """JUnit has a case for every take and every character, failed ones with their reason."""
    drawn_otherwise(0.3)
    report, page = film / "out/identity.xml", film / "out/identity.html"
    done = compare(film, Asked(how="render", junit=report, page=page), silent)
    root = ET.fromstring(report.read_bytes())
    cases = root.findall(".//testcase")
    assert len(cases) == SHOTS + 2
    failed = {case.get("name"): case.find("failure") for case in cases if case.find("failure") is not None}
    assert len(failed) == SHOTS + 2
    assert "scores moved by" in str(failed["mia by fake"].get("message"))
    assert "verdict pass ->" in str(failed["e01_s01_00010 still"].get("message"))
    text = page.read_text("utf-8")
    assert text.count("<figure>") == 2 * SHOTS
    assert text.count('class="moves"') == 2
    assert text.count("data:image/webp") == 2 * SHOTS
    assert not re.search(r"<script|https?://(?!www\.w3)", text)
    assert done.cases[0].place in text


def test_the_command_ends_as_continuous_integration_needs_it(film: Path, command: Callable[..., Any]) -> None:
    """0 held, 1 did not hold, 2 no pins; the result as JSON on standard output, without a terminal."""
    assert json.loads(command("test", "--json", process=True).stdout)["passed"] is True
    rewrite(film, "first: 1.0000", "first: 0.9000")
    told = json.loads(command("test", "--json", "--judge", code=1).stdout)
    assert told["passed"] is False
    assert any("scores moved by +0.100" in text for text in told["wrong"])
    assert "accepted: " in command("test", "--update").stdout
    assert "identity held" in command("test").stdout
    (film / "identity.yaml").unlink()
    assert "nothing is pinned yet" in command("test", code=2).stderr
    assert "pinned e01_s01_00010" in command("test", "--pin", "e01_s01_00010").stdout
    assert "choose one of" in command("test", "--judge", "--render", code=2).stderr
