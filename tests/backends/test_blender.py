"""A set becomes plates through a Blender outside our process; without one on this machine these tests are skipped."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from tiny import diorama

from charforge import imaging
from charforge.backends.blender import Blender, maps, program
from charforge.backends.protocols import Picture
from charforge.domain.assets import Mark
from charforge.domain.jobs import StillJob
from charforge.domain.script import CharacterInShot, Shot
from charforge.errors import BackendMissing, RenderFailed
from charforge.planner.cameras import set_camera, settings

WIDTH, HEIGHT = 192, 108


class Home:
    """A home that names no Blender of its own."""

    threads = 1
    blender = ""


@dataclass
class Kit:
    """Files by digest, a scratch folder, and the steps that were told."""

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    steps: list[tuple[int, int]] = field(default_factory=list)

    @property
    def scratch(self) -> Path:
        """Return a folder that nothing else is in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def file(self, digest: str) -> Path:
        """Return a file of the set."""
        return self.files[digest]

    def step(self, done: int, total: int) -> None:
        """Take note."""
        self.steps.append((done, total))


@pytest.fixture(scope="module")
def blender() -> Blender:
    """Return the backend, or skip."""
    try:
        found = Blender(Home())  # type: ignore[arg-type]
        _ = found.revision
    except BackendMissing as error:
        pytest.skip(f"{error.message}; {error.hint}")
    return found


Shoot = Callable[..., tuple[Picture, Kit]]


@pytest.fixture
def shoot(blender: Blender, tmp_path: Path) -> Shoot:
    """Return a function that renders a view of a set."""
    count = iter(range(99))

    def shot(files: dict[str, Path], **said: Any) -> tuple[Picture, Kit]:
        given = diorama.inputs(files)
        kit = Kit(
            tmp_path / f"scratch {next(count)}", dict(zip((i.digest() for i in given), files.values(), strict=True))
        )
        wanted = {"view": "table", "light": "noon", "samples": 2, **said}
        job = StillJob(backend="blender", seed=1, width=WIDTH, height=HEIGHT, inputs=given, settings=wanted)
        return blender.still(job, kit), kit  # type: ignore[arg-type]

    return shot


def glowing(pixels: Any) -> tuple[float, float]:
    """Return the middle of what glows magenta, as fractions of the frame."""
    wide = pixels.astype(int)
    rows, columns = np.nonzero((np.minimum(wide[..., 0], wide[..., 2]) - wide[..., 1]) > 30)
    assert len(rows), "nothing glows"
    return (columns.mean() + 0.5) / pixels.shape[1], (rows.mean() + 0.5) / pixels.shape[0]


def deep(png: bytes) -> Any:
    """Return a 16-bit picture as it is."""
    return np.asarray(Image.open(io.BytesIO(png))).astype(np.int64)


def test_one_point_of_the_world_is_where_every_view_says(shoot: Shoot, tmp_path: Path) -> None:
    """The ball that glows at a mark is seen at that mark's place in two views, and at its depth."""
    files = diorama.script(tmp_path / "set")
    for view in ("table", "side"):
        picture, _ = shoot(files, view=view, samples=4)
        mark = json.loads(picture.attachments["view"])["marks"]["left"]
        x, y = glowing(picture.pixels)
        assert (x, y) == pytest.approx((mark["x"], mark["y"]), abs=1.5 / WIDTH)
        metres = deep(picture.attachments["depth"])[round(y * HEIGHT), round(x * WIDTH)] / 1000
        assert metres == pytest.approx(mark["depth"], abs=0.06)


def test_a_framing_has_its_own_camera(shoot: Shoot, tmp_path: Path) -> None:
    """A low close-up is seen from below, as large as asked, and its marks are where the ball is."""
    files = diorama.script(tmp_path / "set")
    first, _ = shoot(files)
    marks = {k: Mark(**v) for k, v in json.loads(first.attachments["view"])["marks"].items()}
    who = CharacterInShot(who="mia", asset="mia", position="left")
    camera = set_camera(Shot(id="0010", framing="medium-close", angle="low", characters=(who,)), marks, 16 / 9)
    assert camera is not None
    picture, _ = shoot(files, camera=settings(camera), samples=4)
    said = json.loads(picture.attachments["view"])
    mark = said["marks"]["left"]
    assert mark["head"] == pytest.approx(0.37, abs=0.03)
    assert mark["y"] == pytest.approx(camera.face_y, abs=0.01)
    assert glowing(picture.pixels) == pytest.approx((mark["x"], mark["y"]), abs=2 / WIDTH)
    assert said["horizon"] > 0.7
    assert mark["depth"] == pytest.approx(camera.distance_m, abs=0.02)


def test_layers_fit_together(shoot: Shoot, tmp_path: Path) -> None:
    """The table is in the foreground layer alone, nearer than the room; edges follow its outline."""
    picture, _ = shoot(diorama.script(tmp_path / "set"))
    front = imaging.decode_rgba(picture.attachments["front"])
    said = json.loads(picture.attachments["view"])
    covered = front[..., 3] > 250
    assert 0.02 < covered.mean() < 0.5
    depth = deep(picture.attachments["depth"]) / 1000
    assert depth[covered].max() < 2.2 < np.median(depth[~covered])
    assert said["front_depth"] < 2.2 < said["background_depth"]
    edges = imaging.decode(picture.attachments["edges"])[..., 0] > 0
    outline = cv2.morphologyEx(covered.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    near = cv2.dilate(edges.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert near[outline].mean() > 0.85
    assert imaging.decode_rgba(picture.attachments["probe"]).shape == (128, 128, 4)


def test_lights_differ_and_wood_stays(shoot: Shoot, tmp_path: Path) -> None:
    """Another light is another picture of the same things in the same places."""
    files = diorama.script(tmp_path / "set")
    noon, night = shoot(files)[0], shoot(files, light="night")[0]
    assert night.pixels.mean() < 0.7 * noon.pixels.mean()
    assert night.attachments["depth"] == noon.attachments["depth"]
    assert night.attachments["edges"] == noon.attachments["edges"]


def test_a_blend_of_the_film_makers_own(blender: Blender, shoot: Shoot, tmp_path: Path) -> None:
    """Cameras are views, collections lights and layers, empties marks; a camera with another name is none."""
    files = diorama.blend(tmp_path / "set")
    offer = blender.offer("set/scene.blend", files, tmp_path / "asking")
    assert offer.views == ("table",)
    assert sorted(offer.lights) == ["night", "noon"]
    noon, night = shoot(files)[0], shoot(files, light="night")[0]
    assert night.pixels.mean() < 0.7 * noon.pixels.mean()
    scripted = json.loads(shoot(diorama.script(tmp_path / "script"))[0].attachments["view"])
    said = json.loads(noon.attachments["view"])
    assert said["marks"]["left"] == pytest.approx(scripted["marks"]["left"], abs=0.002)
    assert said["horizon"] == pytest.approx(0.4, abs=0.002)
    assert "front" in noon.attachments


def test_progress_is_told(shoot: Shoot, tmp_path: Path) -> None:
    """What Blender prints becomes steps that never go back."""
    _, kit = shoot(diorama.script(tmp_path / "set"))
    shares = [done / total for done, total in kit.steps]
    assert shares == sorted(shares)
    assert len(kit.steps) >= 5
    assert shares[-1] >= 0.8


@pytest.mark.parametrize(
    ("change", "said", "message"),
    [
        ("", {"view": "tabel"}, "no view 'tabel'; it has: table, side"),
        ("", {"light": "dusk"}, "no light 'dusk'; it has: noon, night"),
        ("def build(light)=def bild(light)", {}, "has no function build"),
        ("import kit=import kitt", {}, "No module named 'kitt'"),
        ("(3, (1, 1, 0.9))=1 / 0", {}, "division by zero"),
    ],
)
def test_a_wrong_set_says_what_is_wrong(
    shoot: Shoot, tmp_path: Path, change: str, said: dict[str, str], message: str
) -> None:
    """What the set lacks is named, and a script's own failure is shown with its last lines."""
    files = diorama.script(tmp_path / "set")
    if change:
        before, after = change.split("=", 1)
        files["set/scene.py"].write_text(diorama.SCENE.replace(before, after), "utf-8")
    with pytest.raises(RenderFailed, match=message):
        shoot(files, **said)


def test_an_interrupt_ends_blender(blender: Blender, tmp_path: Path) -> None:
    """When the work is to stop, Blender is killed and nothing is kept."""
    files = diorama.script(tmp_path / "set")
    given = diorama.inputs(files)
    kit = Kit(tmp_path / "scratch", dict(zip((i.digest() for i in given), files.values(), strict=True)))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    kit.step = stop  # type: ignore[method-assign]
    job = StillJob(
        backend="blender", width=WIDTH, height=HEIGHT, inputs=given, settings={"view": "table", "light": "noon"}
    )
    with pytest.raises(KeyboardInterrupt):
        blender.still(job, kit)  # type: ignore[arg-type]
    assert not (tmp_path / "scratch" / "out" / "view.json").exists()


def test_what_is_named_must_be_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path in charforge.yaml that is no program is refused, never passed over."""
    with pytest.raises(BackendMissing, match=r"charforge\.yaml names /nowhere/blender"):
        program.find("/nowhere/blender")
    monkeypatch.setenv("BLENDER_PYTHON", "/nowhere/python")
    with pytest.raises(BackendMissing, match="BLENDER_PYTHON names /nowhere/python"):
        program.find()


def test_a_python_without_bpy_is_no_blender() -> None:
    """What runs but is no Blender says so, with what to type."""
    bare = program.Program(Path(sys.executable), python=False)
    with pytest.raises(BackendMissing, match="is no Blender") as raised:
        bare.version()
    assert "charforge.yaml" in raised.value.hint


def test_keys_of_services_stay_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set's script sees no more of our environment than it needs."""
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "secret")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert "secret" not in program.environment().values()
    assert "PATH" in program.environment()


def test_depth_says_where_nothing_is() -> None:
    """Metres become millimetres; sky, and what is farther than 16 bits reach, is 65535."""
    layer = np.zeros((2, 2, 4), np.float32)
    layer[0, 0] = (0.5, 0.5, 1.2345, 1)
    layer[0, 1] = (0.5, 0.5, 80.0, 1)
    assert deep(maps.depth_png(layer)).tolist() == [[1234, maps.NOTHING], [maps.NOTHING, maps.NOTHING]]
    assert maps.middle(layer[:1, :1]) == pytest.approx(1.2345)
    assert maps.middle(layer[1:]) is None
