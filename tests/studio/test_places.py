"""Places are built from photographs, by grading, and by rendering a set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tiny import diorama, stand_in

from charforge import imaging
from charforge import library as assets
from charforge.backends.blender import Blender
from charforge.domain.script import CharacterInShot, Shot
from charforge.errors import BackendMissing, InputError
from charforge.events import Event
from charforge.planner.lookups import view_of
from charforge.studio.places import PlaceReport, build

if TYPE_CHECKING:
    from charforge.domain.assets import Location

PLATES = Path(__file__).parents[2] / "library" / "locations" / "coffee-shop"
EPISODE = """\
charforge: 1
season: 1
episode: e01
title: "One"
video: {rate: 24, size: 192x108}
cast: {mia: mia@1}
scenes:
  - id: s01
    title: "The room"
    location: cafe@1
    light: noon
    shots:
      - {id: "0010", framing: wide, view: table, faces: none, duration: 24f, action: "Nobody."}
      - {id: "0020", framing: close, angle: low, view: table, duration: 24f, action: "Mia waits.",
         characters: [{who: mia, position: left}]}
"""


class Home:
    """A home that names no Blender."""

    threads = 1
    blender = ""


@pytest.fixture
def told() -> list[Event]:
    """Return what was told."""
    return []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a location that has afternoon plates of one view."""
    folder = tmp_path / "film" / "library" / "locations" / "cafe"
    (folder / "plates").mkdir(parents=True)
    (folder / "probes").mkdir()
    for name in ("table-afternoon.webp", "table-afternoon-front.webp"):
        picture = Image.open(PLATES / "plates" / name).resize((320, 180))
        picture.save(folder / "plates" / name, lossless=True)
    Image.open(PLATES / "probes" / "table-afternoon.png").save(folder / "probes" / "table-afternoon.png")
    (folder / "location.yaml").write_text(
        "name: cafe\nrights: {licence: CC0-1.0, release: own-work}\nviews: {table: {}}\nversions:\n  - id: 1\n"
        "    references:\n"
        "      - {file: plates/table-afternoon.webp, step: plate, view: table, light: afternoon, layer: background}\n"
        "      - {file: plates/table-afternoon-front.webp, step: plate, view: table, light: afternoon, "
        "layer: foreground}\n"
        "      - {file: probes/table-afternoon.png, step: probe, view: table, light: afternoon}\n",
        "utf-8",
    )
    (tmp_path / "film" / "charforge.yaml").write_text("", "utf-8")
    return tmp_path / "film"


@pytest.fixture
def made(told: list[Event]) -> Callable[..., PlaceReport]:
    """Return a function that builds a place."""
    return lambda near, name="cafe", **asked: build(near, name, told.append, **asked)


def cafe(project: Path) -> Location:
    """Return the location, locked as it is now."""
    assets.lock(project / "library")
    found = assets.load(project / "library").location("cafe")
    assert found is not None
    return found


def test_grades_a_plate_with_all_that_belongs_to_it(project: Path, made: Callable[..., PlaceReport]) -> None:
    """Plate, foreground and probe get the new light, say that they are derived, and stand on the sheet."""
    report = made(project, lights=["night", "golden-hour"], from_light="afternoon")
    assert [(r.how, r.light) for r in report.rows] == [("graded", "night"), ("graded", "golden-hour")]
    assert Path(report.sheet).name == "cafe.png"
    night = [r for r in cafe(project).references if r.light == "night"]
    assert {(r.step, r.layer) for r in night} == {("plate", "background"), ("plate", "foreground"), ("probe", None)}
    assert all(r.origin and r.origin.derived == "graded" and r.made_from for r in night)
    folder = project / "library" / "locations" / "cafe"
    for reference in night:
        before, after = (imaging.decode_rgba(folder / f) for f in (reference.made_from or "", reference.file))
        assert after[..., :3].mean() < 0.8 * before[..., :3].mean()
        assert np.array_equal(before[..., 3], after[..., 3])


def test_what_is_there_stays(project: Path, made: Callable[..., PlaceReport]) -> None:
    """A second grading changes nothing; --force makes it anew, in its place."""
    made(project, lights=["night"], from_light="afternoon")
    before = cafe(project)
    assert [r.how for r in made(project, lights=["night"], from_light="afternoon").rows] == ["kept"]
    report = made(project, lights=["night"], from_light="afternoon", force=True)
    assert ([r.how for r in report.rows], report.version) == (["graded"], 1)
    assert cafe(project) == before


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"lights": ["nigth"], "from_light": "afternoon"}, "did you mean night"),
        ({"lights": [], "from_light": "afternoon"}, "no light was asked for"),
        ({"lights": ["night"], "from_light": "morning"}, "no plate in the light 'morning'"),
        ({"lights": ["night"], "from_light": "afternoon", "views": ["bar"]}, "no afternoon plate of the view 'bar'"),
        ({"from_photos": Path("nowhere")}, "does not say which view"),
        ({}, "cafe has no set to be rendered"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    project: Path, made: Callable[..., PlaceReport], asked: dict[str, Any], message: str
) -> None:
    """The message says what is wrong, and the hint what to type."""
    with pytest.raises(InputError) as raised:
        made(project, **asked)
    assert message in str(raised.value)
    assert raised.value.hint


def test_no_day_is_made_of_a_night(project: Path, made: Callable[..., PlaceReport]) -> None:
    """From the dark nothing is graded that is lighter."""
    file = project / "library" / "locations" / "cafe" / "location.yaml"
    file.write_text(file.read_text("utf-8").replace("light: afternoon", "light: night"), "utf-8")
    with pytest.raises(InputError, match="night is darker than golden-hour"):
        made(project, lights=["golden-hour"], from_light="night")


def test_an_unknown_place_is_no_new_one(project: Path, made: Callable[..., PlaceReport]) -> None:
    """A misspelt name is answered with the nearest, and nothing is made."""
    with pytest.raises(InputError, match="did you mean cafe"):
        made(project, "caffe", lights=["night"], from_light="afternoon")
    assert not (project / "library" / "locations" / "caffe").exists()


def test_photographs_that_say_the_same_are_refused(project: Path, made: Callable[..., PlaceReport]) -> None:
    """All that is wrong with the names is told at once, before anything is taken in."""
    photos = project / "photos"
    photos.mkdir()
    for name in ("table-night.jpg", "Table night.png", "dsc0001.jpg"):
        Image.new("RGB", (64, 64)).save(photos / name)
    with pytest.raises(InputError) as raised:
        made(project, from_photos=photos)
    assert len(raised.value.problems) == 2
    assert not (project / "library" / "locations" / "cafe" / "originals").exists()


@pytest.mark.models
def test_photographs_are_looked_at_first(project: Path, made: Callable[..., PlaceReport], home: object) -> None:
    """A good plate is taken in with its capture; a small one is refused with its number, unless forced."""
    photos = project / "photos"
    photos.mkdir()
    plate = Image.open(PLATES / "plates" / "window-afternoon.webp").convert("RGB")
    plate.save(photos / "window-afternoon.jpg", quality=95)
    plate.resize((320, 180)).save(photos / "bar-afternoon.jpg", quality=95)
    report = made(project, from_photos=photos)
    assert [r.how for r in report.rows] == ["refused", "photograph"]
    assert not report.ok
    assert any(rule.name == "size" and rule.number == 180 for rule in report.rows[0].broken)
    (taken,) = [r for r in cafe(project).references if r.view == "window"]
    assert taken.origin is not None
    original = project / "library" / "locations" / "cafe" / (taken.origin.original or "")
    assert original.read_bytes() == (photos / "window-afternoon.jpg").read_bytes()
    assert made(project, from_photos=photos / "bar-afternoon.jpg", force=True).ok
    (forced,) = [r for r in cafe(project).references if r.view == "bar"]
    assert forced.origin is not None
    assert forced.origin.forced == 180


@pytest.mark.models
def test_a_better_photograph_is_a_new_version(project: Path, made: Callable[..., PlaceReport], home: object) -> None:
    """What an episode was made with stays as it is in the older version."""
    made(project, lights=["night"], from_light="afternoon")
    before = cafe(project)
    photo = project / "table-night.jpg"
    Image.open(PLATES / "plates" / "table-night.webp").convert("RGB").save(photo, quality=95)
    report = made(project, from_photos=photo)
    assert (report.ok, report.version) == (True, 2)
    newest = cafe(project)
    plate = next(r for r in newest.references if (r.step, r.light, r.layer) == ("plate", "night", "background"))
    assert plate.origin is not None
    assert plate.origin.original
    assert assets.load(project / "library").location("cafe", 1) == before


def staged(project: Path, extra: str = "") -> Path:
    """Give the project's location a set and a shot list, and return the set's script."""
    folder = project / "library" / "locations" / "cafe"
    files = diorama.script(folder / "set")
    file = folder / "location.yaml"
    file.write_text(
        "name: cafe\nrights: {licence: CC0-1.0}\nviews: {}\nset: {file: set/scene.py" + extra + "}\n"
        "versions:\n  - {id: 1, references: []}\n",
        "utf-8",
    )
    (project / "shotlists").mkdir(exist_ok=True)
    (project / "shotlists" / "e01.yaml").write_text(EPISODE, "utf-8")
    return files["set/scene.py"]


def test_a_set_is_locked_with_all_it_is_made_of(project: Path, made: Callable[..., PlaceReport]) -> None:
    """A shared script that is not the one the location names is refused, with both digests to compare."""
    kit = project / "library" / "sets" / "kit.py"
    kit.parent.mkdir()
    kit.write_text(diorama.KIT, "utf-8")
    staged(project, f", shared: {{sets/kit.py: {hashlib.sha256(b'another').hexdigest()}}}")
    with pytest.raises(InputError) as raised:
        made(project)
    assert hashlib.sha256(kit.read_bytes()).hexdigest() in str(raised.value)


def test_a_set_is_a_scene_inside_the_folder(project: Path) -> None:
    """What is no .py or .blend, or lies elsewhere, is refused when the library is read."""
    for wrong in ("set/scene.usd", "../scene.blend", "/scene.py"):
        staged(project)
        file = project / "library" / "locations" / "cafe" / "location.yaml"
        file.write_text(file.read_text("utf-8").replace("set/scene.py", wrong), "utf-8")
        with pytest.raises(InputError):
            assets.lock(project / "library")


@pytest.fixture(params=["stand-in", "real"])
def blender(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have a program that answers as Blender does, then a real one; skip the latter where there is none."""
    if request.param == "stand-in":
        monkeypatch.delenv("BLENDER_PYTHON", raising=False)
        monkeypatch.setenv("BLENDER", str(stand_in.build(tmp_path / "bin")))
        return
    try:
        _ = Blender(Home()).revision  # type: ignore[arg-type]
    except BackendMissing as error:
        pytest.skip(f"{error.message}; {error.hint}")


@pytest.mark.usefixtures("blender")
def test_a_set_is_rendered_as_the_shot_lists_ask(project: Path, made: Callable[..., PlaceReport]) -> None:
    """What the shots need is rendered once, with marks and depths; a changed set is rendered anew, as a version."""
    script = staged(project)
    report = made(project, samples=1)
    assert [(r.how, r.view, r.light) for r in report.rows] == [("rendered", "table", "noon")]
    first = cafe(project)
    assert {(r.step, r.layer) for r in first.references} == {
        ("plate", "background"), ("plate", "foreground"), ("probe", None), ("depth", None), ("edges", None),
    }  # fmt: skip
    view = first.views["table"]
    assert set(view.marks) == {"left", "centre"}
    assert view.horizon == pytest.approx(0.4, abs=1e-3)
    assert view.front_depth < 2.2 < view.background_depth
    assert [r.how for r in made(project, samples=1).rows] == ["kept"]
    assert cafe(project) == first
    script.write_text(diorama.SCENE.replace("BALL = True", "BALL = False"), "utf-8")
    again = made(project, samples=1)
    assert ([r.how for r in again.rows], again.version) == (["rendered"], 2)
    newest = cafe(project)
    digests = [{r.digest for r in place.references if r.step == "plate"} for place in (first, newest)]
    assert not digests[0] & digests[1]


@pytest.mark.usefixtures("blender")
def test_a_framing_gets_its_own_view(project: Path, made: Callable[..., PlaceReport]) -> None:
    """--for renders a camera for the close shot, and the planner takes that view for it and for no other."""
    staged(project)
    made(project, samples=1)
    report = made(project, samples=1, episode=project / "shotlists" / "e01.yaml")
    assert [(r.how, r.view) for r in report.rows] == [("kept", "table"), ("rendered", "table-close-low-left")]
    place = cafe(project)
    own = place.views["table-close-low-left"]
    assert own.of == "table"
    assert own.marks["left"].head == pytest.approx(0.52, abs=0.04)
    mia = CharacterInShot(who="mia", asset="mia", position="left")
    shot = Shot(id="0020", framing="close", angle="low", view="table", light="noon", characters=(mia,))
    assert view_of(shot, place).name == "table-close-low-left"
    assert view_of(shot.changed(angle="eye"), place).name == "table"
    assert view_of(shot.changed(light="night"), place).name == "table"


@pytest.mark.usefixtures("blender")
def test_what_a_set_lacks_is_told_before_it_is_rendered(project: Path, made: Callable[..., PlaceReport]) -> None:
    """A view or light that it does not have is named, with those that it has."""
    staged(project)
    with pytest.raises(InputError, match="no light 'dusk'"):
        made(project, lights=["dusk"])
    with pytest.raises(InputError, match="no view 'bar'"):
        made(project, views=["bar"])
