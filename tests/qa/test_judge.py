"""Takes are judged with the real models: stills, clips, masters, bad input."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from headshots import MASTERS, canvas, master

from charforge import imaging, media
from charforge.backends.dlib_face import DlibFace
from charforge.backends.protocols import Detection, Frames
from charforge.backends.sface import SFace
from charforge.domain.jobs import ExpectedFace
from charforge.domain.takes import Finding
from charforge.errors import InputError
from charforge.qa import Judge, calibrated
from charforge.qa.watching import Watch
from charforge.weights import LocalHome

pytestmark = pytest.mark.models

SHARED = Path(os.environ.get("CHARFORGE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def expected(name: str, turn: float = 0.0, *, path: Path | None = None) -> ExpectedFace:
    """Return a character whose master lies at this path, by default the library's."""
    file = path or MASTERS[name]
    return ExpectedFace(who=name, asset=f"{name}@1", master=hashlib.sha256(file.read_bytes()).hexdigest(), turn=turn)


@pytest.fixture(scope="module")
def faces() -> tuple[SFace, DlibFace]:
    """Return both face models, loaded once."""
    home = LocalHome()
    return SFace(home), DlibFace(home)


def judging(faces: tuple[SFace, DlibFace], *paths: Path, folder: Path | None = None) -> Judge:
    """Return a judge who finds these masters by digest."""
    files = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in paths}
    first, second = faces
    return Judge(first, second, calibrated(first), calibrated(second), lambda d: files[d], folder=folder)


@pytest.fixture(scope="module")
def judge(faces: tuple[SFace, DlibFace]) -> Judge:
    """Return a judge of the pilot's cast."""
    return judging(faces, *MASTERS.values())


CAST = (expected("mia"), expected("theo"))
BOTH = (("mia", 200, 200, 600), ("theo", 1100, 200, 600))


def test_two_people_are_recognised_by_both_judges(judge: Judge) -> None:
    """A frame with both characters passes, with a score each, by either judge."""
    picture = canvas(*BOTH)
    for verdict in (judge.still(picture, CAST), judge.confirm(picture, CAST)):
        assert verdict.outcome == "pass", verdict
        assert [s.who for s in verdict.scores] == ["mia", "theo"]
        assert all(s.value > s.bar for s in verdict.scores)


def test_the_order_of_the_cast_does_not_matter(judge: Judge) -> None:
    """Faces are told by likeness, not by place."""
    swapped = canvas(("theo", 200, 200, 600), ("mia", 1100, 200, 600))
    scores = {s.who: s.value for s in judge.still(swapped, CAST).scores}
    assert min(scores.values()) > 0.9


def test_a_missing_person_and_a_stranger_are_found(judge: Judge) -> None:
    """Mia alone in a shot of both; Theo where only Mia is expected; Mia twice."""
    alone = judge.still(canvas(BOTH[0]), CAST)
    assert (alone.outcome, [(f.code, f.who) for f in alone.findings]) == ("fail", [("missing", "theo")])
    crowd = judge.still(canvas(*BOTH), CAST[:1])
    assert (crowd.outcome, [f.code for f in crowd.findings]) == ("fail", ["stranger"])
    twice = judge.still(canvas(("mia", 100, 100, 600), ("mia", 1100, 200, 500)), CAST[:1])
    assert (twice.outcome, [(f.code, f.who) for f in twice.findings]) == ("fail", [("double", "mia")])


def test_an_insert_must_be_empty_of_faces(judge: Judge) -> None:
    """A face where there shall be none is a finding, an empty picture is not."""
    assert [f.code for f in judge.still(canvas(BOTH[0]), (), "none").findings] == ["unexpected-face"]
    assert judge.still(canvas(), (), "none").passed()


def test_tiny_and_blurred_faces_are_not_scorable(judge: Judge) -> None:
    """A head 40 pixels high, and one out of focus, give neither pass nor fail."""
    tiny = judge.still(canvas(("mia", 200, 100, 40), width=480, height=270), CAST[:1])
    blurred = judge.still(cv2.GaussianBlur(canvas(BOTH[0]), (0, 0), 18).astype(np.uint8), CAST[:1])
    for verdict in (tiny, blurred):
        assert (verdict.outcome, [f.code for f in verdict.findings]) == ("not-scorable", ["not-scorable"])


def test_a_black_picture_fails(judge: Judge) -> None:
    """Nothing to see is a failure, whoever is expected, even where faces do not matter."""
    dark = np.full((270, 480, 3), 3, np.uint8)
    assert [f.code for f in judge.still(dark, CAST).findings] == ["black"]
    assert judge.still(dark, (), "any").outcome == "fail"


def blended(share: float) -> np.ndarray:
    """Return a picture of somebody who is so much Mia and the rest Theo."""
    both = (share * master("mia").astype(np.float64) + (1 - share) * master("theo")).astype(np.uint8)
    picture = canvas(width=960, height=540)
    picture[100:500, 200:600] = cv2.resize(both, (400, 400), interpolation=cv2.INTER_AREA)
    return picture


def test_a_face_half_way_to_somebody_else_has_drifted(judge: Judge) -> None:
    """A near miss is drift that can be fixed."""
    verdict = judge.still(blended(0.25), CAST[:1])
    assert (verdict.outcome, [(f.code, f.who) for f in verdict.findings]) == ("fix", [("drift", "mia")])


def test_a_face_between_the_bars_is_unlike(faces: tuple[SFace, DlibFace]) -> None:
    """It is Mia, and less alike than a calibration wants; drift where the second judge takes it for somebody else."""
    first, second = faces
    files = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in MASTERS.values()}
    calibration = calibrated(first)
    wanted = calibration.changed(bars={n: b.changed(likeness=0.8) for n, b in calibration.bars.items()}, sizes=())
    judge = Judge(first, second, wanted, calibrated(second), files.__getitem__)
    verdict = judge.still(blended(0.7), CAST[:1])
    assert (verdict.outcome, [(f.code, f.who, f.limit) for f in verdict.findings]) == ("pass", [("unlike", "mia", 0.8)])
    verdict = judge.still(blended(0.6), CAST[:1])
    assert (verdict.outcome, [f.code for f in verdict.findings]) == ("fix", ["unlike", "drift"])
    assert "dlib" in verdict.findings[1].message
    assert judge.still(canvas(BOTH[0]), CAST[:1]).passed()


def test_people_on_each_others_side_are_swapped(judge: Judge) -> None:
    """Both are there, each where the shot list puts the other."""
    cast = (CAST[0].changed(place="left"), CAST[1].changed(place="right"))
    turned = canvas(("theo", 200, 200, 600), ("mia", 1100, 200, 600))
    assert judge.still(canvas(*BOTH), cast).passed()
    assert [(f.code, f.who) for f in judge.still(turned, cast).findings] == [("swapped", "theo")]


def test_somebody_too_small_to_be_told_is_counted(judge: Judge) -> None:
    """Theo at nine pixels between the eyes is no stranger, and yet one too many."""
    picture = canvas(("mia", 100, 100, 300), ("theo", 600, 100, 34), width=960, height=540)
    verdict = judge.still(picture, CAST[:1])
    assert verdict.outcome == "fail"
    assert [(f.code, f.number, f.limit) for f in verdict.findings] == [("headcount", 2, 1)]


def test_a_back_of_a_head_as_planned_passes(judge: Judge) -> None:
    """No face is found of somebody whom the shot list turns away, and nobody is asked."""
    verdict = judge.still(canvas(BOTH[0]), (CAST[0], CAST[1].changed(turn=85.0)))
    assert (verdict.outcome, [(f.code, f.who) for f in verdict.findings]) == ("pass", [("away", "theo")])


def test_a_face_that_the_edge_cuts_is_judged_with_a_note(judge: Judge) -> None:
    """Mia leaves the picture to the left in every frame of a clip: it is her, as far as can be seen."""
    head = cv2.resize(master("mia"), (400, 400), interpolation=cv2.INTER_AREA)
    frames = []
    for number in range(4):
        picture = canvas(width=960, height=540)
        picture[100:500, : 230 - number] = head[:, 170 + number :]
        frames.append((number * 6, picture))
    verdict = judge.watched(frames, CAST[:1], take="0" * 64, time=lambda n: n / 24)
    assert (verdict.outcome, [(f.code, f.who) for f in verdict.findings]) == ("pass", [("ill-posed", "mia")])
    assert "edge" in verdict.findings[0].message
    assert [(s.frame, s.time) for s in verdict.curve] == [(0, 0.0), (6, 0.25), (12, 0.5), (18, 0.75)]


def test_two_people_who_exchange_their_places_are_swapped(judge: Judge) -> None:
    """From one judged frame to the next each has the other's face: an alarm for both, with its time."""
    before = canvas(("mia", 60, 40, 200), ("theo", 360, 40, 200), width=640, height=360)
    after = canvas(("theo", 60, 40, 200), ("mia", 360, 40, 200), width=640, height=360)
    frames = [(6 * n, before if n < 4 else after) for n in range(8)]
    verdict = judge.watched(frames, CAST, moves=False, take="0" * 64, time=lambda n: n / 24)
    assert verdict.outcome == "fail"
    assert [(f.code, f.who, f.frame, f.time) for f in verdict.findings] == [
        ("swapped", "mia", 24, 1.0),
        ("swapped", "theo", 24, 1.0),
    ]


class Noting:
    """A watcher that notes what it is shown and finds one thing."""

    revision = "noting-1"

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def look(self, frame: int, pixels: np.ndarray, faces: Sequence[Detection]) -> None:
        """Note the frame's number and how many faces are in it."""
        assert pixels.dtype == np.uint8
        self.seen.append((frame, len(faces)))

    def findings(self) -> tuple[Finding, ...]:
        """Return that every frame is soft."""
        return (Finding(code="soft", message="soft", number=float(len(self.seen))),)


def test_watchers_see_every_judged_frame_with_its_faces(judge: Judge) -> None:
    """Their findings join the verdict, of stills, of clips, and where faces do not matter."""
    started: list[Noting] = []

    def start() -> Sequence[Noting]:
        started.append(Noting())
        return started[-1:]

    watch = Watch(start, "noting-1")
    picture = canvas(("mia", 60, 40, 200), ("theo", 360, 40, 200), width=640, height=360)
    assert [f.code for f in judge.still(picture, CAST, watch=watch).findings] == ["soft"]
    frames = [(0, picture), (6, picture)]
    verdict = judge.watched(frames, CAST, "any", moves=False, take="0" * 64, watch=watch)
    assert (verdict.outcome, [f.number for f in verdict.findings]) == ("fix", [2.0])
    assert [w.seen for w in started] == [[(0, 2)], [(0, 2), (6, 2)]]


def test_the_cache_key_follows_who_watches(judge: Judge) -> None:
    """A verdict nobody watched, or others did, is not used again; nor one that expected other places."""
    keys = {judge.cache_key("a" * 64, CAST, watch=Watch(key=key)) for key in ("", "noting-1", "noting-2")}
    keys.add(judge.cache_key("a" * 64, (CAST[0].changed(place="left"), CAST[1])))
    assert len(keys) == 4
    assert judge.cache_key("a" * 64, CAST) in keys


def test_a_file_is_judged_like_its_pixels(judge: Judge, tmp_path: Path) -> None:
    """A picture file gives the pixels' verdict, under its own digest."""
    file = tmp_path / "take.png"
    file.write_bytes(imaging.encode_png(canvas(*BOTH)))
    verdict = judge.still(file, CAST)
    assert verdict.take == hashlib.sha256(file.read_bytes()).hexdigest()
    assert verdict.scores == judge.still(canvas(*BOTH), CAST).scores


@pytest.mark.parametrize(
    ("placed", "message"), [((), "no face"), ((("mia", 0, 0, 500), ("theo", 500, 0, 500)), "2 faces")]
)
def test_a_headshot_needs_exactly_one_face(
    faces: tuple[SFace, DlibFace], tmp_path: Path, placed: tuple[tuple[str, int, int, int], ...], message: str
) -> None:
    """A master without a face, or with two, is refused by name."""
    file = tmp_path / "front.png"
    file.write_bytes(imaging.encode_png(canvas(*placed, width=1000, height=500)))
    with pytest.raises(InputError, match=message) as caught:
        judging(faces, file).still(canvas(BOTH[0]), (expected("x", path=file),))
    assert "front.png" in str(caught.value)
    assert caught.value.hint


def test_embeddings_of_masters_are_kept(faces: tuple[SFace, DlibFace], tmp_path: Path) -> None:
    """A second judge with the same folder needs no master file, and a damaged one is made again."""
    judging(faces, *MASTERS.values(), folder=tmp_path).still(canvas(*BOTH), CAST)
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 2
    assert judging(faces, folder=tmp_path).still(canvas(*BOTH), CAST).passed()
    kept[0].write_bytes(b"broken")
    assert judging(faces, *MASTERS.values(), folder=tmp_path).still(canvas(*BOTH), CAST).passed()


def test_the_cache_key_follows_what_is_judged(judge: Judge) -> None:
    """Other bytes, people or modes give another key; the same give the same."""
    keys = {
        judge.cache_key("a" * 64, CAST),
        judge.cache_key("b" * 64, CAST),
        judge.cache_key("a" * 64, CAST[:1]),
        judge.cache_key("a" * 64, CAST, "none"),
    }
    assert len(keys) == 4
    assert judge.cache_key("a" * 64, CAST) in keys


def filmed(path: Path, pictures: list[np.ndarray]) -> Path:
    """Write pictures as a clip of 24 frames a second."""
    height, width = pictures[0].shape[:2]
    frames = Frames(Fraction(24), width, height, "rgb24", iter([p.tobytes() for p in pictures]), len(pictures))
    media.encode_clip(frames, path)
    return path


def panned(count: int) -> list[np.ndarray]:
    """Return frames of both people drifting to the right."""
    return [canvas(("mia", 60 + i, 40, 200), ("theo", 360 + i, 40, 200), width=640, height=360) for i in range(count)]


def test_a_clip_is_judged_by_its_frames(judge: Judge, tmp_path: Path) -> None:
    """A clip of both people passes with the median and the worst frame of each."""
    verdict = judge.clip(filmed(tmp_path / "a.mkv", panned(25)), CAST)
    assert verdict.outcome == "pass", verdict
    assert [(s.who, s.frame is None) for s in verdict.scores] == [
        ("mia", True),
        ("mia", False),
        ("theo", True),
        ("theo", False),
    ]


def test_a_face_that_changes_in_a_clip_is_found_with_its_frame(judge: Judge, tmp_path: Path) -> None:
    """Mia turns into Theo after a second: the worst frame is one of his, and the clip does not pass."""
    pictures = [canvas(("mia" if i < 24 else "theo", 100 + i, 40, 240), width=640, height=360) for i in range(37)]
    verdict = judge.clip(filmed(tmp_path / "b.mkv", pictures), CAST[:1])
    assert verdict.outcome in {"fix", "fail"}
    assert all(f.frame is not None and f.frame >= 24 for f in verdict.findings)
    assert min(verdict.scores, key=lambda s: s.value).frame in {24, 30, 36}


def test_a_frozen_and_a_black_clip_fail(judge: Judge, tmp_path: Path) -> None:
    """A clip of one picture is frozen where it should move; a clip that goes black is black."""
    still = filmed(tmp_path / "still.mkv", panned(1) * 30)
    assert [f.code for f in judge.clip(still, CAST).findings] == ["frozen"]
    assert judge.clip(still, CAST, moves=False).passed()
    gone = filmed(tmp_path / "gone.mkv", panned(12) + [np.zeros((360, 640, 3), np.uint8)] * 12)
    assert "black" in {f.code for f in judge.clip(gone, CAST).findings}


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared photographs")
def test_own_photo_same_person_and_stranger_give_pass_pass_fail(faces: tuple[SFace, DlibFace]) -> None:
    """A master against itself, another photo of the same person years later, and somebody else, by both judges."""
    own = SHARED / "faces/dwight-evans/ref_2017-04-24.jpg"
    photos = (own, SHARED / "faces/dwight-evans/same_2019-01-03.jpg", SHARED / "faces/tom-marino/ref_2017-04-24.jpg")
    judge = judging(faces, own)
    person = (expected("dwight", path=own),)
    for look in (judge.still, judge.confirm):
        assert [look(p, person).outcome for p in photos] == ["pass", "pass", "fail"]


def test_masters_differ_from_each_other() -> None:
    """The pilot's two masters are different pictures, or nothing above means anything."""
    assert not np.array_equal(master("mia"), master("theo"))
