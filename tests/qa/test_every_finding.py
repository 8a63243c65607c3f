"""Every finding is raised by the judges that takes and files go through, on a real or constructed picture or sound."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import cv2
import numpy as np
import pytest
import soundfile
from headshots import MASTERS, canvas
from watched import MIA, finder, picture, plate, reference, smaller

from charforge import imaging, media
from charforge.backends.dlib_face import DlibFace
from charforge.backends.protocols import Detection, Frames, Landmarks, Sound, Word
from charforge.backends.resemblyzer import Resemblyzer
from charforge.backends.sface import SFace
from charforge.domain.jobs import ExpectedFace, ExpectedVoice
from charforge.domain.takes import FaceCode, Finding, PictureCode, SoundCode
from charforge.errors import InputError
from charforge.qa import Judge, calibrated
from charforge.qa.hearing.ear import Ear
from charforge.qa.watchers import Eyes, Person, Surroundings, watchers
from charforge.qa.watching import Watch
from charforge.studio.judge import Wanted, judged

if TYPE_CHECKING:
    from charforge.weights import LocalHome

TESTS = Path(__file__).parents[1]
SHELF = TESTS.parent / "library"
HERE = "qa/test_every_finding.py"
FACES = "qa/test_judge.py"
RAISED = {
    "drift": (FACES, "test_a_face_half_way_to_somebody_else_has_drifted"),
    "unlike": (FACES, "test_a_face_between_the_bars_is_unlike"),
    "missing": (FACES, "test_a_missing_person_and_a_stranger_are_found"),
    "stranger": (FACES, "test_a_missing_person_and_a_stranger_are_found"),
    "double": (FACES, "test_a_missing_person_and_a_stranger_are_found"),
    "swapped": (FACES, "test_people_on_each_others_side_are_swapped"),
    "headcount": (FACES, "test_somebody_too_small_to_be_told_is_counted"),
    "unexpected-face": (FACES, "test_an_insert_must_be_empty_of_faces"),
    "not-scorable": (FACES, "test_tiny_and_blurred_faces_are_not_scorable"),
    "away": (FACES, "test_a_back_of_a_head_as_planned_passes"),
    "ill-posed": (FACES, "test_a_face_that_the_edge_cuts_is_judged_with_a_note"),
    "unreadable": (HERE, "test_files_are_judged_for_more_than_faces"),
    "black": (FACES, "test_a_black_picture_fails"),
    "frozen": (FACES, "test_a_frozen_and_a_black_clip_fail"),
    "letterbox": (HERE, "test_a_picture_with_bars"),
    "soft": (HERE, "test_a_picture_out_of_focus"),
    "flicker": (HERE, "test_a_clip_whose_light_jumps"),
    "copy-paste": (HERE, "test_a_reference_that_is_repeated"),
    "location": (HERE, "test_files_are_judged_for_more_than_faces"),
    "wardrobe": (HERE, "test_somebody_in_other_clothes"),
    "body": (HERE, "test_somebody_of_other_proportions"),
    "voice": (HERE, "test_a_line_in_somebody_elses_voice"),
    "words": (HERE, "test_a_line_with_other_words"),
    "clipping": (HERE, "test_files_are_judged_for_more_than_faces"),
    "silence": (HERE, "test_files_are_judged_for_more_than_faces"),
    "lips": (
        "studio/test_repaired_lips.py",
        "test_a_mouth_that_is_shut_while_its_line_is_heard_is_found_also_after_a_repair",
    ),
}
"""Code -> the test that has a judge raise it."""


def test_every_code_is_raised_by_a_test() -> None:
    """The table names them all, and every test in it is there and speaks of its code."""
    assert set(RAISED) == {code for codes in (FaceCode, PictureCode, SoundCode) for code in get_args(codes)}
    for code, (file, name) in RAISED.items():
        text = (TESTS / file).read_text("utf-8")
        begin = text.index(f"def {name}(")
        assert f'"{code}"' in text[begin:].partition("\n\n\n")[0], code


@pytest.fixture(scope="module")
def judge(home: LocalHome) -> Judge:
    """Return a judge of the pilot's cast."""
    files = {_digest(p): p for p in MASTERS.values()}
    first, second = SFace(home), DlibFace(home)
    return Judge(first, second, calibrated(first), calibrated(second), files.__getitem__)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


CAST = tuple(ExpectedFace(who=name, asset=f"{name}@1", master=_digest(path)) for name, path in MASTERS.items())


NOWHERE = Surroundings()


def watching(surroundings: Surroundings, eyes: Eyes | None = None) -> Watch:
    """Return who looks at a take in these surroundings."""
    return Watch(lambda: watchers(surroundings, eyes), "test")


def still(judge: Judge, pixels: np.ndarray, here: Surroundings = NOWHERE, eyes: Eyes | None = None) -> Any:
    """Return the outcome and the findings of a picture that may show whom it likes."""
    verdict = judge.still(pixels, (), "any", watch=watching(here, eyes))
    return verdict.outcome, [(f.code, f.who) for f in verdict.findings]


@pytest.mark.models
def test_a_picture_with_bars(judge: Judge) -> None:
    """A wide picture in a high one, which is a failure; the same without bars passes."""
    boxed = np.ascontiguousarray(plate("coffee-shop")[::2, ::2])
    assert still(judge, boxed) == ("pass", [])
    boxed[:60] = boxed[-60:] = 0
    assert still(judge, boxed) == ("fail", [("letterbox", "")])


@pytest.mark.models
def test_a_picture_out_of_focus(judge: Judge) -> None:
    """All of it; to be made anew."""
    blurred = np.asarray(cv2.GaussianBlur(plate("pottery"), (0, 0), 6), np.uint8)
    assert still(judge, blurred) == ("fix", [("soft", "")])


@pytest.mark.models
def test_a_clip_whose_light_jumps(judge: Judge, tmp_path: Path) -> None:
    """A quarter of a second is darker by an eighth, in a file."""
    wide = cv2.resize(plate("pottery", "wide"), (400, 180), interpolation=cv2.INTER_AREA)
    frames = [np.ascontiguousarray(wide[:, n : n + 320]) for n in range(48)]
    frames[16:20] = [(0.87 * f).astype(np.uint8) for f in frames[16:20]]
    path = tmp_path / "clip.mkv"
    media.encode_clip(Frames(Fraction(24), 320, 180, "rgb24", (f.tobytes() for f in frames), len(frames)), path)
    verdict = judge.clip(path, (), "any", watch=watching(Surroundings(rate=24)))
    assert (verdict.outcome, [(f.code, f.frame) for f in verdict.findings]) == ("fix", [("flicker", 18)])


@pytest.mark.models
def test_a_reference_that_is_repeated(judge: Judge, home: LocalHome) -> None:
    """Mia's master in a plate, as a model that was shown it must not give it back."""
    scene = plate("coffee-shop").copy()
    scene[100:700, 300:900] = cv2.resize(picture(MIA), (600, 600), interpolation=cv2.INTER_AREA)
    shown = Surroundings(people=(Person("mia", given=(reference(picture(MIA)),)),))
    assert still(judge, scene, shown, Eyes(face=SFace(home))) == ("fail", [("copy-paste", "mia")])


@pytest.mark.models
def test_somebody_in_other_clothes(judge: Judge, home: LocalHome) -> None:
    """Mia in theo's olive; in her own nobody is asked."""
    own, other = (_dressed(name) for name in ("mia/body/apron-0", "theo/body/olive-0"))
    worn = Surroundings(people=(Person("mia", garments=(reference(own),)),))
    eyes = Eyes(face=SFace(home))
    assert still(judge, own, worn, eyes) == ("pass", [])
    assert still(judge, other, worn, eyes) == ("not-scorable", [("wardrobe", "mia")])


def _dressed(body: str) -> np.ndarray:
    """Return Mia's head over the chest of a body."""
    cut = imaging.decode_rgba(SHELF / f"characters/{body}.webp")
    tall, middle = cut.shape[0], cut.shape[1] // 2
    chest = cut[tall // 5 : 4 * tall // 5, middle - tall // 8 : middle + tall // 8, :3]
    return np.vstack([cv2.resize(p, (512, 512), interpolation=cv2.INTER_AREA) for p in (picture(MIA), chest)])


class Figure:
    """Cuts out a dark figure, and knows its face."""

    revision = "test"
    face = Detection(
        (280, 60, 80, 110), np.array([[302, 105], [338, 105], [320, 125], [306, 145], [334, 145]], np.float32), 0.95
    )

    def matte(self, pixels: np.ndarray) -> np.ndarray:
        """Return where the figure is."""
        return np.asarray(pixels[..., 0] < 150, np.float32)

    def landmarks(self, pixels: np.ndarray, face: Detection) -> Landmarks:
        """Return a face of a hundred pixels from forehead to chin."""
        points = np.zeros((478, 3), np.float32)
        points[10, :2], points[152, :2] = (320, 70), (320, 170)
        return Landmarks(points, {}, 0.0, 0.0, 0.0)

    @staticmethod
    def drawn(shoulders: int) -> np.ndarray:
        """Return a figure with shoulders so many pixels wide."""
        out = np.full((900, 640, 3), 255, np.uint8)
        cv2.ellipse(out, (320, 110), (40, 60), 0, 0, 360, (60, 60, 60), -1)
        out[180:380, 320 - shoulders // 2 : 320 + shoulders // 2] = 60
        out[180:750, 320 - shoulders // 4 : 320 + shoulders // 4] = 60
        return out


@pytest.mark.models
def test_somebody_of_other_proportions(home: LocalHome) -> None:
    """A figure half as wide again as its reference; that is told, and nothing else follows."""
    figure: Any = Figure()
    found = finder({(900, 640): Figure.face})
    calibration = calibrated(SFace(home))
    judge = Judge(found, found, calibration, calibration, Path)
    here = Surroundings(people=(Person("mia", body=reference(Figure.drawn(240))),))
    eyes = Eyes(found, figure, figure)
    assert still(judge, Figure.drawn(240), here, eyes) == ("pass", [])
    assert still(judge, Figure.drawn(360), here, eyes) == ("pass", [("body", "mia")])


@pytest.mark.models
def test_files_are_judged_for_more_than_faces(tmp_path: Path, home: LocalHome) -> None:
    """A folder: mia elsewhere than at the coffee shop, with a clipped and a silent track, and a file that is none."""
    folder = tmp_path / "dailies"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"nothing")
    for place in ("coffee-shop", "pottery"):
        scene = smaller(plate(place, "table", "night"), 960)
        scene[-220:, 350:570] = cv2.resize(picture(MIA), (220, 220), interpolation=cv2.INTER_AREA)
        (folder / f"{place}.png").write_bytes(imaging.encode_png(scene))
    _films(folder)
    report = judged(tmp_path, [folder], Wanted(("mia",), library=SHELF, at="coffee-shop/night"))
    told = {Path(r.file).stem: (r.verdict.outcome, [f.code for f in r.verdict.findings]) for r in report.rows}
    assert told == {
        "broken": ("fail", ["unreadable"]),
        "clipped": ("fail", ["clipping"]),
        "coffee-shop": ("pass", []),
        "good": ("pass", []),
        "pottery": ("not-scorable", ["location"]),
        "silent": ("fail", ["silence"]),
    }


def _films(folder: Path) -> None:
    """Write a second of mia, who wanders over grey, with three sounds."""
    heads = [canvas(("mia", 60 + 2 * n, 40, 200), width=480, height=270) for n in range(24)]
    silent, sound = folder.parent / "film.mkv", folder.parent / "sound.wav"
    media.encode_clip(Frames(Fraction(24), 480, 270, "rgb24", (h.tobytes() for h in heads), 24), silent)
    tone = np.sin(1400 * np.arange(48_000) / 48_000).astype(np.float32)
    for name, samples in (("clipped", np.clip(3 * tone, -1, 1)), ("good", 0.5 * tone), ("silent", 0 * tone)):
        soundfile.write(sound, samples, 48_000, subtype="FLOAT")
        copied = ["-c:v", "copy", "-c:a", "flac", "-y", str(folder / f"{name}.mkv")]
        media.run(["-i", str(silent), "-i", str(sound), *copied])


@dataclass
class Typed:
    """A transcript backend that hears what it is told."""

    said: str
    revision: str = "1"

    def words(self, sound: Sound, language: str = "eng") -> tuple[Word, ...]:
        """Return the words, half a second each."""
        return tuple(Word(w, n / 2, n / 2 + 0.4, 0.9) for n, w in enumerate(self.said.split()))

    def likelihoods(self, sound: Sound, texts: tuple[str, ...], *_: Any, **__: Any) -> tuple[float, ...]:
        """Leave the answer to the words."""
        raise InputError("too long")


def sample(who: str) -> Sound:
    """Return somebody's locked sample."""
    samples, rate = soundfile.read(SHELF / f"characters/{who}/voice/sample.flac", dtype="float32")
    return Sound(samples, rate)


def line(speaker: Any, transcript: Any, words: str, who: str = "mia") -> tuple[Finding, ...]:
    """Return what is found in a locked sample taken for a line of mia's."""
    ear = Ear(speaker, transcript, lambda _: sample("mia"))
    expected = ExpectedVoice(who="mia", asset="mia@1", sample="a" * 64, words=words)
    verdict = ear.line(sample(who), expected, take="b" * 64)
    assert (verdict.outcome == "fail") == bool(verdict.findings)
    return verdict.findings


@pytest.mark.models
def test_a_line_in_somebody_elses_voice(home: LocalHome) -> None:
    """Theo's sample is not mia's voice; her own is."""
    speaker = Resemblyzer(home)
    assert line(speaker, None, "I saved you the window seat.") == ()
    assert [(f.code, f.who) for f in line(speaker, None, "Anything.", "theo")] == [("voice", "mia")]


def test_a_line_with_other_words() -> None:
    """A cup is written, and a street is heard."""
    (found,) = line(None, Typed("I saved you the window street"), "I saved you the window cup.")
    assert (found.code, found.who) == ("words", "mia")
    assert found.message == "heard 'street', where the script has 'cup'"
    assert line(None, Typed("I saved you the window seat"), "I saved you the window seat.") == ()
