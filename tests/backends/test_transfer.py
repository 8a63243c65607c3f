"""The face transfer, on the cast's own heads with the real models."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from charforge import imaging
from charforge.backends.dlib_face import DlibFace
from charforge.backends.landmarks import FaceLandmarks
from charforge.backends.protocols import FaceBackend, LandmarkBackend, Landmarks
from charforge.backends.sface import SFace
from charforge.backends.transfer import Transfer, cover, exchange, glasses, seen
from charforge.backends.transfer.choosing import nearest
from charforge.domain.jobs import Input, RepairJob
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.weights import LocalHome

CHARACTERS = Path(__file__).parents[2] / "library" / "characters"
pytestmark = pytest.mark.models


class Desk:
    """The Kit of a repair, and what looks at its results."""

    def __init__(self, home: LocalHome, folder: Path) -> None:
        self.scratch, self.home = folder, home
        self.judge, self.points, self.second = SFace(home), FaceLandmarks(home), DlibFace(home)

    def put(self, role: str, pixels: RGB) -> Input:
        """Lay a picture on the desk."""
        raw = imaging.encode_png(pixels)
        digest = hashlib.sha256(raw).hexdigest()
        self.file(digest).write_bytes(raw)
        return Input(role=role, source=digest)

    def file(self, digest: str) -> Path:
        """Return a picture that was laid there."""
        return self.scratch / f"{digest}.png"

    def tool(self, role: type) -> Any:
        """Return one of the two tools."""
        return {FaceBackend: self.judge, LandmarkBackend: self.points}[role]

    def face(self, model: str) -> Any:
        """Have none."""
        raise AssertionError(model)

    def step(self, done: int, total: int) -> None:
        """Take no note."""

    def box(self, pixels: RGB) -> tuple[int, int, int, int]:
        """Return the largest face's box."""
        x, y, width, height = (int(v) for v in self.judge.detect(pixels)[0].box)
        return x, y, width, height

    def mended(self, picture: RGB, *others: RGB, **settings: Any) -> RGB:
        """Return the picture with the face of the first of the others, the rest lending their skin."""
        roles = ("master", *("reference" for _ in others[1:]))
        inputs = (self.put("picture", picture), *map(self.put, roles, others))
        job = RepairJob(
            backend="transfer", step="transfer", box=self.box(picture), inputs=inputs, settings=settings, seed=1
        )
        return Transfer(self.home).repair(job, self).pixels

    def marks(self, pixels: RGB) -> Landmarks:
        """Return the largest face's landmarks."""
        found = self.points.landmarks(pixels, self.judge.detect(pixels)[0])
        assert found is not None
        return found

    def likeness(self, one: RGB, other: RGB) -> tuple[float, float]:
        """Return how alike two faces are to the guiding and to the second judge."""
        faces = [self.judge.detect(p)[0] for p in (one, other)]
        pairs = [[j.embed(p, f) for p, f in zip((one, other), faces, strict=True)] for j in (self.judge, self.second)]
        return self.judge.similarity(*pairs[0]), self.second.similarity(*pairs[1])


@pytest.fixture(scope="module")
def desk(home: LocalHome, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with the models, loaded once."""
    return Desk(home, tmp_path_factory.mktemp("desk"))


def half(pixels: RGB) -> RGB:
    """Return a picture at half its size."""
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="module")
def mia() -> RGB:
    """Return Mia's master."""
    return half(imaging.decode(CHARACTERS / "mia/headshot/front.png"))


@pytest.fixture(scope="module")
def turned() -> RGB:
    """Return Mia turned by 25 degrees."""
    return half(imaging.decode(CHARACTERS / "mia/angles/left25.webp"))


@pytest.fixture(scope="module")
def happy() -> RGB:
    """Return Mia with a smile."""
    return half(imaging.decode(CHARACTERS / "mia/expressions/happy.webp"))


@pytest.fixture(scope="module")
def theo() -> RGB:
    """Return Theo's master, which is nobody like Mia."""
    return half(imaging.decode(CHARACTERS / "theo/headshot/front.png"))


@pytest.mark.parametrize("angle", ["left25", "right25"])
def test_a_stranger_becomes_more_like_the_master_at_another_pose(desk: Desk, mia: RGB, angle: str) -> None:
    """Somebody else, turned by 25 degrees, is more like Mia to both judges afterwards, and turned as before."""
    other = half(imaging.decode(CHARACTERS / f"theo/angles/{angle}.webp"))
    made = desk.mended(other, mia)
    before, after = desk.likeness(other, mia), desk.likeness(made, mia)
    assert all(b + 0.05 < a for b, a in zip(before, after, strict=True))
    assert desk.marks(made).turn == pytest.approx(desk.marks(other).turn, abs=5)


def test_the_takes_own_expression_stays(desk: Desk, mia: RGB, happy: RGB) -> None:
    """A smile is a smile afterwards, though the master's lips are calm."""
    before, after = (desk.marks(p).blendshapes for p in (happy, desk.mended(happy, mia)))
    for side in ("Left", "Right"):
        assert after[f"mouthSmile{side}"] == pytest.approx(before[f"mouthSmile{side}"], abs=0.25)
    assert after["jawOpen"] == pytest.approx(before["jawOpen"], abs=0.15)


def test_no_strength_changes_nothing(desk: Desk, mia: RGB, theo: RGB) -> None:
    """With strength 0 every byte stays."""
    assert np.array_equal(desk.mended(theo, mia, strength=0.0), theo)


def test_half_the_strength_goes_part_of_the_way(desk: Desk, mia: RGB, theo: RGB) -> None:
    """Likeness grows with the strength."""
    steps = [desk.likeness(desk.mended(theo, mia, strength=s), mia)[0] for s in (0.0, 0.5, 1.0)]
    assert steps == sorted(steps)
    assert steps[2] > steps[1] + 0.05 > steps[0] + 0.1


def test_the_light_of_the_take_stays(desk: Desk, mia: RGB, theo: RGB) -> None:
    """A face lit from one side is lit from there afterwards."""
    shade = np.linspace(0.4, 1.1, theo.shape[1], dtype=np.float32)[None, :, None]
    dark = np.clip(theo * shade, 0, 255).astype(np.uint8)
    made, points = desk.mended(dark, mia), desk.marks(dark).points

    def sides(pixels: RGB) -> float:
        soft = cv2.blur(pixels, (25, 25)).mean(-1)
        left, right = (soft[int(points[n, 1]), int(points[n, 0])] for n in (50, 280))
        return float(left / right)

    assert sides(made) == pytest.approx(sides(dark), rel=0.12)


def test_what_lies_before_the_face_stays(desk: Desk, mia: RGB, theo: RGB) -> None:
    """A dark lock over the forehead is not painted over with skin."""
    points = desk.marks(theo).points
    x, y = (points[151, :2]).astype(int)
    covered = theo.copy()
    cv2.rectangle(covered, (x - 26, y - 30), (x + 8, y + 8), (30, 22, 18), -1)
    made = desk.mended(covered, mia)
    lock = np.s_[y - 14 : y - 2, x - 18 : x]
    assert np.abs(made[lock].astype(int) - covered[lock]).mean() < 6


def test_grain_of_the_take_is_on_the_face_too(desk: Desk, mia: RGB, theo: RGB) -> None:
    """A grainy take's face is as grainy afterwards."""
    noise = np.random.default_rng(3).normal(size=theo.shape[:2])[..., None] * 6
    grainy = np.clip(theo + noise, 0, 255).astype(np.uint8)
    made, points = desk.mended(grainy, mia), desk.marks(grainy).points
    cheek = np.s_[int(points[50, 1]) - 14 : int(points[50, 1]) + 14, int(points[50, 0]) - 14 : int(points[50, 0]) + 14]

    def grain(pixels: RGB) -> float:
        grey = pixels.astype(np.float32).mean(-1)
        return float(np.std((grey - cv2.GaussianBlur(grey, (0, 0), 1.0))[cheek]))

    assert 0.7 < grain(made) / grain(grainy) < 1.4


def test_the_picture_nearest_in_pose_lends_its_skin(desk: Desk, mia: RGB, turned: RGB) -> None:
    """A turned take is given the turned reference's skin, a straight one the master's."""
    master, angle = (seen.faces(p, desk.judge, desk.points) for p in (mia, turned))
    assert master is not None
    assert angle is not None
    assert nearest(angle, [master, angle]) is angle
    assert nearest(master, [master, angle]) is master


def test_a_second_pass_takes_what_the_first_left(
    desk: Desk, mia: RGB, theo: RGB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both judges find the face more like the master's than after one pass."""
    twice = desk.likeness(desk.mended(theo, mia), mia)
    monkeypatch.setattr(exchange, "PASSES", 1)
    once = desk.likeness(desk.mended(theo, mia), mia)
    assert twice[0] > once[0]
    assert twice[1] > once[1]


def test_glasses_leave_the_eyes_to_the_master(desk: Desk, mia: RGB) -> None:
    """Of a face with glasses the frame and what is around it stays; within the lids it does not."""
    face = desk.judge.detect(mia)[0]
    plain = seen.look(mia, face, desk.points)
    drawn = mia.copy()
    points = desk.marks(mia).points[:, :2]
    for left, right in ((33, 133), (362, 263)):
        middle, width = (points[left] + points[right]) / 2, float(np.linalg.norm(points[left] - points[right]))
        cv2.circle(drawn, tuple(int(v) for v in middle), int(0.85 * width), (20, 20, 20), max(2, int(0.09 * width)))
    one, other = ((int(points[n][0]), int(points[n][1])) for n in (133, 362))
    cv2.line(drawn, one, other, (20, 20, 20), 8)
    worn = seen.look(drawn, face, desk.points)
    assert plain is not None
    assert worn is not None
    stays = cover.kept(worn, plain, plain.points, plain.pixels.shape[:2], spectacled=True)
    iris, bridge = (plain.points[n, :2].astype(int) for n in (468, 168))
    assert glasses.differ(worn, plain)
    assert stays[iris[1], iris[0]] < 0.2
    assert stays[bridge[1], bridge[0]] > 0.8


def test_refuses_what_it_cannot_do(desk: Desk, mia: RGB, theo: RGB) -> None:
    """Too small a face, a master without a face, an unknown setting and a strength out of range are refused."""
    tiny = np.full((200, 200, 3), 120, np.uint8)
    tiny[60:110, 60:110] = cv2.resize(theo, (50, 50), interpolation=cv2.INTER_AREA)
    blank = np.full_like(mia, 90)
    with pytest.raises(RenderFailed, match="no face in the master"):
        desk.mended(theo, blank)
    with pytest.raises(RenderFailed, match="knows no setting mood"):
        desk.mended(theo, mia, mood=1)
    with pytest.raises(RenderFailed, match="out of range"):
        desk.mended(theo, mia, strength=2)
    job = RepairJob(
        backend="transfer", step="transfer", box=(60, 60, 50, 50),
        inputs=(desk.put("picture", tiny), desk.put("master", mia)),
    )  # fmt: skip
    with pytest.raises(RenderFailed, match=r"too small|no face in the box"):
        Transfer(desk.home).repair(job, desk)


def test_refuses_a_job_without_its_pictures(desk: Desk, mia: RGB) -> None:
    """A job needs a picture and a master."""
    for inputs, missing in (((desk.put("picture", mia),), "master"), ((desk.put("master", mia),), "no picture")):
        job = RepairJob(backend="transfer", step="transfer", box=desk.box(mia), inputs=inputs)
        with pytest.raises(RenderFailed, match=missing):
            Transfer(desk.home).repair(job, desk)
