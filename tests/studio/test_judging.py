"""Files from any tool are judged: odd ones as they are meant, broken ones told without stopping the others."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from footage import broken, clip, cut, portrait, still
from PIL import Image

from charforge import imaging
from charforge.backends.fake import badge, gradient, paint
from charforge.domain.jobs import ExpectedFace
from charforge.domain.takes import Finding, Score, Verdict
from charforge.errors import BackendError, InputError
from charforge.events import Counted, Event, Noted
from charforge.media import run
from charforge.qa.calibration import Bar, Calibration
from charforge.studio.judge import Wanted, judge, judged
from charforge.studio.judging import cast as casting
from charforge.studio.judging.crew import without_absent
from charforge.studio.judging.looking import LARGEST, opened, picture
from charforge.studio.reports.judging import FileVerdict

MIA = ("mia",)
CALIBRATION = Calibration(judge="fake", bars={"frontal": Bar(bar=0.6)}, fix_band=0.1, stranger=0.1)


@pytest.fixture
def root(episode: Path) -> Path:
    """Return a project's folder."""
    return episode.parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder outside the project."""
    made = tmp_path / "dailies"
    made.mkdir()
    return made


def one(root: Path, file: Path) -> FileVerdict:
    """Return the only verdict on a file in which mia is expected."""
    (row,) = judge(root, [file], MIA)
    return row


def test_ten_broken_files_among_many_are_listed_and_the_rest_is_judged(root: Path, folder: Path) -> None:
    """Each with its reason and what to do; a file that somebody else is in fails for itself."""
    wrong = broken(folder)
    data = still(folder / "0000.png").read_bytes()
    for number in range(1, 100):
        (folder / f"{number:04}.png").write_bytes(data)
    still(folder / "theo.png", "theo")
    events: list[Event] = []
    report = judged(root, [folder], Wanted(MIA), events.append)
    assert [row.file for row in report.broken] == [str(path) for path in wrong]
    assert all(row.error and row.hint for row in report.broken)
    assert all(str(folder) not in row.error for row in report.broken)
    assert report.counts() == {"fail": 1, "pass": 100}
    assert [row.file for row in report.rows] == sorted(str(path) for path in folder.iterdir())
    counted = [event for event in events if isinstance(event, Counted)]
    assert [event.done for event in counted] == list(range(1, 112))


def test_each_broken_file_says_what_is_wrong(root: Path, folder: Path) -> None:
    """In words that fit it."""
    broken(folder)
    told = {Path(row.file).name: row.error for row in judged(root, [folder], Wanted(MIA)).rows}
    assert "the file is empty" in told["no-bytes.png"]
    assert "the file is empty" in told["no-bytes.mp4"]
    assert "not a picture" in told["text.png"]
    assert "truncated" in told["half.png"]
    assert "truncated" in told["half.jpg"]
    assert "breaks off before its index" in told["no-index.mp4"]
    assert "breaks off after" in told["half.mp4"]
    assert "no pictures, only sound" in told["sound.mp4"]


def test_a_single_broken_file_is_an_error(root: Path, folder: Path) -> None:
    """There is nothing else to tell."""
    (folder / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.png: the file is empty"):
        one(root, folder / "a.png")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.avi", "a.webm", "odd.name"])
def test_clips_are_known_by_their_content(root: Path, folder: Path, name: str) -> None:
    """Whatever they are called."""
    codec = ("-c:v", "libvpx", "-b:v", "4M") if name.endswith("webm") else ()
    made = clip(folder / (name if "." in name and name != "odd.name" else "a.mp4"), *codec)
    if name == "odd.name":
        made = made.rename(folder / name)
    row = one(root, made)
    assert (row.kind, row.verdict.outcome) == ("clip", "pass")
    assert row.verdict.curve[-1].time == pytest.approx(23 / 24, abs=0.01)


def test_a_picture_is_known_by_its_content(root: Path, folder: Path) -> None:
    """A PNG that is called a clip is looked at as the picture that it is."""
    row = one(root, still(folder / "a.png").rename(folder / "a.mp4"))
    assert (row.kind, row.verdict.outcome) == ("picture", "pass")


def test_a_clip_of_one_frame_is_judged(root: Path, folder: Path) -> None:
    """Nothing can move in it."""
    assert one(root, clip(folder / "one.mp4", count=1)).verdict.outcome == "pass"


def test_a_photograph_on_its_side_is_judged_upright(root: Path, folder: Path) -> None:
    """As the camera's EXIF says it was held."""
    lying = Image.fromarray(np.rot90(portrait("mia", 128, 200), 1))
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(folder / "lying.jpg", exif=exif, quality=97, subsampling=0)
    assert one(root, folder / "lying.jpg").verdict.outcome == "pass"
    lying.save(folder / "plain.jpg", quality=97, subsampling=0)
    assert one(root, folder / "plain.jpg").verdict.outcome != "pass"


def test_a_clip_on_its_side_is_judged_upright(root: Path, folder: Path) -> None:
    """As its header says it is shown."""
    lying, tagged = clip(folder / "lying.mp4", "-vf", "transpose=clock"), folder / "tagged.mp4"
    run(["-display_rotation", "90", "-i", str(lying), "-c", "copy", "-y", str(tagged)])
    assert one(root, tagged).verdict.outcome == "pass"
    assert one(root, lying).verdict.outcome != "pass"


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_an_animation_is_a_clip(root: Path, folder: Path, kind: str) -> None:
    """GIF, APNG and WebP move, and somebody else in their second half is found at the right second."""
    frames = [Image.fromarray(np.roll(portrait(who, 128, 200), n, axis=1)) for who in ("mia", "theo") for n in range(6)]
    path = folder / f"moving.{kind}"
    more = {"lossless": True} if kind == "webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=250, loop=0, **more)
    row = one(root, path)
    assert (row.kind, row.verdict.outcome) == ("clip", "fail")
    assert {f.time for f in row.verdict.findings if f.frame is not None} == {1.5}


def test_uneven_frames_are_judged_by_the_second(root: Path, folder: Path) -> None:
    """A clip that stands still for seconds and then hurries is looked at as often as any, with its own times."""
    uneven = "setpts='if(lt(N,2),N*3,3+N/24)/TB'"
    film = opened(clip(folder / "uneven.mp4", "-vf", uneven, "-fps_mode", "vfr", "-video_track_timescale", "24000"))
    assert film is not None
    times = [round(film.time(frame), 3) for frame in film.wanted]
    assert times[:3] == [0.0, 3.0, 3.25]
    assert times[-1] == pytest.approx(3 + 23 / 24, abs=0.001)
    assert all(later - earlier > 0.2 for earlier, later in pairwise(times[2:-1]))
    assert one(root, folder / "uneven.mp4").verdict.curve[1].time == pytest.approx(3.0)


def test_an_8k_clip_is_judged_small_and_told_in_its_own_pixels(root: Path, folder: Path) -> None:
    """Frames are read at a width that fits, and a box lies where the face is in the file."""
    path = clip(folder / "8k.mp4", "-vf", "scale=7680:3840:flags=neighbor", "-preset", "ultrafast", count=1)
    assert max(picture(path, 0)[0].shape) == LARGEST
    (row,) = judge(root, [path], ("theo",))
    (box,) = {finding.box for finding in row.verdict.findings if finding.box}
    x, y, width, height = (side / 30 for side in box)
    assert (width, height) == pytest.approx((80, 80), abs=4)
    assert (x, y) == pytest.approx((28, 24), abs=4)


def test_a_song_named_as_a_clip_is_told(root: Path, folder: Path) -> None:
    """Sound alone has no people in it."""
    run(["-f", "lavfi", "-i", "sine=d=1", "-y", str(folder / "song.m4a")])
    with pytest.raises(InputError, match="no pictures, only sound") as told:
        one(root, folder / "song.m4a")
    assert "video stream" in told.value.hint


def test_folders_within_folders(root: Path, folder: Path) -> None:
    """They are looked into when asked; what is hidden or no picture is left alone, and every file counts once."""
    still(folder / "day1/a.png")
    still(folder / "day2/b.png")
    still(folder / ".cache/c.png")
    still(folder / "day1/.a.png")
    (folder / "day1/notes.txt").write_text("good day")
    with pytest.raises(InputError, match="holds no picture") as told:
        judged(root, [folder], Wanted(MIA))
    assert "--recursive" in told.value.hint
    report = judged(root, [folder, folder / "day1/a.png"], Wanted(MIA, recursive=True))
    assert [Path(row.file).name for row in report.rows] == ["a.png", "b.png"]
    assert report.skipped == 1


def test_a_library_is_enough(root: Path, folder: Path) -> None:
    """Locked characters are found where they are locked, outside any project."""
    still(folder / "a.png")
    with pytest.raises(InputError, match="not inside a charforge project") as told:
        judged(folder, [folder], Wanted(MIA))
    assert "--library" in told.value.hint
    (folder / "charforge.yaml").write_text("judges: [fake, fake]\n")
    report = judged(folder, [folder / "a.png"], Wanted(MIA, root / "library"))
    assert report.passed()
    with pytest.raises(InputError, match="no locked library") as told:
        judged(folder, [folder], Wanted(MIA, root))
    assert str(root / "library") in told.value.hint


def test_any_of_the_cast_may_be_in_a_file(root: Path, folder: Path) -> None:
    """Each single and the two together pass, a stranger and an empty place do not."""
    still(folder / "1.png", "mia")
    still(folder / "2.png", "theo")
    (folder / "3.png").write_bytes(imaging.encode_png(np.hstack([portrait("mia"), portrait("theo")])))
    still(folder / "4.png", "somebody else")
    (folder / "5.png").write_bytes(imaging.encode_png(gradient(128, 128, "nobody")))
    cast = ("mia", "theo")
    assert [r.verdict.outcome for r in judge(root, [folder], cast)] == ["fail", "fail", "pass", "fail", "fail"]
    rows = judged(root, [folder], Wanted(cast, some=True)).rows
    assert [row.verdict.outcome for row in rows] == ["pass", "pass", "pass", "fail", "fail"]
    assert [f.message for f in rows[4].verdict.findings] == ["mia or theo is expected, and nobody of them is found"]


def test_the_only_one_who_is_seen_may_not_be_missing_from_most_of_a_clip(root: Path, folder: Path) -> None:
    """Where any of the cast will do, a glimpse of one of them will not; two who take turns will."""
    whole, glimpse = clip(folder.parent / "whole.mp4", count=48), folder / "glimpse.mp4"
    run(["-i", str(whole), "-vf", "drawbox=color=gray:t=fill:enable='gt(t,0.5)'", "-crf", "6", "-y", str(glimpse)])
    turns = clip(folder / "turns.mp4", who=("mia", "theo"), count=48)
    rows = judged(root, [glimpse, turns], Wanted(("mia", "theo"), some=True)).rows
    assert [f.code for f in rows[0].verdict.findings if f.who == "mia"] == ["missing"]
    assert rows[0].verdict.outcome == "fail"
    assert "missing" not in {f.code for f in rows[1].verdict.findings}


def test_whoever_is_not_there_wears_nothing_wrong() -> None:
    """Where any of the cast will do, clothes that were taken for those of an absent one are no finding."""
    score = Score(who="mia", judge="fake", value=0.9, bar=0.6)
    found = tuple(Finding(code="wardrobe", message="other clothes", who=who) for who in ("theo", "mia"))
    verdict = Verdict(take="0" * 64, outcome="not-scorable", scores=(score,), findings=found)
    people = [ExpectedFace(who=who, asset=who, master=str(n) * 64) for n, who in enumerate(("mia", "theo"))]
    left = without_absent(verdict, people, CALIBRATION)
    assert [f.who for f in left.findings] == ["mia"]


def test_one_file_is_judged_once_however_it_is_written(root: Path, folder: Path) -> None:
    """A way round through another folder leads to the same file."""
    file = still(folder / "day1/a.png")
    assert judged(root, [file, folder / "day1/../day1/a.png"], Wanted(MIA)).total == 1


def test_what_a_person_is_asked_about_is_a_failure_for_continuous_integration(root: Path, folder: Path) -> None:
    """As much makes the command fail, too."""
    small = still(folder / "small.png", side=128)
    Image.open(small).resize((12, 12)).save(small)
    pixels = np.full((256, 256, 3), 60, np.uint8)
    pixels[100:112, 100:112] = imaging.decode(small)
    small.write_bytes(imaging.encode_png(pixels))
    report = judged(root, [small], Wanted(MIA, junit=folder / "report.xml"))
    assert not report.passed()
    assert 'failures="1"' in (folder / "report.xml").read_text()


def test_what_is_known_is_written_when_a_model_gives_out(root: Path, folder: Path) -> None:
    """A fault that stops the run is told, and the page and the report hold the files before it."""
    for number in range(6):
        still(folder / f"{number}.png")
    seen: list[FileVerdict] = []

    def fails(row: FileVerdict) -> None:
        seen.append(row)
        if len(seen) == 3:
            raise BackendError("the model gave out")

    wanted = Wanted(MIA, page=folder / "page.html", junit=folder / "report.xml")
    with pytest.raises(BackendError, match="gave out"):
        judged(root, [folder], wanted, told=fails)
    assert 'tests="3"' in (folder / "report.xml").read_text()
    assert (folder / "page.html").is_file()


def test_two_who_have_one_picture_are_refused(root: Path, folder: Path) -> None:
    """Nobody could tell them apart."""
    twin = folder / "ann.png"
    twin.write_bytes((root / "library/characters/mia/headshot/front.png").read_bytes())
    with pytest.raises(InputError, match="mia and ann have the same picture"):
        judged(root, [still(folder / "a.png")], Wanted(("mia", str(twin))))
    with pytest.raises(InputError, match="two of the cast are called mia"):
        judged(root, [folder / "a.png"], Wanted(("mia", str(twin.rename(folder / "mia.png")))))


def test_two_who_look_alike_are_told_with_the_number(root: Path, folder: Path) -> None:
    """Their names and how alike they are stand in the report, and before anything is judged."""
    cells = badge("mia").copy()
    cells[0, :3] = ~cells[0, :3]
    pixels = gradient(256, 256, "ann")
    paint(pixels, cells, (128, 128), 180)
    (folder / "ann.png").write_bytes(imaging.encode_png(pixels))
    events: list[Event] = []
    report = judged(root, [still(folder / "a.png")], Wanted(("mia", str(folder / "ann.png"))), events.append)
    assert len(report.notes) == 1
    assert report.notes[0].startswith("mia and ann look alike: 0.91, and from 0.60 on")
    assert isinstance(events[0], Noted)


def test_a_cast_without_a_face_stops_it_before_anything_is_judged(root: Path, folder: Path) -> None:
    """It is the cast that is wrong, not each file."""
    (folder / "who.png").write_bytes(imaging.encode_png(np.full((128, 128, 3), 90, np.uint8)))
    seen: list[FileVerdict] = []
    with pytest.raises(InputError, match="no face is found in the headshot"):
        judged(
            root,
            [still(folder / "a.png"), still(folder / "b.png")],
            Wanted((str(folder / "who.png"),)),
            told=seen.append,
        )
    assert seen == []


def test_whoever_stops_it_gets_what_is_known(root: Path, folder: Path) -> None:
    """Ctrl-C after some files leaves their verdicts, the page and the report for continuous integration."""
    data = still(folder / "000.png").read_bytes()
    for number in range(1, 40):
        (folder / f"{number:03}.png").write_bytes(data)
    seen: list[FileVerdict] = []

    def enough(row: FileVerdict) -> None:
        seen.append(row)
        if len(seen) == 5:
            raise KeyboardInterrupt

    wanted = Wanted(MIA, page=folder / "page.html", junit=folder / "report.xml")
    report = judged(root, [folder], wanted, told=enough)
    assert report.stopped
    assert report.rows == tuple(seen)
    assert (report.total, len(seen)) == (40, 5)
    assert "35 files were not judged" in wanted.page.read_text() if wanted.page else False
    assert 'tests="5"' in wanted.junit.read_text() if wanted.junit else False


def test_what_could_not_be_written_is_refused_before_anything_is_judged(root: Path, folder: Path) -> None:
    """A thousand verdicts are not lost to a wrong path."""
    still(folder / "a.png")
    for path in (folder, folder / "a.png" / "page.html"):
        with pytest.raises(InputError, match=r"is a folder|cannot be written"):
            judged(root, [folder], Wanted(MIA, page=path))


def test_several_judges_say_what_one_says(root: Path, folder: Path) -> None:
    """Side by side they come to the same verdicts, in the same order."""
    for number in range(12):
        still(folder / f"{number:02}.png", "mia" if number % 3 else "theo")
    alone, together = (judged(root, [folder], Wanted(MIA, workers=n)).rows for n in (1, 3))
    assert [(row.file, row.verdict) for row in alone] == [(row.file, row.verdict) for row in together]
    assert cut(folder / "x.png", folder / "00.png").exists()


def test_what_was_judged_before_is_known(root: Path, folder: Path) -> None:
    """After an interruption the same command goes on; another cast, or other bytes, are judged anew."""
    still(folder / "a.png")
    clip(folder / "b.mp4")
    first = judged(root, [folder], Wanted(MIA)).rows
    again = judged(root, [folder], Wanted(MIA, page=folder / "page.html")).rows
    assert [row.known for row in first] == [False, False]
    assert [row.known for row in again] == [True, True]
    assert [row.verdict for row in again] == [row.verdict for row in first]
    assert not any(row.known for row in judged(root, [folder], Wanted(("theo",))).rows)
    still(folder / "a.png", "theo")
    assert [row.known for row in judged(root, [folder], Wanted(MIA)).rows] == [False, True]


def test_nothing_is_written_outside_a_project(root: Path, folder: Path) -> None:
    """Footage elsewhere is judged without leaving anything beside it."""
    still(folder / "a.png")
    twin = still(folder.parent / "mia.png", side=256)
    with pytest.raises(InputError):
        judged(folder, [folder], Wanted(MIA))
    settings = folder.parent / "settings"
    settings.mkdir()
    before = sorted(folder.parent.rglob("*"))
    gathered = casting.gathered(settings, (str(twin),))
    assert not gathered.at_home
    assert sorted(folder.parent.rglob("*")) == before
