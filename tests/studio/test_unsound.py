"""What is half built, or not as it was locked, stops whoever uses it and nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import library as assets
from charforge.backends.fake import headshot
from charforge.errors import InputError, LockMismatch
from charforge.events import silent
from charforge.imaging import encode_png
from charforge.planner import Described, Pins
from charforge.studio import editing, library, packing, portraits, promoting, screentest, training, wrapping
from charforge.studio.callsheet import call_sheet
from charforge.studio.check import check
from charforge.studio.judge import judge
from charforge.studio.oneoffs import Asked, still
from charforge.studio.plan import plan

HINT = "look at ann, then: charforge lock ann"
Run = Callable[..., Any]


@pytest.fixture
def root(episode: Path) -> Path:
    """Return a project whose episode shows mia, theo and the cafe, while ann is being cast."""
    root = episode.parents[1]
    shutil.copytree(root / "library/characters/mia", root / "library/characters/ann")
    file = root / "library/characters/ann/character.yaml"
    file.write_text(file.read_text().replace("name: mia", "name: ann"))
    return root


def written(episode: Path, old: str, new: str) -> None:
    """Change a word of the shot list."""
    text = episode.read_text("utf-8")
    assert old in text
    episode.write_text(text.replace(old, new), "utf-8")


def test_an_episode_goes_on_without_whoever_is_being_cast(root: Path, episode: Path, result: Run) -> None:
    """Filmed, asked about and wrapped; check tells what was left out."""
    (root / "library/characters/ann/headshot/front.png").unlink()
    told = check(episode)
    assert (told.errors, told.notes) == (
        (),
        (f"ann: the character is not locked yet; the character is left out ({HINT})",),
    )
    assert result("render", str(episode))["rendered"] > 0
    assert result("render", str(episode))["rendered"] == 0
    assert not any(call_sheet(root, "e01").episodes[0].errors)
    assert {pack.name for pack in wrapping.wrap(root, "e01", silent).packs} == {"mia", "theo"}


def test_nothing_is_read_from_what_was_locked_and_is_gone(root: Path, episode: Path, result: Run) -> None:
    """Ann was locked with mia's very picture, then lost hers: the film is made, and made once."""
    assets.lock(root / "library")
    (root / "library/characters/ann/headshot/front.png").unlink()
    assert [row["verdict"] for row in result("render", str(episode))["shots"]] == ["pass"] * 3
    assert result("render", str(episode))["up_to_date"]


def test_an_episode_that_shows_them_is_refused(root: Path, episode: Path, charforge: Run) -> None:
    """Check tells it among everything else; plan and render say what to type, and nobody calls ann unknown."""
    written(episode, "theo: theo@1", "theo: ann")
    written(episode, "location: cafe@1\n    view: table\n    light: night", "location: cave\n    light: night")
    errors = check(episode).errors
    assert sum("ann: the character is not locked yet" in error for error in errors) == 1
    assert any("no location named cave" in error for error in errors)
    assert not any("named ann" in error for error in errors)
    with pytest.raises(LockMismatch, match="ann: the character is not locked yet") as caught:
        plan(episode, Pins())
    assert caught.value.hint == HINT
    done = charforge("render", str(episode), code=2)
    assert f"hint: {HINT}" in done.stderr
    assert not (root / "build").exists()
    assert any("ann" in error for error in call_sheet(root, "e01").episodes[0].errors)


def test_a_voice_that_is_only_heard_is_used(root: Path, episode: Path) -> None:
    """Ann says a line off screen."""
    written(episode, "theo: theo@1", "theo: theo@1, ann: ann")
    assert check(episode).errors == ()
    written(episode, '{who: theo, text: "Of course."}', '{who: ann, voice_over: true, text: "Of course."}')
    with pytest.raises(LockMismatch, match="ann: the character is not locked yet"):
        plan(episode, Pins())
    assets.lock(root / "library")
    style = root / "library/characters/ann/voice/style.f32"
    style.write_bytes(style.read_bytes()[::-1])
    with pytest.raises(LockMismatch, match=r"ann: voice/style\.f32 has changed"):
        plan(episode, Pins())


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("locations/cafe/location.yaml", "", ""),
        ("props/cup/prop.yaml", 'action: "The cup."', 'action: "The cup.", props: [cup]'),
        ("looks/dusk/look.yaml", "episode: e01\n", "episode: e01\nlook: dusk\n"),
    ],
)
def test_every_kind_of_asset_stops_only_who_names_it(root: Path, episode: Path, file: str, old: str, new: str) -> None:
    """A place, a prop and a look that changed since they were locked."""
    for kind, name in (("prop", "cup"), ("look", "dusk")):
        made = root / f"library/{kind}s/{name}/{kind}.yaml"
        made.parent.mkdir(parents=True)
        made.write_text(f"name: {name}\nrights: {{licence: CC0-1.0}}\nversions: [{{id: 1}}]\n")
    assets.lock(root / "library")
    changed = root / "library" / file
    changed.write_text(changed.read_text() + "# changed\n")
    if old:
        assert check(episode).errors == ()
        written(episode, old, new)
    with pytest.raises(LockMismatch, match=f"{changed.name} has changed since it was locked") as caught:
        plan(episode, Pins())
    assert caught.value.hint.endswith(f"charforge lock {changed.parent.name}")


def test_another_episode_of_the_season_that_shows_them_stops_nobody(root: Path, episode: Path) -> None:
    """The next episode shows ann; this one is checked against it all the same."""
    other = episode.with_name("e02.yaml")
    other.write_text(episode.read_text("utf-8").replace("episode: e01", "episode: e02").replace("theo@1", "ann"))
    (root / "season.yaml").write_text("charforge: 1\nepisodes: [e01, e02]\n")
    assert check(episode).errors == ()
    assert check(other).errors != ()


def test_whoever_is_named_to_a_command_is_refused_with_what_to_type(root: Path) -> None:
    """Nobody says that there is no ann; no film, no picture and no training is begun."""
    picture = root / "somebody.png"
    picture.write_bytes(encode_png(headshot("mia")))
    at_ann: list[Callable[[], object]] = [
        lambda: still(root, Asked(Described(("mia", "ann"), "they wait")), silent),
        lambda: portraits.portraits(root, portraits.Series("ann", ("#ffffff",)), silent),
        lambda: editing.edit(root, editing.Asked(picture, "a rooftop", "ann"), silent),
        lambda: screentest.screen(root, screentest.Asked("ann"), silent),
        lambda: promoting.promote(root, promoting.Wanted("e01_s01_0010", "ann")),
        lambda: training.train(root, "ann", training.Lesson(), silent),
        lambda: judge(root, [picture], ("ann",)),
    ]
    for command in at_ann:
        with pytest.raises(LockMismatch, match="ann: the character is not locked yet") as caught:
            command()
        assert caught.value.hint == HINT
    with pytest.raises(InputError, match="ann is not locked") as packed:
        packing.pack(root, "ann", silent)
    assert packed.value.hint == HINT
    plate = root / "library/locations/cafe/plates/table-day.png"
    plate.write_bytes(plate.read_bytes() + b" ")
    for command in (
        lambda: still(root, Asked(Described(("mia",), "she waits", at="cafe")), silent),
        lambda: portraits.portraits(root, portraits.Series("mia", ("cafe/day",)), silent),
        lambda: editing.edit(root, editing.Asked(picture, "", "mia", at="cafe"), silent),
    ):
        with pytest.raises(LockMismatch, match=r"cafe: plates/table-day\.png has changed"):
            command()


def test_everything_is_still_verified_and_listed(root: Path) -> None:
    """What was left out of a film is not forgotten."""
    assert [(p.message, p.hint) for p in library.verify(root)] == [("ann: the character is not locked yet", HINT)]
    assert [(row.name, row.locked) for row in library.overview(root).assets] == [
        ("ann", "no"),
        ("mia", "yes"),
        ("theo", "yes"),
        ("cafe", "yes"),
    ]
