"""The animatic's pictures: real layers at tiny size, with the embedded models where people are in them."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import soundfile
from headshots import MASTERS

from charforge import imaging
from charforge.backends import registry
from charforge.backends.animatic import Animatic
from charforge.backends.protocols import ROLES, ClipBackend, StillBackend
from charforge.domain.assets import Fit, Mark, View
from charforge.domain.blocking import Blocking, Person, Speech
from charforge.domain.jobs import ClipJob, Input, StillJob
from charforge.domain.script import Move
from charforge.errors import InputError, RenderFailed
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 160, 90
HOME = LocalHome(threads=1)
TOOLS = {"matte": "modnet", "face": "sface", "landmark": "landmarks", "generator": "portrait"}
VIEW = View(name="table", marks={}, background_depth=5.5, front_depth=1.9)
FIT = Fit(chin_x=0.5, chin_y=0.08, face=0.18, collar=0.12)
_made: dict[str, Any] = {}


@dataclass
class Desk:
    """The Kit of these tests: files by content, and the real tools."""

    scratch: Path
    files: dict[str, Path] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def file(self, digest: str) -> Path:
        """Return a file that was put on the desk."""
        return self.files[digest]

    def put(self, content: bytes) -> str:
        """Lay a file on the desk and return its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.files[digest] = self.scratch / digest
        self.files[digest].write_bytes(content)
        return digest

    def tool(self, role: type) -> Any:
        """Return the embedded backend for a role."""
        name = next(n for n, protocol in ROLES.items() if protocol is role)
        self.asked.append(name)
        if name not in _made:
            _made[name] = registry.create(name, TOOLS[name], HOME)
        return _made[name]

    def step(self, done: int, total: int) -> None:
        """Take note of nothing."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return an empty desk."""
    return Desk(tmp_path)


def _plate() -> bytes:
    """Return a wall with a window and shelves, 480 x 270."""
    y, x = np.mgrid[:270, :480].astype(np.float32)
    wall = np.stack([120 + x / 8, 100 + y / 6, 90 + 0 * x], -1)
    wall[40:150, 60:170] = (220, 225, 235)
    wall[200:] = (70, 50, 40)
    wall[90:96, 250:440] = (60, 40, 30)
    return imaging.encode_png(np.clip(wall, 0, 255).astype(np.uint8))


def _front() -> bytes:
    """Return a table top along the lower edge."""
    table = np.zeros((270, 480, 4), np.uint8)
    table[225:] = (150, 95, 60, 255)
    return _png(table)


def _probe(left: int = 150, right: int = 90) -> bytes:
    """Return a grey ball lit from one side."""
    y, x = np.mgrid[:128, :128].astype(np.float32) / 127 * 2 - 1
    ball = np.zeros((128, 128, 4), np.uint8)
    ball[..., :3] = np.clip((left + right) / 2 + (right - left) / 2 * x, 0, 255)[..., None]
    ball[..., 3] = np.where(np.hypot(x, y) < 0.98, 255, 0)
    return _png(ball)


def _body() -> bytes:
    """Return shoulders and a collar, 400 x 400."""
    body = np.zeros((400, 400, 4), np.uint8)
    cv2.ellipse(body, (200, 330), (150, 230), 0, 180, 360, (40, 60, 110, 255), -1)
    body[330:, 50:350] = (40, 60, 110, 255)
    body[:46] = 0
    cv2.rectangle(body, (160, 46), (240, 110), (50, 70, 120, 255), -1)
    return _png(body)


def _png(rgba: np.ndarray) -> bytes:
    done, raw = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    assert done
    return raw.tobytes()


def _person(who: str, x: float = 0.5, *, dressed: bool = True) -> Person:
    return Person(who=who, mark=Mark(x=x, y=0.4, head=0.17, depth=2.6), fit=FIT if dressed else None)


def _job(desk: Desk, *people: Person, frames: int = 0, extra: tuple[Input, ...] = (), **changes: Any) -> Any:
    inputs = [Input(role="plate", source=desk.put(_plate())), Input(role="probe", source=desk.put(_probe()))]
    for person in people:
        inputs.append(Input(role="head", name=person.who, source=desk.put(MASTERS[person.who].read_bytes())))
        if person.fit is not None:
            inputs.append(Input(role="body", name=person.who, source=desk.put(_body())))
    values: dict[str, Any] = {"framing": "medium", "head": 0.4 if people else None, "view": VIEW, "people": people}
    blocking = Blocking(**(values | changes))
    common: dict[str, Any] = {
        "backend": "animatic",
        "width": WIDTH,
        "height": HEIGHT,
        "inputs": (*inputs, *extra),
        "settings": {"blocking": blocking.model_dump(mode="json")},
    }
    return ClipJob(**common, frames=frames, rate="24") if frames else StillJob(**common)


def _luma(frame: bytes | memoryview) -> np.ndarray:
    return np.frombuffer(frame, np.uint8)[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH).astype(float)


def test_it_fulfils_its_protocols() -> None:
    """One class is a still backend and a clip backend."""
    animatic = Animatic(HOME)
    assert isinstance(animatic, StillBackend)
    assert isinstance(animatic, ClipBackend)


def test_an_insert_needs_only_a_plate(desk: Desk) -> None:
    """A shot without people asks for no model and shows the plate."""
    picture = Animatic(HOME).still(_job(desk), desk)
    assert picture.pixels.shape == (HEIGHT, WIDTH, 3)
    assert not desk.asked
    window, floor = picture.pixels[20:45, 25:50].mean(), picture.pixels[80:, :].mean()
    assert window > floor + 80


def test_a_foreground_covers_the_plate(desk: Desk) -> None:
    """The front layer's colour is seen where it is opaque, and only there."""
    front = (Input(role="front", source=desk.put(_front())),)
    view = VIEW.model_copy(update={"front_depth": 5.5})
    bare, covered = (Animatic(HOME).still(_job(desk, extra=e, view=view), desk).pixels.astype(int) for e in ((), front))
    assert np.abs(covered[84:].mean((0, 1)) - (150, 95, 60)).max() < 12
    assert np.abs(covered[:60] - bare[:60]).mean() < 1


def test_a_clip_has_its_frames_and_starts_like_its_still(desk: Desk) -> None:
    """A clip yields as many frames as asked, of yuv420p size, and the first is the still but for grain."""
    move = Move(kind="push-in", amount=0.1)
    clip = Animatic(HOME).clip(_job(desk, frames=5, move=move, look="warm-film"), desk)
    frames = list(clip.frames)
    still = Animatic(HOME).still(_job(desk, move=move, look="warm-film"), desk).pixels
    assert (clip.count, len(frames), clip.pixel_format) == (5, 5, "yuv420p")
    assert {len(f) for f in frames} == {WIDTH * HEIGHT * 3 // 2}
    grey = 16 + 219 / 255 * (still.astype(float) @ (0.2126, 0.7152, 0.0722))
    assert np.abs(_luma(frames[0]) - grey).mean() < 4
    assert np.abs(_luma(frames[-1]) - _luma(frames[0])).mean() > 1


def test_the_same_job_gives_the_same_frames(desk: Desk) -> None:
    """Two backends draw byte-equal frames from one job, and another seed draws other grain."""
    job = _job(desk, frames=3, look="warm-film")
    first, second, other = (
        [bytes(f) for f in Animatic(HOME).clip(j, desk).frames] for j in (job, job, job.changed(seed=4))
    )
    assert first == second
    assert first != other


def test_the_look_changes_the_picture(desk: Desk) -> None:
    """The warm look darkens the corners, and an unknown one names those there are."""
    plain, warm = (
        Animatic(HOME).still(_job(desk, look=name), desk).pixels.astype(int) for name in ("none", "warm-film")
    )
    assert warm[:8, :8].mean() < plain[:8, :8].mean() - 5
    with pytest.raises(InputError, match="warm-film"):
        Animatic(HOME).still(_job(desk, look="wram-film"), desk)


@pytest.mark.models
def test_a_person_is_found_where_the_blocking_puts_them(desk: Desk) -> None:
    """The face stands in the frame at the wanted size and its plate is covered by head and body."""
    job = _job(desk, _person("mia"), head=0.5).changed(width=640, height=360)
    picture = Animatic(HOME).still(job, desk)
    (face,) = desk.tool(ROLES["face"]).detect(picture.pixels)
    x, y, width, height = face.box
    assert x + width / 2 == pytest.approx(320, abs=40)
    assert 0.25 * 360 < height < 0.5 * 360
    assert y > 0.05 * 360
    assert picture.pixels[-20:, 280:360].mean((0, 1))[2] > picture.pixels[-20:, 280:360].mean((0, 1))[0]


@pytest.mark.models
def test_the_probe_lights_the_head(desk: Desk) -> None:
    """A ball that is bright on one side makes that side of the face the brighter one."""
    sides = []
    for left, right in ((190, 60), (60, 190)):
        job = _job(desk, _person("mia"), head=0.6).changed(width=320, height=180)
        inputs = tuple(i for i in job.inputs if i.role != "probe")
        probe = Input(role="probe", source=desk.put(_probe(left, right)))
        pixels = Animatic(HOME).still(job.changed(inputs=(*inputs, probe)), desk).pixels.astype(float)
        sides.append(pixels[60:100, 130:158].mean() - pixels[60:100, 162:190].mean())
    assert sides[0] > sides[1] + 20


@pytest.mark.models
def test_two_people_breathe_and_stay(desk: Desk) -> None:
    """A clip of two people moves a little within a second and keeps its camera."""
    people = (_person("mia", 0.3), _person("theo", 0.7))
    clip = Animatic(HOME).clip(_job(desk, *people, frames=24, head=0.3), desk)
    frames = [_luma(f) for f in clip.frames]
    moved = np.abs(frames[-1] - frames[0])
    assert 0.2 < moved.mean() < 12
    assert clip.notes["still_face_mia"] == "no rig"


@pytest.mark.models
def test_a_voice_moves_the_mouth_and_nothing_else(desk: Desk) -> None:
    """While a line sounds, the mouth's region changes more than the forehead's; states are drawn once."""
    generator = desk.tool(ROLES["generator"])
    style = generator.style(3)
    other = generator.style(8)
    rig = io.BytesIO()
    np.savez(rig, open=(0.25 * (other - style)).astype(np.float32))
    sound = io.BytesIO()
    tone = np.sin(2 * np.pi * 500 * np.arange(16000) / 16000).astype(np.float32) * 0.4
    soundfile.write(sound, tone, 16000, format="FLAC")
    extra = (
        Input(role="style", name="mia", source=desk.put(style.astype(np.float32).tobytes())),
        Input(role="rig", name="mia", source=desk.put(rig.getvalue())),
        Input(role="voice", name="mia/1", source=desk.put(sound.getvalue())),
    )
    head = imaging.encode_png(generator.generate(style))
    speech = (Speech(who="mia", name="mia/1", start=2),)
    job = _job(desk, _person("mia"), frames=16, head=0.7, speech=speech, extra=extra)
    inputs = (Input(role="head", name="mia", source=desk.put(head)), *(i for i in job.inputs if i.role != "head"))
    animatic = Animatic(HOME)
    clip = animatic.clip(job.changed(inputs=inputs), desk)
    frames = [_luma(f) for f in clip.frames]
    changed = np.abs(frames[12] - frames[1])
    mouth, brow = changed[42:66, 62:98].mean(), changed[14:26, 62:98].mean()
    assert mouth > brow + 1
    assert 1 <= int(clip.notes["faces_drawn"]) <= 6
    again = animatic.clip(job.changed(inputs=inputs), desk)
    assert again.notes["faces_drawn"] == 0
    assert again.notes["faces_reused"] == clip.notes["faces_drawn"]


@pytest.mark.models
def test_a_head_without_a_body_must_fill_the_frame(desk: Desk) -> None:
    """A bust without a body is refused where its lower edge would be seen, and drawn where it is not."""
    bare = _person("mia", dressed=False)
    with pytest.raises(RenderFailed, match="no body"):
        Animatic(HOME).still(_job(desk, bare, head=0.3), desk)
    assert Animatic(HOME).still(_job(desk, bare, head=0.95), desk).pixels.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.models
def test_a_head_picture_without_a_face_is_refused(desk: Desk) -> None:
    """A head picture in which nobody can be found ends the job with the person's name."""
    job = _job(desk, _person("mia"))
    inputs = tuple(i for i in job.inputs if i.role != "head")
    wall = Input(role="head", name="mia", source=desk.put(_plate()))
    with pytest.raises(RenderFailed, match="mia"):
        Animatic(HOME).still(job.changed(inputs=(*inputs, wall)), desk)


@pytest.mark.models
def test_a_neutral_body_is_tinted_by_the_probe(desk: Desk) -> None:
    """A body that was not lit by the place takes the ball's brightness; one that was keeps its own."""
    darkness = (Input(role="probe", source=desk.put(_probe(30, 30))),)
    chests = []
    for lit in (True, False):
        person = _person("mia").model_copy(update={"lit": lit})
        job = _job(desk, person, head=0.4)
        inputs = (*darkness, *(i for i in job.inputs if i.role != "probe"))
        chests.append(Animatic(HOME).still(job.changed(inputs=inputs), desk).pixels[74:, 70:90].mean())
    assert chests[1] < 0.7 * chests[0]


@pytest.mark.models
def test_a_master_gives_a_head_its_proportions(desk: Desk) -> None:
    """With the master of somebody slimmer, a narrower body is drawn under the same head."""
    job = _job(desk, _person("mia"), head=0.4)
    widths = []
    for who in ("mia", "theo"):
        master = Input(role="master", name="mia", source=desk.put(MASTERS[who].read_bytes()))
        row = Animatic(HOME).still(job.changed(inputs=(*job.inputs, master)), desk).pixels[76:90].astype(int)
        widths.append(int((row[..., 2] > row[..., 0] + 15).sum()))
    assert widths[0] > widths[1] > 0
